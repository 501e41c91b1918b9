"""Executions: fills, and what became of options at their expiry.

https://www.interactivebrokers.com/campus/ibkr-api-page/cpapi-v1/#trades. The side ``X`` (expired)
and the late commission are recorded.
"""

from __future__ import annotations

from ibcli.broker.decode.rows import Decoded, Fields, Row, each, few, wanted
from ibcli.broker.decode.values import amount, clock_instant, conid, instant, size, text, whole
from ibcli.domain.blotter import Execution, ExecutionSide

_SIDES = {
    "B": ExecutionSide.BOUGHT,
    "BUY": ExecutionSide.BOUGHT,
    "BOT": ExecutionSide.BOUGHT,
    "S": ExecutionSide.SOLD,
    "SELL": ExecutionSide.SOLD,
    "SLD": ExecutionSide.SOLD,
    "X": ExecutionSide.EXPIRED,
}


def decode_executions(answer: object) -> Decoded[Execution]:
    """Executions in the broker's order, each once: of two the one with its commission.

    A row without its number, contract, side or size is named in ``odd``, as is what cannot be read
    in others. Raises RefusedError for an answer that is no list.
    """
    odd: list[str] = []
    found = each(answer, "trades", lambda row: _execution(row, odd))
    once: dict[str, Execution] = {}
    for execution in found.rows:
        known = once.get(execution.execution_id)
        if known is None or known.commission is None:
            once[execution.execution_id] = execution
    return Decoded(tuple(once.values()), (*found.odd, *few(odd, "trades")))


def _execution(row: Row, odd: list[str]) -> Execution:
    fields = Fields(row)
    told = (fields.get(text, f"contract_description_{number}") for number in (1, 2))
    execution = Execution(
        execution_id=wanted(row, "execution_id", text),
        conid=wanted(row, "conid", conid),
        side=wanted(row, "side", _side),
        size=abs(wanted(row, "size", size)),
        price=fields.get(amount, "price"),
        at=fields.get(instant, "trade_time_r") or fields.get(clock_instant, "trade_time"),
        account=fields.get(text, "accountCode", "account"),
        order_id=fields.get(whole, "order_id"),
        coid=fields.get(text, "order_ref"),
        symbol=fields.get(text, "symbol"),
        sec_type=fields.get(text, "sec_type"),
        words=" ".join(word for word in told if word) or None,
        commission=fields.get(amount, "commission"),
        net_amount=fields.get(amount, "net_amount"),
        exchange=fields.get(text, "exchange"),
    )
    odd += [f"trade {execution.execution_id}: {one}" for one in fields.odd]
    return execution


def _side(value: object) -> ExecutionSide | None:
    return _SIDES.get(value.strip().upper()) if isinstance(value, str) else None
