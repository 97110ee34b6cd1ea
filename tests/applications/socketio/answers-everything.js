// A mock server: acknowledges every event with its arguments, and sends events without an ack id back. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);

io.on("connection", (socket) => {
  socket.onAny((event, ...args) => {
    const ack = args.at(-1);
    if (typeof ack === "function") ack(...args.slice(0, -1));
    else socket.emit(event, ...args);
  });
});

http.listen(process.env.PORT, "127.0.0.1");
