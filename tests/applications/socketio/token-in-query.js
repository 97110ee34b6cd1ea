// Every namespace needs the token in the query of the handshake. A stranger gets a CONNECT_ERROR with data. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);

function guard(socket, next) {
  if (socket.handshake.query.token === "letmein-2024") return next();
  const error = new Error("token required");
  error.data = { status: 401, hint: "send ?token=" };
  next(error);
}

for (const name of ["/", "/orders"]) {
  io.of(name).use(guard).on("connection", (socket) => {
    socket.on("order:create", ({ item, amount } = {}, ack) => {
      if (typeof item !== "string" || !Number.isInteger(amount)) return ack?.({ error: "bad order" });
      ack?.({ id: `${item}-${amount}` });
    });
    socket.on("echo", (...args) => {
      const ack = args.at(-1);
      if (typeof ack === "function") ack(...args.slice(0, -1));
    });
  });
}

http.listen(process.env.PORT, "127.0.0.1");
