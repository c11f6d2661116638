"""One rule for all of selection: who is too close to an application neither acts on it nor sees it, whatever the way."""

import inspect
from contextlib import suppress
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest
from django.db import transaction
from django.utils import timezone

from accelerator import actions
from accelerator.actions import (
    allocation,
    apply,
    coaching,
    copies,
    decisions,
    helping,
    judging,
    letters,
    outcomes,
    phone,
    quarantine,
    review,
    samples,
    triage,
)
from accelerator.models import Application, Assignment, BulkMove, Decision, PatientFlag
from accelerator.queries.conflicts import conflicts
from accelerator.queries.kept import is_kept_from, kept_from, nobodys
from accelerator.reminders_apply import needs_somebody
from accelerator.rules import review as rules
from people.models import Organisation, RoleGrant, Skill
from tests.accelerator.apply.test_pages import page_of
from tests.accelerator.factories import (
    a_decision,
    a_full_draft,
    a_manager,
    a_person,
    a_review,
    a_reviewer,
    an_application,
    an_assignment,
    an_upload,
    close_call,
    the_phase,
)
from tests.accelerator.innovations.factories import a_funded_wave
from tests.accelerator.review.factories import a_declined
from tests.matrix import make_client
from tests.timebank.factories import an_agreement
from timebank.actions import exchanges
from timebank.models import Exchange
from ui.errors import DomainError, Missing, NotAllowed

pytestmark = pytest.mark.django_db


# --- Every way of being too close. Each takes a draft, and gives back the manager who is. ---


def asked(draft, may="view"):
    manager = a_manager("Close Manager")
    apply.invite(by=draft.lead, application=draft, user=manager, may=may)
    return manager


def joined(draft, may):
    manager = asked(draft, may)
    apply.join(by=manager, application=draft)
    return manager


def left(draft):
    manager = joined(draft, "edit")
    apply.leave(by=manager, application=draft)
    return manager


def asked_before_they_were_here(draft):
    apply.invite_by_email(by=draft.lead, application=draft, email="later@example.org")
    return a_manager("Close Manager", email="later@example.org")


def declared_the_person(draft):
    manager = a_manager("Close Manager")
    review.declare_conflict(by=manager, person=draft.lead)
    return manager


def declared_the_address_of_somebody_asked(draft):
    manager, friend = a_manager("Close Manager"), a_person(email="friend@example.org")
    apply.invite(by=draft.lead, application=draft, user=friend)
    review.declare_conflict(by=manager, email="Friend@Example.org")
    return manager


def declared_the_organisation(draft):
    manager, place = a_manager("Close Manager"), Organisation.objects.create(name="Harbour View")
    draft.lead.profile.organisation = place
    draft.lead.profile.save()
    review.declare_conflict(by=manager, organisation=place)
    return manager


def exchanged_hours(draft):
    manager = a_manager("Close Manager")
    an_agreement(manager, draft.lead)
    return manager


def helped_with_a_question(draft):
    manager = a_manager("Close Manager")
    question = draft.wave.question_set.questions.get(key="problem")
    one = helping.ask(
        by=draft.lead, application=draft, question=question, skill=Skill.objects.named("Design"), minutes=30
    )
    offer = exchanges.propose(by=manager, listing=one.listing, minutes=30, key="helps")
    long_ago(exchanges.accept(by=draft.lead, exchange=offer))
    return manager


def long_ago(exchange):
    """So that the exchange of hours by itself is no reason any more."""
    Exchange.objects.filter(pk=exchange.pk).update(accepted_at=timezone.now() - timezone.timedelta(days=900))


def wrote_it_down(draft):
    manager = a_manager("Close Manager")
    RoleGrant.objects.create(user=manager, role="broker", reason="For a test")
    phone.begin_for(by=manager, member=draft.lead, wave=draft.wave, asked=True)
    phone.confirm(by=draft.lead, scribe=draft.scribes.get())
    return manager


def coached_the_idea_before(draft):
    manager, earlier = a_manager("Close Manager"), a_declined(draft.lead)
    hour = coaching.ask(by=draft.lead, application=earlier)
    offer = exchanges.propose(by=manager, listing=hour.listing, minutes=60, key="coach")
    long_ago(exchanges.accept(by=draft.lead, exchange=offer))
    Application.objects.filter(pk=draft.pk).update(earlier=earlier)
    return manager


CLOSE = {
    "leads it": lambda draft: draft.lead,
    "asked to read": asked,
    "joined to read": lambda draft: joined(draft, "view"),
    "joined to comment": lambda draft: joined(draft, "comment"),
    "joined to write": lambda draft: joined(draft, "edit"),
    "joined and left": left,
    "asked before they were here": asked_before_they_were_here,
    "declared the person": declared_the_person,
    "declared an address on it": declared_the_address_of_somebody_asked,
    "declared the organisation": declared_the_organisation,
    "exchanged hours": exchanged_hours,
    "helped with a question": helped_with_a_question,
    "wrote it down": wrote_it_down,
    "coached the idea before": coached_the_idea_before,
}
ON_IT = {
    one for one in CLOSE if one == "leads it" or one.startswith("joined to")
}  # so they have a stake in the whole wave


# --- Every action that takes an application. Each is called with the manager and the scene. ---


def by_id(model):
    return lambda scene: model.objects.get(application=scene.application)


ACTS = {
    "review.assign": lambda by, s: review.assign(
        by=by, phase=the_phase(s.wave), application=s.application, reviewer=a_reviewer()
    ),
    "review.set_aside": lambda by, s: review.set_aside(by=by, assignment=s.read),
    "review.clear_upload": lambda by, s: review.clear_upload(by=by, upload=s.hidden),
    "review.hide_upload": lambda by, s: review.hide_upload(by=by, upload=s.cleared),
    "review.redact": lambda by, s: review.redact(by=by, application=s.application, key="problem", text="x"),
    "copies.try_again": lambda by, s: copies.try_again(by=by, upload=s.hidden),
    "copies.ask_for_another": lambda by, s: copies.ask_for_another(by=by, upload=s.hidden),
    "allocation.add_note": lambda by, s: allocation.add_note(by=by, application=s.application, text="x", key="k"),
    "decisions.decide": lambda by, s: decisions.decide(by=by, application=s.application, outcome="accept"),
    "decisions.undo": lambda by, s: decisions.undo(by=by, application=s.application),
    "decisions.decide_many": lambda by, s: decisions.decide_many(
        by=by, wave=s.wave, application_ids=[s.other.pk, s.application.pk], outcome="accept", key="k"
    ),
    "decisions.undo_move": lambda by, s: decisions.undo_move(by=by, move=s.move),
    "letters.edit_letter": lambda by, s: letters.edit_letter(
        by=by, application=s.application, letter="Mine", signed_as="Me"
    ),
    "letters.send_letters": lambda by, s: letters.send_letters(by=by, applications=[s.other, s.application]),
    "triage.say": lambda by, s: triage.say(by=by, as_manager=True, application=s.application, answer="yes"),
    "quarantine.dismiss": lambda by, s: quarantine.dismiss(by=by, flagged=s.flagged),
    "quarantine.quarantine": lambda by, s: quarantine.quarantine(by=by, flagged=s.flagged),
    "quarantine.restore": lambda by, s: quarantine.restore(by=by, flagged=s.flagged),
    "judging.keep_away": lambda by, s: judging.keep_away(by=by, application=s.application, user=s.other.lead),
    "apply.extend": lambda by, s: apply.extend(
        by=by, application=s.application, until=timezone.now() + timezone.timedelta(days=21), reason="Mine is late"
    ),
}
OTHERS = {  # public actions of selection that take no one application, or are not a manager's, and why
    "review.accept_assignment": "the reviewer's own assignment",
    "review.hand_back": "the reviewer's own assignment",
    "review.recuse": "the reviewer's own assignment",
    "review.opened": "the reviewer's own assignment",
    "review.save_review": "the reviewer's own assignment",
    "review.submit_review": "the reviewer's own assignment",
    "review.check_promised": "changes nothing",
    "review.check_calibrated": "changes nothing",
    "review.declare_conflict": "about a person: see test_declaring.py",
    "allocation.take_seat": "the reviewer's own seat",
    "allocation.take_back_declared": "about a person: see test_declaring.py",
    "allocation.give_out": "leaves out what is kept: tried below",
    "allocation.nudge": "reminds reviewers of all that they have",
    "letters.change_words": "the words of all letters of a wave alike",
    "letters.drop_words": "the words of all letters of a wave alike",
    "triage.draft_letters": "leaves out what is kept: tried below",
    "samples.set_sample": "a text that is nobody's application",
    "samples.drop_sample": "a text that is nobody's application",
    "samples.score_sample": "a text that is nobody's application",
    "outcomes.say_what_was_hard": "the reviewer's own word",
    "quarantine.to_state": "a step of those that decide about a flag",
    "quarantine.flag": "whoever reads may say so; it decides nothing",
    "judging.check_may_judge": "the rule itself",
    "judging.judged": "the rule itself",
    "judging.managed": "the rule itself",
    "judging.note_first_sight": "about oneself",
    "judging.tell_of_late": "about oneself",
}
SELECTION = (allocation, copies, decisions, judging, letters, outcomes, quarantine, review, samples, triage)


def by_name(module):
    """The public functions of a module of actions that somebody calls (`by=`), as "module.name"."""
    for name, function in inspect.getmembers(module, inspect.isfunction):
        original = inspect.unwrap(function)
        ours = original.__module__ == module.__name__ and not name.startswith("_")
        if ours and "by" in inspect.signature(original).parameters:
            yield f"{module.__name__.rpartition('.')[2]}.{name}", original


def test_every_action_of_selection_is_in_the_truth_table_or_says_why_not():
    known = {name for module in SELECTION for name, _function in by_name(module)}
    missing = known - set(ACTS) - set(OTHERS)
    assert not missing, f"Does it take an application? Add it to ACTS (and call `judging`), or say why not: {missing}"
    assert set(OTHERS) <= known, "stale"
    assert set(ACTS) - known == {"apply.extend"}


def test_no_other_action_lets_a_manager_at_an_application():
    import importlib
    import pkgutil

    takes = {"application", "applications", "application_ids", "assignment", "upload", "move", "flagged"}
    for found in pkgutil.iter_modules(actions.__path__):
        module = importlib.import_module(f"accelerator.actions.{found.name}")
        for name, function in by_name(module):
            source = inspect.getsource(function)
            if "access.runs(" in source and takes & set(inspect.signature(function).parameters):
                assert name in ACTS or name in OTHERS, name


def the_scene(close):
    """An application in the review, read, decided and flagged by others, in a wave of a manager who is too close to it."""
    wave = a_funded_wave()
    draft = a_full_draft(a_manager("Close Lead") if close == "leads it" else None, wave)
    hidden, cleared = an_upload(draft), None
    colleague = a_manager("Free Colleague")
    manager = CLOSE[close](draft)
    application = apply.submit(by=draft.lead, application=Application.objects.get(pk=draft.pk))
    other = an_application(wave=wave)
    read = an_assignment(application, a_reviewer("Zebedee Reader"), colleague)
    move = decisions.decide_many(
        by=colleague, wave=wave, application_ids=[application.pk, other.pk], outcome="decline", key="theirs"
    )
    question = wave.question_set.questions.get(key="problem")
    flagged = quarantine.flag(by=application.lead, application=application, question=question)
    cleared = review.clear_upload(by=colleague, upload=hidden)
    application.refresh_from_db()
    return manager, colleague, SimpleNamespace(
        wave=wave, application=application, other=other, read=read, hidden=hidden, cleared=cleared, move=move,
        flagged=flagged,
    )  # fmt: skip


def standing(scene):
    """All that an action could have changed."""
    pk = scene.application.pk
    return (
        list(Decision.objects.filter(application=pk).values()),
        list(Assignment.objects.filter(application=pk).values()),
        list(PatientFlag.objects.filter(application=pk).values()),
        list(Application.objects.get(pk=pk).uploads.values()),
        list(Application.objects.get(pk=pk).answers.order_by("pk").values()),
        list(Application.objects.get(pk=pk).panel_notes.values()),
        list(Application.objects.get(pk=pk).triage_answers.values()),
        list(BulkMove.objects.values()),
    )


@pytest.mark.parametrize("close", CLOSE)
def test_whoever_is_too_close_does_nothing_with_it_by_any_action(close):
    manager, colleague, scene = the_scene(close)
    rivals = {scene.other.pk} if close in ON_IT else set()
    assert kept_from(manager, scene.wave) == {scene.application.pk, *rivals}
    assert is_kept_from(manager, scene.application) and not is_kept_from(colleague, scene.application)
    before = standing(scene)
    for name, act in ACTS.items():
        with transaction.atomic(), pytest.raises((NotAllowed, Missing)):
            act(manager, scene)
            pytest.fail(f"{name} does not ask")
        assert standing(scene) == before, name
    for name, act in ACTS.items():
        with transaction.atomic(), suppress(DomainError):
            try:
                act(colleague, scene)
            except (NotAllowed, Missing) as refused:
                if name != "quarantine.restore":
                    raise AssertionError(f"{name} keeps everybody out") from refused
            transaction.set_rollback(True)


@pytest.mark.parametrize("close", [one for one in CLOSE if one != "asked before they were here"])
def test_the_rule_for_managers_and_the_conflicts_of_reviewers_say_the_same(close):
    manager, colleague, scene = the_scene(close)
    found = conflicts(scene.application, [manager.pk, colleague.pk])
    assert [one for one in found[manager.pk] if one.blocks and one not in (rules.RIVAL, rules.SEEN)]
    assert not [one for one in found[colleague.pk] if one.blocks]


def test_stepping_back_as_a_reviewer_keeps_it_from_the_manager_too():
    both = a_manager("Both Roles")
    RoleGrant.objects.create(user=both, role="reviewer", reason="For a test")
    application = an_application()
    review.recuse(by=both, assignment=an_assignment(application, both))
    assert kept_from(both, application.wave) == {application.pk}


def test_giving_out_and_drafting_letters_leave_out_what_is_kept_and_a_colleague_does_the_rest():
    manager, colleague = a_manager("Close Manager"), a_manager("Free Colleague")
    friends = an_application(wave=a_funded_wave())
    wave, other = friends.wave, an_application(wave=friends.wave)
    review.declare_conflict(by=manager, person=friends.lead)
    for _ in range(3):
        a_reviewer()
    close_call(wave)
    from accelerator.queries.allocation import propose

    phase = the_phase(wave)
    plan = propose(phase, without=kept_from(manager, wave))
    made = allocation.give_out(by=manager, phase=phase, fingerprint=plan.fingerprint)
    assert {one.application_id for one in made} == {other.pk}
    rest = allocation.give_out(by=colleague, phase=phase, fingerprint=propose(phase).fingerprint)
    assert {one.application_id for one in rest} == {friends.pk}


def test_letters_after_the_first_look_leave_out_what_is_kept():
    manager, colleague = a_manager("Close Manager"), a_manager("Free Colleague")
    friend = an_application()
    wave, other = friend.wave, an_application(wave=friend.wave)
    review.declare_conflict(by=manager, person=friend.lead)
    for one in (friend, other):
        triage.say(by=colleague, as_manager=True, application=one, answer="no", reason="Not a new idea.")
    triage.draft_letters(by=manager, wave=wave, key="mine")
    assert list(Decision.objects.values_list("application", flat=True)) == [other.pk]
    triage.draft_letters(by=colleague, wave=wave, key="theirs")
    assert Decision.objects.count() == 2


# --- What is seen ---


class Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = set()

    def handle_starttag(self, tag, attrs):
        href = dict(attrs).get("href") or ""
        if tag == "a" and href.startswith("/") and not href.startswith("//"):
            self.found.add(href.partition("#")[0])
        if tag == "a" and href.startswith("?"):
            self.found.add(href)


ELSEWHERE = ("/sign-out", "/static", "/media", "/help", "/board")


def crawl(client, start, only=("/",), most=400):
    """address → body of every page that is reached by links alone from these, as one who is signed in."""
    waiting, seen = list(start), {}
    while waiting and len(seen) < most:
        path = waiting.pop()
        if path in seen or not path.startswith(only) or path.startswith(ELSEWHERE):
            continue
        answer = client.get(path, follow=True)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        seen[path] = body.decode("utf-8", "replace")
        if "html" in answer.get("Content-Type", ""):
            links = Links()
            links.feed(seen[path])
            base = path.partition("?")[0]
            waiting += [link if link.startswith("/") else base + link for link in links.found]
    return seen


@pytest.mark.parametrize("applies", [True, False], ids=["their own", "of somebody whom they declared"])
def test_a_manager_finds_nothing_of_how_what_is_kept_from_them_is_read_by_any_link(applies):
    colleague, manager = a_manager("Free Colleague"), a_manager("Close Manager")
    lead = manager if applies else a_person("Friend Indeed")
    own = an_application(lead, a_funded_wave(), problem="Tangerine cups out of reach.")
    wave, other = own.wave, an_application(wave=own.wave)
    second = an_application(lead, wave)
    if not applies:
        review.declare_conflict(by=manager, person=lead)
    triage.say(by=colleague, as_manager=True, application=second, answer="talk", reason="Marmalade costs.")
    a_review(own, 1, a_reviewer("Zebedee Reader"), for_panel="Quince doubts", for_applicant="Damson praise")
    a_review(other, 4, a_reviewer("Open Reader"))
    allocation.add_note(by=colleague, application=own, text="Loganberry note", key="n")
    decisions.decide_many(by=colleague, wave=wave, application_ids=[own.pk, other.pk], outcome="decline", key="theirs")
    quarantine.flag(
        by=colleague, application=own, question=wave.question_set.questions.get(key="problem"), note="Mulberry ward"
    )
    start = ["/", "/selection/", f"/selection/{wave.slug}/", "/staff/patients/", f"/selection/{wave.slug}/give-out/",
             f"/selection/{wave.slug}/letters/words/decline/", f"/selection/{wave.slug}/panel/"]  # fmt: skip
    secrets = ("Marmalade", "Quince", "Damson", "Loganberry", "Mulberry")
    theirs = crawl(make_client(colleague), start[1:], only=("/selection", "/staff"))
    for secret in secrets:
        assert any(secret in body for body in theirs.values()), f"{secret} is there to be found"
    spaces = ("/selection", "/staff", "/reviews", "/applications", "/innovations", "/inbox", "/account")
    mine = crawl(make_client(manager), start[1:], only=spaces)
    mine |= crawl(make_client(manager), ["/"], only=("/",), most=1)
    assert (f"/selection/application/{other.pk}/" in mine) is not applies, "nor of a rival's"
    for path, body in mine.items():
        for secret in secrets:
            assert secret not in body, (path, secret)
        if path.startswith(("/selection", "/staff", "/reviews")):
            assert own.reference not in body and second.reference not in body and "Tangerine" not in body, path
    if not applies:
        assert "1 of 1 review is in" in mine[f"/selection/{wave.slug}/panel/"], (
            "who reads what is theirs is in no count"
        )
    assert "2 of 2 reviews are in" in theirs[f"/selection/{wave.slug}/panel/"]
    table = mine[f"/selection/{wave.slug}/"]
    words = "so all 3 applications to it are kept from you" if applies else "2 applications are kept from you"
    assert words in table and "Somebody else who runs this wave" in table
    assert "Last move" not in table, "the move that decided it is another manager's to take back"
    counts = "0 sent in · 0 decided" if applies else "1 sent in · 1 decided"
    assert counts in mine["/selection/"] and "3 sent in · 2 decided" in theirs["/selection/"]
    for path in ("", "letter/", "redact/problem/", "patient/problem/"):
        assert make_client(manager).get(f"/selection/application/{own.pk}/{path}").status_code in (403, 404), path
    for form in ("csv", "xlsx"):
        sheet = make_client(manager).get(f"/selection/{wave.slug}/export.{form}")
        body = b"".join(sheet.streaming_content) if sheet.streaming else sheet.content
        assert own.reference.encode() not in body
    assert own.reference in make_client(colleague).get(f"/selection/{wave.slug}/export.csv").getvalue().decode()


def test_whoever_has_an_idea_in_a_wave_decides_no_rivals_there_and_all_the_others_once_it_is_withdrawn():
    manager, colleague = a_manager("Close Manager"), a_manager("Free Colleague")
    rivals = an_application()
    elsewhere = an_application()
    draft = a_full_draft(manager, rivals.wave)
    assert kept_from(manager, rivals.wave) == {draft.pk}, "a draft stands against nobody"
    own = apply.submit(by=manager, application=draft)
    assert kept_from(manager, rivals.wave) == {own.pk, rivals.pk} and kept_from(manager, elsewhere.wave) == set()
    with pytest.raises(NotAllowed, match="idea of your own in this wave"):
        decisions.decide(by=manager, application=rivals, outcome="decline")
    assert make_client(manager).get(f"/selection/application/{rivals.pk}/").status_code == 403
    assert nobodys(rivals.wave) == set(), "a colleague decides them all"
    decisions.decide(by=colleague, application=rivals, outcome="decline")
    apply.withdraw(by=manager, application=own)
    assert kept_from(manager, rivals.wave) == {own.pk}
    decisions.decide(by=manager, application=elsewhere, outcome="decline")


def test_where_all_who_run_a_wave_have_ideas_in_it_the_administrators_are_told_of_all_of_it():
    managers = [a_manager("One Manager"), a_manager("Two Manager")]
    administrator = a_person("Ida Administrator", role="administrator")
    rivals = an_application()
    wave = rivals.wave
    theirs = {an_application(manager, wave).pk for manager in managers}
    assert nobodys(wave) == {rivals.pk, *theirs}
    [due] = needs_somebody(timezone.now())
    assert (due.user, due.context["count"]) == (administrator, 3)
    page = page_of(make_client(managers[0]).get(f"/selection/{wave.slug}/"))
    assert "so all 3 applications to it are kept from you" in page and "asked to bring somebody in" in page


def test_nobody_gives_themselves_more_time_or_sees_their_draft_on_the_managers_lists():
    manager = a_manager("Close Manager")
    mine = a_full_draft(manager)
    theirs = a_full_draft(None, mine.wave)
    client = make_client(manager)
    for path in (f"/selection/{mine.wave.slug}/more-time/", f"/selection/{mine.wave.slug}/drafting/"):
        page = client.get(path)
        if page.status_code == 200:
            assert mine.reference not in page_of(page) and theirs.reference in page_of(page), path


def test_where_everybody_is_too_close_the_administrators_are_asked_until_somebody_is_there():
    manager = a_manager("Only Manager")
    own = an_application(manager)
    administrator = a_person("Ida Administrator", role="administrator")
    assert nobodys(own.wave) == {own.pk}
    page = page_of(make_client(manager).get(f"/selection/{own.wave.slug}/"))
    assert "the administrators are asked to bring somebody in" in page
    assert [due.user for due in needs_somebody(timezone.now())] == [administrator]
    colleague = a_manager("Brought In")
    assert nobodys(own.wave) == set()
    assert list(needs_somebody(timezone.now())) == []
    assert "Somebody else who runs this wave" in page_of(make_client(manager).get(f"/selection/{own.wave.slug}/"))
    a_decision(own, manager=colleague)
