"""What was not reached, with the figures that say why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.figures import course, figures
from benchmarks.sections import SECTIONS
from benchmarks.targets import TARGETS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.targets import Target
    from benchmarks.work import Results, Row

_NOTHING = "Everything that was taken was reached."


def reasons(results: Results) -> str:
    """A list, or a sentence where there is nothing to list."""
    missed = [line for target in TARGETS for line in _missed(target, results)]
    return "\n".join(missed) or _NOTHING


def _missed(target: Target, results: Results) -> Iterator[str]:
    try:
        verdict = target.judge(results)
    except KeyError:
        return
    if verdict.is_met:
        return
    yield f"- {target.name}: {verdict.measured}."
    for row in _rows_of(target, results):
        yield from _course(row, results)


def _rows_of(target: Target, results: Results) -> Iterator[Row]:
    """Those that a target looks at."""
    return (
        row
        for section in SECTIONS
        for row in section.rows
        if row.key in results and row.key in target.rows
    )


def _course(row: Row, results: Results) -> Iterator[str]:
    """Where a row's time went beyond what it needed."""
    samples = results[row.key]
    passed, found = course(samples), figures(samples)
    name = f"{row.title} at {row.rate}/s" if row.rate else row.title
    if passed is None or found.bound is None or found.ideal is None or found.attainable is None:
        yield f"  - {name}: {found.cpu:.3f} s of CPU in {found.wall:.3f} s."
        return
    extra = (found.requests or 0) - (found.needed or 0)
    requests = f"{extra:g} requests beyond those needed" if extra else "no request too many"
    yield (
        f"  - {name}: {passed.start:.2f} s until the first request arrived, {passed.asking:.2f} s "
        f"until the last, {passed.end:.2f} s after it (bound {found.bound:.2f} s; ideal "
        f"{found.ideal:.2f} s, attainable {found.attainable:.2f} s); {requests}; "
        f"{found.cpu:.2f} s of CPU."
    )
