"""One turn of a conversation and its parts, and what may be given for a part.

Knows nothing of requests or replies.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

from pydantic import BaseModel

from ._base import WireModel, field_spellings
from ._bytes import Signature
from .calls import (
    CodeExecutionResult,
    ExecutableCode,
    FunctionCall,
    FunctionResponse,
    FunctionResponsePart,
    ToolCall,
    ToolResponse,
)
from .enums import Language, MediaProcessing, Outcome, PartMediaResolutionLevel
from .files import File
from .media import (
    AudioMetadata,
    Blob,
    DocumentMetadata,
    FileData,
    Image,
    PartMediaResolution,
    SpeechMetadata,
    SpreadsheetMetadata,
    Transcription,
    VideoMetadata,
    encode_pil_image,
    is_pil_image,
    needed_mime_type,
)

if TYPE_CHECKING:
    from PIL.Image import Image as PilImage

    PartUnion: TypeAlias = "str | Part | File | FileData | PilImage | Mapping[str, Any]"
else:
    PartUnion = Any
    """What may stand for one part: text, a part, a file, a Pillow image, or the dict of one of them."""

_Resolution: TypeAlias = str | PartMediaResolutionLevel | PartMediaResolution | Mapping[str, Any]


class Part(WireModel):
    """One piece of a content: exactly one kind of data, and what is said about it.

    Takes its fields as keywords, or one positional value: text, a `File`, a `FileData`, a Pillow image,
    another part, or the dict of one of these. A signature belongs to its part and is never moved.
    """

    text: str | None = None
    thought: bool | None = None
    thought_signature: Signature | None = None
    inline_data: Blob | None = None
    file_data: FileData | None = None
    function_call: FunctionCall | None = None
    function_response: FunctionResponse | None = None
    executable_code: ExecutableCode | None = None
    code_execution_result: CodeExecutionResult | None = None
    tool_call: ToolCall | None = None
    tool_response: ToolResponse | None = None
    video_metadata: VideoMetadata | None = None
    media_resolution: PartMediaResolution | None = None
    media_processing: MediaProcessing | None = None
    audio_transcription: Transcription | None = None
    speech_metadata: SpeechMetadata | None = None
    document_metadata: DocumentMetadata | None = None
    spreadsheet_metadata: SpreadsheetMetadata | None = None
    audio_metadata: AudioMetadata | None = None
    part_metadata: dict[str, Any] | None = None

    def __init__(self, value: PartUnion | None = None, /, **fields: Any) -> None:
        if value is None:
            super().__init__(**fields)
            return
        if fields:
            raise ValueError(f"Part takes one positional value or fields, not both; fields: {', '.join(fields)}.")
        if isinstance(value, str):
            super().__init__(text=value)
        else:
            super().__init__(**_set(dict(to_part(value))))

    @classmethod
    def from_text(cls, *, text: str) -> Self:
        """A part of text."""
        return cls(text=text)

    @classmethod
    def from_bytes(cls, *, data: bytes, mime_type: str, media_resolution: _Resolution | None = None) -> Self:
        """Data given in the request itself."""
        return cls(
            inline_data=Blob(data=data, mime_type=mime_type),
            media_resolution=_to_resolution(media_resolution),
        )

    @classmethod
    def from_uri(
        cls, *, file_uri: str, mime_type: str | None = None, media_resolution: _Resolution | None = None
    ) -> Self:
        """A file by URI, which the service reads; the MIME type is guessed from the extension.

        Raises:
            ValueError: No MIME type was given, none can be guessed, and the URI is neither the Files API's
                nor YouTube's, which need none.
        """
        return cls(
            file_data=FileData(file_uri=file_uri, mime_type=needed_mime_type(file_uri, mime_type)),
            media_resolution=_to_resolution(media_resolution),
        )

    @classmethod
    def from_function_call(cls, *, name: str, args: dict[str, Any], id: str | None = None) -> Self:  # noqa: A002 - the wire's name
        """A model's call of a function."""
        return cls(function_call=FunctionCall(id=id, name=name, args=args))

    @classmethod
    def from_function_response(
        cls,
        *,
        name: str,
        response: dict[str, Any],
        parts: list[FunctionResponsePart] | None = None,
        id: str | None = None,  # noqa: A002 - the wire's name
    ) -> Self:
        """A function's result; `id` is that of the call it answers."""
        return cls(function_response=FunctionResponse(id=id, name=name, response=response, parts=parts))

    @classmethod
    def from_executable_code(cls, *, code: str, language: Language) -> Self:
        """Code for the service's sandbox."""
        return cls(executable_code=ExecutableCode(code=code, language=language))

    @classmethod
    def from_code_execution_result(cls, *, outcome: Outcome, output: str) -> Self:
        """What the sandbox answered."""
        return cls(code_execution_result=CodeExecutionResult(outcome=outcome, output=output))

    def as_image(self) -> Image | None:
        """The picture of an `inline_data` part, None for every other part."""
        blob = self.inline_data
        if blob is None or not (blob.mime_type or "").startswith("image/"):
            return None
        return Image(image_bytes=blob.data, mime_type=blob.mime_type)


# pydantic calls a class's own __init__ for every message it parses unless told that it adds no field;
# ours only adds the positional form, and a reply's part must not pay for that.
Part.__pydantic_custom_init__ = False


class Content(WireModel):
    """One turn: parts in order, and who speaks (`user`, `model`; absent in some replies)."""

    parts: list[Part] | None = None
    role: str | None = None

    def __eq__(self, other: object) -> bool:
        """Compare as contents: a `UserContent` and the content it is read back as are equal."""
        if not isinstance(other, Content):
            return NotImplemented
        return (
            self.role == other.role
            and self.parts == other.parts
            and (self.model_extra or {}) == (other.model_extra or {})
        )

    __hash__ = None  # type: ignore[assignment]  # as every model that can be changed


class UserContent(Content):
    """A user's turn, of one part or several: `UserContent("Hello")`."""

    role: Literal["user"] = "user"

    def __init__(self, parts: "PartUnion | Sequence[PartUnion] | None" = None, **fields: Any) -> None:
        super().__init__(parts=to_parts(parts), **fields)


class ModelContent(Content):
    """A model's turn, of one part or several: `ModelContent("Hello")`."""

    role: Literal["model"] = "model"

    def __init__(self, parts: "PartUnion | Sequence[PartUnion] | None" = None, **fields: Any) -> None:
        super().__init__(parts=to_parts(parts), **fields)


_WRAPPED_IN: dict[type[WireModel], str] = {
    Blob: "inline_data",
    FileData: "file_data",
    FunctionCall: "function_call",
    FunctionResponse: "function_response",
    ExecutableCode: "executable_code",
    CodeExecutionResult: "code_execution_result",
    ToolCall: "tool_call",
    ToolResponse: "tool_response",
}


def to_part(value: PartUnion) -> Part:
    """The part that a value stands for; a part is returned as it is.

    Raises:
        ValueError: Nothing that can stand for a part; the message names its type.
    """
    if isinstance(value, Part):
        return value
    if isinstance(value, str):
        return Part(text=str(value))
    if is_pil_image(value):
        return Part(inline_data=encode_pil_image(value))
    if isinstance(value, BaseModel):
        part = _model_part(value)
    else:
        part = _mapping_part(value) if isinstance(value, Mapping) else None
    if part is None:
        raise ValueError(
            f"{type(value).__name__} cannot stand for a part; "
            "pass text, a Part, a File, a PIL image, or a dict of one of these."
        )
    return part


def to_parts(value: "PartUnion | Sequence[PartUnion] | None") -> list[Part]:
    """The parts that one value or a list of them stands for; ValueError when there is none."""
    given = value if isinstance(value, list | tuple) else (value,)
    values: Sequence[Any] = () if value is None else given
    if not values:
        raise ValueError("A content needs at least one part; got none.")
    return [to_part(item) for item in values]


def is_content_mapping(value: Mapping[str, Any]) -> bool:
    """Whether a dict is a content's: it has `parts` or `role`, or nothing at all."""
    return not value or "parts" in value or "role" in value


def _mapping_part(value: Mapping[str, Any]) -> Part | None:
    if is_content_mapping(value):
        return None
    if not value.keys() & field_spellings(Part).keys():
        if value.keys() & {"file_uri", "fileUri"}:
            return Part(file_data=FileData.model_validate(value))
        if "uri" in value:
            return _file_part(File.model_validate(value))
    return Part.model_validate(value)


def _model_part(value: BaseModel) -> Part | None:
    """The part of a message, ours or the same of another package: known by its name, taken by its shape."""
    fields = dict(value) if isinstance(value, WireModel) else value.model_dump()
    names = {base.__name__ for base in type(value).__mro__}
    if "Part" in names:
        return Part.model_validate(_set(fields))
    if "File" in names:
        return _file_part(File.model_validate(fields))
    for message, field in _WRAPPED_IN.items():
        if message.__name__ in names:
            return Part.model_validate({field: message.model_validate(_set(fields))})
    return None


def _set(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _file_part(file: File) -> Part:
    if not file.uri or not file.mime_type:
        raise ValueError(f"File {file.name!r} needs uri and mime_type to be sent; is it uploaded?")
    return Part(file_data=FileData(file_uri=file.uri, mime_type=file.mime_type))


def _to_resolution(value: _Resolution | None) -> PartMediaResolution | None:
    if isinstance(value, str):
        return PartMediaResolution(level=PartMediaResolutionLevel(value))
    return None if value is None else PartMediaResolution.model_validate(value)
