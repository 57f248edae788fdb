"""MiniStack behind the guard of our own servers (localstack/guard.ts): it runs functions as processes of the user, so no web page may speak to
it. In its process, before its first line of code: a proxy would cost Spark and Trino a copy of every byte.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

LOOPBACK = re.compile(r"(?:127\.0\.0\.1|\[::1\]|(?:[a-z0-9_-][a-z0-9._-]*\.)?localhost(?:\.localstack\.cloud)?)")
PORT = re.compile(r":[0-9]{1,5}\Z")

App = Callable[[Mapping[str, Any], Any, Any], Awaitable[None]]


def refusal(headers: Mapping[str, str]) -> str | None:
    """Why a request is refused; None where it may pass. Names of headers in lower case."""
    host = headers.get("host", "")
    if not LOOPBACK.fullmatch(PORT.sub("", host.lower())):
        return f"host {host!r} is no name of this machine: use 127.0.0.1 or localhost"
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
        return f"a web page of {origin!r} may not speak to this server"
    if site not in (None, "same-origin", "none"):
        return f"a web page of another site may not speak to this server (sec-fetch-site: {site})"
    return None


def headers_of(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    wanted = (b"host", b"origin", b"sec-fetch-site")
    return {name.decode(): value.decode("latin-1") for name, value in raw if name in wanted}


def guarded(app: App) -> App:
    """An ASGI application behind the guard: HTTP gets 403 and the reason, a WebSocket is not taken."""

    async def guard(scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        reason = None if scope["type"] == "lifespan" else refusal(headers_of(scope["headers"]))
        if reason is None:
            await app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/plain; charset=utf-8")]})
            await send({"type": "http.response.body", "body": f"{reason}\n".encode()})

    return guard


if __name__ == "__main__":
    from ministack import app as emulator

    emulator.app = guarded(emulator.app)
    emulator.main()
