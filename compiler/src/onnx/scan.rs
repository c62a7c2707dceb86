//! A look at a file before it is decoded: what its messages will take in memory, so that small files of many empty messages
//! are refused before anything is allocated for them. Raw payloads of tensors are not copied; for lists of numbers, which are, it asks
//! whether there is memory.

use super::error::OnnxError;
use super::tensor::reserved;
use super::{codes, proto};

/// Largest file, in bytes: what protobuf can hold.
pub const MAX_FILE_BYTES: usize = i32::MAX as usize;

/// Most bytes that the messages of a file may take when decoded, payloads of tensors apart.
pub const MAX_MESSAGE_BYTES: usize = 512 << 20;

/// The messages that are decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    ValueInfo,
    Type,
    TensorType,
    Shape,
    Small,
}

impl Kind {
    /// What the message in a field of this number is; none for what is no message, or is not decoded.
    fn child(self, field: u64) -> Option<Kind> {
        match (self, field) {
            (Kind::Model, 7) => Some(Kind::Graph),
            (Kind::Model, 8) | (Kind::Tensor, 13) | (Kind::Shape, 1) => Some(Kind::Small),
            (Kind::Graph, 1) => Some(Kind::Node),
            (Kind::Graph, 5) | (Kind::Attribute, 5) => Some(Kind::Tensor),
            (Kind::Graph, 11..=13) => Some(Kind::ValueInfo),
            (Kind::Node, 5) => Some(Kind::Attribute),
            (Kind::ValueInfo, 2) => Some(Kind::Type),
            (Kind::Type, 1) => Some(Kind::TensorType),
            (Kind::TensorType, 2) => Some(Kind::Shape),
            _ => None,
        }
    }

    /// What one takes in memory, in bytes.
    fn size(self) -> usize {
        match self {
            Kind::Model => size_of::<proto::Model>(),
            Kind::Graph => size_of::<proto::Graph>(),
            Kind::Node => size_of::<proto::Node>(),
            Kind::Attribute => size_of::<proto::Attribute>(),
            Kind::Tensor => size_of::<proto::Tensor>(),
            Kind::ValueInfo => size_of::<proto::ValueInfo>(),
            Kind::Type => size_of::<proto::Type>(),
            Kind::TensorType => size_of::<proto::TensorType>(),
            Kind::Shape => size_of::<proto::Shape>(),
            Kind::Small => size_of::<proto::Dim>().max(size_of::<proto::Entry>()),
        }
    }
}

/// What the elements of a list of numbers take when decoded; 0 for what is none.
fn list_bytes(kind: Kind, field: u64, content: &[u8]) -> usize {
    let numbers = || content.iter().filter(|&&byte| byte < 128).count();
    match (kind, field) {
        (Kind::Tensor, 4 | 10) | (Kind::Attribute, 7) => content.len(),
        (Kind::Tensor, 5) => numbers().saturating_mul(size_of::<i32>()),
        (Kind::Tensor, 7 | 11) | (Kind::Attribute, 8) => numbers().saturating_mul(size_of::<i64>()),
        _ => 0,
    }
}

/// While a list grows, there are its old elements, and room for twice as many.
const GROWTH: usize = 3;

/// What has been counted.
struct Counted {
    /// Bytes that messages may still take.
    left: usize,
    /// Bytes of lists of numbers.
    lists: usize,
}

/// What a field that is no message takes at most: a string's or byte string's head. Numbers take less.
const SCALAR_BYTES: usize = 32;

/// Checks that bytes are messages down to where they are decoded, and that those do not take too much memory.
///
/// # Errors
/// E1001 where they are no messages, E1002 where they take more than [`MAX_MESSAGE_BYTES`], E0808 where there is no memory for their lists.
pub(super) fn scan(bytes: &[u8]) -> Result<(), OnnxError> {
    let mut counted = Counted { left: MAX_MESSAGE_BYTES, lists: 0 };
    fields(bytes, 0, Kind::Model, &mut counted)?;
    room_for(counted.lists)
}

/// Asks for memory that lists of so many bytes take, and gives it back: the decoder, which takes it then, would end the process.
fn room_for(lists: usize) -> Result<(), OnnxError> {
    reserved::<u8>(lists.saturating_mul(GROWTH)).map(drop)
}

/// `start` is the place of `bytes` in the file. Recursion ends with [`Kind::child`], which has no circle.
fn fields(bytes: &[u8], start: usize, kind: Kind, counted: &mut Counted) -> Result<(), OnnxError> {
    let damaged = |at: usize, what: &str| {
        OnnxError::new(
            codes::NOT_ONNX,
            format!("it is not an ONNX model, or damaged: {what} at byte {}", start + at),
            "the file may be cut short or of another format; fetch or export it again",
        )
    };
    let mut at = 0;
    while at < bytes.len() {
        let key = varint(bytes, &mut at).ok_or_else(|| damaged(at, "a field without a number"))?;
        let child = kind.child(key >> 3).filter(|_| key & 7 == 2);
        counted.left = counted.left.checked_sub(child.map_or(SCALAR_BYTES, Kind::size)).ok_or_else(|| {
            OnnxError::new(
                codes::TOO_LARGE,
                format!("it has more nodes, attributes and tensors than fit {} MiB", MAX_MESSAGE_BYTES >> 20),
                "no network has as many: the file may be damaged",
            )
        })?;
        let length = match key & 7 {
            0 => varint(bytes, &mut at).map(|_| 0),
            1 => Some(8),
            2 => varint(bytes, &mut at),
            5 => Some(4),
            _ => return Err(damaged(at, "a field of an unknown kind")),
        };
        let end = length.and_then(|length| at.checked_add(usize::try_from(length).ok()?));
        let Some(content) = end.and_then(|end| bytes.get(at..end)) else {
            return Err(damaged(at, "the file ends within a field"));
        };
        if let Some(child) = child {
            fields(content, start + at, child, counted)?;
        } else if key & 7 == 2 {
            counted.lists = counted.lists.saturating_add(list_bytes(kind, key >> 3, content));
        }
        at += content.len();
    }
    Ok(())
}

fn varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 127) << shift;
        if byte < 128 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The code, or nothing.
    fn check(bytes: &[u8], expected: Option<&str>) {
        assert_eq!(scan(bytes).err().map(|error| error.code()), expected);
    }

    #[test]
    fn messages() {
        check(&[], None);
        check(&[0x08, 0x07], None);
        // graph { node { } }
        check(&[0x3a, 2, 0x0a, 0], None);
        check(&[0x3a, 3, 0x0a, 0], Some("E1001"));
        check(&[0x3a, 2, 0x0a, 1], Some("E1001"));
        check(b"this is not a model", Some("E1001"));
        check(&[0xff; 16], Some("E1001"));
        // A group.
        check(&[0x0b, 0x0c], Some("E1001"));
    }

    #[test]
    fn lists_are_counted() {
        let lists = |bytes: &[u8]| {
            let mut counted = Counted { left: MAX_MESSAGE_BYTES, lists: 0 };
            fields(bytes, 0, Kind::Model, &mut counted).unwrap();
            counted.lists
        };
        // graph { initializer { int64_data: [1, 300], raw_data: 3 bytes, float_data: [0] } }
        let tensor = [0x3a, 3, 1, 0xac, 2, 0x4a, 3, 1, 2, 3, 0x22, 4, 0, 0, 0, 0];
        let graph = [&[0x3a, 18, 0x2a, 16], &tensor[..]].concat();
        assert_eq!(lists(&graph), 2 * 8 + 4);
        assert_eq!(room_for(0).map_err(|error| error.code()), Ok(()));
        assert_eq!(room_for(usize::MAX / 4).map_err(|error| error.code()), Err("E0808"));
    }

    #[test]
    fn many_empty_nodes_are_too_many() {
        let count = MAX_MESSAGE_BYTES / size_of::<proto::Node>();
        let graph = |count: usize| {
            let nodes = [0x0a, 0].repeat(count);
            let mut bytes = vec![0x3a];
            let mut length = nodes.len();
            while length > 127 {
                bytes.push((length & 127) as u8 | 128);
                length >>= 7;
            }
            bytes.push(length as u8);
            bytes.extend(nodes);
            bytes
        };
        check(&graph(count - 1), None);
        check(&graph(count + 1), Some("E1002"));
    }
}
