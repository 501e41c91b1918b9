"""/portfolio and /portfolio2: accounts, positions, balances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibcli.sim import bodies
from ibcli.sim.books import valuation
from ibcli.sim.errors import bad_request, server_error
from ibcli.sim.reports import balances, positions
from ibcli.sim.routes.orders import own_account
from ibcli.sim.wire import conid_of, reply, signed_in, sim_of, whole

if TYPE_CHECKING:
    from aiohttp import web

    from ibcli.sim.core import Who

_ASKED = "portfolio"


async def accounts(request: web.Request) -> web.Response:
    """The one account. Has to be called before the rest of /portfolio."""
    who = signed_in()
    sim_of(request).sessions.first_time(who.username, _ASKED)
    return reply([bodies.portfolio_account(who.account)])


def _after_accounts(request: web.Request) -> Who:
    """The user, once he has asked for /portfolio/accounts.

    Raises:
        WireError: 500 before that; wording by analogy with market data.
    """
    who = signed_in()
    if not sim_of(request).sessions.has_asked(who.username, _ASKED):
        raise server_error("Please query /portfolio/accounts first")
    return who


async def meta(request: web.Request) -> web.Response:
    """The account's attributes."""
    return reply(bodies.portfolio_account(own_account(request).account))


async def page(request: web.Request) -> web.Response:
    """A hundred positions; page 0 is the first, and pages beyond the last are empty."""
    _after_accounts(request)
    account, text = own_account(request).account, request.match_info["page"]
    number = whole(text)
    if number is None:
        raise bad_request(f"invalid pageId {text}")  # wording invented
    with sim_of(request).books.present(account) as now:
        first = number * positions.PAGE
        held = now.records.positions()[first : first + positions.PAGE]
        rows = [positions.full_row(p, now.contracts, account, now.at) for p in held]
    return reply(rows)


async def new_positions(request: web.Request) -> web.Response:
    """All positions in the newer form."""
    account = own_account(request).account
    with sim_of(request).books.present(account) as now:
        rows = [positions.new_row(p, now.contracts, now.at) for p in now.records.positions()]
    return reply(rows)


async def invalidate(request: web.Request) -> web.Response:
    """Positions are never cached here."""
    own_account(request)
    return reply({"message": "success"})


def _of_contract(request: web.Request, who: Who) -> list[dict[str, Any]]:
    conid = conid_of(request.match_info["conid"])
    with sim_of(request).books.present(who.account) as now:
        held = now.records.position(conid)
        if not held.quantity:
            return []
        return [positions.short_row(held, now.contracts, who.account, now.at)]


async def position(request: web.Request) -> web.Response:
    """The account's position in a contract; empty without one."""
    _after_accounts(request)
    return reply(_of_contract(request, own_account(request)))


async def position_everywhere(request: web.Request) -> web.Response:
    """The positions of all accounts in a contract, by account."""
    who = _after_accounts(request)
    rows = _of_contract(request, who)
    return reply({who.account: rows} if rows else {})


async def summary(request: web.Request) -> web.Response:
    """Balances and margins, each an object."""
    _after_accounts(request)
    account = own_account(request).account
    with sim_of(request).books.present(account) as now:
        balance = valuation.balance(now.records, now.contracts, now.at)
        return reply(balances.summary(balance, account, now.at))


async def ledger(request: web.Request) -> web.Response:
    """Balances by currency."""
    _after_accounts(request)
    account = own_account(request).account
    with sim_of(request).books.present(account) as now:
        balance = valuation.balance(now.records, now.contracts, now.at)
        return reply(balances.ledger(balance, account, now.at))
