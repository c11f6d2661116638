"""The mail page of the embedded stack: what would have been sent. `config.urls` leaves it out in production."""

import base64
import hashlib
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from core import addresses
from notifications import mailer
from notifications.models import CaughtMail
from ui.errors import Missing
from ui.views import pagination


def _get(mail_id: UUID) -> CaughtMail:
    mail = CaughtMail.objects.filter(pk=mail_id).first()
    if mail is None:
        raise Missing(_("There is no such mail."))
    return mail


@require_safe
@login_not_required
def mails(request: HttpRequest) -> HttpResponse:
    """All mail, newest first; `?to=` narrows it to one address."""
    rows = CaughtMail.objects.defer("html").order_by("-at", "-id")
    to = request.GET.get("to", "").strip()
    if to:
        rows = rows.filter(to=addresses.known_as(to))
    listed = Paginator(rows, 30).get_page(request.GET.get("page"))
    for mail in listed:
        mail.preview = mailer.as_preview(mail.text)
    context = {"listed": listed, "pages": pagination(request, listed), "to": to}
    return render(request, "notifications/mail_list.html", context)


@require_safe
@login_not_required
def mail(request: HttpRequest, mail_id: UUID) -> HttpResponse:
    """One mail: its HTML part in a sandbox, its text part, its headers."""
    return render(request, "notifications/mail_message.html", {"mail": _get(mail_id)})


@require_safe
@login_not_required
@xframe_options_sameorigin
def mail_html(request: HttpRequest, mail_id: UUID) -> HttpResponse:
    """The HTML part alone, under a policy of its own: no script, nothing loaded, and of styles only the one block that
    our mails carry, by its hash."""
    response = HttpResponse(_get(mail_id).html)
    response["Content-Security-Policy"] = (
        f"sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src '{style_hash()}'; "
        "frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
    )
    return response


def style_hash() -> str:
    """The CSP hash of the style block of our mails."""
    block = render_to_string("notifications/mail_style.html")
    css = block[block.index("<style>") + len("<style>") : block.index("</style>")]
    return "sha256-" + base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
