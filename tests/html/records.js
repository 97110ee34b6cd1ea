// Records of runs as this test needs them: written event by event, as docs/records.md describes the file.

import { gzipSync } from "node:zlib";

const time = (ms) => ({ secs: Math.floor(ms / 1000), nanos: Math.round((ms % 1000) * 1e6) });

/** Returns the record of a run with these outcomes. */
export function recordOf(outcomes, { target = "a-target", version, notices = [], requirements = [] } = {}) {
  const info = {
    version: "0.1.0",
    target,
    target_version: version,
    url: "http://127.0.0.1:4000/",
    provides: ["acks", "rooms"],
    scenarios: outcomes.length,
    jobs: 16,
    seed: 7,
    requirements,
  };
  const number = (verdict) => outcomes.filter((one) => one.verdict === verdict).length;
  const summary = {
    pass: number("pass"),
    warn: number("warn"),
    fail: number("fail"),
    skip: number("skip"),
    error: number("error"),
    informative: 0,
    known_warn: 0,
    known_fail: outcomes.filter((one) => one.verdict === "fail" && one.known).length,
    known_error: 0,
    flaky: outcomes.filter((one) => one.flaky).length,
    interrupted: false,
    target_lost: false,
    duration: time(12_345),
  };
  const lines = [
    {
      schema: "sockspec-record/1",
      version: "0.1.0",
      suite: { digest: "0".repeat(64), scenarios: outcomes.length },
      target: { name: target, fingerprint: "0".repeat(64) },
      selectors: [],
      partition: null,
      seed: 7,
    },
    { at: time(0), event: "run-started", ...info },
    ...outcomes.map((outcome) => ({ at: time(10), event: "scenario-finished", ...outcome })),
    ...notices.map((notice) => ({ at: time(11), event: "noticed", ...notice })),
    { at: time(12_345), event: "run-finished", ...summary },
  ];
  return gzipSync(lines.map((line) => JSON.stringify(line)).join("\n") + "\n");
}

/** Returns the outcome of a scenario that passed. */
export function passed(id, more = {}) {
  return {
    id,
    title: "An acknowledgement carries the handler's value",
    verdict: "pass",
    flaky: false,
    level: "must",
    weight: "counts",
    requirements: ["acks.value"],
    needs: ["acks"],
    known: null,
    lacks: [],
    transport: "websocket",
    reason: null,
    kind: null,
    error: null,
    cause: null,
    breach: null,
    further: [],
    proofs: ["member: echo round trip, then 12 ms of silence"],
    duration: time(23),
    attempts: [],
    file: "specs/gateway/acks.yaml",
    line: 5,
    ...more,
  };
}

/** Returns the outcome of a scenario that failed. `breach` replaces parts of the evidence. */
export function failed(id, more = {}, breach = {}) {
  const reason = "sender received `room-message`; only member may receive it.";
  return passed(id, {
    title: "A client's room emit never reaches the sender",
    verdict: "fail",
    requirements: ["rooms.to-excludes-sender"],
    needs: ["rooms"],
    reason,
    kind: "delivered-to-outsider",
    cause: { id: "8d7f3a0c21b4", sentence: "A client received `room-message`; it must not receive it." },
    breach: {
      sentence: reason,
      invariant: null,
      place: {
        file: "specs/gateway/rooms/emit.yaml",
        line: 12,
        column: 5,
        text: "  - deliver: room-message",
        width: 21,
      },
      expected: '{"room":"general","text":"hello","from":"u1","tags":["a","b"]}',
      received: '{"room":"general","text":"hallo","from":"u1","tags":["a","b"]}',
      tolerated: null,
      missing: null,
      seen: [
        {
          client: "sender",
          lines: [
            line(1, false, "GET /socket.io/?EIO=4&transport=websocket"),
            line(2, true, "HTTP 101 "),
            line(2, true, '0{"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'),
            line(3, false, "40"),
            line(4, true, '40{"sid":"def"}'),
            line(5, true, "2"),
            line(6, false, "3"),
            line(7, false, '421["send-to-room",{"room":"r1","text":"hi"}]'),
            line(8, true, '42["room-message",{"room":"r1","text":"hi"}]'),
            line(9, true, '431[{"ok":true}]'),
          ],
          left_out: 0,
        },
        { client: "member", lines: [line(8, true, '42["room-message",{"room":"r1","text":"hi"}]')], left_out: 3 },
      ],
      requirements: [
        {
          id: "rooms.to-excludes-sender",
          level: "must",
          title: "The sender of a room emit does not receive it",
          clause: "Socket.IO server API, socket.to(room)",
          source: "https://socket.io/docs/v4/server-api/#sockettoroom",
        },
      ],
      why: "A chat shows every message twice to the person who wrote it.",
      excerpt: {
        first_line: 9,
        lines: [
          "- id: rooms/to-excludes-sender",
          "  clients: [sender, member]",
          "  steps:",
          "  - deliver: room-message",
          "    to: [member]",
        ],
      },
      rerun: "sockspec run 'rooms/to-excludes-sender' --seed 7",
      log: ["listening", "TypeError: x is not a function"],
      ...breach,
    },
    file: "specs/gateway/rooms/emit.yaml",
    line: 9,
    ...more,
  });
}

/** Returns a line of traffic. */
export function line(ms, received, text) {
  return { at: time(ms), received, text };
}

/** Returns the outcomes of a large run: one in twenty fails, and the failures have many causes. */
export function manyOutcomes(number) {
  const areas = [
    ["websocket", "websocket/frames.yaml"],
    ["engine.io", "engine.io/polling.yaml"],
    ["socket.io", "socket.io/packets.yaml"],
    ["rooms", "gateway/rooms/emit.yaml"],
    ["acks", "gateway/acks.yaml"],
  ];
  return Array.from({ length: number }, (_, index) => {
    const [topic, file] = areas[index % areas.length];
    const id = `${topic}/scenario-number-${String(index).padStart(4, "0")}`;
    const more = { file: `specs/${file}`, requirements: [`${topic}.requirement-${index % 300}`] };
    if (index % 20 !== 7) return passed(id, more);
    const traffic = Array.from({ length: 40 }, (_, at) =>
      line(at, at % 2 === 0, `42["room-message",{"room":"r${index}","text":"number ${at}"}]`),
    );
    return failed(
      id,
      { ...more, cause: { id: `cause-${index}`, sentence: `The cause number ${index}.` } },
      {
        seen: ["alice", "bob", "carol"].map((client) => ({ client, lines: traffic, left_out: 12 })),
        excerpt: {
          first_line: index,
          lines: Array.from({ length: 25 }, (_, at) => `  - call: operation-${index}-${at}`),
        },
      },
    );
  }).sort((one, other) => (one.id < other.id ? -1 : 1));
}
