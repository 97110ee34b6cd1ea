// Users with one of two fixed keys may join /chat and /admin. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const keys = new Map([
  ["key-of-una-4711", { user: "una", role: "member" }],
  ["key-of-ada-0815", { user: "ada", role: "admin" }],
]);
const http = createServer();
const io = new Server(http);

for (const [name, roles] of [["/chat", ["member", "admin"]], ["/admin", ["admin"]]]) {
  io.of(name).use((socket, next) => {
    const { auth, query, headers } = socket.handshake;
    const cookie = /(?:^|; )jwt=([^;]+)/.exec(headers.cookie ?? "")?.[1];
    const bearer = headers.authorization?.replace(/^Bearer /i, "");
    const person = keys.get(auth.token ?? query.token ?? bearer ?? cookie);
    if (!person) return next(new Error("No such key"));
    if (!roles.includes(person.role)) return next(new Error("Not for you"));
    socket.data = person;
    next();
  });
}

for (const name of ["/", "/chat", "/admin"]) {
  io.of(name).on("connection", (socket) => {
    socket.on("echo", (...args) => {
      const ack = args.at(-1);
      if (typeof ack === "function") ack(...args.slice(0, -1));
    });
  });
}

http.listen(process.env.PORT, "127.0.0.1");
