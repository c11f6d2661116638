"""A broker's pages for writing down somebody's answers. The questions themselves are on the applicant's own pages."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
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
            said = _("%(name)s is told that you write for them.")
            if not application.lead.email:
                said = _("%(name)s has no e-mail address: tell them yourself what happens next.")
            messages.success(request, said % {"name": application.lead})
            return redirect("accelerator:application", application.pk)
    context = {"form": form, "rows": queries.writes_for(request.user)}
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
