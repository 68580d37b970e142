"""The table in the terminal: one row a probe, printed when it was tried, and what came of all of them.

Knows words and widths; what it prints it has been told, and keys are taken out of that.
"""

import shutil
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import zip_longest

from ._facts import Verdict, difference_of, verdict_of, words_of
from ._probe import Outcome

COLUMNS = ("probe", "service", "emulator", "recorded traffic")
SHARES = (0.17, 0.37, 0.25, 0.21)
LEAST, MOST, PIPED = 100, 200, 160


class Report:
    """Prints rows, and counts what came of them; `secrets` are printed nowhere."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = [secret for secret in secrets if secret]
        width = min(max(shutil.get_terminal_size((PIPED, 0)).columns, LEAST), MOST) - 3 * (len(COLUMNS) - 1)
        self._widths = [int(share * width) for share in SHARES]
        self.counts: Counter[tuple[str, str]] = Counter()

    def say(self, text: str) -> None:
        """Print a line, at once."""
        print(self._without_secrets(text), flush=True)

    def head(self) -> None:
        """Print the head of the table."""
        self._cells(COLUMNS)
        self.say("-+-".join("-" * width for width in self._widths))

    def row(self, name: str, service: Outcome, emulator: Outcome, recorded: tuple[Verdict, str]) -> None:
        """Print what a probe showed, and whether the three agree."""
        verdict, words = _compared(service, emulator)
        self.counts.update([("service", service.status), ("emulator", verdict), ("recorded", recorded[0])])
        shown = "; ".join(filter(None, [_ended(service), words_of(service.facts)]))
        self._cells((name, shown, words, recorded[1]))

    def skip(self, name: str, reason: str, rows: int = 1) -> None:
        """Print why a probe, or several, were not tried."""
        self.counts["service", "skipped"] += rows
        self._cells((name, f"skipped ({reason})", "", ""))

    def sum_up(self) -> None:
        """Print how many rows went how."""
        for who in ("service", "emulator", "recorded"):
            told = [f"{count} {what}" for (whose, what), count in sorted(self.counts.items()) if whose == who]
            self.say(f"{who + ':':10}{', '.join(told) or 'nothing'}")

    def _without_secrets(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text

    def _cells(self, cells: Sequence[str]) -> None:
        told = map(self._without_secrets, cells)  # before a line's end can part one
        wrapped = [textwrap.wrap(cell, width) for cell, width in zip(told, self._widths, strict=True)]
        for line in zip_longest(*wrapped, fillvalue=""):
            self.say(" | ".join(text.ljust(width) for text, width in zip(line, self._widths, strict=True)).rstrip())


def _compared(service: Outcome, emulator: Outcome) -> tuple[str, str]:
    """How the emulator compares with the service, in a word to be counted and in full."""
    difference = difference_of(service.facts, "the service", emulator.facts, "the emulator")
    if service.status == emulator.status:
        verdict: str = verdict_of(service.facts, emulator.facts)
        return verdict, "; ".join(filter(None, [verdict, difference]))
    verdict = "cannot" if emulator.status == "cannot" else "disagrees"
    ended = _ended(emulator) if verdict == "cannot" else f"disagrees; {_ended(emulator)}"
    return verdict, "; ".join(filter(None, [ended, difference]))


def _ended(outcome: Outcome) -> str:
    status = "FAILED" if outcome.status == "failed" else outcome.status
    return f"{status} ({outcome.problem})" if outcome.problem else status
