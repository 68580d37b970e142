"""The parts of a stream's events put together, pure.

Knows which pieces belong to one part; works on the wire's JSON and keeps what it does not know.
"""

import re
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\[(?:'([^']*)'|\"([^\"]*)\")\]")
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

    def flush(self) -> Json | None:
        """Give the call that is still open when the stream ends, if there is one."""
        whole, self._open = self._open, None
        self._unfinished.clear()
        return whole

    def _put(self, args: Json, piece: Json) -> None:
        path = piece.get("jsonPath", "")
        steps = [
            int(index) if index else name or single or double for name, index, single, double in _STEP.findall(path)
        ]
        if not steps:
            return
        target: Any = args
        for step, following in zip(steps, steps[1:], strict=False):
            target = _inside(target, step, [] if isinstance(following, int) else {})
        value = next((piece[name] for name in _VALUES if name in piece), None)
        last = steps[-1]
        if path in self._unfinished and isinstance(value, str):
            value = _at(target, last) + value
        _set(target, last, value)
        if piece.get("willContinue"):
            self._unfinished.add(path)
        else:
            self._unfinished.discard(path)


def _at(target: Any, step: int | str) -> Any:
    if isinstance(target, list):
        return target[step] if isinstance(step, int) and step < len(target) else None
    return target.get(step)


def _set(target: Any, step: int | str, value: Any) -> None:
    if isinstance(target, list) and isinstance(step, int):
        target.extend([None] * (step + 1 - len(target)))
    target[step] = value


def _inside(target: Any, step: int | str, empty: Any) -> Any:
    """The container at a step, made if it is not there yet."""
    if not isinstance(_at(target, step), list | dict):
        _set(target, step, empty)
    return _at(target, step)
