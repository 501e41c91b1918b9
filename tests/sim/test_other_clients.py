"""What clients by other hands send: the forms in use beside those of IBKR's reference."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from ibcli.sim.embedded import SimServer
    from tests.sim.client import Client

ARM = 653400472
OPTION = {"conid": str(ARM), "month": "AUG25", "strike": "143", "right": "C"}


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
