"""A chat with Tornado at /: every message goes to everybody, its sender included. Right."""

import asyncio
import os

import tornado.web
import tornado.websocket


class Chat(tornado.websocket.WebSocketHandler):
    members = set()

    def check_origin(self, origin):
        return True

    def open(self):
        self.members.add(self)

    def on_close(self):
        self.members.discard(self)

    def on_message(self, message):
        for member in list(self.members):
            member.write_message({"body": message if isinstance(message, str) else message.hex()})


async def main():
    app = tornado.web.Application([("/", Chat)], websocket_max_message_size=100_000)
    app.listen(int(os.environ["PORT"]), address="127.0.0.1")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
