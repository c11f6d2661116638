"""Two managers at the same moment, on connections of their own."""

import threading

import pytest
from django.db import connection

from accelerator.actions import access_fund
from accelerator.models import AccessClaim, Wave
from tests.accelerator.factories import a_claim, a_draft, a_manager, a_person, a_wave
from ui.errors import DomainError


@pytest.mark.realdb
def test_two_managers_who_agree_at_once_do_not_both_spend_what_is_left(real_db):
    wave, ada = a_wave(), a_person()
    Wave.objects.filter(pk=wave.pk).update(access_fund_pence=1000)
    a_draft(ada, wave)
    claims, managers = [a_claim(ada, wave, pence=800) for _ in range(2)], [a_manager(), a_manager()]
    ready, said = threading.Barrier(2), []

    def press(manager, made):
        try:
            ready.wait(60)
            access_fund.agree(by=manager, made=made)
            said.append("agreed")
        except DomainError as error:
            said.append(str(error)[:25])
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=pair) for pair in zip(managers, claims, strict=True)]
    [thread.start() for thread in threads]
    [thread.join(120) for thread in threads]
    assert sorted(said) == ["This goes over the fund b", "agreed"]
    assert AccessClaim.objects.filter(state="agreed", over_fund=False).count() == 1
