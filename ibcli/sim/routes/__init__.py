"""The endpoints, by the part of the API that they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.sim.routes import (
    contracts,
    control,
    definitions,
    history,
    login,
    marketdata,
    portfolio,
    schedules,
    secdef,
    session,
    socket,
)

if TYPE_CHECKING:
    from aiohttp import web

_MODULES = (
    contracts,
    control,
    definitions,
    history,
    login,
    marketdata,
    portfolio,
    schedules,
    secdef,
    session,
    socket,
)


def all_routes() -> list[web.RouteDef]:
    """Every route of the simulator."""
    return [route for module in _MODULES for route in module.ROUTES]
