// Each address may have one connection. When another one comes, the older one is told and closed. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);
const byAddress = new Map();

io.on("connection", (socket) => {
  const { address } = socket.handshake;
  const sockets = byAddress.get(address) ?? new Set();
  byAddress.set(address, sockets.add(socket));
  if (sockets.size > 1) {
    const [oldest] = sockets;
    oldest.emit("replaced");
    oldest.disconnect(true);
  }
  socket.on("disconnect", () => sockets.delete(socket));
  socket.on("hello", (ack) => ack?.("hello"));
});

http.listen(process.env.PORT, "127.0.0.1");
