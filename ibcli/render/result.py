"""What a command returns: data, and the name of the module that knows how to show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ibcli.errors import IbcliError


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of a command, before anything is printed.

    ``kind`` names a module ``ibcli.render.<kind>`` with up to three functions over ``data``:

    - ``document(data)``: plain values for ``--json`` (dict, list, str, int, bool, Decimal, None,
      date, aware datetime);
    - ``rows(data)``: ``(header, rows)`` for ``--csv``; absent when the data is not a table;
    - ``draw(data, width)``: what is to be seen in ``width`` columns: lines and sheets (see
      ``render.lines``), or anything else that Rich can render.

    ``error`` stands beside data that is shown all the same (incomplete rows): it is reported on
    stderr and decides the exit code.
    """

    kind: str
    data: object
    warnings: tuple[str, ...] = ()
    error: IbcliError | None = None
