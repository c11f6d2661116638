"""Worries and reports: who is told what and when, and that whoever one is about never finds it."""

import datetime as dt
import re
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from notifications import queries as outbox
from notifications import reminders
from notifications.actions import set_quiet_hours
from notifications.models import InboxItem, OutboxMessage
from people import queries, rules
from people.actions import privacy, safety
from people.models import DataComplaint, Report, RoleGrant, SafeguardingCase
from people.reminders import complaints_due, unread_for_administrators, unread_for_leads
from tests.matrix import make_client
from tests.people.factories import make_staff, make_user
from tests.timebank.factories import a_member, an_agreement
from timebank.actions.exchanges import send_message
from ui.errors import Invalid, Missing

pytestmark = pytest.mark.django_db
SECRET = "bruises on his wrist"
LONDON = ZoneInfo("Europe/London")


def mails(user=None, **which):
    return OutboxMessage.objects.filter(user=user, **which) if user else OutboxMessage.objects.filter(**which)


def a_case(by=None, about=None, worry="abuse", text=SECRET, **more):
    return safety.open_case(by=by or make_user(), about=about, worry=worry, text=text, **more)


def test_a_worry_alerts_every_lead_at_once_in_their_quiet_hours_without_a_name_or_a_word_of_it():
    lead, other_lead, broker = make_staff("safeguarding_lead"), make_staff("safeguarding_lead"), make_staff("broker")
    set_quiet_hours(by=lead, starts=dt.time(0), ends=dt.time(23))
    ama, ben = make_user(name="Ama Mensah"), make_user(name="Ben Nevis")
    case = a_case(ama, ben, "now")
    for person in (lead, other_lead):
        letter = mails(person).get()
        assert (letter.state, letter.pace) == ("queued", "at_once"), "neither folded nor put off"
        assert (
            "999" in letter.text
            and "Northern Ireland" in letter.text
            and "Somebody may be in danger soon" in letter.text
        )
        for hidden in (SECRET, "Ama", "Mensah", "Ben", "Nevis"):
            assert hidden not in letter.text + letter.subject
        assert letter.url == reverse("people:case", args=[case.pk])
        assert InboxItem.objects.filter(user=person).count() == 1
    assert not mails(broker).exists() and not mails(ben).exists()
    answer = mails(ama).get()
    assert "what happens next" in answer.text.lower() and SECRET not in answer.text


def test_the_same_words_twice_are_one_case_and_one_alert():
    lead, ama = make_staff("safeguarding_lead"), make_user()
    assert a_case(ama) == a_case(ama)
    assert mails(lead).count() == 1


def test_whoever_raised_it_hears_who_reads_it_and_that_it_is_finished_and_nothing_else():
    lead, ama, ben = make_staff("safeguarding_lead", name="Sade Mbeki"), make_user(), make_user(name="Ben Nevis")
    case = a_case(ama, ben)
    page = reverse("people:case", args=[case.pk])
    client = make_client(lead)
    assert "Not read yet" in client.get(page).content.decode(), "reading a page is not saying that one has read it"
    assert SafeguardingCase.objects.get().waits_since is not None
    for _press in range(2):
        client.post(reverse("people:take_case", args=[case.pk]))
    assert "Sade Mbeki has read what you wrote" in [letter.subject for letter in mails(ama)]
    client.post(page, {"text": "I rang his GP about the wrist", "close": "1"})
    done = SafeguardingCase.objects.get()
    assert (done.outcome, done.closed_by) == ("I rang his GP about the wrist", lead)
    words = " ".join(letter.subject + letter.text for letter in mails(ama))
    assert mails(ama).count() == 3 and "we have finished" in words
    assert "GP" not in words and "wrist" not in words and "Ben" not in words


def test_a_case_is_handed_on_to_somebody_who_may_read_it_and_waits_until_they_have():
    one, two, ben = make_staff("safeguarding_lead"), make_staff("safeguarding_lead"), make_staff("safeguarding_lead")
    case = safety.take_case(by=one, case=a_case(about=ben))
    with pytest.raises(Invalid):
        safety.hand_on(by=one, case=case, to=ben)
    safety.hand_on(by=one, case=case, to=two, text="You know the family")
    case.refresh_from_db()
    assert case.lead == two and case.waits_since is not None
    assert mails(two).count() == 2 and not mails(ben).exists()
    safety.take_case(by=two, case=case)
    assert SafeguardingCase.objects.get().waits_since is None


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ((2026, 12, 1, 10, 0), (2026, 12, 2, 10, 0)),  # Tuesday morning
        ((2026, 12, 1, 7, 0), (2026, 12, 1, 17, 0)),  # before work
        ((2026, 12, 4, 22, 30), (2026, 12, 7, 17, 0)),  # Friday night
        ((2026, 12, 5, 10, 0), (2026, 12, 7, 17, 0)),  # Saturday
        ((2026, 12, 24, 11, 0), (2026, 12, 29, 11, 0)),  # Christmas, a weekend and Boxing Day's substitute
        ((2027, 3, 25, 12, 0), (2027, 3, 30, 12, 0)),  # over Easter and the clock change
    ],
)
def test_a_working_day_is_counted_as_people_work(since, until):
    def london(moment):
        return dt.datetime.combine(dt.date(*moment[:3]), dt.time(*moment[3:]), tzinfo=LONDON)

    assert rules.read_by(london(since)) == london(until)


def test_what_nobody_read_for_a_working_day_goes_to_every_lead_and_the_administrators_who_learn_no_more():
    lead, subject = make_staff("safeguarding_lead"), make_staff("safeguarding_lead", "administrator")
    admin = make_staff("administrator")
    case = a_case(about=subject)
    late = rules.read_by(case.at)
    assert not list(unread_for_leads(late - dt.timedelta(minutes=1)))
    assert [due.user for due in unread_for_leads(late)] == [lead]
    [told] = unread_for_administrators(late)
    assert told.user == admin and str(case.pk) not in told.url and not told.context
    night = dt.datetime.combine(late.date(), dt.time(23, 30), tzinfo=LONDON)
    reminders.sweep(now=max(night, late))
    reminders.sweep(now=max(night, late))
    assert mails(admin, kind=safety.ALERT).count() == 1, "by night too, and once"
    assert not mails(subject).exists()
    safety.take_case(by=lead, case=case)
    assert not list(unread_for_leads(late)) and not list(unread_for_administrators(late))


def everything_said_to(person):
    """What the site shows one person about reports and cases: pages, counts, mails, downloads."""
    client = make_client(person)
    pages = [client.get(reverse(name)) for name in ("ui:home", "people:reports", "people:cases", "timebank:desk")]
    pages += [client.get("/outbox/"), client.get(reverse("notifications:inbox")), client.get("/staff/people/")]
    said = [(page.status_code, page.content) for page in pages]
    return _without_tokens(said), mails(person).count(), InboxItem.objects.filter(user=person).count()


def _without_tokens(said):
    return [
        (status, re.sub(rb'(csrfmiddlewaretoken" value="|nonce=")[^"]+|name="key" value="[^"]+', b"", content))
        for status, content in said
    ]


EVERYTHING = ("broker", "safeguarding_lead", "administrator")


@pytest.mark.parametrize("roles", [*((role,) for role in EVERYTHING), EVERYTHING])
def test_whoever_it_is_about_finds_nothing_and_no_count_changes(roles):
    make_staff("broker")
    make_staff("safeguarding_lead")
    subject, ama = make_staff(*roles, name="Sam Subject"), make_user()
    before = everything_said_to(subject)
    case = safety.open_case(by=ama, about=subject, worry="abuse", text=SECRET)
    report = safety.report(by=ama, about=subject, text=SECRET)
    assert everything_said_to(subject) == before
    client = make_client(subject)
    for name, pk in (("case", case.pk), ("case_where", case.pk), ("report", report.pk), ("report_where", report.pk)):
        answer = client.get(reverse(f"people:{name}", args=[pk]))
        assert answer.status_code in {403, 404} and SECRET not in answer.content.decode()
    for name in ("take_case", "hand_on_case", "case"):
        assert client.post(reverse(f"people:{name}", args=[case.pk]), {"text": "x"}).status_code in {403, 404}
    closing = {"outcome": "x", "finding": "acted"}
    assert client.post(reverse("people:report", args=[report.pk]), closing).status_code in {403, 404}
    assert SECRET.encode() not in client.get(reverse("people:download")).content
    assert Report.objects.get().closed_at is None and SafeguardingCase.objects.get().waits_since is not None


def test_whom_a_case_is_about_is_said_later_and_from_then_on_they_find_nothing_of_it():
    lead, subject = make_staff("safeguarding_lead", name="Lea Lead"), make_staff(*EVERYTHING, name="Sam Subject")
    ama = make_user()
    before = everything_said_to(subject)
    case = a_case(ama)
    safety.take_case(by=subject, case=case)
    page = reverse("people:case", args=[case.pk])
    assert SECRET in make_client(subject).get(page).content.decode(), "they read it so far"
    assert InboxItem.objects.filter(user=subject, url=page).exists()
    client, about = make_client(lead), reverse("people:name_person", args=[case.pk])
    assert about in client.get(page).content.decode()
    for _press in range(2):
        assert client.post(about, {"who": "sam subject"}).url == page
    pages, _mails, inbox = everything_said_to(subject)
    assert (pages, inbox) == (before[0], before[2])
    assert not mails(subject, url=page, state__in=("queued", "waiting")).exists(), "nothing more leaves"
    for name in ("case", "case_where", "hand_on_case", "name_person"):
        assert make_client(subject).get(reverse(f"people:{name}", args=[case.pk])).status_code == 404
    with pytest.raises(Missing):
        safety.add_note(by=subject, case=case, text="I was here")
    late = rules.read_by(timezone.now()) + dt.timedelta(days=7)
    case.refresh_from_db()
    assert (case.lead, case.about) == (lead, subject), "who looked after it does so no more"
    assert subject not in {due.user for due in [*unread_for_leads(late), *unread_for_administrators(late)]}
    assert "This is about Sam Subject." in client.get(page).content.decode()
    assert case.notes.filter(step="note").count() == 1


def test_of_several_people_with_a_name_the_lead_chooses_and_nobody_names_themselves():
    lead = make_staff("safeguarding_lead", name="Lea Lead")
    one, two = make_user(name="Ben Nevis"), make_user(name="Ben Nevis")
    case = a_case()
    client, about = make_client(lead), reverse("people:name_person", args=[case.pk])
    asked = client.post(about, {"who": "Ben Nevis"})
    assert asked.status_code == 422 and "Choose one of them" in asked.content.decode()
    for typed, words in (
        ("Lea Lead", "hand the case on"),
        ("Nobody Here", "cannot find anybody"),
        (" ", "Enter their"),
    ):
        answer = client.post(about, {"who": typed})
        assert answer.status_code == 422 and words in answer.content.decode()
    assert client.post(about, {"who": "Ben Nevis", "person": str(lead.pk)}).status_code == 422
    assert client.post(about, {"who": "Ben Nevis", "person": str(two.pk)}).status_code == 302
    case.refresh_from_db()
    assert case.about == two and one.pk not in case.kept_from
    client.post(about, {"who": one.email})
    case.refresh_from_db()
    assert case.about == one and {one.pk, two.pk} <= set(case.kept_from)
    safety.add_note(by=lead, case=case, text="Done", close=True)
    assert client.post(about, {"who": two.email}).status_code == 422


@pytest.mark.parametrize(
    ("role", "model"), [("broker", Report), ("safeguarding_lead", SafeguardingCase)], ids=["report", "case"]
)
@pytest.mark.parametrize(
    ("who", "others"),
    [
        ("holder", 1),  # without others nobody holds the role but the subject
        *(
            (who, n)
            for who in ("subject", "administrator", "administrator who is the subject", "member")
            for n in (0, 1)
        ),
    ],
)
def test_who_handles_what(role, model, others, who):
    subject = make_staff("administrator" if who == "administrator who is the subject" else role)
    extra = [make_staff(role) for _number in range(others)]
    admin, ama = make_staff("administrator"), make_user()
    if model is Report:
        safety.report(by=ama, about=subject, text="x")
    else:
        safety.open_case(by=ama, about=subject, worry="other", text="x")
    holders_left = others  # who may still handle it
    reader = {"holder": extra[0] if extra else None, "administrator": admin, "member": make_user()}.get(who, subject)
    seen = model.objects.visible_to(reader).exists()
    expected = {"holder": True, "subject": False, "administrator": not holders_left, "member": False}.get(who, False)
    assert seen is expected
    assert (reader in queries.handlers_of(model.objects.get())) is expected, "whoever is told is whoever may"


def test_a_broker_does_not_handle_what_they_reported_themselves():
    broker, other = make_staff("broker"), make_staff("broker")
    report = safety.report(by=broker, about=make_user(), text="x")
    with pytest.raises(Missing):
        safety.close_report(by=broker, report=report, outcome="Nothing")
    assert list(queries.reports_for(other)) == [report] and not queries.reports_for(broker).exists()


def test_whoever_has_a_part_in_the_thing_handles_nothing_about_it():
    broker, ben, other = a_member("Bola Broker"), a_member("Ben Nevis"), make_staff("broker")
    exchange = an_agreement(broker, ben)
    RoleGrant.objects.create(user=broker, role="broker", reason="For a test")
    said = send_message(by=ben, exchange=exchange, text="You are useless", key="one")
    report = safety.report(by=broker, about=ben, kind="message", object_id=said.pk, text="Rude")
    assert report.words == "You are useless"
    assert not Report.objects.visible_to(broker).exists() and Report.objects.visible_to(other).exists()


def test_only_those_who_see_a_thing_can_report_it_and_whoever_handles_it_may_look_and_is_logged():
    ada, ben, lead = a_member("Ada Lovelace"), a_member("Ben Nevis"), make_staff("safeguarding_lead")
    exchange = an_agreement(ada, ben)
    said = send_message(by=ben, exchange=exchange, text="Meet me alone tonight", key="one")
    addresses = [reverse(f"people:{name}", args=["message", said.pk]) for name in ("worried_about", "report_about")]
    for stranger in (a_member(), lead):
        assert [make_client(stranger).get(address).status_code for address in addresses] == [404, 404]
    assert [Client().get(address).status_code for address in addresses] == [302, 302]
    for made_up in ("7", "no-number", "01a22f66-6e47-776e-9f1f-abe7187d9d82"):
        assert make_client(ada).get(reverse("people:worried_about", args=["message", made_up])).status_code == 404
        assert make_client(ada).get(reverse("people:report_about", args=["listing", made_up])).status_code == 404
    assert make_client(ben).get(addresses[1]).status_code == 404, "one's own words"
    page = make_client(ada).get(addresses[0])
    assert "Ben Nevis" in page.content.decode()
    make_client(ada).post(addresses[0], {"worry": "abuse", "text": "I am afraid of him"})
    case = SafeguardingCase.objects.get()
    assert (case.about, case.words) == (ben, "Meet me alone tonight")
    client = make_client(lead)
    assert client.get(reverse("timebank:exchange", args=[exchange.pk])).status_code == 404
    looked = client.get(reverse("people:case_where", args=[case.pk])).content.decode()
    assert "Meet me alone tonight" in looked and "Ben Nevis" in looked
    assert Event.objects.filter(verb="people.concern.looked", actor=str(lead.pk), object_id=str(case.pk)).count() == 1


def test_whoever_reported_hears_what_was_found_and_nothing_about_the_other():
    broker, ama, ben = make_staff("broker"), make_user(), make_user(name="Ben Nevis")
    report = safety.report(by=ama, about=ben, text="Rude")
    assert "Ben" not in mails(broker).get().text
    safety.close_report(by=broker, report=report, outcome="Ben is ill; warned him", finding="acted")
    letter = mails(ama).get()
    assert "done something about it" in letter.text and "Ben" not in letter.text and "ill;" not in letter.text
    assert not mails(ben).exists()


def test_without_a_lead_the_administrators_are_told_at_once_and_the_page_says_so():
    admin, ama = make_staff("administrator"), make_user()
    assert "the administrators of this site read it" in make_client(ama).get("/worried/").content.decode()
    case = a_case(ama)
    assert mails(admin, kind=safety.ALERT).count() == 1
    assert SECRET in make_client(admin).get(reverse("people:case", args=[case.pk])).content.decode()
    lead = make_staff("safeguarding_lead", name="Sade Mbeki")
    assert make_client(admin).get(reverse("people:case", args=[case.pk])).status_code == 404
    assert "Sade Mbeki, the safeguarding lead, reads this" in make_client(ama).get("/worried/").content.decode()
    about_her = make_client(ama).get(reverse("people:worried_about", args=["person", lead.pk])).content.decode()
    assert "the administrators of this site read it" in about_her


def test_somebody_without_an_account_reaches_the_lead_and_is_answered_by_mail():
    lead, visitor = make_staff("safeguarding_lead"), Client()
    assert reverse("people:worried") in visitor.get(reverse("people:contact")).content.decode()
    assert visitor.post("/worried/", {"worry": "self", "text": "My sister"}).status_code == 422
    sent = {"worry": "self", "text": "My sister", "name": "Nell", "email": "Nell@Example.org"}
    page = visitor.post("/worried/", sent)
    assert page.status_code == 200 and "What happens next" in page.content.decode()
    case = SafeguardingCase.objects.get()
    assert (case.by, case.email, case.name) == (None, "nell@example.org", "Nell")
    safety.add_note(by=lead, case=case, text="Rang", close=True)
    letters = mails(to_email="nell@example.org")
    assert letters.count() == 3 and not any("sister" in letter.text for letter in letters)
    for number in range(5):
        last = visitor.post("/worried/", sent | {"text": f"My sister {number}"})
    assert last.status_code == 429


def test_the_most_pressing_case_comes_first_at_home_and_in_the_list():
    lead = make_staff("safeguarding_lead")
    for worry in ("other", "self", "now", "abuse"):
        a_case(worry=worry, text=worry)
    assert [case.worry for case in queries.cases_for(lead)] == ["now", "abuse", "self", "other"]
    home = make_client(lead).get("/home/").content.decode()
    assert "4 safeguarding cases are open" in home and "4 not read yet" in home and SECRET not in home


def test_the_outbox_neither_shows_nor_counts_what_tells_of_a_worry():
    make_staff("safeguarding_lead")
    before = outbox.outbox_counts()
    a_case()
    assert outbox.outbox_counts() == before and not outbox.outbox().exists()
    assert OutboxMessage.objects.exists()


def test_a_complaint_about_data_is_told_answered_and_chased():
    admin, ama = make_staff("administrator", name="Ade Admin"), make_user()
    client = make_client(ama)
    client.post("/privacy/complain/", {"text": "You lost my form"})
    complaint = DataComplaint.objects.get()
    assert mails(admin).count() == 1 and "lost" not in mails(admin).get().text and mails(ama).count() == 1
    days = {
        day: [due.key for due in complaints_due(complaint.received_at + dt.timedelta(days=day))]
        for day in (13, 14, 24, 25, 30)
    }
    assert (days[13], len(days[14]), days[24] == days[14], len(days[25])) == ([], 1, True, 1)
    assert days[25] != days[14] and len(days[30]) == 1
    privacy.answer_complaint(by=admin, complaint=complaint)
    privacy.answer_complaint(by=admin, complaint=complaint)
    privacy.answer_complaint(by=admin, complaint=complaint, outcome="We found it again")
    assert [mails(ama).filter(text__contains=words).count() for words in ("looking into", "found it again")] == [1, 1]
    assert not list(complaints_due(timezone.now() + dt.timedelta(days=25)))
    Client().post("/privacy/complain/", {"text": "Mine too", "email": "nell@example.org"})
    privacy.answer_complaint(by=admin, complaint=DataComplaint.objects.latest("received_at"), outcome="Sorry")
    assert mails(to_email="nell@example.org").count() == 2


@pytest.mark.parametrize("fields", [{"kept_from": []}, {"kind": "listing"}, {"waits_since": None}, {"outcome": "x"}])
def test_the_database_refuses_a_case_that_hangs_together_wrongly(fields):
    case = a_case(about=make_user())
    with pytest.raises(IntegrityError), transaction.atomic():
        SafeguardingCase.objects.filter(pk=case.pk).update(**fields)


def test_a_list_of_cases_asks_the_same_number_of_questions_for_three_and_thirty():
    client, counts = make_client(make_staff("safeguarding_lead")), []
    for number in (3, 27):
        for index in range(number):
            a_case(about=make_user(), text=f"{number} {index}")
        client.get(reverse("people:cases"))
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("people:cases"))
        counts.append(len(asked))
    assert counts[0] == counts[1]
