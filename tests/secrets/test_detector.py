"""The detector itself: what it is to find, it finds; and what is no secret, it lets pass."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

import pytest

from tests.secrets.detector import Detector
from tests.secrets.scene import CONSUMER, Scene, echo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


FORMS: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "in the midst": lambda text: f"x{text}y",
    "reversed": lambda text: text[::-1],
    "upper": str.upper,
    "escaped": quote_plus,
    "hex": lambda text: text.encode().hex(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 of more": lambda text: base64.b64encode(f"ab{text}cd".encode()).decode(),
    "base64 of still more": lambda text: base64.b64encode(f"a{text}cd".encode()).decode(),
    "in JSON": lambda text: json.dumps({"error": text}),
}


@pytest.fixture
def scene(keys_of_a_simulator: Path, tmp_path: Path) -> Iterator[Scene]:
    with Scene.opened(keys_of_a_simulator, tmp_path) as made:
        yield made


def test_secrets_are_found_in_every_form(scene: Scene) -> None:
    pem = (scene.home / "keys" / "private_signature.pem").read_text().splitlines()
    secrets = {
        name: scene.environment[name]
        for name in ("IB_CONSUMER_KEY", "IB_ACCESS_TOKEN", "IB_ACCESS_TOKEN_SECRET")
    } | {"a line of a key": pem[7], "a proxy's password": "open-sesame-77"}
    for form, written in FORMS.items():
        for name, secret in secrets.items():
            assert scene.detector.leaks(written(secret)), f"{name} {form}"


def test_pieces_and_numbers_are_found(scene: Scene) -> None:
    from Crypto.PublicKey import RSA

    key = RSA.import_key((scene.home / "keys" / "private_encryption.pem").read_bytes())
    assert scene.detector.leaks(repr(key))
    assert scene.detector.leaks(f"{key.d:x}"[40:80])
    secret = scene.environment["IB_ACCESS_TOKEN_SECRET"]
    assert all(scene.detector.leaks(secret[at : at + 31]) for at in range(0, 300, 7))
    assert scene.detector.leaks(f"masked as {secret[:9]}...{secret[-9:]}") == []
    assert scene.detector.leaks("account DU1234567") == []
    assert scene.detector.leaks("account DU1234567", accounts=True)
    assert scene.detector.leaks("account DU***67", accounts=True) == []
    assert scene.detector.leaks(echo(scene.environment))
    assert scene.detector.leaks(CONSUMER.lower())
    assert "access token secret in the clear" in scene.detector.names


@pytest.mark.parametrize(
    "text",
    ['oauth_signature="x"', "Authorization: OAuth", "-----BEGIN RSA PRIVATE KEY-----"],
)
def test_headers_are_known_by_their_names(text: str) -> None:
    assert Detector().leaks(text)
    assert Detector().leaks("the Authorization header, oauth_signature_method") == []
