"""What this brokerage session has done already, shared by all processes; empty when it is new."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ibcli.broker import recording
from ibcli.broker.state import BrokerageSession

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ibcli.broker.session import Keeper

MOST_IN_VAIN = 1000  # contracts whose lacking data is remembered: the file is read by each command


class Memory:
    """The broker answers some requests only after others have been made in the same session."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        # A recording is to hold all that a run needs, whoever repeats it: what other runs have done
        # in this session does not count in one that is recorded.
        self._afresh = recording.is_on()
        self._own: BrokerageSession | None = None

    @property
    def accounts_called(self) -> bool:
        """Whether the accounts have been asked for."""
        session = self._session()
        return session is not None and session.accounts_called

    def has_searched(self, conid: int) -> bool:
        """Whether this underlying was searched for: without it, strikes come back empty."""
        session = self._session()
        return session is not None and conid in session.searched

    def mark_searched(self, conid: int) -> None:
        """Note that this underlying was searched for."""
        self.change(lambda s: replace(s, searched=s.searched | {conid}))

    def forget_searched(self, conid: int) -> None:
        """Note that the broker has forgotten the search for this underlying."""
        self.change(lambda s: replace(s, searched=s.searched - {conid}))

    def has_called(self, name: str) -> bool:
        """Whether this was called before: the first answer of a session is empty at times."""
        session = self._session()
        return session is not None and name in session.called

    def mark_called(self, name: str) -> None:
        """Note that this was called."""
        self.change(lambda s: replace(s, called=s.called | {name}))

    def forget_called(self, name: str) -> None:
        """Note that the broker has forgotten the call."""
        self.change(lambda s: replace(s, called=s.called - {name}))

    @property
    def lines_are_few(self) -> bool:
        """Whether this user has been seen to have about a hundred market-data lines."""
        session = self._session()
        return session is not None and session.lines_are_few

    def mark_lines_few(self) -> None:
        """Note that the user has no more than about a hundred market-data lines."""
        self.change(lambda s: replace(s, lines_are_few=True))

    @property
    def asked_in_vain(self) -> Mapping[int, frozenset[str]]:
        """By conid, the codes of the market data that was last waited for in vain."""
        session = self._session()
        return {} if session is None else session.in_vain

    def mark_in_vain(self, asked: Mapping[int, tuple[frozenset[str], frozenset[str]]]) -> None:
        """Note, by conid, which codes were waited for, and which of them in vain."""

        def changed(session: BrokerageSession) -> BrokerageSession:
            known = dict(session.in_vain)
            for conid, (codes, lacking) in asked.items():
                now_lacking = known.get(conid, frozenset()) - codes | lacking
                if now_lacking:
                    known[conid] = now_lacking
                else:
                    known.pop(conid, None)
            latest = list(known.items())[-MOST_IN_VAIN:]
            return replace(session, in_vain=dict(latest))

        self.change(changed)

    def arrival(self, kind: str) -> float:
        """Seconds that new streams took at most until this kind of data was there; 0 if unknown."""
        session = self._session()
        return 0.0 if session is None else session.arrivals.get(kind, 0.0)

    def mark_arrival(self, kind: str, seconds: float) -> None:
        """Note how long this kind of data took to be there."""
        self.change(lambda s: replace(s, arrivals={**s.arrivals, kind: round(seconds, 3)}))

    def change(self, change: Callable[[BrokerageSession], BrokerageSession]) -> None:
        """Note something, for all processes."""
        self._keeper.change_session(change)
        if self._afresh and (own := self._session()) is not None:
            self._own = change(own)

    def _session(self) -> BrokerageSession | None:
        login = self._keeper.known or self._keeper.kept()
        session = login.session if login is not None else None
        if not self._afresh or session is None:
            return session
        if self._own is None or self._own.mark != session.mark:
            self._own = BrokerageSession(session.mark, session.since)
        return self._own
