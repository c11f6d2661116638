"""Every write of the outbox and the inbox."""

import datetime as dt
import functools
import logging
import operator
import smtplib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

import audit.actions
from core import addresses
from notifications import kinds, mailer, rules
from notifications.models import InboxItem, OutboxMessage, Preference, QuietHours
from ui.errors import Invalid, Missing, NotAllowed

if TYPE_CHECKING:
    from notifications import reminders

log = logging.getLogger(__name__)
State = OutboxMessage.State
Pace = OutboxMessage.Pace
SHORTEST_QUOTE = 16  # characters: what is shorter, others may write too
IN_A_ROW = 25  # messages that one task sends, one after the other


def notify(
    *,
    kind: str,
    key: str,
    subject: str,
    template: str,
    to: Any = None,
    to_email: str | None = None,
    context: Mapping[str, Any] | None = None,
    url: str = "",
    button: str = "",
    calendar: Callable[[Any], str] | None = None,
    reminder: str = "",
    deadline: dt.datetime | None = None,
    now: dt.datetime | None = None,
) -> OutboxMessage:
    """Owes somebody a message: an outbox row, and for a user the in-app message too, in the caller's transaction.

    Exactly one of `to` (a user) and `to_email`. `key` says what it tells of ("exchange 42 proposed"): the same key to
    the same person again returns the first row and sends nothing. `template` has a `.txt` twin, rendered with `context`.
    Preferences decide the pace; whatever they say, the in-app message is there. `calendar` gives the iCalendar object, with
    its METHOD, that goes with the e-mail to one person. `reminder` is the slug of the reminder that this is, to be asked again
    before it leaves; one whose `deadline` is near does not wait. Raises LookupError for a kind that no room registered.
    """
    if (to is None) == (not to_email):
        raise ValueError("Give either `to` or `to_email`.")
    [message] = notify_each(
        people=[to] if to is not None else [], to_email=to_email, kind=kind, key=key, subject=subject,
        template=template, context=context, url=url, button=button, calendar=calendar, reminder=reminder,
        deadline=deadline, now=now,
    )  # fmt: skip
    return message


@transaction.atomic(savepoint=False)
def notify_each(
    *,
    people: Sequence[Any],
    kind: str,
    key: str,
    subject: str,
    template: str,
    to_email: str | None = None,
    context: Mapping[str, Any] | None = None,
    url: str = "",
    button: str = "",
    calendar: Callable[[Any], str] | None = None,
    reminder: str = "",
    deadline: dt.datetime | None = None,
    now: dt.datetime | None = None,
) -> list[OutboxMessage]:
    """The same as `notify` for several users (and at most one address): four queries, however many they are."""
    meaning = kinds.get(kind)
    now = now or timezone.now()
    subject = mailer.one_line(subject)
    chosen = dict(Preference.objects.filter(user__in=people, kind=kind).values_list("user_id", "how")) if people else {}
    items, messages = [], []
    outside = [(None, addresses.normal(to_email))] if to_email else []
    for to, address in [*((person, "") for person in people), *outside]:
        given = dict(context or {})
        if to is None:  # a stranger reads it: whatever words a member put in are quoted plainly
            given = {name: mailer.quoted(value) if isinstance(value, str) else value for name, value in given.items()}
        body = mailer.render_text(template, {"url": mailer.absolute(url), "user": to, **given})
        pace: str | None = Pace.AT_ONCE
        reachable = True
        if to is not None:
            items.append(InboxItem(user=to, key=key, kind=kind, subject=subject, text=body, url=url))
            pace = rules.pace(meaning, chosen.get(to.pk) or Preference.How.AT_ONCE, is_reminder=bool(reminder))
            if rules.comes_too_late(pace, deadline, now):
                pace = Pace.AT_ONCE
            if calendar is not None and pace is not None:
                pace = (
                    Pace.AT_ONCE
                )  # what goes into a calendar is in time or of no use, and a digest has no room for it
            reachable = meaning.reaches(to)
        if pace is None or not reachable:
            state = State.DROPPED
        else:
            state = State.QUEUED if pace == Pace.AT_ONCE else State.WAITING
        messages.append(
            OutboxMessage(
                user=to,
                to_email=address,
                key=key,
                kind=kind,
                reminder=reminder,
                subject=subject if to is not None else mailer.quoted(subject)[:200],
                text=body,
                button=button,
                calendar=calendar(to) if calendar is not None else "",
                url=url,
                pace=pace or Pace.AT_ONCE,
                state=state,
                created_at=now,
                not_before=now,
                message_id=mailer.new_message_id(),
            )
        )
    if items:
        InboxItem.objects.bulk_create(items, ignore_conflicts=True)
    OutboxMessage.objects.bulk_create(messages, ignore_conflicts=True)  # what was told before stays as it is
    to_these = models.Q(user__in=people) if people else models.Q(pk=None)
    if to_email:
        to_these |= models.Q(user=None, to_email=messages[-1].to_email)
    kept = {(row.user_id, row.to_email): row for row in OutboxMessage.objects.filter(to_these, key=key)}
    new = []
    for message in messages:
        row = kept[message.user_id, message.to_email]
        row.user = message.user
        if row.message_id == message.message_id and row.state == State.QUEUED:
            new.append(row.pk)
    _enqueue_on_commit(new)
    return [kept[message.user_id, message.to_email] for message in messages]


def drop(*, message: OutboxMessage) -> None:
    """Keeps a message from leaving; what has left stays sent."""
    OutboxMessage.objects.filter(pk=message.pk, state__in=[State.QUEUED, State.WAITING]).update(state=State.DROPPED)


def _enqueue_on_commit(message_ids: Sequence[UUID]) -> None:
    """Hands messages to Celery after the commit, `IN_A_ROW` to a task. A broker that is away loses nothing: the sweep
    finds the rows."""
    from notifications.tasks import send_messages

    def enqueue() -> None:
        for some in in_rows(message_ids):
            send_messages.apply_async([some], retry=False)

    if message_ids:
        transaction.on_commit(enqueue, robust=True)


def in_rows(message_ids: Sequence[UUID]) -> Iterator[list[str]]:
    """The ids as a task takes them, so many that one worker sends them soon."""
    for start in range(0, len(message_ids), IN_A_ROW):
        yield [str(pk) for pk in message_ids[start : start + IN_A_ROW]]


@transaction.atomic(durable=True)
def claim(message_id: UUID) -> OutboxMessage | None:
    """Marks one message as being sent, in a commit of its own before the provider is called.

    None where there is nothing to send: sent meanwhile, held by another worker, not due yet, or no longer wanted.
    """
    now = timezone.now()
    message = (
        OutboxMessage.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("user")
        .filter(pk=message_id, state__in=[State.QUEUED, State.UNCERTAIN], not_before__lte=now)
        .first()
    )
    if message is None:
        return None
    gone = message.purged_at is not None
    unreachable = message.user is not None and not kinds.get(message.kind).reaches(message.user)
    if gone or unreachable:
        message.state = State.DROPPED
        message.save(update_fields=["state"])
        return None
    if now - (message.released_at or message.created_at) > rules.STALE_AFTER and not _still_holds(message, now):
        return None
    message.state = State.SENDING
    message.claimed_at = now
    message.attempts += 1
    message.save(update_fields=["state", "claimed_at", "attempts"])
    return message


def send(message_id: UUID) -> bool:
    """Sends one message now if it is due; True where the provider took it. Safe to call again at any time.

    Not one transaction but three steps: claim (committed), provider, outcome. A worker killed between them leaves the
    row `sending`, which `sweep` finds.
    """
    message = claim(message_id)
    if message is None:
        return False
    digest, stop_url = message.kind == DIGEST, ""
    if message.user is not None and not digest and not kinds.get(message.kind).why_not_off:
        stop_url = mailer.stop_path(message.user_id, message.kind)
    letter = mailer.compose(
        subject=message.subject,
        body=message.text,
        url=message.url,
        button=message.button,
        name=message.user.name if message.user is not None else "",
        stop_url="/inbox/preferences/" if digest else stop_url,
        links=message.user is not None,
    )
    try:
        mailer.deliver(
            to=(message.user.email if message.user is not None else message.to_email) or "",
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
            calendar=message.calendar,
            message_id=message.message_id,
            stop_url=stop_url,
        )
    except Exception as error:
        log.warning("outbox %s: %s", message.pk, type(error).__name__)
        _record_failure(message, error)
        return False
    return bool(
        OutboxMessage.objects.filter(pk=message.pk, claimed_at=message.claimed_at).update(
            state=State.SENT, sent_at=timezone.now(), last_error=""
        )
    )


def _record_failure(message: OutboxMessage, error: Exception) -> None:
    """Tries again later with growing pauses; gives up on a refused address, or after the last attempt."""
    refused = isinstance(error, smtplib.SMTPRecipientsRefused)
    final = refused or message.attempts >= rules.MAX_ATTEMPTS
    code = getattr(error, "smtp_code", "")
    OutboxMessage.objects.filter(pk=message.pk, state=State.SENDING, claimed_at=message.claimed_at).update(
        state=State.FAILED if final else State.QUEUED,
        not_before=timezone.now() + rules.retry_delay(message.attempts),
        last_error=f"{type(error).__name__} {code}".strip()[:300],
    )


def sweep(*, now: dt.datetime | None = None, limit: int = 500) -> list[UUID]:
    """Finds what was left: due rows that no task sent, and rows found `sending` after ten minutes, which become
    `uncertain` and are counted. Returns the ids to send (at most `limit`, oldest first)."""
    now = now or timezone.now()
    OutboxMessage.objects.filter(state=State.SENDING, claimed_at__lt=now - rules.SENDING_LIMIT).update(
        state=State.UNCERTAIN, uncertain_count=models.F("uncertain_count") + 1
    )
    return list(
        OutboxMessage.objects.filter(state__in=[State.QUEUED, State.UNCERTAIN], not_before__lte=now)
        .order_by("not_before", "id")
        .values_list("pk", flat=True)[:limit]
    )


DIGEST = "digest"


def release_waiting(*, now: dt.datetime | None = None) -> int:
    """Lets what waits go out where its pace allows: one e-mail for everything that waits for one person at one pace.

    Nothing leaves in the person's quiet hours, and no reminder whose reason has gone. Returns how many e-mails were queued.
    """
    from notifications.reminders import Standing

    now = now or timezone.now()
    waiting = (
        OutboxMessage.objects.filter(state=State.WAITING, created_at__lte=now)
        .values("user", "pace")
        .annotate(first=models.Min("created_at"))
        .order_by("first", "user", "pace")
    )
    standing = Standing(now)
    return sum(_release(group["user"], group["pace"], standing) for group in waiting)


@transaction.atomic
def _release(user_id: Any, pace: str, standing: "reminders.Standing") -> int:
    now = standing.now
    user = get_user_model().objects.select_for_update(no_key=True).get(pk=user_id)
    parts = list(
        OutboxMessage.objects.select_for_update(skip_locked=True)
        .filter(user=user, pace=pace, state=State.WAITING, created_at__lte=now)
        .order_by("created_at", "id")
    )
    if not parts:
        return 0
    last = OutboxMessage.objects.filter(user=user, pace=pace).aggregate(last=models.Max("released_at"))["last"]
    if rules.release_at(pace, parts[0].created_at, last, now) > now or is_quiet_for(user, now):
        return 0
    parts = _without_gone(parts, standing)
    if not parts:
        return 0
    if len(parts) == 1:
        message = parts[0]
        message.state, message.released_at, message.not_before = State.QUEUED, now, now
        message.save(update_fields=["state", "released_at", "not_before"])
    else:
        message = _fold(user, pace, parts, now)
    _enqueue_on_commit([message.pk])
    return 1


def _without_gone(parts: Sequence[OutboxMessage], standing: "reminders.Standing") -> list[OutboxMessage]:
    """Those messages whose reason holds still; the others are noted as gone, never to be sent, and leave the inbox where
    nobody has opened them yet."""
    gone = [part for part in parts if standing.gone(part)]
    if gone:
        OutboxMessage.objects.filter(pk__in=[part.pk for part in gone]).update(state=State.GONE, digest=None)
        keys = [part.key for part in gone]
        InboxItem.objects.filter(user=gone[0].user_id, key__in=keys).unread().delete()
    return [part for part in parts if part not in gone]


def _still_holds(message: OutboxMessage, now: dt.datetime) -> bool:
    """Asks once more whether what waited in the queue holds: a reminder by itself, a digest line by line. Writes down what
    does not."""
    from notifications.reminders import Standing

    standing = Standing(now)
    if message.kind != DIGEST:
        return bool(_without_gone([message], standing))
    parts = list(message.parts.order_by("created_at", "id"))
    left = _without_gone(parts, standing)
    if not left:
        message.state = State.GONE
        message.save(update_fields=["state"])
    elif len(left) < len(parts):
        message.subject, message.text = _digest_of(left)
        message.save(update_fields=["subject", "text"])
    return bool(left)


def _digest_of(parts: Sequence[OutboxMessage]) -> tuple[str, str]:
    """The subject and the words of one e-mail in place of several: each part's subject and address."""
    subject = ngettext("%(count)d thing waits for you", "%(count)d things wait for you", len(parts)) % {
        "count": len(parts)
    }
    lines = [f"- {part.subject}" + (f": {mailer.absolute(part.url)}" if part.url else "") for part in parts]
    return subject, "\n\n".join([_("Here is what has come up since we last wrote."), "\n".join(lines)])


def _fold(user: Any, pace: str, parts: list[OutboxMessage], now: dt.datetime) -> OutboxMessage:
    """One e-mail in place of several: each part's subject and address, in the order they happened."""
    subject, text = _digest_of(parts)
    digest = OutboxMessage.objects.create(
        user=user,
        kind=DIGEST,
        key=f"{DIGEST}:{pace}:{parts[-1].pk}",
        subject=subject,
        text=text,
        button=_("Open your messages"),
        url="/inbox/",
        pace=pace,
        state=State.QUEUED,
        created_at=now,
        not_before=now,
        released_at=now,
        message_id=mailer.new_message_id(),
    )
    OutboxMessage.objects.filter(pk__in=[part.pk for part in parts]).update(state=State.FOLDED, digest=digest)
    return digest


def is_quiet_for(user: Any, now: dt.datetime) -> bool:
    """Whether this person is not to be disturbed now: their own quiet hours, or 20:00 to 08:00 in London."""
    from notifications import calendar

    own = QuietHours.objects.filter(user=user).first()
    return calendar.in_quiet_hours(now, own.starts, own.ends) if own else calendar.in_quiet_hours(now)


@transaction.atomic
def set_preference(*, by: Any, kind: str, how: str) -> Preference:
    """Says how `by` wants one kind of message by e-mail. Raises Missing for an unknown kind, Invalid for what may not be."""
    try:
        meaning = kinds.get(kind)
    except LookupError:
        raise Missing(_("There is no such kind of message.")) from None
    if how not in Preference.How.values:
        raise Invalid(_("Choose how you want these messages."), field=f"kind-{kind}")
    if meaning.why_not_off and how != Preference.How.AT_ONCE:
        raise Invalid(str(meaning.why_not_off), field=f"kind-{kind}")
    preference, _created = Preference.objects.update_or_create(user=by, kind=kind, defaults={"how": how})
    if how == Preference.How.OFF:
        OutboxMessage.objects.filter(user=by, kind=kind, state=State.WAITING).update(state=State.DROPPED)
    return preference


@transaction.atomic
def set_quiet_hours(*, by: Any, starts: dt.time, ends: dt.time) -> QuietHours:
    """Says between which London times `by` wants no reminders. Raises Invalid where both are the same."""
    if starts == ends:
        raise Invalid(_("Choose two different times."), field="ends")
    hours, _created = QuietHours.objects.update_or_create(user=by, defaults={"starts": starts, "ends": ends})
    return hours


@transaction.atomic
def save_preferences(*, by: Any, chosen: Mapping[str, str], quiet: tuple[dt.time, dt.time]) -> None:
    """Saves one person's whole preferences page: how they want each kind, and their quiet hours. Raises Invalid."""
    for kind, how in chosen.items():
        set_preference(by=by, kind=kind, how=how)
    set_quiet_hours(by=by, starts=quiet[0], ends=quiet[1])


@transaction.atomic
def stop_kind(*, user_id: Any, kind: str) -> None:
    """What a mail's "stop" link does: switches that kind off for its reader. Raises Missing where they are gone."""
    user = get_user_model().objects.filter(pk=user_id).first()
    if user is None:
        raise Missing(_("This link no longer leads anywhere."))
    set_preference(by=user, kind=kind, how=Preference.How.OFF)


@transaction.atomic
def mark_read(*, by: Any, item_id: UUID) -> InboxItem:
    """Opens one in-app message of `by`. Raises Missing where it is not theirs."""
    item = InboxItem.objects.select_for_update().filter(pk=item_id, user=by).first()
    if item is None:
        raise Missing(_("There is no such message."))
    if item.read_at is None:
        item.read_at = timezone.now()
        item.save(update_fields=["read_at"])
    return item


@transaction.atomic
def mark_all_read(*, by: Any) -> int:
    """Marks all of somebody's messages as read; returns how many were not."""
    return InboxItem.objects.filter(user=by).unread().update(read_at=timezone.now())


@transaction.atomic
def retry(*, by: Any, message_id: UUID) -> OutboxMessage:
    """An administrator has a failed message sent again, with the same Message-ID. A second click changes nothing.

    Raises NotAllowed, or Missing where there is no such failed message.
    """
    if not rules.may_see_outbox(by):
        raise NotAllowed(_("Only administrators can send messages again."))
    message = OutboxMessage.objects.select_for_update().filter(pk=message_id).first()
    if message is None or kinds.get(message.kind).private:
        raise Missing(_("There is no such message."))
    if message.state != State.FAILED:
        return message
    if message.purged_at is not None:
        raise Invalid(_("This message is too old to send: its text has been deleted."))
    message.state, message.attempts, message.not_before = State.QUEUED, 0, timezone.now()
    message.save(update_fields=["state", "attempts", "not_before"])
    audit.actions.record(by=by, verb="notifications.message.retried", obj=message)
    _enqueue_on_commit([message.pk])
    return message


def purge_bodies(*, now: dt.datetime | None = None) -> int:
    """Empties messages older than 90 days; that they were sent stays known. Returns how many."""
    now = now or timezone.now()
    old = OutboxMessage.objects.filter(created_at__lt=now - rules.BODY_KEPT, purged_at__isnull=True)
    count = old.exclude(state__in=[State.SENDING]).update(text="", calendar="", purged_at=now)
    InboxItem.objects.filter(created_at__lt=now - rules.BODY_KEPT).exclude(text="").update(text="")
    return count


def withdraw_copies(*, quoting: Sequence[str], about: str, subject: str, all_about: bool = False) -> int:
    """Empties every message, sent or waiting, that quotes one of these texts: for what should never have been written.
    A text shorter than SHORTEST_QUOTE could stand in anybody's letter, so it is looked for only where the message leads to
    an address that holds `about`; with `all_about` each of those is emptied, whatever it says. Mail that has left cannot be
    called back; what has not left never goes. `subject` stands in place of theirs. Returns how many messages there were."""

    def saying(words: str) -> models.Q:
        return models.Q(text__contains=words) | models.Q(subject__contains=words[:100])

    long = [words for words in quoting if len(words) >= SHORTEST_QUOTE]
    short = [words for words in quoting if len(words) < SHORTEST_QUOTE]
    nothing = models.Q(pk=None)
    anywhere = functools.reduce(operator.or_, map(saying, long), nothing)
    near = models.Q() if all_about else functools.reduce(operator.or_, map(saying, short), nothing)
    quoted = anywhere | models.Q(url__contains=about) & near
    rows = OutboxMessage.objects.filter(quoted)
    count = rows.count()
    waiting = rows.filter(state__in=[State.QUEUED, State.WAITING, State.UNCERTAIN, State.FAILED])
    waiting.update(state=State.DROPPED)
    rows.update(text="", calendar="", subject=subject, purged_at=timezone.now())
    InboxItem.objects.filter(quoted).update(text="", subject=subject)
    if not settings.PRODUCTION:
        from notifications.models import CaughtMail

        near_mail = models.Q(text__contains=about) & near  # a mail page's copy has its address in its text
        CaughtMail.objects.filter(anywhere | near_mail).delete()
    return count


def take_from(*, user: Any, url: str) -> int:
    """Takes from one person every message that leads to `url`, which is no longer theirs to know of: it leaves their inbox,
    and what has not left as mail never goes. Returns how many left the inbox."""
    theirs = OutboxMessage.objects.filter(user=user, url=url)
    theirs.filter(state__in=[State.QUEUED, State.WAITING, State.UNCERTAIN, State.FAILED]).update(state=State.DROPPED)
    deleted, _by_model = InboxItem.objects.filter(user=user, url=url).delete()
    return deleted


def close_account(user: Any, by: Any) -> None:
    """A step of closing an account, in its transaction: empties everything that was written to this person."""
    now = timezone.now()
    theirs = OutboxMessage.objects.filter(user=user)
    theirs.filter(state__in=[State.QUEUED, State.WAITING, State.UNCERTAIN, State.FAILED]).update(state=State.DROPPED)
    theirs.filter(purged_at__isnull=True).update(text="", calendar="", subject="", purged_at=now)
    InboxItem.objects.filter(user=user).delete()
    Preference.objects.filter(user=user).delete()
    QuietHours.objects.filter(user=user).delete()


def catch_mail(
    *, sender: str, to: str, subject: str, text: str, html: str, headers: dict[str, str], calendar: str = ""
) -> None:
    """Keeps one mail for the mail page. Only the mail page backend calls it, and never in production."""
    from notifications.models import CaughtMail

    if settings.PRODUCTION:
        raise NotAllowed("The mail page does not exist in production.")
    CaughtMail.objects.create(
        sender=sender, to=to, subject=subject[:300], text=text, html=html, headers=headers, calendar=calendar
    )
