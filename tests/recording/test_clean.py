"""Nothing private is in a recording, whatever the broker says and wherever it says it."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import simplejson

from ibcli.broker.recording.cleaning import clean_answer, clean_body, clean_path
from ibcli.broker.recording.fields import KEPT, NAMES
from ibcli.broker.recording.header import header, words_of
from ibcli.broker.recording.recorder import Recorder
from ibcli.broker.recording.words import Words
from ibcli.broker.wire import Answer, Kind, WireError
from ibcli.config import load_settings
from tests.recording.clean_room import what_is_private

if TYPE_CHECKING:
    from pathlib import Path

    from tests.recording.conftest import Bench

CONSUMER, TOKEN, SECRET = "CANARYKEY", "c0ffee1234567890abcd", "Y2FuYXJ5+Zm9y/dGVzdHM="
LST = "bGl2ZXNlc3Npb250b2tlbjEyMzQ="
SECRETS = (CONSUMER, TOKEN, SECRET)
ACCOUNT, OTHER, ALIAS = "U7654321", "F8812345", "Grandma"
PEOPLE = ("canaryuser", "Jane Canary", "jane.canary@example.org")
ADDRESSES = ("203.0.113.77", "2001:db8::dead:beef", "AA:BB:CC:DD:EE:01")
HOME = "/home/jane/ibcli/config/.env"
SESSION = "0123456789abcdef0123456789abcdef"
CANARIES = (*SECRETS, LST, ACCOUNT, OTHER, *PEOPLE, *ADDRESSES, HOME, SESSION, "7654321")

# Every field that IBKR has been seen to send, ours and others', and some that it may send one day.
FIELDS = sorted(
    KEPT
    | NAMES
    | {
        "acctProps",
        "serverInfo",
        "sessionId",
        "session",
        "ssoExpires",
        "userId",
        "MAC",
        "hardware_info",
        "TOKEN",
        "IP",
        "CREDENTIAL",
        "USER_ID",
        "HARDWARE_INFO",
        "UNIQUE_LOGIN_ID",
        "DEFAULT_ACCT",
        "accountVan",
        "accountTitle",
        "ibEntity",
        "parent",
        "groups",
        "profiles",
        "acctCustType",
        "clearing_id",
        "clearing_name",
        "model",
        "oauth_token",
        "authorization",
        "cookie",
        "diffie_hellman_response",
        "live_session_token_signature",
        "brandNewField",
        "31",
        "6509",
        "87_raw",
        "L",
        "N",
        "V",
    }
)


def words() -> Words:
    return Words(SECRETS, [ACCOUNT], ["canaryuser", "jane", "Jane Canary"])


def planted(canary: str) -> dict[str, Any]:
    """The canary in every field, alone and amid other words, in lists, objects and keys."""
    amid = f"(see {canary}, as told)"
    return {
        "accounts": [ACCOUNT, OTHER],
        "selectedAccount": ACCOUNT,
        "aliases": {ACCOUNT: ALIAS},
        "displayName": PEOPLE[1],
        "orders": [
            dict.fromkeys(FIELDS, canary),
            dict.fromkeys(FIELDS, amid),
            {name: {"message": [canary], canary: canary} for name in FIELDS},
        ],
        canary: amid,
    }


@pytest.mark.parametrize("canary", CANARIES)
@pytest.mark.parametrize(
    "path", ["/iserver/account/orders", "/iserver/accounts", "/tickle", "/new"]
)
def test_no_canary_sings(canary: str, path: str) -> None:
    own = words()
    text = clean_answer(path, json.dumps(planted(canary)), own).text
    again = clean_answer(path, json.dumps(planted(canary)), own).text
    assert what_is_private(text, [*CANARIES, ALIAS]) == []
    assert text == again


@pytest.mark.parametrize("canary", CANARIES)
def test_nor_in_what_is_sent(canary: str) -> None:
    own = words()
    body = json.dumps({"orders": [{"acctId": ACCOUNT, "cOID": canary, "ticker": canary}]})
    path = f"/iserver/reply/{quote(canary, safe='')}"
    sent = f"{clean_path(path, own)}\n{clean_body(body.encode(), own)}"
    assert what_is_private(sent, CANARIES) == []


@pytest.mark.parametrize("canary", CANARIES)
@pytest.mark.parametrize("text", ["<html>{}</html>", "{{'torn': '{}", "{}", '"{}"', "[NaN, '{}']"])
def test_nor_in_what_is_no_json(canary: str, text: str) -> None:
    cleaned = clean_answer("/iserver/accounts", text.format(canary), words())
    assert what_is_private(cleaned.text, CANARIES) == []


def test_nothing_of_a_login_is_kept() -> None:
    answer = {
        "diffie_hellman_response": SESSION,
        "live_session_token_signature": TOKEN * 2,
        "live_session_token_expiration": 1755542439000,
        "error": f"id: 39687, error: invalid consumer {CONSUMER}",
    }
    cleaned = clean_answer("/oauth/live_session_token", json.dumps(answer), words())
    assert json.loads(cleaned.text) == {"error": "invalid consumer"}
    assert clean_answer("/oauth/live_session_token", '{"error": "new words"}', words()).text == ""


def test_accounts_are_replaced_alike_everywhere() -> None:
    own = words()
    rows = [
        {"acctId": ACCOUNT, "text": f"of {ACCOUNT}.", "account": OTHER},
        {"acct": "Grandma", "description": "Grandma's and grandma"},
    ]
    text = clean_answer("/iserver/account/orders", json.dumps({"orders": rows}), own).text
    assert json.loads(text)["orders"] == [
        {"acctId": "U0000001", "text": "of U0000001.", "account": "F0000002"},
        {"acct": "ALIAS3", "description": "ALIAS3's and grandma"},
    ]
    assert clean_path(f"/portfolio/{ACCOUNT}/positions/0", own) == "/portfolio/U0000001/positions/0"


def test_an_account_is_known_in_small_letters_too() -> None:
    """As a user may write it on the command line, in a job's name or an order's."""
    own = words()
    small = ACCOUNT.lower()
    assert own.clean(ACCOUNT) == "U0000001"
    assert own.clean(f"job-of-{small} {small}.") == "job-of-U0000001 U0000001."
    assert own.account(small) == "U0000001"
    assert own.clean("du9876543 and f9876543") == "DU0000002 and F0000003"  # never heard of before
    assert own.is_account(small)
    for plain in ("aug2025", "e2e12345678", "x123456", "spy251219", "u12"):
        assert own.clean(plain) == plain


def test_the_account_cannot_be_found_again_from_an_orders_name() -> None:
    """It holds a hash of the account's number, of which there are only ten million."""
    name = "morning-250818-1-5f0c2b7a91-1"
    own = words()
    cleaned = own.clean(f"{name} and {name}-stop")
    assert "5f0c2b7a91" not in cleaned
    assert cleaned == "morning-250818-1-0000000001-1 and morning-250818-1-0000000001-1-stop"


def test_other_programs_names_of_orders_are_replaced() -> None:
    own = words()
    rows = [{"order_ref": "Jane's hedge"}, {"order_ref": "OptTrader"}, {"cOID": "Jane's hedge"}]
    text = clean_answer("/iserver/account/orders", json.dumps(rows), own).text
    assert json.loads(text) == [{"order_ref": "REF1"}, {"order_ref": "REF2"}, {"cOID": "REF1"}]


def test_what_trading_needs_stays_as_it_was() -> None:
    row = {
        "conid": 804155360,
        "conidex": "28812380;;;653400472/1,804155360/-1",
        "execution_id": "0000e0d5.64d2aaaa.01.01",
        "contractDesc": "ARM    AUG2025 143 C [ARM   250822C00143000 100]",
        "trade_time": "20250818-13:30:00",
        "liquid_hours": "20250818:0930-20250818:1600;20250819:0930-20250819:1600",
        "price": "1,300.50",
        "84": "1.60",
        "_updated": 1755542439000,
        "cOID": "order-spy-both-0dte-delta-0-10-250818-1-0000000001-1",
        "companyName": "SPDR S&P 500 ETF TRUST",
        "validExchanges": "SMART,AMEX,CBOE,SAPPHIRE",
    }
    text = clean_answer("/iserver/account/orders", json.dumps([row]), words()).text
    assert json.loads(text) == [row]


def test_numbers_stay_as_they_were_written() -> None:
    written = '{"price":1.60,"strike":143.0,"commission":1E-7,"quantity":1}'
    text = clean_answer("/iserver/account/orders", written, words()).text
    assert simplejson.loads(text, use_decimal=True) == simplejson.loads(written, use_decimal=True)
    assert "1.60" in text


def test_a_failure_is_noted_without_what_is_private(tmp_path: Path) -> None:
    path = tmp_path / "r"
    recorder = Recorder(os.open(path, os.O_CREAT | os.O_WRONLY), words(), pytest.fail)

    def fail() -> Answer:
        raise WireError(Kind.TLS, said=f"not valid for {ADDRESSES[0]} in {HOME}, {TOKEN}")

    with pytest.raises(WireError):
        recorder.noted("GET", f"/iserver/account/{ACCOUNT}/summary?a={TOKEN}", None, fail)
    recorder.close()
    line = json.loads(path.read_text())
    assert line["failed"] == "tls"
    assert what_is_private(path.read_text(), CANARIES) == []


def test_redirections_lead_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "r"
    recorder = Recorder(os.open(path, os.O_CREAT | os.O_WRONLY), words(), pytest.fail)
    headers = {"Location": f"https://sso.example.org/?token={TOKEN}", "Set-Cookie": SESSION}
    recorder.noted("GET", "/tickle", None, lambda: Answer(302, "", headers))
    recorder.close()
    assert json.loads(path.read_text())["headers"] == {"Location": "https://redirected.invalid/"}


def test_a_whole_run_is_clean(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the front door, with a broker who puts canaries wherever he can."""
    monkeypatch.setenv("USER", "canaryuser")
    sim = bench.broker()
    secrets = [
        sim.env()[n] for n in ("IB_CONSUMER_KEY", "IB_ACCESS_TOKEN", "IB_ACCESS_TOKEN_SECRET")
    ]
    told = dict.fromkeys(FIELDS, f"{PEOPLE[2]} {SESSION} {secrets[1]} canaryuser")
    sim.faults.add(
        "/iserver/account/orders", count=None, body={**told, "orders": [told], "snapshot": True}
    )
    sim.faults.add("/iserver/secdef/search", status=500, body={"error": f"{secrets[1]} {HOME}"})
    bench.record(sim, "orders", "--json", "--env-file", "/dev/null", "--debug")
    bench.record(sim, "order", "SPY", "--side", "put", "--strike", "641", "--job", "x", "--json")
    login = next(iter((bench.folder / "user" / "state").glob("login-*.json")))
    secrets.append(json.loads(login.read_text())["live_session_token"])
    secrets += ["DU7654321", "7654321", str(bench.folder), PEOPLE[2], SESSION, "canaryuser"]
    for file in bench.files:
        text = file.read_text()
        assert "/iserver/account" in text
        assert what_is_private(text, secrets) == []


@pytest.mark.parametrize(
    "text",
    ["a" * 400_000, "a@" * 200_000, "a:" * 200_000, "/" * 400_000, "://a" * 100_000],
    ids=["word", "mails", "colons", "slashes", "addresses"],
)
def test_no_answer_takes_long(text: str) -> None:
    """The answer to an order is cleaned before it is looked at."""
    began = time.process_time()
    words().clean(text)
    assert time.process_time() - began < 2


def test_no_number_of_accounts_takes_long() -> None:
    rows = [{"account": f"U{n:07}", "user": f"person {n}", "text": "a1" * 20} for n in range(600)]
    began = time.process_time()
    cleaned = clean_answer("/iserver/account/orders", json.dumps({"orders": rows}), words())
    assert time.process_time() - began < 2
    assert json.loads(cleaned.text)["orders"][-1]["account"] == "***"


def test_what_the_settings_hold_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "janecanary")
    pem = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0\n-----END PRIVATE KEY-----"
    settings = load_settings(
        environ={
            "IB_CONSUMER_KEY": CONSUMER,
            "IB_ACCESS_TOKEN_SECRET": SECRET,
            "IB_SIGNATURE_KEY": pem,
            "IB_DH_PRIME": "f7e75fdc469067ffdc4e847c51f452df",
            "IB_ACCOUNT_ID": ACCOUNT,
            "IBCLI_PROXY": "http://cain:s3cretpw@proxy.bank.example:3128",
        },
        cwd=tmp_path,
    )
    own = words_of(settings)
    private = [CONSUMER, SECRET, "MIIEvQIBADANBgkqhkiG9w0", "f7e75fdc469067ff", "cain", "s3cretpw"]
    private += ["proxy.bank.example", ACCOUNT, "janecanary"]
    told = json.dumps(header(settings, ["quote", *private, "--profile", "mum", "--x=cain"], own))
    assert what_is_private(told, [*private, "mum"]) == []
    assert what_is_private(own.clean(f"a {' b '.join(private)}, {pem!r}"), private) == []


def test_the_clean_room_has_a_nose() -> None:
    for canary in (*CANARIES, "DU7654321", "Authorization: OAuth", "-----BEGIN RSA"):
        assert what_is_private(json.dumps({"text": json.dumps([f"x {canary} y"])}), [canary])
    for canary in (TOKEN, LST, ACCOUNT, PEOPLE[2], ADDRESSES[0], ADDRESSES[2], HOME, SESSION):
        assert what_is_private(json.dumps({"text": json.dumps([f"x {canary} y"])})), canary
