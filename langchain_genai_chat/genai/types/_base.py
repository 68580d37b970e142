"""What every wire type shares: field names, open enums, refusal of unknown options.

Knows nothing of any one message, nor of HTTP.
"""

import difflib
import logging
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar, Self

from pydantic import VERSION, BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

_LOGGER = logging.getLogger("langchain_genai_chat")
_HINTS_GIVEN: set[str] = set()

BUILT_LATE = tuple(map(int, VERSION.split(".")[:2])) >= (2, 14)
"""Whether classes are built when they are first used: about 200 of them would be most of the import.

Before 2.14 pydantic does that without a lock, and at the first use in several threads a config can be written as its
base class, without instruction and tools; so there they are built when they are loaded.
"""


def hint_once(message: str) -> None:
    """Log a hint the first time it is given, at DEBUG: a normal run must log nothing louder (B118)."""
    if message not in _HINTS_GIVEN:
        _HINTS_GIVEN.add(message)
        _LOGGER.debug(message)


def to_camel(name: str) -> str:
    """The wire's spelling of a field's name: `file_uri` is `fileUri`."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


class WireModel(BaseModel):
    """A message of the wire: snake_case here, camelCase in JSON, both read; unknown fields are kept.

    `model_dump(mode="json", by_alias=True, exclude_none=True)` gives the JSON of the wire.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        extra="allow",
        defer_build=BUILT_LATE,
        ser_json_bytes="base64",
        ser_json_inf_nan="strings",
    )

    def to_json_dict(self) -> dict[str, Any]:
        """JSON values under snake_case names, without what is None; google-genai's form for storing."""
        return self.model_dump(mode="json", exclude_none=True)

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        """Show what is set: most messages have many fields and few of them set."""
        return [(name, value) for name, value in super().__repr_args__() if value is not None]


@cache
def field_spellings(model: type[BaseModel]) -> dict[str, str]:
    """Every key that a model takes for a field, snake_case and camelCase, to the field's name."""
    return {key: name for name in model.model_fields for key in (name, to_camel(name))}


def refuse_unknown_fields(cls: type[BaseModel], value: Any) -> Any:
    """Raise for a field that there is not, with the nearest: what a class of options does before it validates."""
    if isinstance(value, Mapping):
        spellings = field_spellings(cls)
        for key in value:
            if key not in spellings:
                near = difflib.get_close_matches(str(key), spellings, n=1)
                raise PydanticCustomError(
                    "unknown_field",
                    "{model} has no field {key}{hint}",
                    {
                        "model": cls.__name__,
                        "key": repr(key),
                        "hint": f"; nearest: {spellings[near[0]]!r}" if near else "",
                    },
                )
    return value


class ConfigModel(WireModel):
    """Options of a call: an unknown field raises and names the nearest, since it would be ignored."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid",
        arbitrary_types_allowed=True,
        hide_input_in_errors=True,  # the headers of `http_options` are among it
    )

    _refuse_unknown_fields = model_validator(mode="before")(refuse_unknown_fields)


class OpenEnum(StrEnum):
    """An enum that takes any string: a value not listed becomes a member equal to its text.

    Listed values are found in any case; `is_known` tells them from others. A number becomes the member at
    that place where the order of listing is the proto's (`__numbered__` says for how many), else its digits.
    """

    __hash__ = str.__hash__  # Enum hashes the name; equal strings must hash alike

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if isinstance(value, bool) or not isinstance(value, int | str):
            return None
        if isinstance(value, int):
            numbered = list(cls)[: getattr(cls, "__numbered__", None)]
            if 0 <= value < len(numbered):
                return numbered[value]
        text = str(value)
        wanted = text.casefold()
        for member in cls:
            if member.value.casefold() == wanted:
                return member
        unlisted = str.__new__(cls, text)
        unlisted._name_ = text
        unlisted._value_ = text
        return unlisted

    @property
    def is_known(self) -> bool:
        """Whether the value is one of those listed here."""
        return self._name_ in type(self).__members__
