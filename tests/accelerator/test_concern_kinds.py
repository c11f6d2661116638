"""Every kind of thing that can be reported: its page says how, who may not see it finds nothing, and its words are kept."""

import pytest
from django.test import Client
from django.urls import reverse

from accelerator.actions import checkins, comments
from accelerator.models import CheckIn, CoApplicant
from people import concerns
from people.actions import safety
from people.models import Profile, Report, SafeguardingCase
from tests.accelerator.factories import a_full_draft, a_lesson, a_person
from tests.accelerator.innovations.factories import an_innovation, evidence_for, first, lead_of
from tests.matrix import make_client
from tests.people.factories import make_staff, make_user
from tests.timebank import factories as timebank
from tests.timebank.factories import a_member
from tests.timebank.group_sessions.factories import a_session as a_group_session
from timebank.actions import feedback
from timebank.actions.exchanges import send_message

pytestmark = pytest.mark.django_db


def blocked_by(user):
    """Somebody who finds nothing of `user`'s, because `user` has blocked them."""
    other = make_user(name="Blocked Reader")
    safety.block(by=user, user=other)
    return other


# Each gives the thing, its page, who reads it, somebody who may not (None: everybody who is signed in may), and words of it.


def person():
    ben = make_user(name="Ben Nevis")
    Profile.objects.filter(user=ben).update(about="I mend chairs")
    return ben, reverse("people:person", args=[ben.pk]), make_user(), blocked_by(ben), "I mend chairs"


def offer(kind="offer"):
    ada = a_member("Ada Lovelace")
    listing = timebank.a_listing(ada, kind, title="An hour of counting", description="Only at night")
    return listing, reverse("timebank:listing", args=[listing.pk]), a_member(), blocked_by(ada), "Only at night"


def request():
    return offer("request")


def exchange():
    agreed = timebank.an_agreement(a_member("Ada Lovelace"), a_member("Ben Nevis"))
    return agreed, reverse("timebank:exchange", args=[agreed.pk]), agreed.receiver, a_member(), ""


def message():
    agreed, page, reader, outsider, _words = exchange()
    return (
        send_message(by=agreed.provider, exchange=agreed, text="Hurry up", key="m"),
        page,
        reader,
        outsider,
        "Hurry up",
    )


def group_session():
    host = a_member("Ada Lovelace")
    session = a_group_session(host)
    return session, reverse("timebank:group_session", args=[session.pk]), a_member(), blocked_by(host), session.title


def engagement():
    agreed = timebank.an_engagement(title="Our booking app")
    return agreed, reverse("timebank:engagement", args=[agreed.pk]), agreed.receiver, a_member(), "Our booking app"


def work_session():
    agreed, page, reader, outsider, _words = engagement()
    return timebank.a_session(agreed, note="The form"), page, reader, outsider, "The form"


def pot():
    made = timebank.a_pot(a_member("Ada Lovelace"))
    return made, reverse("timebank:pot", args=[made.pk]), a_member(), None, "Fewer falls at night"


def office_hours():
    helper = a_member("Ada Lovelace")
    hours = timebank.some_office_hours(helper)
    page = reverse("timebank:office_hours", args=[hours.pk])
    return hours, page, a_member(), blocked_by(helper), "Your first run chart"


def thanks():
    done = timebank.a_settled_exchange(a_member("Ada Lovelace"), a_member("Ben Nevis"), 60)
    given = feedback.give(by=done.receiver, exchange=done, thanks="You saved my week")
    return given, reverse("timebank:exchange", args=[done.pk]), done.provider, a_member(), "You saved my week"


def innovation():
    made = an_innovation()
    return made, reverse("accelerator:innovation", args=[made.pk]), made.manager, make_user(), made.name


def check_in():
    made, page, reader, outsider, _words = innovation()
    checkins.check_in(by=lead_of(made), innovation=made, progress="Two nights tried", confidence=4)
    return CheckIn.objects.get(), page, reader, outsider, "Two nights tried"


def evidence():
    sent = evidence_for(first(an_innovation()), account="We counted cups")
    page = reverse("accelerator:milestone", args=[sent.milestone_id])
    return sent, page, sent.milestone.innovation.manager, make_user(), "We counted cups"


def comment():
    draft, author = a_full_draft(), a_person()
    CoApplicant.objects.create(application=draft, user=author, may="comment", accepted_at=draft.created_at)
    question = draft.wave.question_set.questions.get(key="problem")
    said = comments.say(by=author, application=draft, question=question, text="Ask her daughter", key="c")
    page = reverse("accelerator:comments", args=[draft.pk, "problem"])
    return said, page, draft.lead, make_user(), "Ask her daughter"


def lesson():
    item = a_lesson(make_user(name="Ben Nevis"), text="Ring people back")
    return item, reverse("accelerator:lesson", args=[item.pk]), make_user(), None, "Ring people back"


KINDS = {
    "person": person,
    "listing": offer,
    "listing that asks": request,
    "exchange": exchange,
    "message": message,
    "group-session": group_session,
    "engagement": engagement,
    "work-session": work_session,
    "pot": pot,
    "office-hours": office_hours,
    "thanks": thanks,
    "innovation": innovation,
    "check-in": check_in,
    "evidence": evidence,
    "comment": comment,
    "lesson": lesson,
}


def test_every_kind_is_tried_below():
    assert {name.partition(" ")[0] for name in KINDS} == {kind.slug for kind in concerns.every()}


@pytest.mark.parametrize("name", KINDS)
def test_its_page_says_how_an_outsider_finds_nothing_and_what_is_sent_keeps_its_words(name):
    make_staff("broker"), make_staff("safeguarding_lead")
    thing, page, reader, outsider, words = KINDS[name]()
    kind = name.partition(" ")[0]
    worried, report = (
        reverse(f"people:{address}", args=[kind, thing.pk]) for address in ("worried_about", "report_about")
    )
    client = make_client(reader)
    html = client.get(page).content.decode()
    assert worried in html and report in html
    for address in (worried, report):
        assert client.get(address).status_code == 200
        answer = Client().get(address)
        assert answer.status_code == 302 and "/sign-in/" in answer.url
        if outsider is not None:
            for status in (
                make_client(outsider).get(address).status_code,
                make_client(outsider).post(address, {"worry": "self", "text": "I want to know"}).status_code,
            ):
                assert status == 404
    assert not Report.objects.exists() and not SafeguardingCase.objects.exists()
    assert client.post(report, {"text": "It is rude"}).status_code == 200
    assert client.post(worried, {"worry": "self", "text": "They sound low"}).status_code == 200
    for concern in (Report.objects.get(), SafeguardingCase.objects.get()):
        assert (concern.kind, concern.object_id, concern.by) == (kind, str(thing.pk), reader)
        assert words in concern.words
