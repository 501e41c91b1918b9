"""The contract cache: what it keeps and for how long, and what happens when the file is bad."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING

import pytest

from ibcli.broker.contract_cache import ContractCache
from ibcli.broker.decode import Definition, MonthStrikes
from ibcli.domain.contracts import Listing, OptionContract, Right, Section
from ibcli.domain.watchlist import Instrument

if TYPE_CHECKING:
    from pathlib import Path

TODAY = date(2025, 8, 18)
AT_142_5 = "653400472 AUG25 142.5"
CALL = OptionContract(
    conid=804155360,
    underlying_conid=653400472,
    symbol="ARM",
    trading_class="ARM",
    expiry=date(2025, 8, 22),
    strike=Decimal("142.5"),
    right=Right.CALL,
    multiplier=Decimal(100),
    exchanges=("SMART", "CBOE"),
)
PUT = replace(CALL, conid=804155361, right=Right.PUT, multiplier=None, exchanges=())
LISTING = Listing(
    653400472,
    "ARM",
    None,
    "NASDAQ",
    (Section("STK"), Section("OPT", ("AUG25",), ("SMART",))),
    "CFD",
)
STRIKES = MonthStrikes((Decimal("142.5"), Decimal(145)), (Decimal(145),))


class Warnings(list[str]):
    """Collects warnings."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "contracts.sqlite3"


def open_cache(path: Path, warnings: Warnings | None = None, day: date = TODAY) -> ContractCache:
    said = Warnings() if warnings is None else warnings
    return ContractCache(path, day, said.append)


def fill(cache: ContractCache) -> None:
    cache.keep_listings("ARM|", [LISTING])
    cache.keep_strikes("653400472 AUG25", STRIKES)
    cache.keep_contracts({AT_142_5: [CALL, PUT]})
    cache.keep_definitions([Definition(Instrument(756733, "SPY", "SPDR", "ARCA", "STK"))])


def test_what_is_kept_comes_back_in_another_process(path: Path) -> None:
    with open_cache(path) as cache:
        fill(cache)
    with open_cache(path) as again:
        assert again.listings("ARM|") == (LISTING,)
        assert again.strikes("653400472 AUG25") == STRIKES
        assert again.contracts([AT_142_5]) == {AT_142_5: (CALL, PUT)}
        spy, option = again.definitions([756733, PUT.conid, 7]).values()
        if spy.instrument.contract is not None:
            spy, option = option, spy
        assert spy.instrument.symbol == "SPY"
        assert (option.instrument.contract, option.underlying_conid) == (PUT, 653400472)
        assert again.symbols() == ("ARM",)


def test_what_was_never_kept_is_not_known(path: Path) -> None:
    with open_cache(path) as cache:
        fill(cache)
        assert cache.listings("SPY|") is None
        assert cache.strikes("653400472 SEP25") is None
        assert cache.contracts(["653400472 AUG25 145"]) == {}
        assert cache.definitions([1]) == {}


def test_a_strike_without_contracts_is_known_to_have_none(path: Path) -> None:
    with open_cache(path) as cache:
        cache.keep_contracts({"653400472 AUG25 999": []})
        assert cache.contracts(["653400472 AUG25 999"]) == {"653400472 AUG25 999": ()}


def test_months_and_strikes_are_forgotten_after_the_day_and_terms_after_expiry(path: Path) -> None:
    with open_cache(path) as cache:
        fill(cache)
    with open_cache(path, day=TODAY + timedelta(days=1)) as next_day:
        assert next_day.listings("ARM|") is None
        assert next_day.strikes("653400472 AUG25") is None
        assert next_day.contracts([AT_142_5]) == {}
        assert next_day.definitions([756733]) == {}
        assert next_day.contracts_by_conid([CALL.conid]) == {CALL.conid: CALL}
        fill(next_day)
    with open_cache(path, day=CALL.expiry) as last_day:
        assert last_day.contracts_by_conid([CALL.conid]) == {CALL.conid: CALL}
        fill(last_day)
    with open_cache(path, day=CALL.expiry + timedelta(days=1)) as expired:
        assert expired.contracts_by_conid([CALL.conid]) == {}


@pytest.mark.parametrize(
    "content", [b"", b"not a database, " * 100, b"SQLite format 3\x00" + b"\xff" * 4000]
)
def test_a_damaged_file_is_set_aside_and_made_anew(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    warnings = Warnings()
    with open_cache(path, warnings) as cache:
        fill(cache)
        assert cache.listings("ARM|") == (LISTING,)
    assert len(warnings) == (1 if content else 0)  # an empty file is an empty database
    assert path.with_suffix(".damaged").exists() == bool(content)


def test_damage_while_in_use_is_survived(path: Path) -> None:
    warnings = Warnings()
    with open_cache(path, warnings) as cache:
        fill(cache)
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE contracts")
    connection.close()
    with open_cache(path, warnings) as cache:
        assert cache.contracts_by_conid([1]) == {}
        fill(cache)
        assert cache.contracts([AT_142_5]) == {AT_142_5: (CALL, PUT)}
    assert len(warnings) == 1


def test_rows_of_nonsense_are_as_good_as_unknown(path: Path) -> None:
    with open_cache(path) as cache:
        fill(cache)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE answers SET answer = '{\"x\": [1' WHERE kind = 'search'")
        connection.execute("UPDATE answers SET answer = '[7]' WHERE kind = 'strikes'")
        connection.execute("UPDATE contracts SET strike = 'x'")
    connection.close()
    with open_cache(path) as cache:
        assert cache.listings("ARM|") is None
        assert cache.strikes("653400472 AUG25") is None
        assert cache.contracts([AT_142_5]) == {}
        assert cache.definitions([CALL.conid]) == {}


@pytest.mark.parametrize("answer", ["x", "[7]", "[null, 1]", "5", '{"a": "b"}'])
def test_contracts_of_nonsense_are_not_known(path: Path, answer: str) -> None:
    with open_cache(path) as cache:
        fill(cache)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE answers SET answer = ? WHERE kind = 'contracts'", (answer,))
    connection.close()
    warnings = Warnings()
    with open_cache(path, warnings) as cache:
        assert cache.contracts([AT_142_5]) == {}
        cache.keep_contracts({AT_142_5: [PUT]})
        assert cache.contracts([AT_142_5]) == {AT_142_5: (PUT,)}
    assert warnings == []


def test_what_another_process_has_told_is_noticed(path: Path) -> None:
    with open_cache(path) as ours, open_cache(path) as others:
        ours.has_changed()
        assert not ours.has_changed()
        ours.keep_contracts({AT_142_5: [CALL]})
        assert not ours.has_changed()
        others.keep_contracts({AT_142_5: [CALL, PUT]})
        assert ours.has_changed()
        assert ours.contracts([AT_142_5]) == {AT_142_5: (CALL, PUT)}


def test_a_file_of_another_version_is_emptied(path: Path) -> None:
    with open_cache(path) as cache:
        fill(cache)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    warnings = Warnings()
    with open_cache(path, warnings) as cache:
        assert cache.listings("ARM|") is None
        fill(cache)
        assert cache.listings("ARM|") == (LISTING,)
    assert warnings == []


def test_an_unusable_folder_costs_one_warning_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    warnings = Warnings()
    with open_cache(tmp_path / "cache" / "contracts.sqlite3", warnings) as cache:
        fill(cache)
        assert cache.listings("ARM|") is None
        assert cache.contracts_by_conid([CALL.conid]) == {}
        assert cache.symbols() == ()
    assert len(warnings) == 1
    assert "cannot be remembered" in warnings[0]


def test_a_folder_in_the_files_place_costs_one_warning(path: Path) -> None:
    path.mkdir(parents=True)
    warnings = Warnings()
    with open_cache(path, warnings) as cache:
        fill(cache)
        assert cache.listings("ARM|") is None
    assert len(warnings) == 1


def test_a_locked_file_is_done_without(path: Path) -> None:
    with open_cache(path) as cache:
        fill(cache)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    warnings = Warnings()
    with open_cache(path, warnings) as cache:
        assert cache.listings("ARM|") == (LISTING,)  # readers are not kept out
    other.close()
    assert warnings == []


def test_who_holds_the_file_is_waited_for_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ibcli.broker.cache_file._BUSY_SECONDS", 0.5)
    with open_cache(path) as cache:
        fill(cache)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = monotonic()
    with open_cache(path) as cache:
        for number in range(30):
            cache.keep_price(number, Decimal(1))
        assert monotonic() - began < 7  # thirty times half a second would be 15
        other.execute("ROLLBACK")
        cache.keep_price(1, Decimal(2))
        assert cache.price(1) == 2
    other.close()


def test_threads_share_one_cache(path: Path) -> None:
    with open_cache(path) as cache:
        contracts = [replace(CALL, conid=1000 + n, strike=Decimal(n + 1)) for n in range(40)]
        threads = [
            Thread(target=cache.keep_contracts, args=({f"strike {c.strike}": [c]},))
            for c in contracts
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for contract in contracts:
            about = f"strike {contract.strike}"
            assert cache.contracts([about]) == {about: (contract,)}


_WRITER = """
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from ibcli.broker.contract_cache import ContractCache
from ibcli.broker.decode import MonthStrikes
with ContractCache(Path(sys.argv[1]), date(2025, 8, 18), print) as cache:
    for n in range(10):
        cache.keep_strikes(f"{sys.argv[2]} {n}", MonthStrikes((Decimal(n + 1),)))
"""


def test_processes_share_one_file(path: Path) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(path), str(k)], stdout=subprocess.PIPE, text=True
        )
        for k in range(4)
    ]
    assert [writer.communicate()[0] for writer in writers] == [""] * 4
    assert [writer.returncode for writer in writers] == [0] * 4
    with open_cache(path) as cache:
        kept = [cache.strikes(f"{k} {n}") for k in range(4) for n in range(10)]
    assert sum(strikes is not None for strikes in kept) == 40
