// For kiosks behind a proxy that blocks WebSockets: polling only, compressed responses, JSONP's old revision 3. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, {
  transports: ["polling"],
  allowEIO3: true,
  httpCompression: { threshold: 1 },
  pingInterval: 10_000,
  cookie: true,
});

io.on("connection", (socket) => {
  socket.emit("slides", ["welcome", "map", "opening hours"]);
  socket.on("next", (ack) => ack?.("map"));
});

http.listen(process.env.PORT, "127.0.0.1");
