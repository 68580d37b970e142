"""Which fields only one backend has: they raise before a request, rather than being refused or ignored.

Knows paths of fields; reads nothing else of a request.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from . import types

_GEMINI = "gemini"
_VERTEX = "vertex"
_VOICE = "replicated_voice_config"
_SPEAKERS = "speech_config.multi_speaker_voice_config.speaker_voice_configs[].voice_config"

# Path of a field in the config to the one backend that has it.
CONFIG_FIELDS = {
    "routing_config": _VERTEX,
    "model_selection_config": _VERTEX,
    "audio_timestamp": _VERTEX,
    "model_armor_config": _VERTEX,
    "generation_output_config": _VERTEX,
    "safety_settings[].method": _VERTEX,
    "enable_enhanced_civic_answers": _GEMINI,
    "store": _GEMINI,
    "tools[].retrieval": _VERTEX,
    "tools[].enterprise_web_search": _VERTEX,
    "tools[].parallel_ai_search": _VERTEX,
    "tools[].exa_ai_search": _VERTEX,
    "tools[].google_search.blocking_confidence": _VERTEX,
    "tools[].google_search.exclude_domains": _VERTEX,
    "tools[].google_maps.grounding_types": _VERTEX,
    "tools[].file_search": _GEMINI,
    "tools[].mcp_servers[].name": _GEMINI,
    "tools[].mcp_servers[].streamable_http_transport": _GEMINI,
    "tool_config.include_server_side_tool_invocations": _GEMINI,
    "tool_config.function_calling_config.stream_function_call_arguments": _VERTEX,
    "image_config.person_generation": _VERTEX,
    "image_config.prominent_people": _VERTEX,
    "image_config.output_mime_type": _VERTEX,
    "image_config.output_compression_quality": _VERTEX,
    "image_config.image_output_options": _VERTEX,
    f"speech_config.voice_config.{_VOICE}.consent_audio": _GEMINI,
    f"speech_config.voice_config.{_VOICE}.voice_consent_signature": _GEMINI,
    f"{_SPEAKERS}.{_VOICE}.consent_audio": _GEMINI,
    f"{_SPEAKERS}.{_VOICE}.voice_consent_signature": _GEMINI,
}

# Path of a field in a part to the one backend that has it.
PART_FIELDS = {
    "tool_call": _GEMINI,
    "tool_response": _GEMINI,
    "part_metadata": _GEMINI,
    "function_call.partial_args": _VERTEX,
    "function_call.will_continue": _VERTEX,
    "function_response.will_continue": _GEMINI,
    "function_response.parts[].media_processing": _GEMINI,
}
_PART_ROOTS = frozenset(path.partition(".")[0] for path in PART_FIELDS)


def refuse_foreign_config(config: types.GenerateContentConfig, *, vertex: bool) -> None:
    """Raise `ValueError` for a field of the config that only the other backend has."""
    for path, owner in CONFIG_FIELDS.items():
        if (owner == _VERTEX) is not vertex:
            for place in _set_places(config, path):
                raise ValueError(_refusal(place, vertex=vertex))


def refuse_foreign_parts(contents: Sequence[types.Content], *, vertex: bool) -> None:
    """Raise `ValueError` for a field of a part that only the other backend has."""
    for index, content in enumerate(contents):
        for number, part in enumerate(content.parts or ()):
            # Histories are long and nearly all parts are text: one set operation each.
            if not _PART_ROOTS.isdisjoint(part.model_fields_set):
                _refuse_foreign_part(part, f"contents[{index}].parts[{number}]", vertex=vertex)


def refuse_foreign_schema(schema: types.Schema, where: str, *, vertex: bool) -> None:
    """Raise `ValueError` for `additional_properties`, which only Vertex has in this dialect."""
    if vertex:
        return
    if schema.additional_properties is not None:
        raise ValueError(
            f"{_refusal(f'{where}.additional_properties', vertex=vertex)} JSON Schema has it on both: "
            "pass response_json_schema."
        )
    inside = {
        "items": schema.items,
        **{f"properties[{name!r}]": s for name, s in (schema.properties or {}).items()},
    }
    inside |= {f"any_of[{index}]": s for index, s in enumerate(schema.any_of or ())}
    for place, inner in inside.items():
        if inner is not None:
            refuse_foreign_schema(inner, f"{where}.{place}", vertex=vertex)


def _refuse_foreign_part(part: types.Part, where: str, *, vertex: bool) -> None:
    for path, owner in PART_FIELDS.items():
        if (owner == _VERTEX) is not vertex:
            for place in _set_places(part, path):
                raise ValueError(_refusal(f"{where}.{place}", vertex=vertex))


def _refusal(place: str, *, vertex: bool) -> str:
    ours, other = ("Vertex AI", "the Gemini API") if vertex else ("the Gemini API", "Vertex AI")
    return f"{place} is a field of {other}, and this client talks to {ours}."


def _set_places(value: Any, path: str, done: str = "") -> Iterator[str]:
    """Where below a message a path leads to something that is set."""
    if value is None:
        return
    if not path:
        yield done
        return
    step, _, rest = path.partition(".")
    name = step.removesuffix("[]")
    inner = getattr(value, name, None)
    if step == name:
        yield from _set_places(inner, rest, f"{done}.{name}" if done else name)
        return
    for index, item in enumerate(inner or ()):
        yield from _set_places(item, rest, f"{done}.{name}[{index}]" if done else f"{name}[{index}]")
