"""The pages of engagements as a browser without JavaScript sends and sees them."""

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.browser import check_html, check_page
from tests.signing_in import sign_in
from tests.timebank.browsing import at, become, look_at, text_of
from tests.timebank.factories import a_listing, a_member, a_pot, a_session, an_engagement, credits_of, key
from timebank.actions import engagements
from timebank.models import Engagement, WorkSession


def session_form(**fields):
    day = timezone.localdate()
    return {
        "key": key(),
        "day-day": day.day,
        "day-month": day.month,
        "day-year": day.year,
        "minutes": "1 h 48",
        "note": "The form for parents",
        "time_kind": "own",
        **fields,
    }


@pytest.fixture
def ada(db):
    return a_member("Ada Lovelace")


@pytest.fixture
def ben(db):
    return a_member("Ben Nevis")


@pytest.mark.django_db
def test_from_an_offer_to_a_running_engagement(ada, ben, client):
    offer = a_listing(ada, title="Building small apps")
    sign_in(client, ben)
    assert at("propose_engagement", offer.pk) in client.get(at("listing", offer.pk)).content.decode()
    assert "Building small apps" in client.get(at("propose_engagement", offer.pk)).content.decode()
    form = {"key": key(), "title": "Our booking app", "monthly_minutes": "6", "credited": "yes"}
    for _click in range(2):
        page = client.post(at("propose_engagement", offer.pk), form, follow=True)
    assert "Waiting for Ada Lovelace" in page.content.decode()
    engagement = Engagement.objects.get()
    assert (engagement.provider, engagement.receiver, engagement.monthly_minutes) == (ada, ben, 360)
    sign_in(client, ada)
    assert at("engagement", engagement.pk) in client.get(reverse("ui:home")).content.decode()
    page = client.post(at("accept_engagement", engagement.pk), {"key": key()}, follow=True)
    assert "Log a session" in page.content.decode()
    assert credits_of(ben) == (0, 360)
    assert client.get(at("propose_engagement", offer.pk)).status_code == 404  # her own


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [
        {"monthly_minutes": ""},
        {"monthly_minutes": "0"},
        {"monthly_minutes": "-2"},
        {"monthly_minutes": "0.3"},
        {"monthly_minutes": "25"},
        {"monthly_minutes": "many"},
        {"title": ""},
        {"title": "x" * 101},
        {"description": "x" * 4001},
        {"credited": "perhaps"},
        {"credited": ""},
        {"key": "x"},
        {"pot": "x"},
    ],
)
def test_a_proposal_that_cannot_be_comes_back_with_what_was_typed(ada, ben, client, wrong):
    offer = a_listing(ada)
    a_pot(ben)
    sign_in(client, ben)
    form = {"key": key(), "title": "Our booking app", "monthly_minutes": "6", "credited": "yes"} | wrong
    page = client.post(at("propose_engagement", offer.pk), form)
    assert page.status_code == 422
    assert "There is a problem" in page.content.decode()
    if "title" not in wrong:
        assert "Our booking app" in page.content.decode()
    assert not Engagement.objects.exists()


@pytest.mark.django_db
def test_a_short_purse_is_told_where_the_button_was(ada, ben, client):
    proposal = engagements.propose(by=ada, provider=ada, receiver=ben, title="App", monthly_minutes=720, key=key())
    sign_in(client, ben)
    page = client.post(at("accept_engagement", proposal.pk), {"key": key()})
    assert page.status_code == 422
    assert "2 h short" in page.content.decode()
    assert client.post(at("accept_engagement", proposal.pk), {}).status_code == 422
    assert credits_of(ben) == (0, 0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [
        {"minutes": "0"},
        {"minutes": "-1"},
        {"minutes": "25 h"},
        {"minutes": "0.01"},
        {"minutes": "long"},
        {"note": ""},
        {"note": "x" * 301},
        {"day-year": "1999"},
        {"day-day": "32"},
        {"time_kind": ""},
        {"key": ""},
    ],
)
def test_a_session_that_cannot_be_comes_back_with_what_was_typed(ada, ben, client, wrong):
    engagement = an_engagement(ada, ben)
    sign_in(client, ada)
    page = client.post(at("log_session", engagement.pk), session_form(**wrong))
    assert page.status_code == 422
    assert "There is a problem" in page.content.decode()
    if "note" not in wrong:
        assert "The form for parents" in page.content.decode()
    assert not WorkSession.objects.exists()


@pytest.mark.django_db
def test_a_session_is_confirmed_queried_changed_and_taken_back(ada, ben, client):
    engagement = an_engagement(ada, ben)
    one, two, three = (a_session(engagement, minutes) for minutes in (30, 45, 60))
    sign_in(client, ben)
    assert "3 sessions wait for you" in client.get(at("engagement", engagement.pk)).content.decode()
    client.post(at("confirm_sessions", engagement.pk), {"session": one.pk})
    for wrong in ("x", key()):
        assert client.post(at("confirm_sessions", engagement.pk), {"session": wrong}).status_code == 404
    elsewhere = a_session(an_engagement(a_member(), ben, monthly_minutes=15), 5)
    assert client.post(at("confirm_sessions", engagement.pk), {"session": elsewhere.pk}).status_code == 404
    for wrong in ({"words": "", "key": key()}, {"words": "x" * 301, "key": key()}):
        assert client.post(at("query_session", two.pk), wrong).status_code == 422
    client.post(at("query_session", two.pk), {"words": "Was it 45?", "key": key()})
    sign_in(client, ada)
    assert "Was it 45?" in client.get(at("engagement", engagement.pk)).content.decode()
    assert client.post(at("change_session", two.pk), session_form(minutes="none")).status_code == 422
    client.post(at("change_session", two.pk), session_form(minutes="40 min"))
    for _click in range(2):
        assert client.post(at("withdraw_session", three.pk)).status_code == 302
    states = dict(WorkSession.objects.filter(month__engagement=engagement).values_list("minutes", "state"))
    assert states == {30: "confirmed", 40: "logged", 60: "withdrawn"}
    assert client.post(at("withdraw_session", one.pk)).status_code == 409  # a stale page: it is confirmed
    assert client.post(at("change_session", one.pk), session_form()).status_code == 409


@pytest.mark.django_db
def test_the_exchange_of_a_month_leads_to_its_sessions(ada, ben, client, time):
    engagement = an_engagement(ada, ben)
    a_session(engagement, 30)
    exchange = time.month_over(engagement)
    sign_in(client, ben)
    page = client.get(at("exchange", exchange.pk)).content.decode()
    assert at("engagement", engagement.pk) in page
    assert "confirm its sessions there" in page
    assert "Over, to confirm" in client.get(at("engagement", engagement.pk)).content.decode()
    client.post(at("confirm_sessions", engagement.pk))
    page = client.get(at("engagement", engagement.pk)).content.decode()
    assert "Settled so far: 30 min" in page
    assert exchange.title in client.get(at("statement")).content.decode()


def test_on_a_phone_without_javascript_a_month_is_logged_confirmed_and_settled(browse, live, time):
    ada, ben = a_member("Ada Lovelace"), a_member("Ben Nevis")
    engagement = an_engagement(ada, ben, description="A small app in which parents book a call with the nurse.")
    helper, asker = (browse(phone=True, javascript=False, base_url=live) for _who in range(2))
    become(helper, ada, live)
    become(asker, ben, live)
    for length, note in (("1 h 48", "The form for parents"), ("2", "Reminders by text")):
        helper.goto(at("engagement", engagement.pk))
        helper.get_by_label("How long?").fill(length)
        helper.get_by_label("What did you do?").fill(note)
        helper.get_by_role("button", name="Log it").click()
        assert "Ben Nevis can confirm it now" in helper.inner_text("main")
    asker.goto(reverse("ui:home"))
    asker.get_by_role("link", name="Our booking app").first.click()
    asker.get_by_role("link", name="Ask about it").first.click()
    asker.get_by_label("What is unclear?").fill("Which parents?")
    asker.get_by_role("button", name="Send").click()
    asker.get_by_role("button", name="Confirm", exact=False).first.click()
    while asker.get_by_role("button", name="Confirm").count():
        asker.get_by_role("button", name="Confirm").first.click()
    exchange = time.month_over(engagement)
    assert (exchange.state, credits_of(ada)) == ("settled", (228, 0))
    become(helper, ada, live)  # a session lasts 30 days, and a month may have 31
    helper.goto(at("engagement", engagement.pk))
    assert "Settled so far: 3 h 48" in helper.inner_text("main")

    asked = engagements.propose(by=ben, provider=ada, receiver=ben, title="A leaflet", monthly_minutes=60, key=key())
    offer = a_listing(ben, title="Somebody to test with", kind="offer")
    session = a_session(engagement, 500)  # more than is set aside
    checked = browse(phone=True, base_url=live)
    become(checked, ada, live)
    html = look_at(
        checked,
        {
            "theirs": at("engagement", engagement.pk),
            "to answer": at("engagement", asked.pk),
            "list": at("engagements"),
            "propose": at("propose_engagement", offer.pk),
            "change": at("change_session", session.pk),
            "end": at("end_engagement", engagement.pk),
            "hours": at("engagement_hours", engagement.pk),
            "month": at("exchange", exchange.pk),
        },
    )
    become(checked, ben, live)
    html |= look_at(
        checked, {"mine": at("engagement", engagement.pk), "query": at("query_session", session.pk), "home": at("home")}
    )
    become(checked, ada, live)
    checked.goto(at("engagement", engagement.pk))
    checked.get_by_role("button", name="Log it").click()
    assert checked.title().startswith("Error: ")
    check_page(checked)
    check_html(html)


@pytest.mark.django_db
def test_other_hours_are_asked_for_and_answered_on_the_page(as_):
    ada, ben = a_member("Ada Lovelace"), a_member("Ben Nevis")
    running = an_engagement(ada, ben, monthly_minutes=120)
    page, ask = at("engagement", running.pk), at("engagement_hours", running.pk)
    assert "You have agreed on up to 2 h a month." in text_of(as_(ada).get(ask))
    assert as_(ada).post(ask, {"key": key(), "monthly_minutes": "0"}).status_code == 422
    asked = text_of(as_(ada).post(ask, {"key": key(), "monthly_minutes": "4"}, follow=True))
    assert "You asked Ben Nevis for up to 4 h a month" in asked and "Up to 2 h a month." in asked
    assert "4 h a month? Say yes or no" in text_of(as_(ben).get("/home/"))
    assert "Ada Lovelace would like up to 4 h a month" in text_of(as_(ben).get(page))
    answer = at("answer_engagement_hours", running.pk)
    assert as_(ben).post(answer, {"wanted": "240"}).status_code == 422
    assert as_(ben).post(answer, {"wanted": "180", "answer": "yes"}).status_code == 409
    said = text_of(as_(ben).post(answer, {"wanted": "240", "answer": "yes"}, follow=True))
    assert "Agreed. More is set aside at once" in said and "Up to 4 h a month." in said
