"""``auth test``: the way to a first price, step by step; the first failure ends it."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from ibcli.broker.connect import connect
from ibcli.broker.credentials import load_credentials
from ibcli.broker.decode import decode_quote, raw_rows
from ibcli.broker.required import require_settings
from ibcli.domain.quotes import Feed
from ibcli.errors import ConfigurationError, IbcliError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ibcli.broker.client import BrokerClient
    from ibcli.broker.deadline import Deadline
    from ibcli.config import Settings

SPY = 756733  # a fund that always has a price, where market data is subscribed
_PRICES = ("31", "84", "86")  # last, bid, ask
_LONGEST_WAIT = 10.0  # seconds for a first price
_BETWEEN_LOOKS = 0.5  # seconds; the data is renewed about as often


class Outcome(StrEnum):
    """How a step or a check went."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the test; ``error`` says why it failed."""

    name: str
    outcome: Outcome
    seconds: Decimal
    detail: str
    error: IbcliError | None = None


@dataclass(frozen=True, slots=True)
class AuthTest:
    """The test's steps, and where they led. ``paper`` is None when the test did not get so far."""

    steps: tuple[Step, ...]
    account: str | None = field(default=None, repr=False)
    paper: bool | None = None
    next_step: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def error(self) -> IbcliError | None:
        """The first failure."""
        return next((step.error for step in self.steps if step.error), None)


class _Walk:
    """Takes the steps in order, timing each."""

    def __init__(
        self, load: Callable[[], Settings], deadline: Deadline, stopwatch: Callable[[], float]
    ) -> None:
        self._load = load
        self._deadline = deadline
        self._stopwatch = stopwatch
        self._stack = ExitStack()
        self._settings: Settings  # from the first step on
        self._client: BrokerClient  # from the third step on
        self._warned = ""  # by the step under way
        self._warnings: list[str] = []
        self.account: str | None = None
        self.paper: bool | None = None

    def __call__(self) -> AuthTest:
        steps: list[Step] = []
        with self._stack:
            for name, take in (
                ("settings", self._take_settings),
                ("keys", self._take_keys),
                ("login", self._take_login),
                ("brokerage session", self._take_session),
                ("accounts", self._take_accounts),
                ("snapshot", self._take_snapshot),
            ):
                steps.append(self._timed(name, take))
                if steps[-1].outcome is Outcome.FAILED:
                    break
        done = steps[-1].outcome is not Outcome.FAILED
        return AuthTest(
            tuple(steps), self.account, self.paper, self._next(done), tuple(self._warnings)
        )

    def _timed(self, name: str, take: Callable[[], str]) -> Step:
        began = self._stopwatch()
        self._warned = ""
        error: IbcliError | None = None
        try:
            detail = take()
            outcome = Outcome.WARNING if self._warned else Outcome.OK
        except IbcliError as failed:
            outcome, detail, error = Outcome.FAILED, failed.message, failed
        took = Decimal(str(self._stopwatch() - began)).quantize(Decimal("0.001"))
        return Step(name, outcome, took, self._warned or detail, error)

    def _take_settings(self) -> str:
        self._settings = self._load()
        require_settings(self._settings)
        if self._settings.warnings:
            self._warned = self._settings.warnings[0]
        if self._settings.simulated:
            return "the demo's own, for the simulated broker"
        where = str(self._settings.env_file or "the environment")
        return f"from {where}, for {self._settings.api_url}"

    def _take_keys(self) -> str:
        load_credentials(self._settings)
        return "they fit the access token secret"

    def _take_login(self) -> str:
        client = self._stack.enter_context(connect(self._settings, self._deadline))
        self._client, self._warnings = client, client.warnings
        kept = client.kept_login()
        login = client.log_in()
        how = "kept" if kept is not None and kept.mark == login.mark else "new"
        return f"{how}, valid until {login.expires:%Y-%m-%dT%H:%M:%SZ}"

    def _take_session(self) -> str:
        client = self._client
        before = client.kept_login()
        client.bring_up_session()
        status = client.read("POST", "/iserver/auth/status")
        login = client.bring_up_session()  # anew, if the broker refused the token just now
        if not (isinstance(status, dict) and status.get("established") is True):
            login = client.renew_session(lost=login.session.mark if login.session else None)
        old = before.session.mark if before and before.session else ""
        is_kept = login.session is not None and login.session.mark == old
        return "established" + (" before" if is_kept else "")

    def _take_accounts(self) -> str:
        accounts = self._client.ask_accounts()
        wanted = self._settings.account_id
        if wanted is not None and wanted not in accounts.ids:
            raise ConfigurationError(
                "IB_ACCOUNT_ID is not among the accounts of this login.",
                hint=f"The login has: {', '.join(accounts.ids)}.",
                code="account-unknown",
            )
        self.account = wanted or accounts.selected
        self.paper = accounts.paper
        kind = "paper" if accounts.paper else "live"
        if self._settings.is_live == bool(accounts.paper):
            said = "true" if self._settings.is_live else "false"
            self._warned = f"{self.account} is a {kind} account, but IB_IS_LIVE is {said}"
        more = f", one of {len(accounts.ids)}" if len(accounts.ids) > 1 else ""
        return f"{self.account} ({kind}{more})"

    def _take_snapshot(self) -> str:
        """The first answer has no data: it opens the stream."""
        client = self._client
        client.ensure_accounts()
        params = {"conids": str(SPY), "fields": ",".join((*_PRICES, "6509"))}
        until = self._stopwatch() + min(_LONGEST_WAIT, self._deadline.remaining / 2)
        price = feed = None
        while price is None:
            answer = client.read("GET", "/iserver/marketdata/snapshot", params=params)
            quote = decode_quote(SPY, raw_rows(answer).get(SPY, {}))
            price, feed = quote.last or quote.bid or quote.ask, quote.feed
            if price is None and self._stopwatch() >= until:
                self._warned = (
                    "SPY: answered, but without a price: check the market data subscriptions"
                )
                return ""
            if price is None:
                self._deadline.sleep(_BETWEEN_LOOKS)
        return f"SPY {price} ({_FEEDS.get(feed, 'feed not said')})"

    def _next(self, done: bool) -> str:
        return "ibcli chain SPY --expiry next" if done else ""


_FEEDS: dict[Feed | None, str] = {
    Feed.LIVE: "live",
    Feed.DELAYED: "delayed",
    Feed.FROZEN: "frozen",
    Feed.FROZEN_DELAYED: "frozen, delayed",
    Feed.NOT_SUBSCRIBED: "not subscribed",
    Feed.AGREEMENT_MISSING: "agreement not signed",
}


def auth_test(
    load: Callable[[], Settings],
    deadline: Deadline,
    stopwatch: Callable[[], float] = time.monotonic,
) -> AuthTest:
    """Walk from the settings to a price; errors end up in the steps, none is raised."""
    return _Walk(load, deadline, stopwatch)()
