"""A simulator inside this process, on a loopback port of its own, for tests and for ``--demo``.

::

    with SimServer(SimOptions(clock="2025-08-18")) as sim:
        client = make_client(sim.env())
        sim.faults.add("/iserver/accounts", status=503, body={"error": "down"})
        ...
        assert [r.path for r in sim.requests] == [...]
"""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Self

from ibcli.sim import keys
from ibcli.sim.core import Simulator
from ibcli.sim.options import Pacing, SimOptions
from ibcli.sim.server import listen, listen_again, start

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

    from ibcli.sim.faults import Faults
    from ibcli.sim.reqlog import LoggedRequest
    from ibcli.sim.server import Door
    from ibcli.sim.summary import Summary
    from ibcli.sim.switches import Switches

__all__ = ["Pacing", "SessionControl", "SimOptions", "SimServer"]

_START_SECONDS = 30.0


class SessionControl:
    """The circumstances of the simulated user, and what befalls his sessions."""

    def __init__(self, sim: Simulator) -> None:
        self._sim = sim

    def another_session(self, there: bool = True) -> Switches:
        """The user logs in elsewhere: this session ends, and the next one competes."""
        return self._sim.switch(another_session=there)

    def read_only(self, there: bool = True) -> Switches:
        """The user may not open a brokerage session."""
        return self._sim.switch(read_only=there)

    def feed(self, letter: str | None) -> Switches:
        """All quotes come as R (live), D (delayed), Z (frozen), Y (frozen delayed) or N (not
        subscribed).
        """
        return self._sim.switch(feed=letter)

    def trading(self, **circumstances: bool) -> Switches:
        """Change ``may_trade``, ``fail_orders`` or ``advanced_reject`` (``switches.Switches``).

        Raises:
            TypeError: for a switch that does not exist.
        """
        return self._sim.switch(**circumstances)

    def end(self) -> None:
        """The brokerage session drops: "no bridge"."""
        self._sim.sessions.end()

    def kill_tokens(self) -> None:
        """All live session tokens are gone, as after a logout elsewhere."""
        self._sim.registry.end_live_tokens()

    def expire_tokens(self) -> None:
        """All live session tokens are past their 24 hours."""
        self._sim.registry.expire_live_tokens()

    def token_active(self, active: bool) -> None:
        """Whether the access tokens work, as before and after IBKR's midnight reset."""
        self._sim.registry.set_active(active)

    def forgive(self) -> None:
        """Empty the penalty box and the pacing windows."""
        self._sim.pacer.forgive()

    def reset(self) -> None:
        """Forget everything but the keys."""
        self._sim.reset()


class SimServer:
    """A context manager that serves a simulator from a thread. ``real`` gives the seconds since the
    epoch.

    Raises:
        OSError: when the port is taken.
        ValueError: when the clock is not understood.
    """

    def __init__(
        self, options: SimOptions | None = None, *, real: Callable[[], float] = time.time
    ) -> None:
        self.options = options or SimOptions()
        self._real = real
        self._stopped: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._door: Door | None = None
        self.port = 0

    def __enter__(self) -> Self:
        self.sim = Simulator(self.options, self._real)
        try:
            listener = listen_again(self.sim)
            self.port = listener.getsockname()[1]
            self.sim.listening(self.port)
            self._start(listener)
        except BaseException:
            self.sim.close()
            raise
        return self

    def _start(self, listener: socket.socket) -> None:
        self._thread = threading.Thread(
            target=self._serve, args=(listener,), name="ibcli-sim", daemon=True
        )
        self._thread.start()
        self._ready.wait(_START_SECONDS)
        if self._failure is not None:
            self._thread.join()
            raise self._failure

    def _serve(self, listener: socket.socket) -> None:
        try:
            asyncio.run(self._run(listener))
        except BaseException as failure:  # noqa: BLE001 - handed to the thread that waits
            self._failure = failure
        finally:
            self._ready.set()

    async def _run(self, listener: socket.socket) -> None:
        self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        door = self._door = await start(self.sim, listener)
        self._ready.set()
        try:
            await self._stopped.wait()
        finally:
            await door.close()

    def __exit__(self, *_: object) -> None:
        if self._loop is not None and self._stopped is not None:
            self._loop.call_soon_threadsafe(self._stopped.set)
        if self._thread is not None:
            self._thread.join()
        self.sim.close()

    def refuse(self) -> None:
        """Nobody listens from now on: connections are refused, open ones dropped. Returns at once,
        from any thread. Not of a server with TLS.
        """
        assert self._loop is not None  # noqa: S101 - it runs
        assert self._door is not None  # noqa: S101
        self._loop.call_soon_threadsafe(self._door.shut)

    def welcome(self) -> None:
        """Listen again, on the same port. Not from the server's own thread.

        Raises:
            OSError: when the port has been taken meanwhile.
        """
        assert self._loop is not None  # noqa: S101 - it runs
        assert self._door is not None  # noqa: S101
        listener = listen(self.options.host, self.port)
        asyncio.run_coroutine_threadsafe(self._door.reopen(listener), self._loop).result()

    @property
    def url(self) -> str:
        """The API's address, which clients also sign."""
        return self.sim.public_url

    def env(self, consumer_key: str = keys.CONSUMER_KEY) -> dict[str, str]:
        """The settings with which a client logs in here: IB_CONSUMER_KEY and so on.

        Raises:
            KeyError: for a consumer key other than SIMULATED and TESTCONS.
        """
        return self.sim.environment(consumer_key)

    @property
    def faults(self) -> Faults:
        """``faults.add(path, ...)`` asks for one, in the fields of ``faults.Fault``."""
        return self.sim.faults

    @property
    def requests(self) -> Sequence[LoggedRequest]:
        """What was asked so far."""
        return self.sim.log.requests

    @property
    def peak_rate(self) -> int:
        """The greatest number of requests in any second so far."""
        return self.sim.pacer.peak_rate

    def summary(self) -> Summary:
        """What was asked since the mark, or the start, counted."""
        return self.sim.tally.summary()

    def mark(self) -> Summary:
        """The same, and counting begins anew."""
        return self.sim.tally.mark()

    @property
    def session(self) -> SessionControl:
        """Circumstances and mishaps."""
        return SessionControl(self.sim)
