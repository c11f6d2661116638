from django.db import models


class HelpKind(models.TextChoices):
    """The four kinds of help that an innovation needs; the same words as the kinds of `people.Skill`."""

    IMPROVEMENT = "improvement", "Improvement"
    DIGITAL = "digital", "Digital and design"
    BUSINESS = "business", "Business"
    REGULATION = "regulation", "Clinical safety and regulation"
