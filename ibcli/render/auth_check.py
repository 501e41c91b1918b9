"""The findings of ``auth check``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibcli.render.outcome import MARKS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from ibcli.broker.checkup import AuthCheck


def document(check: AuthCheck) -> list[dict[str, Any]]:
    """One object a finding; ``code`` names the error of a failed one."""
    return [
        {
            "name": finding.name,
            "outcome": finding.outcome.value,
            "detail": finding.detail,
            "hint": finding.hint or None,
            "code": finding.code or None,
        }
        for finding in check.findings
    ]


def rows(check: AuthCheck) -> tuple[list[str], Iterator[list[object]]]:
    """One row a finding."""
    return ["name", "outcome", "detail", "hint", "code"], (
        [found.name, found.outcome.value, found.detail, found.hint, found.code]
        for found in check.findings
    )


def draw(check: AuthCheck, width: int) -> Iterator[RenderableType]:
    """A line a finding, its next step beneath it."""
    from ibcli.render.lines import Line, Sheet

    del width
    table = Sheet()
    table.add_column()
    table.add_column()
    table.add_column(wraps=True)
    for finding in check.findings:
        mark, style = MARKS[finding.outcome.value]
        words = Line(finding.detail, "" if finding.outcome.value == "ok" else style)
        if finding.hint:
            words.append(f"\n{finding.hint}", "default")
        table.add_row(Line(mark, style), finding.name, words)
    yield table
