"""How an e-mail looks and leaves: one text template, made into a text part and a one-column HTML part."""

import re
import unicodedata
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.template import Context
from django.template.loader import get_template, render_to_string
from django.urls import reverse
from django.utils.html import escape, urlize
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

STOP_SALT = "notifications.stop"


@dataclass(frozen=True)
class Letter:
    """A rendered message: `body` alone is what the in-app inbox shows; `text` and `html` are the two e-mail parts."""

    subject: str
    body: str
    text: str
    html: str


def absolute(url: str) -> str:
    """An address of this site in full, as a mail needs it; empty stays empty."""
    return urljoin(settings.SITE_URL + "/", url) if url else ""


def new_message_id() -> str:
    """A Message-ID that stays with a message however often it is sent."""
    return f"<{uuid.uuid4().hex}@{urlsplit(settings.SITE_URL).hostname or 'localhost'}>"


def one_line(subject: str, limit: int = 200) -> str:
    """A subject without line breaks (they would be header injection), cut to `limit` characters."""
    return " ".join(str(subject).split())[:limit]


def stop_token(user_id: Any, kind: str) -> str:
    """A signed word that lets the holder of a mail switch that kind of mail off, and nothing else."""
    return signing.dumps([str(user_id), kind], salt=STOP_SALT)


def read_stop_token(token: str) -> tuple[str, str]:
    """The user's id and the kind in a stop token. Raises signing.BadSignature."""
    user_id, kind = signing.loads(token, salt=STOP_SALT)
    return user_id, kind


def render_text(template: str, context: Mapping[str, Any]) -> str:
    """The `.txt` template with nothing escaped: it is plain text."""
    loaded: Any = get_template(f"{template}.txt")
    values = {"site_name": settings.SITE_NAME, "site_url": settings.SITE_URL, **context}
    text = loaded.template.render(Context(values, autoescape=False))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


MOST_QUOTED = 400  # characters of what somebody wrote, in a letter to somebody who is no member


def quoted(words: str) -> str:
    """What a member wrote, as it may stand in a letter to a stranger: cut short, and so that neither we nor a mail program
    makes a link of it. Full stops inside a word get a blank after them, `@` becomes "at"."""
    words = re.sub(r"(?<=\S)([.．｡。]|:(?=/))(?=\S)", r"\1 ", unicodedata.normalize("NFKC", words))
    words = re.sub(r"\s*@\s*", " at ", words)
    return words if len(words) <= MOST_QUOTED else words[: MOST_QUOTED - 1].rstrip() + "…"


def to_html(text: str, *, links: bool = True) -> SafeString:
    """Plain text as safe HTML: paragraphs, `- ` lists and, with `links`, links; everything else is escaped."""
    blocks = []
    line_of = partial(urlize, autoescape=True) if links else escape
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = [line.strip() for line in block.splitlines()]
        if lines and all(line.startswith("- ") for line in lines):
            items = "".join(f"<li>{line_of(line[2:])}</li>" for line in lines)
            blocks.append(f"<ul>{items}</ul>")
        elif block:
            blocks.append(f"<p>{'<br>'.join(str(line_of(line)) for line in lines)}</p>")
    return mark_safe("\n".join(blocks))  # noqa: S308 -- every line above was escaped, by urlize or by itself


def compose(
    *, subject: str, body: str, url: str = "", button: str = "", name: str = "", stop_url: str = "", large: str = "",
    links: bool = True,
) -> Letter:  # fmt: skip
    """A letter around a body: greeting, a button for `url`, and a footer that says how to stop it.

    Without `links` no address in the body becomes a link. `large` is shown big and spaced between body and button (a sign-in code).
    """
    context = {
        "subject": one_line(subject),
        "greeting": _("Hello %(name)s,") % {"name": name} if name else _("Hello,"),
        "body": body,
        "body_html": to_html(body, links=links),
        "url": absolute(url),
        "button": button or _("Open this on the site"),
        "stop_url": absolute(stop_url),
        "large": large,
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
    }
    loaded: Any = get_template("notifications/mail.txt")
    text = loaded.template.render(Context(context, autoescape=False))
    return Letter(
        subject=context["subject"],
        body=body,
        text=re.sub(r"\n{3,}", "\n\n", text).strip() + "\n",
        html=render_to_string("notifications/mail.html", context),
    )


def deliver(
    *, to: str, subject: str, text: str, html: str, message_id: str = "", stop_url: str = "", calendar: str = ""
) -> None:
    """Hands one mail to the provider, with an iCalendar object as a third alternative where there is one (calendars
    look for it there). Raises what the provider raises."""
    headers = {"Auto-Submitted": "auto-generated"}
    if message_id:
        headers["Message-ID"] = message_id
    if stop_url:
        headers["List-Unsubscribe"] = f"<{absolute(stop_url)}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail = EmailMultiAlternatives(
        subject=subject, body=text, to=[to], reply_to=[settings.REPLY_TO_EMAIL], headers=headers
    )
    mail.attach_alternative(html, "text/html")
    if calendar:
        method = re.search(r"^METHOD:(\w+)", calendar, re.MULTILINE)
        mail.attach_alternative(calendar, f"text/calendar; method={method[1] if method else 'PUBLISH'}")
    mail.send()


def send_now(
    *, to_email: str, subject: str, template: str, context: Mapping[str, Any] | None = None, url: str = "", **look: Any
) -> None:
    """Sends at once, within the request, and keeps nothing: for sign-in codes only.

    `template` has a `.txt` twin; `url` becomes the button, `look` may hold `button`, `name` and `large` (the code, shown
    big). Raises what the provider raises, so that the page can say "we could not send it; try again".
    """
    letter = compose(
        subject=subject, body=render_text(template, {"url": absolute(url), **(context or {})}), url=url, **look
    )
    deliver(to=to_email, subject=letter.subject, text=letter.text, html=letter.html)


def stop_path(user_id: Any, kind: str) -> str:
    """Where a mail's reader switches that kind off."""
    return reverse("notifications:stop", args=[stop_token(user_id, kind)])


def as_preview(text: str, limit: int = 140) -> str:
    """The first words of a message on one line, for lists."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1].rstrip() + "…"


__all__ = ["Letter", "absolute", "compose", "deliver", "escape", "send_now"]
