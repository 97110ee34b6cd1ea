// Closes the connection of a client that sends no event for 800 ms. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);

io.on("connection", (socket) => {
  let timer;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => socket.disconnect(true), 800);
  };
  wait();
  socket.onAny(wait);
  socket.on("disconnect", () => clearTimeout(timer));
  socket.on("echo", (...args) => {
    const ack = args.at(-1);
    if (typeof ack === "function") ack(...args.slice(0, -1));
  });
});

http.listen(process.env.PORT, "127.0.0.1");
