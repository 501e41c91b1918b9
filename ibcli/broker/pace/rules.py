"""What IBKR allows of each endpoint, and which requests go first
(https://www.interactivebrokers.com/campus/ibkr-api-page/cpapi-v1/#pacing-limitations).
"""

from __future__ import annotations

from dataclasses import dataclass

MARGIN = 0.02  # seconds: by what clocks may differ, and what ours may lose on the server's
SECOND = 1 + MARGIN


@dataclass(frozen=True, slots=True)
class Rule:
    """At most ``count`` requests in ``window`` seconds, or under way at once (window 0).

    A name that ends in a slash stands for all paths below it.
    """

    name: str
    count: int
    window: float


_FIVE_SECONDS = 5.0
_QUARTER_HOUR = 900.0
RULES = (
    Rule("/iserver/marketdata/snapshot", 10, 1.0),
    Rule("/iserver/marketdata/history", 5, 0.0),
    Rule("/iserver/account/orders", 1, _FIVE_SECONDS),
    Rule("/iserver/account/trades", 1, _FIVE_SECONDS),
    Rule("/iserver/account/pnl/partitioned", 1, _FIVE_SECONDS),
    Rule("/portfolio/accounts", 1, _FIVE_SECONDS),
    Rule("/portfolio/subaccounts", 1, _FIVE_SECONDS),
    Rule("/iserver/scanner/params", 1, _QUARTER_HOUR),
    Rule("/pa/performance", 1, _QUARTER_HOUR),
    Rule("/pa/summary", 1, _QUARTER_HOUR),
    Rule("/pa/transactions", 1, _QUARTER_HOUR),
    Rule("/iserver/scanner/run", 1, 1.0),
    Rule("/tickle", 1, 1.0),
    Rule("/fyi/", 1, 1.0),
    Rule("/sso/validate", 1, 60.0),
)

NO_RULE = -1
_OF_ONE_PATH = {rule.name: n for n, rule in enumerate(RULES) if not rule.name.endswith("/")}
_OF_FOLDERS = tuple((rule.name, n) for n, rule in enumerate(RULES) if rule.name.endswith("/"))


def rule_of(path: str) -> int:
    """The place in RULES of the rule that a request to this path counts under, or NO_RULE.

    Beside it, each counts under the limit over all requests.
    """
    found = _OF_ONE_PATH.get(path)
    if found is not None:
        return found
    return next((n for name, n in _OF_FOLDERS if path.startswith(name)), NO_RULE)


def is_limited_at_once(path: str) -> bool:
    """Whether requests to it are limited by how many are under way."""
    rule = rule_of(path)
    return rule != NO_RULE and RULES[rule].window == 0


def kept(haste: int = 1) -> tuple[Rule, ...]:
    """RULES with the windows that we keep: longer by the margin; those of more than a second
    divided by ``haste``, for a simulator whose time runs so many times faster.
    """
    return tuple(Rule(rule.name, rule.count, _kept(rule.window, haste)) for rule in RULES)


def _kept(window: float, haste: int) -> float:
    if window == 0:
        return 0.0
    return (window + MARGIN) / (haste if window > 1 else 1)


def goes_first(method: str, path: str) -> bool:
    """Whether it places, changes, confirms or cancels an order: then it goes before what only asks.

    A preview (``/whatif``) asks.
    """
    if method == "DELETE":
        return True
    if method != "POST":
        return False
    if path.startswith("/iserver/account/"):
        return path.count("/") > 3 and not path.endswith("/whatif")
    return path.startswith("/iserver/reply/")
