// Every namespace of one word is the workspace of a tenant; others are refused with a reason of their own. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, { cleanupEmptyChildNamespaces: true });

io.of((name, _auth, next) => next(null, /^\/[a-z0-9-]*$/.test(name))).on("connection", (socket) => {
  socket.on("task:add", (task, ack) => {
    socket.nsp.emit("task:added", { task });
    ack?.({ ok: true });
  });
});

http.listen(process.env.PORT, "127.0.0.1");
