"""What ``order`` answers once orders stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ibcli.domain.order_preview import OrderPreview
    from ibcli.domain.standing import Standing


@dataclass(frozen=True, slots=True)
class OrderResult:
    """Where the job stands. ``already``: it stood so before, and nothing was sent.

    ``again``: the user asked for one more run of it. ``preview`` is what was sent by; None with
    ``already``.
    """

    standing: Standing
    preview: OrderPreview | None
    already: bool = False
    again: bool = False
