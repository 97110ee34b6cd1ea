// Tells everybody who is online whenever that changes. Each user has a room, to which direct messages go, whatever the
// number of the user's tabs. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);
const tabs = new Map();

function changed(user, by) {
  tabs.set(user, (tabs.get(user) ?? 0) + by);
  if (tabs.get(user) === 0) tabs.delete(user);
  io.emit("online", { users: [...tabs.keys()], at: Date.now() });
}

io.on("connection", (socket) => {
  const user = socket.handshake.auth.user ?? socket.id;
  socket.join(`user:${user}`);
  changed(user, 1);
  socket.on("disconnect", () => changed(user, -1));

  socket.on("echo", (...args) => {
    const ack = args.at(-1);
    if (typeof ack === "function") ack(...args.slice(0, -1));
  });
  socket.on("tell", ({ to, text }, ack) => {
    io.to(`user:${to}`).emit("told", { text, from: user });
    ack?.({ success: true });
  });
  socket.on("join-room", async ({ room }, ack) => {
    await socket.join(`room:${room}`);
    ack?.({ success: true, room });
  });
  socket.on("leave-room", async ({ room }, ack) => {
    await socket.leave(`room:${room}`);
    ack?.({ success: true, room });
  });
  socket.on("send-to-room", ({ room, text }, ack) => {
    socket.to(`room:${room}`).emit("room-message", { room, text, from: user });
    ack?.({ success: true });
  });
  socket.on("announce-to-room", ({ room, text }, ack) => {
    io.to(`room:${room}`).emit("room-message", { room, text, from: user });
    ack?.({ success: true });
  });
  socket.on("count", ({ user: of }, ack) => ack?.({ count: tabs.get(of) ?? 0 }));
});

http.listen(process.env.PORT, "127.0.0.1");
