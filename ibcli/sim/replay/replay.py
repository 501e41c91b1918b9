"""Recordings being answered from: what has been told, what was not asked for, what was new."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ibcli.sim.replay.matching import Asked, Names
from ibcli.sim.replay.reading import Recording, read_recording
from ibcli.sim.replay.rows import PATH as SNAPSHOT
from ibcli.sim.replay.rows import Rows
from ibcli.sim.replay.tape import Entry, Tape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

LOGIN = "/oauth/live_session_token"
_ACCOUNT = "DU0000001"  # when a recording names none
_HASTE = "50"  # how much faster a client's own waits go
_MOST_LINES = 20


class Replay:
    """``say`` is told at once of each request that was not recorded."""

    def __init__(
        self,
        recordings: Sequence[Recording],
        *,
        real_time: bool = False,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.recordings = tuple(sorted(recordings, key=lambda one: one.started))
        self.real_time = real_time
        self.say = say
        self.names = Names()
        self.tape = Tape.of(each for one in self.recordings for each in one.exchanges)
        self._rows = Rows(self.tape.entries)
        self._strangers: Counter[str] = Counter()
        self._logins = list(self.tape.at("POST", LOGIN))
        self._run_of = {id(e): id(one) for one in self.recordings for e in one.exchanges}
        self._begun: set[int] = set()  # recordings of which something has been told

    @classmethod
    def read(
        cls,
        paths: Iterable[Path],
        *,
        real_time: bool = False,
        say: Callable[[str], None] = lambda _: None,
    ) -> Replay:
        """From files. Raises RecordingError, and OSError when one cannot be read."""
        return cls([read_recording(path) for path in paths], real_time=real_time, say=say)

    @property
    def account(self) -> str:
        """The account that the recorded requests are about."""
        named = (one.account for one in self.recordings)
        return next((each for each in named if each), None) or self._account_of_paths()

    def _account_of_paths(self) -> str:
        for entry in self.tape.entries:
            parts = entry.exchange.path.split("/")
            if parts[1:3] == ["iserver", "account"] and parts[4:5] == ["orders"]:
                return parts[3]
            if parts[1:2] == ["portfolio"] and parts[3:4] == ["positions"]:
                return parts[2]
        return _ACCOUNT

    def clock(self, now: datetime) -> str:
        """A market clock that shows, from now on, what the recorded run saw: the run that is to be
        repeated next.
        """
        return f"{self.market}@{_written(now)}"

    @property
    def market(self) -> str:
        """The market's instant, RFC 3339, at which the run begins that is to be repeated next.

        Told at once, what was recorded after a while would lie in the client's future: then the
        run begins when its last market data came.
        """
        run = self._next_run()
        return _written(run.market if self.real_time else run.market + run.until(SNAPSHOT))

    def _next_run(self) -> Recording:
        """The first recording of which nothing has been asked yet, else the last one."""
        fresh = (one for one in self.recordings if id(one) not in self._begun)
        return next(fresh, self.recordings[-1])

    def _serve(self, entry: Entry) -> Entry:
        entry.served += 1
        self._begun.add(self._run_of[id(entry.exchange)])
        return entry

    def settings(self) -> dict[str, str]:
        """What a client has to be set to, beside its login, to do the same again."""
        told = dict(self._next_run().settings)
        told["IB_IS_LIVE"] = str(self._next_run().live).lower()
        if not self.real_time:
            told |= {"IBCLI_HASTE": _HASTE, "IBCLI_MAX_RPS": "50"}
        return told

    def find(self, request: Asked, query: Iterable[tuple[str, str]]) -> Entry | str | None:
        """The exchange to be repeated, or a text made of several; None when there is none."""
        entry = self.tape.find(request)
        if entry is not None:
            self._serve(entry)
            self.names.learn(entry.asked.names, request.names)
            if entry.asked.place == ("GET", SNAPSHOT):
                self._rows.told(entry)
            return entry
        return self._rows.answer(query) if request.place == ("GET", SNAPSHOT) else None

    def login(self) -> Entry | None:
        """The next recorded login, if there is one left."""
        if not self._logins:
            return None
        return self._serve(self._logins.pop(0))

    def anywhere(self, method: str, path: str) -> Entry | None:
        """Any recorded answer to this method and path, for what is asked in other words."""
        found = list(self.tape.at(method, path))
        entry = next((each for each in found if not each.served), found[-1] if found else None)
        return None if entry is None else self._serve(entry)

    def stranger(self, request: Asked) -> str:
        """Note a request that is not in the recording; a sentence that says so."""
        why = "not in the recording"
        if any(not each.served for each in self.tape.at(*request.place)):
            why = "in the recording with another query or body"
        elif any(self.tape.at(*request.place)):
            why = "in the recording less often or otherwise"
        if request.what not in self._strangers:
            self.say(f"{request.what}: {why}.")
        self._strangers[request.what] += 1
        return f"{request.what} is {why}"

    def report(self) -> list[str]:
        """What became of the recording, in sentences for the user."""
        left = Counter(
            each.exchange.what
            for each in self.tape.unserved()
            if not each.exchange.path.startswith("/oauth/")
        )
        told = len(self.tape.entries) - left.total()
        lines = [f"Replayed {told} of {len(self.tape.entries)} recorded requests."]
        lines += _listed("Recorded, but not asked for", left)
        lines += _listed("Asked for, but not recorded", self._strangers)
        return lines


def _listed(what: str, counted: Counter[str]) -> list[str]:
    lines = [
        f"{what}: {name}{f' ({count} times)' if count > 1 else ''}"
        for name, count in counted.items()
    ]
    more = len(lines) - _MOST_LINES
    return lines if more <= 0 else [*lines[:_MOST_LINES], f"{what}: {more} others"]


def _written(instant: datetime) -> str:
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
