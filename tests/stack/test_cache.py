"""The cache and the queue hold JSON: what somebody plants there is never run."""

import pickle
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from redis import AuthenticationError, Redis

from config.celery import app


class Planted:
    """A pickle that makes a file where it is loaded."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def test_a_planted_pickle_is_never_loaded(tmp_path):
    mark = tmp_path / "loaded"
    Redis.from_url(settings.REDIS_URL).set(cache.make_key("timebank.hours_exchanged"), pickle.dumps(Planted(mark)))

    assert cache.get("timebank.hours_exchanged") is None
    assert not mark.exists()
    pickle.loads(pickle.dumps(Planted(mark)))
    assert mark.exists(), "the pickle would have done it"


@pytest.mark.parametrize("value", [0, 5, True, 1.5, None, "words", ["a", 1, None], {"a": {"b": [1]}}])
def test_what_is_json_comes_back_as_it_was(value):
    cache.set("key", value, 60)
    assert cache.get("key", "absent") == value
    assert type(cache.get("key")) is type(value)


def test_numbers_are_counted_by_the_server():
    cache.set("key", 5, 60)
    assert cache.incr("key") == 6


def test_an_object_is_refused_where_it_is_kept():
    with pytest.raises(TypeError):
        cache.set("key", object(), 60)


def test_the_queue_takes_json_only():
    assert app.conf.accept_content == ["json"] and app.conf.task_serializer == "json"


def test_the_server_answers_nobody_without_the_password():
    address = settings.REDIS_URL.rpartition("@")[2]
    with pytest.raises(AuthenticationError):
        Redis.from_url(f"redis://{address}").ping()
    with pytest.raises(AuthenticationError):
        Redis.from_url(f"redis://:wrong@{address}").ping()
    password = settings.REDIS_URL.partition(":@" if ":@" in settings.REDIS_URL else "://:")[2].partition("@")[0]
    shown = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if b"valkey" in _read(path)]
    assert shown and not any(password.encode() in line for line in shown)


def _read(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""
