// Lets clients into every namespace, and creates it with the first client. A namespace goes with its last client. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, { cleanupEmptyChildNamespaces: true });

io.of(/^\/.*$/).on("connection", (socket) => {
  socket.on("note", (note, ack) => {
    socket.broadcast.emit("note", note);
    ack?.({ saved: true });
  });
});

http.listen(process.env.PORT, "127.0.0.1");
