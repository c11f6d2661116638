"""The bridge to NHS.UK frontend: one function that calls a macro of `nhsuk-frontend-jinja`.

Parameters are the Nunjucks parameter names of the package. What is under `html` (or a name that ends in `Html`) is
escaped unless it is already marked safe, so that data typed by a person can never become markup, whatever a
template does; everything else is text and is always escaped.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from django.utils.functional import Promise
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from jinja2 import ChainableUndefined, Environment, PackageLoader
from markupsafe import Markup

MACROS = {
    "do-dont-list": "list",
    "images": "image",
    "tables": "table",
}  # the rest are the component's name in camelCase

_environment = Environment(
    loader=PackageLoader("nhsuk_frontend_jinja"),
    autoescape=True,
    undefined=ChainableUndefined,
    auto_reload=False,
    trim_blocks=True,
    lstrip_blocks=True,
)


@cache
def macro(component: str) -> Callable[..., str]:
    """The macro of a component ("date-input"). Raises `jinja2.TemplateNotFound` where there is no such component."""
    name = MACROS.get(component) or re.sub("-(.)", lambda match: match[1].upper(), component)
    return getattr(_environment.get_template(f"nhsuk/components/{component}/macro.jinja").module, name)


def render(component: str, params: Mapping[str, Any], content: SafeString | None = None) -> SafeString:
    """A component as HTML; `content` is what stands inside it, for components that take a block."""
    block = {} if content is None else {"caller": lambda: Markup(conditional_escape(content))}  # noqa: S704 - escaped here
    return mark_safe(str(macro(component)(clean(params), **block)))  # noqa: S308 - the macros escape; see clean()


def clean(value: Any, key: str = "") -> Any:
    """Parameters as the macros expect them: lazy text made text, None left out, markup only where it is marked safe."""
    if isinstance(value, Mapping):
        return {k: clean(v, k) for k, v in value.items() if v is not None}
    if isinstance(value, (list, tuple)):
        return [clean(item) for item in value]
    if not isinstance(value, (str, Promise)) and not hasattr(value, "__html__"):
        return value
    if key == "html" or key.endswith("Html") or key == "attributes":
        return Markup(conditional_escape(value))  # noqa: S704 - conditional_escape has just escaped it
    return str.__str__(str(value))  # a plain str: never a SafeString, which Jinja would take for markup


def nest(flat: Mapping[str, Any]) -> dict[str, Any]:
    """`{"label__text": "Name"}` as `{"label": {"text": "Name"}}`."""
    nested: dict[str, Any] = {}
    for path, value in flat.items():
        *outer, last = path.split("__")
        inner = nested
        for part in outer:
            step = inner.get(part)
            inner[part] = dict(step) if isinstance(step, Mapping) else {}
            inner = inner[part]
        inner[last] = value
    return nested
