"""Codes by e-mail. Whoever can read the mail is let in; a new address makes a new account.

Codes are tied to an e-mail address, not to a browser: people scan on a phone and read mail elsewhere. Nothing here
says whether an address is known.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from core import addresses, names
from notifications import mailer
from people import limits, registries
from people.actions import standing
from people.actions.accounts import NAME_LENGTH, clean_email
from people.models import SignInCode, User
from ui.errors import Invalid, NotAllowed

LASTS = timedelta(minutes=30)
TRIES = 5
PROOF = "proof"  # key of the context of a code that signs nobody in


@dataclass(frozen=True)
class Confirmed:
    """Somebody has proved that they read an address: who, whether the account is new, and what went with the code."""

    user: User
    made: bool
    context: dict[str, Any]


def send_code(*, email: str, ip_key: str, context: dict[str, Any] | None = None) -> SignInCode:
    """Sends a six-digit code and a link to `email`; both work for 30 minutes in any browser. Known or not, the same.

    `context` (small JSON) comes back at confirmation: `next` is a path of this site to go to; rooms may add their own
    (outreach's start). Earlier codes stay good, since mails overtake each other. Raises Invalid (not an address, or
    the mail could not be sent), TooMany.
    """
    email = clean_email(email)
    limits.count("code-from-ip", ip_key)
    limits.count("code-to-address", email)
    limits.count("code-to-address-a-day", email)
    code = f"{secrets.randbelow(1_000_000):06}"
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        sent = SignInCode.objects.create(
            email=email,
            code_hash=_hash_code(email, code),
            token_hash=limits.hashed(token),
            context=context or {},
            expires_at=timezone.now() + LASTS,
        )
        try:
            mailer.send_now(
                to_email=email,
                large=code,
                **_letter(token, code, proof=PROOF in (context or {})),
            )
        except OSError as error:  # what mail servers and the network raise
            raise Invalid(_("We could not send the email. Try again in a few minutes."), "email") from error
    sent.refresh_from_db()
    return sent


def _letter(token: str, code: str, *, proof: bool) -> dict[str, Any]:
    """The words of the mail. The link of a proof is not sent, so that it is typed where it was asked for."""
    words = {"code": code, "minutes": int(LASTS.total_seconds() // 60)}
    if proof:
        return {
            "subject": _("Your code to change how you sign in"),
            "template": "people/mail/proof",
            "context": words,
            "url": reverse("mfa_index"),
            "button": _("See how you sign in"),
        }
    return {
        "subject": _("Your code to sign in"),
        "template": "people/mail/sign_in",
        "context": words,
        "url": reverse("people:sign_in_link", args=[token]),
        "button": _("Sign in"),
    }


def resend(*, code_id: Any, ip_key: str) -> SignInCode:
    """Sends another code to the address of an earlier one, with the same context.
    Raises Invalid where the earlier one is more than a day old, TooMany."""
    earlier = SignInCode.objects.filter(pk=code_id, created_at__gt=timezone.now() - timedelta(days=1)).first()
    if earlier is None:
        raise Invalid(_("Enter your email address again."), "email")
    return send_code(email=earlier.email, ip_key=ip_key, context=earlier.context)


def confirm(*, email: str, code: str, ip_key: str) -> Confirmed:
    """Somebody typed `code` for `email`. Wrong tries are counted even though this raises; five end the code, and the
    link in the same mail stays good. Raises Invalid, TooMany."""
    email = clean_email(email)
    limits.count("try-from-ip", ip_key)
    typed = _hash_code(email, "".join(character for character in code if character.isdigit()))
    with transaction.atomic():
        problem, sent = _match(email, typed)
        if sent is not None:
            return _let_in(sent)
    raise Invalid(problem, "code")


def send_proof(*, by: User, ip_key: str) -> SignInCode:
    """Sends `by`, who is signed in, a code with which they prove once more that they read their mail, before they change
    how they sign in. It signs nobody in. Raises Invalid (no address, or the mail could not be sent), TooMany."""
    if not by.email:
        raise Invalid(_("Your account has no email address. Ask us to add one."))
    return send_code(email=by.email, ip_key=ip_key, context={PROOF: str(by.pk)})


def prove(*, by: User, code: str, ip_key: str) -> None:
    """`by` typed the code that `send_proof` sent; it is used up. Raises Invalid, TooMany."""
    limits.count("try-from-ip", ip_key)
    typed = _hash_code(by.email or "", "".join(character for character in code if character.isdigit()))
    with transaction.atomic():
        problem, sent = _match(by.email or "", typed, proof=True)
        if sent is not None:
            sent.used_at = timezone.now()
            sent.save(update_fields=["used_at"])
            record(by=by, verb="people.user.proved", obj=by)
            return
    raise Invalid(problem, "code")


def _match(email: str, typed: str, *, proof: bool = False) -> tuple[str, SignInCode | None]:
    """The newest live code that was typed right; else what to say, with the try counted on all that are live. Codes to sign in
    and codes to prove oneself (`proof`) never stand for one another."""
    now = timezone.now()
    asked_for = Q(context__has_key=PROOF)
    recent = list(
        SignInCode.objects.select_for_update()
        .filter(asked_for if proof else ~asked_for, email=email, used_at=None, created_at__gt=now - timedelta(days=1))
        .order_by("id")
    )
    live = [sent for sent in recent if sent.expires_at > now and sent.tries < TRIES]
    for sent in reversed(live):
        if hmac.compare_digest(sent.code_hash, typed):
            return "", sent
    if any(hmac.compare_digest(sent.code_hash, typed) for sent in recent if sent.expires_at <= now):
        return _("This code has run out. Ask for a new one."), None
    if not live:
        if any(sent.tries >= TRIES for sent in recent if sent.expires_at > now):
            return _("This code was tried five times. Ask for a new one, or use the link in the email."), None
        return _("This code is not right, or has run out. Check it, or ask for a new one."), None
    for sent in live:
        sent.tries += 1
        sent.save(update_fields=["tries"])
    if max(sent.tries for sent in live) >= TRIES:
        return _("This code was tried five times. Ask for a new one, or use the link in the email."), None
    return _("This code is not right, or has run out. Check it, or ask for a new one."), None


def peek_link(token: str) -> SignInCode | None:
    """The code behind a link that can still be used, or None. Uses nothing up: mail scanners open links too."""
    now = timezone.now()
    return SignInCode.objects.filter(token_hash=limits.hashed(token), used_at=None, expires_at__gt=now).first()


@transaction.atomic
def confirm_link(token: str) -> Confirmed:
    """Somebody pressed the button behind the link. Works once. Raises Invalid."""
    sent = SignInCode.objects.select_for_update().filter(token_hash=limits.hashed(token)).first()
    if sent is None or sent.used_at is not None or sent.expires_at <= timezone.now() or PROOF in sent.context:
        raise Invalid(_("This link has been used or has run out. Ask for a new one."))
    return _let_in(sent)


@transaction.atomic
def vouched(*, email: str, name: str = "", context: dict[str, Any] | None = None) -> Confirmed:
    """The organisation's own server said that somebody reads `email`, which it checked. It is believed for the domains of
    OIDC_DOMAINS only. `name` is what it calls them, kept for a new account where it may be a name here.
    Raises Invalid (not an address), NotAllowed (another domain)."""
    email = clean_email(email)
    if not may_vouch_for(email):
        raise NotAllowed(
            _("Your organisation’s sign-in cannot be used for %(email)s. Sign in with a code by email instead.")
            % {"email": email}
        )
    name = " ".join(name.split())[:NAME_LENGTH]
    return _account_of(email, context or {}, name="" if names.problem_with(name) else name)


def may_vouch_for(email: str) -> bool:
    """Whether the organisation's server is believed about this address (in its normal form)."""
    return email.rpartition("@")[2] in {addresses.known_domain(name) for name in settings.OIDC_DOMAINS} - {""}


def _let_in(sent: SignInCode) -> Confirmed:
    """Lets in whoever reads the address of this code, which is used up."""
    sent.used_at = timezone.now()
    sent.save(update_fields=["used_at"])
    return _account_of(sent.email, sent.context)


def _account_of(email: str, context: dict[str, Any], *, name: str = "") -> Confirmed:
    """The account of exactly this address, made where it is new: the one way in, however the address was proved."""
    made = False
    user = User.objects.at(email).first()
    if user is None:
        try:
            with transaction.atomic():
                user, made = User.objects.create_user(email, name=name), True
        except IntegrityError:  # the same person, in two browsers at once
            user = User.objects.at(email).get()
        user.refresh_from_db()
    if made:
        record(by=user, verb="people.user.joined", obj=user)
    if user.is_present:  # who is paused only reads why: nothing else begins
        standing.confirm_address(member=user, email=email)
        for entry in registries.signed_in:
            entry.tell(user, made, context)
    record(by=user, verb="people.user.signed_in", obj=user)
    return Confirmed(user, made, context)


@transaction.atomic
def purge_codes() -> int:
    """Deletes codes that are more than a day old; returns how many rows."""
    deleted, _by_model = SignInCode.objects.filter(created_at__lt=timezone.now() - timedelta(days=1)).delete()
    return deleted


def _hash_code(email: str, code: str) -> str:
    return limits.hashed(f"sign-in:{email}:{code}")
