import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from notifications import actions, mailer
from notifications.mailbox import MailPageBackend
from notifications.models import CaughtMail, InboxItem, OutboxMessage, Preference
from tests.matrix import make_client
from tests.notifications.factories import letter, person
from tests.signing_in import sign_in


def test_the_inbox_shows_my_messages_and_how_many_are_new(client, db):
    ada, ben = person(), person("Ben")
    letter(ada, subject="For Ada")
    letter(ben, subject="For Ben")
    sign_in(client, ada)
    text = client.get("/inbox/").content.decode()
    assert "For Ada" in text and "For Ben" not in text and "You have 1 new message" in text
    item = InboxItem.objects.get(user=ada)
    assert "The poster is up." in client.get(f"/inbox/{item.pk}/").content.decode()
    assert "You have read everything" in client.get("/inbox/").content.decode()
    assert client.get(f"/inbox/{InboxItem.objects.get(user=ben).pk}/").status_code == 404
    assert InboxItem.objects.get(user=ben).read_at is None


def test_an_empty_inbox_says_what_will_come(client, db):
    sign_in(client, person())
    assert "No messages yet" in client.get("/inbox/").content.decode()


def test_all_can_be_marked_as_read_and_only_mine(client, db):
    ada, ben = person(), person("Ben")
    for _n in range(3):
        letter(ada)
    letter(ben)
    sign_in(client, ada)
    client.post("/inbox/read/")
    assert list(InboxItem.objects.unread().values_list("user", flat=True)) == [ben.pk]


def test_the_inbox_asks_the_same_few_questions_however_many_messages(client, db):
    ada, asked = person(), []
    sign_in(client, ada)
    for how_many in (3, 27):
        for _n in range(how_many):
            letter(ada)
        client.get("/inbox/")
        with CaptureQueriesContext(connection) as queried:
            client.get("/inbox/")
        asked.append(len(queried))
    assert asked[0] == asked[1] <= 8


def test_preferences_are_saved_by_kind_with_the_quiet_hours(client, db):
    ada = person()
    sign_in(client, ada)
    page = client.get("/inbox/preferences/").content.decode()
    assert "Test news" in page and "It is about your safety." in page and "kind-test_firm" not in page
    from notifications import queries

    answers = {f"kind-{kind.slug}": "at_once" for kind, _how in queries.preferences(ada) if not kind.why_not_off}
    response = client.post(
        "/inbox/preferences/", answers | {"kind-test_news": "weekly", "starts": "09:00", "ends": "17:00"}
    )
    assert response.status_code == 302
    assert Preference.objects.get(user=ada, kind="test_news").how == "weekly"
    assert ada.quiet_hours.starts.hour == 9
    wrong = client.post(
        "/inbox/preferences/", answers | {"kind-test_news": "never", "starts": "09:00", "ends": "17:00"}
    )
    assert wrong.status_code == 422 and Preference.objects.get(user=ada, kind="test_news").how == "weekly"
    same = client.post("/inbox/preferences/", answers | {"starts": "09:00", "ends": "09:00"})
    assert same.status_code == 422 and "two different times" in same.content.decode()
    assert Preference.objects.get(user=ada, kind="test_news").how == "weekly"  # nothing of a refused page is kept


def test_the_stop_link_of_a_mail_asks_people_and_obeys_mail_programs(db):
    ada = person()
    letter(ada)
    stop = mailer.stop_path(ada.pk, "test_news")
    strict = Client(enforce_csrf_checks=True)
    assert "Stop these e-mails?" in strict.get(stop).content.decode()
    assert not Preference.objects.exists()  # a scanner that opens the link stops nothing
    for _click in range(2):
        response = strict.post(stop, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
        assert "You will get no more" in response.content.decode()
    assert Preference.objects.get().how == "off"
    assert letter(ada).state == "dropped"


@pytest.mark.parametrize("token", ["forged", "W10:abc:def", "x" * 400])
def test_a_forged_stop_link_stops_nothing(client, db, token):
    assert client.get(f"/stop/{token}/").status_code == client.post(f"/stop/{token}/").status_code == 404
    assert not Preference.objects.exists()


def test_what_may_not_be_stopped_says_why(client, db):
    ada = person()
    stop = mailer.stop_path(ada.pk, "test_firm")
    assert "It is about your safety." in client.get(stop).content.decode()
    assert client.post(stop).status_code == 422
    assert not Preference.objects.exists()


def test_administrators_see_what_was_sent_but_never_what_it_says(db):
    from people.models import RoleGrant

    root, ada = person("Root"), person("Ada")
    RoleGrant.objects.create(user=root, role="administrator", reason="Test")
    message = letter(ada, subject="About your poster")
    OutboxMessage.objects.filter(pk=message.pk).update(state="failed", last_error="SMTPServerDisconnected")
    letter(ada, subject="Another one")
    browser = make_client(root)
    text = browser.get("/outbox/?state=failed").content.decode()
    assert "About your poster" in text and "SMTPServerDisconnected" in text and "Another one" not in text
    assert "The poster is up." not in text
    assert browser.post(f"/outbox/{message.pk}/retry/").status_code == 302
    message.refresh_from_db()
    assert message.state == "queued"
    assert make_client(ada).get("/outbox/").status_code == 403


def test_the_mail_page_shows_both_parts_and_the_html_under_a_policy_that_runs_nothing(client, db, settings):
    settings.EMAIL_BACKEND = "notifications.mailbox.MailPageBackend"
    ada = person()
    actions.send(letter(ada, subject="Your poster").pk)
    mailer.send_now(to_email="b@example.org", subject="Your code", template="notifications/sample",
                    context={"what": "Type it."}, large="123456")  # fmt: skip
    text = client.get("/mail/").content.decode()
    assert "Your poster" in text and "123456" in client.get("/mail/?to=b@example.org").content.decode()
    assert "Your poster" not in client.get("/mail/?to=b@example.org").content.decode()
    caught = CaughtMail.objects.get(to=ada.email)
    assert caught.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "The poster is up." in client.get(f"/mail/{caught.pk}/").content.decode()
    html = client.get(f"/mail/{caught.pk}/html/")
    policy = html["Content-Security-Policy"]
    assert "sandbox" in policy and "default-src 'none'" in policy and "unsafe" not in policy
    assert html["X-Frame-Options"] == "SAMEORIGIN" and "The poster is up." in html.content.decode()


def test_the_mail_page_refuses_to_exist_in_production(db, settings):
    settings.PRODUCTION = True
    with pytest.raises(ImproperlyConfigured, match="EMAIL_BACKEND"):
        MailPageBackend()
    with pytest.raises(ImproperlyConfigured):
        EmailMultiAlternatives(
            "s", "b", to=["a@example.org"], connection=get_connection("notifications.mailbox.MailPageBackend")
        ).send()
