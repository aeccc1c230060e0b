"""The floor of `deliveries.py`: checks a delivery's signature and answers; stores nothing, reads nothing of it.

    python benchmarks/deliveries_floor.py PORT

Served as the bot serves: by uvicorn, with the same protocol and the same limits.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import uvicorn

from mtor_bot.server.connections import Connections
from mtor_bot.server.signature import SignatureCheck

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

SIGNATURE = b"x-hub-signature-256"


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 202 to what is signed, 401 to the rest."""
    body, is_whole = b"", False
    while not is_whole:
        message = await receive()
        body += message["body"]
        is_whole = not message.get("more_body")
    header = dict(scope["headers"]).get(SIGNATURE, b"").decode()
    check = SignatureCheck(os.environb[b"WEBHOOK_SECRET"])
    check.update(body)
    status = 202 if check.is_from_github(header) else 401
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"{}"})


if __name__ == "__main__":
    uvicorn.run(
        application,
        port=int(sys.argv[1]),
        http=Connections().protocol(),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
    )
