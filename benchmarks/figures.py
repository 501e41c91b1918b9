"""From samples to the figures of the report."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.work import Sample


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one row. Seconds and bytes: medians, with the least and the greatest wall time; memory,
    ``peak``, ``broke``, ``refused`` and ``failures`` are the worst of all samples.
    """

    wall: float
    least: float
    greatest: float
    cpu: float
    memory: int
    requests: float | None
    logins: int | None
    peak: int | None
    broke: int | None
    refused: int | None
    failures: int
    bound: float | None
    ideal: float | None
    attainable: float | None
    needed: float | None
    samples: int


@dataclass(frozen=True, slots=True)
class Course:
    """Where the time of a row goes, in seconds: medians. ``start``: until the first request arrives
    at the broker; ``asking``: from there to the last one's arrival; ``end``: from there on.
    """

    start: float
    asking: float
    end: float


def figures(samples: Sequence[Sample]) -> Figures:
    """Of at least one sample."""
    asked = [sample.asked for sample in samples if sample.asked is not None]
    bounds = [sample.bound for sample in samples if sample.bound is not None]
    return Figures(
        wall=median(sample.wall for sample in samples),
        least=min(sample.wall for sample in samples),
        greatest=max(sample.wall for sample in samples),
        cpu=median(sample.cpu for sample in samples),
        memory=max(sample.memory for sample in samples),
        requests=_median(each.requests for each in asked),
        logins=max((each.logins for each in asked), default=None),
        peak=max((each.peak for each in asked), default=None),
        broke=max((each.broke for each in asked), default=None),
        refused=max((each.refused for each in asked), default=None),
        failures=max(sample.failures for sample in samples),
        bound=_median(bound.seconds for bound in bounds),
        ideal=_median(bound.ideal for bound in bounds),
        attainable=_median(bound.attainable for bound in bounds),
        needed=_median(bound.requests for bound in bounds),
        samples=len(samples),
    )


def course(samples: Sequence[Sample]) -> Course | None:
    """None where nothing was asked."""
    parts = [
        (
            sample.asked.first - sample.began,
            sample.asked.last - sample.asked.first,
            sample.began + sample.wall - sample.asked.last,
        )
        for sample in samples
        if sample.asked is not None
        and sample.asked.first is not None
        and sample.asked.last is not None
    ]
    if not parts:
        return None
    starts, asking, ends = zip(*parts, strict=True)
    return Course(median(starts), median(asking), median(ends))


def _median(values: Iterable[float]) -> float | None:
    found = list(values)
    return median(found) if found else None
