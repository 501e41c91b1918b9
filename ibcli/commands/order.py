"""``ibcli order``."""

from __future__ import annotations

import shlex
import sys
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from ibcli.commands import order_words as words
from ibcli.commands.asking import ask_about, confirmed, is_attended
from ibcli.commands.context import Context, pass_app
from ibcli.commands.options import output_options
from ibcli.commands.progress import lookup_progress
from ibcli.commands.words import EXPIRY, SYMBOL, TRADING_CLASS
from ibcli.errors import GuardError
from ibcli.render.result import Result

if TYPE_CHECKING:
    from ibcli.broker.decode import Asked
    from ibcli.domain.orders import Bracket
    from ibcli.trading.orders.request import OrderRequest
    from ibcli.trading.orders.run import Conduct, Ordered, Proposal
    from ibcli.trading.placing.desk import Ask, Wait


def _setting(name: str) -> str:
    return f"  [default: IBCLI_ORDER_{name}]"


@click.command(short_help="Place option orders, each once, inside your limits.")
@click.argument("symbol", type=SYMBOL, metavar="[SYMBOL]", required=False)
@click.option("--side", type=click.Choice(words.SIDES, case_sensitive=False), help="What to trade.")
@click.option("--action", type=words.ACTION, help="Sell or buy it." + _setting("ACTION, else sell"))
@click.option(
    "--expiry",
    type=EXPIRY,
    help="0dte (the nearest listed expiry from today on that can still be traded), next (the "
    "first after that day) or 2025-08-22." + _setting("EXPIRY, else 0dte"),
)
@click.option("--class", "trading_class", type=TRADING_CLASS, help="One trading class, as SPXW.")
@click.option(
    "--delta",
    type=words.DELTA,
    help="Strike: the listed one with the nearest absolute delta." + _setting("DELTA, else 0.10"),
)
@click.option("--strike", type=words.STRIKE, help="Strike: this one; with both: put,call.")
@click.option(
    "--offset", type=words.OFFSET, help="Strike: nearest to so many dollars out of the money."
)
@click.option("--otm", type=words.PLACE, help="Strike: the Nth out of the money.")
@click.option(
    "--width",
    type=words.WIDTH,
    help="Buy a wing so far beyond each strike: a vertical, or an iron condor with both.",
)
@click.option(
    "--leg",
    "legs",
    type=words.LEG,
    multiple=True,
    help='Instead of --side, once a leg: --leg "sell 1 SPY 18AUG25 640 P".',
)
@click.option("--qty", type=words.QUANTITY, help="Contracts a leg." + _setting("QTY, else 1"))
@click.option(
    "--limit",
    type=words.LIMIT,
    help="mid, natural (fills at once), bid, ask or a price, rounded to the tick the way that "
    "the action prefers; a combination's price is positive, a credit or debit as the market "
    "has it." + _setting("LIMIT, else mid"),
)
@click.option(
    "--type",
    "kind",
    type=words.TYPE,
    help="LMT, MKT, STP, STOP_LIMIT, MIDPRICE, TRAIL or TRAILLMT." + _setting("TYPE, else LMT"),
)
@click.option("--stop-price", type=words.STOP_PRICE, help="Trigger of --type STP, STOP_LIMIT ...")
@click.option("--trail", type=words.TRAIL, help="Distance of --type TRAIL and TRAILLMT.")
@click.option("--tif", type=words.TIF, help="DAY, GTC, IOC or OPG." + _setting("TIF, else DAY"))
@click.option(
    "--outside-rth/--no-outside-rth", default=None, help="Fill outside regular hours too."
)
@click.option(
    "--stop-multiple",
    type=words.MULTIPLE,
    help="Stop of what is sold, as a multiple of its premium."
    + _setting("STOP_MULTIPLE, else 3.5"),
)
@click.option("--no-stop", is_flag=True, help="Sell without a stop.")
@click.option(
    "--take-profit",
    type=words.TAKE_PROFIT,
    help="Close at a share of the premium (50%) or a price; none: not.",
)
@click.option(
    "--combo/--legs",
    "combo",
    default=None,
    help="All legs as one native combination, or each as an order of its own.  "
    "[default: --combo with wings or several --leg]",
)
@click.option(
    "--if-leg-fails",
    type=words.IF_LEG_FAILS,
    help="With --legs, when one is refused: keep those placed, cancel them where not filled, or "
    "unwind." + _setting("IF_LEG_FAILS, else keep"),
)
@click.option("--job", type=words.JOB, help="Name of the job; made from the words without it.")
@click.option("--again", is_flag=True, help="Place it once more, although the job ran today.")
@click.option(
    "--queue",
    is_flag=True,
    help="Send it although the market is closed, to wait at the broker for the open; LMT alone, "
    "priced on the last session's quotes.",
)
@click.option("--dry-run", is_flag=True, help="Show the preview; send nothing that writes.")
@click.option("--yes", is_flag=True, help="Do not ask on a terminal.")
@click.option(
    "--wait",
    type=words.WAIT,
    help="Watch the orders until working, filled, or so many seconds."
    + _setting("WAIT, else working"),
)
@output_options
@pass_app
def order(app: Context, /, symbol: str | None, **said: Any) -> Result:
    """Place option orders on SYMBOL, protected by stops and inside your limits.

    The same command run again on the same trading day places nothing twice: it finishes what the
    first left, or prints what stands, and exits with 0. --again places another.

    What is sold has a stop at a multiple of its premium, unless a wing limits the loss to less.
    --legs buys wings before it sells what they cover.

    On a terminal the preview is shown and you are asked. Elsewhere IBCLI_UNATTENDED says on which
    accounts orders may be sent. Every limit (IBCLI_MAX_..., see `ibcli config show`) is checked
    before anything is sent; beyond one the exit code is 9.

    \b
    Examples:
      ibcli order SPY --side both
      ibcli order SPY --side put --delta 0.15 --width 5 --take-profit 50%
      ibcli order SPY --side both --strike 630,650 --limit natural --dry-run
      ibcli order --leg "sell 1 SPY 18AUG25 640 P" --leg "buy 1 SPY 18AUG25 635 P"
      ibcli order SPY --side both --job lunch --wait filled --json
    """
    from ibcli.commands.order_request import request_of

    request = request_of(symbol, said, app.settings.order)
    request.check()
    conduct = _conduct(app, request, said)
    if said["dry_run"] or (conduct.attended and not said["yes"]):
        return _asking(app, request, conduct)
    return _carried_out(app, request, conduct, None)


def _conduct(app: Context, request: OrderRequest, said: dict[str, Any]) -> Conduct:
    from ibcli.trading.orders.job import job_name
    from ibcli.trading.orders.run import Conduct

    attended = is_attended()
    return Conduct(
        job=said["job"] or job_name(request),
        command=shlex.join(["ibcli", *sys.argv[1:]]),
        wait=_wait(said["wait"] or app.settings.order.wait),
        attended=attended,
        again=said["again"],
        queue=said["queue"],
        dry_run=said["dry_run"],
        ask=ask_about if attended else None,
    )


def _wait(word: str) -> Wait:
    from ibcli.trading.placing.desk import Until, Wait

    if word == "working":
        return Wait(Until.WORKING)
    return Wait(Until.FILLED) if word == "filled" else Wait(Until.FILLED, float(word))


def _asking(app: Context, request: OrderRequest, conduct: Conduct) -> Result:
    """The preview; then, unless it is a dry run, the question and what comes of a yes."""
    from ibcli.trading.orders.run import propose

    with lookup_progress() as progress:
        proposal = propose(app.client, request, conduct, progress)
    warnings = (*app.client.warnings, *proposal.warnings)
    draft = proposal.draft
    if draft is None:  # nothing is left to place, and nothing may be that was not shown
        return _carried_out(app, request, conduct, proposal)
    if conduct.dry_run or draft.error is not None:
        return Result("order_preview", draft.preview, warnings, draft.error)
    app.be_answered()
    if not confirmed(draft.preview, warnings):
        error = GuardError(
            "Not sent: you did not say yes.", hint="Run it again.", code="guard-declined"
        )
        return Result("order_preview", draft.preview, warnings, error)
    return _carried_out(app, request, conduct, proposal)


def _carried_out(
    app: Context, request: OrderRequest, conduct: Conduct, proposal: Proposal | None
) -> Result:
    """Place it; after a question with a deadline anew, for thinking takes its time."""
    from ibcli.trading.orders.run import carry_out

    if proposal is None:
        with ExitStack() as bar:
            progress = bar.enter_context(lookup_progress())
            asking = replace(conduct, ask=_without(bar)) if conduct.ask else conduct
            done = carry_out(app.client, request, asking, progress=progress)
        return _result(done, conduct, tuple(app.client.warnings))
    from ibcli.broker.connect import connect
    from ibcli.broker.deadline import Deadline

    app.be_bounded_anew()
    with connect(app.settings, Deadline.after(app.seconds)) as client:
        done = carry_out(client, request, conduct, proposal)
        return _result(done, conduct, (*app.client.warnings, *client.warnings))


def _without(bar: ExitStack) -> Ask:
    """To ask once the bar is gone, which would be drawn over the question."""

    def ask(asked: Asked, bracket: Bracket) -> bool:
        bar.close()
        return ask_about(asked, bracket)

    return ask


def _result(done: Ordered, conduct: Conduct, noticed: tuple[str, ...]) -> Result:
    from ibcli.domain.ordered import OrderResult

    warnings = (*noticed, *done.warnings)
    if done.standing is None:
        return Result("order_preview", done.preview, warnings, done.error)
    data = OrderResult(done.standing, done.preview, done.already, conduct.again)
    return Result("order", data, warnings, done.error)
