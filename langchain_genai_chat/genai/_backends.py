"""Which fields only one backend has: they raise before a request, rather than being refused or ignored.

Knows paths of fields; reads nothing else of a request.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from . import types

_Tree: TypeAlias = dict[str, "_Tree"]
"""Fields by name, each with those inside it; one with none is itself what only one backend has."""

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


def _tree(owners: Mapping[str, str], owner: str) -> _Tree:
    """The fields that only this backend has."""
    tree: _Tree = {}
    for path in (path for path, known in owners.items() if known == owner):
        inside = tree
        for step in path.split("."):
            inside = inside.setdefault(step.removesuffix("[]"), {})
    return tree


# By whether the request goes to Vertex AI: what it cannot hold.
_FOREIGN_CONFIG = {True: _tree(CONFIG_FIELDS, _GEMINI), False: _tree(CONFIG_FIELDS, _VERTEX)}
_FOREIGN_PARTS = {True: _tree(PART_FIELDS, _GEMINI), False: _tree(PART_FIELDS, _VERTEX)}


def refuse_foreign_config(config: types.GenerateContentConfig, *, vertex: bool) -> None:
    """Raise `ValueError` for a field of the config that only the other backend has."""
    for place in _set_places(config, _FOREIGN_CONFIG[vertex]):
        raise ValueError(_refusal(place, vertex=vertex))


def refuse_foreign_parts(contents: Sequence[types.Content], *, vertex: bool) -> None:
    """Raise `ValueError` for a field of a part that only the other backend has."""
    foreign = _FOREIGN_PARTS[vertex]
    for index, content in enumerate(contents):
        for number, part in enumerate(content.parts or ()):
            # Histories are long and nearly all parts are text: one set operation each.
            if not foreign.keys().isdisjoint(part.model_fields_set):
                for place in _set_places(part, foreign):
                    raise ValueError(_refusal(f"contents[{index}].parts[{number}].{place}", vertex=vertex))


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


def _refusal(place: str, *, vertex: bool) -> str:
    ours, other = ("Vertex AI", "the Gemini API") if vertex else ("the Gemini API", "Vertex AI")
    return f"{place} is a field of {other}, and this client talks to {ours}."


def _set_places(value: Any, fields: _Tree, place: str = "") -> Iterator[str]:
    """Where a message, or what is in a list of them, has one of the fields set."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _set_places(item, fields, f"{place}[{index}]")
        return
    given = getattr(value, "model_fields_set", ())  # a tool may be a function
    for name, inside in fields.items():
        if name not in given or (inner := getattr(value, name)) is None:
            continue
        where = f"{place}.{name}" if place else name
        if inside:
            yield from _set_places(inner, inside, where)
        else:
            yield where
