"""V2, who is reached: pay bands through the funnel. Only counts of groups leave the equality table, and only here."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from accelerator.models import Application, Innovation
from evaluation import disclosure
from evaluation.measures.equity import impact
from evaluation.shapes import MET, NOT_ENOUGH, NOT_MET, Scope, Section, Table, share_sentence, too_few
from people.equality.keys import join_table
from people.equality.options import CLUSTER_OF_BAND, PAY_CLUSTERS
from people.models import User

NOT_SAID = "not-said"
FRONT_LINE = ("1-4", "none")  # whom accelerators leave out: bands 1 to 4; patients and carers are in "none"
# The groupings that the plan allows, the finest first: (words, clusters of `people.equality.options`).
Grouping = list[tuple[str, tuple[str, ...]]]


def groupings() -> list[Grouping]:
    """The finest that hides nothing is shown; where every one hides something, the last."""
    others = tuple(code for code, _words in PAY_CLUSTERS if code not in (*FRONT_LINE, NOT_SAID))
    return [
        [(str(words), (code,)) for code, words in PAY_CLUSTERS if code != NOT_SAID],
        [(_("Bands 1 to 4, or not NHS staff"), FRONT_LINE), (_("All other pay bands"), others)],
    ]


def by_cluster(user_ids: Iterable[Any]) -> Counter[str]:
    """How many of these people are in each pay-band cluster; who gave no answer is under "not-said"."""
    found: Counter[str] = Counter()
    with join_table(user_ids) as table, connection.cursor() as cursor:
        cursor.execute(
            f"SELECT coalesce(a.pay_band, ''), count(*) FROM {table} j "  # noqa: S608 - the name is join_table's own
            "LEFT JOIN people_equalityanswers a USING (key) GROUP BY 1"
        )
        for band, number in cursor.fetchall():
            found[CLUSTER_OF_BAND[band]] += number
    return found


def _grouped(counts: Counter[str], grouping: Grouping) -> list[int]:
    return [sum(counts[cluster] for cluster in clusters) for _words, clusters in grouping]


def applied_ids(scope: Scope) -> set[Any]:
    """Who applied to the wave."""
    applications = Application.objects.filter(wave=scope.wave, submitted_at__lt=scope.until)
    return set(applications.values_list("lead_id", flat=True))


def on_board_ids(scope: Scope) -> set[Any]:
    """Who joined during the call, and who had joined before and applied: the population of V1 and V2."""
    came = User.objects.filter(joined_at__gte=scope.since, joined_at__lt=scope.call_until)
    return set(came.values_list("pk", flat=True)) | applied_ids(scope)


def who_is_reached(scope: Scope) -> Section:
    """V2: signed up → applied → accepted by pay band, with the four-fifths screen and the share that told us theirs."""
    signed_up, applicants = on_board_ids(scope), applied_ids(scope)
    accepted_ids = set(
        Innovation.objects.filter(wave=scope.wave, created_at__lt=scope.until).values_list(
            "application__lead_id", flat=True
        )
    )
    steps = [by_cluster(ids) for ids in (signed_up, applicants, accepted_ids & applicants)]
    everybody, said = len(signed_up), len(signed_up) - steps[0][NOT_SAID]
    _threshold, smallest = scope.promise("V2")
    if said < smallest:
        return too_few("V2", said, smallest, _("people who said what their pay band is"))

    grouping = _finest(steps)
    names = [words for words, _clusters in grouping]
    applied, flags_applied = _transition(names, _grouped(steps[1], grouping), _grouped(steps[0], grouping))
    accepted, flags_accepted = _transition(names, _grouped(steps[2], grouping), _grouped(steps[1], grouping))
    told = disclosure.percentage(said, everybody, sensitive=True)
    tables = [
        Table(
            "reach-sign-up", _("Who signed up, by pay band"), [_("Pay band"), _("Signed up")],
            [[row.group, row.entered] for row in applied], chart="bar",
            note=share_sentence(told, _("%(share)s of the people who signed up told us their pay band.")) + " " + _(
                "The others are not in these tables. Signed up means: joined during the call, or joined before it and applied."
            ),
        ),
        Table(
            "reach-applied", _("Signed up → applied, by pay band"),
            [_("Pay band"), _("Signed up"), _("Applied"), _("Rate"), _("Ratio to the best"), _("Screen")],
            _rows(applied, flags_applied),
        ),
        Table(
            "reach-accepted", _("Applied → accepted, by pay band"),
            [_("Pay band"), _("Applied"), _("Accepted"), _("Rate"), _("Ratio to the best"), _("Screen")],
            _rows(accepted, flags_accepted),
        ),
    ]  # fmt: skip
    flags = [*flags_applied.values(), *flags_accepted.values()]
    words = [
        *_meaning(_("applied"), flags_applied),
        *_meaning(_("were accepted"), flags_accepted),
        _("The screen is a rule of thumb: a group is looked at where its rate is under four fifths of the best group's, and "
          "one more person would not have changed that. It says where to look, not why it is so, and it is not a legal test."),
    ]  # fmt: skip
    return Section(
        "V2", _answer(flags_applied, flags_accepted), _sentence(told, flags, shows_accepted=bool(flags_accepted)), tables,
        _("answers to one optional question about pay, kept apart from people's names, and counted in groups only"),
        headline=(told, _("told us their pay band")), words=words,
    )  # fmt: skip


def _finest(steps: list[Counter[str]]) -> Grouping:
    """The finest grouping of which no count of people who signed up or applied would be hidden; else the coarsest."""
    options = groupings()
    for grouping in options:
        rows = list(zip(_grouped(steps[1], grouping), _grouped(steps[0], grouping), strict=True))
        shown = disclosure.rates([("", passed, entered) for passed, entered in rows])
        if not any(disclosure.HIDDEN in (row.passed, row.entered) for row in shown):
            return grouping
    return options[-1]


def _transition(
    names: list[str], passed: list[int], entered: list[int]
) -> tuple[list[disclosure.ShownRate], dict[str, bool]]:
    """One step of the funnel as it may be shown, and the exact flags of the groups whose rate is shown."""
    shown = disclosure.rates(list(zip(names, passed, entered, strict=True)))
    visible = {
        row.group: (part, whole)
        for row, part, whole in zip(shown, passed, entered, strict=True)
        if row.rate != disclosure.HIDDEN
    }
    flags = {rate.group: rate.flagged for rate in impact(visible) if len(visible) > 1 and rate.ratio is not None}
    return shown, flags


def _rows(shown: list[disclosure.ShownRate], flags: dict[str, bool]) -> list[list[str]]:
    """Rows with the ratio recomputed from the shown rates, never from the exact ones."""
    rates = {row.group: disclosure.share_shown(row.passed, row.entered) for row in shown}
    best = max((rate for rate in rates.values() if rate is not None), default=0)
    rows = []
    for row in shown:
        rate = rates[row.group]
        ratio = f"{rate / best:.2f}" if rate is not None and best and row.group in flags else disclosure.HIDDEN
        verdict = _("Too few to tell")
        if row.group in flags:
            verdict = _("Look closer") if flags[row.group] else _("No concern")
        rows.append([row.group, row.entered, row.passed, row.rate, ratio, verdict])
    return rows


def _meaning(what: str, flags: dict[str, bool]) -> list[str]:
    """What a step's screen means, in words."""
    flagged = [group for group, found in flags.items() if found]
    if flagged:
        return [
            _("Fewer people %(what)s than in the best group: %(groups)s.")
            % {"what": what, "groups": "; ".join(flagged)}
        ]
    if flags:
        return [
            _("People of every pay band that we can show %(what)s at rates of at least four fifths of the best.")
            % {"what": what}
        ]
    return [_("Too few people %(what)s for a rate by pay band that would not point at somebody.") % {"what": what}]


def _answer(flags_applied: dict[str, bool], flags_accepted: dict[str, bool]) -> str:
    """Not met where any group is flagged; met only where both steps could be shown; else not enough data."""
    if True in (*flags_applied.values(), *flags_accepted.values()):
        return NOT_MET
    return MET if flags_applied and flags_accepted else NOT_ENOUGH


def _sentence(told: str, flags: list[bool], *, shows_accepted: bool) -> str:
    said = _("%(share)s of those who signed up told us their pay band.") % {"share": told}
    if told == disclosure.HIDDEN:
        said = _("Too few to say what share told us their pay band.")
    if not flags:
        return said + " " + _("There are too few in each group to compare.")
    if True in flags:
        return said + " " + _("Some groups got through less often than others: see the table.")
    if not shows_accepted:
        return said + " " + _("Too few were accepted to compare groups all the way.")
    return said + " " + _("No group that we can show got through less than four fifths as often as the best.")
