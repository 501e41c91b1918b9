"""Our bodies against recorded ones: the same keys, values of the same types. Skips without the
recordings.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.sim.client import Client

if TYPE_CHECKING:
    from ibcli.sim.embedded import SimServer

PAYLOADS = Path(__file__).parents[3] / "shared" / "ibkr" / "payloads"
pytestmark = pytest.mark.skipif(not PAYLOADS.is_dir(), reason="the recordings are not here")

ARM, SPY, AAPL, CALL = 653400472, 756733, 265598, 804155360


def recorded(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text())["body"]


def kind(value: object) -> str:
    """The JSON type; all numbers are one, for 2 and 2.0 do not differ in JSON."""
    if isinstance(value, bool) or value is None:
        return str(type(value).__name__)
    return "number" if isinstance(value, int | float) else type(value).__name__


def differences(ours: Any, theirs: Any, where: str = "") -> list[str]:
    """What of the recorded shape ours lacks or has otherwise; null goes with anything, lists by
    their first.
    """
    if ours is None or theirs is None:
        return []
    if kind(ours) != kind(theirs):
        return [f"{where}: {kind(ours)} instead of {kind(theirs)}"]
    if isinstance(theirs, dict):
        missing = [f"{where}.{key}: missing" for key in theirs.keys() - ours.keys()]
        shared = theirs.keys() & ours.keys()
        return missing + [
            d for k in shared for d in differences(ours[k], theirs[k], f"{where}.{k}")
        ]
    if isinstance(theirs, list) and theirs and ours:
        return differences(ours[0], theirs[0], f"{where}[0]")
    return []


def accounts_as(account: str, body: Any) -> Any:
    """Recorded keys that are account ids, made ours."""
    return json.loads(json.dumps(body).replace("U1234567", account))


ENDPOINTS = [
    ("iserver-accounts--live", "/iserver/accounts", {}),
    ("auth-status--authenticated", "/iserver/auth/status", {}),
    ("portfolio-accounts--paper", "/portfolio/accounts", {}),
    ("sso-validate--gateway", "/sso/validate", {}),
    ("secdef-info--stock-aapl", "/iserver/secdef/info", {"conid": AAPL}),
    (
        "secdef-info--option-aapl-oct24-no-right",
        "/iserver/secdef/info",
        {"conid": ARM, "sectype": "OPT", "month": "AUG25", "strike": "140"},
    ),
    (
        "secdef-info--future-esm6",
        "/iserver/secdef/info",
        {"conid": 11004968, "sectype": "FUT", "month": "SEP25"},
    ),
    ("secdef-info--bad-conid-500", "/iserver/secdef/info", {"conid": 999999999}),
    (
        "strikes--spy-trimmed",
        "/iserver/secdef/strikes",
        {"conid": SPY, "sectype": "OPT", "month": "AUG25"},
    ),
    ("contract-info--spy", f"/iserver/contract/{SPY}/info", {}),
    ("contract-info-and-rules--aapl", f"/iserver/contract/{AAPL}/info-and-rules", {}),
    ("contract-algos--spy", f"/iserver/contract/{AAPL}/algos", {}),
    ("trsrv-secdef--spy", "/trsrv/secdef", {"conids": SPY}),
    ("trsrv-stocks--one", "/trsrv/stocks", {"symbols": "AAPL"}),
    (
        "trsrv-schedule--ibm",
        "/trsrv/secdef/schedule",
        {"assetClass": "STK", "symbol": "SPY"},
    ),
    (
        "history--spy-1min",
        "/iserver/marketdata/history",
        {"conid": SPY, "period": "1d", "bar": "1min", "startTime": "20250815-20:00:00"},
    ),
    ("unsubscribeall--ok", "/iserver/marketdata/unsubscribeall", {}),
]


@pytest.fixture
def ready(trader: Client) -> Client:
    trader.get("/iserver/secdef/search", symbol="SPY")
    trader.get("/iserver/secdef/search", symbol="ARM")
    return trader


@pytest.mark.parametrize(("name", "path", "query"), ENDPOINTS, ids=lambda v: str(v)[:40])
def test_gets(ready: Client, name: str, path: str, query: dict[str, Any]) -> None:
    ours = ready.get(path, **query).body
    assert differences(ours, accounts_as(ready.env["IB_ACCOUNT_ID"], recorded(name))) == []


POSTS = [
    ("ssodh-init--ok", "/iserver/auth/ssodh/init", {"publish": True, "compete": True}),
    ("tickle--oauth-no-sso-fields", "/tickle", {}),
    ("contract-rules--spy", "/iserver/contract/rules", {"conid": SPY, "isBuy": True}),
    ("contract-rules--full-sample", "/iserver/contract/rules", {"conid": SPY, "isBuy": True}),
    ("iserver-account-switch--ok", "/iserver/account", {"acctId": "DU1234567"}),
    ("logout--ok", "/logout", {}),
]


@pytest.mark.parametrize(("name", "path", "body"), POSTS, ids=lambda v: str(v)[:40])
def test_posts(ready: Client, name: str, path: str, body: dict[str, Any]) -> None:
    assert differences(ready.post(path, body).body, recorded(name)) == []


def by_sections(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The row to trade, its sections by type."""
    row = next(r for r in rows if any("SMART;" in s.get("exchange", "") for s in r["sections"]))
    return row | {"sections": {s["secType"]: s for s in row["sections"]}}


def test_search(trader: Client) -> None:
    ours = trader.get("/iserver/secdef/search", symbol="AAPL").body
    theirs = recorded("secdef-search--aapl-stk-with-opt")
    row = by_sections(theirs)
    row["sections"] = {k: v for k, v in row["sections"].items() if k in ("STK", "OPT")}
    assert differences(by_sections(ours), row) == []
    assert differences(ours[-1], theirs[-1]) == []


def test_trading_schedule(trader: Client) -> None:
    ours = trader.get("/contract/trading-schedule", conid=SPY).body
    theirs = recorded("contract-trading-schedule--spy")
    assert ours["exchange_time_zone"] == theirs["exchange_time_zone"]
    first, expected = (next(iter(body["schedules"].values())) for body in (ours, theirs))
    assert differences(first, expected) == []


def snapshots(client: Client, conids: str, fields: str) -> list[Any]:
    for _ in range(3):
        rows: list[Any] = client.get(
            "/iserver/marketdata/snapshot", conids=conids, fields=fields
        ).body
    return rows


def test_first_snapshot(trader: Client) -> None:
    body = trader.get("/iserver/marketdata/snapshot", conids="8894", fields="31").body
    assert body == recorded("snapshot--preflight")


def test_option_snapshot(ready: Client) -> None:
    theirs = recorded("snapshot--option-greeks-fb-2021")[0]
    fields = ",".join(key for key in theirs if key.isdigit())
    assert differences(snapshots(ready, str(CALL), fields)[0], theirs) == []


def test_stock_and_dead_snapshots(ready: Client) -> None:
    theirs = recorded("snapshot--stocks-frozen-and-unknown-conid")
    ours = snapshots(ready, f"{AAPL},104747", "31,84,86,6509")
    assert differences(ours[0], theirs[0]) == []
    assert ours[1].keys() == theirs[2].keys()


def test_stock_volume(ready: Client) -> None:
    ours = snapshots(ready, str(SPY), "31,87,7741")
    assert differences(ours, recorded("snapshot--stock-volume-2026")) == []


ERRORS = [
    ("error--400-no-bridge", "/iserver/accounts"),
    ("auth-status--after-logout", "/iserver/auth/status"),
]


@pytest.mark.parametrize(("name", "path"), ERRORS)
def test_without_a_session(client: Client, name: str, path: str) -> None:
    assert client.get(path).body == recorded(name)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("error--401-invalid-consumer", {"IB_CONSUMER_KEY": "NOBODYYYY"}),
        ("error--401-lst-failed-no-access-secret", {"IB_ACCESS_TOKEN": "0" * 20}),
    ],
)
def test_login_errors(sim: SimServer, name: str, changes: dict[str, str]) -> None:
    answer, theirs = Client(sim.env() | changes).request_lst(), recorded(name)
    assert differences(answer.body, theirs) == []
    assert answer.body["error"].split(",", 1)[1] == theirs["error"].split(",", 1)[1]
    assert answer.body["statusCode"] == theirs["statusCode"]


def test_live_session_token(sim: SimServer) -> None:
    theirs = recorded("oauth-live-session-token--sample")
    assert differences(Client(sim.env()).request_lst().body, theirs) == []
