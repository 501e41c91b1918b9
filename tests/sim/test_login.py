"""The /oauth endpoints and the signature of every other request."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import socket
import time
from base64 import b64encode
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.sim.client import PRIME, Answer, Client

if TYPE_CHECKING:
    from pathlib import Path

    from ibcli.sim.embedded import SimServer
    from tests.sim.conftest import RealTime, Serve

INVALID_CONSUMER = "error: invalid consumer"
NO_SECRET = "LST failed, error: No access secret key found for ***"


def refused(answer: Answer, text: str) -> bool:
    return (
        answer.status == 401
        and answer.body["statusCode"] == 401
        and answer.body["error"].endswith(text)
    )


def changed(client: Client, **env: str) -> Client:
    return Client(client.env | env, lst=client.lst)


def test_login_gives_a_token_that_signs(sim: SimServer) -> None:
    client = Client(sim.env())
    answer = client.request_lst()
    proof = hmac.new(client.lst, b"SIMULATED", hashlib.sha1).hexdigest()
    assert answer.body["live_session_token_signature"] == proof
    day = answer.body["live_session_token_expiration"] / 1000 - time.time()
    assert day == pytest.approx(86_400, abs=30)
    assert client.post("/tickle").status == 200


def test_both_consumers_are_registered(sim: SimServer) -> None:
    env = sim.env("TESTCONS")
    assert env["IB_REALM"] == "test_realm"
    assert Client(env).request_lst().status == 200


def test_unknown_consumer(sim: SimServer) -> None:
    answer = Client(sim.env() | {"IB_CONSUMER_KEY": "NOBODYYYY"}).request_lst()
    assert refused(answer, INVALID_CONSUMER)


def test_unknown_token(sim: SimServer) -> None:
    answer = Client(sim.env() | {"IB_ACCESS_TOKEN": "0" * 20}).request_lst()
    assert refused(answer, NO_SECRET)


def test_token_of_another_consumer(sim: SimServer) -> None:
    other = sim.env("TESTCONS")["IB_ACCESS_TOKEN"]
    assert refused(Client(sim.env() | {"IB_ACCESS_TOKEN": other}).request_lst(), NO_SECRET)


def test_token_that_is_not_active_yet(sim: SimServer) -> None:
    sim.session.token_active(False)
    client = Client(sim.env())
    assert refused(client.request_lst(), NO_SECRET)
    sim.session.token_active(True)
    assert client.request_lst().status == 200


def test_swapped_keys(sim: SimServer) -> None:
    env = sim.env()
    client = Client(env | {"IB_SIGNATURE_KEY_PATH": env["IB_ENCRYPTION_KEY_PATH"]})
    assert refused(client.request_lst(), "invalid signature")


@pytest.mark.parametrize("challenge", ["", "0", "1", "zz", "0x12", f"{PRIME - 1:x}", f"{PRIME:x}"])
def test_unusable_challenge(sim: SimServer, challenge: str) -> None:
    answer = Client(sim.env()).request_lst(challenge)
    assert (answer.status, answer.body) == (500, {"error": "failed to generate sso dh token"})


@pytest.mark.parametrize("seconds", [-330, 330])
def test_clock_off_by_more_than_five_minutes(sim: SimServer, seconds: int) -> None:
    client = Client(sim.env(), changes={"oauth_timestamp": str(int(time.time()) + seconds)})
    assert refused(client.request_lst(), "invalid timestamp")


@pytest.mark.parametrize("seconds", [-270, 270])
def test_clock_off_by_less(sim: SimServer, seconds: int) -> None:
    client = Client(sim.env(), changes={"oauth_timestamp": str(int(time.time()) + seconds)})
    assert client.request_lst().status == 200


def test_timestamp_in_milliseconds(sim: SimServer) -> None:
    client = Client(sim.env(), changes={"oauth_timestamp": str(int(time.time() * 1000))})
    assert refused(client.request_lst(), "invalid timestamp")


def test_repeated_nonce(client: Client) -> None:
    client.changes = {"oauth_nonce": secrets.token_hex(8)}
    assert client.post("/tickle").status == 200
    assert refused(client.post("/tickle"), "invalid nonce")


def test_nonce_of_a_badly_signed_request_stays_fresh(client: Client) -> None:
    nonce = {"oauth_nonce": secrets.token_hex(8)}
    stranger = Client(client.env, lst=b"x" * 20, changes=nonce)
    assert stranger.post("/tickle").status == 401
    client.changes = nonce
    assert client.post("/tickle").status == 200


def test_wrong_key(client: Client) -> None:
    answer = Client(client.env, lst=b"x" * 20).post("/tickle")
    assert (answer.status, answer.body) == (401, {"error": "not authenticated", "statusCode": 401})


def test_no_authorization(sim: SimServer) -> None:
    assert Client(sim.env()).get("/iserver/accounts").status == 401


def test_realm_is_not_signed(client: Client) -> None:
    assert changed(client, IB_REALM="whatever").post("/tickle").status == 200


def test_expired_token(client: Client, sim: SimServer) -> None:
    sim.session.expire_tokens()
    assert client.post("/tickle").status == 401


def test_token_expires_after_a_day(client: Client, real: RealTime) -> None:
    real.ahead = 86_000
    client.changes = {"oauth_timestamp": str(int(real()))}
    assert client.post("/tickle").status == 200
    real.ahead = 86_500
    client.changes = {"oauth_timestamp": str(int(real()))}
    assert client.post("/tickle").status == 401


def test_logout_kills_the_token_for_all_who_share_it(client: Client) -> None:
    other = Client(client.env, lst=client.lst)
    answer = client.post("/logout")
    assert (answer.status, answer.body) == (200, {"status": True})
    assert other.post("/tickle").status == 401


def test_a_second_login_leaves_the_first_alone(client: Client, sim: SimServer) -> None:
    assert Client(sim.env()).request_lst().status == 200
    assert client.post("/tickle").status == 200


@pytest.mark.parametrize("style", ["unsigned", "listed", "in-url"])
def test_three_ways_to_treat_the_query(trader: Client, sim: SimServer, style: str) -> None:
    trader.query_style = style
    answer = trader.get("/iserver/secdef/search", symbol="ARM", name="false")
    assert answer.status == 200
    assert sim.requests[-1].signed == style


def test_how_a_query_was_signed_is_logged_only_when_there_is_one(
    client: Client, sim: SimServer
) -> None:
    assert client.post("/tickle").status == 200
    assert sim.requests[-1].signed == "none"


def test_host_header_does_not_matter(client: Client) -> None:
    headers = {"Host": "api.ibkr.com", "Authorization": client.authorization("POST", "/tickle", {})}
    assert client.send("POST", "/tickle", body={}, headers=headers).status == 200


def test_public_url_is_what_is_signed(serve: Serve) -> None:
    public = "https://paper.example/v1/api"
    sim = serve(public_url=f"{public}/")
    assert sim.env()["IB_API_URL"] == public
    here = sim.env() | {"IB_API_URL": f"http://127.0.0.1:{sim.port}/v1/api"}
    assert Client(here).request_lst().status == 401
    assert Client(here, signed_url=public).login().post("/tickle").status == 200


def test_user_agent_is_needed(client: Client) -> None:
    client.user_agent = None
    assert client.post("/tickle").status == 403


def test_content_length_is_needed(sim: SimServer) -> None:
    parts = urlsplit(sim.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as line:
        line.sendall(
            b"POST /v1/api/tickle HTTP/1.1\r\nHost: h\r\nUser-Agent: t\r\nConnection: close\r\n\r\n"
        )
        assert line.makefile("rb").readline().split()[1] == b"411"


def test_date_is_the_real_one(client: Client) -> None:
    date = parsedate_to_datetime(client.post("/tickle").headers["Date"])
    assert date.timestamp() == pytest.approx(time.time(), abs=5)


def test_third_party_login(sim: SimServer) -> None:
    client = Client(sim.env())
    client.env = client.env | {"IB_ACCESS_TOKEN": "unused"}
    temporary = client.rsa_call("/oauth/request_token", {"oauth_callback": "oob"}).body
    token = temporary["oauth_token"]
    verifier = sim.sim.registry.verifier(token)
    assert verifier
    wrong = {"oauth_token": token, "oauth_verifier": "0"}
    assert client.rsa_call("/oauth/access_token", wrong).status == 401
    right = wrong | {"oauth_verifier": verifier}
    given = client.rsa_call("/oauth/access_token", right).body
    assert given["is_paper"] is True
    env = sim.env() | {
        "IB_ACCESS_TOKEN": given["oauth_token"],
        "IB_ACCESS_TOKEN_SECRET": given["oauth_token_secret"],
    }
    assert Client(env).login().post("/tickle").status == 200
    assert client.rsa_call("/oauth/access_token", right).status == 401


def test_gateway_needs_no_signature(serve: Serve) -> None:
    sim = serve(gateway=True)
    client = Client(sim.env())
    assert client.get("/iserver/accounts").status == 200
    assert client.post("/tickle").body["ssoExpires"] > 0


def test_unknown_path_is_html(trader: Client) -> None:
    answer = trader.get("/iserver/marketdata/265598/unsubscribe")
    assert answer.status == 404
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.body == "<html><body><h1>Resource not found</h1></body></html>"


def test_log_holds_no_secrets(serve: Serve, tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    sim = serve(log=file)
    client = Client(sim.env()).login()
    client.get("/iserver/secdef/search", symbol="ARM", oauth_token=client.env["IB_ACCESS_TOKEN"])
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["path"].removeprefix("/v1/api") for line in lines] == [
        "/oauth/live_session_token",
        "/iserver/auth/ssodh/init",
        "/iserver/accounts",
        "/iserver/secdef/search",
    ]
    assert lines[-1].keys() >= {"time", "method", "path", "query", "status", "signed"}
    text = file.read_text()
    for secret in (
        client.env["IB_ACCESS_TOKEN"],
        client.env["IB_ACCESS_TOKEN_SECRET"],
        b64encode(client.lst).decode(),
        client.secret().hex(),
    ):
        assert secret not in text


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ("Basic dXNlcjpwYXNz", "invalid authorization header"),
        ('OAuth oauth_nonce="1"', "missing oauth_consumer_key"),
        ('OAuth oauth_consumer_key="SIMULATED", oauth_nonce=""', "missing oauth_nonce"),
    ],
)
def test_headers_that_are_not_whole(sim: SimServer, header: str, text: str) -> None:
    answer = Client(sim.env()).send("GET", "/tickle", headers={"Authorization": header})
    assert refused(answer, text)


@pytest.mark.parametrize("path", ["/tickle", "/oauth/live_session_token"])
def test_each_endpoint_has_its_signature_method(client: Client, path: str) -> None:
    client.changes = {"oauth_signature_method": "HMAC-SHA1"}
    answer = client.post(path) if path == "/tickle" else client.request_lst()
    assert refused(answer, "invalid signature method")


def test_signed_requests_with_a_token_turned_off(client: Client, sim: SimServer) -> None:
    sim.session.token_active(False)
    assert client.post("/tickle").status == 401
