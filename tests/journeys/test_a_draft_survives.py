"""What somebody typed is still there: after the browser closed, the connection went, the site was killed in the middle of
a save, they were signed out, or the questions changed."""

import re

import psycopg
import pytest
from django.utils import timezone

from accelerator.actions import questions, versions
from accelerator.models import Answer, Application, CoApplicant, KeptText
from config.stack.servers import free_port
from notifications.models import CaughtMail
from tests.accelerator.factories import a_draft, a_full_draft, a_manager, a_person, a_wave, close_call
from tests.browser import check_html, check_page
from tests.live import wait_until, web_process
from tests.timebank.browsing import become

WORDS = "On nights we find full cups out of reach."
MORE = WORDS + " People who had a stroke cannot ask."
BOX = "main [name=answer]"
STATUS = "main [data-autosave-status]"


@pytest.fixture
def draft(real_db) -> Application:
    return a_draft(a_person("Grace Adeyemi", email="grace@hospital.example"), a_wave())


def page_of(draft: Application, key: str = "problem") -> str:
    return f"/applications/{draft.pk}/question/{key}/"


def stands(draft: Application) -> str:
    """The answer to the question about the problem, as it is in the database."""
    answer = Answer.objects.filter(application=draft, question__key="problem").first()
    return answer.value if answer else ""


def save(page) -> None:
    page.get_by_role("button", name="Save and continue").click()


def test_closing_the_browser_keeps_what_was_typed(live, browse, draft):
    first = browse(phone=True, base_url=live)
    become(first, draft.lead, live)
    first.goto(page_of(draft))
    first.locator(BOX).fill(WORDS)  # and nothing is pressed
    first.goto("about:blank")  # to the page it is the same: it is hidden, and gone
    wait_until(lambda: stands(draft) == WORDS, what="the save of a page that goes")
    other = browse(base_url=live)
    become(other, draft.lead, live)
    other.goto(f"/applications/{draft.pk}/")
    other.goto(page_of(draft))
    assert other.locator(BOX).input_value() == WORDS


def test_what_is_typed_while_a_save_is_on_its_way_is_not_taken_for_saved(live, browse, draft):
    page = browse(phone=True, base_url=live)
    become(page, draft.lead, live)
    page.goto(page_of(draft))
    held = []
    page.route("**/save/", lambda route: held.append(route) if not held else route.continue_())
    page.locator(BOX).fill(WORDS)
    page.locator(BOX).dispatch_event("change")
    page.wait_for_timeout(300)
    page.locator(BOX).fill(MORE)  # while the answer is on its way
    held[0].continue_()
    wait_until(lambda: stands(draft) == WORDS, what="the first save")
    page.locator(STATUS, has_text="Saved").wait_for()
    page.goto("about:blank")
    wait_until(lambda: stands(draft) == MORE, what="the save of what was typed meanwhile")


def test_saves_come_one_after_the_other_so_that_an_older_text_never_replaces_a_newer_one(live, browse, draft):
    page = browse(phone=True, base_url=live)
    become(page, draft.lead, live)
    page.goto(page_of(draft))
    held = []
    page.route("**/save/", lambda route: held.append(route))
    for words in (WORDS, MORE):
        page.locator(BOX).fill(words)
        page.locator(BOX).dispatch_event("change")
        page.wait_for_timeout(300)
    assert len(held) == 1, "the second waits for the first"
    with page.expect_request("**/save/"):
        held[0].continue_()
    page.wait_for_timeout(300)
    assert stands(draft) == WORDS
    held[1].continue_()
    wait_until(lambda: stands(draft) == MORE, what="the second save")


def test_without_a_connection_the_page_stays_with_its_words_and_says_so_until_it_is_back(live, browse, draft):
    page = browse(phone=True, base_url=live)
    become(page, draft.lead, live)
    page.goto(page_of(draft))
    page.locator(BOX).fill(WORDS)
    page.context.set_offline(True)
    save(page)
    page.locator(STATUS, has_text="There is no connection").wait_for()
    assert page.locator(BOX).input_value() == WORDS
    page.locator(BOX).fill(MORE)
    assert stands(draft) == ""
    page.context.set_offline(False)
    page.wait_for_timeout(1100)  # the button takes a second press within a second for a double click
    question = page.url
    save(page)
    page.wait_for_url(lambda url: url != question)
    assert stands(draft) == MORE


def test_a_site_that_is_killed_in_the_middle_of_a_save_loses_nothing(real_db, browse, draft):
    port = free_port()
    live = f"http://localhost:{port}"
    page = browse(phone=True, base_url=live)
    become(page, draft.lead, live)
    with web_process(database_url=real_db.url, port=port) as process, psycopg.connect(real_db.url) as blocker:
        page.goto(page_of(draft))
        blocker.execute("SELECT 1 FROM accelerator_application FOR UPDATE")
        page.locator(BOX).fill(WORDS)
        page.get_by_role("button", name="Save and continue").dispatch_event("click")  # which waits for nothing
        with psycopg.connect(real_db.url, autocommit=True) as looker:
            wait_until(lambda: waiting(looker), what="a save that waits for the lock")
        process.kill()
        process.wait()
        page.locator(STATUS, has_text="There is no connection").wait_for()
        blocker.rollback()
    assert page.locator(BOX).input_value() == WORDS and stands(draft) == ""
    with web_process(database_url=real_db.url, port=port):
        question = page.url
        save(page)
        page.wait_for_url(lambda url: url != question)
        assert stands(draft) == WORDS
        assert Answer.objects.get(application=draft, question__key="problem").version == 1


def waiting(looker: psycopg.Connection) -> bool:
    """Whether somebody waits for a lock in this database."""
    found = looker.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    ).fetchone()
    return bool(found and found[0])


def test_signed_out_meanwhile_and_in_again_another_way_nothing_is_lost(live, browse, draft):
    page = browse(phone=True, base_url=live)
    become(page, draft.lead, live)
    page.goto(page_of(draft))
    page.locator(BOX).fill(WORDS)
    page.context.clear_cookies(name="sessionid")
    save(page)
    page.locator(STATUS, has_text="You have been signed out").wait_for()
    assert page.locator(BOX).input_value() == WORDS
    other = page.context.new_page()  # a code by mail, where it was the demonstration before
    other.goto("/sign-in/")
    other.get_by_label("email address").fill(draft.lead.email)
    other.get_by_role("button", name="Continue").click()
    other.wait_for_url("**/sign-in/code/**")
    code = re.search(r"\b\d{6}\b", CaughtMail.objects.latest("id").text)
    assert code is not None
    other.locator("main [name=code]").fill(code[0])
    other.locator("main form button").first.click()
    other.wait_for_url(lambda url: "sign-in" not in url)
    other.close()
    question = page.url
    save(page)
    page.wait_for_url(lambda url: url != question)
    assert stands(draft) == WORDS


def test_a_question_that_is_taken_out_while_its_page_is_open_keeps_the_words(live, browse):
    manager, wave = a_manager(), a_wave(call="ahead")
    draft = a_draft(a_person("Grace Adeyemi"), wave)
    page = browse(phone=True, base_url=live)
    become(page, draft.lead, live)
    page.goto(page_of(draft, "exists"))
    next_version = questions.new_version(by=manager, question_set=wave.question_set)
    questions.remove_question(by=manager, question=next_version.questions.get(key="exists"))
    questions.use_in_wave(by=manager, wave=wave, question_set=versions.publish(by=manager, versioned=next_version))
    page.locator(BOX).fill(WORDS)
    save(page)
    page.get_by_text("This question is no longer asked").wait_for()
    assert KeptText.objects.get().value == WORDS
    page.goto(f"/applications/{draft.pk}/")
    page.get_by_text("no longer asked").click()
    assert page.get_by_text(WORDS).is_visible()
    check_page(page)


def test_the_editor_who_comes_second_sees_both_versions_and_puts_them_together(live, browse, draft):
    """Two co-applicants write the same answer at the same time."""
    sam = a_person("Sam Osei")
    CoApplicant.objects.create(application=draft, user=sam, may="edit", accepted_at=timezone.now())
    hers, his = browse(phone=True, base_url=live), browse(base_url=live)
    become(hers, draft.lead, live)
    become(his, sam, live)
    for page in (hers, his):
        page.goto(page_of(draft))
    hers.locator(BOX).fill("Cups are out of reach.")
    his.locator(BOX).fill("Nobody counts the cups.")
    save(hers)
    save(his)
    both = his.locator("main").inner_text()
    assert "There are two versions of this answer" in both
    assert "Cups are out of reach." in both and "Grace Adeyemi" in both
    assert his.locator(BOX).input_value() == "Nobody counts the cups."
    assert stands(draft) == "Cups are out of reach."
    his.locator(BOX).fill("Cups are out of reach. Nobody counts the cups.")
    his.get_by_role("button", name="Save this answer").click()
    assert stands(draft) == "Cups are out of reach. Nobody counts the cups."
    his.goto(page_of(draft) + "comments/")
    his.locator("main [name=text]").fill("Shall we say how many cups?")
    his.get_by_role("button", name="Say it").click()
    assert "Shall we say how many cups?" in his.locator("main").inner_text()
    check_page(his)
    check_html(his.context.request.get(his.url).text())
    hers.goto(page_of(draft))
    hers.get_by_role("link", name="1 comment on this answer").click()
    check_page(hers)
    hers.get_by_role("button", name="Take it away").click()
    assert "Shall we say" not in hers.locator("main").inner_text()


def test_the_call_closes_while_a_page_is_open_and_the_words_are_kept_for_the_next_one(live, browse):
    wave = a_wave()
    draft = a_full_draft(a_person("Grace Adeyemi"), wave)
    page = browse(phone=True, base_url=live)
    become(page, draft.lead, live)
    page.goto(page_of(draft))
    page.locator(BOX).fill(MORE)
    close_call(wave)
    save(page)
    said = page.locator("main").inner_text()
    assert "closed" in said and "kept" in said
    check_page(page)
    assert stands(draft) == MORE and Application.objects.get().state == "draft"
    page.goto(f"/applications/{draft.pk}/send/")
    page.locator("main form button").first.click()
    assert "was not sent" in page.locator("main").inner_text()
    assert Application.objects.get().state == "draft" and stands(draft) == MORE
