// Needs `Authorization: Bearer …` in the handshake request; otherwise the answer is 401 with WWW-Authenticate. Right.

import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const http = createServer((request, response) => response.writeHead(426, { upgrade: "websocket" }).end());
const sockets = new WebSocketServer({ noServer: true });

http.on("upgrade", (request, stream, head) => {
  if (request.headers.authorization !== "Bearer a-valid-token") {
    return stream.end('HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  }
  sockets.handleUpgrade(request, stream, head, (socket) => sockets.emit("connection", socket));
});
sockets.on("connection", (socket) => {
  socket.on("error", () => {});
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
});

http.listen(process.env.PORT, "127.0.0.1");
