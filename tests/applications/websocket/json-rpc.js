// JSON-RPC 2.0 over WebSocket: every request is answered, with the errors of that document. Right.

import { WebSocketServer } from "ws";

const sockets = new WebSocketServer({ host: "127.0.0.1", port: process.env.PORT });
const methods = {
  echo: (params) => params,
  subtract: ([a, b]) => a - b,
};

sockets.on("connection", (socket) => {
  const send = (message) => socket.send(JSON.stringify({ jsonrpc: "2.0", ...message }));
  const refuse = (code, message, id = null) => send({ error: { code, message }, id });

  socket.on("error", () => {});
  socket.on("message", (text) => {
    let request;
    try {
      request = JSON.parse(text);
    } catch {
      return refuse(-32700, "Parse error");
    }
    if (request?.jsonrpc !== "2.0" || typeof request.method !== "string") return refuse(-32600, "Invalid Request");
    const { id, method, params } = request;
    if (!Object.hasOwn(methods, method)) return id !== undefined && refuse(-32601, "Method not found", id);
    try {
      const result = methods[method](params);
      if (id !== undefined) send({ result, id });
    } catch {
      refuse(-32602, "Invalid params", id);
    }
  });
});
