// A chat in which only the members of a room may send to it. An outsider gets `{ error }` as the acknowledgement. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);

io.on("connection", (socket) => {
  const refuse = (ack, message) => ack?.({ success: false, error: { code: "NOT_A_MEMBER", message } });

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
    if (!socket.rooms.has(room)) return refuse(ack, "join the room first");
    socket.to(room).emit("room-message", { room, text, from: socket.id });
    ack?.({ success: true });
  });
  socket.on("announce-to-room", ({ room, text }, ack) => {
    if (!socket.rooms.has(room)) return refuse(ack, "join the room first");
    io.to(room).emit("room-message", { room, text, from: socket.id });
    ack?.({ success: true });
  });
  socket.on("send-to-rooms", ({ rooms, text }, ack) => {
    if (!rooms.every((room) => socket.rooms.has(room))) return refuse(ack, "join the rooms first");
    if (rooms.length > 0) socket.to(rooms).emit("room-message", { text, from: socket.id });
    ack?.({ success: true });
  });
  socket.on("members", async ({ room }, ack) => ack?.({ count: (await io.in(room).fetchSockets()).length }));
});

http.listen(process.env.PORT, "127.0.0.1");
