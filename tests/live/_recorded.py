"""Recorded traffic as a third opinion: which recordings ask for the same, and what they show.

Knows the files of recordings; where GENAI_RECORDINGS names none there is no opinion.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from ._facts import GENERATES, REFUSED, Facts, Verdict, difference_of, facts_of, kinds_of, traits_of, verdict_of
from ._wire import Exchange

FILES = (
    *("gemini-generate", "gemini-stream", "vertex-generate", "vertex-stream"),
    *("count-tokens", "caches", "files", "other", "errors"),
)


class Recordings:
    """What was recorded, by what was asked for."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._answers: dict[Facts, list[Facts]] = defaultdict(list)
        self._refusals: list[Facts] = []
        for exchange in _read(folder) if folder else ():
            if exchange.status < REFUSED:
                self._answers[traits_of(exchange)].append(facts_of(exchange))
            else:
                self._refusals.append(facts_of(exchange))

    def compare(self, exchanges: Iterable[Exchange]) -> tuple[Verdict, str]:
        """How exchanges compare with recorded ones, the worst of all, and in words.

        An answer is compared with the answers to requests that ask for the same, a refusal with all refusals: why
        one was refused is not told by what it asks for.
        """
        if self.folder is None:
            return "none", "GENAI_RECORDINGS is not set"
        verdicts: list[Verdict] = []
        words: dict[str, dict[str, None]] = {}
        alone = 0
        for one in exchanges:
            facts, refused = facts_of(one), one.status >= REFUSED
            fits = self._refusals if refused else self._answers.get(traits_of(one), [])
            alone += bool(facts and not fits)
            if facts and fits:
                nearest = min(fits, key=partial(_distance, facts))
                verdicts.append(verdict_of(facts, nearest))
                same = sum(shown == nearest for shown in fits)
                what = " refusals" if refused else "" if one.method in GENERATES else f" {one.method}"
                counted = words.setdefault(difference_of(facts, "here", nearest, "there"), {})
                counted[f"{same} of {len(fits)}{what}"] = None
        if not verdicts:
            return "none", "none fits"
        worst = max(verdicts, key=("agrees", "tokens differ", "disagrees").index)
        told = [
            ", ".join(counted) + (f" ({difference})" if difference else "") for difference, counted in words.items()
        ]
        if alone:
            told.append(f"none for {alone} of the requests")
        return worst, f"{worst}; {'; '.join(told)}"


def _distance(facts: Facts, other: Facts) -> tuple[int, int, list[str]]:
    """How unlike two sets of facts are, those about tokens weighing least."""
    return len(kinds_of(facts) ^ kinds_of(other)), len(facts ^ other), sorted(other)


def _read(folder: Path) -> Iterator[Exchange]:
    for path in (folder / f"{name}.jsonl" for name in FILES):
        if not path.exists():
            continue
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                one = json.loads(line)
                if one["url"] is not None and one["method"] != "files.upload":
                    yield Exchange(
                        http_method=one["http_method"],
                        url=one["url"],
                        request=one["request"] if isinstance(one["request"], dict) else {},
                        status=one["status"],
                        text=one["response_text"],
                    )
