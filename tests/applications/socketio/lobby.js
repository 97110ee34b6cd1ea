// Puts every client into one room and tells the room about it: `member-joined` to the others, `members` to the client.
// Whoever leaves is announced too. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);

io.on("connection", async (socket) => {
  const names = (await io.in("lobby").fetchSockets()).map((other) => other.id);
  socket.join("lobby");
  socket.emit("members", names);
  socket.to("lobby").emit("member-joined", { id: socket.id, transport: socket.conn.transport.name });
  socket.conn.on("upgrade", ({ name }) => io.to("lobby").emit("member-upgraded", { id: socket.id, transport: name }));
  socket.on("disconnecting", (reason) => socket.to("lobby").emit("member-left", { id: socket.id, reason }));
  socket.on("echo", (...args) => {
    const ack = args.at(-1);
    if (typeof ack === "function") ack(...args.slice(0, -1));
  });
});

http.listen(process.env.PORT, "127.0.0.1");
