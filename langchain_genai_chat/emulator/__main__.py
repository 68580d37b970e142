"""The emulator as a program: `python -m langchain_genai_chat.emulator --port 8080`.

Knows the command line; everything else is the server's.
"""

import argparse
import logging
from contextlib import suppress

from . import Emulator


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m langchain_genai_chat.emulator", description="A local Gemini.")
    parser.add_argument("--host", default="127.0.0.1", help="where to listen; default: %(default)s")
    parser.add_argument("--port", type=int, default=8080, help="0 for a free one; default: %(default)s")
    parser.add_argument("--api-key", help="the only key that is right; default: any")
    given = parser.parse_args()
    logging.basicConfig(format="%(message)s")
    logging.getLogger(__package__).setLevel(logging.DEBUG)
    with suppress(KeyboardInterrupt), Emulator(host=given.host, port=given.port, api_key=given.api_key) as emulator:
        print("A local emulator of the Gemini API, not Google's model: a few plain rules answer.")
        print(f"Base URL: {emulator.base_url}")
        print(f"export GOOGLE_GEMINI_BASE_URL={emulator.base_url} GOOGLE_API_KEY=any leads clients here.", flush=True)
        emulator.wait()
    print("Stopped.")


if __name__ == "__main__":
    main()
