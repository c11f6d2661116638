"""The skills that listings carry: those of the tree, and those that people suggest for it."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import TextField, Value
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from audit.actions import record
from people.actions.skills import add_skill
from people.models import Skill
from people.models.reference import PlainText
from people.rules import check_role
from timebank.models import Listing, SkillSuggestion
from ui.errors import DomainError, Invalid, Missing

LONGEST_NAME = 60
MOST_SUGGESTED = 3  # on one listing
LONGEST_REASON = 300


@transaction.atomic
def tag(*, listing: Listing, skills: Iterable[Any], suggested: Iterable[str], by: Any) -> None:
    """Gives a listing these skills, and no others. A suggested name that the tree has becomes that skill; one that a
    broker has decided about gets the same decision; a new one waits for a broker. Raises Invalid (suggested)."""
    names = list(dict.fromkeys(name for raw in suggested if (name := " ".join(raw.split()))))
    if len(names) > MOST_SUGGESTED:
        raise Invalid(_("Suggest up to three skills."), field="suggested")
    chosen, waiting = list(skills), []
    for name in names:
        if len(name) > LONGEST_NAME or not slugify(name):
            raise Invalid(_("Write each skill in up to 60 letters."), field="suggested")
        found = _known(name) or _suggest(name, by)
        if isinstance(found, Skill):
            chosen.append(found)
        elif found.skill is not None:
            chosen.append(found.skill)
        elif found.decided_at is None:
            waiting.append(found)
    listing.skills.set({skill.pk: skill for skill in chosen}.values())
    listing.suggestions.set({suggestion.pk: suggestion for suggestion in waiting}.values())


def _known(name: str) -> Skill | None:
    """The skill of the tree with this name, after merging."""
    skill = Skill.objects.select_related("merged_into").filter(slug=slugify(name)[:60]).first()
    return skill and (skill.merged_into or skill)


def _suggest(name: str, by: Any) -> SkillSuggestion:
    """The suggestion with this name, made where it is new. Two people who write it at once share it."""
    plain = PlainText(Value(name, output_field=TextField()))
    rows = SkillSuggestion.objects.select_related("skill").annotate(plain=PlainText("name")).filter(plain=plain)
    if first := rows.first():
        return first
    SkillSuggestion.objects.bulk_create([SkillSuggestion(name=name, suggested_by=by)], ignore_conflicts=True)
    suggestion = rows.get()
    record(by=by, verb="timebank.skill.suggested", obj=suggestion)
    return suggestion


@transaction.atomic
def merge_skill(*, by: Any, suggestion: SkillSuggestion, into: Skill, reason: str) -> SkillSuggestion:
    """A broker says that a suggestion means a skill of the tree: every listing that carries it gets that skill, and so
    does whoever writes it later. The same again changes nothing. Raises NotAllowed, Invalid (into, reason), Missing,
    DomainError where another decision was made."""
    if into.merged_into_id is not None:
        raise Invalid(_("That skill was merged into another one. Choose the other one."), field="into")
    return _decide(by, suggestion, "merged", into, reason)


@transaction.atomic
def adopt_skill(*, by: Any, suggestion: SkillSuggestion, parent: Skill, reason: str) -> SkillSuggestion:
    """A broker takes a suggestion into the tree, on the branch `parent`. Raises as `merge_skill` does (parent)."""
    check_role(by, "broker")
    skill = add_skill(by=by, name=suggestion.name, parent=parent)
    return _decide(by, suggestion, "adopted", skill, reason)


@transaction.atomic
def drop_skill(*, by: Any, suggestion: SkillSuggestion, reason: str) -> SkillSuggestion:
    """A broker takes a suggestion off its listings because it is no skill. Raises as `merge_skill` does."""
    return _decide(by, suggestion, "dropped", None, reason)


def _decide(by: Any, suggestion: SkillSuggestion, decision: str, skill: Skill | None, reason: str) -> SkillSuggestion:
    check_role(by, "broker")
    reason = reason.strip()
    if not reason:
        raise Invalid(_("Say why, for whoever asks later."), field="reason")
    if len(reason) > LONGEST_REASON:
        raise Invalid(_("The reason must be 300 characters or fewer."), field="reason")
    fresh = SkillSuggestion.objects.select_for_update().filter(pk=suggestion.pk).first()
    if fresh is None:
        raise Missing(_("We cannot find that suggestion."))
    if fresh.decided_at is not None:
        if (fresh.decision, fresh.skill_id) == (decision, skill and skill.pk):
            return fresh
        raise DomainError(_("A broker has decided about this one already. Nothing was changed."))
    fresh.decision, fresh.skill, fresh.reason = decision, skill, reason
    fresh.decided_by, fresh.decided_at = by, timezone.now()
    fresh.save(update_fields=["decision", "skill", "reason", "decided_by", "decided_at"])
    through: Any = Listing.skills.through
    carried = list(fresh.listings.order_by("pk").values_list("pk", flat=True))
    if skill is not None:
        through.objects.bulk_create(
            [through(listing_id=pk, skill_id=skill.pk) for pk in carried], ignore_conflicts=True
        )
    fresh.listings.clear()
    record(by=by, verb=f"timebank.skill.{decision}", obj=fresh, listings=len(carried))
    return fresh
