// Envelopes `{ type, ... }`. Each second, the server sends `{ type: "ping" }` to every client, and closes a client that has
// not answered three of them. Right.

import { WebSocketServer } from "ws";

const sockets = new WebSocketServer({ host: "127.0.0.1", port: process.env.PORT });
const rooms = new Map();

sockets.on("connection", (socket) => {
  let missed = 0;
  const send = (message) => socket.send(JSON.stringify(message));
  const beat = setInterval(() => {
    missed += 1;
    if (missed > 3) return socket.close(4408, "no pong");
    send({ type: "ping", at: Date.now() });
  }, 1000);
  socket.on("error", () => {});
  socket.on("close", () => {
    clearInterval(beat);
    rooms.forEach((members) => members.delete(socket));
  });
  socket.on("message", (data, isBinary) => {
    let message;
    try {
      message = isBinary ? undefined : JSON.parse(data);
    } catch {
      message = undefined;
    }
    // Any message shows that the client is there.
    missed = 0;
    switch (message?.type) {
      case "hello":
        return send({ type: "hello", text: message.text });
      case "join":
        if (!rooms.has(message.room)) rooms.set(message.room, new Set());
        rooms.get(message.room).add(socket);
        return send({ type: "joined", room: message.room });
      case "leave":
        rooms.get(message.room)?.delete(socket);
        return send({ type: "left", room: message.room });
      case "say": {
        const text = JSON.stringify({ type: "said", room: message.room, text: message.text });
        for (const member of rooms.get(message.room) ?? []) if (member !== socket) member.send(text);
        return send({ type: "sent" });
      }
    }
  });
});
