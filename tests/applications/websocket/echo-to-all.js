// A mirror for several screens: every message goes to all clients, its sender included, unchanged. Right.

import { WebSocketServer } from "ws";

const sockets = new WebSocketServer({ host: "127.0.0.1", port: process.env.PORT });

sockets.on("connection", (socket) => {
  socket.on("error", () => {});
  socket.on("message", (data, isBinary) => {
    for (const client of sockets.clients) client.send(data, { binary: isBinary });
  });
});
