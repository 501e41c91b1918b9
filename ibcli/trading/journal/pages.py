"""The journal to look at: from the disk alone, whether the broker is there or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.domain.ledger import Pages
from ibcli.trading.journal.journal import Journal
from ibcli.trading.journal.opening import journal_path

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from ibcli.broker.deadline import Deadline
    from ibcli.config import Settings


def pages(
    settings: Settings,
    now: Callable[[], datetime],
    deadline: Deadline | None = None,
    *,
    day: date | None = None,
    job: str | None = None,
    everything: bool = False,
) -> Pages:
    """The entries of a trading day or a job; of the latest day when neither is named.

    Raises ConfigurationError when the file is damaged or cannot be read. Nothing is made.
    """
    journal = Journal.open_to_read(settings, now, deadline)
    path = journal_path(settings)
    if journal is None:
        return Pages(path, (), day, job)
    with journal:
        if day is None and job is None and not everything:
            day = journal.latest_day()
        return Pages(path, journal.entries(day=day, job=job), day, job, journal.count())
