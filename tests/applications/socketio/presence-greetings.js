// Tells every client who is online: on each connection and on each end of a connection, everybody gets `presence`. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);
const online = () => io.emit("presence", { online: io.of("/").sockets.size });

io.on("connection", (socket) => {
  online();
  socket.on("echo", (...args) => {
    const ack = args.at(-1);
    if (typeof ack === "function") ack(...args.slice(0, -1));
    else socket.emit("echo-back", ...args);
  });
  socket.on("message", (...args) => socket.emit("message-back", ...args));
  socket.on("disconnect", online);
});

http.listen(process.env.PORT, "127.0.0.1");
