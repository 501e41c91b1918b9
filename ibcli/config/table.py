"""The table of settings, which the example env file, the docs and ``config show`` follow."""

from __future__ import annotations

from ibcli.config import parse
from ibcli.config.setting import Mask, Setting
from ibcli.config.trading_table import TRADING

DEFAULT_API_URL = "https://api.ibkr.com/v1/api"
DEFAULT_REALM = "limited_poa"
TEST_CONSUMER = "TESTCONS"
TEST_REALM = "test_realm"
LOGIN = "Login (from IBKR's self-service portal)"
KEYS = "Keys as text instead of files (text wins over a file)"
ACCOUNT = "Account"
CONNECTION = "Connection"
PLACES = "Where ibcli keeps and finds things"

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "IB_CONSUMER_KEY",
        LOGIN,
        "Consumer key: the 9 characters you chose in the portal.",
        parse.word,
        example="ABCDEFGHI",
        mask=Mask.HIDDEN,
        aliases=("IBIND_OAUTH1A_CONSUMER_KEY",),
    ),
    Setting(
        "IB_ACCESS_TOKEN",
        LOGIN,
        "Access token, as the portal shows it (20 hexadecimal digits).",
        parse.word,
        mask=Mask.HIDDEN,
        aliases=("IBIND_OAUTH1A_ACCESS_TOKEN",),
    ),
    Setting(
        "IB_ACCESS_TOKEN_SECRET",
        LOGIN,
        "Access token secret, as the portal shows it (base64, one line).",
        parse.text,
        mask=Mask.HIDDEN,
        aliases=("IBIND_OAUTH1A_ACCESS_TOKEN_SECRET",),
    ),
    Setting(
        "IB_SIGNATURE_KEY_PATH",
        LOGIN,
        "Private signature key file. Paths are relative to this env file; ~ is your home folder.",
        example="keys/private_signature.pem",
        aliases=("IBIND_OAUTH1A_SIGNATURE_KEY_FP",),
    ),
    Setting(
        "IB_ENCRYPTION_KEY_PATH",
        LOGIN,
        "Private encryption key file.",
        example="keys/private_encryption.pem",
        aliases=("IBIND_OAUTH1A_ENCRYPTION_KEY_FP",),
    ),
    Setting(
        "IB_DH_PARAM_PATH",
        LOGIN,
        "Diffie-Hellman parameters file.",
        example="keys/dhparam.pem",
    ),
    Setting(
        "IB_REALM",
        LOGIN,
        "OAuth realm.",
        parse.word,
        default_note=f"{DEFAULT_REALM}; {TEST_REALM} for the consumer {TEST_CONSUMER}",
        example=DEFAULT_REALM,
        aliases=("IBIND_OAUTH1A_REALM",),
    ),
    Setting(
        "IB_SIGNATURE_KEY",
        KEYS,
        r"Private signature key as PEM text, with real line ends or a literal \n.",
        parse.pem,
        mask=Mask.HIDDEN,
        aliases=("IBIND_OAUTH1A_SIGNATURE_KEY",),
    ),
    Setting(
        "IB_ENCRYPTION_KEY",
        KEYS,
        "Private encryption key as PEM text.",
        parse.pem,
        mask=Mask.HIDDEN,
        aliases=("IBIND_OAUTH1A_ENCRYPTION_KEY",),
    ),
    Setting(
        "IB_DH_PRIME",
        KEYS,
        "Diffie-Hellman prime in hexadecimal; 0x, colons and blanks are allowed.",
        parse.hexadecimal,
        mask=Mask.HIDDEN,
        aliases=("IBIND_OAUTH1A_DH_PRIME",),
    ),
    Setting(
        "IB_DH_GENERATOR",
        KEYS,
        "Diffie-Hellman generator.",
        parse.generator,
        default_note="the parameter file's, else 2",
        example="2",
        aliases=("IBIND_OAUTH1A_DH_GENERATOR",),
    ),
    Setting(
        "IB_ACCOUNT_ID",
        ACCOUNT,
        "Account to use.",
        parse.account,
        default_note="the one that the broker selects",
        example="DU1234567",
        aliases=("IBIND_ACCOUNT_ID",),
    ),
    Setting(
        "IB_IS_LIVE",
        ACCOUNT,
        "true when the account holds real money; compared with what the broker says.",
        parse.boolean,
        default="false",
    ),
    Setting(
        "IBCLI_COMPETE",
        ACCOUNT,
        "true: push out another session of the same user (TWS, say) instead of stopping.",
        parse.boolean,
        default="false",
    ),
    Setting(
        "IB_API_URL",
        CONNECTION,
        "The API's address; plain http is accepted for this machine only.",
        parse.api_url,
        default=DEFAULT_API_URL,
        aliases=("IBIND_OAUTH1A_REST_URL",),
    ),
    Setting(
        "IBCLI_DEADLINE",
        CONNECTION,
        "Seconds a command may take; --deadline wins.",
        parse.seconds,
        default="60",
    ),
    Setting(
        "IBCLI_MAX_RPS",
        CONNECTION,
        "Requests a second, over all ibcli processes of this user: 1 to 50. IBKR allows 10; more "
        "only if it has told you so.",
        parse.requests_per_second,
        default="10",
    ),
    Setting(
        "IBCLI_PROXY",
        CONNECTION,
        "Proxy's address, or the word environment to use HTTPS_PROXY and NO_PROXY. "
        "Unset: none is used.",
        parse.proxy,
        example="http://proxy.example:3128",
        mask=Mask.PROXY,
    ),
    Setting(
        "IBCLI_CA_BUNDLE",
        CONNECTION,
        "File of certificate authorities to trust in place of the usual ones.",
        example="company-ca.pem",
    ),
    Setting(
        "IBCLI_MARKET_CLOCK",
        CONNECTION,
        "A simulator's market clock: now, YYYY-MM-DD, or <market>@<real> instants. "
        "Honoured on this machine only.",
        parse.text,
        example="2025-08-18",
    ),
    Setting(
        "IBCLI_HASTE",
        CONNECTION,
        "A simulator's time runs so many times faster: waits and pacing of more than a second are "
        "shortened by it. Honoured on this machine only.",
        parse.times_faster,
        default="1",
        example="1",
    ),
    Setting(
        "IBCLI_STATE_DIR",
        PLACES,
        "Folder of the kept login, its locks and the request pacing.",
        default_note="the user's state folder",
        example="~/.local/state/ibcli",
    ),
    Setting(
        "IBCLI_CACHE_DIR",
        PLACES,
        "Folder of remembered contracts.",
        default_note="the user's cache folder",
        example="~/.cache/ibcli",
    ),
    Setting(
        "IBCLI_ENV_FILE",
        PLACES,
        "Env file to read; --env-file wins. Only in the process environment.",
        default_note="config/.env, else .env in the user's configuration folder",
        choosing=True,
    ),
    Setting(
        "IBCLI_PROFILE",
        PLACES,
        "Profile NAME: reads .env.NAME beside the env file and keeps its state apart; "
        "--profile wins. Only in the process environment.",
        parse.text,
        choosing=True,
    ),
    *TRADING,
)

BY_NAME = {setting.name: setting for setting in SETTINGS}
