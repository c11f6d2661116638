"""The Celery application. Tasks live in each room's `tasks.py`; what beat runs is listed here, in one place."""

import logging.config
import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("odha")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def log_as_the_site_does(loglevel: int | None = None, **_: Any) -> None:
    """Take the place of Celery's own logging, whose lines hold what a task raised and was given."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)
    logging.getLogger("celery").setLevel(loglevel or logging.WARNING)


app.conf.beat_schedule = {
    "send what is left in the outbox": {"task": "notifications.tasks.sweep_outbox", "schedule": 60},
    "delete what has run out": {
        "task": "notifications.tasks.purge_what_has_run_out",
        "schedule": crontab(hour="2", minute="40"),
    },
    "take the order out of equality answers": {
        "task": "people.tasks.shuffle_equality_answers",
        "schedule": crontab(hour="2", minute="55"),
    },
    "open paused accounts again": {"task": "people.tasks.lift_pauses", "schedule": 300},
    "end resets that nobody decided": {"task": "people.tasks.end_old_resets", "schedule": crontab(minute="45")},
    "remind people": {"task": "notifications.tasks.sweep_reminders", "schedule": 300},
    "see who is stuck": {"task": "goals.tasks.sweep_stuck", "schedule": crontab(hour="5", minute="20")},
    "expire and settle exchanges": {"task": "timebank.tasks.sweep_exchanges", "schedule": 600},
    "turn the months of engagements": {"task": "timebank.tasks.turn_engagements", "schedule": crontab(minute="5")},
    "settle what waited for credits": {"task": "timebank.tasks.retry_waiting", "schedule": 60},
    "let go of what waited for somebody to be known": {"task": "timebank.tasks.let_go_of_waiting", "schedule": 300},
    "pay what funds owe": {"task": "timebank.tasks.pay_owed_tariffs", "schedule": crontab(minute="25")},
    "settle group sessions": {"task": "timebank.tasks.sweep_group_sessions", "schedule": 600},
    "look after innovations": {
        "task": "accelerator.tasks.sweep_innovations",
        "schedule": crontab(hour="4", minute="20"),
    },
    "end help with questions": {"task": "accelerator.tasks.sweep_question_help", "schedule": crontab(minute="35")},
    "make copies of files that were left": {"task": "accelerator.tasks.sweep_copies", "schedule": 300},
    "lock plans of evaluations": {"task": "evaluation.tasks.lock_plans", "schedule": 300},
    "build reports that were left": {"task": "evaluation.tasks.sweep_reports", "schedule": 120},
    "tell what is new in saved searches": {
        "task": "timebank.tasks.tell_what_is_new",
        "schedule": crontab(hour="7", minute="15"),
    },
    "go on with imports that were left": {"task": "timebank.tasks.sweep_imports", "schedule": 300},
    "find chains of hours": {"task": "timebank.tasks.find_cycles", "schedule": crontab(hour="1", minute="50")},
    "check the ledger": {"task": "timebank.tasks.check_ledger", "schedule": crontab(hour="3", minute="10")},
}
