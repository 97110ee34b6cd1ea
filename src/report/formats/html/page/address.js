// The part of the address behind `#`: the chosen scenario and the filters. `#rooms/to-excludes-sender` is a scenario,
// `#?verdict=fail` a filter, `#rooms/to-excludes-sender?verdict=fail` both.

function readAddress() {
  const [id, query] = splitOnce(location.hash.slice(1), "?");
  return { id: decoded(id), filters: new URLSearchParams(query) };
}

function addressOf(id, filters) {
  const query = filters.toString();
  return `#${encodedId(id)}${query && `?${query}`}`;
}

function encodedId(id) {
  return encodeURIComponent(id).replace(/%(2F|40|5B|5D|2C|3D|3A)/g, decodeURIComponent);
}

function splitOnce(text, separator) {
  const place = text.indexOf(separator);
  return place < 0 ? [text, ""] : [text.slice(0, place), text.slice(place + 1)];
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
