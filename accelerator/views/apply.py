"""Applying, page by page. Every page keeps what was typed before it says anything else."""

from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accelerator import invitations
from accelerator.actions import apply as actions
from accelerator.actions import phone as phone_actions
from accelerator.forms.apply import (
    NO_PATIENTS,
    NO_PATIENTS_FILE,
    AnswerForm,
    InviteForm,
    SentenceForm,
    WithdrawForm,
)
from accelerator.forms.phone import SendForForm
from accelerator.models import Application, CoApplicant, Innovation, Question, Wave
from accelerator.queries import apply as queries
from accelerator.queries import helping, keeping, phone
from accelerator.queries.quarantine import asked_again
from accelerator.queries.time_letter import wants_time_letter
from accelerator.rules import apply as rules
from accelerator.rules import files
from accelerator.rules import helping as helping_rules
from accelerator.rules import quarantine as quarantine_rules
from ui import registries
from ui.asked import as_id
from ui.context_processors import address
from ui.downloads import attachment
from ui.errors import DomainError, Invalid, TooMany
from ui.uploads import takes_files
from ui.views import answer, task


def _application(request: HttpRequest, pk: UUID) -> Application:
    """The application, for those who may see it; 404 for everybody else."""
    found = queries.for_person(request.user, pk)
    if found is None:
        raise Http404
    return found


def _may_edit(request: HttpRequest, application: Application) -> bool:
    return rules.may_edit(request.user, application, application.co_applicants.all()) or _writes_for(
        request, application
    )


def _writes_for(request: HttpRequest, application: Application) -> bool:
    """Whether this is a broker who writes the answers down: nobody else sees an application that they are not on."""
    return not rules.may_view(request.user, application, application.co_applicants.all())


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Who can apply, what it takes, what happens when; signed in, the sentence is asked for right here."""
    wave = get_object_or_404(Wave.objects.select_related("programme"), slug=slug)
    context: dict[str, Any] = {"wave": wave, "phase": wave.phase()}
    if not request.user.is_authenticated:
        if request.method == "POST":
            return redirect(f"{address('people:sign_in')}?next={request.path}")
        door = next((entry.url() for entry in registries.front_doors if entry.door == "idea"), None)
        context["door"] = urlsplit(door)._replace(query=urlencode({"to": wave.slug})).geturl() if door else None
        return render(request, "accelerator/apply/start.html", context)
    form = SentenceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        application = actions.begin(by=request.user, wave=wave, sentence=form.cleaned_data["sentence"])
        return redirect("accelerator:application", application.pk)
    mine = Application.objects.filter(lead=request.user, wave=wave).exclude(state="withdrawn").order_by("created_at")
    context |= {"form": form, "mine": mine.first()}
    return render(request, "accelerator/apply/start.html", context, status=422 if form.errors else 200)


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """The applications in my name."""
    open_wave = Wave.objects.call_open(timezone.now()).first()
    rows = queries.mine(request.user)
    context = {
        "rows": rows,
        "open_wave": open_wave,
        "may_begin": open_wave is not None
        and not any(
            row.wave_id == open_wave.pk and row.lead_id == request.user.pk and row.state != Application.State.WITHDRAWN
            for row, _standing in rows
        ),
        "has_wave": any(row.wave_id is not None for row, _standing in rows),
    }
    return render(request, "accelerator/apply/mine.html", context)


@require_safe
def application(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A draft's task list; for one that was sent, where it stands."""
    found = _application(request, pk)
    calls = keeping.calls_for(found)
    context: dict[str, Any] = {
        "application": found,
        "standing": queries.standing(found, call_open=bool(calls)),
        "is_lead": rules.is_lead(request.user, found),
        "decision": _letter(found),
        "calls": calls,
        "wants_time_letter": wants_time_letter(found),
    }
    if found.wave is None:
        return render(request, "accelerator/apply/kept.html", context)
    if found.state != Application.State.DRAFT:
        context["sections"] = _answers(found)
        context["flags"] = _flags(found)
        context["innovation"] = Innovation.objects.filter(application=found, members__user=request.user).first()
        again = asked_again(found)
        context["again"] = list(found.wave.question_set.questions.filter(pk__in=again)) if again else []
        return render(request, "accelerator/apply/sent.html", context)
    progress = queries.progress(found)
    asked = helping.asked_of(found)
    context |= {
        "progress": progress,
        "earlier_letter": _letter(found.earlier) if found.earlier else None,
        "takes": rules.takes_submissions(found, timezone.now()),
        "may_edit": _may_edit(request, found),
        "may_comment": rules.may_comment(request.user, found, found.co_applicants.all()),
        "team": queries.team_of(found),
        "no_longer_asked": queries.no_longer_asked(found, request.user),
        "writes_for": _writes_for(request, found),
        "scribes": phone.scribes_of(found),
        "asked_to_write": phone.asked_of(found) if rules.is_lead(request.user, found) else [],
        "sections": [
            (
                section,
                [
                    task(
                        one.question.short,
                        reverse("accelerator:question", args=[found.pk, one.question.key]),
                        "optional" if one.optional and one.state == "to_do" else one.state,
                        hint=str(asked[one.question.pk].label) if one.question.pk in asked else None,
                    )
                    for one in tasks
                ],
            )
            for section, tasks in progress.sections
        ],
    }
    return render(request, "accelerator/apply/tasks.html", context)


def _letter(found: Application) -> Any:
    decision = getattr(found, "decision", None)
    return decision if decision is not None and decision.sent_at else None


def _flags(found: Application) -> list[tuple[str, str]]:
    """The answers that could name a patient, each with the way to say so."""
    return [
        (one.question.short, reverse("accelerator:flag_by_team", args=[found.pk, one.question.key]))
        for _section, tasks in queries.progress(found).sections
        for one in tasks
        if one.lines and quarantine_rules.may_be_flagged(one.question)
    ]


def _answers(found: Application, *, change: bool = False) -> list[tuple[str, list[dict[str, Any]]]]:
    """Every question with its answer, by section, as rows of a summary list."""
    return [
        (
            section,
            [
                answer(
                    one.question.short,
                    "\n".join(one.lines),
                    reverse("accelerator:question", args=[found.pk, one.question.key]) if change else None,
                )
                for one in tasks
            ],
        )
        for section, tasks in queries.progress(found).sections
    ]


@takes_files(files.LARGEST_BYTES)
@require_http_methods(["GET", "HEAD", "POST"])
def question(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    """One question. What was typed is kept whether or not it is good enough to go on with."""
    found = _application(request, pk)
    page = queries.question_page(found, key, request.user)
    if page is None:
        raise _no_longer_asked(request, found, key)
    if request.method != "POST":
        if found.state != Application.State.DRAFT and page.question.pk not in asked_again(found):
            return redirect("accelerator:application", found.pk)
        return _question(request, page, _form(page))
    form = _form(page, request.POST, request.FILES)
    if page.question.kind == Question.Kind.FILE:
        return _file_answer(request, page, form)
    try:
        if not form.is_valid():
            if form.typed is not None:
                saved = _save(request, page, form, form.typed)
                if saved.stale:
                    return _both(request, page)
            return _question(request, page, form, status=422)
        saved = _save(request, page, form, form.value)
    except Invalid as error:
        form.add_domain_error(error)
        return _question(request, page, form, status=422)
    if saved.stale:
        return _both(request, page)
    return _onward(request, page, empty=rules.is_empty(form.value))


def _no_longer_asked(request: HttpRequest, found: Application, key: str) -> DomainError:
    """The page was open while the wave took up other questions, without this one: what was typed is kept all the same,
    and this is what to say. Raises Http404 where there never was such a question."""
    question = queries.question_of_earlier_version(found, key) if found.wave and request.method == "POST" else None
    if question is None or question.kind == Question.Kind.FILE:
        raise Http404
    form = AnswerForm(request.POST, question=question)
    value = form.value if form.is_valid() else form.typed
    if not rules.is_empty(value):
        actions.keep_unasked(by=request.user, application=found, question=question, value=value)
    return DomainError(
        _("This question is no longer asked. What you typed is kept for you on the page of your application.")
    )


def _form(page: queries.QuestionPage, data: Any = None, files: Any = None) -> AnswerForm:
    """The form of a page. A draft may leave anything empty for now, so nothing is required to go on."""
    return AnswerForm(data, files, question=page.question, needed=page.needed, value=page.value, version=page.version)


def _save(request: HttpRequest, page: queries.QuestionPage, form: AnswerForm, value: Any) -> actions.Saved:
    return actions.save_answer(
        by=request.user,
        application=page.application,
        question=page.question,
        value=value,
        seen_version=form.seen,
        page=form.page_name,
    )


def _onward(request: HttpRequest, page: queries.QuestionPage, *, empty: bool) -> HttpResponse:
    """After a save: on to the next question, back to check answers, or what there is to say once the call has closed.
    Where an answer that we need was left `empty`, the next page says so."""
    found = page.application
    if found.state == Application.State.SUBMITTED:  # an answer that was taken away, written again
        messages.success(request, _("Thank you. Your new answer is part of your application."))
        return redirect("accelerator:application", found.pk)
    if not rules.takes_submissions(found, timezone.now()) and found.wave and timezone.now() >= found.wave.call_closes:
        return render(request, "accelerator/apply/closed.html", {"application": found}, status=409)
    if request.GET.get("change") == "1":
        return redirect("accelerator:check", found.pk)
    if empty and page.needed:
        messages.info(
            request, _("You left “%(question)s” empty; you can come back to it.") % {"question": page.question.short}
        )
    if "later" in request.POST:
        messages.success(request, _("Saved. Come back when you like: sign in on this phone or any other."))
    if "later" in request.POST or not page.next_key:
        return redirect("accelerator:application", found.pk)
    return redirect("accelerator:question", found.pk, page.next_key)


def _question(request: HttpRequest, page: queries.QuestionPage, form: AnswerForm, status: int = 200) -> HttpResponse:
    back = reverse(
        "accelerator:check" if request.GET.get("change") == "1" else "accelerator:application",
        args=[page.application.pk],
    )
    context = {
        "page_": page,
        "form": form,
        "application": page.application,
        "question": page.question,
        "may_edit": _may_edit(request, page.application),
        "writes_for": _writes_for(request, page.application),
        "written_down": _written_down(page),
        "may_flag": quarantine_rules.may_be_flagged(page.question)
        and not rules.is_lead(request.user, page.application)
        and bool(page.value or page.upload),
        "warning": NO_PATIENTS_FILE if page.question.kind == Question.Kind.FILE else NO_PATIENTS,
        "warns": page.question.is_free_text or page.question.kind == Question.Kind.FILE,
        "back_url": back,
        "askable": rules.is_lead(request.user, page.application) and helping_rules.may_be_asked(page.question),
        "help": helping.asked_of(page.application).get(page.question.pk),
        "comments": page.application.comments.filter(question=page.question).count(),
        "together": any(co.accepted_at for co in page.application.co_applicants.all()),
        "may_comment": rules.may_comment(request.user, page.application, page.application.co_applicants.all()),
        "answer_lines": rules.display(page.question, page.value),
        **_ways_on(request, page),
        "kept_lines": rules.display(page.question, page.kept.value) if page.kept else [],
    }
    return render(request, "accelerator/apply/question.html", context, status=status)


def _ways_on(request: HttpRequest, page: queries.QuestionPage) -> dict[str, bool]:
    """What stands below the lead's own questions of the default set: the way to claim costs, and to the letter to a
    manager."""
    is_lead, wave = rules.is_lead(request.user, page.application), page.application.wave
    return {
        "claims": is_lead and page.question.key == "take_part" and wave is not None and wave.access_fund_pence > 0,
        "offers_letter": is_lead and page.question.key == "employer" and wants_time_letter(page.application),
    }


def _written_down(page: queries.QuestionPage) -> bool:
    """Whether somebody who is not on the application, a broker, wrote this answer down."""
    team = {page.application.lead_id, *(co.user_id for co in page.application.co_applicants.all())}
    return page.saved_by is not None and page.saved_by.pk not in team


def _both(request: HttpRequest, page: queries.QuestionPage) -> HttpResponse:
    """Two people wrote at once, or the application had gone in: what stands and what was typed, side by side. Nothing
    is lost; the person chooses."""
    fresh = queries.question_page(page.application, page.question.key, request.user)
    assert fresh is not None  # it was there a moment ago
    found = _application(request, page.application.pk)
    form = AnswerForm(
        question=fresh.question,
        needed=True,
        value=fresh.kept.value if fresh.kept else fresh.value,
        version=fresh.version,
    )
    form.page_heading = None  # type: ignore[assignment]  # here another question is the heading
    form.fields["answer"].label = _("The answer to keep")
    context = {
        "page_": fresh,
        "form": form,
        "application": found,
        "question": fresh.question,
        "theirs": rules.display(fresh.question, fresh.value),
        "mine": rules.display(fresh.question, fresh.kept.value) if fresh.kept else [],
        "is_draft": found.state == Application.State.DRAFT,
    }
    return render(request, "accelerator/apply/both.html", context, status=409)


def _file_answer(request: HttpRequest, page: queries.QuestionPage, form: AnswerForm) -> HttpResponse:
    if "remove" in request.POST:
        actions.remove_upload(by=request.user, application=page.application, question=page.question)
        return redirect("accelerator:question", page.application.pk, page.question.key)
    if not form.is_valid():
        return _question(request, page, form, status=422)
    file = form.cleaned_data["answer"]
    if file is not None:
        try:
            actions.add_upload(by=request.user, application=page.application, question=page.question, file=file)
        except Invalid as error:
            form.add_domain_error(error)
            return _question(request, page, form, status=422)
    return _onward(request, page, empty=file is None and page.upload is None)


@require_POST
def autosave(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    """Saves what stands in the box while somebody writes, however unfinished, and says so in one line."""
    found = _application(request, pk)
    page = queries.question_page(found, key, request.user)
    if page is None:
        return _status(str(_no_longer_asked(request, found, key)), 409)
    if page.question.kind == Question.Kind.FILE:
        raise Http404
    form = _form(page, request.POST)
    value = form.value if form.is_valid() else form.typed
    if value is None and not form.is_valid():
        return _status(_("Not saved yet. Press “Save and continue” to see why."), 422)
    try:
        saved = _save(request, page, form, value)
    except DomainError as error:
        return _status(str(error), error.status)
    if saved.stale:
        return _status(
            _("Somebody else changed this answer. Yours is kept: press “Save and continue” to see both."), 409
        )
    return _status(_("Saved at %(time)s") % {"time": f"{timezone.localtime():%H:%M}"}, 200)


def _status(text: str, status: int) -> HttpResponse:
    """One line for the page's status, which it shows as it is."""
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")


@require_safe
def check(request: HttpRequest, pk: UUID) -> HttpResponse:
    """All answers on one page, what is still missing first."""
    return _check(request, _application(request, pk))


def _check(request: HttpRequest, found: Application, status: int = 200) -> HttpResponse:
    """Check answers; with status 422 for somebody who tried to send what is not complete."""
    if found.state != Application.State.DRAFT or found.wave is None:
        return redirect("accelerator:application", found.pk)
    progress = queries.progress(found)
    missing = [one for _section, tasks in progress.sections for one in tasks if one.problem]
    context = {
        "application": found,
        "sections": _answers(found, change=_may_edit(request, found)),
        "missing": [
            {
                "text": one.problem,
                "href": reverse("accelerator:question", args=[found.pk, one.question.key]) + "?change=1",
            }
            for one in missing
        ],
        "refused": status == 422,
    }
    return render(request, "accelerator/apply/check.html", context, status=status)


@require_safe
def equality(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The optional questions about the person: what they are for, and a way past them."""
    found = _application(request, pk)
    if found.state != Application.State.DRAFT:
        return redirect("accelerator:application", found.pk)
    if _writes_for(request, found):  # they are the applicant's to answer, and no broker's
        return redirect("accelerator:send", found.pk)
    onward = reverse("accelerator:send", args=[found.pk])
    form_url = address("people:equality")
    context = {"application": found, "onward": onward, "questions": f"{form_url}?next={onward}" if form_url else None}
    return render(request, "accelerator/apply/equality.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def send(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The last page before it goes. Everything is checked again."""
    found = _application(request, pk)
    if found.state == Application.State.SUBMITTED:
        return redirect("accelerator:sent", found.pk)
    if _writes_for(request, found):
        return _send_for(request, found)
    context = {"application": found, "is_lead": rules.is_lead(request.user, found)}
    if request.method == "POST":
        try:
            actions.submit(by=request.user, application=found)
        except Invalid:
            return _check(request, found, status=422)
        return redirect("accelerator:sent", found.pk)
    if found.wave is None:
        return redirect("accelerator:application", found.pk)
    if not queries.progress(found).complete:
        return redirect("accelerator:check", found.pk)
    return render(request, "accelerator/apply/send.html", context)


def _send_for(request: HttpRequest, found: Application) -> HttpResponse:
    """A broker sends what they wrote down, once the applicant has said so."""
    form = SendForForm(request.POST if request.method == "POST" else None)
    if not queries.progress(found).complete:
        return (
            _check(request, found, status=422) if request.method == "POST" else redirect("accelerator:check", found.pk)
        )
    if request.method == "POST" and form.is_valid():
        phone_actions.send_for(by=request.user, application=found, said_so=form.cleaned_data["said_so"])
        messages.success(request, _("Sent for %(name)s, and they are told.") % {"name": found.lead})
        return redirect("accelerator:phone")
    context = {"application": found, "form": form, "writes_for": True}
    return render(request, "accelerator/apply/send.html", context, status=422 if form.errors else 200)


@require_safe
def sent(request: HttpRequest, pk: UUID) -> HttpResponse:
    """It has gone: what happens next."""
    found = _application(request, pk)
    if found.state != Application.State.SUBMITTED:
        return redirect("accelerator:application", found.pk)
    return render(request, "accelerator/apply/confirmation.html", {"application": found})


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Taking an application back."""
    found = _application(request, pk)
    if not rules.is_lead(request.user, found):
        raise Http404
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.withdraw(by=request.user, application=found)
        messages.success(request, _("Your application is taken back. Nobody reads it any further."))
        return redirect("accelerator:application", found.pk)
    context = {"form": form, "application": found}
    return render(request, "accelerator/apply/withdraw.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, pk: UUID) -> HttpResponse:
    """An invitation to work on an application together."""
    invited = get_object_or_404(
        request.user.co_applications.select_related(  # type: ignore[union-attr]  # signed in
            "application__lead", "application__wave"
        ),
        application_id=pk,
        over_at=None,
    )
    if request.method == "POST":
        actions.join(by=request.user, application=invited.application)
        return redirect("accelerator:application", pk)
    return render(request, "accelerator/apply/join.html", {"invited": invited, "may_decline": True})


@require_http_methods(["GET", "HEAD", "POST"])
def take_up(request: HttpRequest, token: str) -> HttpResponse:
    """The link of an invitation that went to somebody who was no member then."""
    if request.method == "POST":
        joined = actions.take_up(by=request.user, token=token)
        return redirect("accelerator:application", joined.application_id)
    asked = invitations.read(token, request.user)
    standing = CoApplicant.objects.filter(application=asked.application, user=request.user, over_at=None)
    invited = standing.first()
    context = {"invited": invited or asked, "may_decline": invited is not None}
    return render(request, "accelerator/apply/join.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The lead asks somebody to join, by e-mail address."""
    found = _application(request, pk)
    if not rules.is_lead(request.user, found) or found.wave is None:
        raise Http404
    status = 422
    form = InviteForm(request.POST if request.method == "POST" else None, initial={"may": CoApplicant.May.EDIT})
    if request.method == "POST" and form.is_valid():
        try:
            actions.invite_by_email(by=request.user, application=found, **form.cleaned_data)
        except (Invalid, TooMany) as error:
            form.add_domain_error(error)
            status = error.status
        else:
            messages.success(request, _("We have written to %(email)s.") % {"email": form.cleaned_data["email"]})
            return redirect("accelerator:invite", found.pk)
    context = {
        "application": found,
        "form": form,
        "is_draft": found.state == Application.State.DRAFT,
        "joined": found.co_applicants.filter(accepted_at__isnull=False).select_related("user").order_by("id"),
        "asked": queries.asked_to_join(found),
    }
    return render(request, "accelerator/apply/invite.html", context, status=status if form.errors else 200)


@require_POST
def take_off(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The lead takes somebody off the application (`who`), or an invitation back (`email`)."""
    found = _application(request, pk)
    if not rules.is_lead(request.user, found):
        raise Http404
    if email := request.POST.get("email", ""):
        actions.uninvite(by=request.user, application=found, email=email)
        messages.success(request, _("The invitation to %(email)s is taken back.") % {"email": email})
    else:
        place = get_object_or_404(found.co_applicants.select_related("user"), pk=as_id(request.POST.get("who")))
        actions.take_off(by=request.user, application=found, user=place.user)
        messages.success(request, _("%(name)s is no longer on this application.") % {"name": place.user})
    return redirect("accelerator:invite", found.pk)


@require_POST
def leave(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Saying no to an invitation, or leaving an application that one joined."""
    place = get_object_or_404(
        request.user.co_applications.select_related("application"),  # type: ignore[union-attr]  # signed in
        application_id=pk,
    )
    actions.leave(by=request.user, application=place.application)
    messages.success(request, _("You are not on this application any more."))
    return redirect("accelerator:applications")


@require_safe
def download(request: HttpRequest, pk: UUID, upload: UUID) -> HttpResponseBase:
    """A file of one's own application, always as an attachment."""
    found = _application(request, pk)
    kept = get_object_or_404(found.uploads, pk=upload, removed_at=None)
    return attachment(kept.file, kept.name)
