// Tells everybody when a client has left: on each end of a connection, the others get `user-left`. Nothing is sent when a
// client comes. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);

io.on("connection", (socket) => {
  socket.on("echo", (...args) => {
    const ack = args.at(-1);
    if (typeof ack === "function") ack(...args.slice(0, -1));
    else socket.emit("echo-back", ...args);
  });
  socket.on("message", (...args) => socket.emit("message-back", ...args));
  socket.on("join-room", ({ room }, ack) => {
    socket.join(room);
    ack?.({ success: true, room });
  });
  socket.on("leave-room", ({ room }, ack) => {
    socket.leave(room);
    ack?.({ success: true, room });
  });
  socket.on("send-to-room", ({ room, text }, ack) => {
    socket.to(room).emit("room-message", { room, text, from: socket.id });
    ack?.({ success: true });
  });
  socket.on("disconnect", () => socket.broadcast.emit("user-left", { user: socket.id, at: Date.now() }));
});

http.listen(process.env.PORT, "127.0.0.1");
