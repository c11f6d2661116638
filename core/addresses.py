"""E-mail addresses: the one form in which they are kept, looked up and compared.

Two addresses are the same person's only where their normal forms are equal, byte for byte. Nothing is mapped silently:
an address that Unicode would turn into another one (`ſ`, a full-width `＠`, the ligature `ﬁ`) is refused, because mail to
what was typed and mail to what it turns into may go to different people. See docs/decisions/0001-addresses.md.
"""

import re
import unicodedata

import idna
from django.db.models import CheckConstraint, Q
from django.utils.translation import gettext as _

LONGEST = 254  # characters of a whole address, RFC 5321
LONGEST_LOCAL = 64  # characters before the @

_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
_LOCAL = rf"{_ATOM}(\.{_ATOM})*"
_DOMAIN = rf"({_LABEL}\.)+[a-z]([a-z0-9-]*[a-z0-9])?"
KEPT = rf"^{_LOCAL}@{_DOMAIN}$"  # the normal form as PostgreSQL checks it; `normal` says no to more than this


class NotAnAddress(ValueError):
    """What was typed is no address that mail can be sent to. `str(error)` tells a person what to do."""


def normal(typed: str) -> str:
    """The normal form of an address: trimmed, in lower case, ASCII before the @, the domain in IDNA A-labels
    (`bücher.example` is kept as `xn--bcher-kva.example`). Normalising twice changes nothing. Raises NotAnAddress."""
    typed = typed.strip()
    if typed.count("@") != 1 and "＠" not in typed:
        raise NotAnAddress(_("Enter an email address in the right form, like name@example.com"))
    if unicodedata.normalize("NFKC", typed) != typed:
        raise NotAnAddress(
            _("Use the address as your mail provider writes it: it holds a letter that only looks like another one.")
        )
    local, _at, host = typed.partition("@")
    if not local.isascii():
        raise NotAnAddress(
            _(
                "Use the address as your mail provider writes it: before the @, only letters from a to z without accents."
            )
        )
    if len(local) > LONGEST_LOCAL or not re.fullmatch(_LOCAL, local.lower()):
        raise NotAnAddress(_("Enter an email address in the right form, like name@example.com"))
    address = f"{local.lower()}@{domain(host)}"
    if len(address) > LONGEST:
        raise NotAnAddress(_("This email address is too long"))
    return address


def domain(typed: str) -> str:
    """The normal form of what stands behind the @. Raises NotAnAddress."""
    host = typed.strip().lower()
    try:
        host = idna.encode(host, uts46=False, strict=True).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        raise NotAnAddress(
            _("Use the address as your mail provider writes it: there is no such name behind the @.")
        ) from error
    if not re.fullmatch(_DOMAIN, host):
        raise NotAnAddress(_("Enter an email address in the right form, like name@example.com"))
    return host


def known_as(typed: str) -> str:
    """The normal form to look somebody up by; empty, which nobody has, for what is no address."""
    try:
        return normal(typed)
    except NotAnAddress:
        return ""


def known_domain(typed: str) -> str:
    """The normal form of a domain to compare with; empty for what is none."""
    try:
        return domain(typed)
    except NotAnAddress:
        return ""


def beginning(typed: str) -> str:
    """The normal form of the first characters of an address, for staff who search; empty where no address begins so."""
    typed = typed.strip()
    return known_as(typed) or (typed.lower() if typed.isascii() else "")


def kept_normal(column: str, *, name: str, empty: bool = False) -> CheckConstraint:
    """The database constraint that `column` holds nothing but normal addresses (NULL passes; "" where `empty`)."""
    condition = Q(**{f"{column}__regex": KEPT})
    return CheckConstraint(condition=Q(**{column: ""}) | condition if empty else condition, name=name)
