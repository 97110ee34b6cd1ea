// Compresses WebSocket messages and polling responses. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, { perMessageDeflate: { threshold: 0 }, httpCompression: { threshold: 0 } });

io.on("connection", (socket) => {
  socket.emit("catalogue", Array.from({ length: 50 }, (_, index) => ({ id: index, name: `article ${index}` })));
  socket.on("echo", (...args) => {
    const ack = args.at(-1);
    if (typeof ack === "function") ack(...args.slice(0, -1));
  });
});

http.listen(process.env.PORT, "127.0.0.1");
