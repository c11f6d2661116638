"""Who counts as an open, and what a device is. Pure functions; what they look at is not kept."""

import re
from collections.abc import Mapping

from people.rules import has_any_role

LEADS = ("outreach_lead", "administrator")

PREVIEWERS = re.compile(
    r"bot\b|bot/|crawler|spider|preview|facebookexternalhit|whatsapp/|slack|telegram|discord|skype|teams|"
    r"linkedin|pinterest|embedly|safelinks|barracuda|mimecast|proofpoint|curl/|wget/|python-|httpx|okhttp|"
    r"go-http-client|headless|monitor|uptime|^$",
    re.IGNORECASE,
)


def may_lead(user) -> bool:
    """Whether somebody runs campaigns: outreach leads, and administrators."""
    return has_any_role(user, LEADS)


def counts(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a request is somebody who opened the page: a GET by no link previewer and no prefetch."""
    if method != "GET" or PREVIEWERS.search(headers.get("User-Agent", "")):
        return False
    purpose = " ".join(headers.get(name, "") for name in ("Purpose", "Sec-Purpose", "X-Purpose", "X-Moz"))
    return not re.search("prefetch|prerender|preview", purpose, re.IGNORECASE)


def device(user_agent: str) -> str:
    """`phone`, `tablet` or `computer`: as coarse as is useful for choosing a poster's place."""
    agent = user_agent.lower()
    if "ipad" in agent or "tablet" in agent or ("android" in agent and "mobile" not in agent):
        return "tablet"
    if "mobi" in agent or "iphone" in agent or "android" in agent:
        return "phone"
    return "computer"
