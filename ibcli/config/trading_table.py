"""The settings of trading: limits, and what ``order`` does where no flag says it."""

from __future__ import annotations

from ibcli.config import parse, trading
from ibcli.config.setting import Setting
from ibcli.domain.wishes import amount, parse_limit, parse_take_profit, parse_window

GUARDS = "Guards (an order beyond one of them is refused with exit code 9; none: no such limit)"
ORDERS = "Orders (what ibcli order does where no flag says it)"
DEFAULT_DELTA = "0.10"

TRADING: tuple[Setting, ...] = (
    Setting(
        "IBCLI_UNATTENDED",
        GUARDS,
        "Where orders may be sent with nobody at a terminal to ask: never, paper (paper and "
        "simulated accounts) or live (these and real money; IB_IS_LIVE=true is needed too).",
        trading.unattended,
        default="paper",
    ),
    Setting(
        "IBCLI_CONFIRM",
        GUARDS,
        "Questions of the broker to answer with yes, by message id: o163 only when the limit is "
        "within IBCLI_PRICE_BAND, o10151 only for MKT, o10152 and o10331 only for stops; "
        "o354 (no market data) never, even if it stands here. none: not one.",
        trading.confirm,
        default="o163,o10151,o10152,o10331",
    ),
    Setting(
        "IBCLI_SYMBOLS",
        GUARDS,
        "The only underlyings that may be traded, separated by commas.",
        trading.or_none(trading.symbols),
        default_note="any",
        example="SPY,ARM",
    ),
    Setting(
        "IBCLI_MAX_CONTRACTS",
        GUARDS,
        "Most contracts in one command, all its legs together.",
        trading.or_none(trading.whole),
        default="10",
    ),
    Setting(
        "IBCLI_MAX_ORDERS_PER_DAY",
        GUARDS,
        "Most entries in one trading day, over all jobs of the account; stops do not count.",
        trading.or_none(trading.whole),
        default="20",
    ),
    Setting(
        "IBCLI_MAX_PREMIUM",
        GUARDS,
        "Most premium that one command may pay or receive, in dollars.",
        trading.or_none(amount),
        default_note="none",
        example="1000",
    ),
    Setting(
        "IBCLI_MAX_LOSS",
        GUARDS,
        "Most that one command may lose, in dollars: at its stops where it has them, at expiry "
        "otherwise. What has no stop and no bound is refused.",
        trading.or_none(amount),
        default_note="none",
        example="1000",
    ),
    Setting(
        "IBCLI_MAX_DELTA",
        GUARDS,
        "Largest absolute delta of a contract, wings left out.",
        trading.or_none(trading.delta),
        default="0.40",
    ),
    Setting(
        "IBCLI_MAX_SPREAD",
        GUARDS,
        "Widest distance of bid and ask, as a fraction of their mid: of each contract but wings, "
        "and of a combination as a whole.",
        trading.or_none(trading.share),
        default="1.00",
    ),
    Setting(
        "IBCLI_PRICE_BAND",
        GUARDS,
        "Farthest that a limit may lie from the mid, as a fraction of it; rounding to the tick "
        "does not count.",
        trading.or_none(trading.share),
        default="0.25",
    ),
    Setting(
        "IBCLI_QUOTE_MAX_AGE",
        GUARDS,
        "Oldest quote to trade on, in seconds.",
        trading.or_none(amount),
        default="30",
    ),
    Setting(
        "IBCLI_MAX_MARGIN",
        GUARDS,
        "Largest initial margin after the order, as a share of the account's equity.",
        trading.or_none(trading.share),
        default="0.50",
    ),
    Setting(
        "IBCLI_WINDOW",
        GUARDS,
        "Hours of New York's day in which orders may be sent.",
        trading.or_none(parse_window),
        default_note="any",
        example="11:00-13:00",
    ),
    Setting("IBCLI_ORDER_ACTION", ORDERS, "buy or sell.", trading.action, default="sell"),
    Setting(
        "IBCLI_ORDER_EXPIRY",
        ORDERS,
        "0dte (the nearest listed expiry from today on that can still be traded), next (the first "
        "after today) or a day.",
        trading.expiry,
        default="0dte",
    ),
    Setting(
        "IBCLI_ORDER_DELTA",
        ORDERS,
        "Strikes by absolute delta: the nearest listed one.",
        trading.delta,
        default_note=f"{DEFAULT_DELTA}, unless IBCLI_ORDER_OTM or IBCLI_ORDER_OFFSET is set",
        example=DEFAULT_DELTA,
    ),
    Setting(
        "IBCLI_ORDER_OTM",
        ORDERS,
        "Strikes by their place: so many out of the money.",
        trading.whole,
        default_note="by delta",
        example="5",
    ),
    Setting(
        "IBCLI_ORDER_OFFSET",
        ORDERS,
        "Strikes by their distance from the underlying's price, in dollars.",
        amount,
        default_note="by delta",
        example="10",
    ),
    Setting("IBCLI_ORDER_QTY", ORDERS, "Contracts a leg.", trading.whole, default="1"),
    Setting(
        "IBCLI_ORDER_LIMIT",
        ORDERS,
        "mid, natural (fills at once), bid, ask or a price.",
        parse_limit,
        default="mid",
    ),
    Setting(
        "IBCLI_ORDER_TYPE",
        ORDERS,
        "LMT, MKT, STP, STOP_LIMIT, MIDPRICE, TRAIL or TRAILLMT.",
        trading.order_type,
        default="LMT",
    ),
    Setting("IBCLI_ORDER_TIF", ORDERS, "DAY, GTC, IOC or OPG.", trading.tif, default="DAY"),
    Setting(
        "IBCLI_ORDER_OUTSIDE_RTH",
        ORDERS,
        "true: fill outside regular trading hours too.",
        parse.boolean,
        default="false",
    ),
    Setting(
        "IBCLI_ORDER_STOP_MULTIPLE",
        ORDERS,
        "The stop of what is sold: this many times the premium.",
        trading.multiple,
        default="3.5",
    ),
    Setting(
        "IBCLI_ORDER_TAKE_PROFIT",
        ORDERS,
        "Close at a share of the premium earned (50%), or at a price.",
        trading.or_none(parse_take_profit),
        default_note="no take-profit",
        example="50%",
    ),
    Setting(
        "IBCLI_ORDER_WIDTH",
        ORDERS,
        "Dollars to the wing that is bought beyond each strike sold.",
        trading.or_none(amount),
        default_note="no wing",
        example="5",
    ),
    Setting(
        "IBCLI_ORDER_COMBO",
        ORDERS,
        "true: all legs as one native combination; false: each leg as an order of its own.",
        parse.boolean,
        default_note="true where wings are bought or --leg is given twice",
        example="true",
    ),
    Setting(
        "IBCLI_ORDER_IF_LEG_FAILS",
        ORDERS,
        "When a later one of separate legs is refused: keep those placed, cancel them where not "
        "filled, or unwind what was filled too.",
        trading.if_leg_fails,
        default="keep",
    ),
    Setting(
        "IBCLI_ORDER_WAIT",
        ORDERS,
        "Watch the orders until they are working, filled, or for so many seconds.",
        trading.wait,
        default="working",
    ),
)
