// Messages are `{ "event", "data" }`. Unknown events are answered with the event `error`. Right.

import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const http = createServer((request, response) => response.writeHead(404).end("not found"));
const sockets = new WebSocketServer({ server: http });
const rooms = new Map();

sockets.on("connection", (socket) => {
  const send = (event, data) => socket.send(JSON.stringify({ event, data }));
  const handlers = {
    echo: (data) => send("echo", data),
    join({ room }) {
      if (!rooms.has(room)) rooms.set(room, new Set());
      rooms.get(room).add(socket);
      send("joined", { room });
    },
    say({ room, text }) {
      const said = JSON.stringify({ event: "said", data: { room, text } });
      for (const member of rooms.get(room) ?? []) if (member !== socket) member.send(said);
      send("sent", { room });
    },
  };

  socket.on("error", () => {});
  socket.on("close", () => rooms.forEach((members) => members.delete(socket)));
  socket.on("message", (data) => {
    try {
      const { event, data: content } = JSON.parse(data);
      if (!Object.hasOwn(handlers, event)) return send("error", { message: "unknown event" });
      handlers[event](content ?? {});
    } catch {
      send("error", { message: "not a JSON message" });
    }
  });
});

http.listen(process.env.PORT, "127.0.0.1");
