"""The differences between the journal and the broker, a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibcli.render import numbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from ibcli.domain.differences import Difference, Reconciliation

_HEADER = (
    "kind", "contract", "text", "order_id", "conid", "execution_id", "job", "coid", "journal",
    "broker", "fixed",
)  # fmt: skip


def document(data: Reconciliation) -> dict[str, Any]:
    """``equal`` is true when nothing differs (any more); ``compared`` counts what was looked at."""
    return {
        "account": data.account,
        "as_of": data.as_of,
        "equal": not data.remaining,
        "fix": data.fixing,
        "compared": {
            "jobs": data.jobs,
            "orders": data.orders,
            "executions": data.executions,
            "positions": data.positions,
        },
        "differences": [_difference(one) for one in data.differences],
    }


def _difference(one: Difference) -> dict[str, Any]:
    names = {name: getattr(one, name) for name in _HEADER if name != "contract"}
    return names | {"contract": one.words}


def rows(data: Reconciliation) -> tuple[Sequence[str], Iterator[list[object]]]:
    """One row a difference."""
    documents = (_difference(one) for one in data.differences)
    return _HEADER, ([one[name] for name in _HEADER] for one in documents)


def draw(data: Reconciliation, width: int) -> Iterator[RenderableType]:
    """A table, and what was compared."""
    from ibcli.render.grid import DIM, line, prose

    yield line(numbers.new_york(data.as_of))
    yield line()
    if data.differences:
        yield _table(data)
        yield line()
    yield prose(_verdict(data), style="bold" if data.remaining else "bold green")
    yield prose(
        f"Compared: {_several(data.jobs, 'job')} of the journal; {_several(data.orders, 'order')}, "
        f"{_several(data.executions, 'execution')} of seven days and "
        f"{_several(data.positions, 'position')} at the broker.",
        style=DIM,
    )


def _table(data: Reconciliation) -> RenderableType:
    from ibcli.render.lines import Line, Sheet

    table = Sheet()
    table.add_column("Difference")
    table.add_column("Contract", folds=True)
    table.add_column("What", folds=True)
    for one in data.differences:
        style = "dim" if one.fixed else "bold red" if one.kind.is_danger else "yellow"
        mark = "✓ " if one.fixed else ""
        job = f" ({one.job})" if one.job else ""
        table.add_row(Line(f"{mark}{one.kind.value}", style), one.words, f"{one.text}{job}")
    return table


def _verdict(data: Reconciliation) -> str:
    fixed = len(data.differences) - len(data.remaining)
    written = f"{_several(fixed, 'difference')} written into the journal. " if fixed else ""
    if data.remaining:
        return f"{written}{_several(len(data.remaining), 'difference')} left."
    return f"{written}The journal and the broker agree."


def _several(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
