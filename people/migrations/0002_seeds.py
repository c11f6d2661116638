"""The starting tree of skills, so that every installation and every test has the same."""

from django.db import migrations

from people.skills import seed_skills


def seed(apps, schema_editor):
    seed_skills(apps.get_model("people", "Skill"))


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
