// Sends the prices to every client every three seconds, and a binary chart once after the connection. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);

io.on("connection", (socket) => {
  socket.emit("chart", { points: Buffer.from([1, 2, 3, 250]), unit: "EUR" });
  socket.on("echo", (...args) => {
    const ack = args.at(-1);
    if (typeof ack === "function") ack(...args.slice(0, -1));
  });
});
setInterval(() => io.emit("prices", { gold: 1900 + Math.random() }), 3000);

http.listen(process.env.PORT, "127.0.0.1");
