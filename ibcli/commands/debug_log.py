"""The log that ``--debug`` shows on stderr."""

from __future__ import annotations

import logging
import sys
import time

LOG_FORMAT = "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s %(message)s"
LOG_TIME = "%Y-%m-%dT%H:%M:%S"


def log_to_stderr() -> None:
    """Send ibcli's own log to stderr. Other packages' logs may hold headers and stay silent."""
    end_log()
    handler = logging.StreamHandler(sys.stderr)
    formatter = logging.Formatter(LOG_FORMAT, LOG_TIME)
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logger = logging.getLogger("ibcli")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False


def end_log() -> None:
    """Let go of stderr: a caller of ``run`` may close it, and go on to another command line."""
    logger = logging.getLogger("ibcli")
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)
    logger.propagate = True
