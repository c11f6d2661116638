"""What the settings say in production, read in a process of its own."""

import json
import os
import subprocess
import sys

import pytest

from tests.stack.test_compose import ROOT

NAMES = [
    "SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT",
    "SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS", "TRUSTED_PROXIES",
]  # fmt: skip
READ = f"""
import json
from config import settings
read = {{name: getattr(settings, name) for name in {NAMES}}}
print(json.dumps({{**read, "proxy": getattr(settings, "SECURE_PROXY_SSL_HEADER", None)}}))
"""


def production(**environ):
    """The settings of production with this environment."""
    needed = {"ODHA_MODE": "production", "SECRET_KEY": "s" * 50, "EQUALITY_KEY": "e" * 50}
    kept = {name: value for name, value in os.environ.items() if name not in {"TRUSTED_PROXIES", "HSTS_SUBDOMAINS"}}
    done = subprocess.run(
        [sys.executable, "-c", READ], cwd=ROOT, env=kept | needed | environ, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_cookies_are_taken_from_this_host_alone_and_over_https():
    read = production()

    assert read["SESSION_COOKIE_NAME"] == "__Host-sessionid" and read["CSRF_COOKIE_NAME"] == "__Host-csrftoken"
    assert read["SESSION_COOKIE_SECURE"] and read["CSRF_COOKIE_SECURE"] and read["SECURE_SSL_REDIRECT"]
    assert read["SECURE_HSTS_SECONDS"] >= 31536000 and not read["SECURE_HSTS_INCLUDE_SUBDOMAINS"]
    assert production(HSTS_SUBDOMAINS="1")["SECURE_HSTS_INCLUDE_SUBDOMAINS"]


@pytest.mark.parametrize(
    ("given", "number", "believed"), [("", 0, False), ("0", 0, False), ("1", 1, True), ("2", 2, True)]
)
def test_who_says_that_a_request_came_over_https_is_believed_only_behind_a_proxy_of_ours(given, number, believed):
    read = production(TRUSTED_PROXIES=given)

    assert read["TRUSTED_PROXIES"] == number
    assert bool(read["proxy"]) is believed
