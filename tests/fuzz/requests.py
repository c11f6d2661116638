"""Random requests: any URL, by anybody, with any method, with ids and fields that are right, another's, or rubbish.

A request is made from a seed and its number alone, so that it can be made again.
"""

import inspect
import random
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.test.client import BOUNDARY, MULTIPART_CONTENT

from tests import matrix
from tests.journeys.test_every_form import Control, _Page

ROOT = Path(__file__).resolve().parents[2]
ROWS = {row.url: row for row in matrix.rows()}
ADDRESSES = sorted(matrix.addresses(), key=lambda address: address.name)
VIEWS = {address.name: getattr(address.view, "view_class", address.view) for address in ADDRESSES}
FORM = "application/x-www-form-urlencoded"

JUNK = [
    "", " ", "\x00", "a\x00b", "%00", "x", "-1", "0", "1", "007", "٣", "²", "1e9", "1.5", "NaN", "inf", "-inf", "1_000",
    "9" * 9, "9" * 10, "9" * 19, "9" * 30, "9" * 5000, "-" + "9" * 20, "true", "None", "null", "[]", "{}", '{"a": 1}', "'", '"',
    "\\", "%", "%s", "%(x)s", "{0}", "{{ x }}", "<script>", "../../etc/passwd", "/", "//evil.example", "https://evil.example/",
    "javascript:alert(1)", "\ud800", "\udfff", "\ufeff", "\u202e", "\U0001f600", "ı", "ſ", "e\u0301" * 50, "a" * 300,
    "word " * 3000, "\r\nSet-Cookie: a=b", "\n", "\t", "0001-01-01", "9999-12-31", "10000-01-01", "2026-02-30", "2026-13-01",
    "0000-00-00", "29/02/2027", "23:59:60", "24:00", "99:99", "2026-12-01T25:00", "2026-W53", "2026-12", "0", "32", "13",
    str(uuid.UUID(int=0)), str(uuid.UUID(int=2**128 - 1)), "00000000-0000-0000-0000", "x@maıl.example", "a@b", "@", "a@" + "b" * 300,
    "wave:", "wave:x", "member:x", "pot:", "a:b:c", ",", ",,,", "page", "last", "-created", "id); DROP TABLE people_user; --",
]  # fmt: skip
NAMES = [
    ".", "..", "", "a", ".pdf", "a.pdf", "a.PDF", "../../a.pdf", "a\x00.pdf", "a" * 400 + ".pdf", "\u202efdp.exe", "a/b\\c.docx",
    "con.txt", " ", "é.png", "\ud83d.png", 'a".pdf', "a\r\nb.pdf", "a.tar.gz", "a.svg", "a.html", "a.csv", "a.xlsx",
]  # fmt: skip
CONTENTS = [
    b"", b"x", b"%PDF-1.7\n%%EOF", b"%PDF-", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"PK\x03\x04", b"\xff\xd8\xff\xe0", b"\x00" * 2000,
    b"name,email\na,b@example.org\n", b"\xff\xfe\x00", b"a,b\n\"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"BEGIN:VCALENDAR",
]  # fmt: skip
OTHER_METHODS = ["HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"]
TYPES = [
    "application/json", "text/plain", "", "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=é",
    "application/x-www-form-urlencoded; charset=utf-7", "application/x-www-form-urlencoded; charset=nonsense", "text/xml", "x",
    f"multipart/form-data; boundary={BOUNDARY}",
]  # fmt: skip
BODIES = [
    b"", b"{", b"[]", b"null", b"a=%ff%fe", b"a=b&a=c&&&=", b"%00=%00", b"\x00", b"\xff" * 100, b"a" * 5000, b"--", b"<a/>",
    b"--BoUnDaRyStRiNg\r\n", b"--BoUnDaRyStRiNg\r\nContent-Disposition: form-data\r\n\r\nx\r\n--BoUnDaRyStRiNg--",
    b'--BoUnDaRyStRiNg\r\nContent-Disposition: form-data; name="a"; filename*=UTF-8\'\'%ff\r\n\r\nx\r\n--BoUnDaRyStRiNg--',
    b'--BoUnDaRyStRiNg\r\nContent-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64\r\n\r\n!\r\n--BoUnDaRyStRiNg--',
    b"&".join(b"a%d=1" % number for number in range(1200)),
]  # fmt: skip
HEADERS = [
    {"HX-Request": "true"}, {"Accept": "application/json"}, {"Accept": "\x00"}, {"Accept-Language": "x" * 600},
    {"Accept-Language": "en;q=a"}, {"Range": "bytes=0-"}, {"Range": "bytes=9-1"}, {"If-Modified-Since": "yesterday"},
    {"If-None-Match": "*"}, {"X-Forwarded-For": "a, , ::%, 1.2.3.4:x"}, {"Referer": "http://[::1"}, {"Origin": "null"},
    {"Host": "evil.example"}, {"Host": "a b"}, {"Host": "[::1"}, {"HX-Request": "true", "HX-Current-URL": "\x00"},
    {"User-Agent": "\xff" * 500}, {"User-Agent": ""}, {"Cookie": "sessionid=%00; csrftoken=\x00"},
    {"Cookie": "sessionid=" + "a" * 5000}, {"Cookie": "messages=rubbish"}, {"X-Requested-With": "XMLHttpRequest"},
]  # fmt: skip


@cache
def asked_names() -> list[str]:
    """The query parameters that the code reads, and the fields of forms that are sent by GET."""
    names = {"page", "q", "next", "utf8", "__proto__", "a[b]", ""}
    for app in [*matrix.ROOMS, "config"]:
        for path in (ROOT / app).rglob("*.py"):
            names |= _read_in(path.read_text())
    for path in (ROOT / "templates").rglob("*.html"):
        names |= set(re.findall(r"[?&](?:amp;)?([a-z_]+)=", path.read_text()))
    for app in matrix.ROOMS:
        for path in [*(ROOT / app).glob("forms.py"), *(ROOT / app / "forms").glob("*.py")]:
            names |= set(re.findall(r"^    ([a-z_]+) = \w*Field\(", path.read_text(), re.MULTILINE))
    return sorted(names)


@cache
def names_in(url: str) -> tuple[str, ...]:
    """The query parameters that the module of a URL's view reads."""
    module = inspect.getmodule(VIEWS[url])
    return tuple(sorted(_read_in(inspect.getsource(module)))) if module else ()


def _read_in(text: str) -> set[str]:
    """The names that a piece of code takes out of a query."""
    names = set(re.findall(r'GET(?:\.get(?:list)?\(|\[)\s*"([\w-]+)"', text))
    return names | set(re.findall(r'"([a-z_]+)" in (?:self\.)?request\.GET', text))


@dataclass(frozen=True)
class Upload:
    """A file as it is sent."""

    name: str
    content: bytes
    content_type: str


@dataclass
class Asked:
    """One request, ready to be sent by the client of `who`."""

    who: str
    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""
    content_type: str = FORM

    def __str__(self) -> str:
        shown = self.content if len(self.content) < 600 else self.content[:600] + b"..."
        return f"{self.method} {self.path[:600]} by {self.who} {self.headers or ''} {self.content_type} {shown!r}"


class Requests:
    """Makes requests over a world (`tests.matrix`). `read(who, path)` gives the page at an address, to learn its forms."""

    def __init__(self, seed: str, world: Mapping[str, Any], read: Any) -> None:
        self.seed, self.world, self.read = seed, world, read
        self.pages: dict[tuple[str, str], dict[str, Control]] = {}

    def __getitem__(self, number: int) -> Asked:
        chance = random.Random(f"{self.seed}:{number}")
        address = chance.choice(ADDRESSES)
        row = ROWS[address.name]
        inside = sorted(row.access.lets_in)
        who = chance.choice(inside) if chance.random() < 0.7 else chance.choice(matrix.PEOPLE)
        path = self._path(chance, address, row)
        method = chance.choices(["GET", "POST", "other"], [45, 45, 10])[0]
        asked = Asked(who, chance.choice(OTHER_METHODS) if method == "other" else method, path)
        asked.path += self._query(chance, list(names_in(address.name)) + list(self._fields(who, path)))
        if chance.random() < 0.2:
            asked.headers |= chance.choice(HEADERS)
        if asked.method in {"POST", "PUT", "PATCH"}:
            self._fill(chance, asked, row, path)
        return asked

    def _value(self, chance: random.Random) -> str:
        """Something for a parameter or a field: often rubbish, sometimes an id of this world."""
        if chance.random() < 0.3:
            return str(self.world[chance.choice(sorted(self.world))])
        return chance.choice(JUNK)

    def _path(self, chance: random.Random, address: matrix.Address, row: matrix.Row) -> str:
        """The address with the ids of the row, with others of this world, or with rubbish."""
        names = (
            {address.arguments[0]: row.world}
            if isinstance(row.world, str) and address.arguments
            else dict(row.world or {})
        )
        kind = chance.choices(["right", "foreign", "junk"], [70, 15, 15])[0]

        def one(match: re.Match) -> str:
            right = self.world.get(names.get(match[2], match[2]), "x")
            if kind == "right":
                return quote(str(right), safe="")
            if kind == "junk":
                return quote(
                    chance.choice(JUNK).encode("utf-8", "surrogatepass"), safe="/" if chance.random() < 0.2 else ""
                )
            alike = [str(value) for _name, value in sorted(self.world.items()) if type(value) is type(right)]
            return quote(chance.choice(alike or ["x"]), safe="")

        return "/" + re.sub(r"<(?:(\w+):)?(\w+)>", one, address.route)

    def _query(self, chance: random.Random, likely: list[str]) -> str:
        """A query string with up to five parameters, mostly of those that the view or its page knows; some keys twice, some
        bytes that are no UTF-8."""
        if chance.random() < 0.35:
            return ""
        pairs = []
        for _ in range(chance.choice([1, 1, 2, 3, 5])):
            name = chance.choice(likely if likely and chance.random() < 0.7 else asked_names())
            value = self._value(chance).encode("utf-8", "surrogatepass")
            pairs.append(f"{quote(name)}={quote(value)}" if chance.random() < 0.95 else f"{quote(name)}=%ff%fe")
            if chance.random() < 0.1:
                pairs.append(f"{quote(name)}={quote(self._value(chance).encode('utf-8', 'surrogatepass'))}")
        return "?" + "&".join(pairs)

    def _fields(self, who: str, path: str) -> dict[str, Control]:
        """What the forms of a page ask for, as `who` sees it."""
        if (who, path) not in self.pages:
            page = _Page(self.read(who, path))
            self.pages[who, path] = {name: control for _action, form in page.forms for name, control in form.items()}
        return self.pages[who, path]

    def _fill(self, chance: random.Random, asked: Asked, row: matrix.Row, path: str) -> None:
        """The body: the row's good answers and the page's fields, some of them spoilt; or something that is no form at all."""
        if chance.random() < 0.12:
            asked.content_type, asked.content = chance.choice(TYPES), chance.choice(BODIES)
            return
        good = row.data(self.world) if callable(row.data) else dict(row.data)
        fields: dict[str, Any] = {
            name: control.values or [""] for name, control in self._fields(asked.who, path).items()
        }
        fields |= {name: value if isinstance(value, list) else [value] for name, value in good.items()}
        if chance.random() < 0.2:
            fields |= {chance.choice(asked_names()): ["x"]}
        uploads = {name for name, control in self._fields(asked.who, path).items() if control.kind == "file"}
        spoil = chance.choice([0.0, 0.1, 0.3, 1.0])
        data: dict[str, Any] = {}
        for name, values in fields.items():
            if chance.random() < 0.05:
                continue
            if name in uploads or chance.random() < 0.02:
                data[name] = Upload(
                    chance.choice(NAMES),
                    chance.choice(CONTENTS),
                    chance.choice(["application/pdf", "image/png", "", "x"]),
                )
            elif chance.random() < spoil:
                data[name] = [self._value(chance) for _ in range(chance.choice([1, 1, 1, 2, 5]))]
            elif all(isinstance(value, (str, int, uuid.UUID)) for value in values):
                data[name] = chance.choice([values, [chance.choice(values)]]) if values else ""
        if uploads or chance.random() < 0.5 or any(isinstance(value, Upload) for value in data.values()):
            asked.content_type, asked.content = MULTIPART_CONTENT, _multipart(data)
            if chance.random() < 0.05:
                asked.content = asked.content[: chance.randrange(len(asked.content) + 1)]
        else:
            asked.content = "&".join(_pairs(data)).encode()


def _multipart(data: Mapping[str, Any]) -> bytes:
    """The multipart body; names of files as they are, whatever a browser would make of them."""
    parts = []
    for name, value in data.items():
        for each in _listed(value):
            head = f'Content-Disposition: form-data; name="{name}"'
            content = each.content if isinstance(each, Upload) else str(each).encode("utf-8", "surrogatepass")
            if isinstance(each, Upload):
                head += f'; filename="{each.name}"\r\nContent-Type: {each.content_type}'
            parts.append(f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode("utf-8", "surrogatepass") + content + b"\r\n")
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _pairs(data: Mapping[str, Any]) -> Iterator[str]:
    for name, value in data.items():
        for each in _listed(value):
            yield f"{quote(name)}={quote(str(each).encode('utf-8', 'surrogatepass'))}"
