"""Who should not judge what, found before anything is given out."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils import timezone

from accelerator.models import (
    Application,
    Assignment,
    CoachingHour,
    CoApplicant,
    DeclaredConflict,
    KeptAway,
    QuestionHelp,
    ReviewPhase,
    Scribe,
    TriageAnswer,
)
from accelerator.rules import review as rules
from timebank.models import Exchange

Found = dict[Any, dict[Any, list[rules.Conflict]]]


def conflicts(application: Application, reviewer_ids: Collection[Any]) -> dict[Any, list[rules.Conflict]]:
    """reviewer id → why they should not judge `application`, blocking reasons first."""
    found = conflicts_among([application], reviewer_ids)[application.pk]
    return {pk: found.get(pk, []) for pk in reviewer_ids}


def conflicts_among(applications: Iterable[Application], reviewer_ids: Collection[Any]) -> Found:
    """application id → reviewer id → why they should not judge it, blocking reasons first; pairs without a conflict are
    left out. Twelve queries, however many there are of both."""
    judged = {application.pk: application for application in applications}
    reviewers = set(reviewer_ids)
    found: Found = {pk: {} for pk in judged}

    def add(application_id: Any, reviewer_ids: Iterable[Any], conflict: rules.Conflict) -> None:
        for reviewer in set(reviewer_ids) & reviewers:
            reasons = found[application_id].setdefault(reviewer, [])
            if conflict not in reasons:
                reasons.append(conflict)

    joined: dict[Any, set[Any]] = defaultdict(set)
    for pk, user in CoApplicant.objects.filter(application__in=judged).values_list("application_id", "user_id"):
        joined[pk].add(user)
    teams = {pk: {application.lead_id, *joined[pk]} for pk, application in judged.items()}
    everybody = set().union(*teams.values()) if teams else set()
    places, emails = _whereabouts(everybody | reviewers)
    at_place: dict[Any, set[Any]] = defaultdict(set)
    for reviewer in reviewers:
        at_place[places.get(reviewer)].add(reviewer)
    declared = _declared(reviewers)
    hours = exchanged_with(everybody, timezone.now())
    rivals = _rivals(judged.values(), reviewers)
    for pk, application in judged.items():
        team = teams[pk]
        team_places = {places[person] for person in team if person in places}
        add(pk, [application.lead_id], rules.SELF)
        add(pk, joined[pk], rules.TEAM)
        for named in [*team, *team_places, *(emails[person] for person in team if person in emails)]:
            add(pk, declared.get(named, ()), rules.DECLARED)
        for person in team:
            add(pk, hours.get(person, ()), rules.HOURS)
        add(pk, rivals.get(application.wave_id, set()) - team, rules.RIVAL)
    helped = QuestionHelp.objects.filter(
        application__in=judged,
        listing__exchanges__provider__in=reviewers,
        listing__exchanges__accepted_at__isnull=False,
    )
    for pk, reviewer in helped.values_list("application_id", "listing__exchanges__provider_id").distinct():
        add(pk, [reviewer], rules.HELPED)
    taught = Exchange.objects.filter(accepted_at__isnull=False, provider__in=reviewers)
    of_earlier = {a.earlier_id: pk for pk, a in judged.items() if a.earlier_id}
    coached = CoachingHour.objects.filter(application__in={*judged, *of_earlier}, listing__exchanges__in=taught)
    for taught_on, reviewer in coached.values_list("application_id", "listing__exchanges__provider_id"):
        for pk in {taught_on, of_earlier.get(taught_on)} & set(judged):
            add(pk, [reviewer], rules.HELPED)
    kept = KeptAway.objects.filter(application__in=judged, user__in=reviewers)
    for pk, reviewer in kept.values_list("application_id", "user_id"):
        add(pk, [reviewer], rules.DECLARED)
    written = Scribe.objects.filter(application__in=judged, broker__in=reviewers)
    for pk, reviewer in written.values_list("application_id", "broker_id"):
        add(pk, [reviewer], rules.HELPED)
    recused = Assignment.objects.filter(application__in=judged, reviewer__in=reviewers, state=Assignment.State.RECUSED)
    for pk, reviewer in recused.values_list("application_id", "reviewer_id"):
        add(pk, [reviewer], rules.RECUSED)
    for pk, reviewer in _saw_names(judged, reviewers):
        add(pk, [reviewer], rules.SEEN)
    for pk, team in teams.items():
        for place in {places[person] for person in team if person in places}:
            add(pk, at_place[place], rules.WORKPLACE)
    return found


def found_since(
    phase: ReviewPhase, *, viewer: Any = None, without: Collection[Any] = ()
) -> list[tuple[Assignment, list[rules.Conflict]]]:
    """The reviews of a phase, given out or handed in, whose reviewer should not judge the application by what is known now:
    declared, agreed or joined after it was given to them. Not those whose letter has gone, the viewer's own, nor those of
    applications `without`. Constant in queries."""
    rows = (
        Assignment.objects.filter(phase=phase, application__state=Application.State.SUBMITTED)
        .exclude(state__in=[Assignment.State.HANDED_BACK, Assignment.State.RECUSED])
        .exclude(application__decision__sent_at__isnull=False)
        .exclude(application__in=without)
        .exclude(reviewer=viewer)
        .select_related("reviewer", "application")
        .order_by("application__reference", "id")
    )
    standing = list(rows)
    against = conflicts_among({row.application for row in standing}, {row.reviewer_id for row in standing})
    blocking = (
        (row, [c for c in against[row.application_id].get(row.reviewer_id, []) if c.blocks]) for row in standing
    )
    return [(row, found) for row, found in blocking if found]


def _saw_names(applications: Collection[Any], reviewers: Collection[Any]) -> Any:
    """(application id, reviewer id) where a first look showed the reviewer whose idea it is, and scoring would not."""
    visible, kind = ReviewPhase.Visible, ReviewPhase.Kind
    blind = ReviewPhase.objects.filter(kind=kind.SCORE).exclude(names=visible.ALWAYS)
    said = TriageAnswer.objects.filter(application__in=applications, by__in=reviewers)
    said = said.exclude(phase__names=visible.NEVER).filter(application__wave__in=blind.values("wave"))
    return said.values_list("application_id", "by_id")


def _whereabouts(people: Collection[Any]) -> tuple[dict[Any, Any], dict[Any, str]]:
    """user id → organisation id, and user id → e-mail address in lower case, for those who gave them."""
    places, emails = {}, {}
    rows = get_user_model().objects.filter(pk__in=people).values_list("pk", "profile__organisation_id", "email")
    for pk, place, email in rows:
        if place:
            places[pk] = place
        if email:
            emails[pk] = email
    return places, emails


def _declared(reviewers: Collection[Any]) -> dict[Any, set[Any]]:
    """person id, organisation id or e-mail address → the reviewers who said that they cannot judge it."""
    found: dict[Any, set[Any]] = defaultdict(set)
    rows = DeclaredConflict.objects.filter(reviewer__in=reviewers, taken_back_at=None)
    for reviewer, person, organisation, email in rows.values_list(
        "reviewer_id", "person_id", "organisation_id", "email"
    ):
        found[person or organisation or email].add(reviewer)
    return found


def _rivals(applications: Iterable[Application], reviewers: Collection[Any]) -> dict[Any, set[Any]]:
    """wave id → the reviewers who lead, or work on, an application that was sent to it."""
    waves = {application.wave_id for application in applications}
    sent = Application.objects.filter(wave__in=waves, state=Application.State.SUBMITTED)
    joined = CoApplicant.objects.filter(application__in=sent, user__in=reviewers, accepted_at__isnull=False)
    found: dict[Any, set[Any]] = defaultdict(set)
    for wave, user in [
        *sent.filter(lead__in=reviewers).values_list("wave_id", "lead_id"),
        *joined.values_list("application__wave_id", "user_id"),
    ]:
        found[wave].add(user)
    return found


def exchanged_with(people: Collection[Any], now: dt.datetime) -> dict[Any, set[Any]]:
    """person → everybody with whom they have an exchange of hours, agreed or delivered in the last 24 months."""
    since = now - dt.timedelta(days=rules.EXCHANGE_MONTHS * 365.25 / 12)
    rows = Exchange.objects.filter(accepted_at__gte=since).exclude(state="cancelled")
    rows = rows.filter(Q(provider__in=people) | Q(receiver__in=people))
    found: dict[Any, set[Any]] = defaultdict(set)
    for provider, receiver in rows.values_list("provider_id", "receiver_id").distinct():
        found[provider].add(receiver)
        found[receiver].add(provider)
    return found
