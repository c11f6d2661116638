"""A panel of six reviews forty applications: a first look, scoring after one sample, moderation, letters. One of the six steps
back from an application and never meets it again. The last review and the letters are done in a browser."""

import re
import uuid

from django.test import Client
from django.utils import timezone

from accelerator.actions import coaching
from accelerator.models import Application, Assignment, Decision, Innovation, Wave
from accelerator.queries.moderation import Asked, moderation
from notifications.models import OutboxMessage
from tests.accelerator.factories import a_manager, a_reviewer, an_application, close_call, the_phase
from tests.accelerator.innovations.factories import a_funded_wave
from tests.journeys.walker import Walker
from tests.matrix import make_client
from tests.timebank.browsing import become
from tests.timebank.factories import a_settled_exchange
from timebank.actions import tariffs
from timebank.actions.ledger import account_for
from timebank.models import TariffPayment
from timebank.queries import verification

KEYS = ("need", "inequality", "idea", "soon", "learning")
NAMES = ("Ruth Okafor", "Tomasz Zielinski", "Anwen Pugh", "Farah Aziz", "Grant Bell", "Hedda Berg")
PLACES = 10
PAID = 20  # minutes a review


def scores_of(reviewer: int, application: int) -> dict[str, str]:
    """What a reviewer gives: the quality of the application, a little more or less by temper."""
    quality, temper = application % 5, (-1, 0, 1)[reviewer % 3]
    return {f"score_{key}": str(min(5, max(0, quality + temper + (n == 2)))) for n, key in enumerate(KEYS)}


def test_a_panel_of_six_reviews_forty_applications_through_three_phases_to_letters(live, browse):
    manager = a_manager("Priya Kapoor")
    wave = a_funded_wave(minutes=400 * 60, capacity=PLACES, allowance_minutes=10 * 60)
    let_the_fund_pay(wave, manager)
    applications = [an_application(wave=wave, sentence=f"Idea number {n} for a kinder ward") for n in range(40)]
    panel = [a_reviewer(name) for name in NAMES]
    a_settled_exchange(provider=panel[0], receiver=applications[5].lead)
    before = sum(account_for(member=reviewer).balance for reviewer in panel)
    close_call(wave)
    runs, home = make_client(manager), f"/selection/{wave.slug}/"

    # 1. the first look: four are out, with a reason that their writers read
    out = applications[:4]
    for application in applications:
        answer = {"answer": "no", "reason": "It is about parking."} if application in out else {"answer": "yes"}
        assert runs.post(f"{home}first-look/{application.pk}/", answer).status_code == 302
    assert runs.post(f"{home}first-look/letters/", {"key": str(uuid.uuid4())}).status_code == 302

    # 2. scoring: everybody promises, scores the sample, and gets as much as the others
    sample = {"text": "What goes wrong?\nClocks on the ward are too small to read.", "agreed": "on"}
    assert runs.post(f"{home}sample/", sample).status_code == 302
    reads = {reviewer: make_client(reviewer) for reviewer in panel}
    for reviewer, client in reads.items():
        seat = {"room": "14", "promises": "on", "knows": []}
        assert client.post(f"/reviews/panel/{wave.slug}/", seat).status_code == 302, reviewer
    give_out(runs, home)
    waiting = {reviewer: Assignment.objects.filter(reviewer=reviewer).count() for reviewer in panel}
    assert set(waiting.values()) == {12}
    assert not Assignment.objects.filter(reviewer=panel[0], application=applications[5]).exists(), (
        "they have exchanged hours"
    )

    # one of them knows whose it is
    recused = Assignment.objects.filter(reviewer=panel[1]).order_by("id")[0]
    assert reads[panel[1]].post(f"/reviews/{recused.pk}/recuse/").status_code == 302
    give_out(runs, home)
    assert Assignment.objects.filter(application=recused.application, state="offered").count() == 2
    for _ in range(3):
        page = runs.get(f"{home}give-out/").content.decode()
        assert "fingerprint" not in page, "everything is given out"
    candidate = runs.get(f"/selection/application/{recused.application_id}/").content.decode()
    asked = re.findall(r'name="reviewer"[^>]*value="([\w-]+)"', candidate)
    assert str(panel[1].pk) not in asked and "They stepped back from this application before." in candidate

    last = None
    for number, reviewer in enumerate(panel):
        client = reads[reviewer]
        mine = list(Assignment.objects.filter(reviewer=reviewer, state="offered").order_by("id"))
        first = f"/reviews/sample/{wave.review_phases.get(kind='score').sample.pk}/"
        if reviewer != panel[-1]:
            assert client.post(f"/reviews/{mine[0].pk}/take/", follow=True).redirect_chain[-1][0] == first
            assert client.post(first, {f"score_{key}": "3" for key in KEYS}).status_code == 302
        else:
            last, mine = mine[0], mine[1:]
            score_in_the_browser(browse, live, reviewer, last)
        for assignment in mine:
            given = scores_of(number, applications.index(assignment.application))
            said = {**given, "for_applicant": f"Reader {number} liked what you saw."}
            assert client.post(f"/reviews/{assignment.pk}/take/").status_code == 302
            assert client.post(f"/reviews/{assignment.pk}/", said).url == "/reviews/"
        assert f"{len(mine) + (reviewer == panel[-1])} of " in client.get("/reviews/").content.decode()
    assert Assignment.objects.filter(state="done").count() == 72
    assert TariffPayment.objects.filter(transfer__isnull=False).count() == 72
    assert sum(account_for(member=reviewer).balance for reviewer in panel) - before == 72 * PAID

    # 3. moderation: the best are accepted, some are reserved, the rest declined; one move is taken back
    table = moderation(wave, the_phase(wave), Asked())[:]
    assert [row.spread.n for row in table[:36]] == [2] * 36 and all(row.spread.n == 0 for row in table[36:])
    page = runs.get(home).content.decode()
    assert "Krippendorff" in page and "40 applications." in page
    scored = [str(row.pk) for row in table[:36]]
    move(runs, home, scored, "decline")
    undo = re.search(r'action="([^"]*/undo/)"', runs.get(home).content.decode())[1]
    assert runs.post(undo).status_code == 302 and Decision.objects.count() == len(out)
    move(runs, home, scored[:PLACES], "accept")
    move(runs, home, scored[PLACES:15], "reserve")
    move(runs, home, scored[15:], "decline")

    # letters: looked at, counted and sent in a browser; every one has feedback in it
    send_in_the_browser(browse, live, manager, home)
    assert Decision.objects.filter(sent_at__isnull=False).count() == 40
    assert OutboxMessage.objects.filter(kind="decision").count() == 40
    assert Innovation.objects.filter(wave=wave).count() == PLACES
    for decision in Decision.objects.select_related("application"):
        feedback = "It is about parking." if decision.application in out else "liked what you saw"
        assert feedback in decision.letter, decision.application.reference
    assert verification.findings() == []

    # afterwards: reviewers see how it came out, and somebody declined takes up the hour
    page = reads[panel[0]].get(f"/reviews/outcomes/{wave.slug}/").content.decode()
    assert page.count('<tr role="row">') == 1 + Assignment.objects.filter(reviewer=panel[0], state="done").count()
    declined = Application.objects.get(pk=scored[-1])
    assert make_client(declined.lead).post(f"/applications/{declined.pk}/coaching/").status_code == 302
    assert account_for(pot=declined.coaching_hour.pot).balance == coaching.MINUTES
    assert Assignment.objects.filter(reviewer=panel[1], application=recused.application).values_list("state").get() == (
        "recused",
    )


def let_the_fund_pay(wave: Wave, manager) -> None:
    """The manager keeps the fund, and lets it pay for reviews."""
    wave.fund.stewards.create(user=manager, since=timezone.now())
    tariffs.set_tariffs(by=manager, pot=wave.fund, works=["review"], review_minutes=PAID)


def give_out(runs: Client, home: str) -> None:
    page = runs.get(f"{home}give-out/").content.decode()
    fingerprint = re.search(r'name="fingerprint" value="(\w+)"', page)[1]
    assert runs.post(f"{home}give-out/", {"fingerprint": fingerprint}).status_code == 302


def move(runs: Client, home: str, ids: list[str], outcome: str) -> None:
    sent = {"applications": ids, "outcome": outcome, "key": str(uuid.uuid4())}
    assert runs.post(f"{home}move/", sent).status_code == 302


def score_in_the_browser(browse, live, reviewer, assignment: Assignment) -> None:
    """From the list over the sample to a review that is in, on a phone."""
    page = browse(phone=True, base_url=live)
    become(page, reviewer, live)
    walker = Walker(page)
    walker.go("/reviews/")
    assert "Clocks on the ward" in walker.press(f"Read it {assignment.application.reference}")
    walker.choose(**{f"score_{key}": "4" for key in KEYS})
    assert "All totals lie between" in walker.press("See how others scored it")
    walker.press("Go to my reviews")
    walker.press(f"Application {assignment.application.reference}")
    walker.choose(**{f"score_{key}": "3" for key in KEYS})
    walker.fill(for_applicant="The last reader liked what you saw.")
    walker.press("Hand in my review")
    assert "Thank you. Your review is in." in page.inner_text("body")
    walker.finish()


def send_in_the_browser(browse, live, manager, home: str) -> None:
    """All forty letters: looked at on one page with their counts, then sent."""
    page = browse(base_url=live)
    become(page, manager, live)
    walker = Walker(page)
    said = walker.go(f"{home}letters/")
    assert "Accept 10 · Reserve 5 · Decline 25" in said
    said = walker.press("Look at all 40")
    assert "Look at 40 letters before they go" in said and "No feedback yet" not in said
    assert "40 letters have gone." in walker.press("Send these 40 letters")
