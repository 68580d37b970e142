"""What may be said about media beside its data: a stretch of a video, how closely to look.

Reads what LangChain's blocks say, checks it, and gives the fields of the wire's part.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]

MAX_FPS = 24

_SECONDS = re.compile(r"\d+(?:\.\d{1,9})?s")


def find(levels: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> Any:
    """The first value that is there; None and empty text say that there is none."""
    values = (level.get(key) for level in levels for key in keys)
    return next((value for value in values if value is not None and value != ""), None)


def encode_media_options(levels: Sequence[Mapping[str, Any]]) -> Json:
    """The options that stand in any of these mappings, as fields of a part.

    Raises:
        ValueError: One of them is none that the service takes; the message says what it takes.
    """
    found = [(camel, encode, find(levels, (snake, camel))) for snake, camel, encode in _OPTIONS]
    return {camel: encode(given) for camel, encode, given in found if given is not None}


def _encode_video_metadata(given: Any) -> Json:
    if not isinstance(given, Mapping):
        raise ValueError(f"video_metadata came as {type(given).__name__}; pass a dict.")  # noqa: TRY004 - caught as ValueError
    if unknown := sorted(given.keys() - {"fps", "start_offset", "startOffset", "end_offset", "endOffset"}):
        raise ValueError(f"video_metadata has no {unknown}; it takes fps, start_offset and end_offset.")
    metadata: Json = {}
    if (start := find([given], ("start_offset", "startOffset"))) is not None:
        metadata["startOffset"] = _encode_offset(start)
    if (end := find([given], ("end_offset", "endOffset"))) is not None:
        metadata["endOffset"] = _encode_offset(end)
    if len(metadata) == 2 and _seconds(metadata["endOffset"]) < _seconds(metadata["startOffset"]):  # noqa: PLR2004 - both
        raise ValueError(f"The video's end_offset {end!r} is before its start_offset {start!r}; swap them.")
    if (fps := given.get("fps")) is not None:
        if not isinstance(fps, int | float) or not 0 < fps <= MAX_FPS:
            raise ValueError(f"fps {fps!r:.80} is none of a video; pass a number above 0, up to {MAX_FPS}.")
        metadata["fps"] = fps
    return metadata


def _encode_offset(given: Any) -> str:
    """Seconds, given as a number or as the wire's text of them."""
    text = f"{given:.9f}".rstrip("0").rstrip(".") + "s" if isinstance(given, int | float) else given
    if not isinstance(text, str) or not _SECONDS.fullmatch(text):
        raise ValueError(f"{given!r:.80} is no place in a video; pass seconds, or text like '3.5s'.")
    return text


def _seconds(offset: str) -> float:
    return float(offset.removesuffix("s"))


def _encode_resolution(given: Any) -> Json:
    level = given.get("level") if isinstance(given, Mapping) else given
    name = str(level).upper().removeprefix("MEDIA_RESOLUTION_")
    if name not in {"UNSPECIFIED", "LOW", "MEDIUM", "HIGH", "ULTRA_HIGH"}:
        raise ValueError(f"media_resolution {level!r:.80} is none; pass low, medium, high or ultra_high.")
    return {"level": f"MEDIA_RESOLUTION_{name}"}


def _encode_processing(given: Any) -> str:
    name = str(given).upper()
    if name not in {"STATIC", "AGENTIC"}:
        raise ValueError(f"media_processing {given!r:.80} is none; pass static or agentic.")
    return name


# (LangChain's name, the wire's name, how the value is encoded)
_OPTIONS: tuple[tuple[str, str, Callable[[Any], Any]], ...] = (
    ("video_metadata", "videoMetadata", _encode_video_metadata),
    ("media_resolution", "mediaResolution", _encode_resolution),
    ("media_processing", "mediaProcessing", _encode_processing),
)
