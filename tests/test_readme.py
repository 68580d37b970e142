"""README's snippets, run from top to bottom as its reader would."""

import re
from pathlib import Path
from typing import Any

import pytest

from langchain_genai_chat.emulator import Emulator

README = Path(__file__).parent.parent / "README.md"


def test_every_snippet_of_the_readme_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is shown is what is typed first; one that fails is the last thing that its reader tries."""
    snippets = re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(snippets) >= 12
    with Emulator() as emulator:
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", emulator.base_url)
        monkeypatch.setenv("GOOGLE_API_KEY", "any")
        names: dict[str, Any] = {"__name__": "__main__"}
        for snippet in snippets:
            exec(compile(snippet, str(README), "exec"), names)  # noqa: S102 - the README's own text
        names["model"].close()
        names["client"].close()
        emulator.reset()
        names["test_my_agent"](emulator)
