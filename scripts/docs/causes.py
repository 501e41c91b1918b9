"""Why each error happens and what to do about it, for docs/errors.md."""

from __future__ import annotations

from typing import NamedTuple

from ibcli import errors


class Cause(NamedTuple):
    """An error code's class, its usual cause, the next step; an exit code unlike the class's."""

    kind: type[errors.IbcliError]
    cause: str
    step: str
    ends_with: int | None = None

    @property
    def exit_code(self) -> int:
        """The process's exit code."""
        return self.kind.exit_code if self.ends_with is None else self.ends_with


_USAGE = errors.UsageError
_CONFIG = errors.ConfigurationError
_LOGIN = errors.LoginError
_NOT_FOUND = errors.NotFoundError
_REFUSED = errors.RefusedError
_INCOMPLETE = errors.IncompleteError
_GUARD = errors.GuardError
_UNREACHABLE = errors.UnreachableError
_UNKNOWN = errors.OutcomeUnknownError
_PORTAL = "IBKR's self-service portal"

CAUSES = {
    "bug": Cause(
        errors.IbcliError,
        "Something happened that ibcli's authors did not foresee.",
        "Run the same command with `--debug` and report what it prints; it holds no secrets.",
    ),
    "interrupted": Cause(errors.IbcliError, "Ctrl-C.", "Run it again.", 130),
    "terminated": Cause(errors.IbcliError, "SIGTERM.", "Run it again.", 143),
    "hung-up": Cause(
        errors.IbcliError,
        "SIGHUP: the terminal or the ssh connection was closed.",
        "Run it again; `nohup` keeps it from being told.",
        129,
    ),
    "usage": Cause(
        _USAGE,
        "A word of the command line is not of the right form.",
        "The hint shows a right one; `ibcli COMMAND --help` shows all options.",
    ),
    "off-tick": Cause(
        _USAGE,
        "A price lies between two steps in which the contract trades. Nothing was sent.",
        "The hint names the nearest prices.",
    ),
    "not-closable": Cause(
        _USAGE,
        "A position is neither an option nor a stock in whole numbers. Nothing was sent.",
        "Close it in Client Portal; name the others one by one.",
    ),
    "recording-unwritable": Cause(
        _CONFIG,
        "The file of `--record` cannot be made. Nothing was sent.",
        "Name a file in a folder that you may write to.",
    ),
    "recording-unreadable": Cause(
        _CONFIG,
        "The file of `ibcli sim --replay` is no recording, a damaged one, or not there.",
        "Ask for the file that `--record` has written.",
    ),
    # settings and files
    "configuration": Cause(_CONFIG, "A setting or a file.", "The message names it."),
    "setting-missing": Cause(
        _CONFIG,
        "A setting that every login needs is not set.",
        "Put it into `config/.env` (see `config/.env.example`); `ibcli config show` lists all.",
    ),
    "setting-invalid": Cause(
        _CONFIG, "A setting's value cannot be read.", "Correct it; the message names its origin."
    ),
    "settings-disagree": Cause(
        _CONFIG,
        "A setting and its alias (`IBIND_...`) are both set, to different values.",
        "Keep one of them.",
    ),
    "insecure-url": Cause(
        _CONFIG,
        "`IB_API_URL` is plain http to another machine: requests could be read on the way.",
        "Use https; plain http is for this machine only.",
    ),
    "env-file-missing": Cause(
        _CONFIG,
        "`--env-file` or `IBCLI_ENV_FILE` names no file.",
        "`ibcli config path` lists the files that are looked for.",
    ),
    "env-file-unreadable": Cause(
        _CONFIG, "The env file may not be read, or is not text.", "`ls -l` it; chmod 600."
    ),
    "profile-missing": Cause(
        _CONFIG, "There is no `.env.NAME` for that profile.", "The hint names those that exist."
    ),
    "profile-invalid": Cause(
        _CONFIG, "A profile's name has other signs than letters, digits, - and _.", "Rename it."
    ),
    "file-missing": Cause(
        _CONFIG,
        "A key file does not exist where a setting says it is.",
        "Relative paths count from the env file's folder; `ibcli config show` prints them whole.",
    ),
    "ca-bundle-invalid": Cause(
        _CONFIG,
        "The file of `IBCLI_CA_BUNDLE` holds no certificates, or may not be read.",
        "Give a PEM file of certificate authorities, or unset it.",
    ),
    "file-unreadable": Cause(
        _CONFIG, "A key file may not be read by this user.", "`ls -l` it; give it to this user."
    ),
    "state-unwritable": Cause(
        _CONFIG,
        "The state folder, where the login is kept, cannot be written.",
        "Make it writable, or set `IBCLI_STATE_DIR`.",
    ),
    "state-insecure": Cause(
        _CONFIG,
        "A file in the state folder belongs to somebody else or is a link, or others may change a "
        "folder on the way to it.",
        "`chown` it if you know why (`sudo ibcli`, say), move it away if not; `chmod go-w` the "
        "folder; or set `IBCLI_STATE_DIR`.",
    ),
    "output-unwritable": Cause(
        _CONFIG,
        "The file of `--output`, or standard output, cannot be written, or nobody has read it "
        "until the deadline. An old file is as it was, and what was sent stands.",
        "Free some space, or name a file in a folder that you may write to; see `ibcli journal`.",
    ),
    "no-home-folder": Cause(
        _CONFIG,
        "`HOME` is not set, and the system's list of users does not know this one.",
        "Set `HOME`; or `IBCLI_STATE_DIR` and `IBCLI_ENV_FILE`, to absolute paths.",
    ),
    "cron-no-program": Cause(
        _CONFIG,
        "`cron check` finds no program named `ibcli`, which a crontab needs by its absolute path.",
        "Install it, with `pipx` say.",
    ),
    "cron-settings-missing": Cause(
        _CONFIG,
        "Settings are exported in this shell alone; cron does not read its profile.",
        "Write them into the env file, or above the line in the crontab.",
    ),
    "demo-not-installed": Cause(
        _CONFIG,
        "`--demo` and `ibcli sim` need packages that are not installed.",
        '`pip install "ibcli-headless[sim]"`',
    ),
    "simulator-cannot-start": Cause(
        _CONFIG,
        "`ibcli sim serve` cannot use its port or one of its files.",
        "`--port 0` takes a free port.",
    ),
    # keys
    "key-wrong-kind": Cause(
        _CONFIG,
        "A key file holds something else: a public key, a certificate, another algorithm.",
        "Check which file the setting names; the private file belongs there.",
    ),
    "key-passphrase": Cause(
        _CONFIG,
        "A private key is protected by a passphrase, which cron cannot type.",
        "Write a copy without: `openssl rsa -in KEY -out KEY.open && chmod 600 KEY.open`",
    ),
    "key-damaged": Cause(
        _CONFIG, "A private key does not decode.", "Copy it again from where you made it."
    ),
    "keys-swapped": Cause(
        _CONFIG,
        "The signature key and the encryption key stand in each other's place.",
        "Exchange `IB_SIGNATURE_KEY_PATH` and `IB_ENCRYPTION_KEY_PATH`.",
    ),
    "secret-not-base64": Cause(
        _CONFIG,
        "`IB_ACCESS_TOKEN_SECRET` is cut off or has other signs in it.",
        "Copy it again from the portal: one line, usually 344 characters.",
    ),
    "secret-key-mismatch": Cause(
        _CONFIG,
        "The access token secret was encrypted to another encryption key.",
        f"Register this key's public file in {_PORTAL} and generate the token anew.",
    ),
    "dh-not-parameters": Cause(
        _CONFIG,
        "The Diffie-Hellman file holds no parameters, or unusable ones.",
        "Name the `dhparam.pem` that you registered.",
    ),
    "dh-prime-sign": Cause(
        _CONFIG,
        "The prime in `dhparam.pem` lacks its sign byte; IBKR then refuses everything.",
        "Make the file again with `scripts/generate_ib_keys.sh` and register it.",
    ),
    "consumer-key-length": Cause(
        _CONFIG, "A consumer key has nine characters.", "Copy it again from the portal."
    ),
    "public-key-mismatch": Cause(
        _CONFIG,
        "A public key file does not belong to the private one beside it.",
        "Find out which of the two is registered at IBKR; make the public file anew from its key.",
    ),
    # login
    "wrong-address": Cause(
        _LOGIN,
        "A server answers at `IB_API_URL`, but there is no login there.",
        "Check the address; it usually ends in `/v1/api`. Unset, it is IBKR's own.",
    ),
    "login-refused": Cause(
        _LOGIN, "The broker refuses a login.", "`ibcli auth logout`, then `ibcli auth test`."
    ),
    "login-forbidden": Cause(
        _LOGIN,
        "The broker forbids this login altogether.",
        f"See in {_PORTAL} that OAuth is enabled for this user.",
    ),
    "login-answer": Cause(
        _LOGIN, "Something else than IBKR's API answered the login.", "Check `IB_API_URL`."
    ),
    "wrong-consumer": Cause(
        _LOGIN,
        "The broker does not know the consumer key, or not yet.",
        "Compare it with the portal's. New ones work after IBKR's midnight reset, or days later.",
    ),
    "token-unknown": Cause(
        _LOGIN,
        "The broker does not know the access token, or not yet.",
        "New ones work after IBKR's midnight reset, or days later; else generate it anew.",
    ),
    "signature-refused": Cause(
        _LOGIN,
        "The signature key here is not the one registered.",
        "Compare its public file with the portal's: `ibcli auth check`.",
    ),
    "lst-signature-mismatch": Cause(
        _LOGIN,
        "The two sides computed different session tokens: other DH parameters, or another secret.",
        "Compare `dhparam.pem` with the registered one; then generate the access token anew.",
    ),
    "dh-refused": Cause(
        _LOGIN,
        "IBKR cannot work with the Diffie-Hellman challenge: it was made with other parameters.",
        "Compare `dhparam.pem` with the registered one; if they are the same, try again.",
    ),
    "clock-off": Cause(
        _LOGIN,
        "This machine's clock is more than five minutes off.",
        "`timedatectl set-ntp true`, or `chronyc makestep`.",
    ),
    "competing-session": Cause(
        _LOGIN,
        "The same user is logged in elsewhere: TWS, Client Portal, the mobile app.",
        "Log out there, or push it out with `--compete`; best is a user name for ibcli alone.",
    ),
    "read-only-user": Cause(
        _LOGIN,
        "The user may look but not trade, and gets no brokerage session.",
        "Give it trading access in Client Portal (Settings, Users & Access Rights).",
    ),
    "session-refused": Cause(
        _LOGIN,
        "The broker opens no brokerage session, often because the user is locked out.",
        "Wait a minute and try again; then see that the user can log in to Client Portal.",
    ),
    "session-not-established": Cause(
        _LOGIN,
        "The brokerage session was not up at the deadline.",
        "Try again with a longer `--deadline`; IBKR restarts around 01:00 local time.",
    ),
    "no-accounts": Cause(
        _LOGIN, "The broker lists no account for this user.", "Check the user in Client Portal."
    ),
    "account-unknown": Cause(
        _LOGIN,
        "`IB_ACCOUNT_ID` is none of the accounts that the broker lists.",
        "Correct it, or leave it out to use the account that the broker selects.",
    ),
    "tls-failed": Cause(
        _LOGIN,
        "The server's certificate is not trusted.",
        "Behind a company proxy, set `IBCLI_CA_BUNDLE`; else check the clock and `IB_API_URL`.",
    ),
    "proxy-needed": Cause(
        _LOGIN,
        "The network lets nothing out but through a proxy, or the proxy wants a login.",
        "Set `IBCLI_PROXY` to its address, or to the word environment to use `HTTPS_PROXY`.",
    ),
    # contracts and answers
    "not-found": Cause(
        _NOT_FOUND, "The broker does not know what was asked for.", "Check the contract."
    ),
    "unknown-order": Cause(
        _NOT_FOUND,
        "Nobody knows an order of that id in this account: not the broker, nor the journal.",
        "`ibcli orders --all` lists those of today, `ibcli journal` those of other days.",
    ),
    "unknown-job": Cause(
        _NOT_FOUND,
        "The journal knows no job of that name, so none of its orders was cancelled.",
        "`ibcli journal` and `ibcli orders` name the jobs.",
    ),
    "unknown-symbol": Cause(
        _NOT_FOUND, "No listing has this symbol.", "`ibcli search NAME --name` looks for companies."
    ),
    "unknown-month": Cause(
        _NOT_FOUND, "No options are listed in this month.", "The hint names the nearest months."
    ),
    "no-options": Cause(
        _NOT_FOUND, "No options are listed on this symbol.", "`ibcli search SYMBOL` lists others."
    ),
    "unknown-expiry": Cause(
        _NOT_FOUND, "No options expire on this day.", "The hint names the nearest expiries."
    ),
    "unknown-strike": Cause(
        _NOT_FOUND, "There is no such strike on this expiry.", "The hint names the nearest strikes."
    ),
    "expired": Cause(
        _NOT_FOUND,
        "The expiry cannot be traded any more: its last session is over.",
        "Leave `--expiry` out for the nearest one that can.",
    ),
    "unknown-class": Cause(
        _NOT_FOUND, "The symbol has no such trading class.", "The hint names those there are."
    ),
    "unknown-conid": Cause(
        _NOT_FOUND,
        "The broker knows no contract by this number; it may have expired.",
        "Look it up by symbol: `ibcli search SYMBOL`.",
    ),
    "refused": Cause(_REFUSED, "The broker refuses what was asked.", "The message says why."),
    "broker-error": Cause(
        _REFUSED, "The broker refuses, in words of its own.", "The message repeats them."
    ),
    "forbidden": Cause(
        _REFUSED,
        "The user lacks a permission or a market data subscription.",
        "Look for it in Client Portal.",
    ),
    "unexpected-answer": Cause(
        _REFUSED,
        "The broker's answer is not of a form that ibcli knows.",
        "Run it with `--debug` and report it.",
    ),
    "quotes-missing": Cause(
        _INCOMPLETE,
        "Some rows lack required values at the deadline. What arrived is printed.",
        "Give it longer with `--deadline`, or require less with `--require`.",
    ),
    "contracts-missing": Cause(
        _INCOMPLETE,
        "The broker lists options in a month but told no strikes or no contracts of it.",
        "Try again in a minute.",
    ),
    "positions-stale": Cause(
        _INCOMPLETE,
        "A position was closed within the last minute, and the broker's list still shows it. "
        "Nothing was sent.",
        "Look again: `ibcli positions`. If it was opened again since, wait a minute.",
    ),
    "orders-incomplete": Cause(
        _INCOMPLETE,
        "The broker had not gathered the account's orders at the deadline, or a row of them could "
        "not be read. What came is printed; nothing was changed by it.",
        "Try again, or give it longer with `--deadline`.",
    ),
    "trades-incomplete": Cause(
        _INCOMPLETE,
        "An execution could not be read; the others are printed.",
        "The warnings say why; look at it in Client Portal.",
    ),
    "positions-incomplete": Cause(
        _INCOMPLETE,
        "A position could not be read; the others are printed.",
        "The warnings say why; look at it in Client Portal.",
    ),
    "cancel-pending": Cause(
        _INCOMPLETE,
        "The broker has taken in a cancel and not carried it out at the deadline: the order may "
        "still be filled.",
        "Look again with `ibcli orders`; `ibcli cancel` may be repeated.",
    ),
    "incomplete": Cause(
        _INCOMPLETE,
        "Data that was required had not arrived at the deadline. What arrived is printed.",
        "Give it longer with `--deadline`, or require less with `--require`.",
    ),
    "deadline": Cause(
        _INCOMPLETE, "The deadline passed before there was anything.", "A longer `--deadline`."
    ),
    # orders
    "order-refused": Cause(
        _REFUSED,
        "The broker refuses an order or a change of one; the message repeats its words.",
        "Put right what it says; the same command then sends what is missing.",
    ),
    "question-declined": Cause(
        _REFUSED,
        "The broker asked before it would place the order, and nobody had allowed a yes.",
        "Run it on a terminal to be asked, or list the id in `IBCLI_CONFIRM`.",
    ),
    "stop-refused": Cause(
        _REFUSED,
        "The broker took an entry without its stop; the entry was cancelled again.",
        "`ibcli orders` shows what there is; `--again` places another.",
    ),
    "cancel-refused": Cause(
        _REFUSED, "The broker does not cancel an order.", "Look at it: `ibcli orders ID`."
    ),
    "already-filled": Cause(
        _REFUSED,
        "An order was filled before it could be cancelled.",
        "`ibcli trades` shows its fills; `ibcli close` closes what was opened.",
    ),
    "order-ended": Cause(
        _REFUSED,
        "The broker took an order, and it was over, not filled, before the command ended.",
        "The message repeats what the broker said, if anything; `--again` places another.",
    ),
    "job-given-up": Cause(
        _REFUSED,
        "A leg of the job failed before, and what was placed beside it is undone, as "
        "`--if-leg-fails` said.",
        "`--again` begins it anew.",
    ),
    "order-over": Cause(
        _REFUSED, "An order that has ended cannot be changed.", "`ibcli orders --open`."
    ),
    "quantity-below-filled": Cause(
        _REFUSED,
        "`ibcli modify --qty` is not more than what is filled already. Nothing was sent.",
        "To stop what is left of the order: `ibcli cancel`.",
    ),
    "order-unclear": Cause(
        _REFUSED,
        "The broker does not tell a field of the order which a change must repeat, such as how "
        "far a trigger trails. Nothing was sent.",
        "Cancel it and place another, or change it in Client Portal.",
    ),
    "change-lost": Cause(
        _REFUSED,
        "A change did not get through; the order is as it was.",
        "Run the same command again.",
    ),
    "outcome-unknown": Cause(
        _UNKNOWN,
        "Whether an order was placed, changed or cancelled is not known: an answer did not come, "
        "and the broker's lists could not be had, or prove nothing.",
        "Run the same command again, or `ibcli reconcile`: both look for the order first, and "
        "nothing is sent for that account until it is settled.",
    ),
    "close-unfinished": Cause(
        _UNKNOWN,
        "A close was cut short after the position's stop was cancelled, and the position is still "
        "held: unprotected.",
        "Run `ibcli close` again for what is named, or give it a stop.",
    ),
    "close-waits": Cause(
        _INCOMPLETE,
        "A long position was not sold, for it covers a short one whose close is not filled yet.",
        "Run the same command again once `ibcli orders` shows it filled.",
    ),
    "stop-pending": Cause(
        errors.OutcomeUnknownError,
        "The stop of a position to be closed is being cancelled and has not ended for certain. "
        "The position was not closed, and may be without its stop.",
        "Look at once: `ibcli orders`, `ibcli positions`; `ibcli close` may be repeated.",
    ),
    "outcome-unrecorded": Cause(
        _UNKNOWN,
        "An order was sent, but the journal could not take what became of it.",
        "Make the journal writable, then run the same command again: it looks for the order.",
    ),
    "bracket-incomplete": Cause(
        _UNKNOWN,
        "An entry stands, and its stop is not at the broker, or that cannot be seen.",
        "At once: `ibcli orders ID`; then cancel the entry, or close the position.",
    ),
    "leg-not-undone": Cause(
        _UNKNOWN,
        "A leg was refused, and one placed before it could not be undone as `--if-leg-fails` says.",
        "The same command goes on undoing it. Or at once: `ibcli orders`, `ibcli positions`.",
    ),
    "differences": Cause(
        _UNKNOWN,
        "The journal and the broker do not say the same.",
        "`ibcli reconcile` lists it; `--fix` writes what the broker knows into the journal.",
    ),
    "order-late": Cause(
        _UNREACHABLE,
        "Between pricing and sending more than two minutes went by, or the session ended: the "
        "machine slept, its clock jumped, or requests had to wait for long. Nothing was sent.",
        "Run the same command again: it prices anew.",
    ),
    "order-not-placed": Cause(
        _UNREACHABLE,
        "An order was sent several times and surely is not working: each attempt got lost.",
        "Try again later: the same command sends it again.",
    ),
    "orders-busy": Cause(
        _UNREACHABLE,
        "Another ibcli process was changing orders of the same account until the deadline.",
        "Try again; if the message says that the process is stopped, let it go on or end it.",
    ),
    "system-limit": Cause(
        _CONFIG,
        "The system lets this user open no more files or connections, or start no more threads.",
        "Raise the limit (`ulimit -n`, `ulimit -u`, a container's pids limit), or run fewer "
        "programs at a time. ibcli needs some thirty files and a dozen threads.",
    ),
    "journal-busy": Cause(
        _CONFIG,
        "Another ibcli process was writing to the journal until the deadline; usually it has been "
        "stopped. Nothing was sent.",
        "The message names the process: let it go on (`kill -CONT`) or end it.",
        10,
    ),
    "journal-damaged": Cause(
        _CONFIG,
        "The journal of orders is not whole, or was written by a newer ibcli. A copy is kept.",
        "Move it away after a look at `ibcli orders` and `ibcli trades`; then "
        "`ibcli reconcile --fix`. No order is sent until then.",
    ),
    "journal-unwritable": Cause(
        _CONFIG,
        "The journal of orders takes no entry: a full disk, a read-only folder. Nothing was sent.",
        "Free some space, or make the state folder writable.",
    ),
    "guard": Cause(errors.GuardError, "One of your own limits refuses.", "Reserved."),
    "guard-protection": Cause(
        errors.GuardError,
        "`ibcli cancel` would take the stop from a short position, or from an entry that stays, "
        "and nobody at a terminal has said yes. Nothing was cancelled.",
        "Add `--yes`, or close the position with `ibcli close`.",
    ),
    "guard-halt": Cause(
        errors.GuardError, "`ibcli halt` has stopped all ordering.", "`ibcli resume` ends it."
    ),
    "guard-account": Cause(
        errors.GuardError,
        "`IB_IS_LIVE` says live and the account is a paper account, or the other way round.",
        "Set it as the account is; check `IB_ACCOUNT_ID` and the keys.",
    ),
    "guard-unattended": Cause(
        _GUARD,
        "Nobody is at a terminal, and `IBCLI_UNATTENDED` lets no orders through on this account.",
        "Set it to `paper` or `live`, or run it on a terminal.",
    ),
    "guard-symbols": Cause(
        _GUARD,
        "The underlying is not among `IBCLI_SYMBOLS`.",
        "Add it there, if you mean it.",
    ),
    "guard-window": Cause(
        _GUARD,
        "It is not the time of day that `IBCLI_WINDOW` allows (New York).",
        "Run it within those hours.",
    ),
    "guard-market": Cause(
        _GUARD,
        "The exchange is closed: night, weekend, holiday, after a half day's close.",
        "Wait for the open, or add `--queue`.",
    ),
    "guard-feed": Cause(
        _GUARD,
        "The market data is delayed, frozen or not subscribed: no prices to trade on.",
        "Subscribe to live data in Client Portal.",
    ),
    "guard-quote": Cause(
        _GUARD,
        "A contract is halted, has no bid or no ask, or its quotes make no sense.",
        "`ibcli quote` shows them; choose another strike, or try again.",
    ),
    "guard-quote-max-age": Cause(
        _GUARD,
        "A quote is older than `IBCLI_QUOTE_MAX_AGE`.",
        "Try again; a market that hardly moves may need a longer one.",
    ),
    "guard-max-spread": Cause(
        _GUARD,
        "Bid and ask lie farther apart than `IBCLI_MAX_SPREAD` of their mid.",
        "Try again, or choose a strike that is traded more.",
    ),
    "guard-max-delta": Cause(
        _GUARD,
        "A contract's delta is above `IBCLI_MAX_DELTA`, or not known.",
        "Choose a strike further out of the money.",
    ),
    "guard-max-contracts": Cause(
        _GUARD,
        "The command comes to more contracts than `IBCLI_MAX_CONTRACTS`.",
        "Order less, or raise it.",
    ),
    "guard-max-orders-per-day": Cause(
        _GUARD,
        "With this command there would be more entries today than `IBCLI_MAX_ORDERS_PER_DAY`.",
        "`ibcli journal` shows those that were sent; raise it if you mean it.",
    ),
    "guard-price-band": Cause(
        _GUARD,
        "The limit lies farther from the mid than `IBCLI_PRICE_BAND`.",
        "Look at the price that was typed, or widen the band.",
    ),
    "guard-max-premium": Cause(
        _GUARD,
        "More premium would be paid or received than `IBCLI_MAX_PREMIUM`.",
        "Order less, or raise it.",
    ),
    "guard-max-loss": Cause(
        _GUARD,
        "More could be lost than `IBCLI_MAX_LOSS`, at the stops or at expiry.",
        "Tighten the stop, buy wings (`--width`), or raise it.",
    ),
    "guard-max-margin": Cause(
        _GUARD,
        "The margin afterwards would be above `IBCLI_MAX_MARGIN` of the equity, or is not known.",
        "Order less, buy wings (`--width`), or raise it.",
    ),
    "guard-changed": Cause(
        _GUARD,
        "What is left to place of the job changed while you were asked: by another process, say.",
        "Run it again: it shows what stands and what is left.",
    ),
    "guard-declined": Cause(
        _GUARD,
        "You did not say yes.",
        "Nothing was sent.",
    ),
    # the way there
    "unreachable": Cause(
        _UNREACHABLE,
        "No connection: network, name resolution, firewall.",
        "Check the network and `IB_API_URL`; if a proxy is needed, set `IBCLI_PROXY`.",
    ),
    "timeout": Cause(
        _UNREACHABLE, "The broker did not answer in time.", "Try again; a longer `--deadline`."
    ),
    "redirected": Cause(
        _UNREACHABLE,
        "The server sends elsewhere, as a network's sign-in page does.",
        "Check `IB_API_URL` and the network.",
    ),
    "bad-answer": Cause(
        _UNREACHABLE,
        "Nothing, a web page or broken JSON came instead of an answer.",
        "Try again later; check `IB_API_URL` if it persists.",
    ),
    "server-error": Cause(
        _UNREACHABLE, "The broker's server fails.", "Try later; IBKR restarts nightly."
    ),
    "front-end-closed": Cause(
        _UNREACHABLE,
        "The broker has closed this front end for the login.",
        "Set `IB_API_URL` to another one, such as `https://1.api.ibkr.com/v1/api`.",
    ),
    "rate-limited": Cause(
        _UNREACHABLE,
        "Requests came too fast; the broker refuses more for a while.",
        "Wait; run fewer at a time, or lower `IBCLI_MAX_RPS`.",
    ),
    "pacing": Cause(
        _UNREACHABLE,
        "Requests were still waiting at the deadline: ibcli keeps within IBKR's limits by itself.",
        "Give it longer with `--deadline SECONDS`, or run fewer commands at a time.",
    ),
    "login-busy": Cause(
        _UNREACHABLE,
        "Another ibcli process was still logging in at the deadline.",
        "Try again; if the message says that the process is stopped, let it go on or end it.",
    ),
    "state-busy": Cause(
        _UNREACHABLE,
        "Another ibcli process holds a file of the state folder; usually it has been stopped.",
        "The message names the process: let it go on (`kill -CONT`) or end it.",
    ),
}
