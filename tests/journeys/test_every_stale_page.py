"""A page that is out of date: while it lay open, the matter moved on. Sending it is told in plain words with 4xx, moves
nothing, and shows what was typed. So do codes that have run out, and people who are paused or who are not there yet."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.urls import resolve
from django.utils import timezone

from accelerator.actions import apply, decisions, evidence, innovations, letters, review, roadmap
from accelerator.models import Application, Assignment, Innovation, Milestone, Submission, Wave
from evaluation.models import Report
from goals import actions as goals
from goals.models import Goal, SignUp
from outreach.models import Start
from people.actions import privacy
from people.actions import sign_in as codes
from people.models import DataComplaint, SignInCode, User
from tests import matrix
from tests.journeys import stale_timebank
from tests.journeys.forms import FORMS
from tests.journeys.scene import ROWS, Scene, tried_out
from tests.journeys.sent import Sent
from tests.journeys.stale import Stale

BY_FORM = {form.url: form for form in FORMS}
DAY = dt.timedelta(days=1)
CLOSED = {"closed_at": timezone.now(), "name": "", "email": None}


def call_closes(slug: str) -> Callable[[Scene], Any]:
    def happens(scene: Scene) -> None:
        Wave.objects.filter(slug=scene.world[slug]).update(
            call_opens=timezone.now() - 9 * DAY, call_closes=timezone.now() - DAY
        )

    return happens


def draft(scene: Scene) -> Application:
    return Application.objects.get(pk=scene.world["draft_id"])


def submitted(scene: Scene) -> None:
    apply.submit(by=scene.people["party"], application=draft(scene))


def withdrawn(scene: Scene) -> None:
    apply.withdraw(by=scene.people["party"], application=draft(scene))


def letter_sent(which: str) -> Callable[[Scene], Any]:
    def happens(scene: Scene) -> None:
        manager = scene.people["portfolio_manager"]
        found = Application.objects.get(pk=scene.world[which])
        decisions.decide(by=manager, application=found, outcome="decline")
        letters.edit_letter(by=manager, application=found, letter="Dear you", signed_as="Mo")
        letters.send_letters(by=manager, applications=[found])

    return happens


def assignment(scene: Scene) -> Assignment:
    return Assignment.objects.select_related("phase").get(pk=scene.world["assignment_id"])


def scoring_ends(scene: Scene) -> None:
    phase = assignment(scene).phase
    type(phase).objects.filter(pk=phase.pk).update(starts=timezone.now() - 9 * DAY, ends=timezone.now() - DAY)


def milestone(scene: Scene) -> Milestone:
    return Milestone.objects.select_related("innovation").get(pk=scene.world["milestone_id"])


def dropped(scene: Scene) -> None:
    roadmap.drop(by=scene.people["portfolio_manager"], milestone=milestone(scene), reason="Done before")


def accepted(scene: Scene) -> None:
    sent = evidence.submit(by=scene.people["party"], milestone=milestone(scene), account="We asked.")
    evidence.accept(by=scene.people["portfolio_manager"], submission=sent)


def read_by_somebody_else(scene: Scene) -> None:
    found = Submission.objects.get(pk=scene.world["submission_id"])
    evidence.accept(by=scene.people["portfolio_manager"], submission=found)


def stopped(scene: Scene) -> None:
    innovations.change_life(
        by=scene.people["portfolio_manager"],
        innovation=Innovation.objects.get(pk=scene.world["innovation_id"]),
        life="stopped",
        stopped_why="Money",
        learnt="A lot",
    )


def goal_ended(scene: Scene) -> None:
    found = SignUp.objects.get(pk=scene.world["sign_up_id"])
    goals.end(by=found.user, sign_up=found, state="finished")


def signed_up(scene: Scene) -> None:
    goal = Goal.objects.get(pk=scene.world["goal_id"])
    goals.sign_up(
        by=scene.people["member"], goal=goal, baseline=-1, ends_on=timezone.localdate() + 30 * DAY
    )  # in another window


STALE = [
    Stale("kept for 30 days", "outreach:email", lambda s: Start.objects.all().delete(), 404, "no longer kept"),
    Stale("the call closed", "accelerator:start", call_closes("wave_slug"), 409, "call"),
    Stale("the call closed", "accelerator:into_wave", call_closes("wave_slug"), 409, "call"),
    Stale("the call closed", "accelerator:send", call_closes("wave_slug"), 409, "The call closed on"),
    Stale("the call closed", "accelerator:question", call_closes("wave_slug"), 409, "closed", keeps=(
        "accelerator_answer", "accelerator_application", "accelerator_answerversion")),
    Stale("it was sent", "accelerator:question", submitted, 409, "sent", keeps=("accelerator_kepttext",)),
    Stale("it was sent", "accelerator:autosave", submitted, 409, "kept", keeps=("accelerator_kepttext",)),
    Stale("it was sent", "accelerator:invite", submitted, 409, "no draft any more"),
    Stale("it was taken back", "accelerator:send", withdrawn, 409, "You took this application back"),
    Stale("it was decided", "accelerator:withdraw", letter_sent("sent_id"), 409, "has been decided"),
    Stale("scoring ended", "accelerator:score", scoring_ends, 409, "",
          keeps=("accelerator_score", "accelerator_assignment")),
    Stale("they gave it back", "accelerator:score",
          lambda s: review.hand_back(by=s.people["reviewer"], assignment=assignment(s)), 409, "nothing to score any more"),
    Stale("they stepped back", "accelerator:take_review",
          lambda s: review.recuse(by=s.people["reviewer"], assignment=assignment(s)), 409, "gave this review back"),
    Stale("the letter went", "accelerator:decide", letter_sent("read_id"), 409, "letter has gone"),
    Stale("the letter went", "accelerator:undo_decision", letter_sent("read_id"), 409, "letter has gone"),
    Stale("the letter went", "accelerator:letter", letter_sent("decided_id"), 409, "letter has gone"),
    Stale("it was dropped", "accelerator:start_milestone", dropped, 409, "not needed"),
    Stale("it was dropped", "accelerator:send_evidence", dropped, 409, "not needed"),
    Stale("it was accepted", "accelerator:send_evidence", accepted, 409, "done"),
    Stale("it was dropped", "accelerator:ask", dropped, 409, "not needed"),
    Stale("it was accepted", "accelerator:move_milestone", accepted, 409, "done"),
    Stale("it was accepted", "accelerator:drop_milestone", accepted, 409, "done"),
    Stale("somebody else read it", "accelerator:read_evidence", read_by_somebody_else, 409, "already been read",
          data={"answer": "return", "comment": "Which ward was it, please?"}),
    Stale("it was stopped", "accelerator:ask", stopped, 409, "not active"),
    Stale("it was stopped", "accelerator:send_evidence", stopped, 409, "no longer in the wave"),
    Stale("it was stopped", "accelerator:check_in", stopped, 409, "no longer in the wave"),
    Stale("it was stopped", "accelerator:add_milestone", stopped, 409, "no longer in the wave"),
    Stale("it was stopped", "accelerator:change_life", stopped, 409, "already left the wave"),
    Stale("it ended", "goals:assess", goal_ended, 409, "has ended"),
    Stale("in another window", "goals:sign_up_for", signed_up, 409, "signed up for this goal already"),
    Stale("it was withdrawn", "goals:sign_up_for",
          lambda s: Goal.objects.filter(pk=s.world["goal_id"]).update(status="superseded"), 404, "cannot find that goal"),
    Stale("it was done", "evaluation:cancel",
          lambda s: Report.objects.filter(pk=s.world["waiting_report_id"]).update(
              state="done", finished_at=timezone.now(), snapshot_at=timezone.now(), progress=100), 409, "not being built"),
    Stale("it was answered", "people:complaint",
          lambda s: privacy.answer_complaint(by=s.people["administrator"], outcome="Found",
                                             complaint=DataComplaint.objects.get(pk=s.world["complaint_id"])),
          422, "answered already"),
    Stale("they left", "people:roles",
          lambda s: User.objects.filter(pk=s.world["other_party_id"]).update(**CLOSED), 404,
          ""),
    Stale("they left", "people:block",
          lambda s: User.objects.filter(pk=s.world["other_party_id"]).update(**CLOSED), 404,
          ""),
    *stale_timebank.STALE,
]  # fmt: skip


@pytest.mark.parametrize("case", STALE, ids=lambda case: f"{case.url}-{case.what}")
def test_a_stale_page_is_told_so_moves_nothing_and_shows_what_was_typed(tried, case):
    form = BY_FORM[case.url]
    data = tried.good(form) | case.data
    if case.url == "accelerator:question" or case.url == "accelerator:autosave":
        data["version"], data["answer"] = "1", "Another answer, written on the old page"
    if case.url == "accelerator:withdraw":
        tried.world = {**tried.world, "draft_id": tried.world["sent_id"]}
    case.happens(tried)
    answer, moved = tried_out(lambda: tried.post(form, data))
    text = " ".join(answer.content.decode().split())
    assert answer.status_code == case.status, text[-3000:]
    assert case.told in text
    assert not set(moved) - set(case.keeps)
    if case.status != 404 and not case.keeps:
        for value in data.values():
            assert not (isinstance(value, str) and " " in value) or value in text, f"{value!r} is lost"


def a_code(**fields: Any) -> tuple[SignInCode, str]:
    """A code in the mail to somebody new, as it is after `fields` have changed."""
    sent = codes.send_code(email="new@example.org", ip_key="here")
    code = next(word for word in mail.outbox[-1].body.split() if word.isdigit() and len(word) == 6)
    SignInCode.objects.filter(pk=sent.pk).update(**fields)
    return sent, code


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"expires_at": timezone.now() - DAY}, "This code has run out"),
        ({"tries": 5}, "tried five times"),
        ({"used_at": timezone.now()}, "not right, or has run out"),
    ],
    ids=["run out", "tried five times", "used"],
)
@pytest.mark.parametrize("page", ["/sign-in/code/{pk}/", "/sign-in/code/"])
def test_a_code_that_is_good_no_more_lets_nobody_in(tried, page, fields, told):
    sent, code = a_code(**fields)
    anonymous, typed = tried.clients["anonymous"], {"code": code, "email": "new@example.org"}
    answer, moved = tried_out(lambda: anonymous.post(page.format(pk=sent.pk), typed))
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not moved
    cache.clear()


@pytest.mark.parametrize("code", ["", "   ", "12", "abcdef", "1" * 300, "12\x003456", "-12345", "000000"])
def test_what_is_no_code_lets_nobody_in(tried, code):
    sent, right = a_code()
    if code == right:
        return
    answer = tried.clients["anonymous"].post(f"/sign-in/code/{sent.pk}/", {"code": code})
    assert answer.status_code == 422
    assert 'href="#id_code"' in answer.content.decode()
    assert not User.objects.filter(email="new@example.org").exists()
    cache.clear()


MAY_WHILE_PAUSED = {
    "people:worried": "anybody signed in may say that they are worried about somebody",
    "people:complain": "everybody may complain about their data",
    "people:close": "everybody may leave",
    "people:appeal": "it is for them",
}


@pytest.mark.parametrize("url", [form.url for form in FORMS if form.who != "anonymous"])
@pytest.mark.parametrize("how", [{"suspended_at": timezone.now()}, CLOSED], ids=["suspended", "closed"])
def test_whoever_is_suspended_or_closed_does_nothing_by_any_form(tried, url, how):
    form: Sent = BY_FORM[url]
    if "suspended_at" in how and url in MAY_WHILE_PAUSED:
        return
    data = tried.good(form)
    User.objects.filter(pk=tried.people[form.who].pk).update(**how)
    answer, moved = tried_out(lambda: tried.post(form, data))
    assert not moved, f"{answer.status_code} {answer.headers.get('Location', '')}"
    assert answer.status_code == 302 or 400 <= answer.status_code < 500


STRANGE = ["-1", "9" * 40, "a\x00b", "'\"<b>%" + "é" * 3000]
ASKED = ("page", "sort", "q", "name", "state", "kind", "skill", "skills", "colour", "waiting", "need", "manager", "life",
         "from", "next", "change", "again", "code", "mode", "region", "minutes", "wave", "before", "after", "month")  # fmt: skip
OPEN = [url for url, row in ROWS.items() if row.GET == 200]
NAMED = [address.name for address in matrix.addresses() if address.name in OPEN and "<" in address.route]


def somebody_let_in(scene: Scene, url: str) -> Any:
    """The browser of one of those who are let in."""
    lets_in = ROWS[url].access.lets_in
    return scene.clients[next(who for who in ["party", "other_party", *reversed(scene.clients)] if who in lets_in)]


@pytest.mark.parametrize("url", OPEN)
def test_strange_words_in_an_address_break_no_page(tried, url):
    for value in STRANGE:
        answer = somebody_let_in(tried, url).get(
            tried.path(url), dict.fromkeys(ASKED, value), headers=dict(ROWS[url].headers)
        )
        assert answer.status_code < 500, value[:40]
        assert "<b>%" not in getattr(answer, "content", b"").decode(errors="replace")


@pytest.mark.parametrize("url", NAMED)
def test_strange_words_for_an_id_find_no_page(tried, url):
    path = tried.path(url)
    ids = {str(value) for value in resolve(path).kwargs.values()}
    for value in ("%00", "%F0%9F%98%80", "a" * 3000, "%27"):
        strange = "/".join(value if part in ids else part for part in path.split("/"))
        answer = somebody_let_in(tried, url).get(strange)
        assert 300 <= answer.status_code < 500 or strange == path, strange[:200]
