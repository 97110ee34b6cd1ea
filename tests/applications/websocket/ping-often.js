// An echo that pings every client each 100 ms, and terminates a client that did not answer the last twenty. Right.

import { WebSocketServer } from "ws";

const sockets = new WebSocketServer({ host: "127.0.0.1", port: process.env.PORT });

sockets.on("connection", (socket) => {
  let missed = 0;
  const timer = setInterval(() => {
    missed += 1;
    if (missed > 20) return socket.terminate();
    socket.ping();
  }, 100);
  socket.on("pong", () => (missed = 0));
  socket.on("close", () => clearInterval(timer));
  socket.on("error", () => {});
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
});
