// Looks for the user in a database before it lets a client into the main namespace, which takes 700 ms. Right.

import { createServer } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);

io.use(async (socket, next) => {
  await wait(700);
  socket.data.user = { id: socket.id };
  next();
});

io.on("connection", (socket) => {
  socket.emit("session", socket.data.user);
  socket.on("echo", (...args) => {
    const ack = args.at(-1);
    if (typeof ack === "function") ack(...args.slice(0, -1));
  });
});

http.listen(process.env.PORT, "127.0.0.1");
