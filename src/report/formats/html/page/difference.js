// The expected value beside the received one, with what differs marked.

/** JSON of this length is laid out on several lines. */
const ONE_LINE = 60;

/** The limit on the size of a comparison. Larger texts are compared only at their ends. */
const CELLS = 1_000_000;

/** A difference is marked only if at least this share of the longer text is in both. */
const LEAST_COMMON = 0.6;

/** Returns two blocks: what was expected and what was received. Either can be missing. */
function difference(expected, received) {
  const left = layOut(expected);
  const right = layOut(received);
  const [marksLeft, marksRight] = left !== null && right !== null ? compareTexts(left, right) : [[left], [right]];
  return make(
    "div",
    { class: "difference" },
    left !== null && side("Expected", "expected", "del", marksLeft),
    right !== null && side("Received", "received", "ins", marksRight),
  );
}

function side(title, name, tag, parts) {
  const text = parts.map((part, index) => (index % 2 ? make(tag, {}, part) : part));
  return make("figure", { class: `side ${name}` }, make("figcaption", {}, title), blockOf(text));
}

/** Returns a block of text that keeps its line breaks, also those inside marks. */
function blockOf(children) {
  return make("pre", { class: "value" }, children);
}

function layOut(text) {
  if (text === undefined || text === null) return null;
  const value = text.length > ONE_LINE ? parsed(text) : undefined;
  return value !== null && typeof value === "object" ? JSON.stringify(value, null, 2) : text.replace(/\n+$/, "");
}

/** Returns both texts in parts: equal and different parts take turns, and the first one is equal (perhaps empty). */
function compareTexts(left, right) {
  const [one, other] = [tokens(left), tokens(right)];
  let head = 0;
  while (head < one.length && head < other.length && one[head] === other[head]) head += 1;
  let tail = 0;
  while (
    tail < one.length - head &&
    tail < other.length - head &&
    one[one.length - 1 - tail] === other[other.length - 1 - tail]
  ) {
    tail += 1;
  }
  const equal = [new Array(one.length).fill(true), new Array(other.length).fill(true)];
  const middle = [one.slice(head, one.length - tail), other.slice(head, other.length - tail)];
  const kept = commonTokens(middle[0], middle[1]);
  kept[0].forEach((isKept, index) => (equal[0][head + index] = isKept));
  kept[1].forEach((isKept, index) => (equal[1][head + index] = isKept));
  const common = one.filter((token, index) => equal[0][index] && /\w/.test(token)).join("").length;
  const longest = Math.max(left.replace(/\W/g, "").length, right.replace(/\W/g, "").length, 1);
  if (common / longest < LEAST_COMMON) return [[left], [right]];
  return [inParts(one, equal[0]), inParts(other, equal[1])];
}

function tokens(text) {
  return text.match(/\w+|\s+|[^\w\s]/gu) ?? [];
}

/** Returns for each token of two lists whether it belongs to their longest common part. */
function commonTokens(one, other) {
  const equal = [new Array(one.length).fill(false), new Array(other.length).fill(false)];
  if (one.length * other.length > CELLS) return equal;
  const width = other.length + 1;
  const lengths = new Uint32Array((one.length + 1) * width);
  for (let i = one.length - 1; i >= 0; i -= 1) {
    for (let j = other.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] =
        one[i] === other[j]
          ? lengths[(i + 1) * width + j + 1] + 1
          : Math.max(lengths[(i + 1) * width + j], lengths[i * width + j + 1]);
    }
  }
  let [i, j] = [0, 0];
  while (i < one.length && j < other.length) {
    if (one[i] === other[j]) {
      equal[0][i] = true;
      equal[1][j] = true;
      i += 1;
      j += 1;
    } else if (lengths[(i + 1) * width + j] >= lengths[i * width + j + 1]) i += 1;
    else j += 1;
  }
  return equal;
}

function inParts(list, equal) {
  const parts = [""];
  list.forEach((token, index) => {
    const isDifferent = parts.length % 2 === 0;
    if (equal[index] === isDifferent) parts.push("");
    parts[parts.length - 1] += token;
  });
  return parts;
}
