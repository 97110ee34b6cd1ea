// A monitor that notices a lost client within half a second. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, { pingInterval: 100, pingTimeout: 400 });

io.on("connection", (socket) => {
  socket.on("echo", (value, ack) => ack?.(value));
});

http.listen(process.env.PORT, "127.0.0.1");
