"""One normal form of an address; what only looks like it is refused, and the database agrees."""

import re
import unicodedata

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from hypothesis import given
from hypothesis import strategies as st

from core import addresses

SAME = {
    " Ama@Mail.Example ": "ama@mail.example",
    "o'neill+ward_4@mail.example": "o'neill+ward_4@mail.example",
    "ama@BÜCHER.example": "ama@xn--bcher-kva.example",
    "ama@xn--bcher-kva.example": "ama@xn--bcher-kva.example",
    "ama@maıl.example": "ama@xn--mal-kua.example",  # a dotless i: a domain of its own
    "ama@straße.example": "ama@xn--strae-oqa.example",  # not strasse.example
}
REFUSED = [
    "ſam@mail.example", "sam@maiſ.example", "ıan@mail.example", "ama@mail。example", "ama＠mail.example",
    "ﬁona@mail.example", "ama@ﬁsh.example", "\u212aim@mail.example", "zoë@mail.example", "аma@mail.example",
    "ama@xn--mail-.example", "ama@xn--ls8h.example", "ama@mail_.example", "ama@-mail.example", "ama@mail..example",
    "ama@mail.example.", "ama@[127.0.0.1]", "ama@127.0.0.1", "ama@localhost", "a@b@mail.example", "@mail.example", "ama@",
    ".ama@mail.example", "a..a@mail.example", '"ama mensah"@mail.example', "ama mensah@mail.example", "ama", "",
    "ama\n@mail.example", "ama@mail.example\nbcc: x@y.example", "ama@ma\u200bil.example", "ama\u202e@mail.example",
    "a" * 65 + "@mail.example", "ama@" + ".".join(["a" * 60] * 5) + ".example", "ama@mail.example\x00",
]  # fmt: skip


@pytest.mark.parametrize("typed", SAME)
def test_an_address_has_one_normal_form(typed):
    assert addresses.normal(typed) == SAME[typed]


@pytest.mark.parametrize("typed", REFUSED)
def test_what_is_no_address_or_only_looks_like_one_is_refused_with_what_to_do(typed):
    with pytest.raises(addresses.NotAnAddress, match="address"):
        addresses.normal(typed)
    assert addresses.known_as(typed) == ""


KEPT_OUT = [typed for typed in REFUSED if 0 < len(typed) < 60 and "\x00" not in typed]
# what PostgreSQL could take: all but lengths, NUL, and what only IDNA knows about an A-label
BEYOND = {"", "ama@xn--ls8h.example", "ama@mail.example\x00"}
KEPT_OUT = [typed for typed in REFUSED if typed not in BEYOND and len(typed) < 60]
LOOK_ALIKES = "aAſıiİIKkßsSẞåÅΩωσςΣﬁﬀ．。＠@.-_'+0²①xn\u200b\u0301é"


@given(st.text(LOOK_ALIKES, max_size=12), st.text(LOOK_ALIKES, max_size=12))
def test_normalising_twice_changes_nothing_and_nothing_is_mapped_into_another_name(local, host):
    try:
        address = addresses.normal(f"{local}@{host}.example")
    except addresses.NotAnAddress:
        return
    assert addresses.normal(address) == address
    assert re.fullmatch(addresses.KEPT, address)
    assert address.isascii()
    if host.isascii():
        assert address == f"{local}@{host}.example".strip().lower()
    assert unicodedata.normalize("NFKC", local) == local


def test_staff_search_by_the_beginning_of_an_address():
    assert addresses.beginning(" Ama@Ma") == "ama@ma"
    assert addresses.beginning("x@bücher.example") == "x@xn--bcher-kva.example"
    assert addresses.beginning("ſam") == ""


def columns_of_addresses():
    return [
        (model, field)
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.EmailField)
        and model._meta.app_label != "account"  # allauth's own table stays empty
    ]


def test_every_column_that_keeps_an_address_has_the_constraint():
    lacking = [
        f"{model._meta.label}.{field.name}"
        for model, field in columns_of_addresses()
        if not any(
            isinstance(check, models.CheckConstraint)
            and (f"{field.name}__regex", addresses.KEPT) in _leaves(check.condition)
            for check in model._meta.constraints
        )
    ]
    assert len(columns_of_addresses()) >= 5
    assert not lacking


def _leaves(condition):
    for child in condition.children:
        yield from _leaves(child) if isinstance(child, models.Q) else [child]


@pytest.mark.django_db
@pytest.mark.parametrize("typed", [*KEPT_OUT, "Ama@mail.example", "ama@maıl.example"])
def test_the_database_keeps_nothing_but_normal_forms(typed):
    from people.models import User

    with pytest.raises(IntegrityError, match="user_email_normal"), transaction.atomic():
        User.objects.bulk_create([User(email=typed)])


@pytest.mark.django_db
@given(st.text(LOOK_ALIKES, min_size=1, max_size=10))
def test_postgresql_reads_the_pattern_as_python_does(text):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s ~ %s", [f"{text}@mail.example", addresses.KEPT])
        assert cursor.fetchone()[0] == bool(re.match(addresses.KEPT, f"{text}@mail.example"))
