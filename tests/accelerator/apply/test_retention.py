import datetime as dt

import pytest
from django.utils import timezone

from accelerator.actions.retention import DRAFTS_KEPT, purge_drafts
from accelerator.models import Answer, Application
from tests.accelerator.factories import a_draft, a_wave, an_application, close_call

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def last_changed(application: Application, ago: dt.timedelta) -> Application:
    Application.objects.filter(pk=application.pk).update(changed_at=timezone.now() - ago)
    return application


def test_drafts_go_after_a_year_and_everything_else_stays():
    closed, open_call = a_wave(), a_wave()
    gone = last_changed(a_draft(wave=closed), DRAFTS_KEPT + DAY)
    assert Answer.objects.filter(application=gone).exists()
    fresh = last_changed(a_draft(wave=closed), DRAFTS_KEPT - DAY)
    still_open = last_changed(a_draft(wave=open_call), DRAFTS_KEPT + DAY)
    sent = last_changed(an_application(wave=closed), DRAFTS_KEPT + DAY)
    close_call(closed)

    assert purge_drafts() == 1
    assert set(Application.objects.all()) == {fresh, still_open, sent}
    assert not Answer.objects.filter(application=gone.pk).exists()
    assert Answer.objects.filter(application=sent).exists()
    assert purge_drafts() == 0
