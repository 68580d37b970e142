"""A strict local Gemini over real HTTP, for tests, demos and notebooks; it is not Google's model.

Knows Google's published messages and recorded refusals; of the client beside it, nothing.
"""

from .app import Answer, Answerer, Cut, Received
from .refusals import Fault
from .server import Emulator

__all__ = ["Answer", "Answerer", "Cut", "Emulator", "Fault", "Received"]
