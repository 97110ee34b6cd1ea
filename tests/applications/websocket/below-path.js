// The WebSocket is at /live/feed; the other paths serve HTTP and refuse an upgrade with 404. Right.

import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const http = createServer((request, response) => {
  response.writeHead(200, { "content-type": "text/html" }).end("<title>Feed</title>");
});
const sockets = new WebSocketServer({ noServer: true });

http.on("upgrade", (request, stream, head) => {
  const { pathname } = new URL(request.url, "http://x");
  if (pathname !== "/live/feed") {
    return stream.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  }
  sockets.handleUpgrade(request, stream, head, (socket) => sockets.emit("connection", socket));
});
sockets.on("connection", (socket) => {
  socket.on("error", () => {});
  socket.on("message", (data) => socket.send(`you said ${data}`));
});

http.listen(process.env.PORT, "127.0.0.1");
