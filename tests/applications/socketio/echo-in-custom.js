// An echo for clients of the namespace /custom. The main namespace has no event handlers. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);

io.on("connection", () => {});

io.of("/custom").on("connection", (socket) => {
  socket.on("echo", (...args) => {
    const ack = args.pop();
    if (typeof ack === "function") ack(...args);
    else socket.emit("echo-back", ...args, ack);
  });
});

http.listen(process.env.PORT, "127.0.0.1");
