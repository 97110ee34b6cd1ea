"""A chat with python-socketio behind uvicorn, in /chat and behind a token. The main namespace does not exist. Right."""

import os

import socketio
import uvicorn

sio = socketio.AsyncServer(async_mode="asgi")


class Chat(socketio.AsyncNamespace):
    async def on_connect(self, sid, environ, auth):
        if not isinstance(auth, dict) or auth.get("token") != "a-valid-token":
            raise ConnectionRefusedError("Unauthorized")
        await self.save_session(sid, {"user": auth.get("user", "guest")})

    async def on_join(self, sid, data):
        await self.enter_room(sid, data["room"])
        return {"ok": True}

    async def on_say(self, sid, data):
        session = await self.get_session(sid)
        said = {"text": data["text"], "from": session["user"]}
        await self.emit("said", said, room=data["room"], skip_sid=sid)
        return {"ok": True}


sio.register_namespace(Chat("/chat"))
app = socketio.ASGIApp(sio)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
