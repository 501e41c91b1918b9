"""Routes whose modules are imported at their first request: those of orders and accounts bring the
whole back office with them, and the socket brings them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from aiohttp import web

from ibcli.sim.options import BASE_PATH

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

TABLE = """
GET    /iserver/account/orders                      blotter.orders
GET    /iserver/account/order/status/{order}        blotter.status
GET    /iserver/account/trades                      blotter.trade_list
GET    /iserver/account/pnl/partitioned             blotter.partitioned
GET    /iserver/account/{account}/summary           blotter.summary
POST   /iserver/account/{account}/orders            orders.place
POST   /iserver/account/{account}/orders/whatif     orders.what_if
POST   /iserver/account/{account}/order/{order}     orders.modify
DELETE /iserver/account/{account}/order/{order}     orders.cancel
POST   /iserver/reply/{reply}                       orders.answer
POST   /iserver/notification                        orders.notification
POST   /iserver/questions/suppress                  orders.suppress
POST   /iserver/questions/suppress/reset            orders.unsuppress
POST   /pa/performance                              analyst.performance
POST   /pa/transactions                             analyst.transactions
GET    /portfolio/accounts                          portfolio.accounts
GET    /portfolio/subaccounts                       portfolio.accounts
GET    /portfolio/positions/{conid}                 portfolio.position_everywhere
GET    /portfolio/{account}/meta                    portfolio.meta
GET    /portfolio/{account}/positions/{page}        portfolio.page
POST   /portfolio/{account}/positions/invalidate    portfolio.invalidate
GET    /portfolio/{account}/position/{conid}        portfolio.position
GET    /portfolio/{account}/summary                 portfolio.summary
GET    /portfolio/{account}/ledger                  portfolio.ledger
GET    /portfolio2/{account}/positions              portfolio.new_positions
GET    /ws                                          socket.serve
"""


def _handler(module: str, name: str) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        found: Handler = getattr(import_module(f"ibcli.sim.routes.{module}"), name)
        return await found(request)

    return handler


def _routes() -> list[web.RouteDef]:
    rows = (line.split() for line in TABLE.strip().splitlines())
    return [
        web.route(method, f"{BASE_PATH}{path}", _handler(*name.split(".")))
        for method, path, name in rows
    ]


ROUTES = _routes()
