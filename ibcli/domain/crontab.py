"""A line of a crontab: when it fires, and how a command is written in it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ibcli.domain.newyork import NEW_YORK

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

_LIMITS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_NAMES = (
    (),
    (),
    (),
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    ("sun", "mon", "tue", "wed", "thu", "fri", "sat"),
)
_AHEAD = timedelta(days=366)
_MINUTE = timedelta(minutes=1)
_QUARTER = 15  # minutes; days begin at one, in every zone


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; ``outcome`` is ok, warning, failed or skipped."""

    name: str
    outcome: str
    detail: str
    hint: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class CronCheck:
    """What was found, and the crontab that the command needs, line by line."""

    findings: tuple[Finding, ...]
    crontab: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Schedule:
    """The five fields of a crontab's line."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int] = field()  # 0 is Sunday
    either: bool  # days and weekdays both said: one of them is enough

    @classmethod
    def parse(cls, text: str) -> Schedule:
        """From ``0 11 * * 1-5``; lists, ranges, steps and names as in crontab(5). ValueError."""
        words = text.split()
        if len(words) != len(_LIMITS):
            raise ValueError(
                f"needs five fields (minute, hour, day, month, weekday), not {len(words)}"
            )
        fields = [
            _field(word, limits, names)
            for word, limits, names in zip(words, _LIMITS, _NAMES, strict=True)
        ]
        weekdays = frozenset(day % 7 for day in fields[4])
        either = not words[2].startswith("*") and not words[4].startswith("*")
        return cls(fields[0], fields[1], fields[2], fields[3], weekdays, either)

    def first(self, now: datetime, zone: tzinfo | None) -> datetime | None:
        """When it fires next after ``now`` (aware), by that zone's clock (None: this machine's);
        None: not within a year.
        """
        moment = now.replace(second=0, microsecond=0) + _MINUTE
        while moment - now < _AHEAD:
            at = moment.astimezone(zone)
            if not self._is_on(at):
                moment += _MINUTE * (_QUARTER - moment.minute % _QUARTER)
            elif at.minute in self.minutes and at.hour in self.hours:
                return moment
            else:
                moment += _MINUTE
        return None

    def _is_on(self, at: datetime) -> bool:
        is_day, is_weekday = at.day in self.days, at.isoweekday() % 7 in self.weekdays
        is_on = (is_day or is_weekday) if self.either else (is_day and is_weekday)
        return at.month in self.months and is_on


def _field(word: str, limits: tuple[int, int], names: Sequence[str]) -> frozenset[int]:
    found: set[int] = set()
    for part in word.lower().split(","):
        span, _, step = part.partition("/")
        if span == "*":
            first, last = limits
        else:
            start, dash, end = span.partition("-")
            first = _number(start, names)
            last = _number(end, names) if dash else limits[1] if step else first
        every = _number(step, ()) if step else 1
        if not (limits[0] <= first <= last <= limits[1]) or every < 1:
            raise ValueError(f"{part} is not between {limits[0]} and {limits[1]}")
        found.update(range(first, last + 1, every))
    return frozenset(found)


def _number(text: str, names: Sequence[str]) -> int:
    if text in names:
        return names.index(text) + (1 if len(names) == len(_NAMES[3]) else 0)
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{text!r} is not a number")
    return int(text)


def new_york_words(moment: datetime) -> str:
    """``Mon 11:00 New York, in the session``: regular hours; holidays are not looked at."""
    there = moment.astimezone(NEW_YORK)
    minute = there.hour * 60 + there.minute
    is_on = there.isoweekday() < 6 and 9 * 60 + 30 <= minute < 16 * 60
    return f"{there:%a %d %b %H:%M} New York, {'in' if is_on else 'outside'} the regular session"


def is_new_york(zone: tzinfo | None, year: int) -> bool:
    """Whether that zone's clock (None: this machine's) shows New York's time all year."""
    return all(
        moment.astimezone(zone).utcoffset() == moment.utcoffset()
        for month in range(1, 13)
        for moment in (datetime(year, month, 15, 12, tzinfo=NEW_YORK),)
    )


def crontab_command(words: Sequence[str]) -> str:
    """The words as a crontab has them: quoted for the shell, and % escaped from cron."""
    return shlex.join(words).replace("%", "\\%")
