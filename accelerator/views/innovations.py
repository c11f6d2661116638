"""Pages of one innovation: its team's and its manager's."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accelerator.actions import asks, checkins, evidence, innovations, rag, roadmap
from accelerator.forms import innovations as forms
from accelerator.models import CheckIn, Innovation, Milestone
from accelerator.queries import dashboard, home
from accelerator.queries import innovations as reads
from accelerator.rules import files
from accelerator.rules import innovations as who
from accelerator.rules import roadmap as rules
from goals import queries as goals
from people.access import require_role
from ui.downloads import attachment
from ui.errors import Invalid
from ui.uploads import takes_files

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
manager_only = require_role("portfolio_manager")


def _answer(request: HttpRequest, template: str, form: Any, context: dict[str, Any]) -> HttpResponse:
    """The page with its form: 422 where what was typed cannot be used."""
    status = 422 if (form.is_bound and not form.is_valid()) or form.errors else 200
    return render(request, template, {"form": form, **context}, status=status)


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """The innovations that I work on; straight to it where there is one."""
    own = reads.mine(request.user)
    if len(own) == 1:
        return redirect("accelerator:innovation", own[0].pk)
    return render(request, "accelerator/innovations/mine.html", {"own": own})


@require_safe
def innovation(request: HttpRequest, innovation_id: UUID) -> HttpResponse:
    """An innovation's own page."""
    shown = reads.innovation_for(request.user, innovation_id)
    milestones = reads.roadmap(shown)
    manages = who.runs(request.user, shown)
    context = {
        "week": home.this_week(request.user, shown, milestones),
        "innovation": shown,
        "manages": manages,
        "on_team": who.on_team(request.user, shown),
        "verdict": dashboard.verdict_of(shown) if manages else None,
        "rag_history": shown.rag_events.select_related("override_by").order_by("-id")[:8] if manages else [],
        "left": asks.hours_left(shown),
        "checkins": reads.checkins_shown(request.user, shown, limit=2),
        "received": sum(m.minutes for m in milestones),
        "needs": shown.needs.order_by("kind"),
    }
    return render(request, "accelerator/innovations/innovation.html", context)


@require_safe
def roadmap_page(request: HttpRequest, innovation_id: UUID) -> HttpResponse:
    """All milestones by phase, with dates, states, slippage and hours received."""
    shown = reads.innovation_for(request.user, innovation_id)
    milestones = reads.roadmap(shown)
    today = timezone.localdate()
    done, due = rules.due_rate(milestones, today)
    context = {
        "innovation": shown,
        "phases": reads.by_phase(shown, milestones),
        "manages": who.runs(request.user, shown),
        "today": today,
        "done": done,
        "due": due,
    }
    return render(request, "accelerator/roadmap/roadmap.html", context)


@require_safe
def milestone(request: HttpRequest, milestone_id: UUID) -> HttpResponse:
    """One milestone: why, how, what to show, what was shown, who helped."""
    shown = reads.milestone_for(request.user, milestone_id)
    reads.decorate([shown], timezone.localdate())
    history = reads.history(shown)
    shows_all = set().union(*(set(s.shows) for s in history)) if history else set()
    context = {
        "milestone": shown,
        "innovation": shown.innovation,
        "history": history,
        "checklist": [(line, line in shows_all) for line in shown.to_show],
        "manages": who.runs(request.user, shown.innovation),
        "on_team": who.on_team(request.user, shown.innovation),
        "teams_turn": shown.state in rules.TEAMS_TURN,
        "settled": shown.state in rules.SETTLED,
        "givers": reads.givers(shown.purpose_id, request.user),
        "skills": shown.purpose.skills.order_by("name", "id"),
        "listings": shown.purpose.listings.filter(kind="request").open().order_by("-posted_at", "-id")[:5],
    }
    return render(request, "accelerator/roadmap/milestone.html", context)


@require_POST
def start_milestone(request: HttpRequest, milestone_id: UUID) -> HttpResponse:
    """The team begins."""
    started = roadmap.start(by=request.user, milestone=reads.milestone_for(request.user, milestone_id))
    messages.success(request, _("You have started “%(title)s”.") % {"title": started.title})
    return redirect("accelerator:milestone", started.pk)


@takes_files(files.MOST_FILES * files.LARGEST_BYTES)
@get_or_post
def send_evidence(request: HttpRequest, milestone_id: UUID) -> HttpResponse:
    """The team shows what it did."""
    shown = reads.milestone_for(request.user, milestone_id)
    who.check_team(request.user, shown.innovation)
    form = forms.EvidenceForm(request.POST or None, request.FILES or None, milestone=shown)
    if request.method == "POST":
        form = forms.EvidenceForm(request.POST, request.FILES, milestone=shown)
        if form.is_valid():
            try:
                evidence.submit(by=request.user, milestone=shown, **form.for_action())
            except Invalid as error:
                form.add_domain_error(error)
            else:
                manager = shown.innovation.manager.name
                messages.success(request, _("Sent. %(name)s reads it within five working days.") % {"name": manager})
                return redirect("accelerator:milestone", shown.pk)
    latest = next(iter(reads.history(shown)), None)
    context = {"milestone": shown, "latest": latest, "teams_turn": shown.state in rules.TEAMS_TURN}
    return _answer(request, "accelerator/roadmap/send_evidence.html", form, context)


@manager_only
@get_or_post
def read_evidence(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """A manager reads evidence, and accepts it or sends it back."""
    shown = reads.submission_for(request.user, submission_id)
    who.check_runs(request.user, shown.milestone.innovation)
    form = forms.ReadForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        comment = form.cleaned_data["comment"]
        try:
            if form.cleaned_data["answer"] == "accept":
                evidence.accept(by=request.user, submission=shown, comment=comment)
                messages.success(request, _("Accepted. The team has been told, and so has everybody who helped."))
            else:
                evidence.send_back(by=request.user, submission=shown, comment=comment)
                messages.success(request, _("Sent back. The team sees your comment."))
        except Invalid as error:
            form.add_domain_error(error)
        else:
            return redirect("accelerator:milestone", shown.milestone_id)
    context = {"submission": shown, "milestone": shown.milestone, "innovation": shown.milestone.innovation}
    return _answer(request, "accelerator/roadmap/read_evidence.html", form, context)


@require_safe
def evidence_file(request: HttpRequest, file_id: UUID) -> HttpResponseBase:
    """A file, always as a download, never opened by the browser as what it is."""
    shown = reads.file_for(request.user, file_id)
    return attachment(shown.file, shown.name)


@get_or_post
def ask(request: HttpRequest, milestone_id: UUID) -> HttpResponse:
    """The team asks the community for help with a milestone."""
    shown = reads.milestone_for(request.user, milestone_id)
    who.check_team(request.user, shown.innovation)
    form = forms.AskForm(initial={**asks.suggested_ask(shown), "mode": "remote"})
    if request.method == "POST":
        form = forms.AskForm(request.POST)
        if form.is_valid():
            given = {**form.cleaned_data, "key": str(form.cleaned_data["key"])}
            try:
                asks.ask_community(by=request.user, milestone=shown, **given)
            except Invalid as error:
                form.add_domain_error(error)
            else:
                messages.success(request, _("Your request is on the board. You hear as soon as somebody answers."))
                return redirect("accelerator:milestone", shown.pk)
    context = {"milestone": shown, "left": asks.hours_left(shown.innovation)}
    return _answer(request, "accelerator/roadmap/ask.html", form, context)


@get_or_post
def check_in(request: HttpRequest, innovation_id: UUID) -> HttpResponse:
    """How it goes, from either side."""
    shown = reads.innovation_for(request.user, innovation_id)
    for_team = who.on_team(request.user, shown)
    form = forms.CheckInForm(request.POST if request.method == "POST" else None, for_team=for_team)
    if request.method == "POST" and form.is_valid():
        try:
            checkins.check_in(by=request.user, innovation=shown, **form.for_action())
        except Invalid as error:
            form.add_domain_error(error)
        else:
            if for_team:
                return redirect("accelerator:checked_in", shown.pk)
            messages.success(request, _("Thank you. Your check-in is kept."))
            return redirect("accelerator:innovation", shown.pk)
    context = {
        "innovation": shown,
        "for_team": for_team,
        "before": reads.checkins_shown(request.user, shown, limit=6),
        "team_last": reads.last_checkin(shown, CheckIn.Side.TEAM),
    }
    return _answer(request, "accelerator/innovations/check_in.html", form, context)


@require_safe
def checked_in(request: HttpRequest, innovation_id: UUID) -> HttpResponse:
    """The check-in is kept; and the person's own goals for this innovation, which are assessed the same way."""
    shown = reads.innovation_for(request.user, innovation_id)
    if reads.last_checkin(shown, CheckIn.Side.TEAM) is None:
        return redirect("accelerator:check_in", shown.pk)
    own = [row for row in goals.my_goals(request.user) if row.sign_up.state == "active"]
    context = {
        "innovation": shown,
        "goals": sorted(own, key=lambda row: row.sign_up.purpose_id != shown.purpose_id)[:5],
    }
    return render(request, "accelerator/innovations/checked_in.html", context)


def _for_manager(request: HttpRequest, milestone_id: UUID) -> Milestone:
    shown = reads.milestone_for(request.user, milestone_id)
    who.check_runs(request.user, shown.innovation)
    return shown


def _innovation_for_manager(request: HttpRequest, innovation_id: UUID) -> Innovation:
    shown = reads.innovation_for(request.user, innovation_id)
    who.check_runs(request.user, shown)
    return shown


@manager_only
@get_or_post
def move_milestone(request: HttpRequest, milestone_id: UUID) -> HttpResponse:
    """A manager gives a milestone other dates. Where others depend on it, they are shown before anything moves."""
    shown = _for_manager(request, milestone_id)
    form = forms.MoveForm(initial={"start": shown.start, "end": shown.end})
    asking = False
    if request.method == "POST":
        form = forms.MoveForm(request.POST)
        if form.is_valid():
            moves = roadmap.propose_moves(shown, form.cleaned_data["end"])
            if moves and "seen" not in request.POST:
                asking = True
                data = request.POST.copy()
                data.setlist("along", [str(m.pk) for m, _start, _end in moves])
                form = forms.MoveForm(data, moves=moves)
            else:
                form = forms.MoveForm(request.POST, moves=moves)
                asking = bool(moves)
                if form.is_valid():
                    given = dict(form.cleaned_data)
                    try:
                        roadmap.move(by=request.user, milestone=shown, with_dependents=given.pop("along", ()), **given)
                    except Invalid as error:
                        form.add_domain_error(error)
                    else:
                        messages.success(request, _("Moved. The team has been told why."))
                        return redirect("accelerator:roadmap", shown.innovation_id)
    return _answer(request, "accelerator/roadmap/move.html", form, {"milestone": shown, "asking": asking})


@manager_only
@get_or_post
def add_milestone(request: HttpRequest, innovation_id: UUID) -> HttpResponse:
    """A manager adds a milestone of the innovation's own."""
    shown = _innovation_for_manager(request, innovation_id)
    form = forms.AddForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = {**form.cleaned_data, "to_show": form.cleaned_data["to_show"].splitlines()}
        try:
            made = roadmap.add(by=request.user, innovation=shown, **given)
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("“%(title)s” is on the roadmap.") % {"title": made.title})
            return redirect("accelerator:roadmap", shown.pk)
    return _answer(request, "accelerator/roadmap/add.html", form, {"innovation": shown})


@manager_only
@get_or_post
def drop_milestone(request: HttpRequest, milestone_id: UUID) -> HttpResponse:
    """A manager marks a milestone as not needed."""
    shown = _for_manager(request, milestone_id)
    form = forms.DropForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        roadmap.drop(by=request.user, milestone=shown, reason=form.cleaned_data["reason"])
        messages.success(request, _("“%(title)s” is marked as not needed.") % {"title": shown.title})
        return redirect("accelerator:roadmap", shown.innovation_id)
    return _answer(request, "accelerator/roadmap/drop.html", form, {"milestone": shown})


@manager_only
@require_POST
def restore_milestone(request: HttpRequest, milestone_id: UUID) -> HttpResponse:
    """A manager puts a milestone back on the roadmap."""
    shown = roadmap.restore(by=request.user, milestone=_for_manager(request, milestone_id))
    messages.success(request, _("“%(title)s” is back on the roadmap.") % {"title": shown.title})
    return redirect("accelerator:milestone", shown.pk)


@manager_only
@get_or_post
def override_colour(request: HttpRequest, innovation_id: UUID) -> HttpResponse:
    """A manager's own judgement of the colour, for 14 days."""
    shown = _innovation_for_manager(request, innovation_id)
    form = forms.OverrideForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        rag.override(by=request.user, innovation=shown, **form.cleaned_data)
        messages.success(request, _("Kept. It ends by itself after 14 days."))
        return redirect("accelerator:innovation", shown.pk)
    context = {"innovation": shown, "verdict": dashboard.verdict_of(shown)}
    return _answer(request, "accelerator/innovations/override.html", form, context)


@manager_only
@get_or_post
def change_life(request: HttpRequest, innovation_id: UUID) -> HttpResponse:
    """A manager pauses an innovation, stops it, hands it over or lets it graduate."""
    shown = _innovation_for_manager(request, innovation_id)
    initial = {"life": shown.life, "paused_until": shown.paused_until}
    form = forms.LifeForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            innovations.change_life(by=request.user, innovation=shown, **form.cleaned_data)
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Saved."))
            return redirect("accelerator:innovation", shown.pk)
    return _answer(request, "accelerator/innovations/life.html", form, {"innovation": shown})


@manager_only
@get_or_post
def describe(request: HttpRequest, innovation_id: UUID) -> HttpResponse:
    """A manager keeps the description and the needs right."""
    shown = _innovation_for_manager(request, innovation_id)
    initial = {name: getattr(shown, name) for name in ("name", "summary", "stage", "tier", "device")}
    initial |= {need.kind: need.minutes for need in shown.needs.all()}
    form = forms.DescribeForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            innovations.describe(by=request.user, innovation=shown, **form.for_action())
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Saved."))
            return redirect("accelerator:innovation", shown.pk)
    return _answer(request, "accelerator/innovations/describe.html", form, {"innovation": shown})


@manager_only
@get_or_post
def staff_hours(request: HttpRequest, innovation_id: UUID) -> HttpResponse:
    """Programme staff note time that they gave; no credits move."""
    shown = _innovation_for_manager(request, innovation_id)
    form = forms.StaffHoursForm(
        request.POST if request.method == "POST" else None, initial={"on": timezone.localdate()}
    )
    if request.method == "POST" and form.is_valid():
        try:
            checkins.log_staff_hours(by=request.user, innovation=shown, **form.cleaned_data)
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Noted."))
            return redirect("accelerator:staff_hours", shown.pk)
    rows = shown.staff_hours.select_related("by").order_by("-on", "-id")[:30]
    return _answer(request, "accelerator/innovations/staff_hours.html", form, {"innovation": shown, "rows": rows})
