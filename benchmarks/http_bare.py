"""What plugbay's server is compared with: a starlette handler that answers the body it was sent, on the same uvicorn.

python benchmarks/http_bare.py: prints the port that it listens at.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request


async def echo(request: Request) -> Response:
    """The same bytes, as JSON."""
    return Response(await request.body(), media_type="application/json")


def main() -> None:
    """Serve until killed."""
    app = Starlette(routes=[Route("/api/echo", echo, methods=["POST"])])
    config = uvicorn.Config(
        app, http="httptools", loop="uvloop", ws="none", lifespan="off", access_log=False, server_header=False
    )
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        print(listener.getsockname()[1], flush=True)
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
