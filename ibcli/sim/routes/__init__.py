"""The endpoints, by the part of the API that they belong to."""

from __future__ import annotations

from aiohttp import web

from ibcli.sim.routes import (
    contracts,
    control,
    definitions,
    history,
    late,
    login,
    marketdata,
    schedules,
    secdef,
    session,
)

_MODULES = (
    contracts,
    control,
    definitions,
    history,
    late,
    login,
    marketdata,
    schedules,
    secdef,
    session,
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
