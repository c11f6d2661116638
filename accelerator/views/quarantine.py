""" "This names a patient": saying so, from every page that shows an answer, and taking it away."""

from collections.abc import Callable, Collection
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accelerator.actions import quarantine as actions
from accelerator.actions import quarantine_evidence as evidence
from accelerator.actions.judging import check_may_judge
from accelerator.forms.quarantine import FlagForm
from accelerator.models import Application, EvidenceFlag, PatientFlag, Question, Submission
from accelerator.queries import apply as apply_queries
from accelerator.queries import helping
from accelerator.queries import innovations as innovation_queries
from accelerator.queries import quarantine as queries
from accelerator.queries import review as review_queries
from accelerator.queries.phases import read_in
from accelerator.rules import access
from accelerator.rules import quarantine as rules
from people.access import require_role
from ui.downloads import attachment
from ui.errors import Invalid
from ui.views import ListPage

METHODS = ["GET", "HEAD", "POST"]


def say_so(
    request: HttpRequest, application: Application, question: Question | None, back: str, about: str = ""
) -> HttpResponse:
    """The page that asks once more about an answer, or its file."""
    if question is None or not rules.may_be_flagged(question):
        raise Http404
    return _ask(
        request, partial(actions.flag, by=request.user, application=application, question=question),
        about or question.short, back,
    )  # fmt: skip


def _ask(request: HttpRequest, flag: Callable[..., Any], about: str, back: str) -> HttpResponse:
    """The page that asks once more, with room for a word; afterwards back to where they were."""
    form = FlagForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            flag(note=form.cleaned_data["note"])
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Thank you. Somebody looks at it and takes it away if it names a patient."))
            return redirect(back)
    context = {"about": about, "form": form, "back": back}
    return render(request, "accelerator/apply/names_a_patient.html", context, status=422 if form.errors else 200)


def flag_link(
    one: apply_queries.Task, url_name: str, pk: UUID, flagged: Collection[Any] = frozenset()
) -> dict[str, Any]:
    """What a row of a summary list gets where its answer could name a patient: the link to say so; where somebody has
    (`flagged`: ids of questions), for those who decide, the link to look at it."""
    if not one.lines or not rules.may_be_flagged(one.question):
        return {}
    if one.question.pk in flagged:
        href, text = reverse("accelerator:patient_flags"), _("Flagged: does it name a patient?")
    else:
        href, text = reverse(url_name, args=[pk, one.question.key]), _("Names a patient?")
    words = {"href": href, "text": text, "visuallyHiddenText": f"– {one.question.short}"}
    return {"actions": {"items": [words]}}


@require_http_methods(METHODS)
def by_team(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    """Somebody on the application, or a broker who writes it down."""
    found = apply_queries.for_person(request.user, pk)
    if found is None or found.wave is None:
        raise Http404
    question = found.wave.question_set.questions.filter(key=key).first()
    return say_so(request, found, question, reverse("accelerator:application", args=[found.pk]))


@require_http_methods(METHODS)
def by_helper(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Whoever helps with one question."""
    page = helping.for_helper(request.user, pk)
    if page is None:
        raise Http404
    back = reverse("accelerator:help_with_question", args=[pk])
    return say_so(request, page.asked.application, page.question, back)


@require_http_methods(METHODS)
@require_role("reviewer")
def by_reviewer(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    """A reviewer, about what they were given to read."""
    assignment = review_queries.my_review(request.user, pk)
    if assignment is None:
        raise Http404
    application, back = assignment.application, reverse("accelerator:score", args=[pk])
    shown = Question.objects.filter(read_in(assignment.phase), question_set=application.wave.question_set_id)  # type: ignore[union-attr]  # under review, so it has one
    file = next((one for one in review_queries.blind_application(assignment).files if one.key == key), None)
    about = _("File %(label)s") % {"label": file.label} if file else ""
    return say_so(request, application, shown.filter(key=key).first(), back, about)


def _after_evidence(request: HttpRequest, shown: Submission) -> str:
    """Where to go on: those who decide, to deciding; the team, to the milestone."""
    if access.runs(request.user, shown.milestone.innovation.wave):
        return reverse("accelerator:patient_flags")
    return reverse("accelerator:milestone", args=[shown.milestone_id])


@require_http_methods(METHODS)
def of_evidence(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What a team wrote for a milestone, flagged by whoever sees it."""
    shown = innovation_queries.submission_for(request.user, pk)
    back = _after_evidence(request, shown)
    flag = partial(evidence.flag, by=request.user, submission=shown)
    return _ask(request, flag, _("Evidence for “%(title)s”") % {"title": shown.milestone.title}, back)


@require_http_methods(METHODS)
def of_evidence_file(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """A file that a team showed for a milestone, flagged by whoever sees it."""
    shown = innovation_queries.file_for(request.user, file_id)
    back = _after_evidence(request, shown.submission)
    flag = partial(evidence.flag, by=request.user, submission=shown.submission, file=shown)
    return _ask(request, flag, _("File %(label)s") % {"label": shown.name}, back)


@require_http_methods(METHODS)
@require_role("portfolio_manager")
def by_manager(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    """A manager of the wave."""
    rows = Application.objects.select_related("wave").exclude(state=Application.State.DRAFT)
    found = get_object_or_404(rows, pk=pk)
    if not access.runs(request.user, found.wave):
        raise Http404
    check_may_judge(request.user, found)
    question = found.wave.question_set.questions.filter(key=key).first()  # type: ignore[union-attr]  # sent in, so it has one
    return say_so(request, found, question, reverse("accelerator:patient_flags"))


class Flags(ListPage):
    """What was flagged and waits, and what was taken away in the last week and can be given back."""

    template_name = "accelerator/review/patient_flags.html"
    title = gettext_lazy("Does this name a patient?")
    empty = gettext_lazy("Nothing is flagged.")
    page_size = 10

    def items(self, **filters: Any) -> Any:
        return queries.flags_for(self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return context | {
            "rows": queries.with_texts(context["listed"].object_list),
            "evidence": list(queries.evidence_flags_for(self.request.user)[:50]),
        }


flags = require_role("portfolio_manager", "safeguarding_lead")(Flags.as_view())


@require_safe
@require_role("portfolio_manager", "safeguarding_lead")
def flagged_file(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """A file that was flagged and waits, for whoever decides: a name does not say what is in it."""
    found = queries.flagged_file(request.user, pk)
    if found is None:
        raise Http404
    return attachment(found.file, found.name)


MOVES = {
    "take": (actions.quarantine, gettext_lazy("Taken away. The writer is asked to write it again.")),
    "keep": (actions.dismiss, gettext_lazy("It stays as it is.")),
    "give-back": (actions.restore, gettext_lazy("Given back. The writer is told.")),
}


@require_POST
@require_role("portfolio_manager", "safeguarding_lead")
def decide(request: HttpRequest, pk: UUID, move: str) -> HttpResponse:
    """Taking it away, letting it stand, or giving it back."""
    flagged = get_object_or_404(PatientFlag.objects.select_related("application__wave"), pk=pk)
    if move not in MOVES or not queries.may_decide(request.user, flagged.application):
        raise Http404
    action, said = MOVES[move]
    action(by=request.user, flagged=flagged)
    messages.success(request, said)
    return redirect("accelerator:patient_flags")


EVIDENCE_MOVES = {
    "take": (evidence.quarantine, gettext_lazy("Taken away. The team is asked to show it again.")),
    "keep": (evidence.dismiss, gettext_lazy("It stays as it is.")),
    "give-back": (evidence.restore, gettext_lazy("Given back. The team is told.")),
}


@require_POST
@require_role("portfolio_manager", "safeguarding_lead")
def decide_evidence(request: HttpRequest, pk: UUID, move: str) -> HttpResponse:
    """The same for the evidence of a milestone."""
    rows = EvidenceFlag.objects.select_related("submission__milestone__innovation__application__wave")
    flagged = get_object_or_404(rows, pk=pk)
    application = flagged.submission.milestone.innovation.application
    if move not in EVIDENCE_MOVES or not queries.may_decide_evidence(request.user, application):
        raise Http404
    action, said = EVIDENCE_MOVES[move]
    action(by=request.user, flagged=flagged)
    messages.success(request, said)
    return redirect("accelerator:patient_flags")
