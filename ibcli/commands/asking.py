"""Questions on a terminal: on stderr, so that stdout carries data alone."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from ibcli.stopping import Interruptible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ibcli.broker.decode import Asked
    from ibcli.domain.order_preview import OrderPreview
    from ibcli.domain.orders import Bracket


def is_attended() -> bool:
    """Whether somebody can be asked: both ends of a question are on a terminal."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def confirmed(preview: OrderPreview, warnings: Iterable[str]) -> bool:
    """Show what would be sent, and ask. Ctrl-C is click's Abort."""
    from rich.console import Console

    from ibcli.render.page import on_stderr
    from ibcli.render.preview_picture import picture, speaks_unicode
    from ibcli.render.streams import say

    width = Console(stderr=True).width
    on_stderr(picture(preview, width, plain_ascii=not speaks_unicode(sys.stderr)), width)
    for warning in warnings:
        say(f"Warning: {warning}")
    kind = "paper" if preview.paper else "LIVE"
    number = len(preview.orders)
    what = f"{number} order{'s' * (number > 1)}"
    return click.confirm(f"Send {what} to the {kind} account {preview.account}?", err=True)


def ask_about(asked: Asked, bracket: Bracket) -> bool:
    """Show a question of the broker's in full, and let the user answer it."""
    from ibcli.render.streams import say

    say(f"The broker asks about {bracket.entry.side} {bracket.entry.words}:")
    for message in asked.messages:
        say(f"  [{message.id or 'without an id'}] {message.text}")
    try:
        with Interruptible():
            return click.confirm("Answer with yes?", err=True)
    except click.Abort:  # the order is on its way: that is said of Ctrl-C, not of click's own
        raise KeyboardInterrupt from None
