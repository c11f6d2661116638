"""Mail to somebody who is no member: what members wrote is quoted plainly, short, and nothing of it becomes a link."""

import pytest
from django.core import mail
from django.utils.html import urlize

from accelerator.actions import apply
from notifications import mailer
from notifications.actions import send
from notifications.models import OutboxMessage
from tests.accelerator.factories import a_draft
from tests.people.factories import make_user
from tests.timebank.factories import a_pot
from timebank.actions import pot_people

WORDS = [
    "Win at https://prize.example/now", "www.prize.example", "prize.example", "http://10.0.0.1/x", "ask@prize.example",
    "bit.ly/abc", "prize．example", "prize。example", "javascript://prize", "PRIZE.EXAMPLE",
]  # fmt: skip


@pytest.mark.parametrize("words", WORDS)
def test_quoted_words_hold_nothing_that_a_mail_program_makes_a_link_of(words):
    quoted = mailer.quoted(words)
    assert "<a" not in urlize(quoted)
    assert not [part for part in quoted.split() if "." in part.rstrip(".") or "@" in part or "://" in part]
    assert mailer.quoted(quoted) == quoted


def test_plain_prose_is_quoted_as_it_is_and_long_words_are_cut():
    prose = "A better handover for wards. Is it safe? We think so (see below)."
    assert mailer.quoted(prose) == prose
    assert len(mailer.quoted("word " * 500)) == mailer.MOST_QUOTED


@pytest.fixture
def _letters(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.mark.usefixtures("_letters")
def test_letters_to_strangers_link_to_us_only(real_db, settings):
    lead = make_user("lead@mail.example", name="Ama")
    draft = a_draft(lead)
    apply.invite_by_email(by=lead, application=draft, email="one@mail.example")
    pot = a_pot(lead, name="Win at https://prize.example/now")
    pot_people.invite(by=lead, pot=pot, email="two@mail.example")
    for message in OutboxMessage.objects.filter(user=None):
        assert send(message.pk)

    assert {letter.to[0] for letter in mail.outbox} == {"one@mail.example", "two@mail.example"}
    for letter in mail.outbox:
        html = letter.alternatives[0][0]
        links = [part.split('"')[0] for part in html.split('href="')[1:]]
        assert links and all(link.startswith(settings.SITE_URL) for link in links)
        assert "prize.example" not in letter.subject + letter.body + html
