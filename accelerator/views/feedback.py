"""What applicants are promised about feedback: the public page of a wave, and the staff pages of its versions."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accelerator.actions import feedback as actions
from accelerator.forms.feedback import FeedbackPolicyForm
from accelerator.models import FeedbackPolicy, Versioned, Wave
from accelerator.rules.feedback import everybody_has_it_by
from accelerator.views.versions import STAFF, about
from people.access import require_role
from ui.errors import Invalid


@require_safe
@login_not_required
def promise(request: HttpRequest, slug: str) -> HttpResponse:
    """What everybody who applies to a wave is promised."""
    wave = get_object_or_404(Wave.objects.select_related("programme", "feedback_policy"), slug=slug)
    context = {
        "wave": wave,
        "policy": wave.feedback_policy,
        "by": everybody_has_it_by(wave.feedback_policy, wave),
    }
    return render(request, "accelerator/waves/feedback.html", context)


@require_safe
@require_role(*STAFF)
def policy(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One version, as applicants of the waves that use it read it; a draft can be changed here."""
    found = get_object_or_404(FeedbackPolicy, pk=pk)
    said = about(found)
    return render(
        request,
        "accelerator/waves/feedback_policy.html",
        {**said, "policy": found, "rows": [(wave, everybody_has_it_by(found, wave)) for wave in said["waves"]]},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(*STAFF)
def edit_policy(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Changing a draft."""
    found = get_object_or_404(FeedbackPolicy, pk=pk, state=Versioned.State.DRAFT)
    initial = FeedbackPolicyForm.initial_of(found)
    form = FeedbackPolicyForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.save_policy(by=request.user, policy=found, **form.cleaned_data)
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("The promises are saved in the draft."))
            return redirect("accelerator:feedback_policy", found.pk)
    context = {"set": found, "form": form, "title": _("Change what is promised"), "button": _("Save the draft")}
    return render(request, "accelerator/waves/feedback_edit.html", context, status=422 if form.errors else 200)
