// Closes the whole connection of a client that sends an event that the application does not know. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);
const known = new Set(["vote", "result"]);

io.on("connection", (socket) => {
  socket.use(([event], next) => {
    if (known.has(event)) return next();
    socket.disconnect(true);
  });
  const votes = new Map();
  socket.on("vote", (choice, ack) => {
    votes.set(choice, (votes.get(choice) ?? 0) + 1);
    ack?.({ ok: true });
  });
  socket.on("result", (ack) => ack?.(Object.fromEntries(votes)));
});

http.listen(process.env.PORT, "127.0.0.1");
