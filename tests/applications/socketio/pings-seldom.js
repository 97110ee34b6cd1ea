// Devices with a battery: a ping every ten minutes, and no time limit for a CONNECT. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, { pingInterval: 600_000, pingTimeout: 300_000, connectTimeout: 3_600_000 });

io.on("connection", (socket) => {
  socket.on("echo", (value, ack) => ack?.(value));
});

http.listen(process.env.PORT, "127.0.0.1");
