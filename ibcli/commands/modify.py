"""``ibcli modify``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ibcli.commands.asking import ask_about, is_attended
from ibcli.commands.change_words import ORDER_ID, PRICE, QUANTITY, TIF
from ibcli.commands.context import Context, pass_app
from ibcli.commands.options import output_options
from ibcli.render.result import Result

if TYPE_CHECKING:
    from decimal import Decimal

    from ibcli.domain.orders import Tif


@click.command(short_help="Change an order's limit, quantity, trigger or time in force.")
@click.argument("order_id", type=ORDER_ID, metavar="ID")
@click.option("--limit", type=PRICE, help="Its new limit; a credit's is negative when bought.")
@click.option("--trigger", type=PRICE, help="The new price at which a stop goes off.")
@click.option("--qty", "quantity", type=QUANTITY, help="Its new quantity, what is filled included.")
@click.option("--tif", type=TIF, help="DAY, GTC, IOC or OPG.")
@output_options(csv=False)
@pass_app
def modify(
    app: Context,
    order_id: int,
    limit: Decimal | None,
    trigger: Decimal | None,
    quantity: int | None,
    tif: Tif | None,
) -> Result:
    """Change an order that still works; all that is not named stays as it is.

    The order is read from the broker first, and repeated with the change. An order that stands like
    that already is left alone. The limits on underlyings, quantity and price hold here too.

    \b
    Examples:
      ibcli modify 912091175 --limit 1.20
      ibcli modify 912091176 --trigger 4.50
      ibcli modify 912091175 --qty 1 --tif GTC
    """
    from ibcli.trading import modifying
    from ibcli.trading.amending import Changes
    from ibcli.trading.placing.desk import Desk

    changes = Changes(limit, quantity, tif, trigger)
    changes.check()
    attended = is_attended()
    with Desk.open(app.client, writing=True) as desk:
        done = modifying.modify(
            app.client,
            desk,
            order_id,
            changes,
            attended=attended,
            ask=ask_about if attended else None,
        )
        warnings = (*app.client.warnings, *desk.warnings, *done.warnings)
    return Result("modify", done.data, warnings, done.error)
