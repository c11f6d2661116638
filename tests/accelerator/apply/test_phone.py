"""A broker writes down an applicant's answers: at their word, told to them, theirs to correct, sent only when they say so."""

import datetime as dt

import pytest
import time_machine
from django.core import signing
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accelerator.actions import apply, phone
from accelerator.models import Answer, Application, Scribe
from accelerator.queries.conflicts import conflicts
from accelerator.rules import review as review_rules
from audit.models import Event
from notifications.models import InboxItem, OutboxMessage
from people.actions.accounts import bring_aboard
from people.models import RoleGrant, User
from people.rules import forget_grants
from tests.accelerator.apply.test_pages import as_, page_of
from tests.accelerator.factories import GOOD_ANSWERS, a_full_draft, a_person, a_wave, answer, close_call
from tests.timebank.browsing import signed_in
from ui.errors import DomainError, Invalid, Missing, NotAllowed

pytestmark = pytest.mark.django_db


@pytest.fixture
def broker():
    return a_person("Bea Broker", role="broker")


def as_staff(user):
    from django.test import Client

    return signed_in(Client(), user)


def begun(broker, member=None, wave=None) -> Application:
    member = member or bring_aboard(email=None, name="Ada Offline", by=broker)
    application = phone.begin_for(by=broker, member=member, wave=wave or a_wave(), asked=True)
    confirmed(application)
    return application


def confirmed(application):
    """The applicant says yes; for one without an e-mail address, a second broker does."""
    lead = application.lead
    by = lead if lead.email else a_person("Bo Second", role="broker")
    for scribe in application.scribes.filter(confirmed_at=None, ended_at=None):
        phone.confirm(by=by, scribe=scribe)


def write(broker, application, value="Cups out of reach", key="problem"):
    standing = application.answers.filter(question__key=key).first()
    return apply.save_answer(
        by=broker,
        application=application,
        question=application.wave.question_set.questions.get(key=key),
        value=value,
        seen_version=standing.version if standing else 0,
    )


def test_answers_are_written_down_on_behalf_of_the_applicant_who_is_told(broker):
    application = begun(broker)
    write(broker, application)
    lead = application.lead
    assert lead.name == "Ada Offline"
    assert Answer.objects.get(application=application).saved_by == broker
    told = InboxItem.objects.get(user=lead, kind="application_by_phone")
    assert "Bea Broker" in told.text
    events = Event.objects.filter(object_id=str(application.pk), actor=str(broker.pk)).order_by("id")
    assert [(event.verb, event.on_behalf_of) for event in events] == [
        ("accelerator.application.begun", str(lead.pk)),
        ("accelerator.application.writing_down_asked", str(lead.pk)),
        ("accelerator.answer.written_down", str(lead.pk)),
    ]
    assert "Cups" not in str([event.facts for event in events])


def test_the_applicant_sees_who_wrote_it_corrects_it_and_the_broker_reads_the_correction(broker):
    member = a_person("Ada Applicant")
    application = begun(broker, member)
    write(broker, application)
    client = as_staff(member)
    question = f"/applications/{application.pk}/question/problem/"
    assert "Written down by Bea Broker for you" in page_of(client.get(question))
    assert "Bea Broker, a time broker, writes down your answers" in page_of(
        client.get(f"/applications/{application.pk}/")
    )
    client.post(question, {"answer": "Cups too high", "version": 1, "page": "hers"})
    assert "Written down by" not in page_of(client.get(question))
    page = page_of(as_staff(broker).get(question))
    assert "Cups too high" in page
    assert "You are writing for Ada Applicant" in page


def test_the_applicant_stops_it_and_the_broker_neither_reads_nor_writes_from_then_on(broker):
    member = a_person()
    application = begun(broker, member)
    scribe = application.scribes.get()
    desk = as_staff(broker)
    assert desk.get(f"/applications/{application.pk}/").status_code == 200
    as_staff(member).post(f"/phone/{scribe.pk}/stop/")
    assert desk.get(f"/applications/{application.pk}/").status_code == 404
    assert str(member) not in page_of(desk.get("/phone/"))
    with pytest.raises(Missing):
        write(broker, application)
    with pytest.raises(Missing):
        phone.stop(by=a_person(), scribe=scribe)


@pytest.mark.parametrize("end", ["14 days", "role", "sent", "suspended", "closed account"])
def test_it_ends_by_itself(broker, end):
    member = a_person()
    application = begun(broker, member)
    now = timezone.now()
    if end == "14 days":
        now += dt.timedelta(days=14, minutes=1)
    elif end == "role":
        RoleGrant.objects.filter(user=broker).update(until=now - dt.timedelta(minutes=1))
        forget_grants(broker)
    elif end == "sent":
        answer(application, **GOOD_ANSWERS)
        apply.submit(by=member, application=application)
    elif end == "suspended":
        User.objects.filter(pk=member.pk).update(suspended_at=now)
    else:
        User.objects.filter(pk=member.pk).update(closed_at=now, name="", email=None)
    with time_machine.travel(now, tick=False):
        with pytest.raises(Missing):
            write(broker, application)
        assert as_staff(broker).get(f"/applications/{application.pk}/").status_code == 404


def test_without_their_word_nothing_begins_and_nothing_is_sent(broker):
    member, wave = a_person(), a_wave()
    with pytest.raises(Invalid):
        phone.begin_for(by=broker, member=member, wave=wave, asked=False)
    with pytest.raises(Invalid):
        phone.begin_for(by=broker, member=broker, wave=wave, asked=True)
    with pytest.raises(NotAllowed):
        phone.begin_for(by=a_person(role="reviewer"), member=member, wave=wave, asked=True)
    gone = a_person(suspended_at=timezone.now())
    with pytest.raises(Invalid):
        phone.begin_for(by=broker, member=gone, wave=wave, asked=True)
    assert not Application.objects.exists()
    draft = a_full_draft(member, wave)
    begun(broker, member, wave)
    with pytest.raises(Invalid):
        phone.send_for(by=broker, application=draft, said_so=False)
    with pytest.raises(NotAllowed):
        apply.submit(by=broker, application=draft)
    with pytest.raises(Missing):
        phone.send_for(by=a_person(role="broker"), application=draft, said_so=True)
    assert Application.objects.get().state == "draft"


def test_a_broker_sends_it_when_they_say_so_and_the_applicant_gets_the_letter(broker):
    draft = a_full_draft(a_person(email=None))
    begun(broker, draft.lead, draft.wave)
    for _ in range(2):
        phone.send_for(by=broker, application=Application.objects.get(pk=draft.pk), said_so=True)
    assert Application.objects.get(pk=draft.pk).state == "submitted"
    assert InboxItem.objects.filter(user=draft.lead, kind="application_received").count() == 1
    event = Event.objects.get(verb="accelerator.application.submitted")
    assert (event.actor, event.on_behalf_of) == (str(broker.pk), str(draft.lead.pk))


def test_whoever_wrote_it_down_cannot_review_it(broker):
    application = begun(broker)
    assert conflicts(application, [broker.pk])[broker.pk] == [review_rules.HELPED]


def test_begun_twice_is_one_and_told_once_a_day(broker):
    member, wave = a_person(), a_wave()
    assert begun(broker, member, wave) == begun(broker, member, wave)
    assert InboxItem.objects.filter(user=member, kind="application_by_phone").count() == 1
    scribe = Scribe.objects.get()
    with pytest.raises(IntegrityError, match="scribe_once_at_a_time"), transaction.atomic():
        Scribe.objects.create(application=scribe.application, broker=broker, until=scribe.until)
    with pytest.raises(IntegrityError, match="scribe_lasts_some_time"), transaction.atomic():
        Scribe.objects.filter(pk=scribe.pk).update(until=scribe.begun_at)


def test_a_closed_call_and_a_sent_application_are_told_at_the_desk(broker):
    member, wave = a_person(), a_wave()
    answer(begun(broker, member, wave), **GOOD_ANSWERS)
    apply.submit(by=member, application=Application.objects.get())
    client = as_staff(broker)
    form = {"person": member.email, "wave": str(wave.pk), "asked": "on"}
    again = client.post("/phone/", form)
    assert again.status_code == 422
    assert "has sent an application to this wave already" in page_of(again)
    with pytest.raises(DomainError, match="closed"):
        phone.begin_for(by=broker, member=a_person(), wave=close_call(a_wave()), asked=True)


def test_the_brokers_pages_from_the_desk_to_the_sending(broker):
    draft = a_full_draft(a_person("Ada Applicant"))
    client = as_staff(broker)
    assert client.post("/phone/", {}).status_code == 422
    form = {"person": "Ada Applicant", "wave": str(draft.wave_id), "asked": "on"}
    assert client.post("/phone/", form).url == "/phone/"
    confirmed(draft)
    sent = client.post("/phone/", form)
    assert sent.url == f"/applications/{draft.pk}/"
    page = page_of(client.get(sent.url))
    assert "Ada Applicant’s application" in page
    assert "I do not want to go on with this" not in page
    for path in ("withdraw/", "invite/", "question/problem/help/"):
        assert client.get(f"/applications/{draft.pk}/{path}").status_code == 404
    assert client.get(f"/applications/{draft.pk}/about-you/").url == f"/applications/{draft.pk}/send/"
    page = page_of(client.get(f"/applications/{draft.pk}/send/"))
    assert "You send it for Ada Applicant" in page
    assert client.post(f"/applications/{draft.pk}/send/", {}).status_code == 422
    assert client.post(f"/applications/{draft.pk}/send/", {"said_so": "on"}).url == "/phone/"
    assert client.get(f"/applications/{draft.pk}/").status_code == 404


def test_the_desk_costs_two_queries_and_two_for_each_that_is_written(broker, django_assert_max_num_queries):
    from accelerator.queries.phone import writes_for

    wave = a_wave()
    for _ in range(3):
        begun(broker, a_person(), wave)
    with django_assert_max_num_queries(1 + 3 * 3):
        assert len(writes_for(broker)) == 3


def test_somebody_new_without_e_mail_is_brought_aboard_on_the_way_and_told_of_by_nobody_else(broker):
    wave = a_wave()
    client = as_staff(broker)
    assert "?next=/phone/" in client.get("/phone/").content.decode()
    assert "---" not in client.get("/phone/").content.decode()
    assert 'href="/phone/"' in client.get("/staff/people/new/?next=/phone/").content.decode()
    answered = client.post("/staff/people/new/?next=/phone/", {"name": "Iris Ågren", "email": ""})
    assert answered.url == "/phone/?person=Iris+%C3%85gren"
    assert 'value="Iris Ågren"' in client.get(answered.url).content.decode()
    form = {"person": "Iris Ågren", "wave": str(wave.pk), "asked": "on"}
    page = client.post("/phone/", form, follow=True).content.decode()
    assert "Iris Ågren has no e-mail address: ask another broker to ring them" in page
    application = Application.objects.get(wave=wave)
    confirmed(application)
    assert "no e-mail address" in client.get("/phone/").content.decode()
    assert "read it back to them" in client.get(f"/applications/{application.pk}/").content.decode()
    for key, value in GOOD_ANSWERS.items():
        write(broker, application, value, key)
    assert "tell them that it has gone" in client.get(f"/applications/{application.pk}/send/").content.decode()
    elsewhere = client.post("/staff/people/new/?next=//evil.example/", {"name": "Ida Elsewhere", "email": ""})
    assert elsewhere.url.startswith("/people/")


def test_the_broker_is_asked_to_tell_somebody_without_e_mail_what_was_written_to_them(broker):
    application = begun(broker)
    manager = a_person("Mo Manager", role="portfolio_manager")
    until = application.wave.call_closes + dt.timedelta(days=2)
    for _click in range(2):
        apply.extend(by=manager, application=application, until=until, reason="She was in hospital")
    told = InboxItem.objects.get(user=broker, kind="tell_by_phone")
    assert "Ada Offline" in told.subject and "more time" in told.text and "Mo Manager" in told.text
    assert "hospital" not in told.text  # why stays between them
    with_mail = begun(broker, member=a_person("Reachable"))
    apply.extend(by=manager, application=with_mail, until=until, reason="Shifts")
    RoleGrant.objects.filter(user=broker).delete()
    forget_grants(broker)
    apply.extend(by=manager, application=application, until=until + dt.timedelta(days=1), reason="Still")
    assert InboxItem.objects.filter(user=broker, kind="tell_by_phone").count() == 1


# Confirming it


def test_a_tick_opens_nobodys_draft_before_its_lead_says_yes(broker):
    lead = a_person("Grace Lead", email="grace@example.org")
    draft = a_full_draft(lead, problem="Cups of mine, out of reach")
    client = as_staff(broker)
    form = {"person": "grace@example.org", "wave": str(draft.wave.pk), "asked": "on"}
    assert client.post("/phone/", form).url == "/phone/"
    for path in (
        f"/applications/{draft.pk}/",
        f"/applications/{draft.pk}/question/problem/",
        f"/applications/{draft.pk}/check/",
    ):
        assert client.get(path).status_code == 404, path
    with pytest.raises(Missing):
        write(broker, draft)
    assert "Cups of mine" not in page_of(client.get("/phone/")) and "Not confirmed yet" in page_of(
        client.get("/phone/")
    )
    letter = OutboxMessage.objects.get(user=lead, kind="application_by_phone")
    assert "/phone/asked/" in letter.url and "Cups of mine" not in letter.text
    asked = Client().get(letter.url)
    assert "Yes, I asked for it" in page_of(asked) and "Cups of mine" not in page_of(asked)
    assert Scribe.objects.get().confirmed_at is None, "opening the letter's link says nothing yet"
    for _ in range(2):
        assert "can write your answers down now" in page_of(Client().post(letter.url, {"yes": "1"}))
    assert "Cups of mine" in page_of(client.get(f"/applications/{draft.pk}/question/problem/"))
    verbs = Event.objects.filter(verb="accelerator.application.written_down")
    assert verbs.count() == 1
    assert "No, stop this" not in page_of(Client().get(letter.url))
    Client().post(letter.url, {"no": "1"})
    assert client.get(f"/applications/{draft.pk}/").status_code == 404
    assert Client().get(letter.url).status_code == 404, "it is over: the link leads nowhere"


def test_the_lead_says_yes_or_no_on_their_own_page_and_nobody_else_can(broker):
    draft = a_full_draft(a_person("Grace Lead"))
    phone.begin_for(by=broker, member=draft.lead, wave=draft.wave, asked=True)
    scribe = draft.scribes.get()
    for other in (broker, a_person(role="broker"), a_person(role="administrator"), a_person()):
        assert as_staff(other).post(f"/phone/{scribe.pk}/confirm/").status_code == 404
        with pytest.raises(Missing):
            phone.confirm(by=other, scribe=scribe)
    mine = as_(draft.lead)
    assert "They see nothing of them until you say yes" in page_of(mine.get(f"/applications/{draft.pk}/"))
    assert mine.post(f"/phone/{scribe.pk}/stop/").status_code == 302
    with pytest.raises(DomainError, match="ended"):
        phone.confirm(by=draft.lead, scribe=scribe)
    phone.begin_for(by=broker, member=draft.lead, wave=draft.wave, asked=True)
    again = draft.scribes.get(ended_at=None)
    assert mine.post(f"/phone/{again.pk}/confirm/").status_code == 302
    assert draft.scribes.standing(timezone.now()).get() == again


def test_for_somebody_without_e_mail_a_second_broker_confirms_and_never_the_first(broker):
    member, second = bring_aboard(email=None, name="Ada Offline", by=broker), a_person("Bo Second", role="broker")
    application = phone.begin_for(by=broker, member=member, wave=a_wave(), asked=True)
    scribe = application.scribes.get()
    with pytest.raises(Missing):
        phone.confirm(by=broker, scribe=scribe)
    with pytest.raises(IntegrityError, match="scribe_confirmed_by_another"), transaction.atomic():
        Scribe.objects.filter(pk=scribe.pk).update(confirmed_at=timezone.now(), confirmed_by=broker)
    assert "For you to confirm" not in page_of(as_staff(broker).get("/phone/"))
    client = as_staff(second)
    assert (
        "Ada Offline" in page_of(client.get("/phone/"))
        and client.get(f"/applications/{application.pk}/").status_code == 404
    )
    assert client.post(f"/phone/{scribe.pk}/confirm/").status_code == 302
    assert as_staff(broker).get(f"/applications/{application.pk}/").status_code == 200
    assert client.get(f"/applications/{application.pk}/").status_code == 404, "who confirms reads nothing"


def test_a_link_of_another_letter_or_a_broken_one_leads_nowhere(broker):
    assert Client().get("/phone/asked/nonsense/").status_code == 404
    assert Client().get(f"/phone/asked/{signing.dumps('x', salt='another')}/").status_code == 404
