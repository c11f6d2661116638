"""What the component gallery shows (outside production), which is also what the browser tests look at."""

import datetime as dt
from functools import cache
from typing import Any

from django.utils import timezone

from ui import charts, forms, registries


class EveryField(forms.KeyedForm):
    """One of each."""

    name = forms.CharField(label="What is your name?", autocomplete="name", width=30, missing="Enter your name")
    email = forms.EmailField(label="Email address", help_text="We send a code to it. No password needed.")
    idea = forms.TextField(
        label="Describe your idea", max_words=50, missing="Describe your idea", help_text="A few sentences will do."
    )
    notes = forms.TextField(label="Anything else", required=False, rows=3)
    work = forms.ChoiceField(
        label="Where do you work?",
        choices=[("ward", "On a ward"), ("community", "In the community"), ("none", "I do not work in health care")],
        hints={"none": "Patients and carers are welcome"},
        divider_before="none",
        reveals={"ward": "ward"},
        missing="Choose where you work",
    )
    ward = forms.CharField(label="Which ward?", width=20, missing="Enter the ward")
    help = forms.MultipleChoiceField(
        label="What help do you need?",
        choices=[("design", "Design"), ("data", "Data"), ("none", "None of these")],
        exclusive="none",
    )
    region = forms.SelectField(label="Region", choices=[("", "Choose a region"), ("n", "North"), ("s", "South")])
    owner = forms.SelectField(label="Owner", choices=[("", "Anyone"), ("a", "Ada")], required=False)
    due = forms.DateField(label="When is it due?", help_text="For example, 27 3 2026")
    people = forms.IntegerField(label="How many people does it help?", min_value=1)
    time = forms.HoursField(label="How long did it take?", help_text="To the quarter of an hour, like 1.5 or 1 h 30")
    photo = forms.FileField(label="Upload a picture", types=("png", "jpg"))
    agree = forms.BooleanField(label="I have read the privacy page", missing="Tick the box when you have read the page")


class Filters(forms.Form):
    """A filter form, all of it optional."""

    q = forms.CharField(label="Words", required=False)
    kind = forms.ChoiceField(
        label="Kind", required=False, choices=[("", "All"), ("offer", "Offers"), ("request", "Requests")]
    )

    mark_optional = False


def context() -> dict[str, Any]:
    """What the gallery's template needs."""
    from ui.views import HEADINGS, answer, on_the_line, task

    today = timezone.localdate()
    stages = [
        registries.Stage("Call for innovators", today - dt.timedelta(80), today),
        registries.Stage("Bespoke support", today - dt.timedelta(20), today),
        registries.Stage("Open to the community", today + dt.timedelta(70), today),
        registries.Stage("Review of impact", today + dt.timedelta(190), today + dt.timedelta(260)),
    ]
    return {
        "calendar": {"title": "Wave 2", "stages": on_the_line(stages)},
        "figures": [
            ("1,204 h", "exchanged between members"),
            ("9 days", "median time to a first yes"),
            ("10", "innovations"),
        ],
        "tasks": [
            task("Your idea", "#", "done"),
            task("Who it helps", "#", "started"),
            task("Your team", "#", "to_do", hint="You can apply on your own"),
            task("Send", None, "later"),
        ],
        "answers": [answer("What is your idea?", "A card that\nspeaks", "#"), answer("Website", "", "#")],
        "tags": ["white", "grey", "green", "aqua-green", "blue", "purple", "pink", "red", "orange", "yellow"],
        "rag": [("green", "On track"), ("amber", "At risk"), ("red", "Off track"), ("grey", "Not rated")],
        "rows": [
            ("Speaking cards", "green", "On track", 90, 4, 6),
            ("Night owls", "amber", "At risk", 1275, 2, 6),
            ("Door to bed", "red", "Off track", 0, 0, 5),
        ],
        "statuses": list(HEADINGS),
        "next": today + dt.timedelta(12),
        "charts": sample_charts(today),
        "icons": ["clock", "idea", "bell", "person", "menu", "tick", "warning", "people"],
    }


@cache  # drawing them takes a second or two
def sample_charts(today: dt.date) -> list[charts.Chart]:
    """One of each kind."""
    days = [today + dt.timedelta(7 * week) for week in range(12)]
    hours = [4.5, 6, 5.25, 7, 6.5, 5, 6, 14, 6.25, 5.5, 7.25, 6]
    return [
        charts.bar(
            title="Hours by kind of help",
            description="Improvement took most hours, business fewest.",
            label="Kind",
            value="Hours",
            items=[("Improvement", 41), ("Design", 25.5), ("Regulation", 12), ("Business", 6)],
        ),
        charts.line(
            title="Hours exchanged a week",
            description="Hours rose through the spring, for staff and for patients and carers alike.",
            x="Week",
            y="Hours",
            series={
                "Staff": list(zip(days, hours, strict=True)),
                "Patients and carers": [(day, number / 2) for day, number in zip(days, hours, strict=True)],
            },
        ),
        charts.xmr(
            title="Days to a first yes",
            description="Steady around six days, with one week that was out of the ordinary.",
            x="Week",
            y="Days",
            points=list(zip(days, hours, strict=True)),
            mean=6.6,
            lower=1.2,
            upper=12,
            special=[7],
        ),
        charts.timeline(
            title="Roadmaps",
            description="Speaking cards has two milestones done and one under way; Cup in reach begins later.",
            label="Innovation",
            rows=[
                (
                    "Speaking cards",
                    [
                        charts.Stretch("Talk to ten patients", "1", days[0], days[2], "Done"),
                        charts.Stretch("Paper prototype", "2", days[1], days[4], "Done"),
                        charts.Stretch("Test on one ward", "3", days[4], days[8], "Under way"),
                    ],
                ),
                ("Cup in reach", [charts.Stretch("Data protection check", "1", days[7], days[11], "To come")]),
            ],
            states=[("Done", charts.TEAL), ("Under way", "#bfe0da"), ("To come", "#ffffff")],
            today=days[6],
            marks=[("Community", days[8])],
        ),
        charts.funnel(
            title="From poster to wave",
            description="A quarter of those who opened a poster applied.",
            label="Stage",
            stages=[("Opened", 400), ("Started", 180), ("Applied", 96), ("Accepted", 10)],
        ),
    ]
