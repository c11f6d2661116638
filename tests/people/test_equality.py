"""Privacy of the equality answers."""

import pytest
from django.db import IntegrityError, connection, models, transaction
from django.test import Client

from audit.models import Event
from people.actions import privacy
from people.equality import actions, options
from people.equality.keys import join_table, key_of
from people.equality.models import EqualityAnswers
from tests.people.factories import make_user
from tests.signing_in import sign_in
from ui.errors import Invalid

pytestmark = pytest.mark.django_db


def test_the_table_has_no_foreign_key_no_timestamp_and_no_ordered_id():
    kinds = {field.name: type(field) for field in EqualityAnswers._meta.get_fields()}
    assert set(kinds.values()) == {models.CharField}
    assert EqualityAnswers._meta.pk.name == "key"
    with connection.cursor() as cursor:
        cursor.execute("SELECT data_type FROM information_schema.columns WHERE table_name = 'people_equalityanswers'")
        assert {row[0] for row in cursor.fetchall()} == {"character varying"}


def test_the_key_is_an_hmac_that_needs_the_secret(settings):
    user = make_user()
    actions.answer(by=user, sex="female")
    kept = EqualityAnswers.objects.get()
    assert str(user.pk) not in kept.key and str(user.pk).replace("-", "") not in kept.key
    settings.EQUALITY_KEY = "another key"
    assert actions.answers_of(user) is None


def test_a_key_that_is_not_an_hmac_is_refused_by_the_database():
    with pytest.raises(IntegrityError), transaction.atomic():
        EqualityAnswers.objects.create(key="1", consent_version="x")


def test_answers_without_consent_are_refused_by_the_database():
    with pytest.raises(IntegrityError), transaction.atomic():
        EqualityAnswers.objects.create(key="a" * 64, consent_version="")


def test_answering_leaves_nothing_in_the_audit_log():
    user = make_user()
    before = Event.objects.count()
    actions.answer(by=user, religion="none")
    actions.forget(by=user)
    assert Event.objects.count() == before


def test_answers_can_be_changed_and_deleted_at_will():
    user, client = make_user(), Client()
    sign_in(client, user)
    client.post("/account/equality/", {"pay_band": "3", "carer": "adult"})
    client.post("/account/equality/", {"pay_band": "4", "carer": "not-said"})
    kept = actions.answers_of(user)
    assert (kept.pay_band, kept.carer, kept.consent_version) == ("4", "not-said", options.CONSENT_VERSION)
    client.post("/account/equality/delete/")
    assert actions.answers_of(user) is None


def test_deleting_them_leads_back_to_where_they_were_asked():
    user, client = make_user(), Client()
    sign_in(client, user)
    actions.answer(by=user, sex="female")
    page = client.get("/account/equality/?next=/applications/").content.decode()
    assert page.count('<input type="hidden" name="next" value="/applications/">') == 2
    assert client.post("/account/equality/delete/", {"next": "/applications/"}).url == "/applications/"
    assert client.post("/account/equality/delete/", {"next": "https://elsewhere.example/"}).url == "/account/"


def test_the_one_tap_keeps_the_other_answers():
    user = make_user()
    actions.answer(by=user, sex="female")
    actions.answer(by=user, pay_band="1-4")
    assert (actions.answers_of(user).sex, actions.answers_of(user).pay_band) == ("female", "1-4")


def test_an_answer_that_is_not_in_the_list_is_refused():
    with pytest.raises(Invalid):
        actions.answer(by=make_user(), sex="anything")


def test_closing_the_account_deletes_the_answers_of_that_person_only():
    leaving, staying = make_user(), make_user()
    for user in (leaving, staying):
        actions.answer(by=user, age_band="25-34")
    key = key_of(leaving.pk)
    privacy.close_account(by=leaving, user=leaving)
    assert not EqualityAnswers.objects.filter(key=key).exists()
    assert actions.answers_of(staying).age_band == "25-34"


def test_another_person_sees_nothing_of_the_answers():
    user, client = make_user(), Client()
    actions.answer(by=user, pay_band="8a")
    sign_in(client, make_user())
    form = client.get("/account/equality/").content.decode()
    assert 'value="8a" selected' in client_form(user)
    assert 'value="8a" selected' not in form
    assert "Band 8a" not in client.get(f"/people/{user.pk}/").content.decode()


def client_form(user):
    client = Client()
    sign_in(client, user)
    return client.get("/account/equality/").content.decode()


def test_evaluation_joins_through_a_temporary_table_that_is_gone_afterwards():
    users = [make_user() for _ in range(3)]
    actions.answer(by=users[0], sex="female")
    actions.answer(by=users[1], sex="male")
    with join_table([user.pk for user in users]) as table, connection.cursor() as cursor:
        cursor.execute(
            f"SELECT coalesce(nullif(a.sex, ''), 'not-said'), count(*) FROM {table} j"
            " LEFT JOIN people_equalityanswers a USING (key) GROUP BY 1 ORDER BY 1"
        )
        assert cursor.fetchall() == [("female", 1), ("male", 1), ("not-said", 1)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('pg_temp.equality_join')")
        assert cursor.fetchone() == (None,)


def test_every_question_may_be_declined_and_every_answer_fits_its_column():
    for column, _question, answers in options.QUESTIONS:
        codes = [code for code, _words in answers]
        assert "not-said" in codes, column
        assert max(map(len, codes)) <= EqualityAnswers._meta.get_field(column).max_length, column


def test_every_pay_band_belongs_to_a_cluster_and_every_ethnic_group_to_the_16_plus_1():
    clusters = {code for code, _words in options.PAY_CLUSTERS}
    assert {code for code, _words in options.PAY_BANDS} <= set(options.CLUSTER_OF_BAND)
    assert set(options.CLUSTER_OF_BAND.values()) == clusters
    assert len(set(options.SIXTEEN_PLUS_ONE.values())) == 17
