"""What a function of trading hands to its command."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from ibcli.errors import IbcliError

Data = TypeVar("Data")


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Data]):
    """Data to print, sentences to warn with, and what went wrong although there is data."""

    data: Data
    warnings: tuple[str, ...] = ()
    error: IbcliError | None = None
