"""How a simulator is to behave: one frozen value, given once at the start."""

from __future__ import annotations

import os
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

BASE_PATH = "/v1/api"
"""The path under which IBKR serves its Web API (https://api.ibkr.com/v1/api)."""

DEFAULT_PORT = 5080


class Pacing(StrEnum):
    """What happens to a request that comes too fast."""

    RECORD = "record"  # it is answered; the rate is only recorded
    EXCESS = "excess"  # it alone gets 429
    STRICT = "strict"  # 429, and so does everything else of that address until the penalty is over


@dataclass(frozen=True, slots=True)
class Precautions:
    """Above which an order raises a question: IBKR's defaults where they are recorded (3 %, 500,
    100,000), invented where not.
    """

    percent: Decimal = Decimal(3)  # o163: of a stock's price, beyond bid and ask
    option_percent: Decimal = Decimal(20)  # the same for options and combinations
    size: int = 500  # o383: shares or contracts
    value: int = 100_000  # o451: dollars
    ticks: int | None = None  # o382: ticks of a cent beyond bid and ask; None never asks


@dataclass(frozen=True, slots=True)
class SimOptions:
    """Everything that can be chosen at the start; what can change while it runs is in
    ``switches.Switches``.

    Times ending in ``_ms`` and ``_seconds`` are real ones, not the market's.
    """

    seed: int = 1
    clock: str = "now"  # the market's: "now", "2025-08-18", "<RFC 3339 market>@<RFC 3339 real>"
    state: Path | None = None  # a folder shared with other servers; None keeps everything in memory
    keys: Path | None = (
        None  # a folder of keys to use (made when empty); None: inside the state folder
    )
    host: str = "127.0.0.1"
    port: int = 0  # 0 takes a free one
    public_url: str | None = None  # what clients sign; None: http://127.0.0.1:PORT/v1/api
    account: str = "DU1234567"  # one that starts with D is a paper account
    gateway: bool = False  # no OAuth, as IBKR's Client Portal gateway answers on localhost
    tls: tuple[Path, Path] | None = None  # certificate chain and private key, PEM
    latency_ms: int = 0  # from a request's arrival to its answer's leaving
    pacing: Pacing = Pacing.EXCESS
    max_rps: int = 10  # requests a second over everything; an older page of IBKR's allows 50
    penalty_seconds: float = 900.0  # "15 minutes", IBKR's pacing page
    log: Path | None = None  # one JSON line a request
    replay: tuple[Path, ...] = ()  # recordings that are answered from, instead of a market
    real_time: bool = False  # their answers take as long as they took
    say: Callable[[str], None] = lambda _: None  # told of requests that are in no recording

    establish_polls: int = 0  # status requests after ssodh/init until the session is established
    data_after_polls: int = (
        1  # snapshot requests of a contract until it has data: 1 leaves the first bare
    )
    data_after_ms: int = 0
    greeks_after_polls: int = 2
    greeks_after_ms: int = 0
    history_fails_first: bool = (
        False  # the first history request of a contract: "Chart data unavailable"
    )
    lines: int | None = None  # concurrent market-data lines; beyond them streams stay without data

    cash: Decimal = Decimal(1_000_000)  # what an account starts with, in dollars
    precautions: Precautions = Precautions()
    empty_first: bool = True  # a session's first answers of orders, trades and P&L are empty
    cancel_ms: int = 500  # from a cancellation to its effect; the order may still trade meanwhile
    commission_ms: int = 1000  # from a fill to its commission's appearance
    unknown_order_seconds: float = 0.0  # before order/status says 503; IBKR takes 5 (recorded)

    idle_seconds: float = 360.0  # a brokerage session without any request ends
    midnight_reset: bool = False  # sessions end at New York's midnight (real clock)
    token_seconds: float = 86_400.0  # a live session token's life
    timestamp_seconds: float = 300.0  # how far oauth_timestamp may be off
    socket_heartbeat_seconds: float = 10.0
    socket_refresh_seconds: float = 0.5  # IBKR: market data refreshes about every 500 ms


def default_state_folder() -> Path:
    """``$IBCLI_STATE_DIR/sim``, else ``sim`` in the user's state folder (XDG_STATE_HOME is
    respected).
    """
    import platformdirs

    chosen = os.environ.get("IBCLI_STATE_DIR")
    base = Path(chosen).expanduser() if chosen else Path(platformdirs.user_state_dir("ibcli"))
    return base / "sim"
