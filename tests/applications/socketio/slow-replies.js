// Handles each event after 400 ms, as an application behind a slow database does. Right.

import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);

io.on("connection", (socket) => {
  socket.use(async (_event, next) => {
    await sleep(400);
    next();
  });
  socket.on("echo", (value, ack) => ack?.(value));
  socket.on("search", (words, ack) => ack?.({ found: [], words }));
});

http.listen(process.env.PORT, "127.0.0.1");
