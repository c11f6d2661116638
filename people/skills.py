"""The skill tree that we start with. Curators add to it; nothing in code depends on it but these slugs."""

from typing import Any

from django.utils.text import slugify

# branch, kind of help, leaves
STARTING_TREE = [
    (
        "Improvement",
        "improvement",
        [
            "Improvement method",
            "Coaching",
            "Facilitation",
            "Process mapping",
            "Measurement for improvement",
            "Change and teams",
        ],
    ),
    (
        "Digital",
        "digital",
        ["Software", "Integration", "Security", "Data analysis", "Prototyping", "Artificial intelligence"],
    ),
    ("Design", "digital", ["User research", "Service design", "Accessibility", "Visual design", "Writing"]),
    (
        "Business",
        "business",
        ["Business model", "Health economics", "Procurement", "Finance", "Intellectual property", "Marketing"],
    ),
    ("Clinical safety", "regulation", ["Hazard analysis", "Safety case", "Clinical pathways"]),
    ("Regulation", "regulation", ["Information governance", "Medical devices", "Research ethics", "Commissioning"]),
    ("Evaluation", "improvement", ["Statistics", "Qualitative research", "Literature search", "Health inequalities"]),
    ("Patient voice", "other", ["Lived experience", "Co-production", "Carer's view", "Translation and languages"]),
    ("Sharing and teaching", "other", ["Presenting", "Mentoring", "Events", "Film and pictures", "Spreading the word"]),
]


def seed_skills(model: Any = None) -> int:
    """Makes the starting tree where it is missing; returns how many skills it added. Safe to run again.
    `model` is the historical model inside a migration."""
    if model is None:
        from people.models import Skill as model
    added = 0
    for place, (branch, kind, leaves) in enumerate(STARTING_TREE):
        parent, new = model.objects.get_or_create(
            slug=slugify(branch), defaults={"name": branch, "kind": kind, "order": place}
        )
        added += new
        for order, leaf in enumerate(leaves):
            _, new = model.objects.get_or_create(
                slug=slugify(leaf), defaults={"name": leaf, "kind": kind, "order": order, "parent": parent}
            )
            added += new
    return added
