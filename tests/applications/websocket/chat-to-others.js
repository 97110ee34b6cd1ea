// A chat: every message goes to all other clients, and not back to its sender. Right.

import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const http = createServer((request, response) => response.end("<title>Chat</title>"));
const sockets = new WebSocketServer({ server: http });

sockets.on("connection", (socket) => {
  socket.on("error", () => {});
  socket.on("message", (data, isBinary) => {
    for (const other of sockets.clients) if (other !== socket) other.send(data, { binary: isBinary });
  });
});

http.listen(process.env.PORT, "127.0.0.1");
