"""A reverse proxy as hospitals and hosts run them: it adds to X-Forwarded-For whom it was asked by, and hands everything on."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carries bytes until one side ends."""
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


@contextmanager
def proxy(to_port: int) -> Iterator[int]:
    """Listens on 127.0.0.1 for one request a connection and hands it to `to_port`; yields its own port."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
        said = [line.partition(b":")[2].strip() for line in head if line.lower().startswith(b"x-forwarded-for:")]
        kept = [line for line in head[:-2] if not line.lower().startswith((b"x-forwarded-for:", b"connection:"))]
        asker = writer.get_extra_info("peername")[0].encode()
        kept += [b"X-Forwarded-For: " + b", ".join([*said, asker]), b"Connection: close", b"", b""]
        answered, asking = await asyncio.open_connection("127.0.0.1", to_port)
        asking.write(b"\r\n".join(kept))
        await asyncio.gather(_pipe(reader, asking), _pipe(answered, writer))

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)  # this thread may have Playwright's loop running
    thread.start()
    server = asyncio.run_coroutine_threadsafe(asyncio.start_server(handle, "127.0.0.1", 0), loop).result(timeout=30)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
