// Knows one event. A client that sends any other event is disconnected from the namespace. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);

io.on("connection", (socket) => {
  socket.use(([event, data], next) => {
    if (event === "guess" && Number.isInteger(data)) return next();
    socket.emit("violation", { event });
    socket.disconnect();
  });
  socket.on("guess", (number, ack) => ack?.(number === 7 ? "right" : "wrong"));
});

http.listen(process.env.PORT, "127.0.0.1");
