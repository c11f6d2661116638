"""Help with one question: the applicant asks, the helper reads that question and nothing else."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accelerator.actions import helping as actions
from accelerator.forms.helping import AskForHelpForm
from accelerator.models import Application, Question
from accelerator.queries import apply as apply_queries
from accelerator.queries import helping as queries
from accelerator.rules import apply as apply_rules
from accelerator.rules import helping as rules
from people.rules import may_act
from ui.errors import DomainError, Invalid


def _askable(request: HttpRequest, pk: UUID, key: str) -> tuple[Application, Question]:
    """The application of its lead, with a question that help may be asked for; 404 for everybody else."""
    found = apply_queries.for_person(request.user, pk)
    if found is None or found.wave is None or not apply_rules.is_lead(request.user, found):
        raise Http404
    question = get_object_or_404(found.wave.question_set.questions, key=key)
    if not rules.may_be_asked(question):
        raise Http404
    return found, question


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    """Asking somebody for help with one question; once it is asked, where it stands."""
    found, question = _askable(request, pk, key)
    standing = queries.asked_of(found).get(question.pk)
    form = AskForHelpForm(request.POST if request.method == "POST" else None, initial={"minutes": "60"})
    refused, status = "", 200
    if request.method == "POST" and form.is_valid():
        try:
            actions.ask(by=request.user, application=found, question=question, **form.for_action())
        except Invalid as error:
            form.add_domain_error(error)
        except DomainError as error:
            refused, status = str(error), error.status
        else:
            messages.success(request, _("We have asked. You hear as soon as somebody offers to help."))
            return redirect("accelerator:ask_for_help", found.pk, question.key)
    elif standing is None and found.state != Application.State.DRAFT:
        return redirect("accelerator:application", found.pk)
    context = {
        "application": found,
        "question": question,
        "standing": standing,
        "form": form,
        "refused": refused,
        "may_act": may_act(request.user),
        "fund_pays": found.wave is not None and queries.fund_pays(found.wave, min(rules.MINUTES)),
    }
    return render(request, "accelerator/apply/ask_for_help.html", context, status=422 if form.errors else status)


@require_POST
def take_back(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    """Taking the request back."""
    found, question = _askable(request, pk, key)
    asked = found.help_asked.filter(question=question).order_by("-asked_at").first()
    if asked is None:
        raise Http404
    actions.take_back(by=request.user, asked=asked)
    messages.success(request, _("The request is taken back."))
    return redirect("accelerator:question", found.pk, question.key)


@require_safe
def helper(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The one question, for whoever has agreed to help with it."""
    page = queries.for_helper(request.user, pk)
    if page is None:
        raise Http404
    return render(request, "accelerator/apply/helper.html", {"page_": page, "question": page.question})
