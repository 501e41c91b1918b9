"""The brokerage session: ssodh/init, auth/status, accounts, tickle, logout, sso/validate."""

from __future__ import annotations

from aiohttp import web

from ibcli.sim import bodies
from ibcli.sim.errors import bad_request, server_error
from ibcli.sim.options import BASE_PATH
from ibcli.sim.wire import json_object, reply, signed_in, sim_of, truth


async def ssodh_init(request: web.Request) -> web.Response:
    """Open the brokerage session. ``publish`` has to be true.

    IBKR's reference has a JSON body; its guide and the samples of its own staff put the two into
    the query, some with GET.
    """
    body = {**request.query, **await json_object(request)}
    if not truth(body.get("publish", False)):
        raise server_error("failed to publish session")  # 500 is reported, the wording invented
    status = sim_of(request).sessions.begin(
        signed_in().username, compete=truth(body.get("compete", False))
    )
    return reply(bodies.session_status(status))


async def auth_status(request: web.Request) -> web.Response:
    """Each request brings a session that is being established one step nearer."""
    status = sim_of(request).sessions.poll(signed_in().username)
    return reply(bodies.session_status(status, with_fail=True))


async def accounts(request: web.Request) -> web.Response:
    """Has to be called once a session before market data and orders."""
    who = signed_in()
    sim_of(request).sessions.note_accounts(who.username)
    return reply(bodies.accounts(who.account))


async def switch_account(request: web.Request) -> web.Response:
    """There is one account, and it is set already."""
    body = await json_object(request)
    if body.get("acctId") != signed_in().account:
        raise bad_request(f"accountId is not valid: {body.get('acctId')}")
    return reply({"success": "Account already set"})


async def tickle(request: web.Request) -> web.Response:
    """Keeps the session alive, and reports on it."""
    who = signed_in()
    return reply(bodies.tickle(sim_of(request).sessions.poll(who.username), who))


async def logout(request: web.Request) -> web.Response:
    """Ends the brokerage session and the live session tokens of everybody who shares them."""
    sim, who = sim_of(request), signed_in()
    with sim.store.transaction():
        sim.sessions.end(who.username)
        sim.registry.end_live_tokens(who.username)
    return reply({"status": True})


async def sso_validate(request: web.Request) -> web.Response:
    """The single-sign-on session behind the brokerage session."""
    sim = sim_of(request)
    return reply(bodies.sso_validate(signed_in().username, int(sim.options.idle_seconds)))


ROUTES = [
    web.post(f"{BASE_PATH}/iserver/auth/ssodh/init", ssodh_init),
    web.get(f"{BASE_PATH}/iserver/auth/ssodh/init", ssodh_init, allow_head=False),
    web.post(f"{BASE_PATH}/iserver/auth/status", auth_status),
    web.get(f"{BASE_PATH}/iserver/auth/status", auth_status, allow_head=False),
    web.get(f"{BASE_PATH}/iserver/accounts", accounts, allow_head=False),
    web.post(f"{BASE_PATH}/iserver/account", switch_account),
    web.post(f"{BASE_PATH}/tickle", tickle),
    web.get(f"{BASE_PATH}/tickle", tickle, allow_head=False),
    web.post(f"{BASE_PATH}/logout", logout),
    web.get(f"{BASE_PATH}/logout", logout, allow_head=False),  # as samples of IBKR's staff do
    web.get(f"{BASE_PATH}/sso/validate", sso_validate, allow_head=False),
]
