"""Pages of the time bank that lay open while the matter moved on."""

from collections.abc import Callable
from typing import Any

from people.models import Skill
from tests.journeys.scene import Scene
from tests.journeys.sent import skill
from tests.journeys.stale import Stale
from tests.timebank.factories import a_booking, a_giver, key
from timebank.actions import (
    calling_off,
    corrections,
    cycles,
    disputes,
    exchanges,
    group_sessions,
    hours,
    imports,
    listings,
    office_hours,
    policy,
    pots,
    skills,
)
from timebank.models import (
    Cycle,
    Exchange,
    GroupSession,
    Import,
    Listing,
    OfficeHours,
    Policy,
    Pot,
    SkillSuggestion,
    Slot,
    Transfer,
)


def an(scene: Scene, which: str) -> Exchange:
    return Exchange.objects.get(pk=scene.world[which])


def withdrawn(scene: Scene) -> None:
    exchanges.withdraw(by=scene.people["other_party"], exchange=an(scene, "proposed_id"))


def accepted(scene: Scene) -> None:
    exchanges.accept(by=scene.people["party"], exchange=an(scene, "proposed_id"))


def called_off(scene: Scene) -> None:
    calling_off.cancel(by=scene.people["other_party"], exchange=an(scene, "exchange_id"))


def settled(scene: Scene) -> None:
    for who in ("party", "other_party"):
        hours.record_hours(
            by=scene.people[who], exchange=an(scene, "exchange_id"), minutes=15, time_kind="own", key=key()
        )


def decided(scene: Scene) -> None:
    broker = scene.people["administrator"]
    disputes.decide(by=broker, exchange=an(scene, "disputed_id"), decision="cancel", note="So be it.")


def reversed_by_another(which: str) -> Callable[[Scene], Any]:
    def happens(scene: Scene) -> None:
        disputes.reverse(by=scene.people["administrator"], exchange=an(scene, which), reason="Counted twice.")

    return happens


def let_go(scene: Scene) -> None:
    calling_off.waive(by=scene.people["party"], exchange=an(scene, "claimed_id"))


def listing_closed(which: str) -> Callable[[Scene], Any]:
    def happens(scene: Scene) -> None:
        listings.close_listing(by=scene.people["party"], listing=Listing.objects.get(pk=scene.world[which]))

    return happens


def pot_closed(scene: Scene) -> None:
    pot = Pot.objects.get(pk=scene.world["pot_id"])
    pots.close_pot(by=scene.people["other_party"], pot=pot, close_out="Half as many falls.", to_pot=None, key=key())


def slot_taken(which: str) -> Callable[[Scene], Any]:
    def happens(scene: Scene) -> None:
        a_booking(a_giver(), Slot.objects.get(pk=scene.world[which]))

    return happens


def office_hours_ended(scene: Scene) -> None:
    published = OfficeHours.objects.get(pk=scene.world["office_hours_id"])
    office_hours.end(by=scene.people["party"], office_hours=published)


def session_cancelled(which: str) -> Callable[[Scene], Any]:
    def happens(scene: Scene) -> None:
        found = GroupSession.objects.get(pk=scene.world[which])
        group_sessions.cancel(by=scene.people["party"], session=found, reason="The room is gone.")

    return happens


def said_no(scene: Scene) -> None:
    cycles.say_no(by=scene.people["other_party"], cycle=Cycle.objects.get(pk=scene.world["cycle_id"]))


def skill_adopted(scene: Scene) -> None:
    found, branch = SkillSuggestion.objects.get(pk=scene.world["suggestion_id"]), Skill.objects.get(pk=skill())
    skills.adopt_skill(by=scene.people["broker"], suggestion=found, parent=branch, reason="We lack it.")


def published_by_another(scene: Scene) -> None:
    policy.publish(policy=Policy.objects.get(version=scene.world["policy_version"]), by=scene.people["administrator"])


def import_put_aside(scene: Scene) -> None:
    imports.cancel(by=scene.people["administrator"], upload=Import.objects.get(pk=scene.world["desk_upload_id"]))


def gift_reversed(scene: Scene) -> None:
    gift = Transfer.objects.get(pk=scene.world["gift_id"])
    corrections.reverse(by=scene.people["broker"], transfer=gift, reason="A slip.", key=key())


STALE = [
    Stale("it was withdrawn", "timebank:accept", withdrawn, 409, "moved on"),
    Stale("it was withdrawn", "timebank:decline", withdrawn, 409, "moved on"),
    Stale("it was accepted", "timebank:withdraw", accepted, 409, "moved on"),
    Stale("it was accepted", "timebank:desk_step", accepted, 409, "moved on"),
    Stale("it was called off", "timebank:arrange", called_off, 409, "date can no longer be changed"),
    Stale("it was called off", "timebank:hours", called_off, 409, "moved on"),
    Stale("it was called off", "timebank:no_show", called_off, 409, "moved on"),
    Stale("it was settled", "timebank:hours", settled, 409, "moved on"),
    Stale("it was settled", "timebank:cancel", settled, 409, "moved on"),
    Stale("it was decided", "timebank:say", decided, 409, "no longer with a broker"),
    Stale("another broker decided", "timebank:decide", decided, 409, "moved on"),
    Stale("another broker reversed it", "timebank:reverse", reversed_by_another("settled_id"), 409, "moved on"),
    Stale("it was reversed", "timebank:feedback", reversed_by_another("settled_id"), 409, "once the hours are settled"),
    Stale("it was reversed", "timebank:undo", reversed_by_another("silent_id"), 409, "moved on"),
    Stale("the charge was let go", "timebank:decide_claim", let_go, 409, "charge is decided already"),
    Stale("it was closed", "timebank:propose", listing_closed("listing_id"), 404, "not on the board now"),
    Stale("it was closed", "timebank:edit_listing", listing_closed("listing_id"), 409, "This listing is closed"),
    Stale("it was closed", "timebank:renew_listing", listing_closed("listing_id"), 409, "This listing is closed"),
    Stale("it was closed", "timebank:propose_engagement", listing_closed("listing_id"), 404, "not on the board now"),
    Stale("it was closed", "timebank:desk_request", listing_closed("request_id"), 409, "no longer open. Nobody was asked"),
    Stale("it was closed", "timebank:give", pot_closed, 422, "This pot is closed"),
    Stale("it was closed", "timebank:pot_edit", pot_closed, 409, "This pot is closed"),
    Stale("it was closed", "timebank:pot_people", pot_closed, 409, "This pot is closed"),
    Stale("it was closed", "timebank:pot_offer", pot_closed, 409, "This pot is closed"),
    Stale("it was closed", "timebank:pot_join", pot_closed, 409, "This pot is closed"),
    Stale("somebody else took it", "timebank:book", slot_taken("slot_id"), 422, "has just booked this slot"),
    Stale("somebody else took it", "timebank:swap", slot_taken("free_slot_id"), 422, "has just gone"),
    Stale("they ended", "timebank:book", office_hours_ended, 422, "no longer offered"),
    Stale("they ended", "timebank:skip_office_hours", office_hours_ended, 422, "There is a problem"),
    Stale("it was cancelled", "timebank:group_session_book", session_cancelled("group_id"), 409, "cannot be done any more"),
    Stale("it was cancelled", "timebank:group_session_change", session_cancelled("group_id"), 409, "cannot be done any more"),
    Stale("it was cancelled", "timebank:group_session_publish", session_cancelled("group_draft_id"), 409, "cannot be done any more"),
    Stale("it was cancelled", "timebank:group_session_answer", session_cancelled("group_asked_id"), 409, "cannot be done any more"),
    Stale("the other said no", "timebank:cycle_yes", said_no, 409, "did not come together"),
    Stale("another broker decided", "timebank:decide_skill", skill_adopted, 409, "decided about this one already"),
    Stale("another published it", "timebank:policy_publish", published_by_another, 409, "published already"),
    Stale("another put it aside", "timebank:desk_import_confirm", import_put_aside, 409, "was put aside. Nothing was imported"),
    Stale("it was reversed", "timebank:desk_reverse", gift_reversed, 409, "reversed already"),
]  # fmt: skip
