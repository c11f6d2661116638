"""The whole way, as one story: from a poster on a wall to the report that decides whether there is another wave.

Everything is real: PostgreSQL, Valkey, a Celery worker and beat, Chromium at phone size, WeasyPrint, a QR reader. The only
thing that is moved by hand is time: the call closes when the story needs it to.
"""

import datetime as dt
import io
import re
import zipfile

import pypdfium2
import zxingcpp
from django.conf import settings
from django.utils import timezone
from pypdf import PdfReader

from accelerator.models import Application, Innovation, Milestone
from evaluation.models import Report
from goals.actions import publish_goal
from goals.models import StuckFlag
from notifications.models import OutboxMessage, QuietHours, ReminderSent
from notifications.tasks import sweep_outbox, sweep_reminders
from outreach.models import Arrival, OpenCount, Placement
from people.equality.models import EqualityAnswers
from people.models import Skill, User
from tests.accelerator.factories import GOOD_ANSWERS, a_person, a_wave, close_call
from tests.journeys.walker import Walker, code_in, eventually, letter_to
from timebank.actions import pots
from timebank.actions.ledger import account_for
from timebank.actions.listings import post_listing
from timebank.models import Exchange, Listing, Pot
from timebank.queries.exchanges import minutes_by_purpose
from timebank.queries.verification import findings

GRACE = "grace@hospital.example"
HER_PHONE = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/537.36"
)
IDEA = "Picture cards on the drinks trolley for people who cannot speak up"


def cast() -> dict[str, User]:
    """The people who are there before Grace comes."""
    return {
        "olive": a_person("Olive Barker", role="outreach_lead"),
        "ruth": a_person("Ruth Ellison", role="reviewer"),
        "tomasz": a_person("Tomasz Zielinski", role="reviewer"),
        "priya": a_person("Priya Kapoor", role="portfolio_manager"),
        "quinn": a_person("Quinn Hartley"),
        "evan": a_person("Evan Llewellyn", role="evaluator"),
    }


def a_funded_wave(campaign=None):
    fund = pots.open_pot(by=None, kind="wave_fund", name="Fund of the wave")
    pots.grant(by=None, to_account=account_for(pot=fund), minutes=100 * 60, reason="Fund of the wave", key="fund")
    return a_wave(slug="spring", name="Spring wave", fund=fund, campaign=campaign, allowance_minutes=20 * 60)


def test_one_journey(live, worker, browse):
    people = cast()
    wave = a_funded_wave()
    skill = Skill.objects.get(name="User research")
    offer = post_listing(
        by=people["quinn"],
        kind="offer",
        title="Talk to five users",
        description="I help you ask.",
        skills=[skill],
        minutes=60,
    )
    publish_goal(
        by=None, slug="ask", audience="innovator", title="Ask the people it is for", skills=[skill],
        words=["Nobody", "One person", "Five people", "Ten people", "They decide with me"],
    )  # fmt: skip
    quiet_nights = pots.open_pot(by=people["quinn"], kind="project", name="Quieter nights", aim="Less noise")
    walkers = {name: Walker(browse(phone=True, base_url=live, user_agent=HER_PHONE)) for name in (*people, "grace")}
    for name, user in people.items():
        walkers[name].become(user.name)

    placement = a_poster(walkers["olive"])
    grace = comes_aboard(walkers["grace"], live, placement)
    application = applies(walkers["grace"], browse(phone=True, base_url=live), live)
    is_scored_blind_and_accepted(walkers, people, close_call(wave), application)
    innovation = Innovation.objects.get(application=application)
    milestone = shows_evidence(walkers["grace"], walkers["priya"], innovation)
    is_helped(walkers["grace"], walkers["quinn"], people["quinn"], innovation, milestone, offer)
    gives_an_hour(walkers["quinn"], people["quinn"], quiet_nights)
    is_stuck_and_sign_posted(walkers["grace"], grace, offer)
    is_reminded_once(grace)
    is_evaluated(walkers["evan"], wave)
    assert findings() == []
    for walker in walkers.values():
        walker.finish()


def a_poster(olive: Walker) -> Placement:
    """1. The poster is a PDF; its QR code, read from the rendered page, opens /j/CODE."""
    today = timezone.localdate()
    olive.go("/home/")
    olive.page.locator("summary:has-text('Menu')").click()
    olive.press("Outreach", within="header, nav")
    olive.press("New campaign")
    olive.fill(name="Spring call")
    olive.fill(
        **{"starts_on-day": str(today.day), "starts_on-month": str(today.month), "starts_on-year": str(today.year)}
    )
    olive.press(re.compile("Make|Create|Save|Continue|Start"))
    olive.press("New placement")
    olive.fill(site="Main building", spot="Theatre corridor, level 2")
    said = olive.press(re.compile("Make|Create|Save|Continue"))
    assert "Theatre corridor, level 2" in said
    placement = Placement.objects.get()
    with olive.page.expect_download() as download:
        olive.page.get_by_text(re.compile("Download the poster")).first.click()
    page = pypdfium2.PdfDocument(download.value.path())[0]
    (code,) = zxingcpp.read_barcodes(page.render(scale=3).to_pil())
    assert code.text == f"{settings.SITE_URL}/j/{placement.code}"
    return placement


def comes_aboard(grace: Walker, live: str, placement: Placement) -> User:
    """2. She scans, says her idea in one sentence, and is on board with a code from her mail."""
    grace.go(f"/j/{placement.code}")
    assert grace.page.context.cookies() == []
    grace.fill(sentence=IDEA)
    said = grace.press("Keep my idea")
    assert IDEA in said
    grace.fill(email=GRACE)
    grace.press("Send me the code")
    grace.page.get_by_role("textbox").first.fill(code_in(letter_to(GRACE, "code")))
    grace.press("Continue")
    grace.fill(name="Grace Adeyemi")
    grace.press("Continue")
    for box in grace.page.locator("main input[type=checkbox]").all():
        box.check()
    grace.press("Join")
    grace.press("Continue")
    user = User.objects.get(email=GRACE)
    assert (user.name, bool(user.conduct_accepted_at)) == ("Grace Adeyemi", True)
    assert Arrival.objects.get(user=user).placement == placement
    (count,) = OpenCount.objects.all()
    assert (count.placement, count.opens, count.continues, count.device) == (placement, 1, 1, "phone")
    return user


def answer_question(walker: Walker, answers: dict) -> str:
    """Answers the question that is on the page, and goes on. Returns its key."""
    key = walker.page.url.split("/question/")[1].strip("/")
    field = walker.page.locator("main [name=answer]").first
    value = answers.get(key)
    if value is not None and field.get_attribute("type") in ("radio", "checkbox"):
        walker.choose(answer=value)
    elif value is not None:
        walker.fill(answer=value)
    walker.press("Save and continue")
    return key


def applies(grace: Walker, tablet, live: str) -> Application:
    """3. One question a page; left on the phone, taken up on another browser; equality questions; sent."""
    application = Application.objects.get(lead__email=GRACE)
    assert application.sentence == IDEA
    grace.go(f"/applications/{application.pk}/")
    grace.press("Go on")
    asked = [answer_question(grace, GOOD_ANSWERS) for _question in range(4)]
    left_at = grace.page.url.split("/question/")[1].strip("/")
    grace.page.fill("[name=answer]", "Half a thought that is not finished")
    grace.press("Save and come back later")

    other = Walker(tablet)
    other.go("/sign-in/")
    other.fill(email=GRACE)
    other.press("Continue")
    sent_before = letter_to(GRACE, "code")
    other.page.get_by_role("textbox").first.fill(code_in(sent_before))
    other.press("Continue")
    other.go(f"/applications/{application.pk}/question/{left_at}/")
    assert other.page.input_value("[name=answer]") == "Half a thought that is not finished"
    while "/question/" in other.page.url:
        asked.append(answer_question(other, GOOD_ANSWERS))
    assert set(GOOD_ANSWERS) - {"sentence"} <= {*asked}
    other.go(f"/applications/{application.pk}/check/")
    assert GOOD_ANSWERS["problem"] in other.text()
    other.press("Go on")
    other.press("Answer the questions")
    other.page.select_option("[name=pay_band]", "2") if other.page.locator(
        "select[name=pay_band]"
    ).count() else other.choose(pay_band="2")
    other.press(re.compile("Save|Continue"))
    if "/send/" not in other.page.url:
        other.go(f"/applications/{application.pk}/send/")
    other.press("Send my application")
    application.refresh_from_db()
    assert application.state == "submitted"
    assert [answers.pay_band for answers in EqualityAnswers.objects.all()] == ["2"]
    other.finish()
    return application


def is_scored_blind_and_accepted(walkers: dict, people: dict, wave, application: Application) -> None:
    """4. Two reviewers score it without a name; the manager accepts; the letter arrives."""
    priya = walkers["priya"]
    candidate = f"/selection/application/{application.pk}/"
    for reviewer in ("ruth", "tomasz"):
        priya.go(candidate)
        priya.page.check(f"[name=reviewer][value='{people[reviewer].pk}']")
        priya.press("Ask them")
    for reviewer in ("ruth", "tomasz"):
        walker = walkers[reviewer]
        assert "Grace" not in walker.go("/reviews/")
        walker.press(re.compile("Read it"))
        walker.page.check("[name=promises]")
        said = walker.press("Promise and start")
        assert GOOD_ANSWERS["problem"] in said
        assert not {"Grace", "Adeyemi", GRACE} & set(said.split())
        for criterion in {box.get_attribute("name") for box in walker.page.locator("input[name^=score_]").all()}:
            walker.page.check(f"[name={criterion}][value='4']")
        walker.fill(for_applicant="You have seen this with your own eyes.")
        walker.press("Hand in my review")
        assert "Your review is in" in walker.text()
    priya.go(candidate)
    priya.choose(outcome="accept")
    priya.press("Decide and draft the letter")
    if "/letter/" not in priya.page.url:
        priya.go(f"{candidate}letter/")
    priya.fill(signed_as="Priya Kapoor, portfolio manager")
    priya.press("Save the letter")
    priya.go(f"/selection/{wave.slug}/letters/")
    for box in priya.page.locator("[name=letters]").all():
        box.check()
    priya.press("Look at those that are ticked")
    assert "with your own eyes" in priya.text()
    priya.press("Send this letter")
    letter = letter_to(GRACE, "with your own eyes")
    assert OutboxMessage.objects.filter(user__email=GRACE, state="sent", subject=letter.subject).exists()
    assert letter.subject in priya.go("/mail/")


def shows_evidence(grace: Walker, priya: Walker, innovation: Innovation) -> Milestone:
    """5. Roadmap, allowance and dashboard row; evidence is sent, sent back with a comment, sent again, accepted."""
    assert innovation.milestones.count() >= 10
    assert account_for(pot=innovation.pot).balance == 20 * 60
    assert innovation.name in priya.go(f"/cohorts/{innovation.wave.slug}/")
    milestone = innovation.milestones.order_by("start", "id").first()
    assert milestone is not None
    address = f"/milestones/{milestone.pk}/"
    grace.go("/home/")
    grace.go(address)
    for account, answer in (("We wrote down what goes wrong.", "return"), ("Five people told us the same.", "accept")):
        grace.go(f"{address}evidence/")
        grace.fill(account=account)
        grace.press("Send it")
        priya.go(address)
        priya.press("Read and answer")
        assert account in priya.text()
        priya.page.locator(f"main [name=answer][value^='{answer}']").check()
        priya.fill(comment="Who told you, and how many were they?" if answer == "return" else "Clear and honest.")
        priya.press("Answer the team")
        if answer == "return":
            assert "Who told you, and how many were they?" in grace.go(address)
    assert "Done" in grace.go(address)
    letter_to(GRACE, "Who told you, and how many were they?")
    return (
        innovation.milestones.exclude(pk=milestone.pk)
        .filter(purpose__skills__name="User research")
        .order_by("start")
        .first()
    )


def is_helped(
    grace: Walker, quinn: Walker, helper: User, innovation: Innovation, milestone: Milestone, offer: Listing
) -> None:
    """6. She asks the community from a milestone; credits are held; both record; it settles to the minute."""
    grace.go(f"/milestones/{milestone.pk}/ask/")
    grace.fill(minutes="2")
    grace.press("Post the request")
    request = Listing.objects.get(kind="request", pot=innovation.pot)
    assert request.purpose == milestone.purpose
    assert request.title in quinn.go("/timebank/board/?kind=request")
    quinn.press(request.title)
    quinn.press("I can help")
    quinn.fill(minutes="2", message="I ask users for a living.")
    quinn.press("Send the proposal")
    exchange = Exchange.objects.get()
    pot = account_for(pot=innovation.pot)
    grace.go(f"/timebank/exchanges/{exchange.pk}/")
    grace.press("Say yes")
    pot.refresh_from_db()
    assert (pot.balance, pot.held) == (1200, 120)
    for walker, said in ((quinn, "2"), (grace, "1 h 48")):
        walker.go(f"/timebank/exchanges/{exchange.pk}/")
        if not walker.page.locator("[name=minutes]").is_visible():
            walker.page.get_by_text("It has happened already").click()
        walker.fill(minutes=said)
        walker.choose(time_kind="own")
        walker.press("Record the hours")
    exchange.refresh_from_db()
    assert (exchange.state, exchange.settled_minutes) == ("settled", 114)
    assert "Settled: 1 h 54" in grace.go(f"/timebank/exchanges/{exchange.pk}/")
    assert "1 h 54" in quinn.go("/timebank/statement/")
    pot.refresh_from_db()
    assert (pot.balance, pot.held, account_for(member=helper).balance) == (1200 - 114, 0, 114)
    assert "18 h 06" in grace.go(f"/timebank/pots/{innovation.pot_id}/")
    assert minutes_by_purpose([milestone.purpose_id]) == {milestone.purpose_id: 114}
    assert "1 h 54" in grace.go(f"/milestones/{milestone.pk}/")


def gives_an_hour(quinn: Walker, helper: User, pot: Pot) -> None:
    """7. The Q member gives an hour to a project pot; a second click gives no second hour."""
    quinn.go(f"/timebank/pots/{pot.pk}/give/")
    quinn.fill(minutes="1")
    quinn.press("Give")
    assert (account_for(pot=pot).balance, account_for(member=helper).balance) == (60, 54)
    assert "1 h" in quinn.go(f"/timebank/pots/{pot.pk}/")


def is_stuck_and_sign_posted(grace: Walker, user: User, offer: Listing) -> None:
    """8. She signs up for a goal, says that she is stuck, and is sign-posted to an offer, with the reason."""
    grace.go("/goals/library/")
    grace.press("Ask the people it is for")
    grace.choose(baseline="-1")
    grace.press("Sign up for this goal")
    grace.press("Say where you are")
    grace.choose(level="-1")
    grace.page.check("[name=said_stuck]")
    said = grace.press("Save")
    (post,) = StuckFlag.objects.get(sign_up__user=user).sign_posts.all()
    assert post.listing == offer
    assert offer.title in said
    assert post.reason in said
    assert offer.title in grace.go("/home/")
    letter_to(GRACE, "stuck")
    grace.go(f"/goals/{post.flag.sign_up_id}/")
    grace.press("See this offer")
    assert offer.title in grace.text()


def is_reminded_once(user: User) -> None:
    """9a. Beat and worker send a due reminder, once."""
    milestone = (
        Milestone.objects.filter(innovation__members__user=user).exclude(state="accepted").order_by("end", "id").first()
    )
    assert milestone is not None
    today = timezone.localdate()
    Milestone.objects.filter(pk=milestone.pk).update(start=today, end=today, baseline_start=today, baseline_end=today)
    now = timezone.localtime()
    QuietHours.objects.create(  # she works nights: her quiet hours are not now, whenever this runs
        user=user, starts=(now + dt.timedelta(hours=6)).time(), ends=(now + dt.timedelta(hours=9)).time()
    )

    def reminded() -> list[OutboxMessage]:
        return list(OutboxMessage.objects.filter(user=user, kind="milestone_due"))

    sweep_reminders.delay()
    eventually(reminded, "the reminder that a milestone is due")
    sweep_reminders.delay()
    sent = ReminderSent.objects.count()
    sweep_outbox.delay()
    eventually(lambda: not OutboxMessage.objects.filter(state="queued", pace="at_once").exists(), "an empty outbox")
    assert len(reminded()) == 1
    assert ReminderSent.objects.count() == sent


def is_evaluated(evan: Walker, wave) -> None:
    """9b. The report is built by the worker with progress on the page: HTML, PDF/UA-1, data pack."""
    evan.go("/evaluation/")
    evan.page.locator(f"form[action*='{wave.slug}']").get_by_role("button", name="Build a report").click()
    evan.page.wait_for_load_state()
    report = Report.objects.get()
    eventually(lambda: Report.objects.get(pk=report.pk).state == "done", "the report", seconds=180)
    said = evan.go(f"/evaluation/reports/{report.pk}/")
    assert "Not enough data" in said
    assert "Does time circulate?" in said
    with evan.page.expect_download() as download:
        evan.page.get_by_text("Download the PDF").click()
    document = PdfReader(download.value.path())
    assert b"pdfuaid" in document.trailer["/Root"]["/Metadata"].get_data()
    assert "Does time circulate?" in " ".join(page.extract_text() for page in document.pages)
    with evan.page.expect_download() as download:
        evan.page.get_by_text("Download the data").click()
    with zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes())) as pack:
        assert {"dictionary.csv", "report.json"} <= set(pack.namelist())
        assert GRACE.encode() not in pack.read("report.json")
