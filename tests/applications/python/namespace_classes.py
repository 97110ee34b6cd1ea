"""Namespaces as classes: /chat behind a login in the CONNECT payload, /news for everybody. No main namespace. Right."""

import os

import socketio
import uvicorn

sio = socketio.AsyncServer(async_mode="asgi", namespaces=["/chat", "/news"])
app = socketio.ASGIApp(sio)
USERS = {"key-una": "una", "key-ugo": "ugo"}


class Rooms(socketio.AsyncNamespace):
    async def user_of(self, sid):
        return (await self.get_session(sid)).get("user", sid)

    async def on_echo(self, sid, *args):
        return args

    async def on_join_room(self, sid, data):
        await self.enter_room(sid, data["room"])
        return {"joined": data["room"]}

    async def on_leave_room(self, sid, data):
        await self.leave_room(sid, data["room"])
        return {"left": data["room"]}

    async def on_message(self, sid, data):
        said = {"room": data["room"], "text": data["text"], "from": await self.user_of(sid)}
        await self.emit("message", said, room=data["room"], skip_sid=sid)
        return {"sent": True}


class Chat(Rooms):
    async def on_connect(self, sid, environ, auth):
        user = USERS.get((auth or {}).get("key"))
        if user is None:
            raise socketio.exceptions.ConnectionRefusedError("log in first")
        await self.save_session(sid, {"user": user})


class News(Rooms):
    pass


sio.register_namespace(Chat("/chat"))
sio.register_namespace(News("/news"))

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
