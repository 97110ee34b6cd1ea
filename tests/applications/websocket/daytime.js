// Sends the time and closes with 1000 at once, whatever the client wants. Right.

import { WebSocketServer } from "ws";

const sockets = new WebSocketServer({ host: "127.0.0.1", port: process.env.PORT });

sockets.on("connection", (socket) => {
  socket.on("error", () => {});
  socket.send(new Date().toISOString());
  socket.close(1000, "that was all");
});
