"""Writes over TLS: what fails before the handshake is done was not sent."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from ibcli.broker.doubt import DoubtError
from ibcli.errors import LoginError
from tests.auth.test_broken_setups import certificate
from tests.broker.orders import ORDERS, posts
from tests.broker.test_write import BODY, LOGIN
from tests.scenes.certificate import LOOPBACK, self_signed

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


UNFIT: dict[str, tuple[x509.GeneralName, int]] = {
    "another address": (x509.IPAddress(ip_address("127.0.0.2")), 1),
    "another name": (x509.DNSName("broker.test"), 1),
    "its name as text only": (x509.DNSName("127.0.0.1"), 1),
    "ended yesterday": (LOOPBACK, -1),
}


@pytest.mark.parametrize(("name", "days"), UNFIT.values(), ids=UNFIT)
def test_nothing_is_sent_to_a_server_that_is_not_the_one_meant(
    bench_of: Callable[..., Bench], tmp_path: Path, name: x509.GeneralName, days: int
) -> None:
    """Though who signed its certificate is trusted."""
    certificate = self_signed(tmp_path, name, days=days)
    bench = bench_of(tls=certificate)
    client = bench.client(None, IBCLI_CA_BUNDLE=str(certificate[0]))
    with pytest.raises(LoginError) as caught:
        client._writer.write("POST", ORDERS, BODY, LOGIN)
    assert caught.value.code == "tls-failed"
    with pytest.raises(LoginError) as caught:
        client.read("GET", "/x")
    assert caught.value.code == "tls-failed"
    assert len(bench.sim.requests) == 0
