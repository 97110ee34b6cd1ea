// Each user may have one connection. When the same user comes again, the older connection is closed. Without a
// name, the user is a guest, and all guests are the same user. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);
const byUser = new Map();

io.on("connection", (socket) => {
  const user = socket.handshake.auth.user ?? "guest";
  byUser.get(user)?.emit("signed-in-elsewhere");
  byUser.get(user)?.disconnect(true);
  byUser.set(user, socket);
  socket.on("disconnect", () => byUser.get(user) === socket && byUser.delete(user));
  socket.on("echo", (...args) => {
    const ack = args.at(-1);
    if (typeof ack === "function") ack(...args.slice(0, -1));
  });
});

http.listen(process.env.PORT, "127.0.0.1");
