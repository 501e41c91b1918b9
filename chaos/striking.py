"""A plan's troubles, put before a simulator: each becomes a fault that it knows, or befalls it when
a certain request comes in.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from chaos.kinds import Kind
from ibcli.sim.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chaos.plan import Trouble
    from ibcli.sim.embedded import SimServer

_PAGE = "<html><body><h1>Bad Gateway</h1></body></html>"
_SHAPES: tuple[Any, ...] = ({"unexpected": True}, [[1, 2]], 42, "words", [{"x": 1}], {"id": {}})
_DONE_SECONDS = 10.0


class BrokerClock:
    """The clock that a simulator tells the time by; that of its books stays steady."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


def facts_of(trouble: Trouble) -> dict[str, Any]:
    """A trouble on single requests as ``ibcli.sim.faults.Fault`` has it."""
    shape, kind = trouble.shape, trouble.kind
    down = {"error": "Service Unavailable"}
    facts: dict[Kind, dict[str, Any]] = {
        Kind.CUT_BEFORE: {"cut": "before"},
        Kind.CUT_AFTER: {"cut": "after"},
        Kind.CUT_AMID: {"cut": "amid"},
        Kind.LATE_BEFORE: {"hold": "before", "if_gone": ("handle", "drop")[shape % 2]},
        Kind.LATE_AFTER: {"hold": "after"},
        Kind.UNAUTHORIZED: {"status": 401, "body": {"error": "not authenticated"}},
        Kind.GONE: {"status": 410, "body": {"error": "gone"}},
        Kind.TOO_FAST: {
            "status": 429,
            "body": {"error": "too many requests"},
            "headers": {"Retry-After": f"{trouble.seconds:.0f}"} if shape % 3 else {},
        },
        Kind.SERVER_ERROR: {"status": 500, "body": down},
        Kind.SERVER_ERROR_HANDLED: {"status": 500, "body": down, "handled": True},
        Kind.UNAVAILABLE: {"status": 503, "body": down},
        Kind.UNAVAILABLE_HANDLED: {"status": 503, "body": down, "handled": True},
        Kind.HTML: {"status": (200, 502, 503)[shape % 3], "body": _PAGE, "handled": shape >= 3},
        Kind.EMPTY: {"status": 200, "body": "", "handled": shape >= 2},
        Kind.TRUNCATED: {"truncate": (1, 7, 30, 64, 100, 200)[shape % 6]},
        Kind.WRONG_SHAPE: {"status": 200, "body": _SHAPES[shape % 6], "handled": shape % 2 == 0},
    }
    return facts[kind]


class Occurrence(Fault):
    """What befalls the broker with a certain request, and is over some requests later.

    No request is answered otherwise because of it: it only hears them come in.
    """

    def __init__(
        self, trouble: Trouble, begin: Callable[[], object], end: Callable[[], object]
    ) -> None:
        super().__init__(trouble.path, method=trouble.method)
        self.let_through = trouble.skip
        self.lasting = trouble.count
        self.begin = begin
        self.end = end
        self.began_at: float | None = None
        self.ended_at: float | None = None

    def matches(self, method: str, path: str, body: str) -> bool:
        """Never; but it may begin, or end, just before that request is handled."""
        if self.began_at is not None:
            self.lasting -= 1
            if self.lasting == 0:
                self.over()
        elif super().matches(method, path, body):
            if self.let_through:
                self.let_through -= 1
            else:
                self.began_at = time.monotonic()
                self.hits += 1
                self.begin()
        return False

    def over(self) -> None:
        """End it, unless it has ended or never began."""
        if self.began_at is not None and self.ended_at is None:
            self.ended_at = time.monotonic()
            self.end()


class Striking:
    """The troubles of one wave, in force from ``put`` to ``end``."""

    def __init__(self, sim: SimServer, clock: BrokerClock) -> None:
        self.sim = sim
        self.clock = clock
        self.faults: list[tuple[Trouble, Fault]] = []

    def put(self, troubles: Sequence[Trouble]) -> None:
        """Let them strike from now on; what befalls the broker hears a request before any fault."""
        occurring: dict[Kind, tuple[Callable[[], object], Callable[[], object]]] = {
            Kind.REFUSED: (self.sim.refuse, self.sim.welcome),
            Kind.TOKEN_EXPIRED: (self.sim.session.expire_tokens, _nothing),
            Kind.NO_BRIDGE: (self.sim.session.end, _nothing),
            Kind.COMPETING: (
                self.sim.session.another_session,
                lambda: self.sim.session.another_session(False),
            ),
            Kind.MIDNIGHT: (self._midnight, lambda: self.sim.session.token_active(True)),
        }
        made: list[tuple[Trouble, Fault]] = []
        for trouble in troubles:
            if trouble.kind is Kind.BROKER_CLOCK:
                made.append((trouble, self._clock_jump(trouble)))
            elif trouble.kind in occurring:
                made.append((trouble, Occurrence(trouble, *occurring[trouble.kind])))
        for trouble in troubles:
            if trouble.kind is not Kind.BROKER_CLOCK and trouble.kind not in occurring:
                fault = Fault(
                    trouble.path,
                    method=trouble.method,
                    skip=trouble.skip,
                    count=trouble.count,
                    **facts_of(trouble),
                )
                made.append((trouble, fault))
        for _, fault in made:
            self.sim.faults.put(fault)
        self.faults += made

    def look(self) -> None:
        """To be called now and then: who is refused asks for nothing by which it would end."""
        for trouble, fault in self.faults:
            if trouble.kind is Kind.REFUSED and isinstance(fault, Occurrence):
                since = fault.began_at
                if since is not None and time.monotonic() - since > 0.3 * trouble.count:
                    fault.over()

    def end(self) -> dict[Kind, int]:
        """All is over: what is held is let go, and seen to. How often each kind struck; refused
        connections are not known here.
        """
        self.sim.faults.clear()
        hits: dict[Kind, int] = {}
        for trouble, fault in self.faults:
            if isinstance(fault, Occurrence):
                fault.over()
            elif fault.hits and fault.hold is not None:
                fault.done.wait(_DONE_SECONDS)
            if fault.hits and trouble.kind is not Kind.REFUSED:
                hits[trouble.kind] = hits.get(trouble.kind, 0) + fault.hits
        return hits

    def refusing(self) -> list[tuple[float, float]]:
        """From when to when nobody listened (monotonic seconds)."""
        return [
            (fault.began_at, fault.ended_at)
            for trouble, fault in self.faults
            if trouble.kind is Kind.REFUSED and isinstance(fault, Occurrence)
            if fault.began_at is not None and fault.ended_at is not None
        ]

    def _midnight(self) -> None:
        self.sim.session.kill_tokens()
        self.sim.session.end()
        self.sim.session.token_active(False)

    def _clock_jump(self, trouble: Trouble) -> Occurrence:
        return Occurrence(
            trouble,
            lambda: setattr(self.clock, "ahead", trouble.seconds),
            lambda: setattr(self.clock, "ahead", 0.0),
        )


def _nothing() -> None:
    """What is over of itself."""
