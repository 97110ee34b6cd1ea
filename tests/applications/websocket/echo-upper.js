// Answers every text in upper case and every binary message reversed. Right.

import { WebSocketServer } from "ws";

const sockets = new WebSocketServer({ host: "127.0.0.1", port: process.env.PORT });

sockets.on("connection", (socket) => {
  socket.on("error", () => {});
  socket.on("message", (data, isBinary) => {
    socket.send(isBinary ? Buffer.from(data).reverse() : data.toString().toUpperCase());
  });
});
