"""The network address that a request comes from, which rate limits count by. Not e-mail addresses."""

import hashlib
import hmac
import ipaddress
import re

from django.conf import settings
from django.http import HttpRequest

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
NOWHERE = "0.0.0.0"  # noqa: S104 - a name for requests without an address, such as those over a socket


def client_address(request: HttpRequest) -> str:
    """The address of whoever asked the outermost of our proxies (`TRUSTED_PROXIES`); without proxies, of whoever is connected.

    What the asker wrote into X-Forwarded-For stands before what our proxies added, so it is never read. A header that is
    too short or says no address was not written by all of our proxies: the connection's own address counts then.
    """
    proxies = settings.TRUSTED_PROXIES
    written = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    forwarded = read(written[-proxies]) if 0 < proxies <= len(written) else None
    address = forwarded or read(request.META.get("REMOTE_ADDR", ""))
    return str(address) if address else NOWHERE


def read(text: str) -> IP | None:
    """An address as proxies write it: alone, with a port, in brackets, with a zone, or IPv4 inside IPv6; None where it is none."""
    text = text.strip().strip('"')
    with_port = re.fullmatch(r"\[([^\]]+)\](?::\d+)?|([\d.]+):\d+", text)
    bare = next(filter(None, with_port.groups()), "") if with_port else text
    try:
        address = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def network_of(address: str) -> str:
    """What one person can be taken to have: an IPv4 address, or the /64 of an IPv6 address, of which every home has one."""
    parsed = ipaddress.ip_address(address)
    return address if parsed.version == 4 else str(ipaddress.ip_network(f"{address}/64", strict=False).network_address)


def stand_in(address: str) -> str:
    """A made-up address that is the same for the same network and says nothing about it: `fd` (addresses that lead nowhere)
    and 56 bits of a keyed hash, followed by zeros, so that whoever counts by /64 counts by network."""
    keyed = hmac.new(settings.SECRET_KEY.encode(), f"network:{network_of(address)}".encode(), hashlib.sha256).digest()
    return str(ipaddress.IPv6Address(b"\xfd" + keyed[:7] + bytes(8)))
