"""How a command ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import simplejson


@dataclass(frozen=True)
class Ended:
    """Exit code, stdout, stderr; ``code`` is negative for a process that a signal ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout, numbers exact."""
        return simplejson.loads(self.out, use_decimal=True)

    @property
    def data(self) -> Any:
        """What the command was asked for."""
        return self.document["data"]

    @property
    def failure(self) -> dict[str, Any]:
        """The document's error; empty when there is none."""
        return self.document.get("error") or {}

    @property
    def error(self) -> str:
        """Its code; empty when there is none."""
        return str(self.failure.get("code", ""))

    @property
    def message(self) -> str:
        """Its words; empty when there is none."""
        return str(self.failure.get("message", ""))


class EndedOrder(Ended):
    """The same, of ``ibcli order`` and its previews."""

    @property
    def already(self) -> bool:
        """Whether it says that all of it stood before."""
        return bool(self.document["ok"] and self.data["already"])

    @property
    def states(self) -> list[str]:
        """What the document says of each leg."""
        return [leg["state"] for leg in self.data["legs"]]

    @property
    def guards(self) -> dict[str, Any]:
        """The limits of a preview by the code of their errors."""
        return {guard["code"]: guard for guard in self.data["guards"]}

    @property
    def tickets(self) -> list[Any]:
        """The orders of a preview, a list a bracket."""
        return [order["tickets"] for order in self.data["orders"]]
