"""The JSON of an answer, with the form that its readers count on; what they do not look at may be anything.

Knows the wire's names; keeps every field, and its place, as it came.
"""

from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

from pydantic_core import CoreSchema, SchemaValidator, from_json
from pydantic_core import core_schema as to

Json: TypeAlias = dict[str, Any]

_NUMBERED = to.union_schema([to.str_schema(strict=True), to.int_schema(strict=True)], mode="left_to_right")
"""An enum: its name, or its number."""
_COUNT = to.int_schema(strict=True, ge=0)
_FOUND = [{"startIndex": _COUNT, "endIndex": _COUNT}]
_TOKENS = [{"modality": _NUMBERED, "tokenCount": _COUNT}]
_NAMED = {"id": str, "name": str}
_PART = {
    "text": str,
    "thoughtSignature": str,
    "functionCall": {**_NAMED, "args": {}, "partialArgs": [{"jsonPath": str}]},
    "functionResponse": {**_NAMED, "response": {}},
    "executableCode": {"id": str, "code": str},
    "codeExecutionResult": {"id": str, "output": str, "outcome": _NUMBERED},
    "toolCall": {"id": str, "args": {}},
    "toolResponse": {"id": str, "response": {}},
    "inlineData": {"mimeType": str, "data": str},
    "fileData": {"mimeType": str, "fileUri": str},
}
_SOURCE: Json = {"web": {}, "maps": {}, "retrievedContext": {}, "image": {}}
_SEGMENT = {"partIndex": _COUNT, "startIndex": _COUNT, "endIndex": _COUNT, "text": str}
_CANDIDATE = {
    "index": _COUNT,
    "content": {"parts": [_PART]},
    "finishReason": _NUMBERED,
    "finishMessage": str,
    "safetyRatings": [{}],
    "citationMetadata": {"citationSources": _FOUND, "citations": _FOUND},
    "groundingMetadata": {
        "groundingChunks": [_SOURCE],
        "groundingSupports": [{"segment": _SEGMENT, "groundingChunkIndices": [_COUNT]}],
    },
    "urlContextMetadata": {},
    "logprobsResult": {},
}
_ANSWER = {
    "candidates": [_CANDIDATE],
    "promptFeedback": {"blockReason": _NUMBERED, "blockReasonMessage": str, "safetyRatings": [{}]},
    "usageMetadata": {
        "promptTokenCount": _COUNT,
        "toolUsePromptTokenCount": _COUNT,
        "cachedContentTokenCount": _COUNT,
        "candidatesTokenCount": _COUNT,
        "thoughtsTokenCount": _COUNT,
        "totalTokenCount": _COUNT,
        "promptTokensDetails": _TOKENS,
        "cacheTokensDetails": _TOKENS,
        "candidatesTokensDetails": _TOKENS,
        "toolUsePromptTokensDetails": _TOKENS,
    },
    "modelVersion": str,
    "responseId": str,
}
_NAMES = {*_ANSWER, "createTime", "modelStatus"}


def read_answer(data: bytes) -> Json:
    """The JSON of a response of `generateContent`, or of an event of its stream.

    Raises `ValueError` for what is no JSON object, or has a form that no response has.
    """
    answer: Json = from_json(data)
    _FORM.validate_python(answer)  # only looked at: it would put the fields in another order
    return answer


def read_whole_answer(data: bytes) -> Json:
    """The JSON of a response of `generateContent` that is no stream; see `check_whole` and `read_answer`."""
    answer = read_answer(data)
    check_whole(answer.keys())
    return answer


def check_whole(names: Collection[str]) -> None:
    """Raise `ValueError` for the names of another service's answer; none at all are those of an empty reply."""
    if names and not _NAMES & set(names):
        raise ValueError("it has none of the fields that an answer has")


def has_content(answer: Json) -> bool:
    """Whether an event brings a part of the reply, and not only words about it."""
    return any((candidate.get("content") or {}).get("parts") for candidate in answer.get("candidates") or ())


def _form(of: Any) -> CoreSchema:
    """A table as a schema: fields that may be absent, or null, which is the same; others are not looked at."""
    if isinstance(of, Mapping) and "type" not in of:
        fields = {
            name: to.typed_dict_field(to.nullable_schema(_form(inner)), required=False) for name, inner in of.items()
        }
        return to.typed_dict_schema(fields, extra_behavior="ignore", strict=True)
    if isinstance(of, list):
        return to.list_schema(_form(of[0]), strict=True)
    return to.str_schema(strict=True) if of is str else of


_FORM = SchemaValidator(_form(_ANSWER))
