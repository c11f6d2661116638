"""What the logs say: never who somebody is, where they are, what they typed, or a token (docs/privacy.md, Logs).

Every line of the site, the worker and gunicorn passes `PrivateFormatter`. It builds what is dangerous anew instead of
looking for it: a request is its method and route, an exception its type and where it happened. The patterns at the end
catch what a library wrote into its own words.
"""

import copy
import ipaddress
import logging
import re
import traceback
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from gunicorn.glogging import Logger

PLAIN = "%(asctime)s %(levelname)s %(name)s %(message)s"
# What gunicorn says about a request that it could not read or answer goes on with its address, or with whose it was.
CUT_AFTER = ("Error handling request", "Invalid request", "Socket error processing request")
PATTERNS = [
    (re.compile(r"[^\s@<>\"'()=,;]+@[^\s@<>\"'(),;]+"), "(address)"),
    (re.compile(r"(?<=\S)\?[^\s\"']*=[^\s\"']*"), ""),  # a query
    (re.compile(r"\b(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*\d)[\w-]{24,}\b"), "(token)"),
]
IP = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*")


class PrivateFormatter(logging.Formatter):
    """A line of the log that may be read by whoever runs the site."""

    def format(self, record: logging.LogRecord) -> str:
        record = copy.copy(record)
        record.exc_text = None
        request = getattr(record, "request", None)
        if hasattr(request, "resolver_match"):
            status = getattr(record, "status_code", "")
            record.msg, record.args = "%s %s %s", (getattr(request, "method", ""), route_of(request), status)
        elif isinstance(record.args, Mapping):  # Celery says how a task ended: with what it raised, or gave back
            kept = dict(record.args)
            if "exc" in kept:
                kept["exc"] = _name(record.exc_info[1]) if record.exc_info and record.exc_info[1] else "(an error)"
            if "return_value" in kept:
                kept["return_value"] = "(done)"
            record.args = kept
        elif cut := next((words for words in CUT_AFTER if str(record.msg).startswith(words)), ""):
            record.msg, record.args = cut, ()
        return scrubbed(super().format(record))

    def formatException(self, exc_info: Any) -> str:
        """Where it happened and the types of what was raised. Messages hold what people typed: PostgreSQL repeats the values
        of a row, Python the text that is no number."""
        error, lines = exc_info[1], []
        for each in _chain(error):
            frames = each.__traceback__ or (exc_info[2] if each is error else None)
            with suppress(Exception):  # Celery hands over a copy of a traceback
                lines += traceback.format_tb(frames)
            lines.append(f"{_name(each)}{_facts(each)}\n")
        return "".join(lines).rstrip()


class GunicornLogger(Logger):
    """gunicorn's own logger, with our formatter for its errors. Its access log says what config/gunicorn.py lets it say."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(PrivateFormatter(self.error_fmt, self.datefmt))


def route_of(request: Any) -> str:
    """The route that answers a request, with the names of its arguments in place of what they are: `/j/<code>`."""
    match = request.resolver_match
    return f"/{match.route}" if match else "(no route)"


def scrubbed(text: str) -> str:
    """The text without what looks like an e-mail address, a query, a token or a machine's address."""
    for pattern, instead in PATTERNS:
        text = pattern.sub(instead, text)
    return IP.sub(_without_ip, text)


def _without_ip(match: re.Match) -> str:
    try:
        address = ipaddress.ip_address(match[0].rstrip(":."))
    except ValueError:
        return match[0]  # a time of day
    return match[0] if address.is_loopback or address.is_unspecified else "(address)"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what led to it, the first cause first."""
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return reversed(chain)


def _name(error: BaseException) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")


def _facts(error: BaseException) -> str:
    """What of an error helps and is nobody's: PostgreSQL's code and constraint, the system's number, the mail server's code."""
    constraint = getattr(getattr(error, "diag", None), "constraint_name", None)
    facts = [getattr(error, "sqlstate", None), constraint, getattr(error, "smtp_code", None)]
    if isinstance(error, OSError):
        facts.append(error.errno)
    said = " ".join(str(fact) for fact in facts if fact)
    return f" ({said})" if said else ""
