"""The maths of the login against known answers, and header parsing."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode
from urllib.parse import unquote

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from ibcli.sim import keys, oauth
from tests.sim import vectors

GROUP = oauth.DiffieHellman(vectors.PRIME, vectors.GENERATOR)


@pytest.mark.parametrize("case", vectors.CASES, ids=lambda case: case.name)
def test_server_derives_the_known_token(case: vectors.Case) -> None:
    private = int(case.server_random, 16)
    shared = GROUP.shared(int(vectors.CHALLENGE, 16), private)
    assert shared.bit_length() == case.bits
    assert GROUP.public(private) == int(case.server_public, 16)
    assert oauth.live_session_token(shared, bytes.fromhex(vectors.SECRET_HEX)) == case.token


def test_challenge_is_the_known_one() -> None:
    assert f"{GROUP.public(int(vectors.CLIENT_RANDOM, 16)):x}" == vectors.CHALLENGE


def test_token_signature_is_hmac_sha1_of_the_consumer_key() -> None:
    token = vectors.CASES[0].token
    expected = hmac.new(b64decode(token), b"TESTCONS", hashlib.sha1).hexdigest()
    assert oauth.live_session_token_signature(token, "TESTCONS") == expected


def login_request(**changes: str) -> oauth.Signable:
    parameters = {
        "realm": "test_realm",
        "diffie_hellman_challenge": vectors.CHALLENGE,
        "oauth_consumer_key": vectors.CONSUMER_KEY,
        "oauth_nonce": vectors.NONCE,
        "oauth_signature": unquote(vectors.RSA_SIGNATURE_QUOTED),
        "oauth_signature_method": "RSA-SHA256",
        "oauth_timestamp": vectors.TIMESTAMP,
        "oauth_token": vectors.ACCESS_TOKEN,
    }
    return oauth.Signable("POST", vectors.URL, "", parameters | changes)


def test_base_string_is_the_known_one() -> None:
    texts = dict(oauth.candidates(login_request(), prepend=vectors.PREPEND))
    assert texts == {oauth.QueryStyle.NONE: vectors.BASE_STRING}


def known_style(request: oauth.Signable, prepend: str = vectors.PREPEND) -> str | None:
    key = rsa.RSAPublicNumbers(vectors.SIGNATURE_E, vectors.SIGNATURE_N).public_key()
    return oauth.verified_style(request, lambda t, s: oauth.verify_rsa(key, t, s), prepend=prepend)


def test_known_signature_is_accepted() -> None:
    assert known_style(login_request()) is oauth.QueryStyle.NONE


@pytest.mark.parametrize("name", ["oauth_nonce", "oauth_token", "diffie_hellman_challenge"])
def test_signature_covers_every_parameter(name: str) -> None:
    assert known_style(login_request(**{name: "0"})) is None


def test_signature_covers_the_prepend() -> None:
    assert known_style(login_request(), prepend="") is None


def test_realm_is_not_signed() -> None:
    assert known_style(login_request(realm="anything")) is oauth.QueryStyle.NONE


@pytest.mark.parametrize("signature", ["", "????", "AAAA"])
def test_garbage_is_no_signature(signature: str) -> None:
    assert known_style(login_request(oauth_signature=signature)) is None


@pytest.mark.parametrize(
    "header",
    [
        'OAuth realm="limited_poa", a="1", oauth_signature="x%2By%3D"',
        'OAuth oauth_signature="x%2By%3D",a="1",realm="limited_poa"',
        'oauth   a=1 ,realm=limited_poa , oauth_signature = "x%2By%3D" ,',
        'OAuth a="1", realm="limited_poa", oauth_signature="x%252By%253D"',
    ],
)
def test_headers_are_read_in_any_order_and_spacing(header: str) -> None:
    expected = {"realm": "limited_poa", "a": "1", "oauth_signature": "x+y="}
    assert oauth.parse_authorization(header) == expected


@pytest.mark.parametrize(
    "header", ["", "OAuth", "Basic dXNlcjpwYXNz", 'OAuth a="1", a="2"', 'OAuth a="1" b']
)
def test_other_headers_are_refused(header: str) -> None:
    with pytest.raises(oauth.BadHeaderError):
        oauth.parse_authorization(header)


def test_query_forms() -> None:
    request = oauth.Signable("GET", "https://h/p", "conids=1%2C2&fields=31", {"oauth_nonce": "n"})
    found: dict[str, list[str]] = {}
    for style, text in oauth.candidates(request):
        found.setdefault(style, []).append(text)
    head = "GET&https%3A%2F%2Fh%2Fp"
    assert f"{head}&oauth_nonce%3Dn" in found["unsigned"]
    assert f"{head}&conids%3D1%2C2%26fields%3D31%26oauth_nonce%3Dn" in found["listed"]
    assert f"{head}&conids%3D1%252C2%26fields%3D31%26oauth_nonce%3Dn" in found["listed"]
    in_url = f"{head}%3Fconids%3D1%2C2%26fields%3D31&oauth_nonce%3Dn"
    assert in_url in found["in-url"]


def test_parameters_file_is_as_openssl_writes_it() -> None:
    assert keys.dh_parameters_pem(vectors.PRIME, vectors.GENERATOR) == vectors.DHPARAM_PEM


@pytest.mark.parametrize("public", [0, 1, vectors.PRIME - 1, vectors.PRIME])
def test_trivial_challenges_are_not_accepted(public: int) -> None:
    assert not GROUP.accepts(public)
