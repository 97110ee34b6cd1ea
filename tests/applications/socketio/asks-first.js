// Asks every new client for its version, and closes the connection of a client that does not answer in 1.5 s. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);

io.on("connection", async (socket) => {
  socket.on("echo", (...args) => {
    const ack = args.at(-1);
    if (typeof ack === "function") ack(...args.slice(0, -1));
  });
  try {
    socket.data.version = await socket.timeout(1500).emitWithAck("version?");
  } catch {
    socket.disconnect(true);
  }
});

http.listen(process.env.PORT, "127.0.0.1");
