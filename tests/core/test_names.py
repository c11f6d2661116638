"""A name is a name: no address of a site, by whatever route it comes."""

import pytest
from django.db import IntegrityError, transaction

from core import names
from people.models import User

GOOD = [
    "Ama Mensah", "Dr. A. B. Mensah", "J.R.R. Tolkien", "Zoë O’Neill-Ward", "王秀英", "Ama (she/her)", "Mensah, Ama",
    "Ama Mensah, R.N.", "علی\u200cرضا", "Sam 2", "Comfort", "Ama M.",
]  # fmt: skip
ADVERTS = [
    "Win at prize.example", "http prize", "https://prize.example", "www.prize", "see prize.example/x", "Ama //prize",
    "ama@mail.example", "PRIZE.EXAMPLE", "prize．example", "prize。example", "10.0.0.1", "Ama＠mail", "Prize.co", "ｗｗｗ．ｐｒｉｚｅ",
]  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_names_as_people_write_them_are_taken(name):
    assert names.problem_with(name) == ""


@pytest.mark.parametrize("name", ADVERTS)
def test_a_name_that_holds_an_address_is_refused_kindly(name):
    assert "without the address of a site" in names.problem_with(name)


@pytest.mark.parametrize("name", ["Ama\u202egro.live", "Ama\u200b", "Ama\x07"])
def test_a_name_with_an_unseen_sign_is_refused(name):
    assert "cannot be seen" in names.problem_with(name)


@pytest.mark.django_db
@pytest.mark.parametrize("name", [name for name in ADVERTS if name.isascii()])
def test_the_database_keeps_no_such_name(name):
    with pytest.raises(IntegrityError, match="user_name_plain"), transaction.atomic():
        User.objects.bulk_create([User(name=name)])
