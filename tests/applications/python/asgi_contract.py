"""python-socketio behind uvicorn with the contract's rooms; a refusal is an acknowledgement with `error`. Right."""

import os

import socketio
import uvicorn

sio = socketio.AsyncServer(async_mode="asgi")
app = socketio.ASGIApp(sio)


def refusal(field):
    message = f"{field} must be a string"
    return {"error": {"code": "VALIDATION_FAILED", "message": message, "field": field}}


def with_room(handler):
    async def checked(sid, data=None):
        if not isinstance(data, dict) or not isinstance(data.get("room"), str):
            return refusal("room")
        await handler(sid, data)
        return {"success": True, "room": data["room"]}

    return checked


async def join_room(sid, data):
    await sio.enter_room(sid, data["room"])


async def leave_room(sid, data):
    await sio.leave_room(sid, data["room"])


async def send_to_room(sid, data):
    said = {"room": data["room"], "text": data.get("text"), "from": sid}
    await sio.emit("room-message", said, room=data["room"], skip_sid=sid)


async def announce_to_room(sid, data):
    said = {"room": data["room"], "text": data.get("text"), "from": sid}
    await sio.emit("room-message", said, room=data["room"])


for handler in (join_room, leave_room, send_to_room, announce_to_room):
    sio.on(handler.__name__.replace("_", "-"), with_room(handler))


@sio.on("echo")
async def echo(sid, *args):
    return args


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
