"""The instruments of the simulated market.

Contract ids marked *real* are the broker's; the others are invented. Prices are near those of the
anchor day; names, sections and exchange lists follow recorded search results.
"""

from __future__ import annotations

from datetime import date

from ibcli.sim.market.conids import Key
from ibcli.sim.market.instruments import (
    CENTS,
    NICKELS,
    ExpiryCycle,
    FutureRoot,
    Ladder,
    Listing,
    OptionClass,
    StrikeLadders,
    Temper,
)
from ibcli.sim.market.model import Right

ANCHOR_DAY = date(2025, 8, 18)  # every price is at its catalogue level on this day's close

# fmt: off
_SMART = (
    "SMART", "AMEX", "BATS", "BOX", "CBOE", "CBOE2", "EDGX", "EMERALD", "GEMINI", "IBUSOPT", "ISE",
    "MEMX", "MERCURY", "MIAX", "NASDAQBX", "NASDAQOM", "PEARL", "PHLX", "PSE", "SAPPHIRE",
)
_STOCK_EXCHANGES = (
    "SMART", "AMEX", "NYSE", "CBOE", "PHLX", "ISE", "CHX", "ARCA", "NASDAQ", "DRCTEDGE", "BATS",
    "EDGEA", "IEX",
)
# fmt: on
_SPX_EXCHANGES = ("SMART", "CBOE", "IBUSOPT")
_WARRANTS = ("BVME", "EBS", "FWB", "GETTEX", "SBF", "SWB")

# The monthlies of a widely traded stock: eight months in a row, quarters beyond, three Januaries.
_MANY_MONTHS = (30, 8, 24, 8, 8, 21, 8, 8, 12, 8, 8, 32)
# The February cycle: two months in a row, the cycle's four, two Januaries.
_FEBRUARY_CYCLE = (28, 9, 2, 2, 9, 16, 2, 9, 2, 2, 9, 16)
_JANUARY_CYCLE = (28, 2, 2, 9, 2, 16, 9, 2, 2, 9, 2, 16)
_INDEX_MONTHS = (14, 14, 14, 14, 14, 30, 14, 14, 14, 14, 14, 52)
_CDR_MONTHS = (2, 2, 11, 2, 2, 9, 2, 2, 9, 2, 2, 9)

_STOCK = ExpiryCycle(friday_lead=50, monthly_leads=_MANY_MONTHS)
_SMALLER_STOCK = ExpiryCycle(friday_lead=50, monthly_leads=_FEBRUARY_CYCLE)
_FUND = ExpiryCycle(daily_lead=14, friday_lead=50, quarter_end_lead=370, monthly_leads=_MANY_MONTHS)
_SPX = ExpiryCycle(monthly_leads=_INDEX_MONTHS, am_settled=True)
_SPXW = ExpiryCycle(
    daily_lead=36,
    friday_lead=70,
    month_end_lead=370,
    monthly_leads=(12,) * 12,
    all_weekly=True,
)


def _ladders(unit: float, short: Ladder, medium: Ladder, long: Ladder) -> StrikeLadders:
    return StrikeLadders(unit, short, medium, long)


_AROUND_100 = _ladders(
    0.5,
    ((0.12, 1), (0.25, 2.5), (0.5, 5)),
    ((0.15, 2.5), (0.5, 5), (0.8, 10)),
    ((0.5, 5), (0.95, 10)),
)
_AROUND_200 = _ladders(
    2.5,
    ((0.16, 2.5), (0.45, 5)),
    ((0.12, 2.5), (0.45, 5), (0.8, 10)),
    ((0.35, 5), (0.95, 10)),
)
_AROUND_500 = _ladders(
    2.5,
    ((0.12, 2.5), (0.25, 5), (0.45, 10)),
    ((0.2, 5), (0.5, 10), (0.8, 20)),
    ((0.4, 10), (0.95, 20)),
)
_FUND_STRIKES = _ladders(
    1.0,
    ((0.10, 1), (0.3, 5)),
    ((0.12, 1), (0.35, 5), (0.7, 10)),
    ((0.4, 5), (0.8, 10)),
)
_SPX_STRIKES = _ladders(
    5.0,
    ((0.06, 5), (0.15, 25), (0.35, 100)),
    ((0.08, 5), (0.25, 25), (0.55, 100)),
    ((0.15, 25), (0.5, 100)),
)
_CDR_STRIKES = _ladders(0.5, ((0.3, 0.5),), ((0.25, 1), (0.5, 2)), ((0.5, 2),))


def _options(
    name: str, cycle: ExpiryCycle, strikes: StrikeLadders, spread: float, activity: float
) -> OptionClass:
    return OptionClass(name, cycle, strikes, _SMART, spread=spread, activity=activity)


def _penny(name: str, spread: float, activity: float) -> OptionClass:
    """A fund's options: one cent throughout."""
    return OptionClass(
        name, _FUND, _FUND_STRIKES, _SMART, ticks=CENTS, spread=spread, activity=activity
    )


def _index(name: str, cycle: ExpiryCycle, activity: float) -> OptionClass:
    return OptionClass(
        name,
        cycle,
        _SPX_STRIKES,
        _SPX_EXCHANGES,
        ticks=NICKELS,
        european=True,
        spread=12.0,
        activity=activity,
    )


def _cdr(name: str) -> OptionClass:
    return OptionClass(
        name,
        ExpiryCycle(monthly_leads=_CDR_MONTHS),
        _CDR_STRIKES,
        ("CDE",),
        spread=6.0,
        activity=4.0,
    )


_INDEX_TEMPER = Temper(1.0, 0.0, 0.135, skew=-0.15, smile=0.02, front=0.8, dividends=0.012)
_NASDAQ_TEMPER = Temper(1.2, 0.004, 0.175, skew=-0.13, smile=0.02, front=0.85, dividends=0.005)
_AAPL_TEMPER = Temper(1.1, 0.011, 0.24, dividends=0.0045)
_MSFT_TEMPER = Temper(1.0, 0.010, 0.20, dividends=0.0065)
_ARM_TEMPER = Temper(
    1.8, 0.024, 0.5184, skew=-0.02, smile=0.0466, front=1.1
)  # its 22 August 143 and 145 calls are worth 1.60 and 1.10 on the anchor day
_SPX_CONID = 416904

LISTINGS: tuple[Listing, ...] = (
    # ARM's tradable listing is the second of its rows.
    Listing(
        590182311,
        "ARM",
        "ARM HOLDINGS PLC-ADR",
        "MEXI",
        2606.0,
        _ARM_TEMPER,
        currency="MXN",
        kind="ADR",
        is_us=False,
        restricted="STK",
        valid_exchanges=("MEXI",),
        volume=3_000,
    ),
    Listing(
        653400472,  # real
        "ARM",
        "ARM HOLDINGS PLC-ADR",
        "NASDAQ",
        139.00,
        _ARM_TEMPER,
        kind="ADR",
        restricted="CFD",
        valid_exchanges=_STOCK_EXCHANGES,
        industry="Technology",
        category="Semiconductors",
        classes=(_options("ARM", _SMALLER_STOCK, _AROUND_100, 1.6, 900),),
        volume=5_200_000,
        option_volume=48_000,
        cfd=590182350,
    ),
    Listing(
        756733,  # real
        "SPY",
        "SPDR S&P 500 ETF TRUST",
        "ARCA",
        643.30,
        _INDEX_TEMPER,
        kind="ETF",
        restricted="CFD",
        valid_exchanges=_STOCK_EXCHANGES,
        industry="Funds",
        category="Growth&Income-Large Cap",
        classes=(_penny("SPY", 0.6, 60_000),),
        volume=62_000_000,
        option_volume=8_400_000,
        cfd=590182351,
    ),
    Listing(
        590182312,
        "SPY",
        "SPDR S&P 500 ETF TRUST",
        "MEXI",
        12060.0,
        _INDEX_TEMPER,
        currency="MXN",
        kind="ETF",
        is_us=False,
        restricted="STK",
        valid_exchanges=("MEXI",),
        volume=9_000,
    ),
    Listing(
        265598,  # real
        "AAPL",
        "APPLE INC",
        "NASDAQ",
        230.89,
        _AAPL_TEMPER,
        restricted="CFD",
        valid_exchanges=_STOCK_EXCHANGES,
        industry="Technology",
        category="Computers",
        classes=(_options("AAPL", _STOCK, _AROUND_200, 1.0, 9_000),),
        volume=37_500_000,
        option_volume=900_000,
        cfd=120549942,  # real
        warrant_exchanges=_WARRANTS,
    ),
    Listing(
        532640894,  # real
        "AAPL",
        "APPLE INC-CDR",
        "TSE",
        33.35,
        _AAPL_TEMPER,
        currency="CAD",
        is_us=False,
        valid_exchanges=("TSE", "OMEGA", "CHIX_CA"),
        classes=(_cdr("AAPL"),),
        volume=210_000,
        option_volume=300,
    ),
    Listing(
        38708077,  # real
        "AAPL",
        "APPLE INC",
        "MEXI",
        4328.0,
        _AAPL_TEMPER,
        currency="MXN",
        is_us=False,
        restricted="STK",
        valid_exchanges=("MEXI",),
        volume=14_000,
        delay_minutes=15,
    ),
    Listing(
        273982664,  # real
        "AAPL",
        "APPLE INC",
        "EBS",
        186.4,
        _AAPL_TEMPER,
        currency="CHF",
        is_us=False,
        valid_exchanges=("EBS",),
        volume=2_000,
    ),
    Listing(
        _SPX_CONID,  # real
        "SPX",
        "S&P 500 Stock Index",
        "CBOE",
        6449.15,
        _INDEX_TEMPER,
        sec_type="IND",
        kind="Index",
        valid_exchanges=("CBOE",),
        industry="Indices",
        category="Broad Range Equity Index",
        classes=(_index("SPX", _SPX, 3_000), _index("SPXW", _SPXW, 12_000)),
        option_volume=3_300_000,
    ),
    Listing(
        76792991,  # real
        "TSLA",
        "TESLA INC",
        "NASDAQ",
        335.16,
        Temper(1.7, 0.027, 0.46, skew=-0.02, smile=0.03, front=1.05),
        restricted="CFD",
        valid_exchanges=_STOCK_EXCHANGES,
        industry="Consumer, Cyclical",
        category="Auto Manufacturers",
        classes=(_options("TSLA", _STOCK, _AROUND_200, 1.5, 40_000),),
        volume=57_000_000,
        option_volume=2_600_000,
        cfd=590182352,
        warrant_exchanges=_WARRANTS,
    ),
    Listing(
        4815747,  # real
        "NVDA",
        "NVIDIA CORP",
        "NASDAQ",
        182.01,
        Temper(1.7, 0.019, 0.43, skew=-0.04, smile=0.025, front=0.95, dividends=0.0002),
        restricted="CFD",
        valid_exchanges=_STOCK_EXCHANGES,
        industry="Technology",
        category="Semiconductors",
        classes=(_options("NVDA", _STOCK, _AROUND_200, 0.8, 55_000),),
        volume=132_000_000,
        option_volume=2_900_000,
        cfd=590182353,
        warrant_exchanges=_WARRANTS,
    ),
    Listing(
        272093,  # real
        "MSFT",
        "MICROSOFT CORP",
        "NASDAQ",
        517.10,
        _MSFT_TEMPER,
        restricted="CFD",
        valid_exchanges=_STOCK_EXCHANGES,
        industry="Technology",
        category="Software",
        classes=(_options("MSFT", _STOCK, _AROUND_500, 3.0, 3_000),),
        volume=23_700_000,
        option_volume=320_000,
        cfd=118239139,  # real
        warrant_exchanges=_WARRANTS,
    ),
    Listing(
        518938052,  # real
        "MSFT",
        "MICROSOFT CORP-CDR",
        "TSE",
        37.6,
        _MSFT_TEMPER,
        currency="CAD",
        is_us=False,
        valid_exchanges=("TSE", "OMEGA", "CHIX_CA"),
        classes=(_cdr("MSFT"),),
        volume=150_000,
        option_volume=200,
    ),
    Listing(
        38708990,  # real
        "MSFT",
        "MICROSOFT CORP",
        "MEXI",
        9692.0,
        _MSFT_TEMPER,
        currency="MXN",
        is_us=False,
        restricted="STK",
        valid_exchanges=("MEXI",),
        volume=6_000,
    ),
    Listing(
        320227571,  # real
        "QQQ",
        "INVESCO QQQ TRUST SERIES 1",
        "NASDAQ",
        577.11,
        _NASDAQ_TEMPER,
        kind="ETF",
        restricted="CFD",
        valid_exchanges=_STOCK_EXCHANGES,
        industry="Funds",
        category="Sector Fund-Technology",
        classes=(_penny("QQQ", 0.8, 35_000),),
        volume=41_000_000,
        option_volume=4_100_000,
        cfd=590182354,
    ),
    Listing(
        9579970,  # real
        "IWM",
        "ISHARES RUSSELL 2000 ETF",
        "ARCA",
        228.3,
        Temper(1.15, 0.006, 0.205, skew=-0.11, smile=0.02, front=0.9, dividends=0.011),
        kind="ETF",
        restricted="CFD",
        valid_exchanges=_STOCK_EXCHANGES,
        industry="Funds",
        category="Growth-Small Cap",
        classes=(_penny("IWM", 0.6, 12_000),),
        volume=28_000_000,
        option_volume=1_100_000,
        cfd=590182355,
    ),
    Listing(
        8314,  # real
        "IBM",
        "INTL BUSINESS MACHINES CORP",
        "NYSE",
        239.45,
        Temper(0.7, 0.011, 0.235, dividends=0.028),
        restricted="CFD",
        valid_exchanges=_STOCK_EXCHANGES,
        industry="Technology",
        category="Computers",
        classes=(
            _options(
                "IBM",
                ExpiryCycle(friday_lead=50, monthly_leads=_JANUARY_CYCLE),
                _AROUND_200,
                2.5,
                700,
            ),
        ),
        volume=3_600_000,
        option_volume=42_000,
        cfd=590182356,
    ),
    Listing(
        4391,  # real
        "AMD",
        "ADVANCED MICRO DEVICES",
        "NASDAQ",
        176.14,
        Temper(1.7, 0.024, 0.49, skew=-0.02, smile=0.025),
        restricted="CFD",
        valid_exchanges=_STOCK_EXCHANGES,
        industry="Technology",
        category="Semiconductors",
        classes=(_options("AMD", _STOCK, _AROUND_200, 1.2, 11_000),),
        volume=46_000_000,
        option_volume=720_000,
        cfd=590182357,
    ),
    Listing(
        107113386,  # real
        "META",
        "META PLATFORMS INC-CLASS A",
        "NASDAQ",
        767.37,
        Temper(1.3, 0.014, 0.27, dividends=0.0027),
        restricted="CFD",
        valid_exchanges=_STOCK_EXCHANGES,
        industry="Communications",
        category="Internet",
        classes=(_options("META", _STOCK, _AROUND_500, 6.0, 3_000),),
        volume=14_000_000,
        option_volume=480_000,
        cfd=590182358,
    ),
    Listing(
        208813719,  # real
        "GOOGL",
        "ALPHABET INC-CL A",
        "NASDAQ",
        203.50,
        Temper(1.1, 0.012, 0.28, dividends=0.004),
        restricted="CFD",
        valid_exchanges=_STOCK_EXCHANGES,
        industry="Communications",
        category="Internet",
        classes=(_options("GOOGL", _STOCK, _AROUND_200, 1.2, 6_000),),
        volume=18_500_000,
        option_volume=390_000,
        cfd=590182359,
    ),
    Listing(
        3691937,  # real
        "AMZN",
        "AMAZON.COM INC",
        "NASDAQ",
        231.49,
        Temper(1.2, 0.012, 0.27),
        restricted="CFD",
        valid_exchanges=_STOCK_EXCHANGES,
        industry="Communications",
        category="Internet",
        classes=(_options("AMZN", _STOCK, _AROUND_200, 1.1, 8_000),),
        volume=25_200_000,
        option_volume=640_000,
        cfd=590182360,
    ),
    Listing(
        11004968,  # real
        "ES",
        "E-mini S&P 500",
        "CME",
        6449.15,
        _INDEX_TEMPER,
        sec_type="IND",
        kind="Index",
        valid_exchanges=("CME",),
        futures="ES",
    ),
    Listing(
        11004958,  # real
        "NQ",
        "E-mini NASDAQ 100",
        "CME",
        23713.8,
        _NASDAQ_TEMPER,
        sec_type="IND",
        kind="Index",
        valid_exchanges=("CME",),
        futures="NQ",
    ),
)

# An option class's place here is part of its contracts' ids: append, never reorder.
OPTION_CLASSES: tuple[tuple[Listing, OptionClass], ...] = tuple(
    (listing, option_class) for listing in LISTINGS for option_class in listing.classes
)

FUTURE_ROOTS: tuple[FutureRoot, ...] = (
    FutureRoot("ES", 11004968, 50, 551_000_000),
    FutureRoot("NQ", 11004958, 20, 552_000_000),
)
REAL_FUTURES = {649180678: ("ES", date(2026, 6, 18))}

_ARM_CLASS = next(i for i, (_, cls) in enumerate(OPTION_CLASSES) if cls.name == "ARM")
_ARM_EXPIRY = date(2025, 8, 22)
REAL_OPTIONS: dict[int, Key] = {
    804155360: Key(_ARM_CLASS, _ARM_EXPIRY, 286, Right.CALL),  # 143
    796812614: Key(_ARM_CLASS, _ARM_EXPIRY, 290, Right.CALL),  # 145
}

# Days on which a price hardly moved: the most it strayed from its close, in its currency.
QUIET_DAYS: dict[tuple[int, date], float] = {(653400472, ANCHOR_DAY): 0.08}
