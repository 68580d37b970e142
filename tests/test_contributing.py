"""CONTRIBUTING's examples of changes, made on a copy of the package."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import langchain_genai_chat

CHECKOUT = Path(__file__).parent.parent
CHANGE = re.compile(r"^```python\n# (\S+), (before|after): ([^\n]+)\n(.*?)^```", re.MULTILINE | re.DOTALL)

# What every claim begins with: both layers of the copy, on an emulator.
BEGIN = """
import asyncio, httpx, langchain_genai_chat
assert langchain_genai_chat.__file__.startswith(sys.path[0])
from langchain_core.exceptions import ModelRateLimitError
from langchain_genai_chat import ChatGenAI, genai
from langchain_genai_chat.emulator import Emulator, Fault
emulator = Emulator().start()
def make(name="gemini-3.5-flash", **settings):
    return ChatGenAI(model=name, base_url=emulator.base_url, api_key="any", **settings)
"""

CLAIMS = {
    "part": """
parts = [{"sensorReading": {"celsius": 21, "height": 3}, "thoughtSignature": "c2ln"}, {"text": "Mild."}]
content = {"role": "model", "parts": parts}
emulator.script({"candidates": [{"content": content, "finishReason": "STOP"}]})
model = make(output_version="v1")
reply = model.invoke("How warm is it?")
assert reply.content[0]["type"] == "sensor" and reply.content[0]["celsius"] == 21, reply.content
again = type(reply).model_validate_json(reply.model_dump_json())
sent = model.preview([("human", "How warm is it?"), again, ("human", "And now?")]).body
assert sent["contents"][1] == content, sent
""",
    "config": """
assert make(loudness=3).preview("Hi").body["generationConfig"] == {"loudness": 3}
assert make().bind(loudness=0).preview("Hi").body["generationConfig"] == {"loudness": 0}
with genai.Client(api_key="any") as client:
    chat = client.chats.create(model="gemini-3.5-flash", config={"loudness": 4})
    assert chat.preview("Hi").body["generationConfig"] == {"loudness": 4}
""",
    "family": """
def thinking(name):
    return make(name, reasoning_effort="low").preview("Hi").body["generationConfig"]["thinkingConfig"]
assert "thinkingBudget" in thinking("gemini-9-pro") and "thinkingLevel" in thinking("gemini-8-pro")
""",
    "status": """
emulator.script(Fault(code=418, body={"error": {"code": 418, "message": "I am a teapot."}}))
try:
    make(max_retries=0).invoke("Hi")
except ModelRateLimitError as error:
    assert error.code == 418
else:
    raise AssertionError("it passed")
""",
    "endpoint": """
def answer(request):
    assert request.url.path == "/v1beta/models/gemini-3.5-flash:translateText", request.url
    return httpx.Response(200, content=request.content)
asked = {"model": "gemini-3.5-flash", "text": "Hallo"}
over = httpx.MockTransport(answer)
client = genai.Client(api_key="any", http_client=httpx.Client(transport=over))
assert client.models.translate(**asked) == {"text": "Hallo"}
aclient = genai.Client(api_key="any", http_async_client=httpx.AsyncClient(transport=over)).aio
assert asyncio.run(aclient.models.translate(**asked)) == {"text": "Hallo"}
""",
}
"""What is to be seen after the changes, by what they are of."""


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the package in which all changes were made."""
    folder = tmp_path_factory.mktemp("changed")
    package = folder / "langchain_genai_chat"
    source = Path(langchain_genai_chat.__file__).parent
    shutil.copytree(source, package, ignore=shutil.ignore_patterns("__pycache__"))
    changes = CHANGE.findall((CHECKOUT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    assert len(changes) == 8
    for name, where, anchor, code in changes:
        lines = (package / name).read_text(encoding="utf-8").splitlines(keepends=True)
        (found,) = [number for number, line in enumerate(lines) if line.strip() == anchor]
        lines.insert(found + (where == "after"), code)
        (package / name).write_text("".join(lines), encoding="utf-8")
    return folder


@pytest.mark.parametrize("claim", CLAIMS)
def test_one_change_in_one_place_is_enough(claim: str, changed: Path) -> None:
    """The first change that somebody makes should not be a search for all the places that know of such things."""
    program = f"import sys; sys.path.insert(0, {str(changed)!r}){BEGIN}{CLAIMS[claim]}emulator.stop()\n"
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, cwd=changed, env=dict(os.environ), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
