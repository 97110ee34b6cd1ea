"""python-socketio in an aiohttp application with routes of its own; `message` goes to everybody. Right."""

import os

import socketio
from aiohttp import web

sio = socketio.AsyncServer(async_mode="aiohttp", ping_interval=5, max_http_buffer_size=50_000)
app = web.Application()
sio.attach(app)


async def index(request):
    return web.json_response({"service": "chat"})


@sio.event
async def message(sid, data=None):
    await sio.emit("message", {"from": sid, "data": data})


@sio.event
async def disconnect(sid, reason):
    await sio.emit("presence", {"user": sid, "online": False})


app.router.add_get("/", index)

if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(os.environ["PORT"]), print=None)
