"""Benches as for the broker's client, and a certificate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from ibcli.sim.keys import load_or_make
from tests.broker.conftest import alone, bench, bench_of
from tests.scenes.certificate import LOOPBACK, self_signed

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["alone", "bench", "bench_of"]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """For 127.0.0.1 and broker.test, and its key."""
    return self_signed(tmp_path_factory.mktemp("tls"), x509.DNSName("broker.test"), LOOPBACK)


@pytest.fixture(scope="session")
def keys_of_a_simulator(keys: Path) -> Path:
    """Made once for all tests of this run."""
    load_or_make(keys)
    return keys
