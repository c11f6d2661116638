"""The mail page in a real browser: what the strict policy lets through is what a reader sees."""

from notifications import actions, mailer
from notifications.models import CaughtMail
from people.models import User
from tests.browser import check_axe, check_reflow
from tests.notifications.factories import letter, person


def test_the_html_of_a_mail_is_drawn_in_its_sandbox_with_its_style(browse, live):
    message = letter(person(), subject="Your poster")
    assert actions.send(message.pk)
    phone = browse(phone=True, base_url=live)
    phone.goto("/mail/")
    phone.get_by_role("link", name="Your poster").click()
    assert "The poster is up." in phone.locator("pre").inner_text()
    mail = phone.frame_locator("iframe")
    button = mail.get_by_role("link", name="Open this on the site")
    button.wait_for()
    assert button.evaluate("e => getComputedStyle(e).paddingTop") == "14px"  # the style block passed the policy
    check_reflow(phone)
    check_axe(phone, exclude=("iframe",))  # the mail is not this page; axe cannot look into its sandbox


def test_a_long_word_in_a_subject_or_an_address_does_not_widen_the_list(browse, live):
    ada = User.objects.create_user("a" * 60 + "@" + "b" * 60 + ".example", name="Ada")
    assert actions.send(letter(ada, subject="https://example.org/" + "x" * 90).pk)
    phone = browse(phone=True, base_url=live)
    phone.goto("/mail/")
    phone.get_by_role("link", name="https://example.org/").wait_for()
    check_reflow(phone)


def test_the_mail_page_shows_what_would_go_into_a_calendar(db, client, settings):
    settings.EMAIL_BACKEND = "notifications.mailbox.MailPageBackend"
    entry = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nSUMMARY:Talk to five users\r\nEND:VCALENDAR"
    mailer.deliver(to="ada@example.org", subject="You meet on Tuesday", text="On Tuesday.", html="", calendar=entry)
    kept = CaughtMail.objects.get()
    assert kept.calendar.splitlines() == entry.splitlines()
    page = client.get(f"/mail/{kept.pk}/").content.decode()
    assert "SUMMARY:Talk to five users" in page and "For the calendar" in page
