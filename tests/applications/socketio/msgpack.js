// Packets are msgpack instead of JSON. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";
import parser from "socket.io-msgpack-parser";

const http = createServer();
const io = new Server(http, { parser });

io.on("connection", (socket) => {
  socket.on("echo", (...args) => {
    const ack = args.at(-1);
    if (typeof ack === "function") ack(...args.slice(0, -1));
  });
  socket.on("sensor", (reading) => socket.broadcast.emit("sensor", { from: socket.id, reading }));
});

http.listen(process.env.PORT, "127.0.0.1");
