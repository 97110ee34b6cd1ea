// Every acknowledgement has the form of a callback in Node: `ack(null, value)`, or `ack({ code, message })` if the request
// is refused. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);

io.on("connection", (socket) => {
  const on = (event, handle) => {
    socket.on(event, async (...args) => {
      const ack = typeof args.at(-1) === "function" ? args.pop() : () => {};
      try {
        ack(null, await handle(args[0] ?? {}));
      } catch (error) {
        ack({ code: error.code, message: error.message });
      }
    });
  };
  socket.on("echo", (...args) => {
    const ack = args.at(-1);
    if (typeof ack === "function") ack(null, args[0]);
  });
  const check = (value, field) => {
    if (typeof value === "string") return value;
    throw Object.assign(new Error(`${field} must be a string`), { code: "VALIDATION_FAILED" });
  };

  on("joinRoom", async ({ room }) => {
    await socket.join(check(room, "room"));
    return { room };
  });
  on("leaveRoom", async ({ room }) => {
    await socket.leave(check(room, "room"));
    return { room };
  });
  on("say", ({ room, text }) => {
    socket.to(check(room, "room")).emit("said", { room, text, from: socket.id });
    return { delivered: true };
  });
  on("count", async ({ room }) => (await io.in(check(room, "room")).fetchSockets()).length);
  on("validate", ({ text }) => {
    check(text, "text");
    if (text.trim() === "" || text.length > 1000) {
      throw Object.assign(new Error("text must be 1 to 1000 characters"), { code: "VALIDATION_FAILED" });
    }
    return {};
  });
  on("fail", ({ code, message }) => {
    throw Object.assign(new Error(message), { code });
  });
});

http.listen(process.env.PORT, "127.0.0.1");
