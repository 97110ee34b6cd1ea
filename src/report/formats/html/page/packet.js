// Reads a line of traffic: what sort of packet it is, and what it carries. The line itself is what was on the wire, as
// text; a line that is no packet, or that can't be read, stays as it is.

const ENGINE_PACKETS = ["OPEN", "CLOSE", "PING", "PONG", "MESSAGE", "UPGRADE", "NOOP"];

const SOCKET_PACKETS = ["CONNECT", "DISCONNECT", "EVENT", "ACK", "CONNECT_ERROR", "BINARY_EVENT", "BINARY_ACK"];

/** A line that stands for several: the report folds repeated traffic. */
const FOLDED = / … and (\d+) more ([^]+) until (\+[^ ]+ [^ ]+)$/;

/** A text of which only the head and the tail are in the report. */
const CUT = / … [^]*\([\d,]+ bytes\)$/;

/** Returns true if the packets of a client are those of Engine.IO: its handshake shows that, or has been left out. */
function speaksEngineIo(view) {
  return (
    view.left_out > 0 ||
    view.lines.some((line) => /^(GET|POST) [^ ]*[?&]EIO=/.test(line.text) || line.text.startsWith("0{"))
  );
}

/**
 * Returns what a line of traffic is: its `name` (EVENT, HTTP 200), a short `summary`, the `value` that it carries, its
 * `facts` (pairs of a name and a text), and the text itself as `raw`.
 */
function readPacket(text, isEngineIo) {
  const folded = FOLDED.exec(text);
  const raw = folded ? text.slice(0, folded.index) : text;
  const packet = {
    raw,
    facts: [],
    isCut: CUT.test(raw),
    ...(readHttp(raw) ?? readFrame(raw) ?? readEngine(raw, isEngineIo)),
  };
  packet.name ??= /^(the connection ended|sockspec (ended|gave up)|illegal )/.test(raw) ? "END" : "DATA";
  packet.summary ??= raw;
  if (folded) {
    packet.facts.push(["Repeated", `${folded[1]} more ${folded[2]} until ${folded[3]}`]);
    packet.summary += ` (and ${folded[1]} more)`;
  }
  return packet;
}

function readHttp(text) {
  const request = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) ([^ ]+)(?: ([^]*))?$/.exec(text);
  if (request) return { name: request[1], summary: request[2], facts: bodyFacts(request[3]), isHttp: true };
  const response = /^HTTP (\d{3})(?: ([^]*))?$/.exec(text);
  if (response)
    return { name: `HTTP ${response[1]}`, summary: response[2] ?? "", facts: bodyFacts(response[2]), isHttp: true };
  return null;
}

function bodyFacts(body) {
  return body ? [["Body", body]] : [];
}

function readFrame(text) {
  const frame = /^\[(text|binary|close|ping|pong|continuation|opcode 0x[0-9a-f]+)([^\]]*)\] ?([^]*)$/.exec(text);
  if (!frame) return null;
  const [, name, flags, payload] = frame;
  return {
    name: `${name.toUpperCase()} frame`,
    summary: `${flags.trim()} ${payload}`.trim(),
    facts: flags ? [["Flags", flags.trim()]] : [],
    isHeartbeat: name === "ping" || name === "pong",
  };
}

function readEngine(text, isEngineIo) {
  if (!isEngineIo) return {};
  const kind = ENGINE_PACKETS[text[0]];
  const rest = text.slice(1);
  switch (kind) {
    case "OPEN": {
      const value = parsed(rest);
      return value && typeof value === "object" ? { name: kind, summary: `sid ${value.sid}`, value } : {};
    }
    case "PING":
    case "PONG":
      if (rest === "") return { name: kind, summary: "", isHeartbeat: true };
      return rest === "probe" ? { name: kind, summary: "probe" } : {};
    case "CLOSE":
    case "UPGRADE":
    case "NOOP":
      return rest === "" ? { name: kind, summary: "" } : {};
    case "MESSAGE":
      return readSocketIo(rest) ?? { name: kind, summary: rest };
    default:
      return {};
  }
}

function readSocketIo(text) {
  const parts = /^([0-6])(?:(\d+)-)?(?:(\/[^,]*)(?:,|$))?(\d*)([^]*)$/.exec(text);
  if (!parts) return null;
  const [, type, attachments, namespace, id, body] = parts;
  const value = body === "" ? undefined : parsed(body);
  if (body !== "" && value === undefined) return null;
  const name = SOCKET_PACKETS[type];
  const isEvent = name.endsWith("EVENT");
  if ((isEvent || name.endsWith("ACK")) && !Array.isArray(value)) return null;
  const facts = [];
  if (namespace) facts.push(["Namespace", namespace]);
  if (id) facts.push(["Ack id", id]);
  if (attachments) facts.push(["Attachments", attachments]);
  const event = isEvent && typeof value[0] === "string" ? value[0] : null;
  const carried =
    event === null
      ? body
      : value
          .slice(1)
          .map((one) => JSON.stringify(one))
          .join(", ");
  const where = namespace ? `${namespace} ` : "";
  const number = id ? `#${id} ` : "";
  return {
    name,
    event,
    summary: `${where}${number}${event ?? ""} ${carried}`.replace(/ +/g, " ").trim(),
    value,
    facts,
  };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Returns the bytes of a text as lines of hexadecimal numbers and characters, at most `limit` bytes. */
function hexDump(text, limit) {
  const bytes = new TextEncoder().encode(text);
  const lines = [];
  for (let at = 0; at < Math.min(bytes.length, limit); at += 16) {
    const row = Array.from(bytes.slice(at, Math.min(at + 16, limit)));
    const hex = row.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const characters = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·")).join("");
    lines.push(`${at.toString(16).padStart(4, "0")}  ${hex.padEnd(47)}  ${characters}`);
  }
  if (bytes.length > limit) lines.push(`… and ${count(bytes.length - limit, "more byte")}`);
  return lines.join("\n");
}
