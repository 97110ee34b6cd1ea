// A refused request is acknowledged with a text that says why; a request that succeeds is acknowledged with `true`. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);

io.on("connection", (socket) => {
  const on = (event, handle) => {
    socket.on(event, async (...args) => {
      const ack = typeof args.at(-1) === "function" ? args.pop() : () => {};
      ack((await handle(args[0] ?? {})) ?? true);
    });
  };

  on("room join", async ({ room }) => {
    if (typeof room !== "string") return "room must be a string";
    await socket.join(room);
  });
  on("room leave", async ({ room }) => {
    if (typeof room !== "string") return "room must be a string";
    await socket.leave(room);
  });
  on("room message", ({ room, text }) => {
    if (typeof room !== "string") return "room must be a string";
    socket.to(room).emit("room message", { room, text, from: socket.id });
  });
  on("everybody", ({ text }) => {
    io.emit("everybody", { text, from: socket.id });
  });
  on("others", ({ text }) => {
    socket.broadcast.emit("everybody", { text, from: socket.id });
  });
  on("check", ({ text }) => {
    const isRight = typeof text === "string" && text.trim() !== "" && text.length <= 1000;
    return isRight ? true : "text must be 1 to 1000 characters";
  });
  on("refuse", ({ message }) => message);
});

http.listen(process.env.PORT, "127.0.0.1");
