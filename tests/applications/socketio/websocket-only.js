// Accepts the transport WebSocket only. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, { transports: ["websocket"] });

io.on("connection", (socket) => {
  socket.on("move", ({ x, y } = {}) => {
    if (Number.isFinite(x) && Number.isFinite(y)) socket.broadcast.volatile.emit("moved", { id: socket.id, x, y });
    else socket.emit("error-message", "x and y have to be numbers");
  });
});

http.listen(process.env.PORT, "127.0.0.1");
