// A chat on Socket.IO 3, the first version with revision 4 of Engine.IO. Right.

import { createServer } from "node:http";
import { Server } from "socket.io-3";

const http = createServer();
const io = new Server(http, { cors: { origin: "http://localhost:8080" } });

io.on("connection", (socket) => {
  socket.on("chat message", (message) => io.emit("chat message", message));
  socket.on("echo", (...args) => {
    const ack = args[args.length - 1];
    if (typeof ack === "function") ack(...args.slice(0, -1));
  });
});

http.listen(process.env.PORT, "127.0.0.1");
