"""What callers may pass for contents, a chat message or a system instruction, as contents of the wire.

Knows nothing of requests; never changes what it is given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any, TypeAlias, Union

from pydantic import BaseModel

from . import types

ContentsLike: TypeAlias = Any
"""Text, a part, a content, a file, an image, a dict of one of these, or a list of them."""
ConfigLike: TypeAlias = Union["types.GenerateContentConfig", Mapping[str, Any], None]

_ACCEPTED = "text, a Part, a Content, a File, a PIL image, a dict of one of these, or a list of them"


def config_of(config: object) -> types.GenerateContentConfig | None:
    """A config, by itself or by its dict; raises `ValueError` for a field that there is not, or another package's."""
    if config is None or isinstance(config, types.GenerateContentConfig):
        return config
    if isinstance(config, Mapping):
        return types.GenerateContentConfig.model_validate(config)
    ours, kind = types.GenerateContentConfig, type(config)
    words = f"pass a {__package__}.types.{ours.__name__}, or a dict"
    raise ValueError(f"config is a {kind.__module__}.{kind.__name__}; {words}.")


def contents_of(value: ContentsLike) -> list[types.Content]:
    """Contents as google-genai reads them: neighbouring parts make one turn, contents stand alone.

    A list inside the list is one user turn of its elements. Calls of functions make a model's turn,
    everything else a user's, function responses too.

    Raises:
        ValueError: Nothing was given, or something that is no content; the message names index and type.
    """
    if value is None or (isinstance(value, list | tuple) and not value):
        raise ValueError(f"contents is empty; pass {_ACCEPTED}.")
    if not isinstance(value, list | tuple):
        return [content_of(value, "contents")]
    if all(isinstance(item, types.Content) for item in value):
        return list(value)
    return list(_turns(value))


def content_of(value: Any, where: str = "content") -> types.Content:
    """One content: a list is a user's turn of its elements, a dict is tried as a content, then as a part.

    Raises:
        ValueError: It is no content; the message begins with `where`.
    """
    if isinstance(value, list | tuple):
        return types.UserContent([_part_of(item, f"{where}[{index}]") for index, item in enumerate(value)])
    read = _content_or_part(value, where)
    return read if isinstance(read, types.Content) else _turn_of([read])


def message_content(message: Any) -> types.Content:
    """The turn that a chat message makes: one part or a list of them, no `Content`.

    Raises:
        ValueError: It is no message, or an empty list.
    """
    if not isinstance(message, list):
        return _turn_of([_message_part(message)])
    if not message:
        raise ValueError("content parts are required: the message is an empty list.")
    return types.UserContent([_message_part(item) for item in message])


def _turns(values: list[Any] | tuple[Any, ...]) -> Iterator[types.Content]:
    read = (
        content_of(item, f"contents[{index}]")
        if isinstance(item, list | tuple)
        else _content_or_part(item, f"contents[{index}]")
        for index, item in enumerate(values)
    )
    for kind, group in groupby(read, key=_kind):
        if kind == "content":
            yield from (item for item in group if isinstance(item, types.Content))
        else:
            yield _turn_of([item for item in group if isinstance(item, types.Part)])


def _kind(item: types.Content | types.Part) -> str:
    if isinstance(item, types.Content):
        return "content"
    return "call" if item.function_call else "part"


def _turn_of(parts: list[types.Part]) -> types.Content:
    """A turn of parts of one kind."""
    return types.ModelContent(parts) if parts[0].function_call else types.UserContent(parts)


def _content_or_part(value: Any, where: str) -> types.Content | types.Part:
    if isinstance(value, types.Content | types.Part):
        return value
    if isinstance(value, BaseModel) and "Content" in {base.__name__ for base in type(value).__mro__}:
        value = value.model_dump(exclude_none=True)  # that of another package, taken by its shape
    if isinstance(value, Mapping) and types.is_content_mapping(value):
        try:
            return types.Content.model_validate(_with_listed_parts(value))
        except ValueError as error:
            raise ValueError(f"{where} is no content: {error}") from error
    return _part_of(value, where)


def _with_listed_parts(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """A content's dict with its parts as a list of parts: the service takes one, older clients text."""
    parts = value.get("parts")
    if isinstance(parts, str | Mapping | types.Part):
        parts = [parts]
    if isinstance(parts, list) and any(isinstance(part, str) for part in parts):
        parts = [types.Part(text=part) if isinstance(part, str) else part for part in parts]
    return value if parts is value.get("parts") else {**value, "parts": parts}


def _part_of(value: Any, where: str) -> types.Part:
    try:
        return types.to_part(value)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error


def _message_part(value: Any) -> types.Part:
    try:
        return types.to_part(value)
    except ValueError as error:
        raise ValueError(f"Message must be a valid part type: {error}") from error
