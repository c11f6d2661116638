"""A broker's pages for writing down somebody's answers. The questions themselves are on the applicant's own pages."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accelerator.actions import phone as actions
from accelerator.forms.phone import PhoneForm
from accelerator.models import Scribe
from accelerator.queries import phone as queries
from people.access import require_role
from timebank.queries.corrections import person_named
from ui.errors import DomainError, Invalid


@require_http_methods(["GET", "HEAD", "POST"])
@require_role("broker")
def desk(request: HttpRequest) -> HttpResponse:
    """Whom I write for now, and whom to begin with."""
    asked_for = {"person": request.GET.get("person", "")[:120]}
    form = PhoneForm(request.POST if request.method == "POST" else None, initial=asked_for)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            application = actions.begin_for(
                by=request.user,
                member=person_named(asked["person"], "person"),
                wave=asked["wave"],
                asked=asked["asked"],
            )
        except Invalid as error:
            form.add_domain_error(error)
        except DomainError as error:  # sent already, or the call closed meanwhile: said where the person was named
            form.add_error("person", str(error))
        else:
            if application.scribes.standing(timezone.now()).filter(broker=request.user).exists():
                return redirect("accelerator:application", application.pk)
            said = _("We have asked %(name)s. You see their answers as soon as they have said yes.")
            if not application.lead.email:
                said = _("%(name)s has no e-mail address: ask another broker to ring them and confirm it.")
            messages.success(request, said % {"name": application.lead})
            return redirect("accelerator:phone")
    context = {
        "form": form,
        "rows": queries.writes_for(request.user),
        "waiting": queries.waits_for(request.user),
        "to_confirm": queries.to_confirm(request.user),
    }
    return render(request, "accelerator/apply/phone.html", context, status=422 if form.errors else 200)


@require_POST
def stop(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The applicant ends it, or the broker is done."""
    scribe = get_object_or_404(Scribe.objects.select_related("application", "broker"), pk=pk)
    if request.user.pk not in (scribe.application.lead_id, scribe.broker_id):
        raise Http404
    actions.stop(by=request.user, scribe=scribe)
    if request.user.pk == scribe.broker_id:
        messages.success(request, _("Done. You cannot read their answers any more."))
        return redirect("accelerator:phone")
    messages.success(request, _("%(name)s cannot read or write your answers any more.") % {"name": scribe.broker})
    return redirect("accelerator:application", scribe.application_id)


@require_POST
def confirm(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The applicant says that they asked for it; or a second broker, who asked them."""
    scribe = get_object_or_404(Scribe.objects.select_related("application__lead", "broker"), pk=pk)
    if not actions.may_confirm(request.user, scribe):
        raise Http404
    actions.confirm(by=request.user, scribe=scribe)
    if request.user.pk == scribe.application.lead_id:
        messages.success(request, _("%(name)s can write your answers down now.") % {"name": scribe.broker})
        return redirect("accelerator:application", scribe.application_id)
    messages.success(request, _("Confirmed. %(name)s is told.") % {"name": scribe.broker})
    return redirect("accelerator:phone")


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
def may_write(request: HttpRequest, token: str) -> HttpResponse:
    """The link of the letter: yes or no, for whoever has the letter, without signing in. Nothing of the draft is on it."""
    scribe = actions.by_token(token)
    if request.method == "POST":
        lead = scribe.application.lead
        if "no" in request.POST:
            actions.stop(by=lead, scribe=scribe)
            said = _("Thank you. %(name)s cannot read or write your answers.")
        else:
            actions.confirm(by=lead, scribe=scribe)
            said = _("Thank you. %(name)s can write your answers down now, and you can stop it at any time.")
        context = {"scribe": scribe, "said": said % {"name": scribe.broker}}
        return render(request, "accelerator/apply/may_write.html", context)
    return render(request, "accelerator/apply/may_write.html", {"scribe": scribe})
