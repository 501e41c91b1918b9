"""Writes over TLS: what fails before the handshake is done was not sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

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
