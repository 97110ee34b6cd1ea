// An echo that takes twenty messages a second from a client; a faster client is closed with 1008. Right.

import { WebSocketServer } from "ws";

const sockets = new WebSocketServer({ host: "127.0.0.1", port: process.env.PORT });

sockets.on("connection", (socket) => {
  let taken = 0;
  const timer = setInterval(() => (taken = 0), 1000);
  socket.on("error", () => {});
  socket.on("close", () => clearInterval(timer));
  socket.on("message", (data, isBinary) => {
    taken += 1;
    if (taken > 20) return socket.close(1008, "too many messages");
    socket.send(data, { binary: isBinary });
  });
});
