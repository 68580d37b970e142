"""A PostgreSQL of its own for these tests, from the wheel `pgserver`; and the emulator that the programs talk to."""

import tempfile
from collections.abc import Iterator

import pytest

from langchain_genai_chat.emulator import Emulator


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Where a PostgreSQL listens that ends with the tests."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setenv("XDG_RUNTIME_DIR", folder)  # without one pgserver's own dependency warns
        pgserver = pytest.importorskip("pgserver", reason="no PostgreSQL: the wheel pgserver is not installed")
        # not pytest's own folder: a socket's path must be short, and the server's user must get there
        server = pgserver.get_server(tempfile.mkdtemp(prefix="pg"), cleanup_mode="delete")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running
