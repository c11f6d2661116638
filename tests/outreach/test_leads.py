import datetime as dt

import pypdfium2
import pytest
import zxingcpp
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications import reminders
from notifications.models import OutboxMessage
from outreach import actions, queries, tickets
from outreach.models import Campaign, OpenCount, Placement
from tests.matrix import make_client
from tests.outreach.factories import campaign, lead, person, placement
from ui.errors import Invalid, NotAllowed

NOW = timezone.now


@pytest.fixture
def desk(db):
    """An outreach lead at a browser, past the second factor."""
    browser = make_client(lead())
    browser.raise_request_exception = True
    return browser


def test_a_lead_makes_a_campaign_and_a_placement_and_downloads_its_poster(desk):
    answers = {"name": "Autumn", "starts_on-day": "1", "starts_on-month": "9", "starts_on-year": "2026"}
    response = desk.post("/outreach/campaigns/new/", answers)
    made = Campaign.objects.get(name="Autumn")
    assert response["Location"] == f"/outreach/campaigns/{made.pk}/"
    assert "No placements yet" in desk.get(response["Location"]).content.decode()
    answers = {"site": "St James’s", "spot": "Staff room, ward 7", "medium": "poster", "design": "plain", "cost": "12"}
    response = desk.post(f"/outreach/campaigns/{made.pk}/placements/new/", answers)
    poster = Placement.objects.get()
    assert (poster.cost_pence, poster.design, str(poster)) == (1200, "plain", "St James’s, Staff room, ward 7")
    page = desk.get(response["Location"]).content.decode()
    assert poster.code in page and "Not opened yet" in page
    pdf = desk.get(f"/outreach/placements/{poster.pk}/poster.pdf")
    assert pdf["Content-Type"] == "application/pdf" and poster.code in pdf["Content-Disposition"]
    document = pypdfium2.PdfDocument(pdf.content)
    (found,) = zxingcpp.read_barcodes(document[0].render(scale=2).to_pil())
    document.close()
    assert found.text == poster.url
    poster.refresh_from_db()
    assert poster.downloads == 1
    assert b"<svg" in desk.get(f"/outreach/placements/{poster.pk}/qr.svg").content
    assert desk.get(f"/outreach/placements/{poster.pk}/qr.png").content.startswith(b"\x89PNG")
    assert desk.get(f"/outreach/placements/{poster.pk}/qr.exe").status_code == 404


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": ""}, "Give the campaign a name"),
        ({"name": "x" * 121}, "Use 120 characters or fewer"),
        ({"starts_on-day": "31", "starts_on-month": "2"}, "real date"),
        ({"ends_on-day": "1", "ends_on-month": "8", "ends_on-year": "2026"}, "cannot be before the start"),
    ],
)
def test_a_campaign_that_makes_no_sense_is_sent_back(desk, change, says):
    answers = {"name": "Autumn", "starts_on-day": "1", "starts_on-month": "9", "starts_on-year": "2026"}
    response = desk.post("/outreach/campaigns/new/", answers | change)
    assert response.status_code == 422 and says in response.content.decode()
    assert not Campaign.objects.exists()


@pytest.mark.parametrize(
    "change",
    [{"site": ""}, {"site": "x" * 121}, {"medium": "tattoo"}, {"design": ""}, {"cost": "-1"}, {"cost": "free"}],
)
def test_a_placement_that_makes_no_sense_is_sent_back_with_what_was_typed(desk, change):
    within = campaign()
    answers = {"site": "St James’s", "spot": "By the lift", "medium": "poster", "design": "plain", "cost": "0"}
    response = desk.post(f"/outreach/campaigns/{within.pk}/placements/new/", answers | change)
    assert response.status_code == 422 and "By the lift" in response.content.decode()
    assert not Placement.objects.exists()


def test_only_leads_write(db):
    ada, poster = person(), placement()
    with pytest.raises(NotAllowed):
        actions.create_campaign(by=ada, name="Mine", starts_on=dt.date(2026, 1, 1))
    with pytest.raises(NotAllowed):
        actions.create_placement(by=ada, campaign=poster.campaign, site="Here")
    with pytest.raises(NotAllowed):
        actions.retire(by=ada, placement=poster)
    with pytest.raises(NotAllowed):
        actions.note_download(by=ada, placement=poster)
    with pytest.raises(Invalid):
        actions.create_placement(by=poster.campaign.owner, campaign=poster.campaign, site="  ")


def test_the_numbers_of_a_placement_are_its_own(db):
    mine, other = placement(), placement(site="Other")
    for _n in range(3):
        actions.count_open(ticket=tickets.issue(mine, "phone", True))
    actions.count_open(ticket=tickets.issue(mine, "computer", True))
    actions.count_open(ticket=tickets.issue(other, "phone", True))
    begun = actions.start(ticket=tickets.issue(mine, "phone", True), door="hour")
    actions.claim(by=person(), start_id=begun.pk)
    row = queries.placements().get(pk=mine.pk)
    assert (row.opens, row.continues, row.sign_ups, row.last_opened) == (4, 1, 1, tickets.this_hour())
    assert queries.by_device(mine) == [("Phone", 3, 1), ("Tablet", 0, 0), ("Computer", 1, 0)]


def test_a_campaigns_page_asks_the_same_few_questions_however_many_placements(desk):
    within, asked = campaign(), []
    for how_many in (3, 27):
        for number in range(how_many):
            actions.count_open(ticket=tickets.issue(placement(campaign=within, site=f"Site {number}"), "phone", True))
        desk.get(f"/outreach/campaigns/{within.pk}/")
        with CaptureQueriesContext(connection) as queried:
            response = desk.get(f"/outreach/campaigns/{within.pk}/")
        asked.append(len(queried))
    assert response.content.decode().count("1 open ") == 20  # a page of thirty
    assert asked[0] == asked[1] <= 10


def test_retiring_twice_keeps_the_first_moment(desk):
    poster = placement()
    desk.post(f"/outreach/placements/{poster.pk}/retire/")
    poster.refresh_from_db()
    first = poster.retired_at
    desk.post(f"/outreach/placements/{poster.pk}/retire/")
    poster.refresh_from_db()
    assert first and poster.retired_at == first


def test_the_owner_is_asked_about_a_poster_that_was_silent_for_thirty_days(db):
    old = NOW() - dt.timedelta(days=31)
    silent, opened, young, gone = placement(), placement(), placement(), placement(retired_at=NOW())
    Placement.objects.exclude(pk=young.pk).update(created_at=old)
    mail = placement(medium="email")
    Placement.objects.filter(pk=mail.pk).update(created_at=old)
    OpenCount.objects.create(placement=opened, hour=tickets.this_hour() - dt.timedelta(days=3), device="phone", opens=1)
    assert list(queries.silent_posters(NOW())) == [silent]
    noon = dt.datetime(2099, 1, 7, 12, tzinfo=dt.UTC)  # a Wednesday, long after all of them went silent
    reminders.sweep(now=noon)
    reminders.sweep(now=noon + dt.timedelta(hours=1))
    told = OutboxMessage.objects.filter(kind="outreach_posters", user=silent.campaign.owner)
    assert told.count() == 1 and silent.code in told.get().text
    assert not OutboxMessage.objects.filter(user=gone.campaign.owner).exists()
    assert not OutboxMessage.objects.filter(user=mail.campaign.owner).exists()


def test_a_campaign_is_over_when_its_last_day_is_over_in_london_however_late_it_is_in_universal_time(db):
    summer = placement(campaign=campaign(starts_on=dt.date(2099, 7, 1), ends_on=dt.date(2099, 7, 7)))
    assert summer in queries.silent_posters(dt.datetime(2099, 7, 7, 22, 30, tzinfo=dt.UTC))
    assert summer not in queries.silent_posters(dt.datetime(2099, 7, 7, 23, 30, tzinfo=dt.UTC))
