"""A Starlette application with a WebSocket at /; a stranger is refused before the handshake ends, with 403. Right."""

import os

import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocketDisconnect


async def live(websocket):
    if websocket.query_params.get("token") != "a-valid-token":
        await websocket.close(code=1008)
        return
    await websocket.accept()
    try:
        while True:
            await websocket.send_text(await websocket.receive_text())
    except (WebSocketDisconnect, KeyError):
        pass


async def health(request):
    return PlainTextResponse("up")


app = Starlette(routes=[Route("/health", health), WebSocketRoute("/", live)])

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
