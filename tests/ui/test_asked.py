"""What stands in an address is an id or a number, or is as good as not there; nothing raises."""

from uuid import UUID

import pytest

from tests.fuzz.requests import JUNK
from tests.matrix import make_client
from tests.people.factories import make_staff, make_user
from ui.asked import as_id, as_number

ID = "01a22f59-cc08-76e6-b416-4d5f72ba6216"


def test_an_id_and_a_number_are_read():
    assert (as_id(ID), as_number("0"), as_number("007"), as_number("2147483647")) == (UUID(ID), 0, 7, 2**31 - 1)
    assert as_number("2147483648") is None and as_number("366", largest=365) is None


@pytest.mark.parametrize("text", [None, *(text for text in JUNK if "0000-" not in text and "ffff" not in text)])
def test_rubbish_is_neither_an_id_nor_a_wrong_number(text):
    assert as_id(text) is None
    number = as_number(text)
    assert number is None or str(number) == (text.lstrip("0") or "0")


@pytest.mark.parametrize("typed", ["x", "\x01", "9" * 5000, "²", ID])
@pytest.mark.parametrize(
    ("path", "statuses"),
    [
        ("/timebank/office-hours/publish/?listing=", {404}),
        ("/timebank/desk/record/?redoes=", {404}),
        ("/timebank/statement/?after=", {200}),
        ("/timebank/statement/?before=", {200}),
    ],
)
def test_an_address_with_rubbish_in_its_query_is_answered(db, path, statuses, typed):
    client = make_client(make_staff("broker"))
    assert client.get(path + typed).status_code in statuses


def test_days_of_a_policy_that_are_no_days_are_refused(db):
    from timebank.forms.desk import DaysField

    assert DaysField().clean("3, 7,12, 7") == [3, 7, 12]
    for wrong in ("9" * 5000, "0", "366", "x", "3, x", "²"):
        with pytest.raises(Exception, match="Give days"):
            DaysField().clean(wrong)


def test_a_member_finds_the_page_to_reflect_whatever_stands_in_its_address(db):
    client = make_client(make_user())
    assert client.get("/timebank/record/reflections/new/?exchange=x").status_code in {200, 404}
