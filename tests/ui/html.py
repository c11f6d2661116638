"""HTML made comparable: the same elements, attributes (in any order) and words, whatever the white space."""

import json
from html.parser import HTMLParser


def _value(name: str, value: str | None) -> str:
    """An attribute's value: classes in any order, JSON whatever its white space, the rest with single spaces."""
    words = (value or "").split()
    if name == "class":
        return " ".join(sorted(words))
    if value and value.startswith("["):
        return json.dumps(json.loads(value))
    return " ".join(words)


class _Tokens(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tokens: list = []

    def handle_starttag(self, tag, attrs):
        attributes = {name: _value(name, value) for name, value in attrs}
        self.tokens.append((tag, attributes))

    def handle_endtag(self, tag):
        self.tokens.append(("/" + tag, {}))

    def handle_data(self, data):
        words = data.split()
        if words and self.tokens and isinstance(self.tokens[-1], str):
            self.tokens[-1] += " " + " ".join(words)
        elif words:
            self.tokens.append(" ".join(words))


def normalised(html: str) -> list:
    """Tokens of some HTML: (tag, attributes) and texts."""
    parser = _Tokens()
    parser.feed(html)
    parser.close()
    return parser.tokens
