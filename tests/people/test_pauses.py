"""Pausing an account: who may, what the person may still reach, their appeal, and how it ends."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from notifications.models import OutboxMessage
from people import rules
from people.access import WHILE_PAUSED
from people.actions import privacy, safety
from people.models import Appeal, Suspension, User
from people.pauses import actions, queries
from people.pauses.actions import appeal, decide_appeal, lift, lift_due, renew, suspend
from people.pauses.moderation import log_for
from tests.matrix import make_client
from tests.people.factories import make_staff, make_user, pause
from tests.signing_in import sign_in
from ui.errors import DomainError, Invalid, NotAllowed

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("role", "about", "may"),
    [
        ("broker", [], True),
        ("safeguarding_lead", [], True),
        ("administrator", [], True),
        ("reviewer", [], False),
        ("portfolio_manager", [], False),
        ("evaluator", [], False),
        ("broker", ["reviewer"], True),  # reviewers are not staff
        ("broker", ["broker"], False),
        ("broker", ["evaluator"], False),
        ("safeguarding_lead", ["administrator"], True),
        ("administrator", ["broker"], True),
    ],
)
def test_who_may_pause_whom(role, about, may):
    by, user = make_staff(role), make_staff(*about, name="Ben Okafor")
    assert rules.may_pause(by, user) is may
    assert queries.decided_about(by).filter(pk=user.pk).exists() is may


def test_nobody_pauses_their_own_account():
    lead = make_staff("safeguarding_lead", "administrator")
    with pytest.raises(NotAllowed):
        suspend(by=lead, user=lead, why="Rest", words="Rest")


@pytest.mark.parametrize("between", ["reported by", "reported", "case by", "case about", "blocked"])
def test_whoever_is_a_party_to_it_decides_nothing_and_is_not_told_why(between):
    broker, ben = make_staff("broker"), make_user(name="Ben Okafor")
    if between == "reported by":
        safety.report(by=broker, about=ben, text="Rude")
    elif between == "reported":
        safety.report(by=ben, about=broker, text="Rude")
    elif between == "case by":
        safety.open_case(by=broker, about=ben, worry="other", text="Worried")
    elif between == "case about":
        safety.open_case(by=ben, about=broker, worry="other", text="Worried")
    else:
        safety.block(by=ben, user=broker)
    with pytest.raises(NotAllowed, match="Somebody else must decide"):
        suspend(by=broker, user=ben, why="Rude", words="Be kind")
    assert not queries.decided_about(broker).filter(pk=ben.pk).exists()


def test_a_pause_signs_out_tells_kindly_and_ends_at_the_latest_after_ninety_days(mailoutbox):
    ben = make_user(name="Ben Okafor")
    browser = make_client(ben)
    suspension = suspend(by=make_staff("broker"), user=ben, why="Three reports", words="You shouted at three people.")
    assert suspension.until - suspension.at == 90 * DAY
    ben.refresh_from_db()
    assert ben.suspended_at == suspension.at
    assert browser.get("/account/").status_code == 302
    assert browser.get("/account/")["Location"].startswith("/sign-in/")
    letter = OutboxMessage.objects.get(user=ben, kind=actions.PAUSED)
    assert letter.state == "queued"
    assert "You shouted at three people." in letter.text
    assert "Three reports" not in letter.text
    assert "116 123" in letter.text


def test_a_second_click_makes_no_second_pause_and_a_second_person_is_told():
    broker, ben = make_staff("broker"), make_user()
    first = suspend(by=broker, user=ben, why="Rude", words="Be kind")
    assert suspend(by=broker, user=ben, why="Rude", words="Be kind") == first
    with pytest.raises(DomainError, match="paused already"):
        suspend(by=make_staff("broker"), user=ben, why="Rude too", words="Be kind")


@pytest.mark.parametrize("days", [-1, 0, 91])
def test_an_end_that_is_over_or_too_far_off_is_refused(days):
    with pytest.raises(Invalid):
        suspend(by=make_staff("broker"), user=make_user(), why="Rude", words="Kind", until=timezone.now() + days * DAY)


def test_a_second_person_makes_it_longer_and_the_first_cannot():
    broker, ben = make_staff("broker"), make_user()
    suspension = suspend(by=broker, user=ben, why="Rude", words="Kind", until=timezone.now() + 7 * DAY)
    with pytest.raises(NotAllowed, match="second person"):
        renew(by=broker, suspension=suspension, why="Again")
    longer = renew(by=make_staff("administrator"), suspension=suspension, why="Again")
    assert longer.until > suspension.until
    assert OutboxMessage.objects.filter(user=ben, kind=actions.PAUSED).count() == 2


def test_it_ends_by_itself_once_and_is_told():
    ben = make_user()
    suspension = suspend(by=make_staff("broker"), user=ben, why="Rude", words="Kind", until=timezone.now() + DAY)
    assert lift_due() == 0
    assert lift_due(now=timezone.now() + 2 * DAY) == 1
    assert lift_due(now=timezone.now() + 2 * DAY) == 0
    ben.refresh_from_db()
    suspension.refresh_from_db()
    assert ben.suspended_at is None
    assert suspension.lifted_at is not None
    assert suspension.lifted_by is None
    assert OutboxMessage.objects.filter(user=ben, subject="Your account is open again", state="queued").count() == 1


def test_a_person_lifts_it_with_a_reason():
    ben = make_user()
    suspension = pause(ben)
    with pytest.raises(Invalid):
        lift(by=make_staff("broker"), suspension=suspension, reason=" ")
    lift(by=make_staff("broker"), suspension=suspension, reason="He apologised")
    ben.refresh_from_db()
    assert rules.may_act(ben)


def test_an_appeal_is_decided_by_somebody_who_had_no_part_in_it():
    broker, other, ben = make_staff("broker"), make_staff("broker", name="Olu Broker"), make_user(name="Ben")
    suspension = suspend(by=broker, user=ben, why="Rude", words="Kind")
    written = appeal(by=ben, text="It was not me")
    assert appeal(by=ben, text="It was not me") == written
    told = OutboxMessage.objects.filter(kind=actions.APPEALS)
    assert [message.user for message in told] == [other]
    assert queries.appeals_card(broker) is None
    assert queries.appeals_card(other) == {"appeals": [written]}
    card = f"/staff/pauses/{suspension.pk}/"
    for person, sees in ((other, True), (broker, False), (make_user(), False)):
        assert (card in sign_in(Client(), person).get("/home/").content.decode()) is sees
    with pytest.raises(NotAllowed, match="had a part"):
        decide_appeal(by=broker, appeal=written, outcome="kept", words="No")
    decide_appeal(by=other, appeal=written, outcome="lifted", words="You are right. Sorry.")
    ben.refresh_from_db()
    suspension.refresh_from_db()
    assert ben.suspended_at is None
    assert suspension.lifted_by == other
    assert "You are right. Sorry." in OutboxMessage.objects.get(user=ben, subject="Your account is open again").text


def test_one_appeal_for_each_decision():
    broker, ben = make_staff("broker"), make_user()
    suspension = suspend(by=broker, user=ben, why="Rude", words="Kind", until=timezone.now() + 7 * DAY)
    decide_appeal(by=make_staff("broker"), appeal=appeal(by=ben, text="No"), outcome="kept", words="It stays")
    with pytest.raises(DomainError, match="was decided"):
        appeal(by=ben, text="No, again")
    renew(by=make_staff("administrator"), suspension=suspension, why="Again")
    assert appeal(by=ben, text="Not again").against_id != broker.pk


def test_an_appeal_ends_with_the_pause():
    ben = make_user()
    suspension = pause(ben)
    written = appeal(by=ben, text="No")
    lift(by=make_staff("broker"), suspension=suspension, reason="Enough")
    written.refresh_from_db()
    assert written.outcome == Appeal.Outcome.OVER


BROKEN = {
    "suspension_not_of_oneself": lambda s, by: s.update(by=s.get().user),
    "suspension_has_reasons": lambda s, by: s.update(why=""),
    "suspension_not_too_long": lambda s, by: s.update(until=timezone.now() + 92 * DAY),
    "suspension_renewed_by_a_second_person": lambda s, by: s.update(
        renewed_at=timezone.now(), renewed_by=s.get().by, renewal_why="Mine"
    ),
    "suspension_lifted_with_a_reason": lambda s, by: s.update(lifted_at=timezone.now(), lifted_by=by),
    "suspension_one_open": lambda s, by: Suspension.objects.create(
        user=s.get().user, by=by, why="x", words="x", at=timezone.now(), until=timezone.now() + DAY
    ),
    "appeal_decided_by_somebody_else": lambda s, by: Appeal.objects.filter(suspension__in=s).update(
        decided_at=timezone.now(), decided_by=s.get().by, outcome="kept", words="Mine"
    ),
    "appeal_decided_with_words": lambda s, by: Appeal.objects.filter(suspension__in=s).update(
        decided_at=timezone.now(), decided_by=by, outcome="kept"
    ),
    "appeal_one_open": lambda s, by: Appeal.objects.create(suspension=s.get(), against=s.get().by, text="Two"),
    "appeal_says_something": lambda s, by: Appeal.objects.filter(suspension__in=s).update(text=""),
}


@pytest.mark.parametrize("constraint", BROKEN)
def test_the_database_refuses(constraint):
    ben = make_user()
    suspension = pause(ben)
    appeal(by=ben, text="No")
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        BROKEN[constraint](Suspension.objects.filter(pk=suspension.pk), make_staff("broker"))


# --- What a paused person reaches ---


def test_they_sign_in_by_code_to_one_page_that_says_what_happened(mailoutbox):
    ben = make_user("ben@example.org", name="Ben Okafor")
    pause(ben, words="You shouted at three people.")
    browser = Client()
    sent = browser.post("/sign-in/", {"email": "ben@example.org"})
    import re

    code = re.search(r"\b\d{6}\b", mailoutbox[-1].body).group()
    answer = browser.post(sent["Location"], {"code": code}, follow=True)
    assert answer.redirect_chain[-1][0] == reverse("people:paused")
    assert "You shouted at three people." in answer.content.decode()
    assert "Appeal" in answer.content.decode()


def test_they_reach_what_is_named_and_public_pages_as_a_stranger():
    ben = make_user(name="Ben Okafor")
    pause(ben)
    browser = make_client(User.objects.get(pk=ben.pk))
    for name in WHILE_PAUSED - {"people:sign_in", "account_login", "account_logout"}:
        assert browser.get(reverse(name)).status_code == 200, name
    assert browser.get("/home/")["Location"] == reverse("people:paused")
    assert browser.post("/account/equality/", {})["Location"] == reverse("people:paused")
    front = browser.get("/")
    assert front.status_code == 200
    assert not front.wsgi_request.user.is_authenticated
    by_htmx = browser.get("/account/", headers={"HX-Request": "true"})
    assert by_htmx["HX-Redirect"] == reverse("people:paused")


def test_the_pages_from_pausing_to_coming_back():
    broker, other, ben = make_staff("broker"), make_staff("administrator", name="Ada Admin"), make_user(name="Ben")
    decides, reads = make_client(broker), make_client(other)
    path = reverse("people:pause", args=[ben.pk])
    assert "Pause the account of Ben" in decides.get(path).content.decode()
    answer = decides.post(path, {"why": "Three reports", "words": "You shouted.", "until_0": "", "until_1": ""})
    suspension = Suspension.objects.get(user=ben)
    assert answer["Location"] == reverse("people:suspension", args=[suspension.pk])
    theirs = make_client(User.objects.get(pk=ben.pk))
    assert theirs.post(reverse("people:appeal"), {"text": "It was not me"})["Location"] == reverse("people:paused")
    assert "You appealed on" in theirs.get(reverse("people:paused")).content.decode()
    page = decides.get(answer["Location"]).content.decode()
    assert "Somebody else decides about the appeal" in page
    written = Appeal.objects.get()
    decide = reverse("people:decide_appeal", args=[written.pk])
    assert decides.get(decide).status_code == 302
    assert "It was not me" in reads.get(decide).content.decode()
    reads.post(decide, {"outcome": "lifted", "words": "You are right"})
    ben.refresh_from_db()
    assert ben.suspended_at is None
    assert theirs.get(reverse("people:paused"))["Location"] == reverse("ui:home")


def test_closing_a_paused_account_ends_the_pause():
    ben = make_user()
    suspension = pause(ben)
    privacy.close_account(by=ben, user=ben)
    suspension.refresh_from_db()
    assert suspension.lifted_at is not None
    assert not OutboxMessage.objects.filter(user=ben, subject="Your account is open again").exists()


# --- The log ---


def test_the_log_shows_decisions_and_never_those_one_is_a_party_to():
    lead, admin, ben = make_staff("safeguarding_lead"), make_staff("administrator"), make_user(name="Ben")
    broker = make_staff("broker", name="Bo Broker")
    report = safety.report(by=broker, about=ben, text="Rude")
    safety.close_report(by=make_staff("broker"), report=report, outcome="We spoke")
    lift(by=lead, suspension=pause(ben, by=admin), reason="He apologised")
    pause(broker, by=admin)
    kinds = {row["log_kind"] for row in log_for(lead)}
    assert {"report", "paused", "lifted"} <= kinds
    assert not list(log_for(User.objects.get(pk=broker.pk)))  # paused themselves: nothing at all
    lift(by=lead, suspension=Suspension.objects.get(user=broker), reason="Enough")
    back = User.objects.get(pk=broker.pk)
    assert not [row for row in log_for(back) if row["log_about"] in (ben.pk, broker.pk)]


def test_the_log_is_as_many_queries_for_three_as_for_thirty(django_assert_num_queries):
    admin = make_staff("administrator")
    browser = make_client(admin)
    browser.get(reverse("people:moderation"))

    def asked():
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as queries:
            page = browser.get(reverse("people:moderation"))
        assert page.status_code == 200
        return len(queries), page

    for _n in range(3):
        pause(make_user(), by=make_staff("broker"))
    few, _page = asked()
    for _n in range(27):
        pause(make_user(), by=make_staff("broker"))
    many, page = asked()
    assert few == many
    assert "30 decisions" in page.content.decode()
    only = browser.get(reverse("people:moderation") + "?kind=lifted").content.decode()
    assert "0 decisions" in only
    table = b"".join(browser.get(reverse("people:moderation_csv")).streaming_content).decode()
    assert table.count("Account paused") == 30
