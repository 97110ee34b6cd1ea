// Needs a token in the query; a stranger's WebSocket is opened and closed with 4001 at once. Right.

import { WebSocketServer } from "ws";

const sockets = new WebSocketServer({ host: "127.0.0.1", port: process.env.PORT });

sockets.on("connection", (socket, request) => {
  socket.on("error", () => {});
  const token = new URL(request.url, "http://x").searchParams.get("token");
  if (token !== "a-valid-token") return socket.close(4001, "Unauthorized");
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
});
