// Accepts the transport long-polling only, because a proxy before it does not pass WebSocket. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, { transports: ["polling"], httpCompression: { threshold: 64 } });

io.on("connection", (socket) => {
  socket.emit("motd", "Welcome! ".repeat(20));
  socket.on("time", (ack) => ack(Date.now()));
});

http.listen(process.env.PORT, "127.0.0.1");
