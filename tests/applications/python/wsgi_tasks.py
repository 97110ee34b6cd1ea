"""python-socketio as a threaded WSGI application with a progress event from a background task. Right."""

import os
import time

import socketio
from werkzeug.serving import run_simple

sio = socketio.Server(async_mode="threading")
app = socketio.WSGIApp(sio)


@sio.event
def connect(sid, environ, auth):
    if environ.get("HTTP_X_BLOCKED"):
        raise socketio.exceptions.ConnectionRefusedError("blocked", {"why": "header"})


@sio.event
def start_job(sid, data):
    def work():
        for percent in (50, 100):
            time.sleep(0.01)
            sio.emit("progress", {"percent": percent}, to=sid)

    sio.start_background_task(work)
    return "started", data


if __name__ == "__main__":
    run_simple("127.0.0.1", int(os.environ["PORT"]), app, threaded=True)
