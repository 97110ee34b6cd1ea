// Rooms whose handlers run inside the arguments of `ack?.(…)`. Wrong: without an acknowledgement function, JavaScript does
// not evaluate these arguments, so an event that asks for no acknowledgement is lost.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);
const invalid = (field) => ({ error: { code: "VALIDATION_FAILED", message: `${field} must be a string`, field } });

io.on("connection", (socket) => {
  const from = socket.id;
  const on = (event, field, handle) => {
    socket.on(event, async (data, ack) => {
      const isRight = field === null || typeof data?.[field] === "string" || (field === "rooms" && Array.isArray(data?.rooms));
      ack?.(isRight ? { success: true, ...(await handle(data)) } : invalid(field));
    });
  };
  const message = ({ room, text }) => ({ room, text, from });

  socket.on("echo", (...args) => {
    const ack = args.at(-1);
    if (typeof ack === "function") ack(...args.slice(0, -1));
    else socket.emit("echo-back", ...args);
  });
  on("join-room", "room", async ({ room }) => (await socket.join(room), { room }));
  on("leave-room", "room", async ({ room }) => (await socket.leave(room), { room }));
  on("send-to-room", "room", (data) => void socket.to(data.room).emit("room-message", message(data)));
  on("announce-to-room", "room", (data) => void io.to(data.room).emit("room-message", message(data)));
  on("send-to-rooms", "rooms", ({ rooms, text }) => {
    if (rooms.length > 0) socket.to(rooms).emit("room-message", { text, from });
  });
});

http.listen(process.env.PORT, "127.0.0.1");
