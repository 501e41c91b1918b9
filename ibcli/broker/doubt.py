"""The one outcome that is no answer: something may have reached the broker, and nobody knows what.

It stands outside the tree of ibcli.errors on purpose. A command that ends with it unhandled would
report a failure where an order may be working; so whoever sends must deal with it by name, and the
boundary takes it for a bug if he does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ibcli.errors import IbcliError


class DoubtError(Exception):
    """Bytes of a write may have reached the broker, and what became of them is not known.

    ``cause`` says what went wrong on the way, in words fit to be shown. The only cure is to look:
    never to send again unseen.
    """

    def __init__(self, cause: IbcliError) -> None:
        super().__init__(cause.message)
        self.cause = cause
