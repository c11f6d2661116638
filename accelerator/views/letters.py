"""Letters: the words that they are made from, each to be edited and signed, all to be looked at once more and sent."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accelerator.actions import letters as actions
from accelerator.forms.letters import LetterForm, SeenForm, SendLettersForm, WordsForm
from accelerator.models import Decision, LetterTemplate, Wave
from accelerator.queries import letters as queries
from accelerator.queries.kept import kept_from
from accelerator.rules import letters as rules
from accelerator.views.selection import looked_at, managed, wave_of
from people.access import require_role
from ui.errors import DomainError, Invalid
from ui.views import pagination

ROWS_A_PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@require_role("portfolio_manager")
def letter(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Editing and signing one letter, as the applicant will read it."""
    found = managed(request, pk)
    decision = getattr(found, "decision", None)
    if decision is None:
        return redirect("accelerator:candidate", found.pk)
    initial = {"letter": decision.letter, "signed_as": decision.signed_as or request.user.name}  # type: ignore[union-attr]  # signed in
    form = LetterForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.edit_letter(by=request.user, application=found, **form.cleaned_data)
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("The letter is saved. It has not gone yet."))
            return redirect("accelerator:letters", found.wave.slug)  # type: ignore[union-attr]  # sent in, so it has a wave
    context = {"application": found, "decision": decision, "form": form}
    status = 422 if request.method == "POST" else 200
    return render(request, "accelerator/review/letter.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role("portfolio_manager")
def letters(request: HttpRequest, slug: str) -> HttpResponse:
    """Every letter that waits; posting shows those that were chosen as they would go, with how many they are."""
    wave = looked_at(request, slug)
    waiting = _waiting(request, wave)
    if request.method != "POST":
        return _letters(request, wave, waiting)
    if "all" in request.POST:
        chosen = list(waiting[: actions.MOST_LETTERS])
    else:
        form = SendLettersForm(request.POST, decisions=waiting)
        chosen = list(form.cleaned_data["letters"]) if form.is_valid() else []
    if not chosen:
        return _letters(request, wave, waiting, _("Choose at least one letter."), 422)
    return _look(request, wave, chosen)


def _waiting(request: HttpRequest, wave: Wave) -> Any:
    """The letters that wait and are this manager's to send: not those about people whom they cannot judge."""
    return queries.waiting(wave).exclude(application__in=kept_from(request.user, wave))


def _gone(request: HttpRequest, wave: Wave) -> int:
    sent = Decision.objects.filter(application__wave=wave, sent_at__isnull=False)
    return sent.exclude(application__in=kept_from(request.user, wave)).count()


def _look(request: HttpRequest, wave: Wave, chosen: Sequence[Decision]) -> HttpResponse:
    """The letters that were chosen, as they would go."""
    context = {
        "wave": wave,
        "rows": chosen,
        "counts": queries.counts(chosen),
        "bare": [one for one in chosen if queries.is_bare(one)],
        "seen": queries.fingerprint(chosen),
    }
    return render(request, "accelerator/review/look_at_letters.html", context)


@require_POST
@require_role("portfolio_manager")
def send(request: HttpRequest, slug: str) -> HttpResponse:
    """Sends the letters that were looked at, as they were looked at."""
    wave = wave_of(request, slug)
    known = Decision.objects.filter(application__wave=wave)  # those that have gone are left alone: a second click
    form, seen = SendLettersForm(request.POST, decisions=known), SeenForm(request.POST)
    if not form.is_valid() or not seen.is_valid():
        return _letters(request, wave, _waiting(request, wave), _("Choose at least one letter."), 422)
    chosen = [decision.application for decision in form.cleaned_data["letters"].select_related("application")]
    try:
        gone = actions.send_letters(by=request.user, applications=chosen, seen=seen.cleaned_data["seen"])
    except DomainError as error:
        return _letters(request, wave, _waiting(request, wave), str(error), error.status)
    messages.success(
        request,
        ngettext("%(count)d letter has gone.", "%(count)d letters have gone.", len(gone)) % {"count": len(gone)},
    )
    return redirect("accelerator:letters", wave.slug)


def _letters(request: HttpRequest, wave: Wave, waiting: Any, error: str = "", status: int = 200) -> HttpResponse:
    """The letters that wait; what was ticked stays ticked."""
    listed = Paginator(waiting, ROWS_A_PAGE).get_page(request.GET.get("page"))
    rows = list(listed.object_list)
    drafted = dict(LetterTemplate.objects.filter(wave=wave).values_list("outcome", "draft"))
    context = {
        "wave": wave,
        "rows": rows,
        "bare": {one.pk for one in rows if queries.is_bare(one)},
        "pages": pagination(request, listed),
        "total": listed.paginator.count,
        "most": actions.MOST_LETTERS,
        "counts": queries.counts(waiting),
        "words": [(value, label, value in drafted, drafted.get(value)) for value, label in Decision.Outcome.choices],
        "gone": _gone(request, wave),
        "error": error,
        "error_list": [{"text": error, "href": f"#send-{rows[0].pk}"}] if error and rows else [{"text": error}],
        "ticked": set(request.POST.getlist("letters")),
    }
    return render(request, "accelerator/review/letters.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role("portfolio_manager")
def words(request: HttpRequest, slug: str, outcome: str) -> HttpResponse:
    """The words that this wave's letters of one outcome are made from, with a letter to see how they read."""
    wave = wave_of(request, slug)
    if outcome not in Decision.Outcome.values:
        raise Http404
    if request.method == "POST" and "drop" in request.POST:
        actions.drop_words(by=request.user, wave=wave, outcome=outcome)
        messages.success(request, _("These letters have our own words again."))
        return redirect("accelerator:letter_words", wave.slug, outcome)
    own = LetterTemplate.objects.filter(wave=wave, outcome=outcome).first()
    text = (own and (own.draft or own.text)) or str(rules.DEFAULTS[outcome])
    form = WordsForm(request.POST if request.method == "POST" else None, initial={"text": text})
    if request.method == "POST" and form.is_valid():
        keep = "keep" in request.POST
        try:
            actions.change_words(by=request.user, wave=wave, outcome=outcome, text=form.cleaned_data["text"], keep=keep)
        except Invalid as error:
            form.add_domain_error(error)
        else:
            if keep:
                messages.success(request, _("Kept. Letters that nobody has edited have these words now."))
                return redirect("accelerator:letters", wave.slug)
            return redirect("accelerator:letter_words", wave.slug, outcome)
    context = {
        "wave": wave,
        "label": Decision.Outcome(outcome).label,
        "form": form,
        "own": own,
        "gaps": rules.GAPS.items(),
        "example": rules.fill(text, queries.example(wave, outcome, request.user)),
    }
    return render(request, "accelerator/review/letter_words.html", context, status=422 if form.errors else 200)
