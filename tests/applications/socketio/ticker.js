// Sends the time to every client ten times a second. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);

io.on("connection", (socket) => {
  socket.on("echo", (...args) => {
    const ack = args.at(-1);
    if (typeof ack === "function") ack(...args.slice(0, -1));
  });
});
setInterval(() => io.emit("tick", { now: Date.now() }), 100);

http.listen(process.env.PORT, "127.0.0.1");
