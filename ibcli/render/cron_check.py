"""The findings of ``cron check``, and the lines for the crontab."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibcli.render.outcome import MARKS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from ibcli.domain.crontab import CronCheck


def document(check: CronCheck) -> dict[str, Any]:
    """One object a finding; ``code`` names the error of a failed one. Then the crontab's lines."""
    return {
        "findings": [
            {
                "name": finding.name,
                "outcome": finding.outcome,
                "detail": finding.detail,
                "hint": finding.hint or None,
                "code": finding.code or None,
            }
            for finding in check.findings
        ],
        "crontab": list(check.crontab),
    }


def rows(check: CronCheck) -> tuple[list[str], Iterator[list[object]]]:
    """One row a finding."""
    return ["name", "outcome", "detail", "hint", "code"], (
        [found.name, found.outcome, found.detail, found.hint, found.code]
        for found in check.findings
    )


def draw(check: CronCheck, width: int) -> Iterator[RenderableType]:
    """A line a finding, its next step beneath it; the crontab at the end, to be copied."""
    from ibcli.render.lines import Line, Sheet

    del width
    table = Sheet()
    table.add_column()
    table.add_column()
    table.add_column(wraps=True)
    for finding in check.findings:
        mark, style = MARKS[finding.outcome]
        words = Line(finding.detail, "" if finding.outcome == "ok" else style)
        if finding.hint:
            words.append(f"\n{finding.hint}", "default")
        table.add_row(Line(mark, style), finding.name, words)
    yield table
    if check.crontab:
        yield Line("\nFor the crontab (crontab -e):")
        for line in check.crontab:
            yield Line(line)
