"""What a model calls and what it is answered: functions, code, the service's own tools.

Knows nothing of how functions are declared or run.
"""

from typing import Any, Literal, Self

from ._base import WireModel
from ._bytes import Base64
from .enums import FunctionResponseScheduling, Language, MediaProcessing, Outcome, ToolType
from .media import (
    AudioMetadata,
    DocumentMetadata,
    PartMediaResolution,
    SpreadsheetMetadata,
    VideoMetadata,
    needed_mime_type,
)


class PartialArg(WireModel):
    """A piece of streamed arguments (Vertex): one value at a JSON path, strings in several pieces."""

    json_path: str | None = None
    string_value: str | None = None
    number_value: float | None = None
    bool_value: bool | None = None
    null_value: Literal["NULL_VALUE"] | None = None
    will_continue: bool | None = None


class FunctionCall(WireModel):
    """A call of a declared function; without `args` it is a call without arguments."""

    id: str | None = None
    name: str | None = None
    args: dict[str, Any] | None = None
    partial_args: list[PartialArg] | None = None
    will_continue: bool | None = None


class FunctionResponseBlob(WireModel):
    """Bytes in a function's result, referenced from it as `{"$ref": display_name}`."""

    mime_type: str | None = None
    data: Base64 | None = None
    display_name: str | None = None


class FunctionResponseFileData(WireModel):
    """A file in a function's result, by its URI."""

    file_uri: str | None = None
    mime_type: str | None = None
    display_name: str | None = None


class FunctionResponsePart(WireModel):
    """Media in a function's result."""

    inline_data: FunctionResponseBlob | None = None
    file_data: FunctionResponseFileData | None = None
    media_processing: MediaProcessing | None = None
    media_resolution: PartMediaResolution | None = None
    video_metadata: VideoMetadata | None = None
    document_metadata: DocumentMetadata | None = None
    spreadsheet_metadata: SpreadsheetMetadata | None = None
    audio_metadata: AudioMetadata | None = None

    @classmethod
    def from_bytes(cls, *, data: bytes, mime_type: str, display_name: str | None = None) -> Self:
        """Media given in the request itself."""
        blob = FunctionResponseBlob(data=data, mime_type=mime_type, display_name=display_name)
        return cls(inline_data=blob)

    @classmethod
    def from_uri(cls, *, file_uri: str, mime_type: str | None = None, display_name: str | None = None) -> Self:
        """Media by URI; the MIME type is guessed from the extension, a Files API URI needs none."""
        return cls(
            file_data=FunctionResponseFileData(
                file_uri=file_uri,
                mime_type=needed_mime_type(file_uri, mime_type),
                display_name=display_name,
            )
        )


class FunctionResponse(WireModel):
    """A function's result, an object; `id` and `name` are those of the call."""

    id: str | None = None
    name: str | None = None
    response: dict[str, Any] | None = None
    parts: list[FunctionResponsePart] | None = None
    will_continue: bool | None = None
    scheduling: FunctionResponseScheduling | None = None

    @classmethod
    def from_mcp_response(cls, *, name: str, response: Any, id: str | None = None) -> Self:  # noqa: A002 - the wire's name
        """An MCP `CallToolResult`: its content under `result`, or under `error` if it says that it failed.

        google-genai drops the content of a failure; the model can use it, so it stays here.
        """
        failed = getattr(response, "isError", None) or getattr(response, "is_error", None)
        content = [_plain(item) for item in response.content or ()]
        return cls(id=id, name=name, response={"error" if failed else "result": content})


def _plain(item: Any) -> Any:
    dump = getattr(item, "model_dump", None)
    return dump(mode="json", by_alias=True, exclude_none=True) if dump else item


class ExecutableCode(WireModel):
    """Code that the model wrote and the service runs."""

    id: str | None = None
    language: Language | None = None
    code: str | None = None


class CodeExecutionResult(WireModel):
    """What the service's run of the code printed, or how it failed."""

    id: str | None = None
    outcome: Outcome | None = None
    output: str | None = None


class ToolCall(WireModel):
    """A call of one of the service's own tools: to be sent back untouched, never run."""

    id: str | None = None
    tool_type: ToolType | None = None
    tool_name: str | None = None
    args: dict[str, Any] | None = None


class ToolResponse(WireModel):
    """What the service's own tool answered: to be sent back untouched."""

    id: str | None = None
    tool_type: ToolType | None = None
    response: dict[str, Any] | None = None
