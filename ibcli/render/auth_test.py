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
    from rich.table import Table
    from rich.text import Text

    del width
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    for step in test.steps:
        mark, style = MARKS[step.outcome.value]
        table.add_row(
            Text(mark, style=style),
            Text(step.name),
            Text(f"{step.seconds:.2f} s", style="dim"),
            Text(step.detail, style="" if step.outcome.value == "ok" else style),
        )
    yield table
    if test.account is not None and test.next_step:
        kind = {True: "paper", False: "live", None: "of a kind the broker did not say"}[test.paper]
        yield Text()
        yield Text(f"Account {test.account} is {kind}. Next: {test.next_step}")
