"""What clients by other hands send: the forms in use beside those of IBKR's reference."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import pytest

from tests.sim.client import Client

if TYPE_CHECKING:
    from collections.abc import Callable

    from ibcli.sim.embedded import SimServer
    from tests.sim.client import Answer
    from tests.sim.conftest import Serve

ARM = 653400472
OPTION = {"conid": str(ARM), "month": "AUG25", "strike": "143", "right": "C"}


def raw_post(
    client: Client, path: str, data: bytes, headers: dict[str, str] | None = None
) -> Answer:
    """A body sent as it is."""
    signed = {"Authorization": client.authorization("POST", path, {})}
    return client.exchange("POST", path, data, signed | (headers or {}))


def encodings() -> dict[str, Callable[[str], str]]:
    return {
        "form": quote_plus,
        "strict": lambda text: quote(text, safe=""),
        "slash kept": quote,
        "javascript": lambda text: quote(text, safe="!'()*"),
    }


@pytest.mark.parametrize("encode", encodings().values(), ids=encodings().keys())
@pytest.mark.parametrize("value", ["A/B", "A(B)*!'", "A B", "A,B"])
def test_signed_lists_are_encoded_in_several_ways(
    trader: Client, encode: Callable[[str], str], value: str
) -> None:
    parameters = trader.oauth_parameters("HMAC-SHA256")
    listed = "&".join(f"{k}={v}" for k, v in sorted((parameters | {"symbol": value}).items()))
    path = "/iserver/secdef/search"
    base = f"GET&{quote_plus(trader.url + path)}&{encode(listed)}"
    signature = hmac.digest(trader.lst, base.encode(), "sha256")
    headers = {"Authorization": trader.header(parameters, signature)}
    assert trader.send("GET", path, {"symbol": value}, headers=headers).status == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/iserver/auth/ssodh/init", "/iserver/auth/ssodh/init/"])
@pytest.mark.parametrize("truth", ["true", "True"])
def test_init_with_a_query(client: Client, method: str, path: str, truth: str) -> None:
    answer = client.call(method, path, {"publish": truth, "compete": truth})
    assert answer.status == 200
    assert answer.body["authenticated"] is True


def test_init_with_a_query_that_does_not_publish(client: Client) -> None:
    answer = client.call("POST", "/iserver/auth/ssodh/init", {"publish": "false"})
    assert answer.status == 500


def test_logout_by_get(trader: Client) -> None:
    assert trader.get("/logout").body == {"status": True}
    assert trader.get("/iserver/accounts").status == 401


def test_slash_at_the_end(trader: Client, sim: SimServer) -> None:
    sim.faults.add("/tickle", status=503)
    assert trader.get("/iserver/accounts/").status == 200
    assert trader.post("/tickle/").status == 503
    assert trader.post("/tickle/").status == 200


@pytest.mark.parametrize("name", ["sectype", "secType"])
def test_both_spellings_of_sectype(trader: Client, name: str) -> None:
    trader.get("/iserver/secdef/search", symbol="ARM")
    strikes = trader.get("/iserver/secdef/strikes", **OPTION, **{name: "OPT"})
    assert 143.0 in strikes.body["call"]
    info = trader.get("/iserver/secdef/info", **OPTION, **{name: "OPT"})
    assert {row["secType"] for row in info.body} == {"OPT"}


def test_definitions_by_post(trader: Client) -> None:
    answer = trader.post("/trsrv/secdef", {"conids": [ARM, 265598]})
    assert answer.body == trader.get("/trsrv/secdef", conids=f"{ARM},265598").body
    assert trader.post("/trsrv/secdef", {}).status == 400


@pytest.mark.parametrize(
    "data", [b"\xff\xfe", b"{", b"[" * 100_000, b"[]", '{"symbol":"ARM"}'.encode("utf-16")]
)
def test_bodies_that_are_no_json_objects(trader: Client, data: bytes) -> None:
    answer = raw_post(trader, "/iserver/secdef/search", data)
    assert (answer.status, answer.body["statusCode"]) == (400, 400)


@pytest.mark.parametrize("kind", ["application/json; charset=nonsense", "text/plain", ""])
def test_the_kind_of_a_body_does_not_matter(trader: Client, kind: str) -> None:
    data = b'\xef\xbb\xbf{"symbol":"ARM"}'
    answer = raw_post(trader, "/iserver/secdef/search", data, {"Content-Type": kind})
    assert answer.status == 200


def test_a_body_that_is_not_packed_as_it_says(trader: Client) -> None:
    answer = raw_post(trader, "/iserver/secdef/search", b"{}", {"Content-Encoding": "gzip"})
    assert answer.status == 400


@pytest.mark.parametrize("strike", ["1e999999", "-1e999999", "1e-999999", "9" * 400])
def test_strikes_beyond_all_bounds(trader: Client, strike: str) -> None:
    asked = OPTION | {"sectype": "OPT", "strike": strike}
    assert trader.get("/iserver/secdef/info", **asked).body in (
        [],
        {"error": f"Bad Request: invalid strike {strike[:20]}", "statusCode": 400},
    )


def test_other_derivatives_have_no_strikes(trader: Client) -> None:
    trader.get("/iserver/secdef/search", symbol="ARM")
    answer = trader.get("/iserver/secdef/strikes", conid=ARM, month="AUG25", sectype="WAR")
    assert answer.body == {"call": [], "put": []}


def test_a_conid_may_name_its_exchange(trader: Client) -> None:
    answer = trader.get("/iserver/marketdata/snapshot", conids=f"{ARM}@SMART,265598")
    assert [row["conid"] for row in answer.body] == [ARM, 265598]


@pytest.mark.parametrize(
    "conid", ["9" * 10, "9" * 400, "1_000", "\u0661", "1.0", "@SMART", "-", "\0"]
)
def test_conids_that_are_none(trader: Client, conid: str) -> None:
    answer = trader.get("/iserver/marketdata/snapshot", conids=conid)
    assert (answer.status, answer.body["statusCode"]) == (400, 400)


@pytest.mark.parametrize(
    "window",
    [
        pytest.param({"period": "15y", "bar": "1d"}, marks=pytest.mark.proof),
        pytest.param({"period": "2y", "bar": "1m"}, marks=pytest.mark.proof),
        {"period": "1d", "startTime": "00010101-00:00:00"},
        {"period": "1d", "startTime": "19900101-00:00:00"},
        {"period": "15y", "bar": "1S"},
    ],
)
def test_history_beyond_all_bounds(trader: Client, window: dict[str, str]) -> None:
    answer = trader.get("/iserver/marketdata/history", conid=ARM, **window)
    if answer.status == 200:  # else there is none so early
        assert 0 < len(answer.body["data"]) <= 1000
    else:
        assert (answer.status, answer.body) == (500, {"error": "Chart data unavailable"})


@pytest.mark.parametrize("window", [{"period": "16y"}, {"period": "1y", "bar": "2m"}])
def test_history_longer_than_documented(trader: Client, window: dict[str, str]) -> None:
    assert trader.get("/iserver/marketdata/history", conid=ARM, **window).status == 400


def test_the_gateway_asks_for_no_user_agent(serve: Serve) -> None:
    client = Client(serve(gateway=True).env(), user_agent=None)
    assert client.get("/iserver/accounts").status == 200


@pytest.mark.parametrize("clock", ["2025-08-18T08:00", "2025-08-18T09:30", "2025-04-21T07:00"])
def test_a_day_of_history_before_the_open_is_the_latest_one(serve: Serve, clock: str) -> None:
    client = Client(serve(clock=clock).env()).login()
    answer = client.get("/iserver/marketdata/history", conid=ARM, period="1d", bar="5min")
    assert len(answer.body["data"]) == 78
