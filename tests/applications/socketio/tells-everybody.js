// A hub without an application of its own: sends every event to all other clients and acknowledges it. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);

io.on("connection", (socket) => {
  socket.onAny((event, ...args) => {
    const ack = args.at(-1);
    const sent = typeof ack === "function" ? args.slice(0, -1) : args;
    socket.broadcast.emit(event, ...sent);
    if (typeof ack === "function") ack({ delivered: true });
  });
});

http.listen(process.env.PORT, "127.0.0.1");
