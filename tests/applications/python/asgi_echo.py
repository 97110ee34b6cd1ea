"""python-socketio behind uvicorn: acknowledges every event with its arguments, and tells the others who left. Right."""

import os

import socketio
import uvicorn

sio = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*")
app = socketio.ASGIApp(sio)


@sio.event
async def connect(sid, environ, auth):
    await sio.emit("welcome", {"id": sid}, to=sid)


@sio.event
async def disconnect(sid, reason):
    await sio.emit("gone", {"id": sid, "reason": reason})


@sio.on("*")
async def any_event(event, sid, *args):
    return args


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
