"""Managers' page of who is still writing."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accelerator.queries import drafting as queries
from accelerator.rules.waves import Phase
from accelerator.views.selection import wave_of
from people.access import require_role
from ui.views import ListPage


class Drafts(ListPage):
    """Everybody with a draft in a wave: how far they are, and when they last wrote. What they write stays theirs."""

    template_name = "accelerator/review/drafts.html"
    empty = gettext_lazy("Nobody has a draft in this wave.")
    page_size = 30

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.wave = wave_of(request, kwargs["slug"])
        self.title = _("Who is writing for %(wave)s") % {"wave": self.wave.name}
        return super().dispatch(request, *args, **kwargs)

    def items(self, **filters: Any) -> Any:
        return queries.drafts(self.wave, self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return context | {
            "wave": self.wave,
            "open": self.wave.phase() == Phase.CALL,
            "rows": queries.how_far(self.wave, context["listed"].object_list),
        }


def _page(request: HttpRequest, slug: str) -> HttpResponse:
    return Drafts.as_view()(request, slug=slug)


drafts = require_role("portfolio_manager")(_page)
