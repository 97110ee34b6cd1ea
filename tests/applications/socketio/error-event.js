// Reports a refused request by the event `error`, with a code. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);

io.on("connection", (socket) => {
  const refuse = (code, message, field) => socket.emit("error", { code, message, field });

  socket.on("echo", (...args) => {
    const ack = args.at(-1);
    if (typeof ack === "function") ack(...args.slice(0, -1));
  });
  socket.on("join-room", async (data, ack) => {
    const { room } = data ?? {};
    if (typeof room !== "string") return refuse("INVALID", "room must be a string", "room");
    await socket.join(room);
    if (typeof ack === "function") ack({ success: true, room });
  });
  socket.on("leave-room", async (data, ack) => {
    const { room } = data ?? {};
    if (typeof room !== "string") return refuse("INVALID", "room must be a string", "room");
    await socket.leave(room);
    if (typeof ack === "function") ack({ success: true, room });
  });
  socket.on("send-to-room", (data, ack) => {
    const { room, text } = data ?? {};
    if (typeof room !== "string") return refuse("INVALID", "room must be a string", "room");
    socket.to(room).emit("room-message", { room, text, from: socket.id });
    if (typeof ack === "function") ack({ success: true });
  });
  socket.on("fail", (data) => refuse(data?.code, data?.message));
  socket.on("validate", (data, ack) => {
    const { text } = data ?? {};
    const isRight = typeof text === "string" && text.trim() !== "" && text.length <= 1000;
    if (!isRight) return refuse("INVALID", "text must be 1 to 1000 characters", "text");
    if (typeof ack === "function") ack({ success: true });
  });
});

http.listen(process.env.PORT, "127.0.0.1");
