"""A chat with Flask-SocketIO: rooms, `status` for the room when somebody comes or goes. Right."""

import os

from flask import Flask, request
from flask_socketio import SocketIO, emit, join_room, leave_room

app = Flask(__name__)
app.config["SECRET_KEY"] = "for tests"
socketio = SocketIO(app, async_mode="threading")


@app.get("/")
def index():
    return "<title>Chat</title>"


@socketio.on("joined", namespace="/chat")
def joined(message):
    join_room(message["room"])
    emit("status", {"msg": f"{request.sid} has entered"}, to=message["room"])


@socketio.on("text", namespace="/chat")
def text(message):
    emit("message", {"msg": message["msg"], "from": request.sid}, to=message["room"])
    return {"sent": True}


@socketio.on("left", namespace="/chat")
def left(message):
    leave_room(message["room"])
    emit("status", {"msg": f"{request.sid} has left"}, to=message["room"])


@socketio.on("connect")
def connect():
    emit("hello", {"version": 1})


@socketio.on("echo")
def echo(*args):
    return args if len(args) != 1 else args[0]


if __name__ == "__main__":
    socketio.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), allow_unsafe_werkzeug=True)
