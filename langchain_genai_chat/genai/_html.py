"""A conversation as HTML for a notebook: contents in, text out, everything in it escaped.

Loads nothing: pictures that came inside the conversation are shown, files are named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape
from typing import Any

from pydantic_core import to_json

from . import types
from .types._bytes import encode_base64

_SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_MAX_SHOWN_BYTES = 8 * 1024 * 1024
_BOX = "border-left: 3px solid {color}; margin: 0.4em 0; padding: 0.1em 0.8em"
_COLORS = {"user": "#4285f4", "model": "#34a853"}
_TEXT = "white-space: pre-wrap; overflow-wrap: anywhere"


def render_html(title: str, contents: Iterable[types.Content]) -> str:
    """A conversation with its turns one below the other; formulas are left as they were written."""
    turns = "".join(_content(content) for content in contents)
    return f'<div class="tex2jax_ignore mathjax_ignore"><strong>{escape(title)}</strong>{turns}</div>'


def _content(content: types.Content) -> str:
    role = content.role or "no role"
    style = _BOX.format(color=_COLORS.get(role, "#9aa0a6"))
    parts = "".join(_part(part) for part in content.parts or ()) or "<em>nothing</em>"
    return f'<div style="{style}"><small>{escape(role)}</small>{parts}</div>'


def _part(part: types.Part) -> str:
    if part.thought:
        return f"<details><summary>thoughts</summary>{_block(part.text or _json(part))}</details>"
    for field, draw in _DRAWN:
        value = getattr(part, field)
        if value is not None:
            return draw(value)
    return _block(_json(part))


def _block(text: str) -> str:
    return f'<div style="{_TEXT}">{escape(text)}</div>'


def _labelled(label: str, text: str) -> str:
    return f'<details open><summary>{escape(label)}</summary><pre style="{_TEXT}">{escape(text)}</pre></details>'


def _blob(blob: types.Blob) -> str:
    kind, data = blob.mime_type or "", blob.data or b""
    if kind in _SHOWN and len(data) <= _MAX_SHOWN_BYTES:
        return f'<img style="max-width: 30em" alt="{kind}" src="data:{kind};base64,{encode_base64(data)}">'
    return _block(f"[{kind or 'data'}, {len(data):,} bytes]")


def _json(value: Any) -> str:
    return to_json(value, by_alias=True, exclude_none=True, indent=2, inf_nan_mode="strings", fallback=str).decode()


_DRAWN: tuple[tuple[str, Callable[[Any], str]], ...] = (
    ("text", _block),
    ("inline_data", _blob),
    ("file_data", lambda file: _block(f"[{file.mime_type or 'file'}: {file.file_uri}]")),
    ("function_call", lambda call: _labelled(f"call of {call.name}", _json(call.args or {}))),
    ("function_response", lambda given: _labelled(f"result of {given.name}", _json(given.response))),
    ("executable_code", lambda code: _labelled(f"code ({code.language or 'unknown'})", code.code or "")),
    ("code_execution_result", lambda ran: _labelled(f"ran: {ran.outcome}", ran.output or "")),
    ("tool_call", lambda call: _labelled(f"call of the service's {call.tool_type}", _json(call.args or {}))),
    ("tool_response", lambda given: _labelled(f"result of the service's {given.tool_type}", _json(given.response))),
)
