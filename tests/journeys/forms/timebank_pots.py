"""Forms of pots and of group sessions."""

from collections.abc import Mapping
from typing import Any

from people.models import Skill, User
from tests.journeys.sent import KEY, Sent, in_days, on, skill
from tests.timebank.factories import give_credits
from tests.timebank.group_sessions.factories import begin, note, three_days_on
from timebank.actions import ledger, pot_people
from timebank.group_codes import seen_by
from timebank.models import GroupSession, Pot

YES = {"answer": "yes"}
NEITHER = {"neither yes nor no": {"answer": "perhaps"}}
NO_HOURS = {"no time at all": {"minutes": "0"}, "less than nothing": {"minutes": "-1"}}
WANTED = {
    "no time at all": {"wanted_minutes": "0"}, "less than nothing": {"wanted_minutes": "-1"},
    "ten minutes": {"wanted_minutes": "10 min"}, "more than there is": {"wanted_minutes": "1001"},
}  # fmt: skip


def of(who: str, world: Mapping[str, Any]) -> User:
    """One of the matrix's people."""
    return User.objects.get(pk=world[f"{who}_id"])


def a_twig() -> str:
    """A skill of a branch: a pot names no whole branch."""
    return str(Skill.objects.current().filter(parent__isnull=False).order_by("id")[0].pk)


def an_hour_of_ones_own(world: Mapping[str, Any]) -> Mapping[str, Any]:
    give_credits(ledger.account_for(member=of("member", world)), 60)
    return {"key": KEY, "minutes": "0.5", "memo": "For the falls team"}


def a_second_steward(world: Mapping[str, Any]) -> Mapping[str, Any]:
    pot, friend = Pot.objects.get(pk=world["pot_id"]), of("member", world)
    pot_people.invite(by=of("other_party", world), pot=pot, email=friend.email)
    pot_people.answer_invitation(by=friend, pot=pot, yes=True)
    return {}


def somebody_who_joined(world: Mapping[str, Any]) -> Mapping[str, Any]:
    pot_people.join(by=of("member", world), code=world["pot_code"])
    return {}


def session_of(name: str, world: Mapping[str, Any]) -> GroupSession:
    return GroupSession.objects.get(pk=world[name])


def at_the_door(world: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"key": KEY, "seen": seen_by(of("other_party", world), world["group_begun_id"])}


def those_who_came(world: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"present": [str(row.pk) for row in session_of("group_begun_id", world).bookings.all()]}


def a_settled_session(world: Mapping[str, Any]) -> Mapping[str, Any]:
    session = begin(session_of("group_id", world))
    three_days_on(note(session, *session.bookings.all()))
    return {"key": KEY, "reason": "It was counted twice."}


A_SESSION = {
    "key": KEY, "title": "Run charts", "description": "For beginners.", **on("date", in_days(9)), "time": "14:30",
    "minutes": "1.5", "preparation": "0.5", "online_link": "https://meet.example.org/a", "place": "Ward 6",
    "places": "10", "most_minutes": "40 min", "sponsor": "no", "shortfall": "forgone", "stay_away_pays": "no",
}  # fmt: skip
A_PLACE = {"description": "Bring a chart.", "online_link": "https://meet.example.org/b", "place": "Ward 7"}
OPENING = Sent("timebank:open_pot", "member", {"name": "Falls", "aim": "Fewer falls at night"}, needs=("name", "aim"),
               bad={"a story": {"aim": "word " * 201}},
         idle="Kept in the session until the pot is opened.")  # fmt: skip
SKILLS = Sent(
    "timebank:open_pot_skills",
    "member",
    lambda w: {"skills": [a_twig()]},
    after=(OPENING,),
    idle="Kept in the session until the pot is opened.",
)


FORMS = [
    # --- pots ---
    OPENING,
    SKILLS,
    Sent("timebank:open_pot_hours", "member", {"key": KEY, "wanted_minutes": "20"}, after=(OPENING, SKILLS), bad=WANTED),
    Sent("timebank:give", "member", an_hour_of_ones_own, needs=("minutes",),
         bad={**NO_HOURS, "a part of a minute": {"minutes": "0.001"}, "more than there is": {"minutes": "30"}}),
    Sent("timebank:pot_edit", "other_party",
         lambda w: {"name": "Falls", "aim": "Fewer falls at night", "skills": [a_twig()], "wanted_minutes": "20"},
         needs=("name", "aim"), bad=WANTED),
    Sent("timebank:pot_close", "other_party", {"key": KEY, "close_out": "Half as many falls.", "to_pot": ""},
         needs=("close_out",)),
    Sent("timebank:pot_people", "other_party", lambda w: {"email": of("member", w).email}, needs=("email",),
         bad={"no address": {"email": "nobody"}, "oneself": {"email": "matrix-other_party@example.org"}}),
    Sent("timebank:pot_new_link", "other_party", page="timebank:pot_people",
         again="Each press makes another link, as the button says."),
    Sent("timebank:pot_resign", "other_party", a_second_steward, page="timebank:pot_people"),
    Sent("timebank:pot_answer", "party", YES, needs=("answer",), page="timebank:pot", bad=NEITHER),
    Sent("timebank:pot_join", "member"),
    Sent("timebank:pot_leave", "member", somebody_who_joined, page="timebank:pot"),
    Sent("timebank:pot_named", "party", YES, needs=("answer",), page="timebank:pot", bad=NEITHER),
    Sent("timebank:pot_offer", "member", {"key": KEY, "minutes": "0.5", "message": "I could draw the chart."},
         needs=("minutes", "message"), bad={**NO_HOURS, "ten minutes": {"minutes": "10 min"}, "two days": {"minutes": "48"}}),
    Sent("timebank:tariffs", "other_party", {"works": ["review"], "review_minutes": "20 min"}, needs=("review_minutes",),
         bad={"no time at all": {"review_minutes": "0"}, "less than nothing": {"review_minutes": "-1"},
              "a week": {"review_minutes": "168"}}),
    # --- group sessions ---
    Sent("timebank:group_session_new", "member", lambda w: {**A_SESSION, "skills": [skill()]},
         needs=("title", "date", "time", "minutes", "preparation", "places", "most_minutes", "sponsor", "shortfall",
                "stay_away_pays"),
         spare=("pot", "sponsored_minutes"),
         bad={**NO_HOURS, "ten minutes": {"minutes": "10 min"}, "no place": {"places": "0"}, "a crowd": {"places": "501"},
              "a time that is none": {"time": "25:00"}, "a day that is past": on("date", in_days(-3)),
              "no address": {"online_link": "javascript:alert(1)"}, "a sponsor without a pot": {"sponsor": "yes"},
              "a pot that pays, and none": {"shortfall": "pot"}, "less than nothing": {"preparation": "-1"}}),
    Sent("timebank:group_session_change", "party", A_PLACE, bad={"no address": {"online_link": "javascript:alert(1)"}}),
    Sent("timebank:group_session_ask", "party", lambda w: {"email": of("member", w).email, "preparation": "0"},
         needs=("email", "preparation"), page="timebank:group_session",
         bad={"no address": {"email": "nobody"}, "oneself": {"email": "matrix-party@example.org"}}),
    Sent("timebank:group_session_take_off", "party", page="timebank:group_session"),
    Sent("timebank:group_session_answer", "other_party", YES, needs=("answer",), page="timebank:group_session", bad=NEITHER),
    Sent("timebank:group_session_sponsor", "other_party", YES, needs=("answer",), page="timebank:group_session", bad=NEITHER),
    Sent("timebank:group_session_publish", "party", page="timebank:group_session"),
    Sent("timebank:group_session_cancel", "party", {"reason": "The room is gone."}),
    Sent("timebank:group_session_book", "member", {"key": KEY}, needs=("key",), page="timebank:group_session"),
    Sent("timebank:group_session_give_up", "other_party", {"excuse": "duty"}, needs=("excuse",)),
    Sent("timebank:group_here", "other_party", at_the_door, needs=("key",), spare=("seen",)),  # the code itself is good still
    Sent("timebank:group_session_register", "party", those_who_came, bad={"somebody else's place": {"present": ["made-up"]}}),
    Sent("timebank:group_session_untick", "party", page="timebank:group_session"),
    Sent("timebank:group_session_object", "other_party", {"words": "I was on leave."}, needs=("words",)),
    Sent("timebank:group_session_decide", "broker", {"was_there": "no", "note": "The rota says so."},
         needs=("was_there", "note")),
    Sent("timebank:group_session_reverse", "broker", a_settled_session, needs=("reason",)),
]  # fmt: skip
