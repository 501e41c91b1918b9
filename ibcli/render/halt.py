"""The kill switch after ``halt`` or ``resume``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibcli.render import numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from ibcli.domain.halting import Halt, Switched


def document(data: Switched) -> dict[str, Any]:
    """Whether trading is halted now, since when and why; ``changed`` false: so it was before."""
    return {
        "halted": data.halt is not None,
        "since": data.halt.since if data.halt else None,
        "reason": data.halt.reason if data.halt else None,
        "changed": data.changed,
        "before": _halt_document(data.before),
        "file": data.path,
    }


def _halt_document(halt: Halt | None) -> dict[str, Any] | None:
    return None if halt is None else {"since": halt.since, "reason": halt.reason}


def draw(data: Switched, width: int) -> Iterator[RenderableType]:
    """A line that says how it is now, and one that says how it was."""
    from ibcli.render.grid import DIM, prose

    if data.halt is not None:
        yield prose(f"Trading is halted: {data.halt.reason}", style="bold red")
    elif data.changed:
        yield prose("Orders go through again.", style="bold green")
    else:
        yield prose("Trading was not halted.")
    if data.before is not None:
        since = f" since {numbers.new_york(data.before.since)}" if data.before.since else ""
        yield prose(f"It was halted{since}: {data.before.reason}", style=DIM)
    if data.halt is not None:
        yield prose(f"File: {data.path}. Orders go through again after: ibcli resume", style=DIM)
