"""A broker's morning, in a browser: records an hour for two people who are not online, sees that it was wrong, takes it
back, and records it as it should be. Every page that is passed is checked."""

from django.urls import reverse

from tests.journeys.walker import Walker
from tests.timebank.browsing import become
from tests.timebank.factories import a_broker, a_member, credits_of
from timebank.models import Exchange
from timebank.queries import verification


def test_a_broker_records_for_people_offline_and_reverses_a_mistake(live, browse):
    ada = a_member("Ada Lovelace", last_login=None)
    ben = a_member("Ben Nevis")
    page = browse(phone=True, base_url=live)
    become(page, a_broker(), live)
    broker = Walker(page)

    said = broker.go(reverse("timebank:desk"))
    assert "Waiting for a broker" in said and "The books have not been checked yet" in said
    broker.press("Find a member")
    broker.fill(q="ada")
    page.get_by_role("button", name="Show results").click()
    page.get_by_role("link", name="Ada Lovelace").click()
    assert "Their balance is 0 h." in broker.look()

    broker.press("Record an exchange of theirs")
    assert page.input_value("[name=provider]") == ada.email
    broker.fill(receiver="Ben Nevis", minutes="3", reason="Both told me at the market")
    today = page.evaluate("[new Date().getDate(), new Date().getMonth() + 1, new Date().getFullYear()]")
    for part, value in zip(("day", "month", "year"), today, strict=True):
        page.fill(f"[name=happened_on-{part}]", str(value))
    said = broker.press("Record and settle it")
    assert "Recorded and settled, and both are told." in said and "Ada Lovelace gave time to Ben Nevis." in said
    assert (credits_of(ada), credits_of(ben)) == ((180, 0), (-180, 0))

    said = broker.press("Reverse it")  # it was two hours, not three
    assert "Ada Lovelace has 3 h now, and will have 0 h." in said
    assert "Ben Nevis has 3 h less than nothing now, and will have 0 h." in said
    broker.press("Reverse it")
    assert page.title().startswith("Error: "), "a reversal needs a reason"
    broker.fill(reason="It was two hours")
    assert "Reversed, and both are told." in broker.press("Reverse it")
    assert (credits_of(ada), credits_of(ben)) == ((0, 0), (0, 0))

    broker.press("Record it again, as it should be")
    broker.fill(minutes="2", reason="Both told me at the market")
    for part, value in zip(("day", "month", "year"), today, strict=True):
        page.fill(f"[name=happened_on-{part}]", str(value))
    assert "Recorded and settled" in broker.press("Record and settle it")
    assert (credits_of(ada), credits_of(ben)) == ((120, 0), (-120, 0))
    assert Exchange.objects.filter(redoes__isnull=False).count() == 1

    said = broker.go(reverse("timebank:desk_member", args=[ada.pk]))
    assert "Their balance is 2 h." in said and "It was two hours" in said and "Reversal" in said
    assert verification.findings() == []
    broker.finish()
