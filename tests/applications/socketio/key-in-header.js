// Every HTTP request of the endpoint needs the header `x-api-key`; a request without it gets 403. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, {
  allowRequest: (request, callback) => callback("no key", request.headers["x-api-key"] === "key-42-for-tests"),
});

io.on("connection", (socket) => {
  socket.emit("ready", { version: 3 });
  socket.on("echo", (...args) => {
    const ack = args.at(-1);
    if (typeof ack === "function") ack(...args.slice(0, -1));
  });
});

http.listen(process.env.PORT, "127.0.0.1");
