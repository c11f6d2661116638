"""What people of the story do together: a group session to come, one that is settled, and a pot that said what changed."""

import datetime as dt
from collections.abc import Sequence

from django.utils import timezone

from demo.working import next_week
from people.models import Skill, User
from timebank.actions import exchanges, group_places, group_register, group_sessions, hours, pot_people, pots
from timebank.models import Account, GroupBooking, GroupSession

AGO = dt.timedelta(days=6)  # when the session that is settled was given
HOUR = 60


def meet_in_groups(quinn: User, dev: User, members: Sequence[User], skills: dict[str, Skill]) -> None:
    """Quinn's lunch-time session is open for booking; Devika's was given last week, and is settled."""
    able = _who_can_pay(members, HOUR)
    wednesday = next_week(timezone.localdate(), 2)  # her office hours are on Tuesdays
    lunch = timezone.make_aware(dt.datetime.combine(wednesday, dt.time(12, 30)))
    coming = group_sessions.prepare(
        by=quinn, title="Run charts for people who have never drawn one", starts_at=lunch, minutes=60, preparation=30,
        places=12, most_minutes=30, online_link="https://meet.example.org/run-charts", key="demo:group:charts",
        description="Bring ten numbers from your own ward. You leave with a chart, and know what it says.",
        skills=[skills["measurement-for-improvement"]],
    )  # fmt: skip
    group_sessions.publish(by=quinn, session=coming)
    for person in able[:4]:
        group_places.book(by=person, session=coming, key=f"demo:group:charts:{person.pk}")
    _given_last_week(dev, able[4:9], skills["accessibility"])


def _given_last_week(host: User, guests: Sequence[User], skill: Skill) -> None:
    """Booked, begun and closed through the room's own actions, with the clock put back between them."""
    past = group_sessions.prepare(
        by=host, title="Make your form work for everybody", starts_at=timezone.now() + dt.timedelta(days=2), minutes=90,
        preparation=60, places=10, most_minutes=60, online_link="https://meet.example.org/forms", skills=[skill],
        description="We go through three real forms with a screen reader and a keyboard.", key="demo:group:forms",
    )  # fmt: skip
    group_sessions.publish(by=host, session=past)
    booked = [group_places.book(by=guest, session=past, key=f"demo:group:forms:{guest.pk}") for guest in guests]
    now = timezone.now()
    GroupSession.objects.filter(pk=past.pk).update(starts_at=now - dt.timedelta(hours=1), published_at=now - 3 * AGO)
    GroupBooking.objects.filter(session=past).update(asked_at=now - 2 * AGO, booked_at=now - 2 * AGO)
    for place in booked[:3]:
        group_register.check_in(by=place.user, session=past, key=f"demo:group:here:{place.pk}")
    group_register.note_attendance(by=host, session=past, present=[place.pk for place in booked[3:4]])
    GroupSession.objects.filter(pk=past.pk, state=GroupSession.State.NOTED).update(
        starts_at=now - AGO, noted_at=now - AGO, settles_at=now - AGO + dt.timedelta(hours=72)
    )
    group_register.settle(session=past)


def finish_a_pot(dev: User, members: Sequence[User], skill: Skill) -> None:
    """A small project of Devika's, paid for by one gift, with one helper, and its end in one sentence."""
    givers = [user for user in _who_can_pay(members, 11 * HOUR + HOUR) if user != dev]  # an hour above zero
    if len(givers) < 2:
        return  # too small a story for it
    giver, helper = givers[-1], givers[-2]
    pot = pots.open_pot(
        by=dev, kind="project", name="Appointment letters in plain English", wanted_minutes=HOUR, skills=[skill],
        aim="Letters that people understand the first time, in two clinics.",
    )  # fmt: skip
    pots.give(by=giver, to_pot=pot, minutes=HOUR, key="demo:pot:gift", memo="My mother got one of those")
    asked = exchanges.propose(
        by=dev, provider=helper, receiver=dev, pot=pot, minutes=45, key="demo:pot:help",
        message="Could you read six letters aloud to me and tell me where you stumble?",
    )  # fmt: skip
    exchanges.accept(by=helper, exchange=asked)
    for person in (helper, dev):
        hours.record_hours(by=person, exchange=asked, minutes=45, key=f"demo:pot:hours:{person.pk}")
    pot_people.be_named(by=helper, pot=pot, yes=True)
    pots.close_pot(
        by=dev, pot=pot, key="demo:pot:done",
        close_out="Both clinics send the new letter. Calls to ask what it means fell from 31 to 12 a month.",
    )  # fmt: skip


def _who_can_pay(members: Sequence[User], minutes: int) -> list[User]:
    """Those of the story with so much to spend, in its order."""
    accounts = Account.objects.filter(member__in=members, closed_at=None).select_related("member")
    able = {account.member_id for account in accounts if account.available >= minutes}
    return [user for user in members if user.pk in able]
