"""The table of contents: what the benchmark takes and its report has to show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import chains, cron, orders, quotes, scale, startup

if TYPE_CHECKING:
    from benchmarks.work import Row, Section

SECTIONS: tuple[Section, ...] = (
    startup.SECTION,
    quotes.SECTION,
    chains.SECTION,
    orders.SECTION,
    cron.SECTION,
    scale.SECTION,
)

BY_NAME = {section.name: section for section in SECTIONS}
ROWS: dict[str, Row] = {row.key: row for section in SECTIONS for row in section.rows}
