"""The owner's own pages: one tap after joining, and all the questions from the profile."""

from typing import Any

from django.contrib import messages
from django.forms.models import model_to_dict
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from people.access import safe_path
from people.equality import actions
from people.equality.forms import EqualityForm, PayClusterForm


@never_cache
def about_work(request: HttpRequest) -> HttpResponse:
    """The one optional tap right after joining."""
    form = PayClusterForm(request.POST or None)
    form.page_heading = "pay_band"
    if request.method == "POST" and form.is_valid():
        if given := form.cleaned_data["pay_band"]:
            actions.answer(by=request.user, pay_band=given)
        return redirect("people:aboard")
    context = {"form": form, "title": form.fields["pay_band"].label, "button": _("Continue")}
    return render(request, "people/aboard_about_work.html", context, status=422 if form.errors else 200)


@never_cache
def edit(request: HttpRequest) -> HttpResponse:
    """All the questions. `?next=` leads back to where they were asked (the end of applying)."""
    after = safe_path(request.POST.get("next") or request.GET.get("next", ""))
    kept: Any = actions.answers_of(request.user)
    form = EqualityForm(request.POST or None, initial=model_to_dict(kept) if kept else None)
    if request.method == "POST" and form.is_valid():
        actions.answer(by=request.user, **form.cleaned_data)
        messages.success(request, _("Your answers are kept. You can change or delete them at any time."))
        return redirect(after or "people:account")
    context = {"form": form, "kept": kept, "next": after}
    return render(request, "people/equality.html", context, status=422 if form.errors else 200)


@require_POST
def forget(request: HttpRequest) -> HttpResponse:
    """Deletes them all; `next` leads back to where they were asked."""
    actions.forget(by=request.user)
    messages.success(request, _("Your answers are deleted."))
    return redirect(safe_path(request.POST.get("next", "")) or "people:account")
