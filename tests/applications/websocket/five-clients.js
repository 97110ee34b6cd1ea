// An echo for five clients at a time. The sixth WebSocket is opened and closed with 1013 (try again later). Right.

import { WebSocketServer } from "ws";

const sockets = new WebSocketServer({ host: "127.0.0.1", port: process.env.PORT });

sockets.on("connection", (socket) => {
  socket.on("error", () => {});
  if (sockets.clients.size > 5) return socket.close(1013, "try again later");
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
});
