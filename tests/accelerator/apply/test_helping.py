"""Help with one question: the community reads the question, the helper reads that answer, and nobody reads more."""

import datetime as dt

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from accelerator.actions import apply, helping, leaving, retention
from accelerator.models import Application, QuestionHelp
from accelerator.queries import helping as queries
from accelerator.queries.conflicts import conflicts
from accelerator.rules import helping as rules
from accelerator.rules import review as review_rules
from notifications.models import OutboxMessage
from people.models import Block
from tests.accelerator.apply.test_pages import as_, page_of
from tests.accelerator.factories import (
    GOOD_ANSWERS,
    a_full_draft,
    a_person,
    a_reviewer,
    a_wave,
    close_call,
)
from tests.accelerator.innovations.factories import a_funded_wave
from tests.timebank.factories import a_skill
from timebank.actions import calling_off, engagements, exchanges, hours
from timebank.actions.ledger import account_for
from timebank.actions.listings import post_listing
from timebank.models import Exchange, Listing
from timebank.queries import matches, verification
from ui.errors import DomainError, Invalid, Missing, NotAllowed

pytestmark = pytest.mark.django_db
MONDAY = dt.datetime(2026, 11, 2, 12, tzinfo=dt.UTC)


def a_draft_with_fund(minutes: int = 10 * 60, **answers) -> Application:
    return a_full_draft(wave=a_funded_wave(minutes=minutes), **answers)


def question_of(draft: Application, key: str = "problem"):
    return draft.wave.question_set.questions.get(key=key)


def ask(draft: Application, key: str = "problem", *, by=None, minutes: int = 60) -> QuestionHelp:
    made = helping.ask(
        by=by or draft.lead,
        application=draft,
        question=question_of(draft, key),
        skill=a_skill("Writing"),
        minutes=minutes,
    )
    return QuestionHelp.objects.get(pk=made.pk)


def offered(asked: QuestionHelp, helper=None) -> Exchange:
    return exchanges.propose(
        by=helper or a_person(), listing=asked.listing, minutes=asked.listing.minutes, key=f"offer:{asked.pk}"
    )


def agreed(asked: QuestionHelp, helper=None) -> Exchange:
    return exchanges.accept(by=asked.application.lead, exchange=offered(asked, helper))


def settle(exchange: Exchange) -> Exchange:
    for by in (exchange.provider, exchange.receiver):
        hours.record_hours(by=by, exchange=exchange, minutes=30, time_kind="own", key=f"{exchange.pk}:{by.pk}")
    return Exchange.objects.get(pk=exchange.pk)


def balance(draft: Application) -> int:
    return account_for(pot=draft.wave.fund).balance


def test_the_request_shows_the_skill_and_the_question_and_nothing_of_the_draft_or_the_writer():
    draft = a_draft_with_fund()
    asked = ask(draft)
    listing = asked.listing
    page = page_of(as_(a_person()).get(f"/timebank/listings/{listing.pk}/"))
    assert question_of(draft).text in page
    assert "Writing" in page
    for secret in (GOOD_ANSWERS["problem"], draft.sentence, draft.reference, draft.lead.name, draft.lead.email):
        assert secret not in page
    assert (listing.kind, listing.minutes, listing.pot.kind) == ("request", 60, "help")
    assert balance(draft) == 9 * 60
    board = page_of(as_(a_person()).get("/timebank/board/"))
    assert listing.title in board
    assert draft.lead.name not in board


def test_one_open_request_a_question_and_a_second_click_finds_the_first():
    draft = a_draft_with_fund()
    first = ask(draft)
    assert ask(draft, minutes=30) == first
    assert balance(draft) == 9 * 60
    with pytest.raises(IntegrityError, match="question_help_one_open"), transaction.atomic():
        QuestionHelp.objects.filter(pk=ask(draft, "idea").pk).update(question=first.question)


def test_a_helper_reads_the_one_question_only_from_the_yes_until_the_hours_are_settled():
    draft, helper = a_draft_with_fund(), a_person("Hedy Helper")
    asked = ask(draft)
    client, url = as_(helper), f"/helping/{asked.pk}/"
    assert client.get(url).status_code == 404
    exchange = offered(asked, helper)
    assert client.get(url).status_code == 404, "an offer is no agreement"
    assert "Read the question" not in page_of(client.get(f"/timebank/exchanges/{exchange.pk}/"))
    exchanges.accept(by=draft.lead, exchange=exchange)
    page = page_of(client.get(url))
    assert GOOD_ANSWERS["problem"] in page
    assert question_of(draft).guidance in page
    for key in ("who", "idea", "first_try"):
        assert GOOD_ANSWERS[key] not in page
    assert draft.sentence not in page
    assert "Read the question and their draft" in page_of(client.get(f"/timebank/exchanges/{exchange.pk}/"))
    assert "You are helping with a question" in page_of(client.get("/home/"))
    for path in ("", "question/problem/", "check/"):
        assert client.get(f"/applications/{draft.pk}/{path}").status_code == 404
    settle(exchange)
    assert client.get(url).status_code == 404
    assert "You are helping with a question" not in page_of(client.get("/home/"))


@pytest.mark.parametrize("end", ["cancelled", "sent", "closed", "blocked", "suspended", "paused lead"])
def test_the_helper_reads_nothing_any_more_once_it_has_ended_in_any_way(end):
    draft, helper = a_draft_with_fund(), a_person()
    asked = ask(draft)
    exchange = agreed(asked, helper)
    assert queries.for_helper(helper, asked.pk) is not None
    if end == "cancelled":
        calling_off.cancel(by=draft.lead, exchange=exchange)
    elif end == "sent":
        apply.submit(by=draft.lead, application=draft)
    elif end == "closed":
        close_call(draft.wave)
    elif end == "blocked":
        Block.objects.create(blocker=draft.lead, blocked=helper)
    else:
        person = helper if end == "suspended" else draft.lead
        person.suspended_at = timezone.now()
        person.save(update_fields=["suspended_at"])
    assert queries.for_helper(helper, asked.pk) is None


def test_others_never_read_it_not_even_managers_reviewers_or_another_who_offered():
    draft = a_draft_with_fund()
    asked = ask(draft)
    loser = a_person()
    offered(asked, loser)
    exchanges.accept(
        by=draft.lead,
        exchange=exchanges.propose(by=a_person(), listing=asked.listing, minutes=60, key="the one"),
    )
    for user in (loser, a_person(role="portfolio_manager"), a_reviewer(), a_person(role="broker"), draft.lead):
        assert queries.for_helper(user, asked.pk) is None


def test_whoever_helped_cannot_review_it_not_even_where_the_exchange_was_cancelled():
    draft, helper = a_draft_with_fund(), a_reviewer()
    exchange = agreed(ask(draft), helper)
    calling_off.cancel(by=helper, exchange=exchange)
    assert review_rules.HELPED in conflicts(draft, [helper.pk])[helper.pk]
    only_offered = a_reviewer()
    offered(ask(draft, "idea"), only_offered)
    assert conflicts(draft, [only_offered.pk])[only_offered.pk] == []


def test_what_is_left_goes_back_to_the_fund_when_the_help_was_given():
    draft = a_draft_with_fund()
    asked = ask(draft)
    helper = a_person()
    assert helping.sweep() == 0
    settle(agreed(asked, helper))
    assert helping.sweep() == 1
    assert helping.sweep() == 0
    assert balance(draft) == 10 * 60 - 30
    assert account_for(member=helper).balance == 30
    assert verification.findings() == []
    again = ask(draft)
    assert again != asked, "a question that was answered may be asked about again"


def test_it_can_be_taken_back_twice_and_the_fund_has_its_hours_and_who_offered_is_told():
    draft, helper = a_draft_with_fund(), a_person()
    asked = ask(draft)
    exchange = offered(asked, helper)
    for _ in range(2):
        helping.take_back(by=draft.lead, asked=asked)
    assert balance(draft) == 10 * 60
    assert Exchange.objects.get(pk=exchange.pk).state == "declined"
    assert Listing.objects.get(pk=asked.listing_id).closed_at
    assert queries.asked_of(draft) == {}


def test_while_somebody_helps_it_cannot_be_taken_back():
    draft = a_draft_with_fund()
    asked = ask(draft)
    agreed(asked)
    with pytest.raises(DomainError, match="agreed to help"):
        helping.take_back(by=draft.lead, asked=asked)


def test_sending_the_application_ends_what_nobody_has_agreed_to_and_leaves_agreed_hours_to_be_settled():
    draft = a_draft_with_fund()
    asked, helped = ask(draft), ask(draft, "idea")
    exchange = agreed(helped)
    apply.submit(by=draft.lead, application=draft)
    asked.refresh_from_db()
    helped.refresh_from_db()
    assert asked.ended_at
    assert helped.ended_at is None
    settle(exchange)
    assert helping.sweep() == 1
    assert balance(draft) == 10 * 60 - 30


def test_two_working_days_without_a_helper_bring_it_to_the_brokers_desk_and_the_applicant_sees_that():
    with time_machine.travel(MONDAY, tick=False):
        draft = a_draft_with_fund()
        asked = ask(draft)
        Listing.objects.filter(pk=asked.listing_id).update(posted_at=MONDAY)  # the database's clock does not travel
        problem = question_of(draft).pk
        assert queries.asked_of(draft)[problem].standing == "asked"
        exchange = offered(asked)
        assert queries.asked_of(draft)[problem].standing == "offered"
        exchanges.decline(by=draft.lead, exchange=exchange)
    with time_machine.travel(MONDAY + dt.timedelta(days=1), tick=False):
        assert asked.listing not in matches.unanswered()
        assert queries.asked_of(draft)[problem].standing == "asked"
    with time_machine.travel(MONDAY + dt.timedelta(days=2), tick=False):
        assert asked.listing in matches.unanswered(), "who was told no is no helper"
        assert queries.asked_of(draft)[problem].standing == "broker"


def test_other_requests_still_wait_for_three_working_days():
    with time_machine.travel(MONDAY, tick=False):
        other = post_listing(by=a_person(), kind="request", title="A poster", skills=[a_skill("Writing")])
    Listing.objects.filter(pk=other.pk).update(posted_at=MONDAY)
    with time_machine.travel(MONDAY + dt.timedelta(days=2), tick=False):
        assert other not in matches.unanswered()
    with time_machine.travel(MONDAY + dt.timedelta(days=3), tick=False):
        assert other in matches.unanswered()


def test_a_wave_without_a_fund_or_with_too_little_says_so_and_shows_another_way():
    poor = a_full_draft(wave=a_wave(fund=None))
    poor.wave.fund = None
    poor.wave.save(update_fields=["fund"])
    with pytest.raises(DomainError, match="no fund"):
        ask(poor)
    short = a_draft_with_fund(minutes=45)
    with pytest.raises(DomainError, match="too little left"):
        ask(short, minutes=60)
    assert balance(short) == 45
    assert not QuestionHelp.objects.exists()
    client = as_(short.lead)
    url = f"/applications/{short.pk}/question/problem/help/"
    refused = client.post(url, {"skill": str(a_skill("Design").pk), "minutes": "60"})
    assert refused.status_code == 409
    assert "too little left" in page_of(refused)
    assert "See who offers an hour" in page_of(refused)
    page = page_of(as_(poor.lead).get(f"/applications/{poor.pk}/question/problem/help/"))
    assert "cannot pay for help" in page
    assert "See who offers an hour" in page


def test_three_requests_at_a_time_and_only_questions_that_reviewers_read():
    draft = a_draft_with_fund()
    for key in ("problem", "idea", "who"):
        ask(draft, key)
    with pytest.raises(DomainError, match="three requests"):
        ask(draft, "learn")
    for key in ("take_part", "show", "employer"):
        with pytest.raises(Missing):
            ask(draft, key)
        assert as_(draft.lead).get(f"/applications/{draft.pk}/question/{key}/help/").status_code == 404


def test_only_the_lead_asks_and_only_with_the_code_of_conduct():
    draft, friend = a_draft_with_fund(), a_person()
    apply.invite(by=draft.lead, application=draft, user=friend, may="edit")
    apply.join(by=friend, application=draft)
    with pytest.raises(NotAllowed):
        ask(draft, by=friend)
    with pytest.raises(Missing):
        ask(draft, by=a_person())
    with pytest.raises(Invalid):
        ask(draft, minutes=600)
    draft.lead.conduct_accepted_at = None
    draft.lead.save(update_fields=["conduct_accepted_at"])
    with pytest.raises(NotAllowed):
        ask(draft)
    assert "accept its code of conduct first" in page_of(
        as_(draft.lead).get(f"/applications/{draft.pk}/question/problem/help/")
    )
    assert not QuestionHelp.objects.exists()


def test_pages_say_what_is_asked_and_where_it_stands():
    draft = a_draft_with_fund()
    client = as_(draft.lead)
    question = f"/applications/{draft.pk}/question/problem/"
    assert "Ask someone for help with this question" in page_of(client.get(question))
    nothing = client.post(f"{question}help/", {})
    assert nothing.status_code == 422
    assert "Choose who could help you." in page_of(nothing)
    sent = client.post(f"{question}help/", {"skill": str(a_skill("Design").pk), "minutes": "30"})
    assert sent.url == f"{question}help/"
    assert "Nobody has answered yet" in page_of(client.get(sent.url))
    assert "Help asked for" in page_of(client.get(question))
    assert "Help asked for" in page_of(client.get(f"/applications/{draft.pk}/"))
    offered(QuestionHelp.objects.get(), a_person("Hedy Helper"))
    assert "Hedy Helper offers to help" in page_of(client.get(sent.url))
    assert client.post(f"{question}help/take-back/").url == question
    assert "Ask someone for help with this question" in page_of(client.get(question))


def test_the_purse_pays_for_its_request_only_and_nobody_but_staff_looks_into_it():
    draft = a_draft_with_fund()
    asked = ask(draft)
    client = as_(draft.lead)
    assert client.get(f"/timebank/pots/{asked.pot_id}/").status_code == 404
    assert client.get(f"/timebank/pots/{asked.pot_id}/close/").status_code == 404
    assert asked.pot.name not in page_of(client.get("/timebank/post/request/"))


def test_closing_an_account_and_deleting_an_old_draft_leave_no_request_behind():
    draft, other = a_draft_with_fund(), a_draft_with_fund()
    leaves, old = ask(draft), ask(other)
    leaving.leave(user=draft.lead)
    leaves.refresh_from_db()
    assert leaves.ended_at
    assert balance(draft) == 10 * 60
    close_call(other.wave)
    Application.objects.filter(pk=other.pk).update(changed_at=timezone.now() - dt.timedelta(days=366))
    assert retention.purge_drafts() == 1
    assert not QuestionHelp.objects.filter(pk=old.pk).exists()
    assert balance(other) == 10 * 60


@pytest.mark.parametrize(
    ("states", "on_board", "with_broker", "stands"),
    [
        ([], True, False, "asked"),
        ([], True, True, "broker"),
        (["declined"], True, True, "broker"),
        (["proposed", "declined"], True, False, "offered"),
        (["accepted", "proposed"], True, False, "helping"),
        (["delivered"], False, False, "helping"),
        (["cancelled"], False, False, "closed"),
    ],
)
def test_where_a_request_stands(states, on_board, with_broker, stands):
    assert rules.standing(states, on_board=on_board, with_broker=with_broker) == stands


def test_until_the_yes_whoever_offers_finds_no_name_of_the_writer_anywhere():
    draft, helper = a_draft_with_fund(), a_person("Hedy Helper")
    name = str(draft.lead)
    asked = ask(draft)
    client, exchange = as_(helper), offered(asked, helper)
    exchanges.send_message(by=draft.lead, exchange=exchange, text="When could you?", key="hello")
    page = f"/timebank/exchanges/{exchange.pk}/"
    assert "You give time to the person who asked" in page_of(client.get(page))
    listing = f"/timebank/listings/{asked.listing_id}/"
    for path in (page, f"/report/exchange/{exchange.pk}/", f"/worried/exchange/{exchange.pk}/", "/timebank/", listing):
        shown = page_of(client.get(path))
        assert exchange.title in shown, path
        assert name not in shown, path
    assert client.post(f"{page}block/").status_code == 404, "the list of blocked people would name the writer"
    letters = OutboxMessage.objects.filter(user=helper)
    assert "The person who asked wrote about" in "".join(letter.subject for letter in letters)
    exchanges.decline(by=draft.lead, exchange=exchange, reason="Somebody else has said yes.")
    for letter in letters.all():
        assert name not in letter.subject + letter.text
    for path in (page, "/timebank/", "/timebank/past/", "/inbox/"):
        assert name not in page_of(client.get(path)), path


def test_after_the_yes_the_helper_knows_whom_they_help():
    draft, helper = a_draft_with_fund(), a_person("Hedy Helper")
    exchange = agreed(ask(draft), helper)
    assert f"You give time to {draft.lead}" in page_of(as_(helper).get(f"/timebank/exchanges/{exchange.pk}/"))


def test_no_work_of_many_sessions_comes_of_a_request_for_help_with_one_question():
    draft, helper = a_draft_with_fund(), a_person("Hedy Helper")
    asked = ask(draft)
    listing = f"/timebank/listings/{asked.listing_id}/"
    assert "Propose to work together for longer" not in page_of(as_(helper).get(listing))
    assert as_(helper).get(f"/timebank/engagements/propose/{asked.listing_id}/").status_code == 404
    with pytest.raises(DomainError, match="one short piece of help"):
        engagements.propose(by=helper, listing=asked.listing, title="Longer", monthly_minutes=240, key="longer")


def test_once_somebody_has_helped_the_page_says_who_and_help_can_be_asked_for_again():
    draft, helper = a_draft_with_fund(), a_person("Hedy Helper")
    first = ask(draft)
    settle(agreed(first, helper))
    client, url = as_(draft.lead), f"/applications/{draft.pk}/question/problem/"
    shown = page_of(client.get(f"{url}help/"))
    assert "Hedy Helper has helped you" in shown
    assert "Nobody has answered yet" not in shown
    assert "Ask for more help" in page_of(client.get(url))
    assert client.post(f"{url}help/", {"skill": str(a_skill("Design").pk), "minutes": "30"}).status_code == 302
    second = QuestionHelp.objects.get(application=draft, ended_at=None)
    assert second.pk != first.pk
    assert "Nobody has answered yet" in page_of(client.get(f"{url}help/"))
    helping.sweep()
    assert balance(draft) == 10 * 60 - 30 - 30, "half an hour given, half an hour in the second purse"


def test_who_does_not_know_who_could_help_need_not_choose_a_skill():
    draft = a_draft_with_fund(help=["business"])
    url = f"/applications/{draft.pk}/question/problem/help/"
    assert "I do not know" in page_of(as_(draft.lead).get(url))
    as_(draft.lead).post(url, {"skill": "unsure", "minutes": "30"})
    listing = QuestionHelp.objects.get(application=draft).listing
    assert set(listing.skills.values_list("kind", flat=True)) == {"business"}


def test_a_co_applicant_sees_that_help_was_asked_for_and_no_way_into_the_leads_exchange():
    draft, helper, friend = a_draft_with_fund(), a_person("Hedy Helper"), a_person()
    apply.invite(by=draft.lead, application=draft, user=friend)
    apply.join(by=friend, application=draft)
    exchange = agreed(ask(draft), helper)
    shown = page_of(as_(friend).get(f"/applications/{draft.pk}/question/problem/"))
    assert "Somebody is helping" in shown and str(exchange.pk) not in shown
    assert str(exchange.pk) in page_of(as_(draft.lead).get(f"/applications/{draft.pk}/question/problem/"))
