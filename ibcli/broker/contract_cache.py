"""What is remembered of contracts: SQLite in the cache folder, shared by all processes of the user.

An option's terms cannot change and are kept until it has expired. Symbols, months, strikes and
which contracts a strike has are kept for one New York day. Whatever goes wrong with the file costs
requests, never a command: a damaged one is set aside and made anew, an unusable folder draws one
warning.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING, Self, TypeVar

from ibcli.broker.cache_file import CacheFile
from ibcli.broker.cached_values import (
    contract_from,
    contract_row,
    definition_from,
    hours_from,
    hours_row,
    listings_from,
    option_definition,
    rules_from,
    rules_row,
    strikes_from,
    sum_of,
)
from ibcli.domain.newyork import new_york_day

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date
    from pathlib import Path
    from types import TracebackType

    from ibcli.broker.decode import Definition, MonthStrikes
    from ibcli.config import Settings
    from ibcli.domain.contracts import Listing, OptionContract
    from ibcli.domain.terms import TickRules, TradingHours

Outcome = TypeVar("Outcome")

_COLUMNS = "conid, underlying_conid, symbol, trading_class, expiry, strike, side"
_COLUMNS += ", multiplier, currency, exchanges, contracts.sum"
_CONTRACTS_OF = f"""
    SELECT answers.about, told.value, {_COLUMNS} FROM answers
    LEFT JOIN json_each(CASE WHEN json_valid(answer) THEN answer ELSE '["damaged"]' END) AS told
    LEFT JOIN contracts ON contracts.conid = told.value
    WHERE answers.kind = 'contracts' AND answers.day = ? AND answers.about IN ({{}})
"""  # noqa: S608 -- own names


class ContractCache:
    """One process's view of the cache. Safe to use from several threads and processes.

    ``today`` is New York's date; ``warn`` takes a sentence for the user.
    """

    def __init__(self, path: Path, today: date, warn: Callable[[str], None]) -> None:
        self._today = today.isoformat()
        self._file = CacheFile(path, today, warn)
        self._data_version: object = None

    @classmethod
    def of(cls, settings: Settings, warn: Callable[[str], None]) -> Self:
        """The cache of these settings' API address and login."""
        path = settings.cache_dir / f"contracts-{settings.state_key}.sqlite3"
        return cls(path, new_york_day(settings.market_now()), warn)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; later calls open it again."""
        self._file.close()

    # What is kept for a day

    def listings(self, about: str) -> tuple[Listing, ...] | None:
        """Today's answer to a search; None when it is not known."""
        return self._answer("search", about, listings_from)

    def keep_listings(self, about: str, listings: Sequence[Listing]) -> None:
        """Remember the answer to a search."""
        self._keep("search", about, [asdict(listing) for listing in listings])

    def symbols(self) -> tuple[str, ...]:
        """The symbols found today, for guessing what a mistyped one meant."""
        query = "SELECT about FROM answers WHERE kind = 'search' AND day = ?"
        rows = self._file.rows(query, (self._today,)) or []
        return tuple(sorted({str(about).split("|")[0] for (about,) in rows}))

    def strikes(self, about: str) -> MonthStrikes | None:
        """Today's strikes of an underlying's month; None when they are not known."""
        return self._answer("strikes", about, strikes_from)

    def keep_strikes(self, about: str, strikes: MonthStrikes) -> None:
        """Remember the strikes of an underlying's month."""
        kept = {"calls": [str(s) for s in strikes.calls], "puts": [str(s) for s in strikes.puts]}
        self._keep("strikes", about, kept)

    def price(self, conid: int) -> Decimal | None:
        """The price of an underlying that was kept last today."""
        return self._answer("price", str(conid), lambda kept: Decimal(str(kept)))

    def keep_price(self, conid: int, price: Decimal) -> None:
        """Remember the price of an underlying."""
        self._keep("price", str(conid), str(price))

    def contracts(self, abouts: Sequence[str]) -> dict[str, tuple[OptionContract, ...]]:
        """Today's contracts of these strikes of a month; those that are not known are left out."""
        found: dict[str, list[OptionContract]] = {}
        damaged = set()
        for about, conid, *row in self._file.some_rows(_CONTRACTS_OF, (self._today,), abouts):
            of_strike = found.setdefault(about, [])
            try:
                if conid is not None:
                    of_strike.append(contract_from(row))
            except (ValueError, TypeError, ArithmeticError):
                damaged.add(about)
        return {about: tuple(told) for about, told in found.items() if about not in damaged}

    def keep_contracts(self, told: Mapping[str, Sequence[OptionContract]]) -> None:
        """Remember the contracts of strikes of a month, and the terms of each: all at once."""
        if not told:
            return

        def write(connection: sqlite3.Connection) -> None:
            for about, contracts in told.items():
                self._write_contracts(connection, contracts)
                answer = json.dumps([contract.conid for contract in contracts])
                self._write_answer(connection, "contracts", about, answer)

        self._file.change(write)

    def has_changed(self) -> bool:
        """Whether another process has written since this was last asked."""
        rows = self._file.rows("PRAGMA data_version", ())
        version = rows[0] if rows else None
        before, self._data_version = self._data_version, version
        return version != before

    def definitions(self, conids: Sequence[int]) -> dict[int, Definition]:
        """What conids stand for; those that are not known are left out."""
        contracts = self.contracts_by_conid(conids)
        found = {conid: option_definition(one) for conid, one in contracts.items()}
        others = [str(conid) for conid in conids if conid not in found]
        for about, told in self._answers("definition", others, definition_from).items():
            found[int(about)] = told
        return found

    def keep_definitions(self, definitions: Iterable[Definition]) -> None:
        """Remember what conids stand for, all at once."""

        def write(connection: sqlite3.Connection) -> None:
            for one in definitions:
                contract = one.instrument.contract
                if contract is not None:
                    self._write_contracts(connection, [contract])
                else:
                    about, answer = str(one.instrument.conid), json.dumps(asdict(one))
                    self._write_answer(connection, "definition", about, answer)

        self._file.change(write)

    def rules(self, about: str) -> TickRules | None:
        """Today's price steps of a contract; None when they are not known."""
        return self._answer("rules", about, rules_from)

    def keep_rules(self, about: str, rules: TickRules) -> None:
        """Remember the price steps of a contract."""
        self._keep("rules", about, rules_row(rules))

    def hours(self, conid: int) -> TradingHours | None:
        """Trading hours as told today; None when they are not known."""
        return self._answer("hours", str(conid), hours_from)

    def keep_hours(self, conid: int, hours: TradingHours) -> None:
        """Remember the trading hours of a contract."""
        self._keep("hours", str(conid), hours_row(hours))

    # What is kept until it expires

    def contracts_by_conid(self, conids: Sequence[int]) -> dict[int, OptionContract]:
        """The terms of those of these conids that are known."""
        query = f"SELECT {_COLUMNS} FROM contracts WHERE conid IN ({{}})"  # noqa: S608 -- own names
        try:
            return {c.conid: c for c in map(contract_from, self._file.some_rows(query, (), conids))}
        except (ValueError, TypeError, ArithmeticError):
            return {}

    @staticmethod
    def _write_contracts(
        connection: sqlite3.Connection, contracts: Iterable[OptionContract]
    ) -> None:
        connection.executemany(
            "INSERT OR REPLACE INTO contracts VALUES (?,?,?,?,?,?,?,?,?,?,?)",
            [contract_row(contract) for contract in contracts],
        )

    # How the file is used

    def _answer(self, kind: str, about: str, read: Callable[[object], Outcome]) -> Outcome | None:
        return self._answers(kind, [about], read).get(about)

    def _answers(
        self, kind: str, abouts: Sequence[str], read: Callable[[object], Outcome]
    ) -> dict[str, Outcome]:
        """Today's answers; what cannot be read is as good as not known, and will be replaced."""
        query = (
            "SELECT about, answer, sum FROM answers WHERE kind = ? AND day = ? AND about IN ({})"
        )
        found: dict[str, Outcome] = {}
        for about, answer, expected in self._file.some_rows(query, (kind, self._today), abouts):
            if str(sum_of((self._today, kind, about, answer))) != str(expected):
                continue
            with suppress(ValueError, TypeError, KeyError, AttributeError, ArithmeticError):
                found[about] = read(json.loads(answer))
        return found

    def _keep(self, kind: str, about: str, value: object) -> None:
        answer = json.dumps(value)
        self._file.use(lambda connection: self._write_answer(connection, kind, about, answer))

    def _write_answer(
        self, connection: sqlite3.Connection, kind: str, about: str, answer: str
    ) -> None:
        connection.execute(
            "INSERT OR REPLACE INTO answers (day, kind, about, answer, sum) VALUES (?, ?, ?, ?, ?)",
            (self._today, kind, about, answer, sum_of((self._today, kind, about, answer))),
        )
