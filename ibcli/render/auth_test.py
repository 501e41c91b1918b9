"""The steps of ``auth test``, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibcli.render.outcome import MARKS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from ibcli.broker.clinic import AuthTest


def document(test: AuthTest) -> dict[str, Any]:
    """Steps, account, and ``paper`` (true, false, or null when the test did not get so far)."""
    return {
        "steps": [
            {
                "name": step.name,
                "outcome": step.outcome.value,
                "seconds": step.seconds,
                "detail": step.detail,
            }
            for step in test.steps
        ],
        "account": test.account,
        "paper": test.paper,
        "next": test.next_step or None,
    }


def rows(test: AuthTest) -> tuple[list[str], Iterator[list[object]]]:
    """One row a step."""
    return ["step", "outcome", "seconds", "detail"], (
        [step.name, step.outcome.value, step.seconds, step.detail] for step in test.steps
    )


def draw(test: AuthTest, width: int) -> Iterator[RenderableType]:
    """A line a step; then account, kind and next step."""
    from ibcli.render.grid import DIM, line, prose
    from ibcli.render.lines import Line, Sheet

    del width
    table = Sheet()
    table.add_column()
    table.add_column()
    table.add_column(right=True)
    table.add_column(wraps=True)
    for step in test.steps:
        mark, style = MARKS[step.outcome.value]
        table.add_row(
            Line(mark, style),
            step.name,
            Line(f"{step.seconds:.2f} s", DIM),
            Line(step.detail, "" if step.outcome.value == "ok" else style),
        )
    yield table
    if test.account is not None and test.next_step:
        kind = {True: "paper", False: "live", None: "of a kind the broker did not say"}[test.paper]
        yield line()
        yield prose(f"Account {test.account} is {kind}. Next: {test.next_step}")
