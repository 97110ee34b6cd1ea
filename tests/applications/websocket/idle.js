// An echo that closes with 1001 when a client has sent nothing for 300 ms. Right.

import { WebSocketServer } from "ws";

const sockets = new WebSocketServer({ host: "127.0.0.1", port: process.env.PORT });

sockets.on("connection", (socket) => {
  let timer;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => socket.close(1001, "idle"), 300);
  };
  wait();
  socket.on("error", () => {});
  socket.on("close", () => clearTimeout(timer));
  socket.on("message", (data, isBinary) => {
    wait();
    socket.send(data, { binary: isBinary });
  });
});
