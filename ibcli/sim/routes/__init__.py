"""The endpoints, by the part of the API that they belong to."""

from __future__ import annotations

from aiohttp import web

from ibcli.sim.routes import (
    analyst,
    blotter,
    contracts,
    control,
    definitions,
    history,
    login,
    marketdata,
    orders,
    portfolio,
    schedules,
    secdef,
    session,
    socket,
)

_MODULES = (
    analyst,
    blotter,
    contracts,
    control,
    definitions,
    history,
    login,
    marketdata,
    orders,
    portfolio,
    schedules,
    secdef,
    session,
    socket,
)


def all_routes() -> list[web.RouteDef]:
    """Every route of the simulator, also with a slash at its end: IBKR's Python demo calls
    ``/iserver/auth/ssodh/init/``.
    """
    routes = [route for module in _MODULES for route in module.ROUTES]
    slashed = (
        web.RouteDef(route.method, f"{route.path}/", route.handler, route.kwargs)
        for route in routes
    )
    return [*routes, *slashed]
