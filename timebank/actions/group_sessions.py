"""Preparing a group session: who gives it, who sponsors it, publishing it and calling it off. Amounts are minutes."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record as audit_record
from people.actions import invitations
from people.actions.accounts import clean_email
from people.rules import check_may_act
from timebank.actions import ledger
from timebank.actions.group_lock import (
    givers,
    hosted,
    in_state,
    lock,
    release,
    release_all,
    stewards,
)
from timebank.group_letters import tell, write_to_stranger
from timebank.links import is_link
from timebank.models import GroupBooking, GroupProvider, GroupSession, Pot
from timebank.queries.group_sessions import TAKEN, cost_of, promised_by_pot
from timebank.queries.pots import steward_ids
from ui.errors import DomainError, Invalid, Missing
from ui.formats import hours as say_hours

State, Booking, Answer = GroupSession.State, GroupBooking.State, GroupProvider.Answer


def _check_words(title: str, description: str, online_link: str, place: str) -> None:
    if not title:
        raise Invalid(_("Give it a title, so that people can find it."), field="title")
    if len(title) > 100:
        raise Invalid(_("The title must be 100 characters or fewer."), field="title")
    if len(description) > 4000:
        raise Invalid(_("The description must be 4,000 characters or fewer."), field="description")
    if len(place) > 200:
        raise Invalid(_("The place must be 200 characters or fewer."), field="place")
    if online_link and not is_link(online_link):
        raise Invalid(_("The link must start with https://"), field="online_link")
    if len(online_link) > 300:
        raise Invalid(_("The link must be 300 characters or fewer."), field="online_link")


def _check_numbers(
    starts_at: dt.datetime, minutes: int, places: int, preparation: int, most_minutes: int, sponsored_minutes: int
) -> None:
    if starts_at <= timezone.now():
        raise Invalid(_("The date has passed. Choose a later one."), field="starts_at")
    if not 15 <= minutes <= 1440:
        raise Invalid(_("A session takes between 15 minutes and 24 hours."), field="minutes")
    if not 1 <= places <= 500:
        raise Invalid(_("There can be between 1 and 500 places."), field="places")
    if not 0 <= preparation <= 1440:
        raise Invalid(_("Preparation is at most 24 hours."), field="preparation")
    for field, given in (("most_minutes", most_minutes), ("sponsored_minutes", sponsored_minutes)):
        if not 0 <= given <= 60000:
            raise Invalid(_("Give a time of 0 minutes or more."), field=field)


def _check_price(session: GroupSession) -> None:
    """Raises Invalid where a place could cost more than the session does, or the pot pay more than it costs."""
    cost = cost_of(session)
    if session.sponsored_minutes > cost:
        raise Invalid(
            _("The pot would pay more than the session costs, which is %(cost)s.") % {"cost": say_hours(cost)},
            field="sponsored_minutes",
        )
    rest = cost - session.sponsored_minutes
    if session.most_minutes > rest:
        raise Invalid(
            _("A place cannot cost more than what is left to share, which is %(rest)s.") % {"rest": say_hours(rest)},
            field="most_minutes",
        )


def _check_sponsor(session: GroupSession) -> None:
    """A steward is never paid from their own pot."""
    if session.pot is None:
        return
    if session.pot.closed_at is not None:
        raise Invalid(_("This pot is closed. Choose another sponsor, or none."), field="pot")
    givers = session.providers.filter(answer=Answer.AGREED).values_list("user_id", flat=True)
    if steward_ids(session.pot_id) & set(givers):
        raise Invalid(
            _("A steward cannot be paid from their own pot. Choose another sponsor, or let others give the session."),
            field="pot",
        )


@transaction.atomic
def prepare(
    *,
    by: Any,
    title: str,
    starts_at: dt.datetime,
    minutes: int,
    places: int,
    most_minutes: int,
    key: str,
    preparation: int = 0,
    description: str = "",
    online_link: str = "",
    place: str = "",
    skills: Iterable[Any] = (),
    pot: Pot | None = None,
    sponsored_minutes: int = 0,
    shortfall: str = GroupSession.Shortfall.FORGONE,
    stay_away_pays: bool = False,
    purpose: Any = None,
) -> GroupSession:
    """A session in draft, which only its host sees. The stewards of `pot` are asked whether they sponsor it.

    Raises NotAllowed (may not act) or Invalid (title, description, online_link, place, starts_at, minutes, places,
    preparation, most_minutes, sponsored_minutes, pot)."""
    check_may_act(by)
    if first := GroupSession.objects.filter(host=by, key=key).first():
        return first
    title, description = " ".join(title.split()), description.strip()
    _check_words(title, description, online_link.strip(), place.strip())
    _check_numbers(starts_at, minutes, places, preparation, most_minutes, sponsored_minutes)
    if pot is None:
        sponsored_minutes, shortfall = 0, GroupSession.Shortfall.FORGONE
    try:
        with transaction.atomic():
            session = GroupSession.objects.create(
                host=by, title=title, description=description, starts_at=starts_at, minutes=minutes, places=places,
                most_minutes=most_minutes, online_link=online_link.strip(), place=place.strip(), pot=pot,
                sponsored_minutes=sponsored_minutes, shortfall=shortfall, stay_away_pays=stay_away_pays,
                purpose=purpose or (pot.purpose if pot else None), key=key,
            )  # fmt: skip
    except IntegrityError:
        if first := GroupSession.objects.filter(host=by, key=key).first():  # two clicks at the same moment
            return first
        raise
    GroupProvider.objects.create(
        session=session, user=by, account=ledger.account_for(member=by), preparation=preparation, answer=Answer.AGREED
    )
    session.skills.set(skills)
    _check_sponsor(session)
    _check_price(session)
    audit_record(by=by, verb="timebank.group_session.prepared", obj=session, minutes=minutes, places=places)
    _ask_sponsor(session, by)
    return session


def _ask_sponsor(session: GroupSession, by: Any) -> None:
    if session.pot is not None and session.sponsor_agreed_by_id is None:
        tell(
            session, "sponsor_asked", people=stewards(session), by=by, minutes=promised_by_pot(session),
            nonce=f"{session.sponsored_minutes}:{session.most_minutes}:{cost_of(session)}",
        )  # fmt: skip


@transaction.atomic
def change(*, by: Any, session: GroupSession, description: str, online_link: str, place: str) -> GroupSession:
    """Changes what the session says and where it is, until it has begun; whoever has a place is told of a new place.
    Raises Missing, Invalid (description, online_link, place), DomainError once it is over."""
    fresh = hosted(session, by, State.DRAFT, State.PUBLISHED)
    description, online_link, place = description.strip(), online_link.strip(), place.strip()
    _check_words(fresh.title, description, online_link, place)
    moved = (online_link, place) != (fresh.online_link, fresh.place)
    fresh.description, fresh.online_link, fresh.place = description, online_link, place
    fresh.save(update_fields=["description", "online_link", "place"])
    audit_record(by=by, verb="timebank.group_session.changed", obj=fresh)
    if moved and fresh.state == State.PUBLISHED:
        here = fresh.bookings.filter(state__in=[Booking.BOOKED, Booking.WAITING]).select_related("user")
        tell(fresh, "moved", people=[row.user for row in here], by=by, nonce=f"{online_link}:{place}"[:80])
    return fresh


@transaction.atomic
def ask_to_give(*, by: Any, session: GroupSession, email: str, preparation: int = 0) -> GroupProvider:
    """The host asks whoever has an address to give the session too, with their minutes of preparation. Again changes those.
    Nothing tells the host whether anybody here has it. Whatever a sponsor agreed to is asked anew, since the cost is
    another. Raises Invalid (email, preparation), TooMany."""
    email = clean_email(email)
    fresh = hosted(session, by, State.DRAFT)
    if email == by.email:
        raise Invalid(_("You give it already."), field="email")
    if not 0 <= preparation <= 1440:
        raise Invalid(_("Preparation is at most 24 hours."), field="preparation")
    user = invitations.reached(by=by, email=email)
    asked = Q(email=email) if user is None else Q(email=email) | Q(user=user)
    provider = fresh.providers.filter(asked).first() or GroupProvider(session=fresh)
    provider.user, provider.email, provider.preparation, provider.answer = user, email, preparation, Answer.ASKED
    provider.save()
    _sponsor_anew(fresh, by)
    audit_record(by=by, verb="timebank.group_session.asked", obj=fresh)
    if user is not None:
        tell(fresh, "asked", people=[user], by=by, nonce=str(preparation))
    else:
        write_to_stranger(fresh, by=by, email=email)
    return provider


@transaction.atomic
def take_off(*, by: Any, session: GroupSession, provider: GroupProvider) -> None:
    """The host takes a co-provider off a draft. The host stays. Harmless twice."""
    fresh = hosted(session, by, State.DRAFT)
    if provider.user_id == by.pk:
        raise Invalid(_("A session has its host. Cancel it instead."))
    if fresh.providers.filter(pk=provider.pk).delete()[0]:
        _sponsor_anew(fresh, by)
        audit_record(by=by, verb="timebank.group_session.taken_off", obj=fresh)


@transaction.atomic
def answer_to_give(*, by: Any, session: GroupSession, yes: bool) -> GroupProvider:
    """The person who was asked says yes or no; the host is told. Raises Missing where they were not asked."""
    if yes:
        check_may_act(by)
    fresh = lock(session)
    provider = fresh.providers.filter(user=by).first()
    if provider is None or fresh.host_id == by.pk:
        raise Missing(_("We cannot find that session."))
    in_state(fresh, State.DRAFT)
    answer = Answer.AGREED if yes else Answer.DECLINED
    if provider.answer != answer:
        who = by if yes else provider.shown  # whose address it is, they say with a yes
        provider.answer, provider.email = answer, ""
        if yes:
            provider.account = ledger.account_for(member=by)
        provider.save(update_fields=["answer", "email", "account"])
        if yes:
            _check_sponsor(fresh)
        else:
            _sponsor_anew(fresh, by)
        audit_record(by=by, verb="timebank.group_session.answered", obj=fresh, yes=yes)
        tell(fresh, "said_yes" if yes else "said_no", people=[fresh.host], by=who)
    return provider


def _sponsor_anew(session: GroupSession, by: Any) -> None:
    """What the sponsor agreed to no longer stands: the cost is another."""
    if session.sponsor_agreed_by_id is not None:
        release(session, ledger.account_for(pot=session.pot).pk, by)
        session.sponsor_agreed_by = None
        session.save(update_fields=["sponsor_agreed_by"])
    _ask_sponsor(session, session.host)


@transaction.atomic
def answer_to_sponsor(*, by: Any, session: GroupSession, yes: bool) -> GroupSession:
    """A steward of the pot that was asked says yes, and the most that it may have to pay is held; or no, and the session
    has no sponsor. Raises Missing (no steward of it), Invalid, NotEnough."""
    check_may_act(by)
    fresh = lock(session)
    if fresh.pot is None or by.pk not in steward_ids(fresh.pot_id):
        raise Missing(_("We cannot find that session."))
    in_state(fresh, State.DRAFT)
    promised = promised_by_pot(fresh)
    if yes and fresh.sponsor_agreed_by_id is None:
        _check_sponsor(fresh)
        _check_price(fresh)
        fresh.sponsor_agreed_by = by
        fresh.save(update_fields=["sponsor_agreed_by"])
        if promised:
            ledger.place_hold(
                account_id=ledger.account_for(pot=fresh.pot).pk, minutes=promised, group_session=fresh, by=by,
                key=f"sponsor:{fresh.pk}:{fresh.holds.count()}",
            )  # fmt: skip
        audit_record(by=by, verb="timebank.group_session.sponsored", obj=fresh, pot=str(fresh.pot_id), minutes=promised)
        tell(fresh, "sponsor_yes", people=[fresh.host], by=by, minutes=promised, nonce=str(promised))
    elif not yes:
        release(fresh, ledger.account_for(pot=fresh.pot).pk, by)
        fresh.pot, fresh.sponsor_agreed_by = None, None
        fresh.sponsored_minutes, fresh.shortfall = 0, GroupSession.Shortfall.FORGONE
        fresh.save(update_fields=["pot", "sponsor_agreed_by", "sponsored_minutes", "shortfall"])
        audit_record(by=by, verb="timebank.group_session.not_sponsored", obj=fresh)
        tell(fresh, "sponsor_no", people=[fresh.host], by=by)
    return fresh


@transaction.atomic
def publish(*, by: Any, session: GroupSession) -> GroupSession:
    """Opens the session for booking; from here its price stands. Harmless twice. Raises DomainError while somebody who
    was asked has not answered, Invalid where the price or the date can no longer be."""
    fresh = hosted(session, by, State.DRAFT, State.PUBLISHED)
    if fresh.state == State.PUBLISHED:
        return fresh
    if waiting := fresh.providers.filter(answer=Answer.ASKED).select_related("user").first():
        raise DomainError(_("%(name)s has not answered yet. Wait for it, or take them off.") % {"name": waiting.shown})
    _check_sponsor(fresh)
    if fresh.pot_id and fresh.sponsor_agreed_by_id is None:
        raise DomainError(_("%(pot)s has not said yet whether it sponsors this.") % {"pot": fresh.pot})
    if fresh.starts_at <= timezone.now():
        raise DomainError(_("Its date has passed. Prepare a new session."))
    _check_price(fresh)
    fresh.state, fresh.published_at = State.PUBLISHED, timezone.now()
    fresh.save(update_fields=["state", "published_at"])
    audit_record(by=by, verb="timebank.group_session.published", obj=fresh, cost=cost_of(fresh))
    return fresh


@transaction.atomic
def cancel(*, by: Any, session: GroupSession, reason: str = "") -> GroupSession:
    """The host calls it off, until attendance is noted: all that was held is free, everybody is told. Harmless twice."""
    fresh = lock(session)
    if fresh.host_id != by.pk:
        raise Missing(_("We cannot find that session."))
    if fresh.state == State.CANCELLED:
        return fresh
    in_state(fresh, State.DRAFT, State.PUBLISHED)
    release_all(fresh, by)
    booked = list(fresh.bookings.filter(state__in=[*TAKEN, Booking.WAITING]).select_related("user"))
    others = [person for person in givers(fresh) if person.pk != by.pk]
    was_public = fresh.state == State.PUBLISHED
    fresh.bookings.filter(state__in=[*TAKEN, Booking.WAITING]).update(
        state=Booking.CANCELLED, ended_at=timezone.now(), proof=""
    )
    fresh.state, fresh.reason = State.CANCELLED, reason.strip()[:500]
    fresh.save(update_fields=["state", "reason"])
    audit_record(by=by, verb="timebank.group_session.cancelled", obj=fresh, places=len(booked))
    if was_public:
        everybody = {person.pk: person for person in [*(row.user for row in booked), *others, *stewards(fresh)]}
        tell(fresh, "cancelled", people=everybody.values(), by=by, note=fresh.reason)
    return fresh
