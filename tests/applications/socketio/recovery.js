// A client that lost its connection gets its rooms and the missed events back for two minutes. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, { connectionStateRecovery: { maxDisconnectionDuration: 120_000 } });

io.on("connection", (socket) => {
  if (!socket.recovered) socket.join("news");
  socket.emit("state", { recovered: socket.recovered });
  socket.on("publish", (text) => io.to("news").emit("news", text));
  socket.on("echo", (...args) => {
    const ack = args.at(-1);
    if (typeof ack === "function") ack(...args.slice(0, -1));
  });
});

http.listen(process.env.PORT, "127.0.0.1");
