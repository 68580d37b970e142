"""Contents and a flat config as the JSON body of generateContent.

Knows the wire's layout and which backend has which field; knows nothing of HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from . import types
from ._backends import refuse_foreign_config, refuse_foreign_parts, refuse_foreign_schema
from ._contents import content_of
from ._output import is_openapi, json_schema_of, parse_as

Declare: TypeAlias = Callable[[Any], "types.FunctionDeclaration"]

# Names on the wire of what stands beside `generationConfig` and not in it, and goes out as it is.
_TOP_LEVEL = (
    "toolConfig",
    "safetySettings",
    "cachedContent",
    "labels",
    "serviceTier",
    "store",
    "continuationToken",
    "modelArmorConfig",
)
# Options of the call, not of the request.
_NEVER_SENT = frozenset(
    {"http_options", "should_return_http_response", "automatic_function_calling", "automatic_continuation"}
)
# Fields that go out in another form than they are given in; `split_config` writes each.
_WRITTEN_APART = frozenset(
    {
        "system_instruction",
        "tools",
        "response_schema",
        "response_json_schema",
        "response_format",
        "speech_config",
        "image_config",
    }
)


def encode_body(
    contents: Sequence[types.Content],
    config: types.GenerateContentConfig | None,
    *,
    vertex: bool,
    declare: Declare | None = None,
) -> dict[str, Any]:
    """The body of a request, for `pydantic_core.to_json(body, by_alias=True, exclude_none=True)`.

    Args:
        contents: Turns in order; they go out as they are.
        config: Everything else; see `split_config`.
        vertex: Whether the request goes to Vertex AI.
        declare: Makes a declaration of a Python function among the tools.

    Raises:
        ValueError: A field belongs to the other backend, or cannot be sent; nothing was sent.
        TypeError: There is a function among the tools and nothing to declare it with.
    """
    refuse_foreign_parts(contents, vertex=vertex)
    rest = {} if config is None else split_config(config, vertex=vertex, declare=declare)
    return {"contents": list(contents), **rest}


def split_config(
    config: types.GenerateContentConfig, *, vertex: bool, declare: Declare | None = None
) -> dict[str, Any]:
    """Everything of a body but its contents: what is None is left out, what is falsy is sent.

    A schema goes out as JSON Schema, whatever it was given as, but for a `Schema` or a dict in the OpenAPI
    subset (upper-case types). With a schema and no MIME type, `responseMimeType` is `application/json`:
    the service refuses the one without the other, and google-genai leaves that to the caller.
    """
    refuse_foreign_config(config, vertex=vertex)
    plain = config.model_dump(
        mode="json",
        exclude_none=True,
        by_alias=True,
        include=set(config.model_fields_set) - _NEVER_SENT - _WRITTEN_APART,
    )
    top = {name: plain.pop(name) for name in _TOP_LEVEL if name in plain}
    if "generationOutputConfig" in plain:
        top["outputConfig"] = plain.pop("generationOutputConfig")
    if config.system_instruction is not None:
        top["systemInstruction"] = content_of(config.system_instruction, "system_instruction")
    if config.tools is not None:
        top["tools"] = merge_tools(config.tools, declare)
    generation = {**plain, **_output_schema(config, vertex=vertex), **_media(config, vertex=vertex)}
    if (top_k := generation.get("topK")) is not None and top_k.is_integer():
        generation["topK"] = int(top_k)  # a float on Vertex, an integer on Gemini, the same name for both
    if generation:
        top["generationConfig"] = generation
    return top


def merge_tools(tools: Sequence[types.ToolUnion], declare: Declare | None = None) -> list[types.Tool]:
    """Tools with all function declarations in one, the last; a tool's other fields stay in their place.

    Raises:
        TypeError: There is a function and nothing to declare it with.
    """
    merged: list[types.Tool] = []
    declarations: list[types.FunctionDeclaration] = []
    for index, tool in enumerate(tools):
        if not isinstance(tool, types.Tool):
            if declare is None:
                raise TypeError(
                    f"tools[{index}] is a Python function, which cannot be declared here; "
                    "pass a Tool with function_declarations."
                )
            declarations.append(declare(tool))
        elif tool.function_declarations is None:
            merged.append(tool)
        else:
            declarations += tool.function_declarations
            if tool.model_fields_set - {"function_declarations"} or tool.model_extra:
                merged.append(tool.model_copy(update={"function_declarations": None}))
    if declarations:
        merged.append(types.Tool(function_declarations=declarations))
    return merged


def has_schema(config: types.GenerateContentConfig | None) -> bool:
    """Whether an answer is to be read as an object of a schema."""
    return config is not None and (config.response_schema is not None or config.response_json_schema is not None)


def parse_output(text: str | None, config: types.GenerateContentConfig | None) -> Any:
    """What `response.parsed` is: the text under the schema that was asked for, None if it does not fit."""
    if text is None or config is None:
        return None
    schema = config.response_schema if config.response_schema is not None else config.response_json_schema
    return None if schema is None else parse_as(text, schema)


def _output_schema(config: types.GenerateContentConfig, *, vertex: bool) -> dict[str, Any]:
    given = config.response_schema
    if given is None or given == {}:
        if config.response_json_schema is None:
            return {}
        written = {"responseJsonSchema": json_schema_of(config.response_json_schema)}
    elif config.response_json_schema is not None:
        raise ValueError("response_schema and response_json_schema exclude each other; pass one.")
    elif isinstance(given, types.Schema) or (isinstance(given, Mapping) and is_openapi(given)):
        schema = given if isinstance(given, types.Schema) else types.Schema.model_validate(given)
        refuse_foreign_schema(schema, "response_schema", vertex=vertex)
        written = {"responseSchema": schema}
    else:
        written = {"responseJsonSchema": json_schema_of(given)}
    return written if config.response_mime_type else {"responseMimeType": "application/json", **written}


def _media(config: types.GenerateContentConfig, *, vertex: bool) -> dict[str, Any]:
    written = {
        "speechConfig": _speech(config.speech_config),
        "imageConfig": _image(config),
        "responseFormat": _formats(config.response_format, vertex=vertex),
    }
    return {name: value for name, value in written.items() if value is not None}


def _dumped(message: Any) -> dict[str, Any]:
    dumped: dict[str, Any] = message.model_dump(mode="json", by_alias=True, exclude_none=True)
    return dumped


def _speech(speech: types.SpeechConfig | str | None) -> dict[str, Any] | None:
    if isinstance(speech, str):
        voice = types.VoiceConfig(prebuilt_voice_config=types.PrebuiltVoiceConfig(voice_name=speech))
        speech = types.SpeechConfig(voice_config=voice)
    return None if speech is None else _dumped(speech)


def _image(config: types.GenerateContentConfig) -> dict[str, Any] | None:
    """The picture's settings; the two flat ones that google-genai has go inside `imageOutputOptions`."""
    image = config.image_config
    if image is None:
        return None
    written = _dumped(image)
    flat = {
        "mimeType": written.pop("outputMimeType", None),
        "compressionQuality": written.pop("outputCompressionQuality", None),
    }
    if options := {name: value for name, value in flat.items() if value is not None}:
        given = image.image_output_options or types.ImageConfigImageOutputOptions()
        written["imageOutputOptions"] = {**options, **_dumped(given)}
    return written


def _formats(formats: types.ResponseFormat | list[types.ResponseFormat] | None, *, vertex: bool) -> Any:
    """Gemini takes one object of all formats, Vertex a list; either form is taken for both."""
    if formats is None:
        return None
    listed = [_dumped(item) for item in (formats if isinstance(formats, list) else [formats])]
    if vertex:
        return listed
    together: dict[str, Any] = {}
    for item in listed:
        if twice := together.keys() & item.keys():
            raise ValueError(f"response_format gives {sorted(twice)} twice; the Gemini API takes one of each.")
        together |= item
    return together
