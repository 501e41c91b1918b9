"""The login on known answers, and signatures against ibind's own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

import pytest
from Crypto.PublicKey import RSA
from hypothesis import given
from hypothesis import strategies as st

from ibcli.broker import signing
from ibcli.broker.credentials import Credentials, load_credentials
from ibcli.broker.library import oauth1a
from ibcli.broker.login import new_login
from ibcli.config import load_settings
from ibcli.errors import LoginError
from tests.broker import lst_vectors as vectors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NOW = datetime(2025, 11, 20, 9, 0, tzinfo=UTC)


def pem(modulus: str, private: str) -> str:
    numbers = (int(modulus, 16), vectors.EXPONENT, int(private, 16))
    return RSA.construct(numbers).export_key().decode()


@pytest.fixture(scope="module")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Credentials:
    folder = tmp_path_factory.mktemp("vectors")
    (folder / "dhparam.pem").write_text(vectors.DH_PARAM_PEM)
    environ = {
        "IB_CONSUMER_KEY": vectors.CONSUMER_KEY,
        "IB_ACCESS_TOKEN": vectors.ACCESS_TOKEN,
        "IB_ACCESS_TOKEN_SECRET": vectors.ACCESS_TOKEN_SECRET,
        "IB_SIGNATURE_KEY": pem(vectors.SIGNATURE_KEY_N, vectors.SIGNATURE_KEY_D),
        "IB_ENCRYPTION_KEY": pem(vectors.ENCRYPTION_KEY_N, vectors.ENCRYPTION_KEY_D),
        "IB_DH_PARAM_PATH": "dhparam.pem",
    }
    return load_credentials(load_settings(environ=environ, cwd=folder))


@pytest.fixture
def fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What ibind draws at random, drawn as for the vectors."""
    for name, value in (
        ("generate_oauth_nonce", vectors.NONCE),
        ("generate_request_timestamp", vectors.TIMESTAMP),
        ("generate_dh_random_bytes", vectors.CLIENT_RANDOM),
    ):
        monkeypatch.setattr(oauth1a(), name, lambda value=value: value)


def signature_of(token: str) -> str:
    key = base64.b64decode(token)
    return hmac.new(key, vectors.CONSUMER_KEY.encode(), hashlib.sha1).hexdigest()


API_URL = vectors.BASE_URL.rstrip("/")


class Server:
    """Answers the login request with what it was given, and keeps the header."""

    def __init__(self, **answer: Any) -> None:
        self.answer = answer
        self.fields: dict[str, str] = {}

    def post(self, path: str, headers: Callable[[], Mapping[str, str]]) -> Any:
        assert path == "/oauth/live_session_token"
        written = headers()["Authorization"]
        self.fields = dict(re.findall(r'(\w+)="([^"]*)"', written))
        return self.answer


def test_the_prime_comes_out_of_the_parameter_file(credentials: Credentials) -> None:
    assert credentials.dh_prime == vectors.DH_PRIME
    assert credentials.dh_generator == 2


@pytest.mark.usefixtures("fixed")
@pytest.mark.parametrize("case", vectors.CASES, ids=lambda case: case.name)
def test_a_login(credentials: Credentials, case: vectors.Case) -> None:
    server = Server(
        diffie_hellman_response=case.response,
        live_session_token_signature=signature_of(case.live_session_token),
        live_session_token_expiration=int((NOW + timedelta(hours=24)).timestamp() * 1000),
    )
    login = new_login(credentials, API_URL, server.post, lambda: NOW)
    assert login.live_session_token == case.live_session_token
    assert login.expires == NOW + timedelta(hours=24)
    assert server.fields["realm"] == "test_realm"
    assert server.fields["diffie_hellman_challenge"] == vectors.CHALLENGE
    assert server.fields["oauth_signature"] == vectors.RSA_SIGNATURE


@pytest.mark.usefixtures("fixed")
def test_a_token_that_the_server_signed_otherwise(credentials: Credentials) -> None:
    case = vectors.CASES[0]
    signed = signature_of(vectors.CASES[1].live_session_token)
    server = Server(diffie_hellman_response=case.response, live_session_token_signature=signed)
    with pytest.raises(LoginError) as caught:
        new_login(credentials, API_URL, server.post, lambda: NOW)
    assert caught.value.code == "lst-signature-mismatch"
    assert case.live_session_token not in f"{caught.value.message}{caught.value.hint}"


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"diffie_hellman_response": "xyz", "live_session_token_signature": "00"},
        {"diffie_hellman_response": None, "live_session_token_signature": "00"},
        {"diffie_hellman_response": "", "live_session_token_signature": "00"},
    ],
)
def test_an_answer_of_no_known_form(credentials: Credentials, answer: dict[str, Any]) -> None:
    with pytest.raises(LoginError) as caught:
        new_login(credentials, API_URL, Server(**answer).post, lambda: NOW)
    assert caught.value.code == "login-answer"


@pytest.mark.usefixtures("fixed")
@pytest.mark.parametrize("expiration", [0, "soon", None, 10**30])
def test_an_expiry_that_makes_no_sense_is_24_hours(
    credentials: Credentials, expiration: object
) -> None:
    case = vectors.CASES[0]
    server = Server(
        diffie_hellman_response=case.response,
        live_session_token_signature=signature_of(case.live_session_token),
        live_session_token_expiration=expiration,
    )
    login = new_login(credentials, API_URL, server.post, lambda: NOW)
    assert login.expires == NOW + timedelta(hours=24)


@given(
    token=st.sampled_from([case.live_session_token for case in vectors.CASES]),
    query=st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.text(max_size=12)),
    method=st.sampled_from(["GET", "POST", "DELETE"]),
)
def test_everyday_signatures_are_those_of_ibind(
    token: str, query: dict[str, str], method: str
) -> None:
    url = f"{vectors.BASE_URL}iserver/secdef/info"
    header = signing.authorization(
        method,
        url,
        query,
        consumer_key="SIMULATED",
        access_token=vectors.ACCESS_TOKEN,
        realm="limited_poa",
        live_session_token=token,
        timestamp=int(vectors.TIMESTAMP),
        nonce=vectors.NONCE,
    )
    fields = dict(re.findall(r'(\w+)="([^"]*)"', header))
    signature = fields.pop("oauth_signature")
    assert fields.pop("realm") == "limited_poa"
    base = oauth1a().generate_base_string(method, url, request_headers=fields, request_params=query)
    assert signature == oauth1a().generate_hmac_sha_256_signature(base, token)
    assert len(base64.b64decode(unquote_plus(signature))) == 32


def test_vectors_are_those_of_the_shared_file() -> None:
    import json

    shared = Path(__file__).parents[3] / "shared" / "ibkr" / "lst-vectors.json"
    if not shared.exists():
        pytest.skip("no shared folder here")
    known = json.loads(shared.read_text())
    assert [case["live_session_token"] for case in known["cases"]] == [
        case.live_session_token for case in vectors.CASES
    ]
    assert [case["B"] for case in known["cases"]] == [case.response for case in vectors.CASES]
