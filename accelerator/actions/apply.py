"""Applying: from the sentence at the door to the confirmation."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

import audit.actions
from accelerator import invitations
from accelerator.actions import copies, helping
from accelerator.actions.judging import check_may_judge
from accelerator.actions.locking import acting_for, locked
from accelerator.actions.room import take_room
from accelerator.actions.telling import pass_on
from accelerator.models import Answer, Application, CoApplicant, KeptText, Question, Upload, Wave
from accelerator.queries.apply import asked_to_join, read_answers
from accelerator.queries.quarantine import asked_again
from accelerator.rules import access, files
from accelerator.rules import apply as rules
from core import addresses
from notifications.actions import drop, notify, notify_each
from people.actions.accounts import clean_email
from people.actions.invitations import reached
from people.models import User
from ui.errors import DomainError, Invalid, Missing, NotAllowed
from ui.formats import day, moment

MOST_INVITED = 10  # addresses an application
SENTENCE = "sentence"  # the key of the question that the door asks too


def wave_for_now() -> Wave | None:
    """The wave that a new idea goes to: the open call that closes first, else the next to open, else none."""
    now = timezone.now()
    return Wave.objects.call_open(now).first() or Wave.objects.call_ahead(now).first()


@transaction.atomic
def begin(*, by: Any, wave: Wave | None = None, sentence: str = "", on_behalf_of: Any = None) -> Application:
    """The draft of `by` (of `on_behalf_of`, for whom a broker writes) for `wave`, made now or found: a second click finds
    the first one's. An idea that was kept without a wave moves into it. `sentence` becomes the first answer where there is
    none yet; a different one is kept beside it. Raises DomainError where the call has closed."""
    if wave is not None and timezone.now() >= wave.call_closes:
        raise DomainError(
            _("The call of %(wave)s closed on %(when)s. We can keep your idea for the next one.")
            % {"wave": wave.name, "when": moment(wave.call_closes, zone=True)}
        )
    lead = on_behalf_of or by
    User.objects.select_for_update().get(pk=lead.pk)  # two clicks at once make one draft
    drafts = Application.objects.filter(lead=lead, state=Application.State.DRAFT)
    application = drafts.filter(wave=wave).first()
    if application is None and wave is not None:
        application = drafts.filter(wave=None).first()
    if application is None:
        application = Application.objects.create(lead=lead, wave=wave)
        application.refresh_from_db()
        audit.actions.record(by=by, verb="accelerator.application.begun", obj=application, on_behalf_of=on_behalf_of)
    elif wave is not None and application.wave_id is None:
        application.wave = wave
        application.save(update_fields=["wave"])
    sentence = sentence.strip()[:300]
    if sentence:
        _keep_sentence(application, by, sentence)
    elif application.sentence:
        _keep_sentence(application, by, application.sentence)
    return application


def _keep_sentence(application: Application, by: Any, sentence: str) -> None:
    """The sentence from the door becomes the first answer, unless another one stands there: then both are kept."""
    if not application.sentence:
        application.sentence = sentence
        application.save(update_fields=["sentence"])
    if application.wave is None:
        return
    question = Question.objects.filter(question_set=application.wave.question_set_id, key=SENTENCE).first()
    if question is None:
        return
    answer, made = Answer.objects.get_or_create(
        application=application, question=question, defaults={"value": sentence, "saved_by": by}
    )
    if not made and answer.value != sentence:
        _keep_text(application, question, by, sentence)


def _wave_meant(start: Any) -> Wave | None:
    """The wave whose page somebody came from, or whose campaign's poster they scanned; None where its call is over."""
    answerable = Wave.objects.filter(call_closes__gt=timezone.now()).order_by("call_closes", "id")
    if start.onward and (found := answerable.filter(slug=start.onward).first()):
        return found
    return answerable.filter(campaign=start.placement.campaign_id).first() if start.placement else None


def from_the_door(user: Any, start: Any) -> str:
    """Where somebody goes who came through the door with an idea: their sentence is a draft already, in the wave whose page
    or poster led them here where its call can still be answered, else in the wave for now."""
    sentence, wave = start.sentence.strip()[:300], _wave_meant(start) or wave_for_now()
    found = Application.objects.filter(lead=user, wave=wave, sentence=sentence).exclude(sentence="").first()
    application = found or begin(by=user, wave=wave, sentence=sentence)
    return reverse("accelerator:application", args=[application.pk])


@dataclass(frozen=True)
class Saved:
    """What came of a save. `theirs` is the answer that stood there first, where the page was stale: then nothing was
    overwritten, and what was typed is kept in `kept`."""

    answer: Answer | None
    kept: KeptText | None = None

    @property
    def stale(self) -> bool:
        return self.kept is not None


@transaction.atomic
def save_answer(
    *, by: Any, application: Application, question: Question, value: Any, seen_version: int, page: str = ""
) -> Saved:
    """Saves one answer of a draft, however unfinished; checks come when going on and when submitting.

    `seen_version` is the version that the page showed (0: none yet); `page` names the open page, whose own later saves
    are not stale. Where another editor was first, or the application is no draft any more, what was typed is kept beside
    the answer and nothing is overwritten. Idempotent: the same text again changes nothing. Raises Missing, NotAllowed,
    and Invalid for something that no page sends."""
    application = locked(by, application.pk)
    if question.question_set_id != (application.wave and application.wave.question_set_id):
        raise Missing(_("This application has no such question."))
    _check_storable(question, value)
    answer = Answer.objects.filter(application=application, question=question).first()
    standing = answer.value if answer else None
    if standing == value or (rules.is_empty(standing) and rules.is_empty(value)):
        _forget_kept(application, question, by)
        return Saved(answer)
    version = answer.version if answer else 0
    own_page = bool(answer and page and answer.page == page)
    if (version != seen_version and not own_page) or not _may_be_written(application, question):
        return Saved(answer, _keep_text(application, question, by, value))
    now = timezone.now()
    answer, _made = Answer.objects.update_or_create(
        application=application,
        question=question,
        defaults={"value": value, "version": version + 1, "saved_at": now, "saved_by": by, "page": page[:36]},
    )
    if question.key == SENTENCE:
        application.sentence = str(value)[:300]
    application.last_question, application.changed_at = question.key, now
    application.save(update_fields=["sentence", "last_question", "changed_at"])
    if lead := acting_for(by, application):
        audit.actions.record(
            by=by, verb="accelerator.answer.written_down", obj=application, on_behalf_of=lead, question=question.key
        )
    _forget_kept(application, question, by)
    return Saved(answer)


@transaction.atomic
def keep_unasked(*, by: Any, application: Application, question: Question, value: Any) -> KeptText:
    """Keeps what somebody typed on a page whose question the wave asks no more. Raises Missing, NotAllowed, Invalid."""
    application = locked(by, application.pk)
    _check_storable(question, value)
    return _keep_text(application, question, by, value)


def _may_be_written(application: Application, question: Question) -> bool:
    """A draft may; of one that was sent, only an answer that was taken away because it named a patient."""
    if application.state == Application.State.DRAFT:
        return True
    return question.pk in asked_again(application)


def _check_storable(question: Question, value: Any) -> None:
    """Refuses what a person's page never sends: another type, or far more than a person types."""
    if isinstance(value, str) and len(value) > rules.LONGEST:
        raise Invalid(_("That is too long to keep. Shorten it to a few pages."), field="answer")
    if question.kind in ("choice", "several", "date", "number") and not rules.is_empty(value):
        wrong = rules.problem(question, value, {})
        if wrong:
            raise Invalid(wrong, field="answer")


def _keep_text(application: Application, question: Question, by: Any, value: Any) -> KeptText:
    kept, _made = KeptText.objects.update_or_create(
        application=application, question=question, user=by, defaults={"value": value, "at": timezone.now()}
    )
    return kept


def _forget_kept(application: Application, question: Question, by: Any) -> None:
    KeptText.objects.filter(application=application, question=question, user=by).delete()


@transaction.atomic
def submit(*, by: Any, application: Application, on_behalf_of: Any = None) -> Application:
    """Sends an application in. Everything is checked again. A second click finds it sent. `on_behalf_of` is the lead
    who asked the broker `by` to send what they wrote down. Raises NotAllowed for anybody but the lead, DomainError where
    the call is not open, Invalid where an answer is missing or too long."""
    if on_behalf_of is not None and application.state == Application.State.SUBMITTED:
        return application
    application = locked(by, application.pk)
    if not rules.is_lead(by, application) and (on_behalf_of is None or acting_for(by, application) != on_behalf_of):
        raise NotAllowed(_("Only the person who leads this application can send it."))
    if application.state == Application.State.SUBMITTED:
        return application
    if application.state == Application.State.WITHDRAWN:
        raise DomainError(_("You took this application back, so it cannot be sent."))
    now = timezone.now()
    wave = application.wave
    if wave is None:
        raise DomainError(_("No call is open at the moment. We keep your idea and tell you when one opens."))
    if not rules.takes_submissions(application, now):
        if now < wave.call_opens:
            raise DomainError(_("The call opens on %(when)s.") % {"when": moment(wave.call_opens, zone=True)})
        raise DomainError(
            _("The call closed on %(when)s, so this was not sent. Everything you wrote is kept for the next call.")
            % {"when": moment(application.closes, zone=True)}
        )
    found = rules.problems(wave.question_set.questions.all(), read_answers(application))
    if found:
        raise Invalid(" ".join(found.values()))
    application.state, application.submitted_at = Application.State.SUBMITTED, now
    application.save(update_fields=["state", "submitted_at"])
    helping.end_all(application, by=None if on_behalf_of else by)
    audit.actions.record(
        by=by,
        verb="accelerator.application.submitted",
        obj=application,
        on_behalf_of=on_behalf_of,
        wave=wave.slug,
    )
    copies.tell_of_sent(application)
    joined = application.co_applicants.filter(accepted_at__isnull=False).select_related("user")
    notify_each(
        people=[application.lead, *(co.user for co in joined)],
        kind="application_received",
        key=f"application_received:{application.pk}",
        subject=_("We have your application"),
        template="accelerator/letters/received",
        context={"sentence": application.sentence, "lead": application.lead, "hear_by": day(wave.support_starts)},
        url=reverse("accelerator:application", args=[application.pk]),
    )
    return application


@transaction.atomic
def withdraw(*, by: Any, application: Application) -> Application:
    """Takes an application back, at any time before the letter. The answers stay with their writer. A second click
    finds it withdrawn."""
    application = locked(by, application.pk)
    if not rules.is_lead(by, application):
        raise NotAllowed(_("Only the person who leads this application can take it back."))
    if application.state == Application.State.WITHDRAWN:
        return application
    decision = getattr(application, "decision", None)
    if decision is not None and decision.sent_at:
        raise DomainError(_("This application has been decided. Talk to your portfolio manager about leaving."))
    application.state, application.withdrawn_at = Application.State.WITHDRAWN, timezone.now()
    application.save(update_fields=["state", "withdrawn_at"])
    helping.end_all(application, by=by)
    audit.actions.record(by=by, verb="accelerator.application.withdrawn", obj=application)
    return application


@transaction.atomic
def extend(*, by: Any, application: Application, until: dt.datetime, reason: str) -> Application:
    """Gives one applicant more time, to `until`, for a reason, and tells them both. The same time again changes nothing;
    what was given is never made shorter, and it ends before support starts. Raises NotAllowed, Invalid, and DomainError
    for what is no draft any more."""
    application = Application.objects.select_for_update(of=("self",)).get(pk=application.pk)
    if not access.runs(by, application.wave):
        raise NotAllowed(_("Only a portfolio manager of this wave can give more time."))
    check_may_judge(by, application)
    if application.state != Application.State.DRAFT:
        raise DomainError(_("This application is no draft any more, so it needs no more time."))
    if application.wave is None or until <= application.wave.call_closes or until <= timezone.now():
        raise Invalid(_("Choose a time after the close and after now."), field="until")
    if application.extended_until and until < application.extended_until:
        given = moment(application.extended_until, zone=True)
        raise Invalid(_("They have until %(until)s already. Choose a later day.") % {"until": given}, field="until")
    if timezone.localdate(until) >= application.wave.support_starts:
        starts = day(application.wave.support_starts)
        raise Invalid(_("Choose a day before support starts on %(day)s.") % {"day": starts}, field="until")
    if not reason.strip():
        raise Invalid(_("Say why, so that everybody is treated alike."), field="reason")
    if application.extended_until == until:
        return application
    application.extended_until, application.extended_because = until, reason.strip()
    application.save(update_fields=["extended_until", "extended_because"])
    audit.actions.record(by=by, verb="accelerator.application.extended", obj=application, until=until.isoformat())
    notify(
        to=application.lead,
        kind="application_more_time",
        key=f"application_more_time:{application.pk}:{until.isoformat()}",
        subject=_("You have more time for your application"),
        template="accelerator/letters/more_time",
        context={"sentence": application.sentence, "until": moment(until, zone=True), "reason": reason.strip()},
        url=reverse("accelerator:application", args=[application.pk]),
    )
    pass_on(
        application=application,
        what=_("they have more time, until %(until)s") % {"until": moment(until, zone=True)},
        key=f"more_time:{application.pk}:{until.isoformat()}",
        by=by,
    )
    return application


@transaction.atomic
def invite(*, by: Any, application: Application, user: Any, may: str = CoApplicant.May.VIEW) -> CoApplicant:
    """Asks somebody to join an application; inviting them again changes what they may do. Raises NotAllowed for
    anybody but the lead, Invalid for the lead's own name or an unknown right."""
    application = locked(by, application.pk)
    if not rules.is_lead(by, application):
        raise NotAllowed(_("Only the person who leads this application can invite others."))
    if user.pk == by.pk:
        raise Invalid(_("You are on this application already."), field="user")
    if may not in CoApplicant.May.values:
        raise Invalid(_("Choose what they may do."), field="may")
    invited, _made = CoApplicant.objects.update_or_create(
        application=application, user=user, defaults={"may": may, "over_at": None}
    )
    audit.actions.record(by=by, verb="accelerator.co_applicant.invited", obj=application, may=may)
    return invited


@transaction.atomic
def invite_by_email(*, by: Any, application: Application, email: str, may: str = CoApplicant.May.VIEW) -> None:
    """Asks the person behind an address to join an application: a member gets the invitation, anybody else a letter that
    says how to come on board first. Nothing tells the lead which of the two, so nobody learns who is a member. The same
    address again writes nothing twice. Raises NotAllowed, Invalid, TooMany, and DomainError for what is no draft any more."""
    application = locked(by, application.pk)
    if application.state != Application.State.DRAFT:
        raise DomainError(_("This application is no draft any more, so nobody can be asked to join it."))
    email = clean_email(email)
    if email == by.email:
        raise Invalid(_("You are on this application already."), field="email")
    user = reached(by=by, email=email)
    if user is not None:
        invite(by=by, application=application, user=user, may=may)
    elif not rules.is_lead(by, application):
        raise NotAllowed(_("Only the person who leads this application can invite others."))
    if len({*asked_to_join(application, all_ever=True), email}) > MOST_INVITED:
        raise DomainError(_("You have asked many people already. Talk to us if you need more."))
    hashed = invitations.hashed(email)
    if hashed in application.uninvited:
        application.uninvited.remove(hashed)
        application.save(update_fields=["uninvited"])
    address = {"to": user} if user is not None else {"to_email": email}
    letter = notify(
        **address,
        kind="application_invited",
        key=f"{application.pk}:{email}",
        subject=_("%(name)s asks you to work on an idea together") % {"name": by.name},
        template="accelerator/letters/invited",
        context={"lead": by.name, "sentence": application.sentence, "known": user is not None},
        url=reverse("accelerator:join", args=[application.pk])
        if user is not None
        else reverse("accelerator:take_up", args=[invitations.sign(application.pk, email, may)]),
    )
    if user is None and User.objects.at(email).exists():  # paused, or blocked from the lead: nothing goes to them
        drop(message=letter)


@transaction.atomic
def take_up(*, by: Any, token: str) -> CoApplicant:
    """Joins an application by the link of a letter to somebody who was no member then. A second click finds them joined.
    Raises Missing for a link that is broken or went to another address, DomainError for what is no draft any more."""
    invitation = invitations.read(token, by)
    application = Application.objects.select_for_update(of=("self",)).get(pk=invitation.application_id)
    invited = CoApplicant.objects.filter(application=application, user=by).first()
    if invited is None and application.state != Application.State.DRAFT:
        raise DomainError(_("This application is no draft any more, so nobody can join it now."))
    if invited is None:
        CoApplicant.objects.create(application=application, user=by, may=invitation.may)
    return join(by=by, application=application)


@transaction.atomic
def join(*, by: Any, application: Application) -> CoApplicant:
    """Accepts an invitation. A second click finds it accepted. Raises Missing where there was none."""
    invited = CoApplicant.objects.select_for_update().filter(application=application, user=by).first()
    if invited is None or invited.over_at is not None:
        raise Missing(_("There is no such invitation."))
    if invited.accepted_at is None:
        invited.accepted_at = timezone.now()
        invited.save(update_fields=["accepted_at"])
        audit.actions.record(by=by, verb="accelerator.co_applicant.joined", obj=application)
    return invited


@transaction.atomic
def leave(*, by: Any, application: Application) -> None:
    """Says no to an invitation, or leaves an application that one joined. A second click changes nothing. Raises Missing
    for who was never asked. They still never review it: they may have read it."""
    place = CoApplicant.objects.select_for_update().filter(application=application, user=by).first()
    if place is None:
        raise Missing(_("There is no such invitation."))
    _over(place, by=by)


@transaction.atomic
def take_off(*, by: Any, application: Application, user: Any) -> None:
    """The lead takes somebody off an application: from then on they read nothing of it. A second click changes nothing.
    Raises NotAllowed for anybody but the lead, Missing for who was never asked."""
    application = locked(by, application.pk, edit=False)
    if not rules.is_lead(by, application):
        raise NotAllowed(_("Only the person who leads this application can take others off it."))
    leave(by=user, application=application)


@transaction.atomic
def uninvite(*, by: Any, application: Application, email: str) -> None:
    """The lead takes an invitation back that went to an address: its link leads nowhere any more. Whether a member has the
    address is not said. A second click changes nothing. Raises NotAllowed for anybody but the lead, Missing for an address
    that was never asked."""
    application = locked(by, application.pk, edit=False)
    if not rules.is_lead(by, application):
        raise NotAllowed(_("Only the person who leads this application can take an invitation back."))
    email = addresses.known_as(email)
    if email not in asked_to_join(application, all_ever=True):
        raise Missing(_("There is no such invitation."))
    place = CoApplicant.objects.select_for_update().filter(application=application, user__email=email).first()
    if place is not None:
        _over(place, by=by)
    application.refresh_from_db(fields=["uninvited"])
    if (hashed := invitations.hashed(email)) not in application.uninvited:
        application.uninvited.append(hashed)
        application.save(update_fields=["uninvited"])


def _over(place: CoApplicant, *, by: Any) -> None:
    if place.over_at is not None:
        return
    if place.accepted_at is not None:  # the lead knows whose address it was
        place.application.uninvited.append(invitations.hashed(place.user.email or ""))
        place.application.save(update_fields=["uninvited"])
    place.accepted_at, place.over_at = None, timezone.now()
    place.save(update_fields=["accepted_at", "over_at"])
    audit.actions.record(by=by, verb="accelerator.co_applicant.left", obj=place.application)


@transaction.atomic
def add_upload(*, by: Any, application: Application, question: Question, file: Any) -> Upload:
    """Keeps a file as an answer, under a random name; what it is follows from its content, not its name. Replaces the
    one before it, which is deleted. Raises Invalid for another kind of file, more than 20 MB, or more than one person's
    files may take."""
    application = locked(by, application.pk)
    if not _may_be_written(application, question):
        raise DomainError(_("This application has been sent, so its files cannot be changed."))
    if question.kind != Question.Kind.FILE or question.question_set_id != (
        application.wave and application.wave.question_set_id
    ):
        raise Missing(_("This application has no such question."))
    file.seek(0)
    try:
        content_type, name = files.check(file.name, file.size, file.read(files.HEAD_BYTES))
    except Invalid as error:
        raise Invalid(str(error), field="answer") from error
    file.seek(0)
    _take_files_away(application, question)
    take_room(by=by, more=file.size, field="answer")
    upload = Upload.objects.create(
        application=application,
        question=question,
        file=file,
        name=name,
        content_type=content_type,
        size=file.size,
        uploaded_by=by,
    )
    application.last_question, application.changed_at = question.key, timezone.now()
    application.save(update_fields=["last_question", "changed_at"])
    audit.actions.record(by=by, verb="accelerator.upload.added", obj=upload, size=file.size)
    copies.ask_for(upload)
    return upload


@transaction.atomic
def remove_upload(*, by: Any, application: Application, question: Question) -> None:
    """Takes the file back from a draft, and deletes it. A second click changes nothing."""
    application = locked(by, application.pk)
    if application.state != Application.State.DRAFT:
        raise DomainError(_("This application has been sent, so its files cannot be changed."))
    _take_files_away(application, question)


def _take_files_away(application: Application, question: Question) -> None:
    """Deletes the files that answer a question of a locked application; what was taken away and may be given back stays."""
    for upload in application.uploads.select_for_update().filter(question=question, removed_at=None).order_by("pk"):
        copies.take_away(upload, for_good=True)
