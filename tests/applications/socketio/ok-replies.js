// Rooms whose every success is acknowledged with `{ ok: true }`. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);

io.on("connection", (socket) => {
  const { id } = socket;
  const on = (event, handle) => {
    socket.on(event, async (data, ack) => {
      await handle(data);
      ack?.({ ok: true });
    });
  };

  socket.on("echo", (...args) => {
    const ack = args.at(-1);
    if (typeof ack === "function") ack(...args.slice(0, -1));
  });
  on("room:enter", ({ room }) => socket.join(room));
  on("room:exit", ({ room }) => socket.leave(room));
  on("room:say", ({ room, text }) => socket.to(room).emit("room:said", { room, text, from: id }));
  on("room:shout", ({ room, text }) => io.to(room).emit("room:said", { room, text, from: id }));
  on("rooms:say", ({ rooms, text }) => rooms.length > 0 && socket.to(rooms).emit("room:said", { text, from: id }));
  on("all:say", ({ text }) => socket.broadcast.emit("all:said", { text, from: id }));
  on("all:shout", ({ text }) => io.emit("all:said", { text, from: id }));
});

http.listen(process.env.PORT, "127.0.0.1");
