"""The emulator as a program: `python -m langchain_genai_chat.emulator --port 8080`.

Knows the command line; everything else is the server's.
"""

import argparse
import logging
from contextlib import suppress

from . import Emulator


def main() -> None:
    """Serve until interrupted; where it cannot listen, one line says so, and the exit code is 1."""
    parser = argparse.ArgumentParser(prog="python -m langchain_genai_chat.emulator", description="A local Gemini.")
    parser.add_argument("--host", default="127.0.0.1", help="where to listen; default: %(default)s")
    parser.add_argument("--port", type=int, default=8080, help="0 for a free one; default: %(default)s")
    parser.add_argument("--api-key", help="the only key that is right; default: any")
    given = parser.parse_args()
    logging.basicConfig(format="%(message)s")
    logging.getLogger(__package__).setLevel(logging.DEBUG)
    emulator = Emulator(host=given.host, port=given.port, api_key=given.api_key)
    try:
        emulator.start()
    except (OSError, OverflowError) as problem:  # the second is of a port that no port is
        parser.exit(1, f"{parser.prog}: cannot listen on {given.host}:{given.port}: {problem}\n")
    with suppress(KeyboardInterrupt):
        print("A local emulator of the Gemini API, not Google's model: a few plain rules answer.")
        print(f"Base URL: {emulator.base_url}")
        print(f"export GOOGLE_GEMINI_BASE_URL={emulator.base_url} GOOGLE_API_KEY=any leads clients here.", flush=True)
        emulator.wait()
    emulator.stop()
    print("Stopped.")


if __name__ == "__main__":
    main()
