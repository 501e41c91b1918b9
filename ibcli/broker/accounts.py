"""The accounts of a login, as ``GET /iserver/accounts`` lists them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeGuard

from ibcli.errors import LoginError

if TYPE_CHECKING:
    from ibcli.broker.state import BrokerageSession

# U1234567, DU1234567, DFP1234567, an adviser's F1234567A or "All". The name goes into paths and is
# read before an order is confirmed: anything else is none.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")


@dataclass(frozen=True, slots=True)
class Accounts:
    """``selected`` is what the broker uses when none is named; ``paper`` None: it did not say."""

    ids: tuple[str, ...] = field(repr=False)
    selected: str | None = field(default=None, repr=False)
    paper: bool | None = None

    @classmethod
    def decoded(cls, answer: Any) -> Accounts:
        """From the answer's JSON; raises LoginError ``no-accounts`` when it names none readably.

        Field names are recorded; ``isPaper`` is missing on some front ends (reported), where paper
        accounts are known by their first letter D.
        """
        listed = answer.get("accounts") if isinstance(answer, dict) else None
        ids = tuple(filter(_is_name, listed)) if isinstance(listed, list) else ()
        if not ids:
            raise LoginError(
                "The broker lists no account for this user.",
                hint="Check in Client Portal that the user may trade an account.",
                code="no-accounts",
            )
        selected = answer.get("selectedAccount")
        paper = answer.get("isPaper")
        return cls(
            ids,
            selected if _is_name(selected) else ids[0],
            paper if isinstance(paper, bool) else ids[0].startswith("D"),
        )

    def own(self, account: str, row: str | None) -> bool:
        """Whether a row may be the account's: not when it names another one of this login.

        What else a row calls its account may be an alias (recorded).
        """
        return row is None or row == account or row not in self.ids

    def noted(self, session: BrokerageSession) -> BrokerageSession:
        """The session with this remembered."""
        return replace(
            session,
            accounts=self.ids,
            selected=self.selected,
            paper=self.paper,
            accounts_called=True,
        )


def _is_name(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def accounts_of(session: BrokerageSession) -> Accounts:
    """What a session remembers."""
    return Accounts(session.accounts, session.selected, session.paper)
