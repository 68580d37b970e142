"""What a probe is: a claim, a function that tries it on a target, and what came of that.

Knows targets; knows no probe and no table.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from ._facts import Facts, facts_of
from ._target import Target
from ._wire import Exchange

Shown: TypeAlias = Mapping[str, object] | None
"""What a probe saw beside what the wire shows, by name."""
Run: TypeAlias = Callable[[Target], Shown]


@dataclass(frozen=True, kw_only=True)
class Probe:
    """One row: its function's docstring says what has to hold, and its assertions see to it."""

    name: str
    run: Run
    on_vertex: bool = False
    """It is tried on Vertex AI too."""
    emulator_lacks: str = ""
    """Why the emulator, which is a test server, cannot show it."""
    asked_by: str = ""
    """The option without which it is left out."""

    @property
    def claim(self) -> str:
        """What has to hold."""
        return (self.run.__doc__ or "").strip()


class Probes:
    """The probes of one module, in the order in which they stand there."""

    def __init__(self) -> None:
        self._probes: list[Probe] = []

    def __iter__(self) -> Iterator[Probe]:
        return iter(self._probes)

    def add(self, name: str, **facts: Any) -> Callable[[Run], Run]:
        """Make a function a probe; `facts` are fields of `Probe`."""

        def added(run: Run) -> Run:
            self._probes.append(Probe(name=name, run=run, **facts))
            return run

        return added


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a probe on one target."""

    status: Literal["held", "failed", "cannot"]
    problem: str = ""
    exchanges: list[Exchange] = field(default_factory=list)
    shown: Mapping[str, object] = field(default_factory=dict)

    @property
    def facts(self) -> Facts:
        """All that its exchanges show, and what the probe saw besides."""
        seen = [f"{name}: {value}" for name, value in self.shown.items()]
        return frozenset().union(seen, *(facts_of(one) for one in self.exchanges))

    @property
    def tokens(self) -> int:
        """What it took."""
        return sum(one.tokens for one in self.exchanges)


def try_on(target: Target, probe: Probe) -> Outcome:
    """Run a probe, then delete what it created, however it ended."""
    start = len(target.wire)
    status: Literal["held", "failed", "cannot"] = "held"
    problem, shown = "", {}
    try:
        shown = dict(probe.run(target) or {})
    except Exception as error:  # noqa: BLE001 - whatever one probe meets, the others are tried all the same
        status, problem = "failed", _words(error)
    finally:
        exchanges = target.wire.since(start)
        target.clean(start)
    if status == "failed" and probe.emulator_lacks and target.is_emulator:
        status, problem = "cannot", probe.emulator_lacks
    return Outcome(status=status, problem=problem, exchanges=exchanges, shown=shown)


def _words(error: Exception) -> str:
    """A claim that did not hold, in its own words; any other error with its name."""
    first = (str(error).strip() or "nothing").splitlines()[0][:300]
    return f"not so: {first}" if isinstance(error, AssertionError) else f"{type(error).__name__}: {first}"
