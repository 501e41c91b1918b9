"""HTTPS with a certificate of one's own."""

from __future__ import annotations

import http.client
import ssl
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import serialization

from ibcli.sim.embedded import SimServer
from ibcli.sim.options import SimOptions
from tests.sim.client import Client

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sim.conftest import Serve


def test_https(serve: Serve, certificate: tuple[Path, Path]) -> None:
    sim = serve(tls=certificate)
    assert sim.url == f"https://127.0.0.1:{sim.port}/v1/api"
    context = ssl.create_default_context(cafile=str(certificate[0]))
    line = http.client.HTTPSConnection("127.0.0.1", sim.port, timeout=10, context=context)
    try:
        line.request("GET", "/v1/api/iserver/accounts", headers={"User-Agent": "test"})
        assert line.getresponse().status == 401
    finally:
        line.close()


def test_plain_http_gets_nothing(serve: Serve, certificate: tuple[Path, Path]) -> None:
    sim = serve(tls=certificate)
    plain = Client(sim.env() | {"IB_API_URL": sim.url.replace("https", "http")})
    with pytest.raises((http.client.HTTPException, OSError)):
        plain.get("/iserver/accounts")


def test_unreadable_certificate_is_said_at_the_start(key_folder: Path, tmp_path: Path) -> None:
    nothing = tmp_path / "none.pem"
    server = SimServer(SimOptions(keys=key_folder, tls=(nothing, nothing)))
    with pytest.raises(FileNotFoundError):
        server.__enter__()


def test_what_is_no_certificate_is_named(
    key_folder: Path, certificate: tuple[Path, Path], tmp_path: Path
) -> None:
    encrypted = tmp_path / "encrypted.pem"
    key = serialization.load_pem_private_key(certificate[1].read_bytes(), None)
    encrypted.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    for tls in (certificate[::-1], (certificate[0], encrypted), (tmp_path / "none", encrypted)):
        with pytest.raises(OSError, match=r"PEM|No such file") as failure:
            SimServer(SimOptions(keys=key_folder, tls=tls)).__enter__()
        assert failure.value.filename == f"{tls[0]} and {tls[1]}"
