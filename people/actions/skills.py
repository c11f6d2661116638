"""Adding to the tree of skills."""

from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext as _

from audit.actions import record
from people.models import Skill
from people.rules import check_role
from ui.errors import Invalid


@transaction.atomic
def add_skill(*, by: Any, name: str, parent: Skill) -> Skill:
    """Puts a new skill on a branch, after the others. By a broker or an administrator; the same name again gives the
    skill that is there. Raises NotAllowed, Invalid (name, parent)."""
    check_role(by, "broker", "administrator")
    name = " ".join(name.split())
    slug = slugify(name)[:60]
    if not slug or len(name) > 60:
        raise Invalid(_("Give the skill a name of up to 60 characters."), field="name")
    if parent.parent_id is not None or parent.merged_into_id is not None:
        raise Invalid(_("Choose a branch of the tree."), field="parent")
    if there := Skill.objects.select_related("merged_into").filter(slug=slug).first():
        return there.merged_into or there
    last = Skill.objects.filter(parent=parent).aggregate(last=Max("order"))["last"]
    skill = Skill.objects.create(
        slug=slug, name=name, parent=parent, kind=parent.kind, order=0 if last is None else last + 1
    )
    record(by=by, verb="people.skill.added", obj=skill)
    return skill
