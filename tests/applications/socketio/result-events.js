// Answers no request by an acknowledgement: the result of `room:join` is the event `room:joined`, and so on. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);

io.on("connection", (socket) => {
  socket.on("say-back", (value) => socket.emit("said-back", value));
  socket.on("me", () => socket.emit("you", { id: socket.id, user: socket.id, role: null, namespace: "/", transport: socket.conn.transport.name, rooms: [...socket.rooms] }));
  socket.on("room:join", async ({ room } = {}) => {
    await socket.join(room);
    socket.emit("room:joined", { ok: true, room });
  });
  socket.on("room:leave", async ({ room } = {}) => {
    await socket.leave(room);
    socket.emit("room:left", { ok: true, room });
  });
  socket.on("room:say", ({ room, text } = {}) => {
    socket.to(room).emit("room:message", { room, text, from: socket.id });
    socket.emit("room:sent", { ok: true });
  });
  socket.on("room:shout", ({ room, text } = {}) => {
    io.to(room).emit("room:message", { room, text, from: socket.id });
    socket.emit("room:sent", { ok: true });
  });
  socket.on("all:say", ({ text } = {}) => {
    socket.broadcast.emit("all:message", { text, from: socket.id });
    socket.emit("all:sent", { ok: true });
  });
  socket.on("all:shout", ({ text } = {}) => {
    io.emit("all:message", { text, from: socket.id });
    socket.emit("all:sent", { ok: true });
  });
});

http.listen(process.env.PORT, "127.0.0.1");
