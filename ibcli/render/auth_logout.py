"""The end of a login."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from ibcli.broker.kept import Logout


def document(logout: Logout) -> dict[str, Any]:
    """Whether there was a login, and whether the broker ended it."""
    return {"was_logged_in": logout.was_logged_in, "told_broker": logout.told_broker}


def draw(logout: Logout, width: int) -> Iterator[RenderableType]:
    """One line."""
    from ibcli.render.grid import prose

    del width
    if not logout.was_logged_in:
        yield prose("No login was kept.")
    elif logout.told_broker:
        yield prose("Logged out; the kept login is gone.")
    else:
        yield prose("The broker had ended the login already; the kept one is gone.")
