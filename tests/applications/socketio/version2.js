// A chat on Socket.IO 2, which speaks revision 3 of Engine.IO only. Right for its clients.

import { createServer } from "node:http";
import socketIo from "socket.io-2";

const http = createServer();
const io = socketIo(http);

io.on("connection", (socket) => {
  socket.emit("hello", { room: "lobby" });
  socket.on("chat message", (message) => io.emit("chat message", message));
  socket.on("echo", (...args) => {
    const ack = args[args.length - 1];
    if (typeof ack === "function") ack(...args.slice(0, -1));
  });
});

http.listen(process.env.PORT, "127.0.0.1");
