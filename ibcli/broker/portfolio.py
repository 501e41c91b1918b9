"""What an account holds. Reads; raises what ``BrokerClient.read`` raises."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import quote

from ibcli.broker.decode import Decoded, decode_positions, page_size
from ibcli.errors import NotFoundError, RefusedError, UnreachableError

if TYPE_CHECKING:
    from ibcli.broker.client import BrokerClient
    from ibcli.domain.blotter import Position

_ACCOUNTS = "/portfolio/accounts"
_MOST_PAGES = 100


def positions(client: BrokerClient, account: str, *, fresh: bool = False) -> Decoded[Position]:
    """All positions of the account, those closed today (quantity 0) too, if the broker lists them.

    The broker keeps them for a while; ``fresh`` has it look again first. /portfolio/accounts is
    called once a session before them, as it wants.

    https://www.interactivebrokers.com/campus/ibkr-api-page/cpapi-v1/#positions
    """
    client.ensure_accounts()
    remembered = client.memory.has_called(_ACCOUNTS)
    if not remembered:
        _call_accounts(client)
    try:
        return _all_pages(client, account, fresh=fresh)
    except (RefusedError, NotFoundError, UnreachableError) as error:
        if not remembered or error.code in {"pacing", "rate-limited", "timeout", "unreachable"}:
            raise
        client.memory.forget_called(_ACCOUNTS)  # perhaps the broker has forgotten the call
        _call_accounts(client)
        return _all_pages(client, account, fresh=fresh)


def _call_accounts(client: BrokerClient) -> None:
    client.read("GET", _ACCOUNTS)
    client.memory.mark_called(_ACCOUNTS)


def _all_pages(client: BrokerClient, account: str, *, fresh: bool) -> Decoded[Position]:
    base = f"/portfolio/{quote(account)}/positions"
    if fresh:
        with suppress(RefusedError, NotFoundError):  # old positions are better than none
            client.read("POST", f"{base}/invalidate")
    rows: list[Position] = []
    odd: list[str] = []
    seen: set[int] = set()
    for number in range(_MOST_PAGES):
        answer = client.read("GET", f"{base}/{number}", params={"waitForSecDef": "true"})
        page = decode_positions(answer)
        odd += page.odd
        conids = {row.conid for row in page.rows}
        if conids and conids <= seen:  # the same page again: it has no others
            break
        rows += page.rows
        seen |= conids
        if not isinstance(answer, list) or len(answer) < page_size(answer):
            break
    accounts = client.ensure_accounts()
    mine = (row for row in rows if accounts.own(account, row.account))
    return Decoded(tuple(mine), tuple(odd))
