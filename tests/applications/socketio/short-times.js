// Short times: a client has 400 ms to join a namespace, and pings come every 250 ms. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, { connectTimeout: 400, pingInterval: 250, pingTimeout: 500, upgradeTimeout: 1000 });

io.on("connection", (socket) => {
  socket.on("echo", (...args) => {
    const ack = args.at(-1);
    if (typeof ack === "function") ack(...args.slice(0, -1));
  });
});

http.listen(process.env.PORT, "127.0.0.1");
