"""How values are written into the cache."""

import json
from typing import Any


class JSONSerializer:
    """JSON in the cache, for Django's `RedisCache`, which would write pickles: whoever can write to the cache could make every
    process that reads it run what they like. Numbers stay bare, so that Valkey can count. What is no JSON is as good as absent.
    Raises TypeError for a value that JSON does not have; a tuple comes back as a list."""

    def dumps(self, value: Any) -> int | bytes:
        return value if type(value) is int else json.dumps(value, allow_nan=False).encode()

    def loads(self, kept: bytes) -> Any:
        try:
            return json.loads(kept)
        except ValueError:
            return None
