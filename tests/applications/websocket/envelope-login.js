// Envelopes `{ type, payload, id }`. The first message has to be a login; a client that sends anything else, or nothing for
// two seconds, is closed with 4401. Right.

import { WebSocketServer } from "ws";

const sockets = new WebSocketServer({ host: "127.0.0.1", port: process.env.PORT, maxPayload: 1_000_000 });
const rooms = new Map();

function parse(data, isBinary) {
  try {
    return isBinary ? undefined : JSON.parse(data);
  } catch {
    return undefined;
  }
}

sockets.on("connection", (socket) => {
  let user;
  const send = (message) => socket.send(JSON.stringify(message));
  const deliver = (room, payload, isForAll) => {
    const text = JSON.stringify({ type: "room-message", payload });
    for (const member of rooms.get(room) ?? []) if (isForAll || member !== socket) member.send(text);
  };
  const handlers = {
    echo: (payload) => payload,
    "join-room": ({ room }) => {
      if (!rooms.has(room)) rooms.set(room, new Set());
      rooms.get(room).add(socket);
      return { success: true, room };
    },
    "leave-room": ({ room }) => {
      rooms.get(room)?.delete(socket);
      return { success: true, room };
    },
    "send-to-room": ({ room, text }) => {
      deliver(room, { room, text, from: user }, false);
      return { success: true };
    },
    "announce-to-room": ({ room, text }) => {
      deliver(room, { room, text, from: user }, true);
      return { success: true };
    },
    members: ({ room }) => ({ count: rooms.get(room)?.size ?? 0 }),
  };

  const timer = setTimeout(() => socket.close(4401, "log in first"), 2000);
  socket.on("error", () => {});
  socket.on("close", () => {
    clearTimeout(timer);
    for (const members of rooms.values()) members.delete(socket);
  });
  socket.on("message", (data, isBinary) => {
    const message = parse(data, isBinary);
    if (user === undefined) {
      const name = message?.payload?.user;
      if (message?.type !== "login" || typeof name !== "string") return socket.close(4401, "log in first");
      clearTimeout(timer);
      user = name;
      return send({ id: message.id, payload: { success: true } });
    }
    const handler = Object.hasOwn(handlers, message?.type ?? "") ? handlers[message.type] : undefined;
    if (handler === undefined) return;
    const result = handler(message.payload);
    if (message.id !== undefined) send({ id: message.id, payload: result });
  });
});
