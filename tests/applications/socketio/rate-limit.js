// Takes ten events a second from each client. The eleventh is answered with an error, and the connection is closed. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);

io.on("connection", (socket) => {
  let taken = 0;
  const timer = setInterval(() => (taken = 0), 1000);
  socket.on("disconnect", () => clearInterval(timer));
  socket.use((event, next) => {
    taken += 1;
    if (taken <= 10) return next();
    socket.emit("rate-limited", { retryAfter: 1000 });
    socket.disconnect(true);
  });
  socket.on("echo", (...args) => {
    const ack = args.at(-1);
    if (typeof ack === "function") ack(...args.slice(0, -1));
  });
});

http.listen(process.env.PORT, "127.0.0.1");
