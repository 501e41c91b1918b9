"""What a campaign comes to: its days summed up, of ibcli and of the plain program.

Kept as JSON beside the code (``figures.json``), so that docs/reliability.md can be written anew, and
checked, without running two thousand days again.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from chaos.outcome import Outcome

FIGURES = Path(__file__).with_name("figures.json")
DAYS = 2000
"""Least days of a campaign that is reported."""

HITS = 100
"""Least times that each kind of fault has to have struck ibcli."""

HARMS = ("duplicates", "lost", "unprotected", "leaks", "unsettled")
"""What must not happen; each is counted, and so are the days on which it did."""


class UnfitError(Exception):
    """A campaign that may not be reported: too short, or a kind of fault too rare."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Of all days of one side. ``harmed`` are days by harm, ``seconds`` of processor and waiting
    together, as the sum of all days.
    """

    days: int
    commands: int
    orders: int
    doubts: int
    settled: int
    seconds: float
    harms: Mapping[str, int]
    harmed: Mapping[str, int]
    faults: Mapping[str, int]
    kills: Mapping[str, int]
    codes: Mapping[str, int]

    @classmethod
    def of(cls, outcomes: Iterable[Outcome]) -> Sums:
        """Sum up days, each counted once."""
        days = {outcome.seed: outcome for outcome in outcomes}.values()
        return cls(
            days=len(days),
            commands=sum(day.commands for day in days),
            orders=sum(day.orders for day in days),
            doubts=sum(day.doubts for day in days),
            settled=sum(day.settled for day in days),
            seconds=sum(day.seconds for day in days),
            harms={harm: sum(getattr(day, harm) for day in days) for harm in HARMS},
            harmed={harm: sum(bool(getattr(day, harm)) for day in days) for harm in HARMS},
            faults=_summed(day.faults for day in days),
            kills=_summed(day.kills for day in days),
            codes=_summed(day.codes for day in days),
        )


def _summed(each: Iterable[Mapping[str, int]]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for counts in each:
        found.update(counts)
    return dict(sorted(found.items()))


@dataclass(frozen=True, slots=True)
class Campaign:
    """Both sides of the same seeds, from ``first`` to ``last``, and when and on what they ran."""

    taken: str
    first: int
    last: int
    ibcli: Sums
    plain: Sums
    failing: tuple[int, ...]  # seeds of ibcli's days on which a harm happened

    @classmethod
    def of(cls, ours: Sequence[Outcome], plain: Sequence[Outcome], taken: str) -> Campaign:
        """Sum both up.

        Raises:
            UnfitError: when there is nothing, or the seeds are not the same.
        """
        seeds = {outcome.seed for outcome in ours}
        if not seeds or seeds != {outcome.seed for outcome in plain}:
            raise UnfitError("Both programs have to have been through the same days.")
        failing = {day.seed for day in ours if any(getattr(day, harm) for harm in HARMS)}
        return cls(
            taken, min(seeds), max(seeds), Sums.of(ours), Sums.of(plain), tuple(sorted(failing))
        )

    def lacks(self, kinds: Iterable[str]) -> list[str]:
        """What keeps it from being reported: days, or faults of a kind."""
        found = []
        if self.ibcli.days < DAYS:
            found.append(f"{self.ibcli.days} days of at least {DAYS}")
        for kind in kinds:
            if (hits := self.ibcli.faults.get(kind, 0)) < HITS:
                found.append(f"{kind} struck {hits} times of at least {HITS}")
        return found

    def saved(self, path: Path = FIGURES) -> None:
        """Write it down."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def loaded(cls, path: Path = FIGURES) -> Campaign:
        """Read it again.

        Raises:
            UnfitError: when there is none, or it is of another form.
        """
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            sides = {side: _sums(told[side]) for side in ("ibcli", "plain")}
            return cls(**{**told, **sides, "failing": tuple(told["failing"])})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UnfitError(f"{path.name} cannot be read: run make chaos") from error


def _sums(told: Mapping[str, object]) -> Sums:
    if told.keys() != {field.name for field in fields(Sums)}:
        raise KeyError("other figures")
    return Sums(**told)  # type: ignore[arg-type]
