"""Fixtures for every room. Servers are started by `tests.plugin`; databases are made by `tests.databases`.

* `db` (pytest-django): a transaction a test, rolled back; deferred constraints are fired at its end.
* `real_db`: a database of its own, for tests that commit, use several connections, processes or a browser.
* `demo_db`: the same, with the demonstration data (150 people, 500 exchanges, no report) in it.
* `live`: the site on a free port over a `real_db`; `worker`: a real Celery worker and beat beside it.
* `browse(phone=, javascript=)`, `page`, `phone`: pages of a real Chromium; checks are in `tests.browser`.
"""

import os

import pytest

from tests import databases


def pytest_collection_modifyitems(items) -> None:
    """Marks tests by the fixtures that they use, so that `-m "not browser"` works without anybody remembering it."""
    for item in items:
        names = set(getattr(item, "fixturenames", ()))
        if "real_db" in names:
            item.add_marker("realdb")
        if "browser" in names:
            item.add_marker("browser")


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_blocker):
    """Replaces pytest-django's: one migrated template, and a copy of it for the tests that roll back."""
    with django_db_blocker.unblock():
        databases.ensure_template()
        with databases.clone("odha_test"):
            yield


@pytest.fixture
def real_db(request, django_db_setup, django_db_blocker):
    """A committed database for this test alone. Threads reach it too; a subprocess takes `real_db.url` as DATABASE_URL."""
    if "db" in request.fixturenames or request.node.get_closest_marker("django_db"):
        pytest.fail("Use either `db` (rolled back) or `real_db` (committed) in a test, not both.")
    with django_db_blocker.unblock():
        if "demo_db" in request.fixturenames:
            databases.ensure_demonstration()
            template = databases.DEMONSTRATION
        else:
            template = databases.TEMPLATE
        with databases.clone("odha_real", template) as database:
            yield database


@pytest.fixture
def demo_db(real_db):
    """A `real_db` with the demonstration data in it; `live` and `worker` beside it serve that. Seeded once a session."""
    return real_db


@pytest.fixture(autouse=True)
def _empty_cache():
    """Rate limits and cached figures of one test never reach the next."""
    yield
    from django.core.cache import cache

    cache.clear()


@pytest.fixture
def actor(db):
    """A member who may act."""
    from people.models import User

    return User.objects.create_user("actor@example.org", name="Ada Actor")


@pytest.fixture
def live(real_db, settings):
    """The site on http://localhost:PORT, over this test's own database; mail goes to the mail page, as with `make run`."""
    from tests.live import serve

    settings.EMAIL_BACKEND = "notifications.mailbox.MailPageBackend"
    with serve() as url:
        settings.SITE_URL = url
        settings.CSRF_TRUSTED_ORIGINS = [url]
        yield url


@pytest.fixture
def worker(real_db, tmp_path):
    """A real Celery worker and beat on the real broker; everything that beat runs is due at once, then on schedule."""
    from tests.live import celery

    with celery(database_url=real_db.url, folder=tmp_path) as processes:
        yield processes


@pytest.fixture(scope="session")
def browser():
    """One Chromium a session."""
    from tests.browser import launch

    # Playwright's synchronous API keeps an event loop running in this thread, which Django takes for an async view.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with launch() as chromium:
        yield chromium


@pytest.fixture
def browse(browser):
    """Opens a page in a context (cookies) of its own: `browse(phone=True, javascript=False)`. `base_url=` as with Playwright."""
    from tests.browser import open_page

    contexts = []

    def opened(*, phone: bool = False, javascript: bool = True, **options):
        page = open_page(browser, phone=phone, javascript=javascript, **options)
        contexts.append(page.context)
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def page(live, browse):
    """A page of 1280 px on the live site; `page.goto("/help")` is enough."""
    return browse(base_url=live)


@pytest.fixture
def phone(live, browse):
    """A phone of 360 px on the live site."""
    return browse(phone=True, base_url=live)
