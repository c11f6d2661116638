"""What of the accelerator can be reported: by those who see it, and by nobody else."""

import pytest
from django.test import Client
from django.urls import reverse

from accelerator.actions import checkins, lessons
from accelerator.models import CheckIn, Lesson
from people.models import Report, SafeguardingCase
from tests.accelerator.innovations.factories import an_innovation, evidence_for, first, lead_of
from tests.matrix import make_client
from tests.people.factories import make_staff, make_user

pytestmark = pytest.mark.django_db


def test_a_reader_of_the_learning_log_says_that_they_are_worried_without_an_account_and_learns_no_name():
    ben = make_user(name="Ben Nevis")
    lessons.add(by=ben, text="I have not slept for a week", key="one")
    made = Lesson.objects.get()
    address = reverse("people:worried_about", args=["lesson", made.pk])
    assert Client().get(address).status_code == 302, "not answered yet, so not shown to the public"
    page = make_client(make_user()).get(address).content.decode()
    assert "whoever wrote it" in page and "Ben Nevis" not in page
    make_client(make_user()).post(address, {"worry": "self", "text": "They sound low"})
    case = SafeguardingCase.objects.get()
    assert (case.about, case.words) == (ben, "I have not slept for a week")
    make_staff("safeguarding_lead")
    assert make_client(ben).get(reverse("people:report_about", args=["lesson", made.pk])).status_code == 404


def test_check_ins_and_evidence_are_reported_by_who_reads_them_and_by_no_stranger():
    innovation = an_innovation()
    manager, stranger = innovation.manager, make_user()
    checkins.check_in(by=lead_of(innovation), innovation=innovation, progress="Two nights tried", confidence=4)
    found, sent = CheckIn.objects.get(), evidence_for(first(innovation))
    pages = {
        ("check-in", found.pk): reverse("accelerator:innovation", args=[innovation.pk]),
        ("evidence", sent.pk): reverse("accelerator:milestone", args=[sent.milestone_id]),
    }
    for (kind, pk), page in pages.items():
        for name in ("worried_about", "report_about"):
            address = reverse(f"people:{name}", args=[kind, pk])
            assert address in make_client(manager).get(page).content.decode()
            assert make_client(manager).get(address).status_code == 200
            assert make_client(stranger).get(address).status_code == 404
    told = {"text": "It names a ward sister", "about": str(found.by_id)}
    make_client(manager).post(reverse("people:report_about", args=["check-in", found.pk]), told)
    report = Report.objects.get()
    assert (report.about, report.words) == (found.by, "Two nights tried")
    assert {manager.pk, lead_of(innovation).pk} <= set(report.kept_from), "a broker on the team would not find it"
