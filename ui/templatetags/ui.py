"""Template tags that every template has without `{% load %}`. See docs/ui.md."""

from typing import Any

from django import template
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

from ui import formats, nhsuk
from ui.forms import error_summary_params

register = template.Library()

register.filter("hours", formats.hours)
register.filter("pounds", formats.pounds)
register.filter("day", formats.day)
register.filter("full_day", formats.full_day)


@register.filter
def moment(value, zone: str = "") -> str:
    """`{{ at|moment }}` is "Tue 3 Feb, 14:05"; `{{ at|moment:"zone" }}` adds "GMT" or "BST"."""
    return formats.moment(value, zone=zone == "zone")


@register.simple_tag(name="nhsuk")
def nhsuk_tag(component: str, params: dict | None = None, **options: Any) -> SafeString:
    """`{% nhsuk "button" text="Save" attributes__id="save" %}`; a dict from the view may be the second argument."""
    return nhsuk.render(component, {**(params or {}), **nhsuk.nest(options)})


@register.simple_block_tag(name="nhsukblock", end_name="endnhsukblock")
def nhsuk_block(content: SafeString, component: str, params: dict | None = None, **options: Any) -> SafeString:
    """`{% nhsukblock "details" summaryText="Why?" %} … {% endnhsukblock %}`: what stands between is its content."""
    return nhsuk.render(component, {**(params or {}), **nhsuk.nest(options)}, content)


@register.simple_tag
def error_summary(*forms) -> SafeString:
    """The error summary of one or more forms, or nothing where all is well. It goes above the h1."""
    params = error_summary_params(*(form for form in forms if form))
    return nhsuk.render("error-summary", params) if params else mark_safe("")


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """One of our own drawings in templates/ui/icons. Hidden from screen readers unless `label` says what it means."""
    return mark_safe(get_template(f"ui/icons/{name}.svg").render({"label": label}))  # noqa: S308 - our own template


@register.inclusion_tag("ui/chart.html")
def chart(chart, heading: int = 3) -> dict:
    """A `ui.charts.Chart` with its title, its picture, its description and its numbers as a table."""
    return {"chart": chart, "heading": heading}


@register.simple_tag(takes_context=True)
def url_with(context, **changes) -> str:
    """The present address with some of its query changed: `{% url_with page=2 %}`; None takes a key away."""
    query = context["request"].GET.copy()
    for key, value in changes.items():
        if value is None:
            query.pop(key, None)
        else:
            query[key] = value
    return f"?{query.urlencode()}" if query else context["request"].path
