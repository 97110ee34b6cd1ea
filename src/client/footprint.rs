//! Estimates the memory that the entries of a journal take.

use super::What;
use crate::{data::Data, wire::socket_io::Packet};

/// The number of bytes that an allocator adds to each block of memory. No block is smaller than this number.
const BLOCK: usize = 16;

/// The memory of an object's field besides its key and value: a hash and two indices.
const FIELD: usize = 24;

/// Returns the heap memory of one journal entry in bytes, without its raw payload, which the caller counts. A Socket.IO
/// packet is kept without its raw payload, so its decoded values count here.
pub(super) fn footprint(what: &What) -> usize {
    match what {
        What::Socket(packet) => packet_footprint(packet),
        What::Http(response) => {
            let headers = response.headers.iter();
            headers
                .map(|(name, value)| {
                    block(name.len()) + block(value.len()) + 2 * size_of::<String>()
                })
                .sum()
        }
        // These entries hold little besides their payload, and the caller counts the payload's bytes. So add only what
        // the allocator needs for the payload's block of memory.
        What::Bytes(_)
        | What::Ended(_)
        | What::Frame(_)
        | What::Illegal { .. }
        | What::Message(_)
        | What::Oversize(_)
        | What::Packet(_)
        | What::Sent(_) => BLOCK,
    }
}

fn packet_footprint(packet: &Packet) -> usize {
    let of_args = |args: &Vec<Data>| {
        block(args.capacity() * size_of::<Data>()) + args.iter().map(data_footprint).sum::<usize>()
    };
    let content = match packet {
        Packet::Connect { payload, .. } => payload.as_ref().map_or(0, data_footprint),
        Packet::Disconnect { .. } => 0,
        Packet::Event { name, args, .. } => block(name.capacity()) + of_args(args),
        Packet::Ack { args, .. } => of_args(args),
        Packet::ConnectError { payload, .. } => data_footprint(payload),
    };
    block(packet.namespace().len()) + content
}

/// Returns the heap memory of a value in bytes. The recursion is short, because the decoders limit how deep a value is
/// nested.
fn data_footprint(data: &Data) -> usize {
    match data {
        Data::Null | Data::Bool(_) | Data::Number(_) => 0,
        Data::String(text) => block(text.capacity()),
        Data::Bytes(bytes) => block(bytes.len()),
        Data::Array(items) => {
            block(items.capacity() * size_of::<Data>())
                + items.iter().map(data_footprint).sum::<usize>()
        }
        Data::Object(fields) => {
            let each = size_of::<String>() + size_of::<Data>() + FIELD;
            let inside = fields
                .iter()
                .map(|(key, value)| block(key.capacity()) + data_footprint(value));
            block(fields.capacity() * each) + BLOCK + inside.sum::<usize>()
        }
    }
}

/// Returns the memory that an allocator takes for a block of `bytes` bytes.
fn block(bytes: usize) -> usize {
    match bytes {
        0 => 0,
        _ => bytes.max(BLOCK) + BLOCK,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(args: Vec<Data>) -> What {
        What::Socket(Packet::Event {
            namespace: "/".to_owned(),
            id: None,
            name: "spam".to_owned(),
            args,
        })
    }

    #[test]
    fn many_small_values_take_more_memory_than_their_text() {
        let text = "[".to_owned() + &"[],".repeat(1_000) + "0]";
        let nested: Data = serde_json::from_str(&text).unwrap();
        let fields = "{\"a\":0},".repeat(1_000);
        let objects: Data = serde_json::from_str(&format!("[{fields}0]")).unwrap();
        assert!(footprint(&event(vec![nested])) > 5 * text.len());
        assert!(footprint(&event(vec![objects])) > 10 * fields.len());
        assert!(footprint(&event(vec![Data::from("x")])) < 300);
    }
}
