// A client has one second to send `login`. Until then every event is refused; afterwards the connection is closed. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);

io.on("connection", (socket) => {
  const timer = setTimeout(() => {
    socket.emit("login-timeout");
    socket.disconnect(true);
  }, 1000);
  socket.on("disconnect", () => clearTimeout(timer));

  socket.use(([event, ...args], next) => {
    if (event === "login" || socket.data.user) return next();
    const ack = args.at(-1);
    if (typeof ack === "function") ack({ error: { code: "LOGIN_REQUIRED", message: "log in first" } });
  });
  socket.on("login", (data, ack) => {
    if (data?.password !== "open-sesame") return ack?.({ error: { code: "WRONG_PASSWORD", message: "wrong" } });
    clearTimeout(timer);
    socket.data.user = data.user;
    ack?.({ user: data.user });
  });
  socket.on("echo", (...args) => {
    const ack = args.at(-1);
    if (typeof ack === "function") ack(...args.slice(0, -1));
  });
});

http.listen(process.env.PORT, "127.0.0.1");
