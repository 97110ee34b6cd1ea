// Sensors send small values: no message may be longer than 1 KB. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, { maxHttpBufferSize: 1024 });

io.on("connection", (socket) => {
  socket.on("echo", (value, ack) => ack?.(value));
  socket.on("measured", (value) => socket.broadcast.emit("measured", value));
});

http.listen(process.env.PORT, "127.0.0.1");
