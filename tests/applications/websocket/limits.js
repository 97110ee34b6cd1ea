// An echo with compression that takes messages of at most 1024 bytes; a longer one is closed with 1009. Right.

import { WebSocketServer } from "ws";

const sockets = new WebSocketServer({
  host: "127.0.0.1",
  port: process.env.PORT,
  maxPayload: 1024,
  perMessageDeflate: { threshold: 0, serverNoContextTakeover: true },
});

sockets.on("connection", (socket) => {
  socket.on("error", () => {});
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
});
