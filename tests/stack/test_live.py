"""The live site, its worker and a phone work together over one committed database."""

from django.core.cache import cache
from django.utils import timezone

from notifications.actions import notify
from notifications.models import CaughtMail, OutboxMessage
from people.models import User
from tests.browser import check_html, check_page
from tests.live import celery, wait_until
from timebank import letters


def test_the_front_page_passes_every_check_on_a_phone(live, phone):
    served = phone.goto("/")

    assert served.status == 200
    check_page(phone)
    check_html({"front": served.text()})


def test_a_page_that_is_not_there_is_a_page_too(live, page):
    served = page.goto("/nobody-has-made-this")

    assert served.status == 404
    check_page(page)
    check_html({"not found": served.text()})


def test_the_worker_and_beat_send_once_what_a_lost_queue_left_in_the_outbox(real_db, tmp_path):
    person = User.objects.create_user("ada@example.org", name="Ada", conduct_accepted_at=timezone.now())
    notify(
        to=person, kind=letters.CREDITS, key="one", subject="The poster is up", template="notifications/sample",
        context={"what": "The poster is up."}, url="/inbox/",
    )  # fmt: skip
    cache.clear()  # the broker's queue with it: only beat can find the message now
    assert CaughtMail.objects.count() == 0

    with celery(database_url=real_db.url, folder=tmp_path) as processes:
        wait_until(CaughtMail.objects.exists, seconds=60, what="the mail to be sent")
        wait_until(OutboxMessage.objects.filter(state="sent").exists, what="the outbox to say so")
        assert all(process.poll() is None for process in processes.values())

    assert [mail.subject for mail in CaughtMail.objects.all()] == ["The poster is up"]
