"""The report's sections: each reads its figures, hides what is small, and answers its question in a sentence.

A section is a pure reading of the database at one moment; `snapshot` calls them all in one transaction. What comes out
is fit to show: `disclosure` has been applied here and nothing after this module sees a count of fewer than 8 people.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable
from statistics import median

from django.db.models import F, Min, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accelerator.models import Application, Innovation, Milestone, StaffHours
from evaluation import disclosure
from evaluation.measures.change import paired_change, wilson
from evaluation.measures.circulation import circulation
from evaluation.measures.multiplier import Hours, receivers_who_gave, returned_per_hour, rounds
from evaluation.questions import DEFAULT_MEASURES, QUESTIONS
from evaluation.reach import applied_ids, on_board_ids, who_is_reached
from evaluation.shapes import (
    MET,
    NOT_ENOUGH,
    NOT_MET,
    Scope,
    Section,
    Table,
    judge,
    percent,
    share_sentence,
    too_few,
)
from goals.models import SignUp, StuckFlag
from goals.rules import for_analysis
from outreach.models import Arrival, OpenCount
from timebank.models import Dispute, Exchange, Listing
from timebank.queries import group_sessions
from timebank.queries.exchanges import settled_help
from ui.formats import hours

PROGRAMME = "programme"


def _settled(scope: Scope):
    """Settled exchanges of the period, whoever's account paid; a reversed one is no longer help."""
    return Exchange.objects.filter(state="settled", settled_at__gte=scope.since, settled_at__lt=scope.until)


def _opens(scope: Scope, on_board: set) -> tuple[Table, Table | None]:
    """V1's table of steps with its rows about links, and opens a week where there is something to draw."""
    funnel = Table("funnel", _("From a poster to an application"), [_("Step"), _("Number")], [], chart="bar")
    if scope.wave.campaign_id is None:
        funnel.note = _("This wave has no campaign of its own, so no opens of posters' or e-mails' links belong to it.")
        return funnel, None
    counted = OpenCount.objects.filter(
        placement__campaign=scope.wave.campaign_id, hour__gte=scope.since, hour__lt=scope.call_until
    )
    opened: Counter[int] = Counter()  # by week since the call opened
    for hour, number in counted.values_list("hour", "opens"):
        opened[(hour - scope.since).days // 7] += number
    through = Arrival.objects.filter(user__in=on_board, placement__campaign=scope.wave.campaign_id).count()
    funnel.rows = [
        [_("Opens of a poster's or an e-mail's link"), str(opened.total())],
        [_("Came on board through one"), disclosure.count(through)],
    ]
    funnel.note = _("Opens are those of the call. An open is not a person: somebody may open a link twice.")
    weeks = max(0, (scope.call_until - scope.since).days // 7)  # whole weeks of the call
    if not any(opened[week] for week in range(weeks)):
        return funnel, None
    rest = sum(number for week, number in opened.items() if week >= weeks)
    weekly = Table(
        "opens-a-week", _("Opens a week during the call"), [_("Week from"), _("Opens")],
        [[timezone.localdate(scope.since + dt.timedelta(weeks=week)).isoformat(), opened[week]] for week in range(weeks)], chart="xmr",
        note=_("The days after the last whole week had %(n)d more.") % {"n": rest} if rest else "",
    )  # fmt: skip
    return funnel, weekly


def do_people_come(scope: Scope) -> Section:
    """V1: how many opened a link of the wave's campaign, came on board and applied; opens a week as an XmR chart.

    Opens are those of the call. They have no person, so they are no share of anything; a wave without a campaign has none.
    An open that its person took back is not in `OpenCount.opens` any more. Answered once the call has closed.
    """
    on_board, applied = on_board_ids(scope), len(applied_ids(scope))
    funnel, weekly = _opens(scope, on_board)
    funnel.rows += [
        [_("On board in all (joined in the call, or applied)"), disclosure.count(len(on_board))],
        [_("Applied"), disclosure.count(applied)],
    ]
    tables = [funnel, weekly] if weekly else [funnel]
    rests_on = _("counts of opens, accounts and applications")
    headline = (disclosure.count(applied), _("people applied"))
    so_far = {"applied": disclosure.in_words(applied), "places": scope.wave.capacity}
    if scope.until < scope.wave.call_closes:
        sentence = _("The call is still open. Applications so far for its %(places)d places: %(applied)s.") % so_far
        return Section("V1", NOT_ENOUGH, sentence, tables, rests_on, headline)
    threshold, _weeks = scope.promise("V1")
    sentence = _("Applications came from %(applied)s people for %(places)d places.")
    if not applied:
        sentence = _("Nobody applied for the %(places)d places.")
    return Section(
        "V1", MET if applied >= threshold * scope.wave.capacity else NOT_MET, sentence % so_far,
        tables, rests_on, headline,
    )  # fmt: skip


def can_needs_be_met(scope: Scope) -> Section:
    """V3: requests that got a yes, and the median days to the first."""
    first_yes = Min("exchanges__accepted_at", filter=Q(exchanges__accepted_at__lt=scope.until))
    requests = list(
        Listing.objects.filter(kind="request", posted_at__gte=scope.since, posted_at__lt=scope.until)
        .annotate(first_yes=first_yes)
        .values_list("posted_at", "first_yes")
    )
    _threshold, smallest = scope.promise("V3")
    if len(requests) < smallest:
        return too_few("V3", len(requests), smallest, _("requests"))
    waits = [(yes - asked).total_seconds() / 86400 for asked, yes in requests if yes]
    share = len(waits) / len(requests)
    table = Table(
        "requests", _("Requests for help"), [_("Figure"), _("Value")],
        [
            [_("Requests posted"), str(len(requests))],
            [_("Requests that got a yes"), str(len(waits))],
            [_("Share that got a yes"), percent(share)],
            [_("Median days to the first yes"), f"{median(waits):.1f}" if waits else "–"],
        ],
    )  # fmt: skip
    sentence = _("%(share)s of requests got a yes.") % {"share": percent(share)}
    return Section("V3", judge(share, len(requests), scope, "V3"), sentence, [table], _("requests on the timebank"))


def does_time_circulate(scope: Scope) -> Section:
    """V4: active members, two-way share, the largest circle, reciprocity, Gini of hours given, single-use share."""
    given = settled_help(scope.since, scope.until)
    figures = circulation((one.giver, one.receiver, one.minutes) for one in given)
    _threshold, smallest = scope.promise("V4")
    if figures is None or figures.active < smallest:
        return too_few("V4", figures.active if figures else 0, smallest, _("active members"))
    n = figures.active
    minutes = sum(one.minutes for one in given)
    shown = [
        [_("Hours exchanged"), hours(minutes)],
        [_("Exchanges"), str(_settled(scope).count())],
        [_("Group sessions"), str(group_sessions.settled_between(scope.since, scope.until))],
        [_("Active members"), disclosure.count(n)],
        [_("Members who both gave and received"), disclosure.percentage(round(figures.two_way * n), n)],
        [_("Hours inside the largest circle"), percent(figures.in_largest_circle)],
        [_("Pairs in which help went both ways"), percent(figures.reciprocity)],
        [_("Evenness of hours given (Gini, 0 is even)"), disclosure.figure(figures.gini_given, n, 2)],
        [_("Members with one exchange only"), disclosure.percentage(round(figures.single_use * n), n)],
    ]
    monthly: defaultdict[str, int] = defaultdict(int)
    for one in given:
        monthly[f"{one.at:%Y-%m}"] += one.minutes
    by_month = Table(
        "hours-a-month", _("Hours exchanged each month"), [_("Month"), _("Hours")],
        [[month, round(total / 60, 1)] for month, total in sorted(monthly.items())], chart="bar",
    )  # fmt: skip
    sentence = share_sentence(shown[3][1], _("%(share)s of active members both gave and received time."))
    return Section(
        "V4", judge(figures.two_way, n, scope, "V4"), sentence,
        [by_month, Table("circulation", _("How time circulates"), [_("Figure"), _("Value")], shown)],
        _("exchanges and group sessions settled between the opening of the call and the end of the wave"),
        headline=(str(round(minutes / 60)), _("hours exchanged")),
    )  # fmt: skip


def do_people_progress(scope: Scope) -> Section:
    """V5: paired change of goals, first against last level; the partial step counts as −1."""
    pairs = []
    sign_ups = SignUp.objects.filter(
        starts_on__gte=timezone.localdate(scope.since), starts_on__lt=timezone.localdate(scope.until)
    )
    for sign_up in sign_ups.prefetch_related("assessments").order_by("id"):
        history = [said for said in sign_up.assessments.all() if said.at < scope.until]
        if history:
            pairs.append((sign_up.baseline, for_analysis(history[-1].level)))
    _threshold, smallest = scope.promise("V5")
    change = paired_change(pairs)
    if change is None or change.n < smallest:
        return too_few("V5", len(pairs), smallest, _("goals with an assessment"))
    groups = {_("Improved"): change.improved, _("The same"): change.same, _("Worse"): change.worse}
    rows = []
    for label, number in groups.items():
        rows.append([
            label, disclosure.count(number), disclosure.percentage(number, change.n), disclosure.interval(number, change.n)
        ])  # fmt: skip
    table = Table(
        "goal-change", _("Goals, from the start to the last assessment"),
        [_("Change"), _("Goals"), _("Share"), _("95 % interval")], rows, chart="bar",
    )  # fmt: skip
    if change.p_value is None:
        chance = _("nothing changed")
    else:
        chance = _("under 0.05") if change.p_value < 0.05 else _("0.05 or more")
    mean = Table(
        "goal-change-mean", _("Mean change in levels"), [_("Figure"), _("Value")],
        [
            [_("Mean change (levels)"), disclosure.figure(change.mean, change.n)],
            [_("95 % interval (bootstrap)"), " – ".join(disclosure.figure(end, change.n) for end in (change.mean_low, change.mean_high))],
            [_("Wilcoxon signed-rank test, p"), chance],
        ],
    )  # fmt: skip
    share = change.improved / change.n
    sentence = share_sentence(rows[0][2], _("%(share)s of goals improved."))
    return Section(
        "V5", judge(share, change.n, scope, "V5"), sentence, [table, mean], _("what people say about their own goals"),
        headline=(rows[0][2], _("of goals improved")),
        words=[_("Of those who assessed themselves, %(n)s ended lower than they began: worth a conversation each.") % {
            "n": disclosure.in_words(change.worse)}],
    )  # fmt: skip


def does_sign_posting_work(scope: Scope) -> Section:
    """V6: how often the flag was right, in the eyes of the person."""
    flags = StuckFlag.objects.filter(opened_at__gte=scope.since, opened_at__lt=scope.until)
    n, answered = flags.count(), flags.filter(was_right__isnull=False).count()
    _threshold, smallest = scope.promise("V6")
    if n < smallest:
        return too_few("V6", n, smallest, _("stuck flags"))
    right, helped = flags.filter(was_right=True).count(), flags.filter(closed_because="support").count()
    table = Table(
        "sign-posting", _("Stuck flags"), [_("Figure"), _("Value")],
        [
            [_("Flags opened"), disclosure.count(n)],
            [_("Answered “was this right?”"), disclosure.count(answered)],
            [_("Said it was right"), disclosure.percentage(right, answered)],
            [_("95 % interval"), disclosure.interval(right, answered)],
            [_("Closed by help from the timebank"), disclosure.percentage(helped, n)],
        ],
    )  # fmt: skip
    share = right / answered if answered else None
    sentence = share_sentence(
        disclosure.percentage(right, answered),
        _("%(share)s of those who answered said the flag was right. (Help came after; it may not be why.)"),
    )
    return Section(
        "V6", judge(share, answered, scope, "V6"), sentence, [table], _("flags and what people said of them")
    )


def is_there_a_multiplier(scope: Scope) -> Section:
    """V8: M1 hours returned per hour put in; M2 three rounds; M4 receivers who went on to give. Credits that were issued,
    granted, allowed or donated are never help; a settled exchange always is."""
    staff = StaffHours.objects.filter(innovation__wave=scope.wave, on__lt=timezone.localdate(scope.until))
    leads = dict(Innovation.objects.filter(wave=scope.wave, members__lead=True).values_list("pk", "members__user_id"))
    put_in = [
        Hours(PROGRAMME, leads.get(innovation, innovation), minutes, (on, 0, at))
        for innovation, minutes, on, at in staff.values_list("innovation_id", "minutes", "on", "at")
    ]
    given = [
        Hours(one.giver, one.receiver, one.minutes, (timezone.localdate(one.at), 1, one.at))
        for one in settled_help(scope.since, scope.until)
    ]
    _threshold, smallest = scope.promise("V8")
    gave, received = receivers_who_gave([*put_in, *given])
    if received < smallest:
        return too_few("V8", received, smallest, _("people who received help"))
    programme, members = sum(h.minutes for h in put_in), sum(h.minutes for h in given)
    m1, waves = returned_per_hour(programme, members), rounds([*put_in, *given], PROGRAMME)
    not_known = _("not enough data")
    table = Table(
        "multiplier", _("The multiplier"), [_("Figure"), _("Value")],
        [
            [_("Hours the programme's staff put in"), hours(programme)],
            [_("Hours members gave one another"), hours(members)],
            [_("M1: hours given per hour put in"), f"{m1:.1f}" if m1 is not None else not_known],
            [_("M2: reached in three rounds, per hour put in"), f"{waves.m2:.1f}" if waves.m2 is not None else not_known],
            [_("M4: receivers who went on to give"), disclosure.percentage(gave, received)],
            [_("M4: 95 % interval"), disclosure.interval(gave, received)],
        ],
    )  # fmt: skip
    by_round = Table(
        "rounds", _("Hours by round"), [_("Round"), _("Hours")],
        [[label, round(minutes / 60, 1)] for label, minutes in (
            (_("1: the programme gave"), waves.r1), (_("2: those it helped gave"), waves.r2),
            (_("3: those they helped gave"), waves.r3))],
        chart="bar",
    )  # fmt: skip
    sentence = share_sentence(
        disclosure.percentage(gave, received), _("%(share)s of the people who received help went on to give some.")
    )
    headline = (f"{m1:.1f}", _("hours exchanged for each hour put in")) if m1 is not None else None
    return Section(
        "V8", judge(gave / received, received, scope, "V8"), sentence, [by_round, table],
        _("settled exchanges and group sessions, and the hours that staff logged; M3, M5 and M6 are not in this edition"),
        headline=headline,
    )  # fmt: skip


def what_did_it_cost(scope: Scope) -> Section:
    """V9, as far as it can be told: hours that staff logged, and what was exchanged and finished for them. Cash and the
    access fund are not kept yet, so the question itself stays open."""
    staff = StaffHours.objects.filter(innovation__wave=scope.wave, on__lt=timezone.localdate(scope.until))
    minutes = sum(staff.values_list("minutes", flat=True))
    if not minutes:
        return Section("V9", NOT_ENOUGH, _("Not enough data: the programme's staff have logged no hours yet."))
    exchanged = sum(one.minutes for one in settled_help(scope.since, scope.until))
    innovations = Innovation.objects.filter(wave=scope.wave)
    finished = innovations.filter(life__in=["graduated", "handed_over"]).count()
    rows = [[_("Hours that staff logged"), hours(minutes)]]
    for label, number in ((_("Staff time for each idea accepted"), innovations.count()),
                          (_("Staff time for each idea finished"), finished)):  # fmt: skip
        rows.append([label, hours(minutes // number) if number else "–"])
    rows.append(
        [_("Staff time for each hour exchanged"), f"{round(60 * minutes / exchanged)} min" if exchanged else "–"]
    )
    table = Table("cost", _("Staff time"), [_("Figure"), _("Value")], rows)
    sentence = _("The programme's staff put in %(hours)s. Money spent is not kept on the platform yet, so this is not the whole cost.") % {
        "hours": hours(minutes)
    }  # fmt: skip
    return Section(
        "V9", NOT_ENOUGH, sentence, [table], _("hours that staff logged; settled exchanges and group sessions"),
        headline=(str(round(minutes / 60)), _("hours of staff time")),
    )  # fmt: skip


def was_it_delivered(scope: Scope) -> Section:
    """V10: milestones due by now, accepted on time against their first dates; and the way from applied to finished."""
    due = Milestone.objects.filter(
        innovation__wave=scope.wave, baseline_end__lt=timezone.localdate(scope.until)
    ).exclude(state=Milestone.State.NOT_APPLICABLE)
    total = due.count()
    accepted = due.filter(state=Milestone.State.ACCEPTED).count()
    on_time = due.filter(state=Milestone.State.ACCEPTED, accepted_at__date__lte=F("baseline_end")).count()
    applied = Application.objects.filter(wave=scope.wave, submitted_at__isnull=False)
    innovations = Innovation.objects.filter(wave=scope.wave)
    lives = Counter(innovations.values_list("life", flat=True))
    way = Table(
        "way", _("From applying to the end"), [_("Step"), _("Number")],
        [
            [_("Applied"), disclosure.count(applied.count())],
            [_("Accepted"), str(innovations.count())],
            [_("Under way"), str(lives["active"] + lives["paused"])],
            [_("Finished or handed over"), str(lives["graduated"] + lives["handed_over"])],
            [_("Stopped"), str(lives["stopped"])],
        ],
        chart="bar",
    )  # fmt: skip
    _threshold, smallest = scope.promise("V10")
    if total < smallest:
        return Section(
            "V10", NOT_ENOUGH, _("Not enough data: fewer than %(n)d milestones were due.") % {"n": smallest}, [way]
        )
    low, high = wilson(on_time, total)
    milestones = Table(
        "milestones", _("Milestones due by now"), [_("Figure"), _("Value")],
        [
            [_("Due, by the first plan"), str(total)],
            [_("Done"), f"{accepted} ({percent(accepted / total)})"],
            [_("Done on time"), f"{on_time} ({percent(on_time / total)})"],
            [_("95 % interval of done on time"), f"{percent(low)} – {percent(high)}"],
        ],
    )  # fmt: skip
    sentence = _("%(share)s of the milestones that were due were done on time, by the dates of the first plan.") % {
        "share": percent(on_time / total)
    }
    return Section(
        "V10", judge(on_time / total, total, scope, "V10"), sentence, [milestones, way], _("roadmaps"),
        headline=(percent(on_time / total), _("of milestones done on time")),
    )  # fmt: skip


def is_it_safe(scope: Scope) -> Section:
    """V12: disputes in 100 exchanges."""
    settled = _settled(scope).count()
    disputes = Dispute.objects.filter(raised_at__gte=scope.since, raised_at__lt=scope.until).count()
    _threshold, smallest = scope.promise("V12")
    if settled < smallest:
        return too_few("V12", settled, smallest, _("settled exchanges"))
    per_hundred = 100 * disputes / settled
    table = Table(
        "safety", _("Disputes"), [_("Figure"), _("Value")],
        [[_("Settled exchanges"), str(settled)], [_("Disputes"), str(disputes)], [_("Disputes in 100 exchanges"), f"{per_hundred:.1f}"]],
    )  # fmt: skip
    sentence = _("There were %(n)s disputes in 100 exchanges.") % {"n": f"{per_hundred:.1f}"}
    if not disputes:
        sentence = _("Nobody raised a dispute about any of %(n)d exchanges.") % {"n": settled}
    sentence += " " + _(
        "This rests on disputes between members only: it says nothing of clinical safety or safeguarding."
    )
    answer = judge(per_hundred, settled, scope, "V12", at_most=True)
    return Section("V12", answer, sentence, [table], _("disputes raised on the timebank"))


READERS: dict[str, Callable[[Scope], Section]] = {
    "V1": do_people_come,
    "V2": who_is_reached,
    "V3": can_needs_be_met,
    "V4": does_time_circulate,
    "V5": do_people_progress,
    "V6": does_sign_posting_work,
    "V8": is_there_a_multiplier,
    "V9": what_did_it_cost,
    "V10": was_it_delivered,
    "V12": is_it_safe,
}


def read(scope: Scope) -> list[Section]:
    """Every question's section, in order. What this edition cannot answer says "not enough data"."""
    sections = []
    for question in QUESTIONS:
        reader = READERS.get(question)
        promised = question in scope.measures or question not in DEFAULT_MEASURES
        if reader is None or not promised:
            sections.append(
                Section(question, NOT_ENOUGH, _("Not enough data: nothing that answers this has been collected yet."))
            )
        else:
            sections.append(reader(scope))
    return sections
