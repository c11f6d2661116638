"""Forms that render through the NHS.UK macros: `{{ form.email.as_field_group }}` is the whole field.

What a field looks like follows from its widget, so that forms of other packages (allauth) look right too. Our own
fields add what the design system can say and Django cannot: width, hints of choices, a word limit, boxes for a date,
a question that appears below the answer that asks for it.
"""

import datetime as dt
import re
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms.renderers import DjangoTemplates
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core import addresses
from ui import nhsuk
from ui.errors import DomainError

# --- How a field becomes HTML ---


class BoundField(forms.BoundField):
    """A field on a form, drawn by a macro of the design system."""

    def render(self, template_name=None, context=None, renderer=None) -> SafeString:
        """The whole field: label, hint, error and control. `as_field_group` is the same."""
        if self.is_hidden:
            return self.as_hidden()
        component, params = control(self)
        return nhsuk.render(component, params)

    as_field_group = __str__ = __html__ = render

    @property
    def look(self) -> dict[str, Any]:
        """What our own fields add; empty for fields of other packages."""
        return getattr(self.field, "look", {})

    @property
    def target(self) -> str:
        """The id that the error summary links to: the control, or the first box or choice."""
        if isinstance(self.field.widget, DateBoxes):
            return f"{self.auto_id}-{self.wrong_boxes[0]}"
        return self.auto_id

    @property
    def wrong_boxes(self) -> list[str]:
        """Which of day, month and year the error is about; all of them where it is about the date."""
        named = [error.params["boxes"] for error in self.form.errors.as_data().get(self.name, []) if error.params]
        return named[0] if named else list(DateBoxes.PARTS)

    @property
    def shown_label(self) -> str:
        optional = not self.field.required and getattr(self.form, "mark_optional", True)
        return _("%(label)s (optional)") % {"label": self.label} if optional else str(self.label)


class Renderer(DjangoTemplates):
    """Named by FORM_RENDERER: every form of the project, and of packages, gets our bound fields."""

    bound_field_class = BoundField


def control(bound: BoundField) -> tuple[str, dict[str, Any]]:
    """The component and its parameters for a bound field."""
    field, widget = bound.field, bound.field.widget
    # The page's question is its heading, unless the form says so for another field or for none.
    heading = bound.look.get("page_heading") or getattr(bound.form, "page_heading", None) == bound.name
    name = {
        "text": bound.shown_label,
        "isPageHeading": heading,
        "size": bound.look.get("size", "l" if heading else "s"),
    }
    if caption := bound.look.get("caption"):
        name["caption"] = {"text": caption, "size": "l"}
    params: dict[str, Any] = {
        "id": bound.auto_id,
        "name": bound.html_name,
        "hint": {"text": bound.help_text} if bound.help_text else None,
        "errorMessage": {"text": bound.errors[0]} if bound.errors else None,
        "attributes": {k: v for k, v in widget.attrs.items() if k not in TAKEN} | bound.look.get("attributes", {}),
        "disabled": field.disabled or None,
        "autocomplete": bound.look.get("autocomplete") or widget.attrs.get("autocomplete"),
    }
    fieldset: dict[str, Any] = {
        "id": None,
        "idPrefix": bound.auto_id,
        "fieldset": {"legend": name},
        "attributes": None,
    }
    value = bound.value()

    if isinstance(widget, DateBoxes):
        parts, wrong = widget.parts(value), bound.wrong_boxes if bound.errors else []
        labels = {"day": _("Day"), "month": _("Month"), "year": _("Year")}
        items = [
            {
                "id": f"{bound.auto_id}-{part}",
                "name": f"{bound.html_name}-{part}",
                "label": labels[part],
                "value": parts[part],
                "width": 4 if part == "year" else 2,
                "error": part in wrong,
                "autocomplete": f"bday-{part}" if params["autocomplete"] == "bday" else None,
            }
            for part in DateBoxes.PARTS
        ]
        return "date-input", {
            **params,
            **fieldset,
            "id": bound.auto_id,
            "items": items,
            "fieldset": {**fieldset["fieldset"], "role": "group"},
        }

    if isinstance(widget, forms.CheckboxInput):
        item = {"value": "on", "text": bound.label, "checked": bool(value), "attributes": params["attributes"]}
        return "checkboxes", {**params, "id": None, "idPrefix": bound.auto_id, "items": [item], "attributes": None}

    if isinstance(widget, (forms.RadioSelect, forms.CheckboxSelectMultiple)):
        several = isinstance(widget, forms.CheckboxSelectMultiple)
        look = {"inline": bound.look.get("inline"), "small": bound.look.get("small")}
        classes = {
            "classes": " ".join(f"nhsuk-{'checkboxes' if several else 'radios'}--{k}" for k, v in look.items() if v)
        }
        return "checkboxes" if several else "radios", {
            **params,
            **fieldset,
            **classes,
            "items": list(choices(bound, value)),
        }

    params["label"] = name
    if isinstance(widget, forms.Select):
        items = [{"value": v, "text": text, "selected": on} for v, text, on in options(bound, value)]
        return "select", {**params, "items": items}
    if isinstance(widget, forms.FileInput):
        return "file-upload", {**params, "multiple": widget.allow_multiple_selected or None}
    value = widget.format_value(value) if hasattr(widget, "format_value") else value
    if isinstance(widget, forms.Textarea):
        words, chars = bound.look.get("max_words"), bound.look.get("max_chars")
        limit = {"maxlength": words, "countType": "words"} if words else {"maxlength": chars} if chars else {}
        rows = bound.look.get("rows", 5)
        return ("character-count" if limit else "textarea"), {**params, **limit, "rows": rows, "value": value or ""}
    params |= {k: bound.look[k] for k in ("width", "inputmode", "prefix", "suffix", "code") if bound.look.get(k)}
    params |= {"type": widget.input_type, "value": value, "spellcheck": bound.look.get("spellcheck")}
    if isinstance(widget, forms.PasswordInput):
        return "password-input", {**params, "value": None}
    return "input", params


# What the macros set themselves, or WCAG does not want.
TAKEN = {"type", "class", "maxlength", "minlength", "required", "aria-describedby", "aria-invalid", "autocomplete",
         "multiple", "cols", "rows", "min", "max", "step", "placeholder", "id"}  # fmt: skip


def options(bound: BoundField, value: Any) -> Iterator[tuple[str, str, bool]]:
    """(value, text, chosen) of every choice, groups flattened."""
    chosen = {str(v) for v in (value if isinstance(value, (list, tuple, set, QuerySet)) else [value]) if v is not None}
    for option_value, text in bound.field.widget.choices:
        for v, t in text if isinstance(text, (list, tuple)) else [(option_value, text)]:
            yield str(v), str(t), str(v) in chosen


def choices(bound: BoundField, value: Any) -> Iterator[dict[str, Any]]:
    """Radios or checkboxes with their hints, their dividers, and the fields that they reveal."""
    look = bound.look
    for number, (v, text, on) in enumerate(options(bound, value), start=1):
        if not v and isinstance(bound.field.widget, forms.RadioSelect):
            continue  # Django's "---------": no radio chosen says the same
        if v == look.get("divider_before"):
            yield {"divider": _("or")}
        item = {
            "id": bound.auto_id if number == 1 else f"{bound.auto_id}-{number}",
            "value": v,
            "text": text,
            "checked": on,
            "hint": {"text": look["hints"][v]} if v in look.get("hints", {}) else None,
            "behaviour": "exclusive" if v == look.get("exclusive") else None,
        }
        if (other := look.get("reveals", {}).get(v)) and other in bound.form.fields:
            item["conditional"] = {"html": bound.form[other].as_field_group()}
        yield item


def error_summary_params(*errant: forms.BaseForm) -> dict[str, Any]:
    """Parameters of the error summary: errors of the whole form first, then of each field in its order, linked to it."""
    items: list[dict[str, Any]] = []
    bound: Any
    several = sum(not bound.is_hidden for form in errant for bound in form) > 1
    for form in errant:
        items += [{"text": error} for error in form.non_field_errors()]
        for bound in form:
            for error in form.errors.as_data().get(bound.name, []):
                for text in error.messages:
                    said = _named(bound, error, text) if several else text
                    items.append({"text": text} if bound.is_hidden else {"text": said, "href": f"#{bound.target}"})
    if not items:
        return {}
    return {
        "titleText": _("There is a problem"),
        "errorList": items,
        "attributes": {"data-disable-auto-focus": "false"},
    }


SAID_OF_ANY = {"max_length", "max_words", "invalid_choice"}  # codes of errors whose words could be about any field


def _named(bound: Any, error: ValidationError, text: str) -> str:
    """An error as it stands above a page of several questions: with the question, where the words alone do not say which."""
    if error.code not in SAID_OF_ANY and text != getattr(bound.field, "default_missing", None):
        return text
    between = " " if str(bound.label).endswith("?") else ": "
    return f"{bound.label}{between}{text}"


# --- Forms ---


class Form(forms.Form):
    """The base of our forms. Optional fields say so unless `mark_optional` is off (filters).

    `page_heading` may name the one field whose label is the page's h1. A field that another one `reveals` is only
    asked for, and only kept, where the answer that reveals it was given.
    """

    mark_optional = True
    page_heading: str | None = None
    fields: dict[str, Any]  # a form knows the kinds of its own fields; the stubs know them as Field
    _errors: Any
    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any):
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)

    def add_domain_error(self, error: DomainError) -> None:
        """Put what an action said at the field that it named, or at the top of the form."""
        field = getattr(error, "field", None)
        self.add_error(field if field in self.fields else None, str(error))

    def visible_groups(self) -> list[BoundField]:
        """The fields to draw, in order: not the hidden ones, nor those that an answer reveals."""
        revealed = {
            name for field in self.fields.values() for name in getattr(field, "look", {}).get("reveals", {}).values()
        }
        return [bound for bound in cast("list[BoundField]", self.visible_fields()) if bound.name not in revealed]

    def hidden_names(self) -> set[str]:
        """Names of revealed fields whose question was not asked, by the answers given."""
        hidden = set()
        for name, field in self.fields.items():
            given = self.cleaned_data.get(name)
            answers = {str(v) for v in (given if isinstance(given, (list, tuple)) else [given])}
            reveals: Mapping[str, str] = getattr(field, "look", {}).get("reveals", {})
            hidden |= {other for value, other in reveals.items() if value not in answers and other in self.fields}
            hidden -= {other for value, other in reveals.items() if value in answers}
        return hidden

    def _clean_form(self) -> None:
        for name in self.hidden_names():
            self._errors.pop(name, None)
            self.cleaned_data[name] = [] if isinstance(self.fields[name], forms.MultipleChoiceField) else None
            if isinstance(self.fields[name], forms.CharField):
                self.cleaned_data[name] = ""
        super()._clean_form()  # type: ignore[misc]  # Django's own hook, which the stubs do not know


class KeyedForm(Form):
    """A form that moves or holds credits: carries a key made when the page was drawn, so a second click moves nothing.
    Pass `cleaned_data["key"]` to the action."""

    key = forms.UUIDField(
        widget=forms.HiddenInput,
        initial=uuid.uuid4,
        error_messages={
            "required": gettext_lazy("This page is out of date. Open it again and try once more."),
            "invalid": gettext_lazy("This page is out of date. Open it again and try once more."),
        },
    )


# --- Fields ---


class Look:
    """Mixin: what the design system can say about a field and Django cannot.

    `missing` is the message where no answer was given ("Enter your name"). `width` is in characters (2, 3, 4, 5, 10,
    20, 30); `page_heading` makes the label the h1; `size` is that of the label or legend (s, m, l); `attributes` go on
    the control as they are.
    """

    default_missing = gettext_lazy("Enter an answer")
    error_messages: Any  # these two are the field's
    validators: Any
    LOOKS = ("width", "autocomplete", "inputmode", "spellcheck", "page_heading", "caption", "size", "prefix", "suffix",
             "code", "rows", "hints", "reveals", "divider_before", "exclusive", "inline", "small", "attributes")  # fmt: skip

    def __init__(self, *args: Any, missing: Any = None, **kwargs: Any):
        self.look: dict[str, Any] = {name: kwargs.pop(name) for name in self.LOOKS if name in kwargs}
        super().__init__(*args, **kwargs)
        if "required" not in (kwargs.get("error_messages") or {}):
            self.error_messages["required"] = missing or self.default_missing

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        """Each form has fields of its own, and so their looks: what one changes is not every form's."""
        copied = super().__deepcopy__(memo)  # type: ignore[misc]  # the field's
        copied.look = dict(self.look)
        return copied


class CharField(Look, forms.CharField):
    """One line of text."""

    def __init__(self, *, max_length: int = 200, **kwargs: Any):
        super().__init__(max_length=max_length, **kwargs)
        for validator in self.validators:
            if getattr(validator, "code", "") == "max_length":
                validator.message = gettext_lazy(
                    "Use %(limit_value)d characters or fewer. You have used %(show_value)d."
                )


class EmailField(Look, forms.EmailField):
    """An e-mail address in its normal form, with the right keyboard and the browser's help."""

    default_missing = gettext_lazy("Enter an email address")
    default_validators = []  # `core.addresses` says what an address is

    def __init__(self, **kwargs: Any):
        kwargs = {"autocomplete": "email", "spellcheck": False, "width": 30, **kwargs}
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        """The normal form of what was typed; empty where nothing was."""
        typed = super().to_python(value)
        if not typed:
            return ""
        try:
            return addresses.normal(typed)
        except addresses.NotAnAddress as error:
            raise ValidationError(str(error), code="invalid") from error


class TextField(Look, forms.CharField):
    """Several lines; `max_words` or `max_chars` shows what is left while typing, and is checked here too."""

    def __init__(self, *, max_words: int | None = None, max_chars: int = 0, **kwargs: Any):
        super().__init__(widget=forms.Textarea, **kwargs)
        self.look |= {"max_words": max_words, "max_chars": max_chars}
        # Far beyond what a person writes; keeps a pasted book out of the database.
        self.hard_limit = max_chars or (max_words or 5000) * 20

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n")  # as the browser's counter counts

    def validate(self, value: str) -> None:
        super().validate(value)
        words, limit = len(re.findall(r"\S+", value)), self.look["max_words"]
        if limit and words > limit:
            message = ngettext("Use %(limit)d word or fewer.", "Use %(limit)d words or fewer.", limit) % {
                "limit": limit
            }
            raise ValidationError(message + " " + _("You have used %(words)d.") % {"words": words}, code="max_words")
        if len(value) > self.hard_limit:
            raise ValidationError(
                _("Use %(limit)d characters or fewer. You have used %(used)d.")
                % {"limit": self.hard_limit, "used": len(value)},
                code="max_length",
            )


class _Choosing(Look):
    default_missing = gettext_lazy("Choose one")

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.error_messages["invalid_choice"] = gettext_lazy("Choose one of the answers in the list")


class ChoiceField(_Choosing, forms.ChoiceField):
    """Radios. `hints={value: text}`, `reveals={value: name of another field}`, `divider_before=value`."""

    widget = forms.RadioSelect


class SelectField(_Choosing, forms.ChoiceField):
    """A drop-down list, for many well-known answers; radios are easier where there are few."""

    widget = forms.Select


class MultipleChoiceField(_Choosing, forms.MultipleChoiceField):
    """Checkboxes. `exclusive=value` is "none of these"; `reveals` as for radios."""

    widget = forms.CheckboxSelectMultiple
    default_missing = gettext_lazy("Choose at least one")

    def validate(self, value: list[str]) -> None:
        super().validate(value)
        alone = self.look.get("exclusive")
        if alone in value and len(value) > 1:
            label = dict(self.choices)[alone]  # type: ignore[arg-type]  # pairs: none of ours are grouped
            raise ValidationError(_("Choose “%(label)s”, or other answers, not both") % {"label": label})


class ModelChoiceField(_Choosing, forms.ModelChoiceField):
    """One row of a table: a drop-down list, or radios with `widget=forms.RadioSelect`. `label_from` makes its text."""

    default_missing = gettext_lazy("Choose one")

    def __init__(self, *, queryset: QuerySet, label_from: Any = str, **kwargs: Any):
        super().__init__(queryset=queryset, **kwargs)
        self.label_from = label_from

    def label_from_instance(self, obj: Any) -> str:
        return self.label_from(obj)


class ModelMultipleChoiceField(_Choosing, forms.ModelMultipleChoiceField):
    """Several rows of a table, as checkboxes."""

    widget = forms.CheckboxSelectMultiple
    default_missing = gettext_lazy("Choose at least one")

    def __init__(self, *, queryset: QuerySet, label_from: Any = str, **kwargs: Any):
        super().__init__(queryset=queryset, **kwargs)
        self.label_from = label_from

    def label_from_instance(self, obj: Any) -> str:
        return self.label_from(obj)


class BooleanField(Look, forms.BooleanField):
    """One checkbox, whose label says what ticking it means."""

    default_missing = gettext_lazy("Tick the box to go on")


class IntegerField(Look, forms.IntegerField):
    """A whole number in a text box (`type=number` loses what was typed and scrolls by accident); "1,000" is read too."""

    default_missing = gettext_lazy("Enter a number")

    def __init__(self, **kwargs: Any):
        kwargs = {"inputmode": "numeric", "spellcheck": False, "width": 5, "widget": forms.TextInput, **kwargs}
        super().__init__(**kwargs)
        self.error_messages["invalid"] = gettext_lazy("Enter a whole number, like 12")
        for validator in self.validators:
            if validator.code == "min_value":
                validator.message = gettext_lazy("Enter a number that is %(limit_value)s or more")
            elif validator.code == "max_value":
                validator.message = gettext_lazy("Enter a number that is %(limit_value)s or less")

    def to_python(self, value: Any) -> int | None:
        return super().to_python(re.sub(r"[,\s]", "", value) if isinstance(value, str) else value)


class HoursField(Look, forms.Field):
    """Time in quarter hours, as a person says it ("1.5", "1:30", "1 h 30", "90 min"); the value is whole minutes."""

    default_missing = gettext_lazy("Enter the time in hours, like 1.5")
    widget = forms.TextInput

    def __init__(self, *, step: int = 15, min_minutes: int = 15, max_minutes: int = 24 * 60, **kwargs: Any):
        kwargs = {"width": 5, "suffix": gettext_lazy("hours"), "spellcheck": False, "inputmode": "decimal", **kwargs}
        super().__init__(**kwargs)
        self.step, self.min_minutes, self.max_minutes = step, min_minutes, max_minutes

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int):
            return value
        return f"{value / 60:.2f}".rstrip("0").rstrip(".")

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values or not str(value).strip():
            return None
        typed = str(value).strip()
        minutes = minutes_from(typed)
        if minutes is None and typed[0] in "-−–" and minutes_from(typed[1:]) is not None:
            raise ValidationError(self.too_little(), code="min_value")
        if minutes is None:
            raise ValidationError(_("Enter the time in hours, like 1.5 or 1 h 30"), code="invalid")
        return minutes

    def clean(self, value: Any) -> int | None:
        """Whoever writes "30" where a day is the most means minutes: that is how to write them."""
        try:
            return super().clean(value)
        except ValidationError as error:
            typed = str(value).strip()
            if error.code == "max_value" and re.fullmatch(r"\d{1,3}", typed) and int(typed) <= self.max_minutes:
                hint = _("For minutes, write “%(n)s min”") % {"n": typed}
                raise ValidationError(f"{error.message}. {hint}", code=error.code) from error
            raise

    def validate(self, value: int | None) -> None:
        super().validate(value)
        if value is None:
            return
        from ui.formats import hours

        if value == 0 and self.min_minutes > 0:
            raise ValidationError(self.too_little(), code="min_value")
        if value > self.max_minutes:
            raise ValidationError(_("Enter %(most)s or less") % {"most": hours(self.max_minutes)}, code="max_value")
        if value % self.step:
            less = value - value % self.step
            near = [hours(one) for one in (less, less + self.step) if self.min_minutes <= one <= self.max_minutes]
            message = _("Round the time to a quarter of an hour: %(near)s") % {"near": _(" or ").join(near)}
            raise ValidationError(message, code="step")
        if value < self.min_minutes:
            raise ValidationError(_("Enter %(least)s or more") % {"least": hours(self.min_minutes)}, code="min_value")

    def too_little(self) -> str:
        """What is said of nothing, and of less than nothing."""
        return _("Enter more than 0 hours") if self.min_minutes > 0 else _("Enter 0 hours or more")


def minutes_from(text: str) -> int | None:
    """Minutes in "1.5", "1,5", "1:30", "1 h 30", "2 hours" or "45 min"; None where it cannot be read."""
    text = text.strip().lower()
    patterns = (
        (r"(\d{1,12}(?:[.,]\d{1,4})?) ?(?:h|hrs?|hours?)?", lambda m: round(float(m[1].replace(",", ".")) * 60)),
        (r"(\d{1,12}) ?(?::|h|hrs?|hours?) ?([0-5]?\d) ?(?:m|mins?|minutes?)?", lambda m: int(m[1]) * 60 + int(m[2])),
        (r"(\d{1,12}) ?(?:m|mins?|minutes?)", lambda m: int(m[1])),
    )
    return next((read(match) for pattern, read in patterns if (match := re.fullmatch(pattern, text))), None)


class DateBoxes(forms.Widget):
    """Day, month and year in three boxes."""

    PARTS = ("day", "month", "year")

    def value_from_datadict(self, data: Mapping, files: Mapping, name: str) -> dict[str, str] | None:
        given = {part: str(data.get(f"{name}-{part}", "")).strip() for part in self.PARTS}
        return given if any(given.values()) else None

    def value_omitted_from_data(self, data: Mapping, files: Mapping, name: str) -> bool:
        return not any(f"{name}-{part}" in data for part in self.PARTS)

    def parts(self, value: Any) -> dict[str, str]:
        """What stands in each box, for a date, for what was typed, or for nothing."""
        if isinstance(value, dt.date):
            return {part: str(getattr(value, part)) for part in self.PARTS}
        return value or dict.fromkeys(self.PARTS, "")


class DateField(Look, forms.Field):
    """A date in three boxes; a month may be written out ("March" or "Mar")."""

    widget = DateBoxes
    default_missing = gettext_lazy("Enter a date")

    def __init__(self, *, earliest: dt.date | None = None, latest: dt.date | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.earliest, self.latest = earliest, latest

    def to_python(self, value: Any) -> dt.date | None:
        if value is None or isinstance(value, dt.date):
            return value
        names = {"day": _("a day"), "month": _("a month"), "year": _("a year")}
        absent = [part for part in DateBoxes.PARTS if not value[part]]
        if absent:
            message = _("The date must include %(parts)s") % {"parts": _(" and ").join(names[p] for p in absent)}
            raise ValidationError(message, code="incomplete", params={"boxes": absent})
        month = value["month"].lower()
        months = {f"{dt.date(2000, n, 1):%B}".lower(): n for n in range(1, 13)}
        number = next((n for name, n in months.items() if len(month) >= 3 and name.startswith(month)), month)
        try:
            if len(value["year"]) != 4:
                raise ValidationError(
                    _("The year must have 4 numbers, like 2026"), code="year", params={"boxes": ["year"]}
                )
            return dt.date(int(value["year"]), int(number), int(value["day"]))
        except (ValueError, OverflowError) as error:
            message = _("Enter a real date, like 27 3 2026")
            raise ValidationError(message, code="invalid", params={"boxes": list(DateBoxes.PARTS)}) from error

    def validate(self, value: dt.date | None) -> None:
        super().validate(value)
        if value and self.earliest and value < self.earliest == timezone.localdate():
            raise ValidationError(_("The date must be today or later"))
        if value and self.earliest and value < self.earliest:
            raise ValidationError(_("The date must be %(day)s or later") % {"day": date_format(self.earliest, "j F Y")})
        if value and self.latest and value > self.latest:
            raise ValidationError(_("The date must be %(day)s or earlier") % {"day": date_format(self.latest, "j F Y")})

    def has_changed(self, initial: Any, data: Any) -> bool:
        return DateBoxes().parts(initial) != DateBoxes().parts(data)


class FileField(Look, forms.FileField):
    """One file. `types` are endings ("pdf", "jpg"), `max_bytes` its size; the room that keeps it checks what it really is."""

    default_missing = gettext_lazy("Choose a file")
    widget = forms.FileInput

    def __init__(self, *, types: tuple[str, ...] = (), max_bytes: int = 4 * 1024 * 1024, **kwargs: Any):
        super().__init__(**kwargs)
        self.types, self.max_bytes = types, max_bytes
        if types:
            accept = {"accept": ",".join(f".{ending}" for ending in types)}
            self.look["attributes"] = accept | self.look.get("attributes", {})
        self.error_messages["empty"] = gettext_lazy("The file is empty. Choose another one.")
        self.error_messages["invalid"] = gettext_lazy("The file did not arrive. Choose it again.")
        self.error_messages["missing"] = gettext_lazy("The file did not arrive. Choose it again.")

    def to_python(self, data: Any) -> Any:
        file = super().to_python(data)
        if file is None:
            return None
        if self.types and str(file.name).rsplit(".", 1)[-1].lower() not in self.types:
            listed = ", ".join(self.types).upper()
            raise ValidationError(_("Choose a file of one of these kinds: %(kinds)s") % {"kinds": listed}, code="type")
        if file.size > self.max_bytes:
            size = filesizeformat(self.max_bytes)
            raise ValidationError(_("Choose a file that is smaller than %(size)s") % {"size": size}, code="size")
        return file
