"""The brokerage session: opening, competing, idling out, resets."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from ibcli.sim.sessions import NEW_YORK, last_midnight
from tests.sim.client import Answer, Client

if TYPE_CHECKING:
    from ibcli.sim.embedded import SimServer
    from tests.sim.conftest import RealTime, Serve

NO_BRIDGE = {"error": "Bad Request: no bridge", "statusCode": 400}
ALL_FALSE = {
    "authenticated": False,
    "established": False,
    "competing": False,
    "connected": False,
    "MAC": None,
}


def init(client: Client, *, compete: bool = False) -> Answer:
    return client.post("/iserver/auth/ssodh/init", {"publish": True, "compete": compete})


def status(client: Client) -> dict[str, object]:
    body: dict[str, object] = client.post("/iserver/auth/status").body
    return body


def has_no_bridge(client: Client) -> bool:
    answer = client.get("/iserver/accounts")
    return answer.status == 400 and answer.body == NO_BRIDGE


def advance(client: Client, real: RealTime, seconds: float) -> None:
    real.ahead += seconds
    client.changes = {"oauth_timestamp": str(int(real()))}


def test_iserver_needs_a_bridge(client: Client) -> None:
    assert has_no_bridge(client)
    assert status(client) == ALL_FALSE


def test_init_opens_it(client: Client) -> None:
    body = init(client).body
    assert (body["authenticated"], body["established"], body["competing"]) == (True, True, False)
    assert "fail" not in body
    assert status(client)["fail"] == ""
    assert client.get("/iserver/auth/status").body["authenticated"] is True
    assert not has_no_bridge(client)


@pytest.mark.parametrize("body", [{}, {"publish": False, "compete": True}])
def test_publish_has_to_be_true(client: Client, body: dict[str, bool]) -> None:
    assert client.post("/iserver/auth/ssodh/init", body).status == 500
    assert has_no_bridge(client)


def test_it_may_take_polls_until_it_is_established(serve: Serve) -> None:
    client = Client(serve(establish_polls=2).env())
    client.request_lst()
    first = init(client).body
    assert (first["authenticated"], first["established"]) == (True, False)
    assert has_no_bridge(client)
    assert [status(client)["established"] for _ in range(2)] == [False, True]
    assert not has_no_bridge(client)


def test_tickle_polls_too(serve: Serve) -> None:
    client = Client(serve(establish_polls=1).env())
    client.request_lst()
    init(client)
    assert client.post("/tickle").body["iserver"]["authStatus"]["established"] is True


def test_another_session_of_the_user_competes(client: Client, sim: SimServer) -> None:
    sim.session.another_session()
    body = init(client).body
    assert (body["authenticated"], body["competing"]) == (False, True)
    assert status(client)["competing"] is True
    assert has_no_bridge(client)
    body = init(client, compete=True).body
    assert (body["authenticated"], body["competing"]) == (True, False)
    assert not has_no_bridge(client)


def test_another_session_pushes_this_one_out(trader: Client, sim: SimServer) -> None:
    assert not has_no_bridge(trader)
    sim.session.another_session()
    assert has_no_bridge(trader)
    assert status(trader)["competing"] is True


def test_read_only_user(client: Client, sim: SimServer) -> None:
    sim.session.read_only()
    body = init(client, compete=True).body
    assert (body["authenticated"], body["competing"]) == (False, False)
    assert "read-only" in body["message"]
    assert has_no_bridge(client)


def test_idle_session_ends(trader: Client, real: RealTime) -> None:
    advance(trader, real, 350)
    assert not has_no_bridge(trader)
    advance(trader, real, 350)
    assert trader.post("/tickle").body["iserver"]["authStatus"]["authenticated"] is True
    advance(trader, real, 370)
    assert has_no_bridge(trader)
    assert trader.post("/tickle").body["iserver"]["authStatus"]["connected"] is False


def test_midnight_ends_sessions(serve: Serve, real: RealTime) -> None:
    sim = serve(midnight_reset=True, idle_seconds=1e9)
    midnight = last_midnight(real())
    real.ahead = midnight + 86_400 * 2 + 3600 - real()  # an hour after a later midnight, about
    client = Client(sim.env(), changes={"oauth_timestamp": str(int(real()))})
    client.login()
    advance(client, real, 60)
    assert not has_no_bridge(client)
    advance(client, real, 70_000)  # still the same day in New York
    assert not has_no_bridge(client)
    advance(client, real, 3600 * 6)
    client.request_lst()
    assert has_no_bridge(client)


def test_last_midnight_is_new_yorks() -> None:
    noon = datetime(2025, 8, 18, 12, tzinfo=NEW_YORK).timestamp()
    assert datetime.fromtimestamp(last_midnight(noon), UTC) == datetime(2025, 8, 18, 4, tzinfo=UTC)


def test_what_a_session_did_ends_with_it(trader: Client, sim: SimServer) -> None:
    trader.get("/iserver/secdef/search", symbol="ARM")
    sim.session.end()
    init(trader)
    query = {"conid": 653400472, "sectype": "OPT", "month": "AUG25"}
    assert trader.get("/iserver/secdef/strikes", **query).body == {"call": [], "put": []}
    assert trader.get("/iserver/marketdata/snapshot", conids=653400472, fields=31).status == 500


def test_tickle_over_oauth_lacks_the_sign_on_fields(trader: Client) -> None:
    body = trader.post("/tickle").body
    assert set(body) == {"session", "hmds", "iserver"}


def test_accounts(trader: Client) -> None:
    body = trader.get("/iserver/accounts").body
    account = trader.env["IB_ACCOUNT_ID"]
    assert (body["accounts"], body["selectedAccount"], body["isPaper"]) == (
        [account],
        account,
        True,
    )
    assert trader.get("/portfolio/accounts").body[0]["accountId"] == account


def test_live_account(serve: Serve) -> None:
    sim = serve(account="U7654321")
    assert sim.env()["IB_IS_LIVE"] == "true"
    trader = Client(sim.env()).login()
    body = trader.get("/iserver/accounts").body
    assert (body["accounts"], body["isPaper"]) == (["U7654321"], False)
    assert trader.get("/portfolio/accounts").body[0]["type"] == "INDIVIDUAL"


def test_account_is_set_already(trader: Client) -> None:
    right = trader.post("/iserver/account", {"acctId": trader.env["IB_ACCOUNT_ID"]})
    assert (right.status, right.body) == (200, {"success": "Account already set"})
    assert trader.post("/iserver/account", {"acctId": "U0"}).status == 400


def test_no_brokerage_session_is_needed_elsewhere(client: Client) -> None:
    assert client.get("/portfolio/accounts").status == 200
    assert client.get("/trsrv/stocks", symbols="AAPL").status == 200
