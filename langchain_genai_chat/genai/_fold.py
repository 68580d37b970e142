"""The parts of a stream's events put together, pure.

Knows which pieces belong to one part, on the wire's JSON and on its types, and keeps what it does not know.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any, TypeAlias

from . import types
from .errors import UnknownApiResponseError

Json: TypeAlias = dict[str, Any]

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\[(?:'([^']*)'|\"([^\"]*)\")\]")
_MAX_GAP = 1_000
"""Places of a list that may be left out before one; more would be memory for nothing."""
PLAIN_TEXT = {"text"}
_VALUES = ("stringValue", "numberValue", "boolValue")


class CallAssembler:
    """Puts streamed function-call arguments together (`partialArgs`, `willContinue`; Vertex AI).

    The first piece has the name and usually the signature, each following one some values by JSON path, strings
    in several pieces; the first piece that does not say `willContinue` closes the call.
    """

    def __init__(self) -> None:
        self._open: Json | None = None
        self._unfinished: set[str] = set()

    def fold(self, part: Json) -> Json | None:
        """Give the part if it is whole, the whole call if the part closes one, None while a call is open."""
        call = part.get("functionCall")
        if call is None or not (self._open or "willContinue" in call or "partialArgs" in call):
            return part
        if self._open is None:
            self._open = {**part, "functionCall": {"args": {}}}
        whole = self._open
        whole.update({name: value for name, value in part.items() if name != "functionCall"})
        for name, value in call.items():
            if name == "args":
                whole["functionCall"]["args"].update(value or {})
            elif name not in ("partialArgs", "willContinue"):
                whole["functionCall"][name] = value
        for piece in call.get("partialArgs") or ():
            self._put(whole["functionCall"]["args"], piece)
        return None if call.get("willContinue") else self.flush()

    @property
    def is_open(self) -> bool:
        """Whether more of a call is due."""
        return self._open is not None

    def flush(self) -> Json | None:
        """Give the call that is still open when the stream ends, if there is one."""
        whole, self._open = self._open, None
        self._unfinished.clear()
        return whole

    def _put(self, args: Json, piece: Json) -> None:
        path = piece.get("jsonPath")
        if not path:
            return
        steps = [
            int(index) if index else name or single or double for name, index, single, double in _STEP.findall(path)
        ]
        if not steps:
            raise _misplaced(path, args)
        target: Any = args
        for step, following in pairwise(steps):
            target = _inside(target, step, [] if isinstance(following, int) else {})
        value = next((piece[name] for name in _VALUES if name in piece), None)
        last = steps[-1]
        before = _at(target, last)
        if path in self._unfinished and isinstance(value, str) and isinstance(before, str):
            value = before + value
        _set(target, last, value)
        if piece.get("willContinue"):
            self._unfinished.add(path)
        else:
            self._unfinished.discard(path)


class ContentFolder:
    """Puts the contents of a stream's events together to the one content of the same reply unstreamed.

    Neighbouring texts of one kind (said, or thought) are one part, but what follows a signed part stays apart
    from it; calls that came in pieces are whole. A piece of empty, unsigned text says nothing and is left out,
    unless there is nothing else.
    """

    def __init__(self) -> None:
        self._parts: list[types.Part] = []
        self._run: list[str] = []
        """The texts of the last part, while it may grow: joined once, when it cannot, since a stream has thousands."""
        self._assembler = CallAssembler()
        self._extra: Json = {}

    def fold(self, content: types.Content | None) -> None:
        """Take the content of the next event, if it brings one."""
        if content is None:
            return
        if content.model_extra:
            self._extra |= content.model_extra
        for part in content.parts or ():
            if part.model_fields_set == PLAIN_TEXT and self._goes_on(part.text):  # as nearly all parts of a stream
                continue
            if part.function_call is None:
                self._add(part)
                continue
            piece = _call_json(part)
            whole = self._assembler.fold(piece)
            if whole is not None:
                self._add(part if whole is piece else types.Part.model_validate(whole))

    @property
    def is_open(self) -> bool:
        """Whether more of a call is due; so until the end, it is half a call, which must not be made."""
        return self._assembler.is_open

    def finish(self) -> types.Content | None:
        """Give the content, None if no part came; a call that is still open is given as far as it came."""
        if rest := self._assembler.flush():
            self._add(types.Part.model_validate(rest))
        if not self._parts:
            return None
        self._settle()
        return types.Content.model_validate({**self._extra, "role": "model", "parts": self._parts})

    def _add(self, part: types.Part) -> None:
        if self._run == [""]:
            self._parts[-1], self._run = part, _grows_from(part)
        elif self._parts and _is_bare_text(part) and part.text == "":
            return
        elif self._run and _is_text(part) and bool(self._parts[-1].thought) == bool(part.thought):
            self._parts[-1] = part
            self._run.append(part.text or "")
            if part.thought_signature is not None:
                self._settle()
        else:
            self._settle()
            self._parts.append(part)
            self._run = _grows_from(part)

    def _goes_on(self, text: str | None) -> bool:
        """Add a plain text to plain text, if there is some."""
        if not text or not self._run or not self._run[0] or self._parts[-1].model_fields_set != PLAIN_TEXT:
            return False
        self._run.append(text)
        return True

    def _settle(self) -> None:
        """Give the last part its whole text."""
        if len(self._run) > 1:
            self._parts[-1] = self._parts[-1].model_copy(update={"text": "".join(self._run)})
        self._run = []


def _grows_from(part: types.Part) -> list[str]:
    return [part.text or ""] if _is_bare_text(part) else []


def _is_text(part: types.Part) -> bool:
    """Whether a part is text, perhaps signed, and nothing else."""
    if part.model_fields_set == PLAIN_TEXT:  # as nearly all parts of a stream are
        return part.text is not None
    said = {name for name in part.model_fields_set if getattr(part, name) is not None}
    return "text" in said and said <= {"text", "thought", "thought_signature"} and not part.model_extra


def _is_bare_text(part: types.Part) -> bool:
    return _is_text(part) and part.thought_signature is None


def _call_json(part: types.Part) -> Json:
    """A call as its JSON, with whole numbers among the pieces as they stood there: the wire's type is a double."""
    written = part.model_dump(mode="json", by_alias=True, exclude_none=True)
    for piece in written["functionCall"].get("partialArgs") or ():
        number = piece.get("numberValue")
        if isinstance(number, float) and number.is_integer():
            piece["numberValue"] = int(number)
    return written


def _at(target: Any, step: int | str) -> Any:
    if isinstance(target, list):
        return target[step] if isinstance(step, int) and step < len(target) else None
    return target.get(step)


def _set(target: Any, step: int | str, value: Any) -> None:
    if isinstance(target, list) != isinstance(step, int) or (isinstance(step, int) and step > len(target) + _MAX_GAP):
        raise _misplaced(step, target)
    if isinstance(step, int):
        target.extend([None] * (step + 1 - len(target)))
    target[step] = value


def _misplaced(step: int | str, target: Any) -> UnknownApiResponseError:
    kind = f"a list of {len(target)}" if isinstance(target, list) else "an object"
    message = f"A piece of a function call belongs at {str(step)!r:.80} of {kind}, where nothing can be."
    return UnknownApiResponseError(200, {"error": {"message": message, "status": "UNREADABLE_RESPONSE"}})


def _inside(target: Any, step: int | str, empty: Any) -> Any:
    """The container at a step, made if it is not there yet."""
    if not isinstance(_at(target, step), list | dict):
        _set(target, step, empty)
    return _at(target, step)
