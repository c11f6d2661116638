"""What those who work on an application say about one answer."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accelerator.actions import comments as actions
from accelerator.forms.apply import NO_PATIENTS, CommentForm
from accelerator.models import Application
from accelerator.queries import apply as queries
from accelerator.rules import apply as rules
from ui.asked import as_id
from ui.errors import Invalid


@require_http_methods(["GET", "HEAD", "POST"])
def comments(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    """One answer of a draft, and what has been said about it."""
    found = queries.for_person(request.user, pk)
    page = queries.question_page(found, key, request.user) if found is not None else None
    if found is None or page is None:
        raise Http404
    if request.method == "POST" and "away" in request.POST:
        return _take_away(request, found, key)
    form = CommentForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.say(
                by=request.user, application=found, question=page.question,
                text=form.cleaned_data["text"], key=str(form.cleaned_data["key"]),
            )  # fmt: skip
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Your comment is there. The others are told."))
            return redirect("accelerator:comments", found.pk, key)
    context = {
        "application": found,
        "question": page.question,
        "lines": rules.display(page.question, page.value),
        "said": found.comments.filter(question=page.question).select_related("author").order_by("at", "id"),
        "form": form,
        "warning": NO_PATIENTS,
        "may_comment": found.state == Application.State.DRAFT
        and rules.may_comment(request.user, found, found.co_applicants.all()),
        "is_lead": rules.is_lead(request.user, found),
    }
    return render(request, "accelerator/apply/comments.html", context, status=422 if form.errors else 200)


def _take_away(request: HttpRequest, found: Application, key: str) -> HttpResponse:
    comment_id = as_id(request.POST["away"])
    if comment_id is None:
        raise Http404
    actions.take_away(by=request.user, application=found, comment_id=comment_id)
    messages.success(request, _("The comment is taken away."))
    return redirect("accelerator:comments", found.pk, key)
