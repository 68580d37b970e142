"""The recorded replies, read once for all tests of this folder."""

import pytest

from ._recorded import FILES, Reply, reply_of


@pytest.fixture(scope="session")
def replies(recordings) -> list[Reply]:
    """Every recorded reply with status 200 that is JSON and has a candidate."""
    exchanges = (exchange for name in FILES for exchange in recordings(name))
    return [reply for exchange in exchanges if (reply := reply_of(exchange))]
