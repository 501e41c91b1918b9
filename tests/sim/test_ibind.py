"""ibind's own client, unmodified, against the simulator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ibcli.sim.embedded import SimServer


@pytest.fixture
def ibkr(sim: SimServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """Its OAuth takes another address only as ``oauth_rest_url``; its Host header stays
    api.ibkr.com.
    """
    monkeypatch.setenv("IBIND_ENV_FILE", "/dev/null")
    monkeypatch.setenv("HOME", str(tmp_path))
    import ibind
    from ibind.oauth.oauth1a import OAuth1aConfig

    monkeypatch.setattr(ibind.var, "LOG_TO_FILE", False)
    env = sim.env()
    config = OAuth1aConfig(
        oauth_rest_url=f"{env['IB_API_URL']}/",
        access_token=env["IB_ACCESS_TOKEN"],
        access_token_secret=env["IB_ACCESS_TOKEN_SECRET"],
        consumer_key=env["IB_CONSUMER_KEY"],
        dh_prime=_prime(env["IB_DH_PARAM_PATH"]),
        encryption_key_fp=env["IB_ENCRYPTION_KEY_PATH"],
        signature_key_fp=env["IB_SIGNATURE_KEY_PATH"],
        realm=env["IB_REALM"],
        maintain_oauth=False,
        shutdown_oauth=True,
    )
    client: Any = ibind.IbkrClient(
        account_id=env["IB_ACCOUNT_ID"],
        use_oauth=True,
        oauth_config=config,
        auto_register_shutdown=False,
    )
    yield client
    client.close()


def _prime(path: str) -> str:
    """Out of the parameters file by hand: two integers in a sequence, the prime first."""
    from base64 import b64decode
    from pathlib import Path

    body = b64decode("".join(Path(path).read_text().splitlines()[1:-1]))
    start = body.index(b"\x02\x82\x01\x01") + 4
    return body[start : start + 257].hex()


def test_it_logs_in_and_reads_a_chain(ibkr: Any, sim: SimServer) -> None:
    assert ibkr.check_auth_status()
    accounts = ibkr.receive_brokerage_accounts().data
    assert accounts["selectedAccount"] == sim.env()["IB_ACCOUNT_ID"]

    listings = ibkr.search_contract_by_symbol("ARM").data
    smart = next(
        row
        for row in listings
        for s in row["sections"]
        if s["secType"] == "OPT" and "SMART" in s["exchange"]
    )
    month = next(s["months"] for s in smart["sections"] if s["secType"] == "OPT").split(";")[0]
    strikes = ibkr.search_strikes_by_conid(smart["conid"], "OPT", month).data
    around = [k for k in strikes["call"] if 142 <= k <= 145]
    contracts = [
        row
        for strike in around
        for row in ibkr.search_secdef_info_by_conid(
            smart["conid"], "OPT", month, strike=str(strike)
        ).data
        if row["maturityDate"] == "20250822"
    ]
    assert len(contracts) == 2 * len(around)
    assert {804155360, 796812614} <= {row["conid"] for row in contracts}

    conids = [str(row["conid"]) for row in contracts]
    fields = ["31", "84", "86", "7308"]
    for _ in range(3):
        rows = ibkr.live_marketdata_snapshot(conids, fields).data
    assert all({"84", "86", "7308"} <= row.keys() for row in rows)
    call = next(row for row in rows if row["conid"] == 804155360)
    assert float(call["84"]) < float(call["86"])

    assert {request.signed for request in sim.requests} == {"none", "unsigned"}


def test_it_logs_out(ibkr: Any, sim: SimServer) -> None:
    ibkr.close()
    assert sim.requests[-1].path.endswith("/logout")
    assert sim.requests[-1].status == 200
    with pytest.raises(Exception, match="401"):
        ibkr.tickle()
    ibkr.oauth_config.shutdown_oauth = False
