"""Until letters go, the mix of who is chosen: by pay band and by staff group, in groups only. Never protected characteristics.

Whoever moves applications could move one and look again. So what was shown stays as it is until as many decisions have
changed as a group must have people: then, and only then, it is made anew.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accelerator.models import Application, Decision, Wave
from evaluation import disclosure
from evaluation.models import SelectionMix
from evaluation.reach import NOT_SAID, Grouping, by_cluster, groupings
from people.equality.keys import join_table
from people.equality.options import STAFF_GROUPS

OPEN = ""  # not decided yet
CARE = ("support", "nursing", "ahp", "science", "medical", "ambulance")


def staff_groupings() -> list[Grouping]:
    """The finest that hides nothing is shown; where every one hides something, the last."""
    rest = tuple(code for code, _words in STAFF_GROUPS if code not in (*CARE, "not-staff", NOT_SAID))
    return [
        [(str(words), (code,)) for code, words in STAFF_GROUPS if code != NOT_SAID],
        [(_("Clinical staff"), CARE), (_("Other staff"), rest), (_("Not a member of staff"), ("not-staff",))],
        [(_("Members of staff"), (*CARE, *rest)), (_("Not a member of staff"), ("not-staff",))],
    ]


def by_staff_group(user_ids: Iterable[Any]) -> Counter[str]:
    """How many of these people are in each staff group; who gave no answer is under "not-said"."""
    found: Counter[str] = Counter()
    with join_table(user_ids) as table, connection.cursor() as cursor:
        cursor.execute(
            f"SELECT coalesce(nullif(a.staff_group, ''), %s), count(*) FROM {table} j "  # noqa: S608 - join_table's own name
            "LEFT JOIN people_equalityanswers a USING (key) GROUP BY 1",
            [NOT_SAID],
        )
        for group, number in cursor.fetchall():
            found[group] += number
    return found


def mix(wave: Wave) -> SelectionMix:
    """The mix of a wave's applicants by what was decided, as it may be shown now. It is kept, and made anew when at least
    `disclosure.SMALLEST` applications stand otherwise than they did."""
    standing = {str(pk): outcome or OPEN for pk, _lead, outcome in _decided(wave)}
    with transaction.atomic():
        kept = SelectionMix.objects.select_for_update().filter(wave=wave).first()
        if kept is not None and _apart(kept.standing, standing) < disclosure.SMALLEST:
            return kept
        made = {"tables": tables(wave), "standing": standing, "made_at": timezone.now()}
        fresh, _new = SelectionMix.objects.update_or_create(wave=wave, defaults=made)
    return fresh


def _decided(wave: Wave) -> list[tuple[Any, Any, str | None]]:
    """(application, its lead, outcome or None) of all that were sent in."""
    rows = Application.objects.submitted().filter(wave=wave)
    return list(rows.values_list("pk", "lead_id", "decision__outcome").order_by("pk"))


def _apart(before: dict[str, str], now: dict[str, str]) -> int:
    """How many applications stand otherwise: decided otherwise, come in, or taken back."""
    return sum(before.get(pk) != now.get(pk) for pk in before.keys() | now.keys())


def tables(wave: Wave) -> list[dict[str, Any]]:
    """The tables of the mix, fit to show: title, columns and rows of text."""
    people: dict[str, set[Any]] = {outcome: set() for outcome in (*Decision.Outcome.values, OPEN)}
    for _pk, lead, outcome in _decided(wave):
        people[outcome or OPEN].add(lead)
    columns = [*(str(label) for label in Decision.Outcome.labels), _("Open"), _("All")]
    return [
        _table(_("By pay band"), _("Pay band"), columns, [by_cluster(ids) for ids in people.values()], groupings()),
        _table(
            _("By staff group"), _("Staff group"), columns, [by_staff_group(ids) for ids in people.values()], staff_groupings()
        ),
    ]  # fmt: skip


def _table(
    title: str, group: str, columns: Sequence[str], counts: list[Counter[str]], options: list[Grouping]
) -> dict[str, Any]:
    """The finest grouping that hides nothing in the last column; who said nothing stands in a row of their own. `shows` is
    whether any figure is left."""
    for grouping in options:
        parts = [*grouping, (_("Not said"), (NOT_SAID,))]
        numbers = [[sum(one[code] for code in codes) for one in counts] for _words, codes in parts]
        shown = disclosure.crosstab([[*row, sum(row)] for row in numbers])
        if not any(row[-1] == disclosure.HIDDEN for row in shown):
            break
    rows = [[str(words), *row] for (words, _codes), row in zip(parts, shown, strict=True)]
    shows = any(figure != disclosure.HIDDEN for row in shown for figure in row)
    return {"title": title, "columns": [group, *columns], "rows": rows, "shows": shows}
