"""/portfolio: the accounts. Positions and balances are not simulated."""

from __future__ import annotations

from aiohttp import web

from ibcli.sim import bodies
from ibcli.sim.options import BASE_PATH
from ibcli.sim.wire import reply, signed_in


async def accounts(_: web.Request) -> web.Response:
    """The one account."""
    return reply([bodies.portfolio_account(signed_in().account)])


ROUTES = [
    web.get(f"{BASE_PATH}/portfolio/accounts", accounts, allow_head=False),
    web.get(f"{BASE_PATH}/portfolio/subaccounts", accounts, allow_head=False),
]
