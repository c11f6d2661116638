"""Outside production, mail is not sent: it is kept in a table that web and worker share, and shown at /mail."""

from collections.abc import Sequence

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from notifications import actions


class MailPageBackend(BaseEmailBackend):
    """Keeps what it is given for the mail page. Refuses to exist in production."""

    def __init__(self, fail_silently: bool = False, **options) -> None:
        if settings.PRODUCTION:
            raise ImproperlyConfigured("The mail page keeps every message readable; set EMAIL_BACKEND in production.")
        super().__init__(fail_silently=fail_silently, **options)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Keeps each message, one row a recipient; returns how many messages there were."""
        for mail in email_messages:
            parts = {kind.partition(";")[0]: content for content, kind in getattr(mail, "alternatives", [])}
            for recipient in mail.recipients():
                actions.catch_mail(
                    sender=mail.from_email,
                    to=recipient,
                    subject=str(mail.subject),
                    text=str(mail.body),
                    html=str(parts.get("text/html", "")),
                    calendar=str(parts.get("text/calendar", "")),
                    headers={**mail.extra_headers, "Reply-To": ", ".join(mail.reply_to)},
                )
        return len(email_messages)
