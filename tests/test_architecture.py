"""The rules of architecture, as a table and a walk over the source that the build runs.

Reads source text only; what needs a running interpreter is asked of a new one.
"""

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TypeAlias

import pytest

import langchain_genai_chat

ROOT = "langchain_genai_chat"
FOLDER = Path(langchain_genai_chat.__file__).parent

# A file imports only from floors below its own. The name of a package in SHARED stands for all its files;
# every other file, a package's __init__ too, stands here by its own name ("" is the package itself).
FLOORS: dict[float, set[str]] = {
    12: {"demo"},  # uses the package as its readers would
    11: {"", "emulator"},
    10: {"_registration", "chat_models", "chat_history"},
    9.5: {"_asking_model", "_content_messages"},
    9: {"_bound", "_held_model", "_messages", "_structured", "_turns"},
    8.5: {"_user_parts"},
    8: {"_model_turns", "_replies", "_config"},
    7.5: {"_plain_chunks", "_shapes", "_tool_results"},
    7: {"_blocks", "_message_streams", "_metadata", "_profiles", "_settings", "_tools"},
    6.5: {"_caching"},
    6: {"_media", "_families", "errors", "_tool_forms"},
    5.9: {"_base64", "_media_options", "_schemas"},  # what _media stands on
    # the wall: langchain_core above it; httpx, pydantic and genai's own below it
    5.5: {"genai"},  # hands on what stands below
    5: {"genai.client"},
    4: {"genai.chats"},
    3: {"genai.models", "genai.files", "genai.caches", "genai._conversation"},
    2: {
        "genai.transport",
        "genai._rounds",
        "genai._api",
        "genai._auth",
        "genai._body",
        "genai._download",
        "genai._mcp",
        "genai._pagers",
        "genai._upload",
    },
    1.5: {"genai._problems"},
    1: {
        "genai._answers",
        "genai._backends",
        "genai._clients",
        "genai._contents",
        "genai._credentials",
        "genai._endpoints",
        "genai._exchange",
        "genai._floors",
        "genai._fold",
        "genai._functions",
        "genai._html",
        "genai._output",
    },
    0.8: {"genai._outcomes"},
    0.7: {"genai._open_answers", "genai._secrets"},
    0.5: {"genai._network", "genai._pools"},
    0: {
        "genai.types",
        "genai.errors",
        "genai._sse",
        "genai._wire",
        "_version",
        "_warned",
        "cassettes",
        "data",
        "data.profiles",
    },
    -1: {"genai._calls"},
}
WALL = 5.75

# Packages whose files share a floor and may import each other, without cycles.
SHARED = ("genai.types", "emulator")

# What files above the wall may import from below it: values and pure functions, ...
THROUGH_THE_WALL = {"genai.types", "genai.errors", "genai._wire", "genai._fold"}
# ... and the doors: who else may import what.
DOORS = {
    "": {"genai"},
    "_held_model": {"genai", "genai.client"},
    "chat_history": {"genai", "genai.chats", "genai._conversation"},
}

# Imports that may stand in a function: (file or None for any, what is imported, why).
LATE_IMPORTS: tuple[tuple[str | None, str, str], ...] = (
    (None, "google.auth", "an extra: only Vertex without a key needs it"),
    (None, "google.oauth2", "as google.auth"),
    ("_registration", "langchain", "only its users register with it, and langchain-core is all that is needed"),
    *(
        ("genai.client", f"{ROOT}.genai.{name}", "a chat model of LangChain's needs the models alone")
        for name in ("chats", "files", "caches")
    ),
    (None, "PIL", "an extra: only images given as PIL objects need it"),
    (
        "emulator.pytest_plugin",
        f"{ROOT}.emulator",
        "pytest loads plugins in every run, with the extra or without",
    ),
)

HAVE_HTTPX = (
    "genai.transport",
    "genai._clients",
    "genai._network",
    "genai._open_answers",
    "genai._pools",
    "genai._problems",
)
"""The first sends with the clients that the second makes, over the sockets and pools of the others; the last knows what
goes wrong in it."""

EMULATOR_LINES = 1500
"""How many lines it may have that are not empty."""

Tree: TypeAlias = Mapping[str, str]
"""Source text by path within the package."""


@dataclass(frozen=True)
class Import:
    """One imported name: a module, or for other packages perhaps a name in one."""

    target: str
    line: int
    typing_only: bool
    late: bool

    def is_from(self, package: str) -> bool:
        return self.target == package or self.target.startswith(f"{package}.")


def module_of(path: str) -> str:
    return path.removesuffix(".py").removesuffix("__init__").rstrip("/").replace("/", ".")


def shared_home(module: str) -> str | None:
    return next((home for home in SHARED if module == home or module.startswith(f"{home}.")), None)


def floor_of(module: str) -> float | None:
    """The floor that is the module's own, or of the shared package that it is in."""
    homes = (module, shared_home(module))
    return next((floor for home in homes for floor, names in FLOORS.items() if home in names), None)


def is_emulator(module: str) -> bool:
    return shared_home(module) == "emulator"


class ImportReader(ast.NodeVisitor):
    """Collects the imports of one file of the tree."""

    def __init__(self, path: str, tree: Tree) -> None:
        self.found: list[Import] = []
        self._package = (ROOT, *Path(path).parent.parts)
        self._modules = {f"{ROOT}.{module_of(each)}" for each in tree}
        self._typing_only = False
        self._late = False
        self.visit(ast.parse(tree[path]))

    def _add(self, target: str, line: int) -> None:
        self.found.append(Import(target, line, self._typing_only, self._late))

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._add(alias.name, node.lineno)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        above = self._package[: len(self._package) + 1 - node.level] if node.level else ()
        source = ".".join(filter(None, (*above, node.module)))
        for alias in node.names:
            name = f"{source}.{alias.name}"
            # What is taken from a file of ours belongs to that file; in other packages it may be a module.
            ours = source == ROOT or source.startswith(f"{ROOT}.")
            self._add(source if ours and name not in self._modules else name, node.lineno)

    def visit_If(self, node: ast.If) -> None:
        before = self._typing_only
        self._typing_only = before or ast.unparse(node.test).endswith("TYPE_CHECKING")
        for child in node.body:
            self.visit(child)
        self._typing_only = before
        for child in node.orelse:
            self.visit(child)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        before = self._late
        self._late = True
        self.generic_visit(node)
        self._late = before

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)


def all_imports(tree: Tree) -> Iterator[tuple[str, Import]]:
    for path in tree:
        for each in ImportReader(path, tree).found:
            yield path, each


def own_imports(tree: Tree) -> Iterator[tuple[str, Import, str]]:
    """The imports of this package's own files, with the imported file's name as in FLOORS."""
    for path, each in all_imports(tree):
        if each.is_from(ROOT):
            yield path, each, each.target.removeprefix(ROOT).removeprefix(".")


def check_every_file_has_a_floor(tree: Tree) -> Iterator[str]:
    for path in tree:
        if floor_of(module_of(path)) is None:
            yield f"{path}: has no floor; give it one in FLOORS"


def check_imports_go_down(tree: Tree) -> Iterator[str]:
    for path, each, target in own_imports(tree):
        module = module_of(path)
        floor, other = floor_of(module), floor_of(target)
        if floor is None or other is None:
            continue  # the check above asks for it
        neighbours = floor == other and shared_home(module) == shared_home(target) is not None
        if other >= floor and not neighbours:
            yield f"{path}:{each.line}: on floor {floor:g} imports {target or ROOT!r} of floor {other:g}"


def check_shared_floors_have_no_cycles(tree: Tree) -> Iterator[str]:
    for home in SHARED:
        graph: dict[str, set[str]] = {}
        for path, _, target in own_imports(tree):
            if shared_home(module_of(path)) == shared_home(target) == home:
                graph.setdefault(module_of(path), set()).add(target)
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            yield f"{home}: imports go round in a circle: {' -> '.join(error.args[1])}"


def check_the_wall_has_few_doors(tree: Tree) -> Iterator[str]:
    for path, each, target in own_imports(tree):
        module = module_of(path)
        floor = floor_of(module)
        if floor is None or floor < WALL or not (target == "genai" or target.startswith("genai.")):
            continue
        allowed = THROUGH_THE_WALL | DOORS.get(module, set())
        if (shared_home(target) or target) not in allowed:
            names = ", ".join(sorted(allowed))
            yield f"{path}:{each.line}: is above the wall and imports {target!r}; allowed: {names}"


def check_below_the_wall_is_no_langchain(tree: Tree) -> Iterator[str]:
    for path, each in all_imports(tree):
        module = module_of(path)
        below = (floor_of(module) or 0) < WALL
        if (below or is_emulator(module)) and each.is_from("langchain_core"):
            yield f"{path}:{each.line}: knows nothing of LangChain, but imports {each.target!r}"


def check_the_emulator_shares_only_types(tree: Tree) -> Iterator[str]:
    for path, each, target in own_imports(tree):
        if is_emulator(module_of(path)) and shared_home(target) is None:
            yield f"{path}:{each.line}: imports {target or ROOT!r}; genai.types is all it may share"


def check_few_have_httpx(tree: Tree) -> Iterator[str]:
    for path, each in all_imports(tree):
        if each.is_from("httpx") and not each.typing_only and module_of(path) not in HAVE_HTTPX:
            yield f"{path}:{each.line}: imports httpx, which at run time only {' and '.join(HAVE_HTTPX)} do"


def check_nothing_compared_with_is_used(tree: Tree) -> Iterator[str]:
    for path, each in all_imports(tree):
        if each.is_from("google.genai") or each.is_from("langchain_google_genai"):
            yield f"{path}:{each.line}: imports {each.target!r}, which is there to compare with"


def check_imports_stand_at_the_top(tree: Tree) -> Iterator[str]:
    for path, each in all_imports(tree):
        if not each.late or path.endswith("__init__.py"):
            continue  # packages load what they export on first use
        module = module_of(path)
        if not any(each.is_from(target) for file, target, _ in LATE_IMPORTS if file in {None, module}):
            yield f"{path}:{each.line}: imports {each.target!r} in a function: is it on the right floor?"


def check_errors_are_caught_by_name(tree: Tree) -> Iterator[str]:
    for path, text in tree.items():
        if module_of(path) == "genai._functions":
            continue  # a user's tool may raise anything
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ExceptHandler):
                names = {ast.unparse(each) for each in ast.walk(node.type)} if node.type else {"everything"}
                for name in names & {"everything", "Exception", "BaseException"}:
                    yield f"{path}:{node.lineno}: catches {name}; catch what you can name"


def check_models_are_named_in_one_place(tree: Tree) -> Iterator[str]:
    for path, text in tree.items():
        if module_of(path) in {"_families", "data.profiles", "demo"} or is_emulator(module_of(path)):
            continue
        nodes = list(ast.walk(ast.parse(text)))
        # A string that is a statement is a docstring, of a module, class, function or attribute.
        docstrings = {node.value for node in nodes if isinstance(node, ast.Expr)}
        for node in nodes:
            match node:
                case ast.Constant(value=str(value)) if "gemini-" in value and node not in docstrings:
                    yield f"{path}:{node.lineno}: {value!r}: facts about model names live in _families.py"


def check_the_emulator_is_small(tree: Tree) -> Iterator[str]:
    texts = [text for path, text in tree.items() if is_emulator(module_of(path))]
    lines = sum(bool(line.strip()) for text in texts for line in text.splitlines())
    if lines > EMULATOR_LINES:
        yield f"the emulator has {lines} lines; a test server that grows is a second product: {EMULATOR_LINES}"


Check: TypeAlias = Callable[[Tree], Iterator[str]]

CHECKS: tuple[Check, ...] = (
    check_every_file_has_a_floor,
    check_imports_go_down,
    check_shared_floors_have_no_cycles,
    check_the_wall_has_few_doors,
    check_below_the_wall_is_no_langchain,
    check_the_emulator_shares_only_types,
    check_few_have_httpx,
    check_nothing_compared_with_is_used,
    check_imports_stand_at_the_top,
    check_errors_are_caught_by_name,
    check_models_are_named_in_one_place,
    check_the_emulator_is_small,
)


@pytest.fixture(scope="module")
def package() -> Tree:
    files = sorted(FOLDER.rglob("*.py"))
    return {path.relative_to(FOLDER).as_posix(): path.read_text(encoding="utf-8") for path in files}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_package_keeps_the_rule(check: Check, package: Tree) -> None:
    """A file on the wrong floor, or a rule that is broken once, is how the design would wear away."""
    assert list(check(package)) == []


TYPES = {"genai/types/__init__.py": "", "genai/types/content.py": "", "genai/types/_base.py": ""}
CIRCLE = {"genai/types/content.py": "from ._base import A", "genai/types/_base.py": "from . import content"}


@pytest.mark.parametrize(
    ("check", "path", "text", "problem"),
    [
        (check_every_file_has_a_floor, "utils.py", "", "utils.py: has no floor"),
        (check_every_file_has_a_floor, "genai/utils.py", "", "genai/utils.py: has no floor"),
        (check_imports_go_down, "genai/_sse.py", "from .transport import run", ":1: on floor 0"),
        (check_imports_go_down, "_blocks.py", "from ._tools import encode_tool", "of floor 7"),
        (check_imports_go_down, "_media.py", f"from {ROOT} import __version__", "of floor 11"),
        (check_imports_go_down, "genai/errors.py", "from .types import Content", "of floor 0"),
        (check_imports_go_down, "genai/client.py", "from . import Client", "of floor 5.5"),
        (check_imports_go_down, "_tools.py", f"def f():\n    import {ROOT}.chat_models", ":2: on floor 7"),
        (
            check_shared_floors_have_no_cycles,
            "genai/types/__init__.py",
            "from .content import A",
            "in a circle",
        ),
        (
            check_shared_floors_have_no_cycles,
            "emulator/app.py",
            "from .app import App",
            "emulator: imports go",
        ),
        (check_the_wall_has_few_doors, "_messages.py", "from .genai._contents import t", "is above the wall"),
        (check_the_wall_has_few_doors, "_replies.py", "from .genai import Client", "imports 'genai';"),
        (check_the_wall_has_few_doors, "chat_history.py", "from .genai.client import A", "'genai.client'"),
        (
            check_the_emulator_shares_only_types,
            "emulator/app.py",
            "from ..genai.errors import A",
            "'genai.errors'",
        ),
        (check_the_emulator_shares_only_types, "emulator/app.py", "from .._families import A", "'_families'"),
        (
            check_below_the_wall_is_no_langchain,
            "genai/chats.py",
            "import langchain_core.messages",
            "nothing of",
        ),
        (
            check_below_the_wall_is_no_langchain,
            "emulator/app.py",
            "from langchain_core import load",
            "nothing of",
        ),
        (check_few_have_httpx, "chat_models.py", "import httpx", "imports httpx"),
        (
            check_few_have_httpx,
            "genai/errors.py",
            "from httpx import HTTPError",
            "imports httpx",
        ),
        (check_nothing_compared_with_is_used, "_tools.py", "from google import genai", "'google.genai'"),
        (
            check_imports_stand_at_the_top,
            "_media.py",
            "async def f():\n    import json",
            "'json' in a function",
        ),
        (
            check_errors_are_caught_by_name,
            "_tools.py",
            "try: ...\nexcept Exception: ...",
            "catches Exception",
        ),
        (check_errors_are_caught_by_name, "_tools.py", "try: ...\nexcept: ...", "catches everything"),
        (check_errors_are_caught_by_name, "_tools.py", "try: ...\nexcept (A, Exception): ...", "Exception"),
        (
            check_models_are_named_in_one_place,
            "_config.py",
            "old = f'gemini-{n}' in name",
            "_config.py:1: 'gem",
        ),
        (check_the_emulator_is_small, "emulator/app.py", "a = 1\n\n" * 1501, "1501 lines"),
    ],
)
def test_the_rule_can_fail(check: Check, path: str, text: str, problem: str) -> None:
    """A check that cannot fail keeps nothing."""
    assert any(problem in found for found in check(CIRCLE | {path: text}))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("_blocks.py", "from langchain_core.messages import AIMessage\nfrom .genai import types"),
        ("genai/errors.py", "if TYPE_CHECKING:\n    import httpx"),
        ("genai/_auth.py", "def f():\n    import google.auth.transport.requests"),
        ("genai/types/content.py", '"""Say gemini-2.5-flash."""\nfrom ._base import Model'),
        ("genai/_functions.py", "try: ...\nexcept Exception: ..."),
        ("__init__.py", "def __getattr__(name):\n    from .chat_models import ChatGenAI"),
        ("_held_model.py", "from .genai import Client"),
        ("emulator/app.py", "from ..genai.types import Content\nfrom .store import Store"),
    ],
)
def test_what_is_allowed_passes(path: str, text: str) -> None:
    """Rules that refuse good code would be worked around."""
    assert [problem for check in CHECKS for problem in check(TYPES | {path: text})] == []


IMPORT_ALL = """
import sys
import importlib

import pydantic

class First(pydantic.BaseModel):
    "Pydantic looks for its plugins on disk when the first model is made, whoever makes it."

FOLDER, *modules = sys.argv[1:]
DISK = {"open", "os.listdir", "os.scandir", "subprocess.Popen"}
NETWORK = {"socket.bind", "socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}

def is_ours(frame):
    "Whether our code stands on the stack nearer than an import, which reads files by nature."
    while frame is not None and frame.f_code.co_filename != "<frozen importlib._bootstrap>":
        if frame.f_code.co_filename.startswith(FOLDER):
            return True
        frame = frame.f_back
    return False

def watch(event, args):
    # Source is read for docstrings of attributes.
    work = event in NETWORK or (event in DISK and not str(args[0]).endswith((".py", ".pyc")))
    if work and is_ours(sys._getframe(1)):
        print(event, args[0] if event in DISK else args[1:])

sys.addaudithook(watch)
for module in modules:
    importlib.import_module(module)
"""


def run_python(program: str, *arguments: str) -> str:
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def test_importing_does_no_work(package: Tree) -> None:
    """Whoever imports a library has not asked it for anything yet, and imports are on every program's way."""
    modules = (f"{ROOT}.{module_of(path)}".rstrip(".") for path in package)
    assert run_python(IMPORT_ALL, str(FOLDER), *modules) == ""


@pytest.mark.parametrize(
    "work",
    [
        "open('notes.txt').read()",
        "import socket; socket.socket(type=socket.SOCK_DGRAM).connect(('127.0.0.1', 9))",
    ],
)
def test_work_at_import_is_noticed(work: str, tmp_path: Path) -> None:
    """A watch that sees nothing would let everything pass."""
    (tmp_path / "notes.txt").write_text("", encoding="utf-8")
    (tmp_path / "eager.py").write_text(f"import os; os.chdir(os.path.dirname(__file__)); {work}", encoding="utf-8")
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{IMPORT_ALL}"
    assert run_python(program, str(tmp_path), "eager") != ""


def test_genai_does_not_load_langchain() -> None:
    """The client knows nothing of LangChain, and should not cost its import."""
    program = f"import sys, {ROOT}.genai; print(*(name for name in sys.modules if 'langchain_core' in name))"
    assert run_python(program).split() == []
