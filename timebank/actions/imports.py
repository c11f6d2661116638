"""Files from other systems: uploaded, read without moving anything, confirmed by a person, then done in parts, each whole.

Everything that an import moves has a key made from the row itself, of no actor: so the same rows move once, whoever
imports them, in whichever file. Who confirmed a file is on the `Import` and in the audit log."""

import datetime as dt
import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record, record_each
from audit.ids import new_ids
from people.actions import standing
from people.actions.accounts import bring_all_aboard
from people.models import Standing, User
from people.rules import check_role
from timebank.actions import ledger
from timebank.desk_letters import tell
from timebank.models import Account, Import, ImportedId, Listing, Transfer
from timebank.queries import imports as queries
from timebank.queries.imports import ListingRow, MemberRow, Plan, TransferRow
from ui.errors import DomainError, Invalid, Missing
from ui.formats import hours

log = logging.getLogger(__name__)
LARGEST_BYTES = 20 * 1024 * 1024  # as the form says
READ_AT_ONCE = 200 * 1024  # bytes; a larger file is read by a worker
SECOND_CLICK = dt.timedelta(minutes=1)
PART = 1_000  # rows in one transaction
KEPT_DAYS = 7  # a file that nobody confirmed
State = Import.State


@transaction.atomic
def upload(*, by: Any, kind: str, source: str, name: str, content: bytes) -> Import:
    """Takes in a file and reads it: at once where it is small, else by a worker. Nothing moves. The same file again within
    a minute is the same upload. By a broker or an administrator. Raises NotAllowed, Invalid (kind, source, file)."""
    check_role(by, "broker", "administrator")
    source = " ".join(source.split())
    if kind not in Import.Kind.values:
        raise Invalid(_("Choose what the file holds."), field="kind")
    if not source or len(source) > 60:
        raise Invalid(_("Name where the file comes from, in up to 60 characters."), field="source")
    if not content:
        raise Invalid(_("The file is empty. Choose another one."), field="file")
    if len(content) > LARGEST_BYTES:
        raise Invalid(_("The file is larger than 20 MB. Split it."), field="file")
    User.objects.select_for_update(no_key=True).get(pk=by.pk)  # two clicks follow one another
    same = Import.objects.filter(uploaded_by=by, kind=kind, source=source, name=name[:120], content=content)
    if found := same.filter(uploaded_at__gte=timezone.now() - SECOND_CLICK).defer("content").first():
        return found
    found = Import.objects.create(kind=kind, source=source, name=name[:120], content=content, uploaded_by=by)
    found.refresh_from_db()
    record(by=by, verb="timebank.import.uploaded", obj=found, kind=kind, bytes=len(content))
    if len(content) <= READ_AT_ONCE:
        read(upload_id=found.pk)
        found.refresh_from_db()
    else:
        _later(found)
    return found


def _later(upload: Import) -> None:
    """Hands the next step to a worker after the commit; a sweep finds what no worker took."""
    from timebank.tasks import go_on_with_import

    transaction.on_commit(lambda: go_on_with_import.apply_async([str(upload.pk)], retry=False), robust=True)


def _locked(upload_id: UUID | str, *states: str) -> Import | None:
    """The import, locked, if it is in one of these states and nobody else is busy with it."""
    return (
        Import.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("uploaded_by", "confirmed_by")
        .defer("content")
        .filter(pk=upload_id, state__in=states)
        .first()
    )


@transaction.atomic
def read(*, upload_id: UUID | str) -> bool:
    """Says what an uploaded file would do. False where it was read already, or another worker is reading it."""
    found = _locked(upload_id, State.READING)
    if found is None:
        return False
    _keep(found, queries.plan(found))
    found.state = State.READ
    found.save()
    return True


def _keep(upload: Import, plan: Plan) -> None:
    upload.totals = plan.totals
    upload.problems, upload.problem_count = plan.problems[: queries.KEPT], len(plan.problems)
    upload.notes, upload.note_count = plan.notes[: queries.KEPT], len(plan.notes)


@transaction.atomic
def confirm(*, by: Any, upload: Import) -> Import:
    """Says yes to what the preview shows; a worker does it. A second click changes nothing. Raises NotAllowed, Missing,
    DomainError where a row has a problem, or the file was not read yet or is over."""
    check_role(by, "broker", "administrator")
    found = Import.objects.select_for_update().filter(pk=upload.pk).first()
    if found is None:
        raise Missing(_("We cannot find that import."))
    if found.state in {State.QUEUED, State.DONE}:
        return found
    if found.state != State.READ:
        raise DomainError(_("This file was not read yet, or was put aside. Nothing was imported."))
    if found.problem_count:
        raise DomainError(
            _("Some rows cannot be imported, so none was. Put them right in the file and upload it again.")
        )
    found.state, found.confirmed_by, found.confirmed_at, found.done = State.QUEUED, by, timezone.now(), 0
    found.save(update_fields=["state", "confirmed_by", "confirmed_at", "done"])
    record(by=by, verb="timebank.import.confirmed", obj=found, kind=found.kind)
    _later(found)
    return found


@transaction.atomic
def cancel(*, by: Any, upload: Import) -> Import:
    """Puts a file aside before it is imported, and empties it. A second click changes nothing. Raises DomainError where
    it is being imported or was."""
    check_role(by, "broker", "administrator")
    found = Import.objects.select_for_update().get(pk=upload.pk)
    if found.state in {State.QUEUED, State.DONE}:
        raise DomainError(_("This file is being imported, or was. It can no longer be put aside."))
    if found.state != State.CANCELLED:
        _end(found, State.CANCELLED)
        record(by=by, verb="timebank.import.cancelled", obj=found)
    return found


def _end(upload: Import, state: str) -> None:
    upload.state, upload.finished_at, upload.content = state, timezone.now(), b""
    upload.problems = upload.notes = []  # they quote the file
    upload.save()


def run(*, upload_id: UUID | str) -> bool:
    """Does what was confirmed, `PART` rows at a time: each part is a transaction, so a worker that dies loses at most one,
    and nobody waits long for an account. The file is read again first: where something has changed since and a row would
    fail, nothing of the rest moves and the preview says so. False where another worker has it, or it is over."""
    found = (
        Import.objects.select_related("uploaded_by", "confirmed_by").filter(pk=upload_id, state=State.QUEUED).first()
    )
    if found is None:
        return False
    plan = queries.plan(found)
    if plan.problems or not found.done:
        if not _read_again(found, plan):
            return False
        if plan.problems:
            return True
    while _part(found, plan):
        pass
    return found.state == State.DONE


@transaction.atomic
def _read_again(upload: Import, plan: Plan) -> bool:
    """Keeps what the file would do now. With a problem it goes back to the preview. False where another worker has it."""
    found = _locked(upload.pk, State.QUEUED)
    if found is None or found.done != upload.done:
        return False
    _keep(found, plan)
    if plan.problems:
        found.state, found.confirmed_by, found.confirmed_at = State.READ, None, None
    found.save()
    return True


@transaction.atomic
def _part(upload: Import, plan: Plan) -> bool:
    """Does the next rows; false where there is no more to do, or another worker has gone on."""
    found = _locked(upload.pk, State.QUEUED)
    if found is None or found.done != upload.done:
        return False
    rows = plan.rows[found.done : found.done + PART]
    DO[Import.Kind(found.kind)](found, rows)
    found.done += len(rows)
    if found.done < len(plan.rows):
        found.save(update_fields=["done"])
    else:
        record(by=found.confirmed_by, verb="timebank.import.done", obj=found, kind=found.kind, **found.totals)
        _end(found, State.DONE)
    upload.done, upload.state = found.done, found.state
    return found.state == State.QUEUED


def _bring_members(upload: Import, rows: list[MemberRow]) -> None:
    """People are made or found and their ids kept; each opening balance is one grant that names its source. They are
    invited, and can act once they have agreed to the code of conduct."""
    new = [row for row in rows if row.user is None]
    made = bring_all_aboard(people=[(row.name, row.email) for row in new], by=upload.confirmed_by)
    people = {row.line: row.user for row in rows} | dict(zip((row.line for row in new), made, strict=True))
    source = queries.source_name(upload.source)
    ImportedId.objects.bulk_create(
        [
            ImportedId(source=source, external_id=row.external_id, user=people[row.line])
            for row in rows
            if row.external_id
        ],
        ignore_conflicts=True,  # known already
    )
    standing.begin_all(
        members=list({user.pk: user for user in people.values() if user is not None}.values()),
        ground=Standing.Ground.IMPORT,
        by=upload.confirmed_by,
        about=upload.pk,
    )
    _open_with(upload, [(row, people[row.line]) for row in rows if row.minutes and not row.granted])
    tell(
        [user for user in made if user.email],
        key=f"desk.invited:{upload.pk}",
        subject=_("Your place in the time bank is ready"),
        words=_(
            "%(broker)s, a time broker, has made a place for you here, from %(source)s. Sign in with this e-mail "
            "address and agree to the code of conduct, and you can give and ask for hours. Until then nobody can "
            "make an exchange with you."
        )
        % {"broker": upload.confirmed_by, "source": upload.source},
        url=reverse("people:sign_in"),
    )


def _open_with(upload: Import, rows: list[tuple[MemberRow, Any]]) -> None:
    """Opening balances: each a grant; what somebody owes goes to the community pot, since issuance takes nothing in."""
    accounts = ledger.accounts_for([user for _row, user in rows])
    issuance, community = (ledger.system_account(name).pk for name in (Account.ISSUANCE, Account.COMMUNITY_POT))
    words = _("Opening balance from %(source)s") % {"source": upload.source}
    _post(
        [
            ledger.Past(
                kind=Transfer.Kind.GRANT if row.minutes > 0 else Transfer.Kind.ADJUSTMENT,
                payer=issuance if row.minutes > 0 else accounts[user.pk].pk,
                payee=accounts[user.pk].pk if row.minutes > 0 else community,
                minutes=abs(row.minutes),
                key=row.key,
                memo=words,
                at=timezone.now(),
            )
            for row, user in rows
        ],
        {accounts[user.pk].pk: user for _row, user in rows},
    )
    record_each(
        by=None,
        verb="timebank.credits.granted",
        about=[
            (accounts[user.pk], None, {"minutes": row.minutes, "source": Account.ISSUANCE})
            for row, user in rows
            if row.minutes > 0
        ],
    )


def _post_listings(upload: Import, rows: list[ListingRow]) -> None:
    """Listings go on the board; those of people who have not agreed to the code of conduct wait, paused, until they do."""
    now = timezone.now()
    fresh = [row for row in rows if not row.posted]
    posted = Listing.objects.bulk_create(
        [
            Listing(
                pk=pk,
                kind=row.kind,
                member=row.user,
                posted_by=row.user,
                title=row.title,
                description=row.description,
                minutes=row.minutes,
                mode=row.mode,
                place=row.place,
                paused_at=None if row.user.conduct_accepted_at else now,
                key=row.key,
            )
            for pk, row in zip(new_ids(len(fresh)), fresh, strict=True)
        ],
        batch_size=1000,
    )
    both = list(zip(posted, fresh, strict=True))
    tag = Listing.skills.through
    tag.objects.bulk_create(
        [tag(listing=listing, skill=skill) for listing, row in both for skill in {*row.skills}], batch_size=1000
    )
    record_each(
        by=upload.confirmed_by,
        verb="timebank.listing.posted",
        about=[(listing, row.user, {"kind": row.kind}) for listing, row in both],
    )


def _post_transfers(upload: Import, rows: list[TransferRow]) -> None:
    """Past entries, oldest first."""
    rows = [row for row in rows if not row.moved]
    people = {user.pk: user for row in rows for user in (row.payer, row.payee) if user}
    accounts = ledger.accounts_for(list(people.values()))
    issuance, community = (ledger.system_account(name).pk for name in (Account.ISSUANCE, Account.COMMUNITY_POT))
    _post(
        [
            ledger.Past(
                kind=Transfer.Kind.GRANT if row.payer is None else Transfer.Kind.ADJUSTMENT,
                payer=accounts[row.payer.pk].pk if row.payer else issuance,
                payee=accounts[row.payee.pk].pk if row.payee else community,
                minutes=row.minutes,
                key=row.key,
                memo=row.memo,
                at=row.at,
            )
            for row in rows
        ],
        {account.pk: people[pk] for pk, account in accounts.items()},
    )


def _post(past: list[ledger.Past], owners: dict[Any, Any]) -> None:
    """Posts in the order given. Raises DomainError that names who spent between the reading and the lock."""
    ledger.lock_all(account for one in past for account in (one.payer, one.payee))
    try:
        ledger.post_past(past)
    except ledger.NotEnough as error:
        raise DomainError(
            _("%(name)s is %(time)s short now.")
            % {"name": owners.get(error.account_id, ""), "time": hours(error.missing)}
        ) from error


DO: dict[str, Callable[[Import, Any], None]] = {
    Import.Kind.MEMBERS: _bring_members,
    Import.Kind.LISTINGS: _post_listings,
    Import.Kind.TRANSFERS: _post_transfers,
}


def go_on(*, upload_id: UUID | str) -> bool:
    """The next step of an import, whichever it is: what a worker calls. What cannot be done now goes back to the preview,
    with why."""
    if read(upload_id=upload_id):
        return True
    try:
        return run(upload_id=upload_id)
    except DomainError as error:
        _put_back(upload_id, str(error))
    except Exception:
        log.exception("Import %s failed; nothing of its last part was kept.", upload_id)
        _put_back(upload_id, _("Something went wrong on our side. Import the file again later."))
    return False


@transaction.atomic
def _put_back(upload_id: UUID | str, why: str) -> None:
    found = _locked(upload_id, State.QUEUED)
    if found is not None:
        found.state, found.confirmed_by, found.confirmed_at = State.READ, None, None
        found.problems, found.problem_count = [(0, why)], 1  # 0: the file as a whole
        found.save()


def left() -> list[Any]:
    """Imports that wait for a worker: for the sweep, in case the one that had them died."""
    return list(
        Import.objects.filter(state__in=[State.READING, State.QUEUED]).order_by("pk").values_list("pk", flat=True)
    )


@transaction.atomic
def purge() -> int:
    """Empties files that nobody confirmed for a week. Returns how many."""
    before = timezone.now() - dt.timedelta(days=KEPT_DAYS)
    old = Import.objects.select_for_update().filter(state__in=[State.READ, State.READING], uploaded_at__lt=before)
    count = 0
    for found in old:
        _end(found, State.CANCELLED)
        count += 1
    return count


def forget(user: Any, by: Any) -> None:
    """A step of closing an account: who somebody was elsewhere is no longer kept."""
    ImportedId.objects.filter(user=user).delete()
