// Takes ten events of a client in any second, and disconnects the client at the eleventh. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);

io.on("connection", (socket) => {
  const taken = [];
  socket.use((event, next) => {
    const now = performance.now();
    while (taken.length > 0 && now - taken[0] >= 1000) taken.shift();
    taken.push(now);
    if (taken.length <= 10) return next();
    socket.emit("too-many-events", { limit: 10 });
    socket.disconnect(true);
  });
  socket.on("echo", (...args) => {
    const ack = args.at(-1);
    if (typeof ack === "function") ack(...args.slice(0, -1));
  });
  socket.on("join-room", async ({ room }, ack) => {
    await socket.join(room);
    ack?.({ success: true, room });
  });
  socket.on("leave-room", async ({ room }, ack) => {
    await socket.leave(room);
    ack?.({ success: true, room });
  });
  socket.on("send-to-room", ({ room, text }, ack) => {
    socket.to(room).emit("room-message", { room, text, from: socket.id });
    ack?.({ success: true });
  });
});

http.listen(process.env.PORT, "127.0.0.1");
