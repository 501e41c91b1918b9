"""``ibcli search``."""

from __future__ import annotations

import click

from ibcli.commands.context import Context, pass_app
from ibcli.commands.options import output_options
from ibcli.commands.words import LONGEST, read_symbol
from ibcli.errors import UsageError
from ibcli.render.result import Result

_LONGEST_NAME = 80


@click.command(short_help="Find what a symbol stands for.")
@click.argument("symbol", metavar="SYMBOL", nargs=-1, required=True)
@click.option(
    "--type",
    "sec_type",
    type=click.Choice(["STK", "IND", "BOND"], case_sensitive=False),
    help="Stocks and funds, indices, or bonds.",
)
@click.option("--name", "by_name", is_flag=True, help="SYMBOL is part of a company's name.")
@output_options
@pass_app
def search(app: Context, symbol: tuple[str, ...], sec_type: str | None, by_name: bool) -> Result:
    """List what SYMBOL stands for: conid, name, exchange, option months.

    The listing whose options are traded (SMART among its option exchanges) comes first.

    \b
    Examples:
      ibcli search ARM
      ibcli search SPX --type IND
      ibcli search --name "arm holdings"
    """
    from ibcli.trading.search import search as find

    words = " ".join(symbol).strip()
    if by_name and not 0 < len(words) <= _LONGEST_NAME:
        raise UsageError(f"{words!r} is not a name.", hint='Example: --name "arm holdings"')
    wanted = words if by_name else read_symbol(words[:LONGEST])
    listings, warnings = find(app.client, wanted, sec_type=sec_type, by_name=by_name)
    return Result("search", listings, (*app.client.warnings, *warnings))
