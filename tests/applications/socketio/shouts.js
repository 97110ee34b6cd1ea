// A shout goes to everybody, the caller included, and is acknowledged with what was shouted. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);

io.on("connection", (socket) => {
  socket.on("shout", (...args) => {
    const ack = typeof args.at(-1) === "function" ? args.pop() : undefined;
    io.emit("shouted", ...args);
    ack?.(...args);
  });
  socket.on("whoami", (ack) => ack?.({ id: socket.id }));
});

http.listen(process.env.PORT, "127.0.0.1");
