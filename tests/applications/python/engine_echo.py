"""A bare Engine.IO server with python-engineio behind uvicorn that sends every message back. Right, but for the library: a
single POST of `6` (a noop, which no client may send) gets no response."""

import os

import engineio
import uvicorn

eio = engineio.AsyncServer(async_mode="asgi")
app = engineio.ASGIApp(eio, engineio_path="engine.io")


@eio.on("message")
async def message(sid, data):
    await eio.send(sid, data)


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
