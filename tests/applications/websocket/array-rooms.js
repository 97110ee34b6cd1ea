// Envelopes `[event, ...values]`. The subprotocols carry the version and a token: `chat.v1` and `token.<user>`. A client
// without them is refused with 401. Right.

import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const http = createServer((_, response) => response.writeHead(426).end());
const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => "chat.v1" });
const rooms = new Map();

http.on("upgrade", (request, stream, head) => {
  const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
  const token = offered.find((name) => name.startsWith("token."));
  if (!offered.includes("chat.v1") || token === undefined) {
    return stream.end("HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  }
  sockets.handleUpgrade(request, stream, head, (socket) => serve(socket, token.slice(6)));
});

function serve(socket, user) {
  const send = (...message) => socket.send(JSON.stringify(message));
  const say = (members, message) => {
    for (const member of members) if (member !== socket) member.send(JSON.stringify(message));
  };
  socket.on("error", () => {});
  socket.on("close", () => rooms.forEach((members) => members.delete(socket)));
  socket.on("message", (data, isBinary) => {
    let message;
    try {
      message = isBinary ? undefined : JSON.parse(data);
    } catch {
      message = undefined;
    }
    if (!Array.isArray(message)) return send("error", { code: "FORMAT", message: "not an array" });
    const [event, value] = message;
    switch (event) {
      case "echo":
        return send("echo", value);
      case "join": {
        if (!rooms.has(value)) rooms.set(value, new Set());
        rooms.get(value).add(socket);
        return send("joined", value);
      }
      case "leave":
        rooms.get(value)?.delete(socket);
        return send("left", value);
      case "say":
        say(rooms.get(value) ?? [], ["said", value, message[2], user]);
        return send("sent", value);
      default:
        return send("error", { code: "UNKNOWN", message: `no handler for ${event}` });
    }
  });
}

http.listen(process.env.PORT, "127.0.0.1");
