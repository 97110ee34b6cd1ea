// JSON-RPC 2.0: rooms by requests, messages to members by notifications. An unknown method is answered with -32601. Right.

import { WebSocketServer } from "ws";

const sockets = new WebSocketServer({ host: "127.0.0.1", port: process.env.PORT });
const rooms = new Map();

class Refusal extends Error {
  constructor(code, message, data) {
    super(message);
    Object.assign(this, { code, data });
  }
}

function room(params) {
  if (typeof params?.room !== "string") throw new Refusal(-32602, "Invalid params", { field: "room" });
  return params.room;
}

sockets.on("connection", (socket) => {
  const send = (message) => socket.send(JSON.stringify({ jsonrpc: "2.0", ...message }));
  const notify = (members, params, except) => {
    const text = JSON.stringify({ jsonrpc: "2.0", method: "room.message", params });
    for (const member of members) if (member !== except) member.send(text);
  };
  const methods = {
    "system.echo": (params) => (Array.isArray(params) && params.length === 1 ? params[0] : params),
    "room.join": (params) => {
      const name = room(params);
      if (!rooms.has(name)) rooms.set(name, new Set());
      rooms.get(name).add(socket);
      return { joined: name };
    },
    "room.leave": (params) => {
      rooms.get(room(params))?.delete(socket);
      return { left: params.room };
    },
    "room.send": (params) => {
      notify(rooms.get(room(params)) ?? [], { room: params.room, text: params.text }, socket);
      return { sent: true };
    },
    "room.count": (params) => ({ count: rooms.get(room(params))?.size ?? 0 }),
    "all.send": (params) => {
      for (const other of sockets.clients) {
        if (other !== socket) other.send(JSON.stringify({ jsonrpc: "2.0", method: "all.message", params: { text: params.text } }));
      }
      return { sent: true };
    },
    "system.fail": (params) => {
      throw new Refusal(-32000, params.message, { code: params.code });
    },
  };
  const handle = ({ jsonrpc, method, params, id } = {}) => {
    try {
      if (jsonrpc !== "2.0" || typeof method !== "string") throw new Refusal(-32600, "Invalid Request");
      if (!Object.hasOwn(methods, method)) throw new Refusal(-32601, "Method not found");
      const result = methods[method](params);
      if (id !== undefined) send({ id, result });
    } catch (error) {
      if (id === undefined && jsonrpc === "2.0") return;
      const { code = -32603, data } = error;
      const message = error instanceof Refusal ? error.message : "Internal error";
      send({ id: id ?? null, error: { code, message, data } });
    }
  };

  socket.on("error", () => {});
  socket.on("close", () => rooms.forEach((members) => members.delete(socket)));
  socket.on("message", (data) => {
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return send({ id: null, error: { code: -32700, message: "Parse error" } });
    }
    handle(message ?? {});
  });
});
