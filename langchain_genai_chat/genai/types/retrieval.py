"""Retrieval of one's own documents, and how the service signs in to a tool's API (Vertex).

Knows nothing of the other tools.
"""

from ._base import WireModel
from .enums import ApiSpec, AuthType, HttpElementLocation


class ApiAuthApiKeyConfig(WireModel):
    """An API key, given or as a Secret Manager version."""

    api_key_secret_version: str | None = None
    api_key_string: str | None = None


class ApiAuth(WireModel):
    """The older form of `AuthConfig`."""

    api_key_config: ApiAuthApiKeyConfig | None = None


class ApiKeyConfig(WireModel):
    """An API key, given or as a Secret Manager version, and where in a request it goes."""

    api_key_secret: str | None = None
    api_key_string: str | None = None
    http_element_location: HttpElementLocation | None = None
    name: str | None = None


class AuthConfigGoogleServiceAccountConfig(WireModel):
    """The service account to act as."""

    service_account: str | None = None


class AuthConfigHttpBasicAuthConfig(WireModel):
    """The Secret Manager version with `user:password` in base64."""

    credential_secret: str | None = None


class AuthConfigOauthConfig(WireModel):
    """An access token, or the service account that gets one."""

    access_token: str | None = None
    service_account: str | None = None


class AuthConfigOidcConfig(WireModel):
    """An ID token, or the service account that gets one."""

    id_token: str | None = None
    service_account: str | None = None


class AuthConfig(WireModel):
    """How the service signs in to an API that a tool uses: one of the kinds, named by `auth_type`."""

    api_key: str | None = None
    api_key_config: ApiKeyConfig | None = None
    auth_type: AuthType | None = None
    google_service_account_config: AuthConfigGoogleServiceAccountConfig | None = None
    http_basic_auth_config: AuthConfigHttpBasicAuthConfig | None = None
    oauth_config: AuthConfigOauthConfig | None = None
    oidc_config: AuthConfigOidcConfig | None = None


class ExternalApiElasticSearchParams(WireModel):
    """An Elasticsearch index, its search template, and how many hits to take."""

    index: str | None = None
    num_hits: int | None = None
    search_template: str | None = None


class ExternalApiSimpleSearchParams(WireModel):
    """Nothing to set."""


class ExternalApi(WireModel):
    """A search API of one's own."""

    api_auth: ApiAuth | None = None
    api_spec: ApiSpec | None = None
    auth_config: AuthConfig | None = None
    elastic_search_params: ExternalApiElasticSearchParams | None = None
    endpoint: str | None = None
    simple_search_params: ExternalApiSimpleSearchParams | None = None


class VertexAISearchDataStoreSpec(WireModel):
    """One data store of an engine, filtered."""

    data_store: str | None = None
    filter: str | None = None


class VertexAISearch(WireModel):
    """A Vertex AI Search data store or engine, by its full resource name."""

    data_store_specs: list[VertexAISearchDataStoreSpec] | None = None
    datastore: str | None = None
    engine: str | None = None
    filter: str | None = None
    max_results: int | None = None


class VertexRagStoreRagResource(WireModel):
    """A RAG corpus, or some files of it."""

    rag_corpus: str | None = None
    rag_file_ids: list[str] | None = None


class RagRetrievalConfigFilter(WireModel):
    """Which chunks may be taken: by metadata, and by one of the two measures."""

    metadata_filter: str | None = None
    vector_distance_threshold: float | None = None
    vector_similarity_threshold: float | None = None


class RagRetrievalConfigHybridSearch(WireModel):
    """`alpha` from 0, only words, to 1, only vectors."""

    alpha: float | None = None


class RagRetrievalConfigRankingLlmRanker(WireModel):
    """The model that ranks."""

    model_name: str | None = None


class RagRetrievalConfigRankingRankService(WireModel):
    """The ranking service's model."""

    model_name: str | None = None


class RagRetrievalConfigRanking(WireModel):
    """Who ranks what was found."""

    llm_ranker: RagRetrievalConfigRankingLlmRanker | None = None
    rank_service: RagRetrievalConfigRankingRankService | None = None


class RagRetrievalConfig(WireModel):
    """How many chunks are taken, from which, in which order."""

    filter: RagRetrievalConfigFilter | None = None
    hybrid_search: RagRetrievalConfigHybridSearch | None = None
    ranking: RagRetrievalConfigRanking | None = None
    top_k: int | None = None


class VertexRagStore(WireModel):
    """Vertex's RAG engine; `similarity_top_k` and `vector_distance_threshold` are the older form."""

    rag_corpora: list[str] | None = None
    rag_resources: list[VertexRagStoreRagResource] | None = None
    rag_retrieval_config: RagRetrievalConfig | None = None
    similarity_top_k: int | None = None
    store_context: bool | None = None
    vector_distance_threshold: float | None = None


class Retrieval(WireModel):
    """Where documents are retrieved from: one of the three."""

    disable_attribution: bool | None = None
    external_api: ExternalApi | None = None
    vertex_ai_search: VertexAISearch | None = None
    vertex_rag_store: VertexRagStore | None = None
