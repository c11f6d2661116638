"""`{% concern_links "message" message.pk by=message.by name=… %}`: how to say that one is worried, or to report a thing."""

from typing import Any

from django import template

register = template.Library()


@register.inclusion_tag("people/concern_links.html", takes_context=True)
def concern_links(context: Any, kind: str, object_id: Any, by: Any = None, name: str = "") -> dict[str, Any]:
    """Two links beside a thing of `kind` (`people.concerns`). `by` is whose it is alone: they see none. `name` says to those
    who cannot see the page which thing the links are about. People who are not signed in may say that they are worried."""
    viewer = context["user"]
    mine = by is not None and by == viewer
    return {"kind": kind, "object_id": object_id, "name": name, "mine": mine, "member": viewer.is_authenticated}
