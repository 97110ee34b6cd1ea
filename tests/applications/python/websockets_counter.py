"""A shared counter with the library websockets: the value on connection, and to everybody after each change. Right."""

import asyncio
import json
import os

from websockets.asyncio.server import broadcast, serve

value = 0
connections = set()


async def count(connection):
    global value
    connections.add(connection)
    broadcast(connections, json.dumps({"type": "users", "count": len(connections)}))
    await connection.send(json.dumps({"type": "value", "value": value}))
    try:
        async for message in connection:
            try:
                action = json.loads(message)["action"]
            except (ValueError, KeyError, TypeError):
                await connection.send(json.dumps({"type": "error", "message": "no action"}))
                continue
            value += {"plus": 1, "minus": -1}.get(action, 0)
            broadcast(connections, json.dumps({"type": "value", "value": value}))
    finally:
        connections.remove(connection)
        broadcast(connections, json.dumps({"type": "users", "count": len(connections)}))


async def main():
    async with serve(count, "127.0.0.1", int(os.environ["PORT"]), max_size=4096) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
