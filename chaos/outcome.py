"""What became of a day: one JSON line in the campaign's work folder."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Outcome:
    """The figures of one day. A day is good when nothing stands in ``findings``.

    ``duplicates``: legs of a job that were booked more than once; ``lost``: orders at the broker
    that the journal does not know, or that a command said it had placed and are not there;
    ``unprotected``: short positions without the stop that was asked for; ``leaks``: secrets, or
    account ids in a log, where they may not be; ``unsettled``: doubts that stand at the day's end,
    when all faults are over. Of ``doubts_told``, which are among them, exit code 8 tells.
    """

    seed: int
    orders: int = 0  # entries and closing orders in the broker's books
    stops: int = 0  # and what hangs on them
    fills: int = 0
    duplicates: int = 0
    lost: int = 0
    unprotected: int = 0
    leaks: int = 0
    unsettled: int = 0
    doubts_told: int = 0
    doubts: int = 0  # processes that ended with exit code 8
    settled: int = 0  # orders once in doubt of which all is known at the end
    wrong: int = 0  # whatever else is not as it is promised: exit codes, tracebacks, sums
    faults: dict[str, int] = field(default_factory=dict)  # by kind; only those that truly struck
    kills: dict[str, int] = field(default_factory=dict)  # by signal and instant: "SIGKILL step"
    codes: dict[str, int] = field(default_factory=dict)  # how often each exit code
    commands: int = 0
    requests: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    findings: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Whether all was as it is promised."""
        return not self.findings

    def line(self) -> str:
        """As the work folder keeps it."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def of_line(cls, text: str) -> Self:
        """The inverse of ``line``."""
        facts = json.loads(text)
        facts["findings"] = tuple(facts["findings"])
        return cls(**facts)


def outcomes_in(path: Path) -> Iterator[Outcome]:
    """Those of a file, the latest of each seed; a last line that was broken off does not count."""
    found: dict[int, Outcome] = {}
    if path.exists():
        for line in path.read_text().splitlines():
            if line.startswith("{") and line.endswith("}"):
                outcome = Outcome.of_line(line)
                found[outcome.seed] = outcome
    yield from (found[seed] for seed in sorted(found))
