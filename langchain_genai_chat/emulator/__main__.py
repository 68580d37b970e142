"""The emulator as a program: `python -m langchain_genai_chat.emulator --port 8080`.

Knows the command line; everything else is the server's.
"""

import argparse
import logging

from . import Emulator


def main() -> None:
    """Serve until interrupted; where it cannot, a line says why, with exit code 1."""
    parser = argparse.ArgumentParser(prog="python -m langchain_genai_chat.emulator", description="A local Gemini.")
    parser.add_argument("--host", default="127.0.0.1", help="where to listen; default: %(default)s")
    parser.add_argument("--port", type=int, default=8080, help="0 for a free one; default: %(default)s")
    parser.add_argument("--api-key", help="the only key that is right; default: any")
    logging.basicConfig(format="%(message)s")
    logging.getLogger(__package__).setLevel(logging.DEBUG)
    try:
        with Emulator(**vars(parser.parse_args())) as emulator:
            at = emulator.base_url
            print(f"A local emulator of the Gemini API, not Google's model: a few plain rules answer.\nBase URL: {at}")
            print(f"export GOOGLE_GEMINI_BASE_URL={at} GOOGLE_API_KEY=any leads clients here.", flush=True)
            emulator.wait()
    except KeyboardInterrupt:
        print("Stopped.")
    except (OSError, OverflowError) as problem:  # the second is of a port that no port is
        parser.exit(1, f"{parser.prog}: cannot serve: {problem}\n")


if __name__ == "__main__":
    main()
