"""Where a reply's words come from: citations, search results, pages read.

Knows nothing of candidates.
"""

from typing import Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from ._base import WireModel
from ._bytes import Base64
from .content import Content
from .enums import UrlRetrievalStatus


class GoogleTypeDate(WireModel):
    """A date; parts that are not known are missing or 0."""

    year: int | None = None
    month: int | None = None
    day: int | None = None


class Citation(WireModel):
    """A stretch of the reply that repeats a source; indices count UTF-8 bytes, the end excluded."""

    start_index: int | None = None
    end_index: int | None = None
    uri: str | None = None
    title: str | None = None
    license: str | None = None
    publication_date: GoogleTypeDate | None = None


class CitationMetadata(WireModel):
    """Sources that the reply repeats: `citations` on both backends.

    Gemini spells them `citationSources`; they stand under both names here and under Gemini's in JSON.
    """

    citation_sources: list[Citation] | None = None
    citations: list[Citation] | None = Field(default_factory=lambda data: data.get("citation_sources"))

    @model_serializer(mode="wrap")
    def _write_each_once(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written: dict[str, Any] = write(self)
        if self.citations is self.citation_sources and self.citations is not None:
            written.pop("citations", None)
        return written


class GroundingChunkWeb(WireModel):
    """A page; `uri` is a redirect of Google's."""

    uri: str | None = None
    title: str | None = None
    domain: str | None = None


class GroundingChunkImage(WireModel):
    """A picture, and the page it is on."""

    source_uri: str | None = None
    image_uri: str | None = None
    title: str | None = None
    domain: str | None = None


class RagChunkPageSpan(WireModel):
    """Pages, counted from 1, both included."""

    first_page: int | None = None
    last_page: int | None = None


class RagChunk(WireModel):
    """A piece of a document of Vertex's RAG engine."""

    chunk_id: str | None = None
    file_id: str | None = None
    page_span: RagChunkPageSpan | None = None
    text: str | None = None


class GroundingChunkStringList(WireModel):
    """Several strings as one metadata value."""

    values: list[str] | None = None


class GroundingChunkCustomMetadata(WireModel):
    """One entry of a document's own metadata."""

    key: str | None = None
    string_value: str | None = None
    string_list_value: GroundingChunkStringList | None = None
    numeric_value: float | None = None


class GroundingChunkRetrievedContext(WireModel):
    """A piece of one's own documents."""

    uri: str | None = None
    title: str | None = None
    text: str | None = None
    document_name: str | None = None
    rag_chunk: RagChunk | None = None
    custom_metadata: list[GroundingChunkCustomMetadata] | None = None
    file_search_store: str | None = None
    page_number: int | None = None
    media_id: str | None = None


class GroundingChunkMapsPlaceAnswerSourcesAuthorAttribution(WireModel):
    """Who wrote a review."""

    display_name: str | None = None
    photo_uri: str | None = None
    uri: str | None = None


class GroundingChunkMapsPlaceAnswerSourcesReviewSnippet(WireModel):
    """A review that an answer about a place rests on."""

    review_id: str | None = None
    review: str | None = None
    title: str | None = None
    google_maps_uri: str | None = None
    flag_content_uri: str | None = None
    relative_publish_time_description: str | None = None
    author_attribution: GroundingChunkMapsPlaceAnswerSourcesAuthorAttribution | None = None


class GroundingChunkMapsPlaceAnswerSources(WireModel):
    """Reviews; `review_snippet` is an older spelling."""

    review_snippets: list[GroundingChunkMapsPlaceAnswerSourcesReviewSnippet] | None = None
    review_snippet: list[GroundingChunkMapsPlaceAnswerSourcesReviewSnippet] | None = None
    flag_content_uri: str | None = None


class GroundingChunkMapsRoute(WireModel):
    """A way between places; `duration` as `"90s"`."""

    distance_meters: int | None = None
    duration: str | None = None
    encoded_polyline: str | None = None


class GroundingChunkMaps(WireModel):
    """A place or route."""

    uri: str | None = None
    title: str | None = None
    text: str | None = None
    place_id: str | None = None
    place_answer_sources: GroundingChunkMapsPlaceAnswerSources | None = None
    route: GroundingChunkMapsRoute | None = None


class GroundingChunk(WireModel):
    """One source, of one of these kinds."""

    web: GroundingChunkWeb | None = None
    image: GroundingChunkImage | None = None
    retrieved_context: GroundingChunkRetrievedContext | None = None
    maps: GroundingChunkMaps | None = None


class Segment(WireModel):
    """A stretch of one part; indices count UTF-8 bytes, the end excluded, and are absent when 0."""

    part_index: int | None = None
    start_index: int | None = None
    end_index: int | None = None
    text: str | None = None


class GroundingSupport(WireModel):
    """Which chunks a stretch rests on; in a stream the indices count over the chunks of all events."""

    segment: Segment | None = None
    grounding_chunk_indices: list[int] | None = None
    confidence_scores: list[float] | None = None
    rendered_parts: list[int] | None = None


class RetrievalMetadata(WireModel):
    """How much the prompt called for a search, 0 to 1."""

    google_search_dynamic_retrieval_score: float | None = None


class SearchEntryPoint(WireModel):
    """HTML that must be shown with the reply."""

    rendered_content: str | None = None
    sdk_blob: Base64 | None = None


class GroundingMetadataSourceFlaggingUri(WireModel):
    """Where a source can be reported (Vertex)."""

    source_id: str | None = None
    flag_content_uri: str | None = None


class GroundingMetadata(WireModel):
    """What was searched, what was found, and what the reply rests on."""

    web_search_queries: list[str] | None = None
    image_search_queries: list[str] | None = None
    search_entry_point: SearchEntryPoint | None = None
    grounding_chunks: list[GroundingChunk] | None = None
    grounding_supports: list[GroundingSupport] | None = None
    retrieval_metadata: RetrievalMetadata | None = None
    retrieval_queries: list[str] | None = None
    google_maps_widget_context_token: str | None = None
    source_flagging_uris: list[GroundingMetadataSourceFlaggingUri] | None = None


class UrlMetadata(WireModel):
    """One page of the URL context tool, and how reading it went."""

    retrieved_url: str | None = None
    url_retrieval_status: UrlRetrievalStatus | None = None


class UrlContextMetadata(WireModel):
    """The pages that the URL context tool read."""

    url_metadata: list[UrlMetadata] | None = None


class GroundingPassageId(WireModel):
    """A passage given with the request (Gemini's older question answering)."""

    passage_id: str | None = None
    part_index: int | None = None


class SemanticRetrieverChunk(WireModel):
    """A chunk of the semantic retriever (Gemini's older question answering)."""

    source: str | None = None
    chunk: str | None = None


class AttributionSourceId(WireModel):
    """Where an attribution points: one of the two."""

    grounding_passage: GroundingPassageId | None = None
    semantic_retriever_chunk: SemanticRetrieverChunk | None = None


class GroundingAttribution(WireModel):
    """A source of the older question answering (Gemini)."""

    source_id: AttributionSourceId | None = None
    content: Content | None = None
