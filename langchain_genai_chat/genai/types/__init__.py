"""Every noun of the wire, under google-genai's names, and the streams of them; nothing here does I/O.

A noun is loaded when it is first used: of more than 200 a conversation needs a few, and all of them would be half
of what importing the client takes.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._homes import HOMES

if TYPE_CHECKING:  # each under its own name, which says to a checker that it is public
    from ._base import ConfigModel as ConfigModel
    from ._base import OpenEnum as OpenEnum
    from ._base import WireModel as WireModel
    from ._bytes import SKIP_THOUGHT_SIGNATURE as SKIP_THOUGHT_SIGNATURE
    from .caches import CachedContent as CachedContent
    from .caches import CachedContentUsageMetadata as CachedContentUsageMetadata
    from .caches import CreateCachedContentConfig as CreateCachedContentConfig
    from .caches import DeleteCachedContentConfig as DeleteCachedContentConfig
    from .caches import DeleteCachedContentResponse as DeleteCachedContentResponse
    from .caches import EncryptionSpec as EncryptionSpec
    from .caches import GetCachedContentConfig as GetCachedContentConfig
    from .caches import ListCachedContentsConfig as ListCachedContentsConfig
    from .caches import ListCachedContentsResponse as ListCachedContentsResponse
    from .caches import UpdateCachedContentConfig as UpdateCachedContentConfig
    from .calls import CodeExecutionResult as CodeExecutionResult
    from .calls import ExecutableCode as ExecutableCode
    from .calls import FunctionCall as FunctionCall
    from .calls import FunctionResponse as FunctionResponse
    from .calls import FunctionResponseBlob as FunctionResponseBlob
    from .calls import FunctionResponseFileData as FunctionResponseFileData
    from .calls import FunctionResponsePart as FunctionResponsePart
    from .calls import PartialArg as PartialArg
    from .calls import ToolCall as ToolCall
    from .calls import ToolResponse as ToolResponse
    from .config import AutomaticFunctionCallingConfig as AutomaticFunctionCallingConfig
    from .config import GenerateContentConfig as GenerateContentConfig
    from .config import GenerationConfig as GenerationConfig
    from .config import GenerationConfigRoutingConfig as GenerationConfigRoutingConfig
    from .config import GenerationConfigRoutingConfigAutoRoutingMode as GenerationConfigRoutingConfigAutoRoutingMode
    from .config import GenerationConfigRoutingConfigManualRoutingMode as GenerationConfigRoutingConfigManualRoutingMode
    from .config import GenerationOutputConfig as GenerationOutputConfig
    from .config import ImageConfig as ImageConfig
    from .config import ImageConfigImageOutputOptions as ImageConfigImageOutputOptions
    from .config import ModelArmorConfig as ModelArmorConfig
    from .config import ModelSelectionConfig as ModelSelectionConfig
    from .config import SafetySetting as SafetySetting
    from .config import SchemaUnion as SchemaUnion
    from .config import ThinkingConfig as ThinkingConfig
    from .config import ToolUnion as ToolUnion
    from .content import Content as Content
    from .content import ModelContent as ModelContent
    from .content import Part as Part
    from .content import PartUnion as PartUnion
    from .content import UserContent as UserContent
    from .content import is_content_mapping as is_content_mapping
    from .content import to_part as to_part
    from .counting import CountTokensConfig as CountTokensConfig
    from .counting import CountTokensResponse as CountTokensResponse
    from .enums import ApiSpec as ApiSpec
    from .enums import AspectRatio as AspectRatio
    from .enums import AudioTranscriptionConfigMode as AudioTranscriptionConfigMode
    from .enums import AuthType as AuthType
    from .enums import Behavior as Behavior
    from .enums import BlockedReason as BlockedReason
    from .enums import Delivery as Delivery
    from .enums import DocumentMetadataContentLayer as DocumentMetadataContentLayer
    from .enums import DynamicRetrievalConfigMode as DynamicRetrievalConfigMode
    from .enums import Environment as Environment
    from .enums import FeatureSelectionPreference as FeatureSelectionPreference
    from .enums import FileSource as FileSource
    from .enums import FileState as FileState
    from .enums import FinishReason as FinishReason
    from .enums import FunctionCallingConfigMode as FunctionCallingConfigMode
    from .enums import FunctionResponseScheduling as FunctionResponseScheduling
    from .enums import HarmBlockMethod as HarmBlockMethod
    from .enums import HarmBlockThreshold as HarmBlockThreshold
    from .enums import HarmCategory as HarmCategory
    from .enums import HarmProbability as HarmProbability
    from .enums import HarmSeverity as HarmSeverity
    from .enums import HttpElementLocation as HttpElementLocation
    from .enums import ImageSize as ImageSize
    from .enums import Language as Language
    from .enums import MediaModality as MediaModality
    from .enums import MediaProcessing as MediaProcessing
    from .enums import MediaResolution as MediaResolution
    from .enums import Modality as Modality
    from .enums import ModelStage as ModelStage
    from .enums import Outcome as Outcome
    from .enums import PartMediaResolutionLevel as PartMediaResolutionLevel
    from .enums import PersonGeneration as PersonGeneration
    from .enums import PhishBlockThreshold as PhishBlockThreshold
    from .enums import ProminentPeople as ProminentPeople
    from .enums import SafetyPolicy as SafetyPolicy
    from .enums import ServiceTier as ServiceTier
    from .enums import SpreadsheetMetadataContentLayer as SpreadsheetMetadataContentLayer
    from .enums import ThinkingLevel as ThinkingLevel
    from .enums import ToolType as ToolType
    from .enums import TrafficType as TrafficType
    from .enums import Type as Type
    from .enums import UrlRetrievalStatus as UrlRetrievalStatus
    from .enums import VideoMetadataContentLayer as VideoMetadataContentLayer
    from .files import DeleteFileConfig as DeleteFileConfig
    from .files import DeleteFileResponse as DeleteFileResponse
    from .files import DownloadFileConfig as DownloadFileConfig
    from .files import File as File
    from .files import FileStatus as FileStatus
    from .files import GetFileConfig as GetFileConfig
    from .files import HttpResponse as HttpResponse
    from .files import ListFilesConfig as ListFilesConfig
    from .files import ListFilesResponse as ListFilesResponse
    from .files import UploadFileConfig as UploadFileConfig
    from .formats import AudioResponseFormat as AudioResponseFormat
    from .formats import ImageResponseFormat as ImageResponseFormat
    from .formats import ResponseFormat as ResponseFormat
    from .formats import TextResponseFormat as TextResponseFormat
    from .formats import VideoResponseFormat as VideoResponseFormat
    from .grounding import AttributionSourceId as AttributionSourceId
    from .grounding import Citation as Citation
    from .grounding import CitationMetadata as CitationMetadata
    from .grounding import GoogleTypeDate as GoogleTypeDate
    from .grounding import GroundingAttribution as GroundingAttribution
    from .grounding import GroundingChunk as GroundingChunk
    from .grounding import GroundingChunkCustomMetadata as GroundingChunkCustomMetadata
    from .grounding import GroundingChunkImage as GroundingChunkImage
    from .grounding import GroundingChunkMaps as GroundingChunkMaps
    from .grounding import GroundingChunkMapsPlaceAnswerSources as GroundingChunkMapsPlaceAnswerSources
    from .grounding import (
        GroundingChunkMapsPlaceAnswerSourcesAuthorAttribution as GroundingChunkMapsPlaceAnswerSourcesAuthorAttribution,
    )
    from .grounding import (
        GroundingChunkMapsPlaceAnswerSourcesReviewSnippet as GroundingChunkMapsPlaceAnswerSourcesReviewSnippet,
    )
    from .grounding import GroundingChunkMapsRoute as GroundingChunkMapsRoute
    from .grounding import GroundingChunkRetrievedContext as GroundingChunkRetrievedContext
    from .grounding import GroundingChunkStringList as GroundingChunkStringList
    from .grounding import GroundingChunkWeb as GroundingChunkWeb
    from .grounding import GroundingMetadata as GroundingMetadata
    from .grounding import GroundingMetadataSourceFlaggingUri as GroundingMetadataSourceFlaggingUri
    from .grounding import GroundingPassageId as GroundingPassageId
    from .grounding import GroundingSupport as GroundingSupport
    from .grounding import RagChunk as RagChunk
    from .grounding import RagChunkPageSpan as RagChunkPageSpan
    from .grounding import RetrievalMetadata as RetrievalMetadata
    from .grounding import SearchEntryPoint as SearchEntryPoint
    from .grounding import Segment as Segment
    from .grounding import SemanticRetrieverChunk as SemanticRetrieverChunk
    from .grounding import UrlContextMetadata as UrlContextMetadata
    from .grounding import UrlMetadata as UrlMetadata
    from .media import AudioMetadata as AudioMetadata
    from .media import Blob as Blob
    from .media import DocumentMetadata as DocumentMetadata
    from .media import FileData as FileData
    from .media import Image as Image
    from .media import PartMediaResolution as PartMediaResolution
    from .media import SpeechMetadata as SpeechMetadata
    from .media import SpreadsheetMetadata as SpreadsheetMetadata
    from .media import Transcription as Transcription
    from .media import VideoMetadata as VideoMetadata
    from .media import WordInfo as WordInfo
    from .models import Checkpoint as Checkpoint
    from .models import Endpoint as Endpoint
    from .models import GetModelConfig as GetModelConfig
    from .models import ListModelsConfig as ListModelsConfig
    from .models import ListModelsResponse as ListModelsResponse
    from .models import Model as Model
    from .models import TunedModelInfo as TunedModelInfo
    from .options import HttpOptions as HttpOptions
    from .options import HttpRetryOptions as HttpRetryOptions
    from .options import RetryPolicy as RetryPolicy
    from .request import CountTokensRequest as CountTokensRequest
    from .request import GenerateContentRequest as GenerateContentRequest
    from .response import Candidate as Candidate
    from .response import GenerateContentResponse as GenerateContentResponse
    from .response import GenerateContentResponsePromptFeedback as GenerateContentResponsePromptFeedback
    from .response import LogprobsResult as LogprobsResult
    from .response import LogprobsResultCandidate as LogprobsResultCandidate
    from .response import LogprobsResultTopCandidates as LogprobsResultTopCandidates
    from .response import ModelStatus as ModelStatus
    from .response import SafetyRating as SafetyRating
    from .retrieval import ApiAuth as ApiAuth
    from .retrieval import ApiAuthApiKeyConfig as ApiAuthApiKeyConfig
    from .retrieval import ApiKeyConfig as ApiKeyConfig
    from .retrieval import AuthConfig as AuthConfig
    from .retrieval import AuthConfigGoogleServiceAccountConfig as AuthConfigGoogleServiceAccountConfig
    from .retrieval import AuthConfigHttpBasicAuthConfig as AuthConfigHttpBasicAuthConfig
    from .retrieval import AuthConfigOauthConfig as AuthConfigOauthConfig
    from .retrieval import AuthConfigOidcConfig as AuthConfigOidcConfig
    from .retrieval import ExternalApi as ExternalApi
    from .retrieval import ExternalApiElasticSearchParams as ExternalApiElasticSearchParams
    from .retrieval import ExternalApiSimpleSearchParams as ExternalApiSimpleSearchParams
    from .retrieval import RagRetrievalConfig as RagRetrievalConfig
    from .retrieval import RagRetrievalConfigFilter as RagRetrievalConfigFilter
    from .retrieval import RagRetrievalConfigHybridSearch as RagRetrievalConfigHybridSearch
    from .retrieval import RagRetrievalConfigRanking as RagRetrievalConfigRanking
    from .retrieval import RagRetrievalConfigRankingLlmRanker as RagRetrievalConfigRankingLlmRanker
    from .retrieval import RagRetrievalConfigRankingRankService as RagRetrievalConfigRankingRankService
    from .retrieval import Retrieval as Retrieval
    from .retrieval import VertexAISearch as VertexAISearch
    from .retrieval import VertexAISearchDataStoreSpec as VertexAISearchDataStoreSpec
    from .retrieval import VertexRagStore as VertexRagStore
    from .retrieval import VertexRagStoreRagResource as VertexRagStoreRagResource
    from .schema import Schema as Schema
    from .speech import AudioTranscriptionConfig as AudioTranscriptionConfig
    from .speech import LanguageAuto as LanguageAuto
    from .speech import LanguageHints as LanguageHints
    from .speech import MultiSpeakerVoiceConfig as MultiSpeakerVoiceConfig
    from .speech import PrebuiltVoiceConfig as PrebuiltVoiceConfig
    from .speech import ReplicatedVoiceConfig as ReplicatedVoiceConfig
    from .speech import SpeakerVoiceConfig as SpeakerVoiceConfig
    from .speech import SpeechConfig as SpeechConfig
    from .speech import TranslationConfig as TranslationConfig
    from .speech import VoiceConfig as VoiceConfig
    from .speech import VoiceConsentSignature as VoiceConsentSignature
    from .streams import AsyncStream as AsyncStream
    from .streams import Stream as Stream
    from .tools import ComputerUse as ComputerUse
    from .tools import DynamicRetrievalConfig as DynamicRetrievalConfig
    from .tools import EnterpriseWebSearch as EnterpriseWebSearch
    from .tools import FileSearch as FileSearch
    from .tools import FunctionCallingConfig as FunctionCallingConfig
    from .tools import FunctionDeclaration as FunctionDeclaration
    from .tools import GoogleMaps as GoogleMaps
    from .tools import GoogleMapsGroundingTypes as GoogleMapsGroundingTypes
    from .tools import GoogleMapsPlaces as GoogleMapsPlaces
    from .tools import GoogleMapsRouting as GoogleMapsRouting
    from .tools import GoogleSearch as GoogleSearch
    from .tools import GoogleSearchRetrieval as GoogleSearchRetrieval
    from .tools import ImageSearch as ImageSearch
    from .tools import Interval as Interval
    from .tools import LatLng as LatLng
    from .tools import McpServer as McpServer
    from .tools import RetrievalConfig as RetrievalConfig
    from .tools import SearchTypes as SearchTypes
    from .tools import StreamableHttpTransport as StreamableHttpTransport
    from .tools import Tool as Tool
    from .tools import ToolCodeExecution as ToolCodeExecution
    from .tools import ToolConfig as ToolConfig
    from .tools import ToolExaAiSearch as ToolExaAiSearch
    from .tools import ToolParallelAiSearch as ToolParallelAiSearch
    from .tools import UrlContext as UrlContext
    from .tools import WebSearch as WebSearch
    from .usage import GenerateContentResponseUsageMetadata as GenerateContentResponseUsageMetadata
    from .usage import ModalityTokenCount as ModalityTokenCount
else:  # a checker would take `__getattr__` to mean that every name is there, and this list to have none
    __all__ = [name for name in HOMES if name[0].isupper()]

    def __getattr__(name: str) -> Any:
        if name not in HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{HOMES[name]}"), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted(__all__)
