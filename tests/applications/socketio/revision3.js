// Also accepts the clients of Socket.IO 2 (Engine.IO revision 3). Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, { allowEIO3: true });

io.on("connection", (socket) => {
  socket.emit("hello", { from: "server" });
  socket.on("echo", (...args) => {
    const ack = args.at(-1);
    if (typeof ack === "function") ack(...args.slice(0, -1));
  });
});

http.listen(process.env.PORT, "127.0.0.1");
