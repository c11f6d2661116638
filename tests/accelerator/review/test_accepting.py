"""From the button that sends an acceptance to everything that it makes."""

import pytest

from accelerator.models import Decision, Innovation
from accelerator.queries import dashboard
from accelerator.queries.letters import fingerprint
from notifications import actions as notifications
from notifications.models import OutboxMessage
from tests.accelerator.factories import a_decision, a_manager, a_wave, an_application
from tests.accelerator.innovations.factories import a_funded_wave
from tests.matrix import make_client
from timebank.actions.ledger import account_for
from timebank.models import Transfer

pytestmark = pytest.mark.django_db


def send(manager, wave, *decisions):
    sent = {"letters": [str(one.pk) for one in decisions], "seen": fingerprint(decisions)}
    return make_client(manager).post(f"/selection/{wave.slug}/letters/send/", sent)


def test_an_acceptance_makes_letter_innovation_roadmap_pot_and_dashboard_row_once(settings):
    settings.EMAIL_BACKEND = "notifications.mailbox.MailPageBackend"
    wave, manager = a_funded_wave(minutes=30 * 60), a_manager()
    application = an_application(wave=wave)
    decision = a_decision(application, "accept", manager)
    for _click in range(2):
        assert send(manager, wave, decision).status_code == 302
    innovation = Innovation.objects.get()
    assert (innovation.application, innovation.manager) == (application, manager)
    assert innovation.milestones.count() >= 10
    assert account_for(pot=innovation.pot).balance == wave.allowance_minutes == 20 * 60
    assert account_for(pot=wave.fund).balance == 10 * 60
    letter = OutboxMessage.objects.get(kind="decision")
    assert letter.user == application.lead and notifications.send(letter.pk)
    mail_page = make_client(None).get("/mail/", follow=True).content.decode()
    assert application.lead.email in mail_page and application.sentence[:40] in mail_page
    assert [row.innovation for row in dashboard.rows(wave.innovations.all())] == [innovation]
    assert innovation.name in make_client(manager).get(f"/cohorts/{wave.slug}/").content.decode()
    header = make_client(application.lead).get(f"/innovations/{innovation.pk}/").content.decode()
    assert 'href="/innovations/"' in header
    assert make_client(application.lead).get("/innovations/").url == f"/innovations/{innovation.pk}/"


def test_a_fund_that_cannot_pay_for_all_says_by_how_much_and_nothing_is_half_sent():
    wave, manager = a_funded_wave(minutes=30 * 60), a_manager()
    decisions = [a_decision(an_application(wave=wave), outcome, manager) for outcome in ("accept", "accept", "decline")]
    moved = Transfer.objects.count()
    answer = send(manager, wave, *decisions)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "40 h is needed and 10 h is missing" in page and "Nothing has been sent" in page
    assert page.count(" checked>") == 3  # what was ticked stays ticked
    assert not Decision.objects.filter(sent_at__isnull=False).exists()
    assert not Innovation.objects.exists()
    assert not OutboxMessage.objects.filter(kind="decision").exists()
    assert Transfer.objects.count() == moved
    assert send(manager, wave, decisions[0], decisions[2]).status_code == 302
    assert Innovation.objects.count() == 1


def test_a_wave_without_a_fund_accepts_without_an_allowance():
    wave, manager = a_wave(), a_manager()
    assert send(manager, wave, a_decision(an_application(wave=wave), "accept", manager)).status_code == 302
    assert Innovation.objects.get().allowance_minutes == 0


def test_letters_of_another_wave_are_not_sent_from_this_one():
    wave, manager = a_wave(), a_manager()
    elsewhere = a_decision(an_application(wave=a_wave()), "accept", manager)
    assert send(manager, wave, elsewhere).status_code == 422
    assert not Innovation.objects.exists()
