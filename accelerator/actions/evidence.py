"""Showing what was done for a milestone, and reading it."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.validators import URLValidator
from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accelerator.actions import rag
from accelerator.actions.roadmap import change_state, locked
from accelerator.actions.room import take_room
from accelerator.actions.telling import tell_team
from accelerator.models import EvidenceFile, Milestone, Submission
from accelerator.rules import files as file_rules
from accelerator.rules import innovations as who
from accelerator.rules import roadmap as rules
from audit.actions import record
from notifications.actions import notify
from timebank.queries.helpers import helpers_of
from ui.errors import DomainError, Invalid
from ui.formats import hours

is_web_address = URLValidator(schemes=["http", "https"])
LONGEST_ACCOUNT = 10_000


def clean_links(links: Iterable[str]) -> list[str]:
    """The links without blanks and doubles. Raises Invalid for what is no web address."""
    cleaned: list[str] = []
    for link in (line.strip() for line in links):
        if not link or link in cleaned:
            continue
        try:
            is_web_address(link)
        except ValidationError:
            raise Invalid(
                _("“%(link)s” is not a web address. It begins with https://") % {"link": link[:80]}, "links"
            ) from None
        if len(link) > 500:
            raise Invalid(_("One of the links is longer than 500 characters."), "links")
        cleaned.append(link)
    if len(cleaned) > 20:
        raise Invalid(_("Give at most 20 links."), "links")
    return cleaned


@transaction.atomic
def submit(
    *,
    by: Any,
    milestone: Milestone,
    account: str,
    shows: Collection[str] = (),
    links: Iterable[str] = (),
    files: Sequence[File] = (),
    cycle: tuple[str, str, str] = ("", "", ""),
) -> Submission:
    """The team sends evidence: what was done, which lines of the checklist it shows, links, files, and perhaps one test
    cycle (prediction, what happened, what next). What was sent before is kept. The manager is told. A milestone not
    started yet is started by it.

    Raises Invalid (account, links, files, cycle), Missing, NotAllowed, DomainError (evidence is waiting, or it is done).
    """
    who.check_team(by, milestone.innovation)
    account = account.strip()
    if not account:
        raise Invalid(_("Say in a few words what you did and what you found."), field="account")
    if len(account) > LONGEST_ACCOUNT:
        raise Invalid(_("Use 10,000 characters or fewer. Longer texts can be sent as a file."), field="account")
    parts = tuple(part.strip() for part in cycle)
    if any(parts) and not all(parts):
        raise Invalid(
            _("A test has three parts: what you expected, what happened, what is next."), field="cycle_prediction"
        )
    if len(files) > file_rules.MOST_FILES:
        raise Invalid(_("Send at most 10 files at a time."), field="files")
    links = clean_links(links)
    checked = []
    for file in files:
        head = file.read(file_rules.HEAD_BYTES)
        file.seek(0)
        checked.append((file, *file_rules.check(file.name or "", file.size, head)))

    take_room(by=by, more=sum(file.size for file in files), field="files")
    fresh = locked(milestone)
    again = fresh.submissions.filter(state=Submission.State.SUBMITTED, by=by, account=account).first()
    if again:  # a second click
        return again
    if fresh.state == Milestone.State.NOT_STARTED:
        change_state(milestone=fresh, event="start", by=by)
    change_state(milestone=fresh, event="submit", by=by)
    number = (fresh.submissions.aggregate(last=Max("number"))["last"] or 0) + 1
    submission = Submission.objects.create(
        milestone=fresh,
        number=number,
        by=by,
        account=account,
        shows=[line for line in fresh.to_show if line in shows],
        links=links,
        cycle_prediction=parts[0],
        cycle_happened=parts[1],
        cycle_next=parts[2],
    )
    for file, kind, name in checked:
        EvidenceFile.objects.create(submission=submission, file=file, name=name, kind=kind, size=file.size)
    record(by=by, verb="accelerator.evidence.submitted", obj=submission, number=number, files=len(checked))
    notify(
        to=fresh.innovation.manager,
        kind="evidence_sent",
        key=f"evidence {submission.pk} sent",
        subject=_("Evidence to read: %(title)s") % {"title": fresh.title},
        template="accelerator/mail/evidence_sent",
        context={"innovation": fresh.innovation.name, "title": fresh.title, "name": by.name},
        url=reverse("accelerator:read_evidence", args=[submission.pk]),
    )
    rag.refresh(innovation=fresh.innovation)
    return submission


def _review(by: Any, submission: Submission, event: str, comment: str) -> tuple[Submission, Milestone, bool]:
    """Checks and locks, in the order milestone then submission. The third value says that it was done before."""
    who.check_runs(by, submission.milestone.innovation)
    if who.on_team(by, submission.milestone.innovation):
        raise DomainError(_("You are on this team, so another portfolio manager reads its evidence."))
    milestone = locked(submission.milestone)
    fresh = Submission.objects.select_for_update().get(pk=submission.pk)
    target = rules.TRANSITIONS[event].target
    if fresh.state == target:
        return fresh, milestone, True
    if fresh.state != Submission.State.SUBMITTED:
        raise DomainError(_("This evidence has already been read. Open the milestone to see the latest."))
    fresh.state, fresh.comment = target, comment
    fresh.reviewed_by, fresh.reviewed_at = by, timezone.now()
    fresh.save(update_fields=["state", "comment", "reviewed_by", "reviewed_at"])
    return fresh, milestone, False


@transaction.atomic
def send_back(*, by: Any, submission: Submission, comment: str) -> Submission:
    """A manager sends evidence back with a comment that says what would make it enough. Doing it twice changes nothing.
    Raises Invalid without a comment, Missing, NotAllowed, DomainError."""
    comment = comment.strip()
    if not comment:
        raise Invalid(_("Say what is missing, so that the team knows what to do."), field="comment")
    fresh, milestone, again = _review(by, submission, "return", comment)
    if again:
        return fresh
    change_state(milestone=milestone, event="return", by=by)
    tell_team(
        innovation=milestone.innovation,
        kind="evidence_answered",
        key=f"evidence {fresh.pk} returned",
        subject=_("A little more is needed: %(title)s") % {"title": milestone.title},
        template="accelerator/mail/evidence_returned",
        context={"title": milestone.title, "comment": comment, "manager": by.name},
        view="milestone",
        pk=milestone.pk,
    )
    rag.refresh(innovation=milestone.innovation)
    return fresh


@transaction.atomic
def accept(*, by: Any, submission: Submission, comment: str = "") -> Submission:
    """A manager accepts evidence: the milestone is done. The team is told, and so is everybody who gave hours to it:
    what their hour did. Doing it twice changes nothing. Raises Missing, NotAllowed, DomainError."""
    comment = comment.strip()
    fresh, milestone, again = _review(by, submission, "accept", comment)
    if again:
        return fresh
    change_state(milestone=milestone, event="accept", by=by, accepted_at=timezone.now())
    innovation = milestone.innovation
    tell_team(
        innovation=innovation,
        kind="evidence_answered",
        key=f"evidence {fresh.pk} accepted",
        subject=_("Done: %(title)s") % {"title": milestone.title},
        template="accelerator/mail/evidence_accepted",
        context={"title": milestone.title, "comment": comment, "manager": by.name},
        view="milestone",
        pk=milestone.pk,
    )
    _tell_helpers(milestone)
    rag.refresh(innovation=innovation)
    return fresh


def _tell_helpers(milestone: Milestone) -> None:
    """Tells everybody who gave hours to a milestone, and is not on the team, what their hours did: once each."""
    team = [member.user for member in milestone.innovation.members.select_related("user")]
    for helper in helpers_of(milestone.purpose_id, told_about=team):
        if helper.person in team:
            continue
        notify(
            to=helper.person,
            kind="what_your_hour_did",
            key=f"milestone {milestone.pk} accepted",
            subject=_("What your hour did") if helper.minutes <= 60 else _("What your hours did"),
            template="accelerator/mail/what_your_hour_did",
            context={
                "title": milestone.title,
                "innovation": milestone.innovation.name,
                "given": hours(helper.minutes),
            },
            url=reverse("timebank:home"),
        )
