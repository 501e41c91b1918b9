"""What may pass the deadline on purpose: an entry without its stop is not left to keep it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ibcli.errors import RefusedError
from tests.once.conftest import plan_of

if TYPE_CHECKING:
    from ibcli.domain.orders import Tradable
    from tests.once.conftest import Office

SECONDS = 20.0


def test_an_entry_whose_stop_failed_at_the_deadline_is_cancelled(
    office: Office,
    put: Tradable,
) -> None:
    def too_late(text: str) -> str:
        rows = json.loads(text)
        rows[1]["order_status"] = "Failed"
        office.hurry.skipped += SECONDS
        return json.dumps(rows)

    office.sim.faults.add("/iserver/reply/*", skip=2, rewrite=too_late)
    with office.desk(SECONDS) as desk, desk.alone():
        standing = desk.place(plan_of(put))
    assert isinstance(standing.error, RefusedError), standing.error
    assert standing.error.code == "stop-refused"
    assert [row["status"] for row in office.booked()] == ["Cancelled", "Cancelled"]
