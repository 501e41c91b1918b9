"""Writes over TLS: what fails before the handshake is done was not sent."""

from __future__ import annotations

import datetime as dt
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ibcli.broker.doubt import DoubtError
from ibcli.errors import LoginError
from tests.auth.test_broken_setups import certificate
from tests.broker.orders import ORDERS, posts
from tests.broker.test_write import BODY, LOGIN

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.broker.conftest import Bench

__all__ = ["certificate"]


def test_sent_once_and_answered(
    bench_of: Callable[..., Bench],
    certificate: tuple[Path, Path],
) -> None:
    bench = bench_of(tls=certificate)
    client = bench.client(None, IBCLI_CA_BUNDLE=str(certificate[0]))
    assert client.write("POST", ORDERS, BODY)
    bench.sim.faults.add(ORDERS, cut="after")
    with pytest.raises(DoubtError):
        client.write("POST", ORDERS, BODY)
    assert posts(bench) == 2


def test_nothing_is_sent_to_a_server_that_is_not_trusted(
    bench_of: Callable[..., Bench],
    certificate: tuple[Path, Path],
) -> None:
    bench = bench_of(tls=certificate)
    with pytest.raises(LoginError) as caught:
        bench.client()._writer.write("POST", ORDERS, BODY, LOGIN)
    assert caught.value.code == "tls-failed"
    assert len(bench.sim.requests) == 0


DAY = dt.timedelta(days=1)
UNFIT: dict[str, tuple[x509.GeneralName, int]] = {
    "another address": (x509.IPAddress(ip_address("127.0.0.2")), 1),
    "another name": (x509.DNSName("broker.test"), 1),
    "its name as text only": (x509.DNSName("127.0.0.1"), 1),
    "ended yesterday": (x509.IPAddress(ip_address("127.0.0.1")), -1),
}


def made(folder: Path, name: x509.GeneralName, days: int) -> tuple[Path, Path]:
    """A certificate for this name, good for so many days from now, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 9 * DAY)
        .not_valid_after(now + days * DAY)
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


@pytest.mark.parametrize(("name", "days"), UNFIT.values(), ids=UNFIT)
def test_nothing_is_sent_to_a_server_that_is_not_the_one_meant(
    bench_of: Callable[..., Bench], tmp_path: Path, name: x509.GeneralName, days: int
) -> None:
    """Though who signed its certificate is trusted."""
    certificate = made(tmp_path, name, days)
    bench = bench_of(tls=certificate)
    client = bench.client(None, IBCLI_CA_BUNDLE=str(certificate[0]))
    with pytest.raises(LoginError) as caught:
        client._writer.write("POST", ORDERS, BODY, LOGIN)
    assert caught.value.code == "tls-failed"
    with pytest.raises(LoginError) as caught:
        client.read("GET", "/x")
    assert caught.value.code == "tls-failed"
    assert len(bench.sim.requests) == 0
