import pytest
from django.urls import reverse

from people.actions import safety
from tests.signing_in import sign_in
from tests.timebank.factories import a_listing, a_member, a_pot, a_skill, key
from timebank.actions import listings
from timebank.models import Listing
from timebank.queries.listings import on_profile
from ui.errors import DomainError, Invalid, Missing, NotAllowed

pytestmark = pytest.mark.django_db


def test_a_member_posts_an_offer_with_its_skills():
    ada = a_member()
    listing = a_listing(ada, title="  Run  charts ", skills=[a_skill()], minutes=90, mode="on_site", place="Leeds")
    assert (listing.title, listing.member, listing.pot, listing.state) == ("Run charts", ada, None, "open")
    assert list(listing.skills.all()) == [a_skill()]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": "gift"}, "kind"),
        ({"mode": "pigeon"}, "mode"),
        ({"title": "  "}, "title"),
        ({"title": "x" * 101}, "title"),
        ({"description": "x" * 4001}, "description"),
        ({"minutes": 0}, "minutes"),
        ({"minutes": -60}, "minutes"),
    ],
)
def test_what_cannot_be_posted_is_refused(wrong, field):
    with pytest.raises(Invalid) as refused:
        listings.post_listing(by=a_member(), **({"kind": "offer", "title": "An hour"} | wrong))
    assert refused.value.field == field
    assert not Listing.objects.exists()


def test_only_stewards_post_for_a_pot_and_a_pot_only_asks():
    steward = a_member()
    pot = a_pot(steward, 0)
    listing = a_listing(steward, "request", pot=pot)
    assert (listing.member, listing.pot, listing.purpose) == (None, pot, pot.purpose)
    with pytest.raises(NotAllowed, match="Only a steward"):
        a_listing(a_member(), "request", pot=pot)
    with pytest.raises(Invalid, match="A pot can ask"):
        a_listing(steward, "offer", pot=pot)


def test_people_who_may_not_act_do_not_post():
    with pytest.raises(NotAllowed):
        a_listing(a_member(conduct_accepted_at=None))


def test_the_same_form_posts_once():
    ada, form = a_member(), key()
    assert a_listing(ada, key=form) == a_listing(ada, key=form)


def test_a_listing_is_paused_resumed_and_closed_by_its_owner_only():
    listing = a_listing(a_member())
    owner, stranger = listing.member, a_member()
    for move in (listings.pause_listing, listings.resume_listing, listings.close_listing):
        with pytest.raises(Missing):
            move(by=stranger, listing=listing)
    assert listings.pause_listing(by=owner, listing=listing).state == "paused"
    assert listings.resume_listing(by=owner, listing=listing).state == "open"
    for _click in range(2):
        assert listings.close_listing(by=owner, listing=listing).state == "closed"
    for move in (listings.pause_listing, listings.resume_listing):
        with pytest.raises(DomainError, match="closed"):
            move(by=owner, listing=listing)


def test_a_members_page_shows_what_they_offer_now_and_nothing_to_somebody_they_blocked(client):
    ada, viewer = a_member(), a_member()
    a_listing(ada, title="Open to you")
    listings.close_listing(by=ada, listing=a_listing(ada, title="Long gone"))
    sign_in(client, viewer)
    page = client.get(reverse("people:person", args=[ada.pk])).content.decode()
    assert "Open to you" in page
    assert "Long gone" not in page
    safety.block(by=ada, user=viewer)
    assert on_profile(ada, viewer) is None
