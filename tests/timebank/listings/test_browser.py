"""Search and saving a search on a phone, without JavaScript and with it."""

from tests.browser import check_html
from tests.timebank.browsing import at, become, look_at
from tests.timebank.factories import a_listing, a_member, a_saved_search, a_skill
from timebank.models import SavedSearch


def test_on_a_phone_without_javascript_somebody_searches_narrows_down_and_saves(browse, live):
    ada, ben = a_member("Ada Lovelace"), a_member("Ben Nevis")
    a_listing(ada, title="User research for an hour", minutes=60, skills=[a_skill()])
    a_listing(ada, "request", "Who reads my research?", skills=[a_skill()])
    phone = browse(phone=True, javascript=False, base_url=live)
    become(phone, ben, live)
    phone.goto(at("board"))
    phone.get_by_label("Search").fill("reserch")
    phone.get_by_role("button", name="Show results").click()
    assert "2 results" in phone.inner_text("main")
    phone.get_by_label("Offers and requests").select_option("offer")
    phone.get_by_role("button", name="Show results").click()
    assert "1 result" in phone.inner_text("main")
    assert "Who reads my research?" not in phone.inner_text("main")
    phone.get_by_role("link", name="Save this search, and hear what is new in it").click()
    phone.get_by_label("What should we call it?").fill("Research")
    phone.get_by_role("button", name="Save the search").click()
    assert "Saved." in phone.inner_text("main")
    search = SavedSearch.objects.get()
    assert (search.user, search.filters, search.alerts) == (ben, {"q": "reserch", "kind": "offer"}, True)
    phone.get_by_role("button", name="Stop telling me").click()
    search.refresh_from_db()
    assert not search.alerts


def test_the_pages_of_listings_pass_on_a_phone(phone, live):
    ada = a_member("Ada Lovelace")
    listing = a_listing(ada, "request", "Who reads my form?", skills=[a_skill()], suggested=["Card sorting"])
    a_listing(a_member("Ben Nevis"), title="Reading forms", skills=[a_skill()], days=["tue"])
    a_saved_search(ada)
    become(phone, ada, live)
    check_html(
        look_at(
            phone,
            {
                "search": at("board") + "?q=forms&kind=offer",
                "edit": at("edit_listing", listing.pk),
                "renew": at("renew_listing", listing.pk),
                "away": at("away"),
                "earnings": at("earnings"),
                "searches": at("searches"),
                "save": at("save_search") + "?q=forms",
            },
        )
    )
