from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from people.access import require_conduct
from timebank.actions import shares as actions
from timebank.forms.shares import GIVE, SPEND, EarningsForm
from timebank.queries import shares as queries
from ui.asked import as_id
from ui.errors import Invalid


@require_conduct
def earnings(request: HttpRequest) -> HttpResponse:
    """ "And with the hours I earn": spend, a pot, give. `?listing=` is the offer just posted, `?pot=` a pot to choose."""
    user: Any = request.user
    listing, pot = (as_id(request.GET.get(name)) for name in ("listing", "pot"))
    pots = queries.pots_to_share_with(user, also=pot)
    chosen = pot if pot and pots.filter(pk=pot).exists() else None
    form = EarningsForm(
        request.POST if request.method == "POST" else None, pots=pots, share=queries.live_share(user.pk), chosen=chosen
    )
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            if asked["what"] == SPEND:
                actions.end_share(by=user)
                said = _("What you earn is yours to spend.")
            else:
                to = None if asked["what"] == GIVE else asked["pot"]
                share = actions.set_share(by=user, per_cent=asked["per_cent"], pot=to)
                name = to.name if to else _("the community pot")
                said = _("Of every hour you earn, %(n)s%% goes to %(pot)s.") % {"n": share.per_cent, "pot": name}
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, said)
            return redirect("timebank:listing", listing) if listing else redirect("timebank:home")
    return render(
        request, "timebank/earnings.html", {"form": form, "listing": listing}, status=422 if form.errors else 200
    )
