// An application that acknowledges the event `ping-me` with its arguments, and has no event `echo`. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);

io.on("connection", (socket) => {
  socket.on("ping-me", (...args) => {
    const ack = args.at(-1);
    if (typeof ack === "function") ack(...args.slice(0, -1));
    else socket.emit("pong-you", ...args);
  });
});

http.listen(process.env.PORT, "127.0.0.1");
