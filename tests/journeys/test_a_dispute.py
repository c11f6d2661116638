"""A dispute from two different hours to the last word, in a browser on a phone: both sides say what happened, a broker
decides, one side asks for a second look, and somebody else decides. Every page that is passed is checked."""

from django.urls import reverse

from tests.journeys.walker import Walker
from tests.timebank.browsing import become
from tests.timebank.factories import a_broker, a_dispute, a_member, credits_of
from timebank.models import Transfer
from timebank.queries import verification


def test_a_dispute_through_appeal(live, browse):
    ada, ben = a_member("Ada Lovelace"), a_member("Ben Nevis")
    first, second = a_broker("Bea Broker"), a_broker("Bo Broker")
    exchange = a_dispute(ada, ben)  # 2 h and 1 h 30: the 1 h 30 are paid
    page = browse(phone=True, base_url=live)
    walker, here = Walker(page), reverse("timebank:exchange", args=[exchange.pk])

    def as_(person):
        become(page, person, live)
        return walker.go(here)

    def say(words, button):
        walker.fill(statement=words)
        return walker.press(button)

    assert "What you both recorded is paid: 1 h 30." in as_(ada)
    walker.press("Say what happened")
    said = say("The log shows two hours.", "Save")
    assert "A broker is looking at it" in said and "The decision is due by" in said

    become(page, first, live)
    walker.go(reverse("timebank:disputes"))
    assert "One side has not said yet what happened." in walker.press("Ada Lovelace helps Ben Nevis")

    as_(ben)
    walker.press("Say what happened")
    say("We stopped after an hour and a half.", "Save")

    as_(first)
    said = walker.press("Decide")
    assert "The log shows two hours." in said and "We stopped after an hour and a half." in said
    walker.choose(decision="settle")
    walker.fill(note="The log was kept at the time.")
    assert "Decided, and both are told" in walker.press("Decide, and tell both")
    assert (credits_of(ada), credits_of(ben)) == ((120, 0), (-120, 0))

    said = as_(ben)
    assert "The log was kept at the time." in said and "Do you think the decision is wrong?" in said
    walker.press("Ask for a second look")
    walker.press("Ask for a second look")
    assert page.title().startswith("Error: "), "an appeal needs a word of why"
    said = say("The log was written the week after.", "Ask for a second look")
    assert "Somebody else than before decides, and then it is final." in said
    assert (credits_of(ada), credits_of(ben)) == ((120, 0), (-120, 0)), "what was paid stays paid until then"

    as_(ada)
    walker.press("Say what happened")
    say("I wrote it the same evening.", "Save")

    become(page, first, live)
    assert "Ada Lovelace helps Ben Nevis" not in walker.go(reverse("timebank:disputes"))
    said = walker.go(reverse("timebank:decide", args=[exchange.pk]))
    assert "another broker or an administrator must look at it now" in said

    become(page, second, live)
    assert "a second look" in walker.go(reverse("timebank:disputes"))
    said = walker.press("Ada Lovelace helps Ben Nevis")
    assert "Decided before by Bea Broker" in said and "not under what both recorded: 1 h 30" in said
    walker.choose(decision="split")
    walker.fill(minutes="1 h 40", note="Ten minutes more than both agree on.")
    walker.press("Decide, and tell both")

    said = as_(ben)
    assert "Settled: 1 h 40" in said and "second look" not in said
    assert (credits_of(ada), credits_of(ben)) == ((100, 0), (-100, 0))
    kinds = Transfer.objects.filter(exchange=exchange).order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["exchange", "adjustment", "reversal", "adjustment"]

    walker.press("Say thank you")
    walker.fill(thanks="You were fair in the end.")
    walker.choose(useful="4")
    assert "You said: You were fair in the end." in walker.press("Save")
    assert "Ben Nevis thanks you: You were fair in the end." in as_(ada)
    assert "Shown on your page." in walker.press("Show the thanks on my page")
    assert verification.findings() == []
    walker.finish()
