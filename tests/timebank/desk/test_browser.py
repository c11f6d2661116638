"""Every page of the desk in a real browser: axe, one h1, reflow, console, valid HTML."""

import datetime as dt
import itertools

from django.utils import timezone

from people.actions import safety
from people.models import Organisation, Profile, Report, User
from tests.browser import check_html, check_page
from tests.timebank.browsing import at, become, look_at
from tests.timebank.factories import (
    a_broker,
    a_dispute,
    a_giver,
    a_listing,
    a_member,
    a_proposal,
    a_settled_exchange,
    a_skill,
    an_administrator,
    give_credits,
    key,
)
from timebank.actions import imports, ledger, policy, pots
from timebank.models import Exchange, LedgerCheck, Listing


def a_busy_desk(broker, boss):
    """Something on every page of the desk. Returns the addresses by name, for a broker and for an administrator."""
    now = timezone.now()
    ada, ben = a_member("Ada Lovelace"), a_member("Ben Nevis")
    for person, name in ((ada, "Harbour View Hospitals NHS Foundation Trust"), (ben, "Moorside Community Care")):
        Profile.objects.filter(user=person).update(organisation=Organisation.objects.create(name=name))
    a_settled_exchange(ada, ben, 90)
    told = safety.report(by=ada, about=ben, text="Rude")
    Report.objects.filter(pk=told.pk).update(at=now - dt.timedelta(days=5))
    a_dispute()
    asked = a_proposal(ada, ben, 60)
    Exchange.objects.filter(pk=asked.pk).update(answer_by=now + dt.timedelta(days=1))
    away = a_member("Zoë Ångström")
    User.objects.filter(pk=away.pk).update(joined_at=now - dt.timedelta(days=90))
    request = a_listing(ben, kind="request", title="Somebody to test our form", skills=[a_skill()])
    Listing.objects.filter(pk=request.pk).update(posted_at=now - dt.timedelta(days=12))
    a_listing(ada, title="Testing forms", skills=[a_skill()])
    giver = a_giver()
    gift = pots.give(by=giver, to_pot=None, minutes=45, key=key())
    give_credits(ledger.account_for(member=away), 30)
    LedgerCheck.objects.create(seconds=0.1, entries=12412)
    good = imports.upload(
        by=broker, kind="members", source="Leeds Time Bank", name="members.csv",
        content=b"id,name,email,balance\n1,Ama Mensah,ama@example.org,3.5\n",
    )  # fmt: skip
    bad = imports.upload(
        by=broker, kind="transfers", source="Leeds Time Bank", name="transfers.csv",
        content=b"9,Member,8,Member,60,2019-01-01,Help,\n7,Member,6,Member,x,2019-01-01,Help,\n",
    )  # fmt: skip
    draft = policy.draft(by=boss, reason="Too many were stuck", member_floor=-60, first_floor=-60, soft_warning=-30)
    newcomers = [a_member(f"Newcomer {n}", known=False) for n in range(3)]
    for one, other in itertools.permutations(newcomers, 2):
        a_settled_exchange(one, other, 15)
    for_broker = {
        "home": at("desk"),
        "stuck": at("desk_stuck"),
        "newcomers": at("desk_newcomers"),
        "vouch": at("desk_vouch", newcomers[0].pk),
        "people": at("desk_people"),
        "away": at("desk_people") + "?kind=inactive&sort=seen",
        "member": at("desk_member", ada.pk),
        "propose": at("desk_propose", ada.pk),
        "say yes": at("desk_step", ada.pk, asked.pk),
        "grant": at("desk_grant", ada.pk),
        "adjust": at("desk_adjust"),
        "reverse": at("desk_reverse", gift.pk),
        "record": at("desk_record"),
        "requests": at("unanswered"),
        "request": at("desk_request", request.pk),
        "organisations": at("desk_organisations"),
        "exports": at("desk_exports"),
        "imports": at("desk_imports"),
        "upload": at("desk_upload"),
        "a good file": at("desk_import", good.pk),
        "a bad file": at("desk_import", bad.pk),
        "policy": at("policy"),
    }
    return for_broker, {"draft": at("policy_draft"), "version": at("policy_version", draft.version)}


def test_every_page_of_the_desk_passes_on_a_phone(live, browse):
    broker, boss = a_broker(), an_administrator()
    for_broker, for_boss = a_busy_desk(broker, boss)
    html = {}
    for who, pages in ((broker, for_broker), (boss, for_boss)):
        phone = browse(phone=True, base_url=live)
        become(phone, who, live)
        html |= look_at(phone, pages)
    check_html(html)


def test_a_correction_is_checked_and_made_on_a_desk_without_javascript(live, browse):
    a_member("Ada Lovelace"), a_member("Ben Nevis")
    broker = a_broker()
    page = browse(javascript=False, base_url=live)
    become(page, broker, live)
    page.goto(at("desk_adjust"))
    page.get_by_label("From whom?").fill("Ada Lovelace")
    page.get_by_label("To whom?").fill("Ben Nevis")
    page.get_by_label("How many hours?").fill("1.5")
    page.get_by_label("Why?").fill("Recorded for the wrong person")
    page.get_by_role("button", name="See what it does").click()
    assert "Ben Nevis has 0 h now, and will have 1 h 30." in page.inner_text("main")
    page.get_by_role("button", name="Move the hours, and tell both").click()
    assert "Moved: 1 h 30. Both sides are told." in page.inner_text("main")


def test_the_check_page_passes_too(page, live):
    a_member("Ada Lovelace"), a_member("Ben Nevis")
    become(page, a_broker(), live)
    page.goto(at("desk_adjust"))
    page.get_by_role("button", name="See what it does").click()
    assert page.title().startswith("Error: ")
    check_page(page)
    for label, words in (("From whom?", "Ada Lovelace"), ("To whom?", "Ben Nevis"), ("How many hours?", "1")):
        page.get_by_label(label).fill(words)
    page.get_by_label("Why?").fill("Recorded for the wrong person")
    page.get_by_role("button", name="See what it does").click()
    check_page(page)
    check_html(page.content())
