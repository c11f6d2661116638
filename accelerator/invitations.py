"""The link in an invitation to somebody who is no member yet: it names the application and the address that it went to,
signed, so that whoever reads mail there joins once they are on board, and nobody else does."""

from typing import Any

from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from accelerator.models import Application, CoApplicant
from core import addresses
from ui.errors import Missing

SALT = "accelerator.invitation"


def sign(application_id: Any, email: str, may: str) -> str:
    """The last part of the link's address."""
    return signing.dumps([str(application_id), hashed(email), may], salt=SALT)


def hashed(email: str) -> str:
    """An address as the link carries it: readable by nobody."""
    return salted_hmac(SALT, addresses.known_as(email)).hexdigest()[:32]


def read(token: str, user: Any) -> CoApplicant:
    """The invitation behind a link, as a place that `user` may take (not saved). Raises Missing where the link is broken,
    the application is gone, or the letter went to another address."""
    try:
        application_id, asked, may = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        raise Missing(_("This link is not complete. Open it again from the e-mail.")) from None
    if not constant_time_compare(asked, hashed(user.email or "")):
        raise Missing(_("This invitation went to another e-mail address. Sign in with that address to take it up."))
    application = Application.objects.select_related("lead", "wave").filter(pk=application_id).first()
    if application is None or asked in application.uninvited:
        raise Missing(_("There is no such invitation."))
    return CoApplicant(application=application, user=user, may=may)
