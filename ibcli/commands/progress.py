"""A progress bar on stderr while contracts are looked up; silent off a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Report = Callable[[int, int], None]


@contextmanager
def lookup_progress(what: str = "Looking up contracts") -> Iterator[Report]:
    """Yield ``report(done, total)``, which may be called from any thread.

    Rich is imported only when stderr is a terminal; elsewhere ``report`` does nothing. The bar is
    wiped when the block ends, so that nothing of it stays above the table.
    """
    if sys.stderr is None or not sys.stderr.isatty():
        yield _say_nothing
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(bar_width=30), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _say_nothing(done: int, total: int) -> None:
    """The report of a run without a terminal."""
