"""What a campaign comes to: its days summed up, of ibcli and of the plain program.

Kept as JSON beside the code (``figures.json``), so that docs/reliability.md can be written anew,
and checked, without running two thousand days again.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Self

from chaos.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from chaos.outcome import Outcome

FIGURES = Path(__file__).with_name("figures.json")
DAYS = 2000
"""Least days of a campaign that is reported."""

HITS = 100
"""Least times that each kind of fault has to have struck ibcli."""

COUNTS = ("commands", "orders", "stops", "fills", "requests", "doubts", "settled", "doubts_told")
HARMS = ("duplicates", "lost", "unprotected", "leaks", "unsettled", "wrong")
_BROKEN = "the campaign failed"


class UnfitError(Exception):
    """Figures that may not be reported: too few, of different days, or unreadable."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Of all days of one side. ``harmed`` counts the days on which a harm happened, and ``seconds``
    are those of all days, one after another.
    """

    days: int
    seconds: float
    counts: Mapping[str, int]
    harms: Mapping[str, int]
    harmed: Mapping[str, int]
    faults: Mapping[str, int]
    kills: Mapping[str, int]
    codes: Mapping[str, int]

    @classmethod
    def of(cls, days: Sequence[Outcome]) -> Self:
        """Sum up days."""
        return cls(
            days=len(days),
            seconds=round(sum(day.seconds for day in days)),
            counts={name: sum(getattr(day, name) for day in days) for name in COUNTS},
            harms={name: sum(getattr(day, name) for day in days) for name in HARMS},
            harmed={name: sum(bool(getattr(day, name)) for day in days) for name in HARMS},
            faults=_summed(day.faults for day in days),
            kills=_summed(day.kills for day in days),
            codes=_summed(day.codes for day in days),
        )


def _summed(each: Iterable[Mapping[str, int]]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for counts in each:
        found.update({str(name): number for name, number in counts.items()})
    return dict(sorted(found.items()))


@dataclass(frozen=True, slots=True)
class Figures:
    """Both sides of the same seeds, from ``first`` to ``last``, and when and on what they ran.
    ``failing`` are the seeds of ibcli's days on which anything was found.
    """

    taken: str
    first: int
    last: int
    ibcli: Sums
    plain: Sums
    failing: tuple[int, ...]

    @classmethod
    def of(cls, ours: Sequence[Outcome], plain: Sequence[Outcome], taken: str) -> Self:
        """Sum both up.

        Raises:
            UnfitError: when there is nothing, when the seeds are not the same, or when a day says
                nothing about a program as the campaign itself failed.
        """
        seeds = sorted(day.seed for day in ours)
        if not seeds or len(set(seeds)) < len(seeds):
            raise UnfitError("There are no days, or some are there twice.")
        if seeds != sorted(day.seed for day in plain):
            raise UnfitError("Both programs have to have been through the same days.")
        for day in (*ours, *plain):
            if any(finding.startswith(_BROKEN) for finding in day.findings):
                raise UnfitError(f"Seed {day.seed}: {day.findings[0]}")
        failing = tuple(sorted(day.seed for day in ours if not day.good))
        return cls(taken, seeds[0], seeds[-1], Sums.of(ours), Sums.of(plain), failing)

    def lacks(self) -> list[str]:
        """What keeps them from being reported: too few days, or too few faults of a kind."""
        hits = {kind: self.ibcli.faults.get(kind, 0) for kind in Kind}
        rare = [f"{kind} {n}" for kind, n in hits.items() if n < HITS]
        found = []
        if self.ibcli.days < DAYS:
            found.append(f"{self.ibcli.days} days of at least {DAYS}")
        if rare:
            found.append(f"faults that struck fewer than {HITS} times: {', '.join(rare)}")
        return found

    def save(self, path: Path = FIGURES) -> None:
        """Write them down."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path = FIGURES) -> Self:
        """Read them again.

        Raises:
            UnfitError: when there are none, or they are of another form.
        """
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            sides = {side: _sums(told[side]) for side in ("ibcli", "plain")}
            return cls(**{**told, **sides, "failing": tuple(told["failing"])})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UnfitError(f"chaos/{path.name} cannot be read") from error


def _sums(told: Mapping[str, Mapping[str, int]]) -> Sums:
    is_whole = told.keys() == {field.name for field in fields(Sums)}
    if not is_whole or set(told["counts"]) != set(COUNTS) or set(told["harms"]) != set(HARMS):
        raise KeyError("figures of another form")
    return Sums(**told)  # type: ignore[arg-type]
