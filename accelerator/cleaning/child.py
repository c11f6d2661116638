"""The process that makes one copy: `python -m accelerator.cleaning.child MEDIA-TYPE < file > copy`.

What it writes begins with a line of JSON, {"kind": media type} or {"refused": why}; the bytes of the copy follow."""

import contextlib
import ctypes
import json
import resource
import sys
import unicodedata

from accelerator.cleaning.limits import CPU_SECONDS, MEMORY_BYTES, OUTPUT_BYTES, Refused

PICTURES = {"image/jpeg", "image/png", "image/gif", "image/webp"}
CLONE_NEWNET = 0x40000000


def keep_small() -> None:
    """Takes from this process what it does not need: memory, time, room on the disk; and the network, where it may."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT_BYTES, OUTPUT_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).unshare(CLONE_NEWNET)


def copy(content: bytes, kind: str) -> tuple[str, bytes]:
    """(media type, bytes) of the copy of a file of the media type `kind`. Raises Refused, and whatever a parser raises."""
    if kind == "text/plain":
        return kind, text(content)
    if kind in PICTURES:
        from accelerator.cleaning.pictures import picture

        return picture(content)
    if kind == "application/pdf":
        from accelerator.cleaning.pdfs import pdf

        return kind, pdf(content)
    if "officedocument" in kind or "opendocument" in kind:
        from accelerator.cleaning.office import office
        from accelerator.cleaning.paper import paper

        return "application/pdf", paper(office(content, kind))
    raise Refused("kind")


def text(content: bytes) -> bytes:
    """Text that is nothing but text. Raises Refused where something else stands in it."""
    try:
        words = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused("broken") from error
    if any(unicodedata.category(c) == "Cc" and c not in "\r\n\t\f" for c in words):
        raise Refused("broken")
    return words.encode()


def main() -> None:
    keep_small()
    try:
        kind, content = copy(sys.stdin.buffer.read(), sys.argv[1])
        answer = {"kind": kind}
    except Refused as error:
        answer, content = {"refused": error.why}, b""
    except (MemoryError, RecursionError):
        answer, content = {"refused": "too_much"}, b""
    except Exception as error:
        bomb = type(error).__name__ == "DecompressionBombError"
        answer, content = {"refused": "too_much" if bomb else "broken"}, b""
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + content)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
