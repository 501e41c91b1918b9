"""A simulator that nobody reaches for a while, on the same port afterwards."""

from __future__ import annotations

import contextlib
import socket
import time

import pytest

from ibcli.sim.embedded import SimServer


def reached(sim: SimServer) -> bool:
    try:
        socket.create_connection(("127.0.0.1", sim.port), 2).close()
    except ConnectionRefusedError:
        return False
    return True


def test_refused_and_welcome_again() -> None:
    with SimServer() as sim:
        before = sim.port
        with socket.create_connection(("127.0.0.1", sim.port), 2) as open_one:
            sim.refuse()
            open_one.settimeout(5)
            with contextlib.suppress(ConnectionResetError):
                assert open_one.recv(1) == b""
            end = time.monotonic() + 5
            while reached(sim) and time.monotonic() < end:
                pass
            assert not reached(sim)
        sim.welcome()
        assert sim.port == before
        assert reached(sim)


def test_it_can_be_closed_while_nobody_is_welcome() -> None:
    with SimServer() as sim:
        sim.refuse()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", sim.port), 2)
