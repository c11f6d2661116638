"""Two managers at the same moment, on connections of their own."""

import threading

import pytest
from django.db import connection

from accelerator.actions import allocation
from accelerator.models import Assignment
from accelerator.queries import allocation as queries
from tests.accelerator.factories import a_manager, a_reviewer, a_wave, an_application, close_call, the_phase
from ui.errors import DomainError


@pytest.mark.realdb
def test_two_managers_giving_out_at_once_give_out_once(real_db):
    wave = a_wave()
    for _ in range(4):
        an_application(wave=wave)
    for _ in range(3):
        a_reviewer()
    close_call(wave)
    phase, managers = the_phase(wave), [a_manager(), a_manager()]
    fingerprint, ready, said = queries.propose(phase).fingerprint, threading.Barrier(2), []

    def press(manager):
        try:
            ready.wait(60)
            allocation.give_out(by=manager, phase=phase, fingerprint=fingerprint)
            said.append("given out")
        except DomainError as error:
            said.append(str(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=(manager,)) for manager in managers]
    [thread.start() for thread in threads]
    [thread.join(120) for thread in threads]
    assert sorted(said) == ["Everything that can be given out has been given out.", "given out"]
    assert Assignment.objects.count() == 8
