"""What this brokerage session has done already, shared by all processes; empty when it is new."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ibcli.broker.session import Keeper
    from ibcli.broker.state import BrokerageSession


class Memory:
    """The broker answers some requests only after others have been made in the same session."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

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
        self._keeper.change_session(lambda s: replace(s, searched=s.searched | {conid}))

    def forget_searched(self, conid: int) -> None:
        """Note that the broker has forgotten the search for this underlying."""
        self._keeper.change_session(lambda s: replace(s, searched=s.searched - {conid}))

    def has_called(self, name: str) -> bool:
        """Whether this was called before: the first answer of a session is empty at times."""
        session = self._session()
        return session is not None and name in session.called

    def mark_called(self, name: str) -> None:
        """Note that this was called."""
        self._keeper.change_session(lambda s: replace(s, called=s.called | {name}))

    def forget_called(self, name: str) -> None:
        """Note that the broker has forgotten the call."""
        self._keeper.change_session(lambda s: replace(s, called=s.called - {name}))

    def _session(self) -> BrokerageSession | None:
        login = self._keeper.known or self._keeper.kept()
        return login.session if login is not None else None
