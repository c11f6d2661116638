"""Flags that somebody may be named: who is asked, what waits, and what was taken away."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.utils import timezone

from accelerator.models import Answer, Application, EvidenceFile, EvidenceFlag, PatientFlag, Upload
from accelerator.models.quarantine import FlagQuerySet
from accelerator.queries.kept import holding, is_kept_from, too_close
from accelerator.rules import access
from accelerator.rules import apply as apply_rules
from accelerator.rules import quarantine as rules
from people.models import RoleGrant
from people.rules import has_role, live_grants


def may_decide(user: Any, application: Application) -> bool:
    """Whether this person takes things away: a portfolio manager of the wave, or a safeguarding lead, from whom the
    application is not kept."""
    if not (access.runs(user, application.wave) or has_role(user, "safeguarding_lead")):
        return False
    return not is_kept_from(user, application)


def may_decide_evidence(user: Any, application: Application) -> bool:
    """The same of evidence, once an idea is in: its managers work with its team, so only the team's own is kept from them."""
    runs = access.runs(user, application.wave) or has_role(user, "safeguarding_lead")
    return runs and not Application.objects.of(user).filter(pk=application.pk).exists()


def keepers(application: Application, *, of_evidence: bool = False) -> list[Any]:
    """Everybody who may decide about flags on an application, or on the evidence of what became of it, to be told of one;
    the administrators where it is kept from all of them."""
    here = Q(role="portfolio_manager", scope__in=["", str(application.wave_id)]) | Q(role="safeguarding_lead")
    holders = RoleGrant.objects.filter(here).live(timezone.now()).values("user")
    people = get_user_model().objects.active().filter(pk__in=holders).order_by("pk")
    if of_evidence:
        own = {person.pk for person in people if Application.objects.of(person).filter(pk=application.pk).exists()}
    else:
        own = {person.pk for person in people if is_kept_from(person, application)}
    return [person for person in people if person.pk not in own] or holding("administrator")


def flags_for(user: Any) -> "QuerySet[PatientFlag]":
    """The flags on answers that this person decides about: those that wait first, oldest first, then the latest decisions
    that can still be undone. Not those on applications that are kept from them."""
    rows = _theirs(user, PatientFlag.objects.on_the_desk(timezone.now()), about="application")
    rows = rows.exclude(application__in=Application.objects.filter(too_close(user)).values("pk"))
    return rows.select_related("application__wave", "question", "flagged_by", "decided_by")


def evidence_flags_for(user: Any) -> "QuerySet[EvidenceFlag]":
    """The flags on evidence that this person decides about, in the same order."""
    innovation = "submission__milestone__innovation"
    rows = _theirs(user, EvidenceFlag.objects.on_the_desk(timezone.now()), about=f"{innovation}__application")
    rows = rows.exclude(**{f"{innovation}__application__in": Application.objects.of(user).values("pk")})
    return rows.select_related(f"{innovation}__wave", "file", "flagged_by", "decided_by")


def _theirs(user: Any, rows: FlagQuerySet, *, about: str) -> FlagQuerySet:
    """All of them for a safeguarding lead or a manager of every wave; otherwise those of the waves that they manage."""
    scopes = [scope for role, scope in live_grants(user) if role == "portfolio_manager"]
    if has_role(user, "safeguarding_lead") or "" in scopes:
        return rows
    return rows.filter(**{f"{about}__wave__in": scopes})


def flagged_file(user: Any, flag_id: Any) -> Upload | EvidenceFile | None:
    """The file that an open flag of this person's is about; None where there is none, or it is not theirs to decide."""
    flag = flags_for(user).filter(pk=flag_id, state=PatientFlag.State.OPEN).first()
    if flag is not None:
        return Upload.objects.filter(application=flag.application, question=flag.question, removed_at=None).first()
    of_evidence = evidence_flags_for(user).filter(pk=flag_id, state=EvidenceFlag.State.OPEN).first()
    return of_evidence.file if of_evidence else None


def waiting_for(user: Any) -> int:
    """How many flags wait for this person's answer."""
    state = PatientFlag.State.OPEN
    return flags_for(user).filter(state=state).count() + evidence_flags_for(user).filter(state=state).count()


def relatives(application: Application) -> set[Any]:
    """The applications of the same idea to other calls, earlier and later, without this one."""
    found, more = {application.pk}, {application.pk}
    while more:
        near = Application.objects.filter(Q(earlier__in=more) | Q(later__in=more)).values_list("pk", flat=True)
        more = set(near) - found
        found |= more
    return found - {application.pk}


def with_texts(flags: Iterable[PatientFlag]) -> list[tuple[PatientFlag, list[str]]]:
    """Each flag with what is flagged, for whoever decides: the answer as lines, or the names of its files; nothing once
    it is taken away. Two queries, however many."""
    flags = list(flags)
    waiting = [one for one in flags if one.state == PatientFlag.State.OPEN]
    about = {
        "application__in": [one.application_id for one in waiting],
        "question__in": [one.question_id for one in waiting],
    }
    lines: dict[Any, list[str]] = defaultdict(list)
    for answer in Answer.objects.filter(**about).select_related("question"):
        lines[answer.application_id, answer.question_id] += apply_rules.display(answer.question, answer.value)
    for upload in Upload.objects.filter(**about, removed_at=None).order_by("id"):
        lines[upload.application_id, upload.question_id].append(upload.name)
    return [
        (one, lines[one.application_id, one.question_id] if one.state == PatientFlag.State.OPEN else [])
        for one in flags
    ]


def asked_again(application: Application) -> set[Any]:
    """The questions of an application that was sent which its people may answer again: what stood there was taken away, or
    a manager asked for another file. Two queries."""
    now = timezone.now()
    flags = application.patient_flags.filter(state=PatientFlag.State.TAKEN)
    taken = {one.question_id for one in flags if rules.written_again(application.state, one.state, one.decided_at, now)}
    if application.state != Application.State.SUBMITTED:
        return taken
    asked = application.uploads.filter(another_asked_at__isnull=False, removed_at=None)
    return taken | set(
        asked.exclude(application__decision__sent_at__isnull=False).values_list("question_id", flat=True)
    )
