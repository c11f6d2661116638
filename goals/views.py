from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from goals import actions, queries
from goals.forms import AssessmentForm, OwnGoalForm, SignUpForm, StopForm
from goals.models import Goal, SignPost, StuckFlag
from people.access import require_role
from timebank.queries.listings import request_begun
from ui.errors import Invalid, Missing


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    rows = queries.my_goals(request.user)
    under_way = [row for row in rows if row.sign_up.state == "active"]
    ended = [row for row in rows if row.sign_up.state != "active"]
    context = {"under_way": under_way, "ended": ended, "team": queries.team_goals(request.user)}
    return render(request, "goals/mine.html", context)


@require_safe
def library(request: HttpRequest) -> HttpResponse:
    goals = queries.library_for(request.user)
    by_audience = [
        (label, [goal for goal in goals if goal.audience == value]) for value, label in Goal.Audience.choices
    ]
    return render(request, "goals/library.html", {"groups": [(label, found) for label, found in by_audience if found]})


def sign_up_for(request: HttpRequest, goal_id) -> HttpResponse:
    goal = queries.goal_for(request.user, goal_id)
    form = SignUpForm(
        request.POST if request.method == "POST" else None, goal=goal, purposes=queries.purposes_of(request.user)
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.sign_up(by=request.user, goal=goal, **form.cleaned_data)
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("You are signed up. We will ask you how it is going."))
            return redirect("goals:sign_up", made.pk)
    status = 422 if form.errors else 200
    return render(request, "goals/sign_up_for.html", {"goal": goal, "form": form}, status=status)


def own(request: HttpRequest) -> HttpResponse:
    form = OwnGoalForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        goal = actions.write_own_goal(
            by=request.user, title=form.cleaned_data["title"], words=form.words, skills=form.cleaned_data["skills"]
        )
        return redirect("goals:sign_up_for", goal.pk)
    return render(request, "goals/own.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
def sign_up(request: HttpRequest, sign_up_id) -> HttpResponse:
    row = queries.my_goal(request.user, sign_up_id)
    history = list(row.sign_up.assessments.order_by("-at", "-id"))
    for said in history:
        said.words = row.sign_up.goal.words_for(said.level)
    context = {"row": row, "history": history, "chart": queries.way_chart(row.sign_up) if history else None}
    return render(request, "goals/sign_up.html", context)


def assess(request: HttpRequest, sign_up_id) -> HttpResponse:
    row = queries.my_goal(request.user, sign_up_id)
    form = AssessmentForm(
        request.POST if request.method == "POST" else None,
        goal=row.sign_up.goal,
        times_before=row.sign_up.assessments.count(),
    )
    if request.method == "POST" and form.is_valid():
        _said, flag = actions.assess(by=request.user, sign_up=row.sign_up, **form.cleaned_data)
        messages.success(
            request,
            _("Thank you for saying so. Here is who may help.") if flag else _("Saved. Well done for keeping at it."),
        )
        return redirect("goals:sign_up", row.sign_up.pk)
    return render(request, "goals/assess.html", {"row": row, "form": form}, status=422 if form.errors else 200)


def stop(request: HttpRequest, sign_up_id) -> HttpResponse:
    row = queries.my_goal(request.user, sign_up_id)
    form = StopForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        actions.end(
            by=request.user, sign_up=row.sign_up, state=form.cleaned_data["state"], why=form.cleaned_data["why"] or ""
        )
        messages.success(request, _("The goal is closed. What you wrote stays with you."))
        return redirect("goals:mine")
    return render(request, "goals/stop.html", {"row": row, "form": form}, status=422 if form.errors else 200)


def _my_flag(request: HttpRequest, flag_id) -> StuckFlag:
    flag = StuckFlag.objects.filter(pk=flag_id, sign_up__user=request.user).first()
    if flag is None:
        raise Missing(_("We cannot find that goal."))
    return flag


@require_POST
def unstuck(request: HttpRequest, flag_id) -> HttpResponse:
    flag = _my_flag(request, flag_id)
    actions.no_longer_stuck(by=request.user, flag=flag)
    messages.success(request, _("Good to hear. We have taken the flag down."))
    return redirect("goals:sign_up", flag.sign_up_id)


@require_POST
def answer_flag(request: HttpRequest, flag_id) -> HttpResponse:
    flag = _my_flag(request, flag_id)
    if request.POST.get("right") not in ("yes", "no"):
        raise Invalid(_("Say yes or no."))
    right = request.POST["right"] == "yes"
    actions.answer_flag(by=request.user, flag=flag, right=right)
    messages.success(request, _("Thank you. That makes our guesses better."))
    return redirect("goals:sign_up", flag.sign_up_id)


@require_POST
def follow(request: HttpRequest, post_id) -> HttpResponse:
    mine = SignPost.objects.filter(pk=post_id, flag__sign_up__user=request.user)
    post = mine.select_related("flag__sign_up__goal", "flag__sign_up__purpose").first()
    if post is None:
        raise Missing(_("We cannot find that sign-post."))
    actions.follow_sign_post(by=request.user, post=post)
    if post.kind == SignPost.Kind.OFFER:
        return redirect("timebank:listing", post.listing_id)
    if post.kind == SignPost.Kind.PEER:
        return redirect("people:person", post.peer_id)
    sign_up = post.flag.sign_up
    return redirect(
        request_begun(
            by=request.user,
            title=_("Help with a goal: %(goal)s") % {"goal": sign_up.goal.title},
            skills=sign_up.goal.skills.order_by("name", "id"),
            purpose=sign_up.purpose,
        )
    )


@require_safe
@require_role("portfolio_manager")
def stuck(request: HttpRequest) -> HttpResponse:
    return render(request, "goals/stuck.html", {"flags": queries.flags_for_manager(request.user)})
