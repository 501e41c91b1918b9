"""What holds for all tests."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from pathlib import Path

# A busy machine is no bug: pytest-timeout ends what does not end by itself.
# A few examples each time the tests are run; many for `make proof`, by --hypothesis-profile=proof.
_PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("few", _PATIENT, max_examples=30)
settings.register_profile("proof", _PATIENT, max_examples=2000)
settings.load_profile("few")

# A shell's job in the background, as CI may be, starts with SIGINT ignored, and so would all that
# is started here: ibcli leaves it at that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def nobodys_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of whoever runs the tests: neither in the environment nor in a home folder."""
    for name in list(os.environ):
        if name.startswith(("IB_", "IBCLI_", "IBIND_", "XDG_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the keys that simulators of this run make once."""
    return tmp_path_factory.mktemp("keys")
