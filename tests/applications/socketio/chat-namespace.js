// A chat in the namespace /chat for users with a token. The main namespace is refused to everybody. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);

io.use((socket, next) => next(new Error("use /chat")));

const chat = io.of("/chat");

chat.use((socket, next) => {
  const { token } = socket.handshake.auth;
  if (token !== "a-valid-token") return next(new Error("Unauthorized"));
  next();
});

chat.on("connection", (socket) => {
  socket.on("room:join", ({ room }, ack) => {
    socket.join(room);
    ack?.({ ok: true, room });
  });
  socket.on("message:send", ({ room, text }, ack) => {
    if (typeof text !== "string" || text === "") return ack?.({ ok: false, error: "text is empty" });
    socket.to(room).emit("message:new", { room, text, from: socket.id });
    ack?.({ ok: true });
  });
});

http.listen(process.env.PORT, "127.0.0.1");
