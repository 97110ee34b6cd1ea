"""An aiohttp application with a WebSocket at / that answers JSON and closes with 1008 for other messages. Right."""

import json
import os

from aiohttp import WSMsgType, web


async def socket(request):
    websocket = web.WebSocketResponse(heartbeat=10, max_msg_size=64 * 1024)
    await websocket.prepare(request)
    async for message in websocket:
        if message.type is not WSMsgType.TEXT:
            await websocket.close(code=1003, message=b"text only")
            break
        try:
            data = json.loads(message.data)
        except ValueError:
            await websocket.close(code=1008, message=b"JSON only")
            break
        await websocket.send_json({"got": data})
    return websocket


app = web.Application()
app.router.add_get("/", socket)

if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(os.environ["PORT"]), print=None)
