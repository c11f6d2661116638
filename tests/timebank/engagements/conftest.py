import pytest
from django.utils import timezone

from tests.timebank.engagements.months import Clock


@pytest.fixture
def time(monkeypatch) -> Clock:
    """The clock that our code reads, for tests that let days and months go by."""
    clock = Clock()
    monkeypatch.setattr(timezone, "now", clock.now)
    return clock
