//! Files that are nearly right: good ones with a few bytes, ranges, lengths or fields changed. The same from the same seed.

use std::fmt;
use std::path::Path;

use rebirth_compiler::ops::Rng;

use crate::bad::{self, weights};
use crate::files::Kind;
use crate::mutate::Mutations;
use crate::onnx::{Model, floats, int, ints, node, small, value};
use crate::root;

/// How many good files of a kind there are.
const GOOD: usize = 5;

/// Longer bad files are not worth the time.
const LONGEST: usize = 4096;

/// A mutated or cut file.
#[derive(Clone, Debug)]
pub struct FileCase {
    /// What was done, and to what.
    pub name: String,
    /// The file.
    pub bytes: Vec<u8>,
}

impl fmt::Display for FileCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.bytes.escape_ascii())
    }
}

fn read(path: &str) -> Vec<u8> {
    let path = root().join("tests").join(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The text of a graph from a snapshot, which begins with two lines `---` and what is between them.
fn snapshot(name: &str) -> Vec<u8> {
    let text = String::from_utf8(read(&format!("tests/snapshots/snapshots__{name}.graph.snap"))).unwrap_or_default();
    text.splitn(3, "---\n").nth(2).unwrap_or_else(|| panic!("{name} is no snapshot")).as_bytes().to_vec()
}

/// A file of numpy's format.
pub fn npy(version: u8, header: &str, payload: &[u8]) -> Vec<u8> {
    let length = header.len() as u32;
    let length = if version == 1 { length.to_le_bytes()[..2].to_vec() } else { length.to_le_bytes().to_vec() };
    [b"\x93NUMPY", [version, 0].as_slice(), &length, header.as_bytes(), payload].concat()
}

/// Five good files of a kind.
pub fn good(kind: Kind) -> [Vec<u8>; GOOD] {
    match kind {
        Kind::Onnx => [
            small().bytes(),
            shapes(),
            read("references/onnx/residual_7.onnx"),
            read("references/onnx/branches_11.onnx"),
            read("references/onnx/external_17.onnx"),
        ],
        Kind::Safetensors => {
            let halves = weights::GOOD
                .replace(
                    "F32\",\"shape\":[2,3],\"data_offsets\":[8,32]",
                    "BF16\",\"shape\":[2,3],\"data_offsets\":[4,16]",
                )
                .replace("F32\",\"shape\":[2],\"data_offsets\":[0,8]", "F16\",\"shape\":[2],\"data_offsets\":[0,4]");
            [
                weights::file(weights::GOOD, 32),
                weights::file(halves, 16),
                weights::file(
                    r#"{"__metadata__":{"format":"pt"},"":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}  "#,
                    4,
                ),
                read("references/operators/chain_classifier/model.safetensors"),
                read("references/operators/chain_unet/model.safetensors"),
            ]
        }
        Kind::Npy => [
            read("references/mnist/output.npy"),
            read("references/operators/abs/input.npy"),
            npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (), }\n", &[0; 4]),
            npy(2, "{\"shape\": (2, 0, 3), \"fortran_order\": False, \"descr\": \"<f4\"}", &[]),
            npy(
                3,
                "{'descr': '<f4', 'fortran_order': True, 'shape': (32,), }                          \n",
                &[0xc0; 128],
            ),
        ],
        Kind::Graph => ["mnist", "pointwise_conv", "resize", "tiny", "googlenet"].map(|name| {
            let mut text = snapshot(name);
            // Enough of what is long, up to its `return`, would be no graph: the whole of it is cut only.
            text.truncate(40_000);
            text
        }),
    }
}

/// Copies the files that good ones refer to into a folder.
pub fn beside(folder: &Path) {
    let bytes = read("references/onnx/external_17.onnx.data");
    std::fs::write(folder.join("external_17.onnx.data"), bytes).unwrap_or_else(|error| panic!("{error}"));
}

/// What exporters write to compute a shape, with all kinds of payloads.
fn shapes() -> Vec<u8> {
    Model {
        opset: 17,
        nodes: vec![
            node("Shape", &["x"], &["s"], &[]),
            node("Gather", &["s", "zero"], &["n"], &[int("axis", 0)]),
            node("Unsqueeze", &["n", "axes"], &["n1"], &[]),
            node("Concat", &["n1", "rest"], &["target"], &[int("axis", 0)]),
            node("Mul", &["x", "half"], &["m"], &[]),
            node("Reshape", &["m", "target"], &["r"], &[]),
            node("Slice", &["r", "start", "end", "axes1"], &["p"], &[]),
            node("Softmax", &["p"], &["y"], &[int("axis", -1)]),
        ],
        initializers: vec![
            crate::onnx::raw_tensor("zero", &[], 7, &[0; 8]),
            ints("axes", &[0]),
            ints("rest", &[-1]),
            floats("half", &[3, 1, 1], &[0.5, 0.25, 2.0]),
            ints("start", &[1]),
            ints("end", &[i64::MAX]),
            ints("axes1", &[1]),
        ],
        inputs: vec![value("x", &[-1, 3, 4, 4])],
        outputs: vec![value("y", &[-1, 47])],
    }
    .bytes()
}

/// Every prefix of the good files of a kind, in steps of so many bytes.
pub fn prefixes(kind: Kind, step: usize) -> impl Iterator<Item = FileCase> {
    good(kind).into_iter().enumerate().flat_map(move |(number, file)| {
        let ends: Vec<usize> = (0..file.len()).step_by(step).chain([file.len()]).collect();
        ends.into_iter()
            .map(move |end| FileCase { name: format!("{end} bytes of file {number}"), bytes: file[..end].to_vec() })
    })
}

/// Numbers that are lengths, extents or offsets at the edge of something.
const EDGES: &[u64] = &[
    0,
    1,
    2,
    7,
    8,
    9,
    127,
    128,
    255,
    256,
    65_535,
    65_536,
    1 << 20,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    1 << 40,
    1 << 61,
    i64::MAX as u64,
    1 << 63,
    u64::MAX - 7,
    u64::MAX,
];

/// Pieces of texts that mean something in one of the formats.
const WORDS: &[&str] = &[
    "0",
    "-1",
    "1",
    "4294967296",
    "18446744073709551615",
    "1e9",
    "nan",
    "inf",
    "null",
    "[]",
    "{}",
    "()",
    ",",
    "\"",
    "'",
    "f32",
    "u8",
    "i64",
    "<f8",
    ">f4",
    "True",
    "F16",
    "BF16",
    "I64",
    "__metadata__",
    "shape",
    "%x",
    "@w",
    "return",
    "train",
    "conv",
    "../",
    "Relu",
    "Concat",
    "Reshape",
    "\u{1b}[2J",
    "é",
];

/// An endless sequence of mutations of the good files of a kind.
#[derive(Debug)]
pub struct FileMutations {
    rng: Rng,
    seed: u64,
    number: usize,
    kind: Kind,
    files: Vec<Vec<u8>>,
    /// For texts: changes of words.
    words: Option<Mutations>,
}

impl FileMutations {
    /// The sequence of a seed.
    pub fn new(kind: Kind, seed: u64) -> FileMutations {
        let mut files = good(kind).to_vec();
        // Bad ones have what good ones do not, and some become good.
        let bad = match kind {
            Kind::Onnx => bad::models::all(),
            Kind::Safetensors => bad::weights::all(),
            Kind::Npy | Kind::Graph => Vec::new(),
        };
        files.extend(bad.into_iter().map(|bad| bad.bytes).filter(|bytes| (16..LONGEST).contains(&bytes.len())));
        let texts = || files.iter().filter_map(|file| String::from_utf8(file.clone()).ok()).collect::<Vec<_>>();
        let words = (kind == Kind::Graph).then(|| Mutations::new(seed, &texts()));
        FileMutations { rng: Rng::new(seed), seed, number: 0, kind, files, words }
    }

    fn below(&mut self, bound: usize) -> usize {
        self.rng.range(0, bound.max(1) - 1)
    }

    /// A range of at most so many bytes.
    fn range(&mut self, bytes: &[u8], most: usize) -> (usize, usize) {
        let start = self.below(bytes.len() + 1);
        let length = self.below(most.min(bytes.len() - start) + 1);
        (start, start + length)
    }

    /// One change of bytes, whatever they mean.
    fn change(&mut self, bytes: &mut Vec<u8>) {
        let at = self.below(bytes.len());
        let (start, end) = self.range(bytes, 64);
        match self.below(12) {
            _ if bytes.is_empty() => bytes.push(self.below(256) as u8),
            0..=2 => bytes[at] ^= 1 << self.below(8),
            3 => bytes[at] = self.below(256) as u8,
            4 | 5 => {
                // A length or an extent, in one of the widths that the formats have.
                let edge = self.rng.pick(EDGES).to_le_bytes();
                let width = [1, 2, 4, 8][self.below(4)].min(bytes.len() - at);
                bytes[at..at + width].copy_from_slice(&edge[..width]);
            }
            6 => drop(bytes.drain(start..end)),
            7 => {
                let copy = bytes[start..end].to_vec();
                let times = 1 + self.below(3);
                bytes.splice(end..end, copy.repeat(times));
            }
            8 => {
                let other = self.below(self.files.len());
                let from = self.below(self.files[other].len());
                bytes.truncate(at);
                bytes.extend_from_slice(&self.files[other][from..]);
            }
            9 => {
                let other = self.below(self.files.len());
                let (from, to) = self.range(&self.files[other].clone(), 64);
                bytes.splice(start..end, self.files[other][from..to].iter().copied());
            }
            10 => {
                let word = self.rng.pick(WORDS);
                bytes.splice(start..(start + self.below(3)).min(bytes.len()), word.bytes());
            }
            _ => self.change_number(bytes),
        }
    }

    /// A weights file with another header, whose length is right.
    fn change_header(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let (length, rest) = bytes.split_first_chunk::<8>()?;
        let (header, payload) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
        let mut header = header.to_vec();
        let types: Vec<usize> = (0..header.len()).filter(|&i| header[i..].starts_with(b"\"F32\"")).collect();
        match self.below(4) {
            0 if !types.is_empty() => {
                let at = types[self.below(types.len())];
                let other = self.rng.pick(&["\"I32\"", "\"U32\"", "\"F16\"", "\"I64\"", "\"F4\"", "\"BF16\""]);
                header.splice(at..at + 5, other.bytes());
            }
            1 | 2 => self.change_number(&mut header),
            _ => self.change(&mut header),
        }
        Some([(header.len() as u64).to_le_bytes().as_slice(), &header, payload].concat())
    }

    /// Another number in place of one of decimal digits.
    fn change_number(&mut self, bytes: &mut Vec<u8>) {
        let from = self.below(bytes.len());
        let Some(start) = (from..bytes.len()).find(|&i| bytes[i].is_ascii_digit()) else { return };
        let end = (start..bytes.len()).find(|&i| !bytes[i].is_ascii_digit()).unwrap_or(bytes.len());
        let edge = self.rng.pick(EDGES).to_string();
        bytes.splice(start..end, edge.bytes());
    }

    /// A message with one field changed, removed, doubled or moved; the lengths around it are right again.
    fn change_message(&mut self, bytes: &[u8], depth: usize) -> Option<Vec<u8>> {
        let mut fields = fields(bytes)?;
        let at = self.below(fields.len());
        let other = self.below(fields.len());
        let field = fields.get(at)?.clone();
        let is_long = field.key & 7 == 2 && field.content.len() > 1;
        // Down, most often, where it can be a message.
        if is_long
            && depth < 8
            && self.below(8) > 0
            && let Some(content) = self.change_message(&field.content, depth + 1)
        {
            fields[at].content = content;
            return Some(fields.iter().flat_map(Field::bytes).collect());
        }
        match self.below(8) {
            0 => drop(fields.remove(at)),
            1 => fields.insert(other, field),
            2 => fields.swap(at, other),
            3 => fields[at].content = fields[other].content.clone(),
            4 => fields[at].key = field.key & 7 | (self.below(26) as u64) << 3,
            _ if field.key & 7 == 2 => self.change(&mut fields[at].content),
            _ => fields[at].number = if self.rng.flip() { self.rng.pick(EDGES) } else { self.below(20) as u64 },
        }
        Some(fields.iter().flat_map(Field::bytes).collect())
    }
}

/// A field of a message of protobuf.
#[derive(Clone, Debug)]
struct Field {
    key: u64,
    number: u64,
    content: Vec<u8>,
}

impl Field {
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = varint(self.key);
        match self.key & 7 {
            0 => bytes.extend(varint(self.number)),
            1 => bytes.extend(self.number.to_le_bytes()),
            2 => {
                bytes.extend(varint(self.content.len() as u64));
                bytes.extend(&self.content);
            }
            _ => bytes.extend(&self.number.to_le_bytes()[..4]),
        }
        bytes
    }
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 127 {
        bytes.push((value & 127) as u8 | 128);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn take(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, behind) = rest.split_first()?;
        *rest = behind;
        value |= u64::from(byte & 127) << shift;
        if byte < 128 {
            return Some(value);
        }
    }
    None
}

/// The fields of a message; none where bytes are none, or have a field that ONNX does not.
fn fields(bytes: &[u8]) -> Option<Vec<Field>> {
    let mut rest = bytes;
    let mut fields = Vec::new();
    while !rest.is_empty() {
        let key = take(&mut rest)?;
        let mut field = Field { key, number: 0, content: Vec::new() };
        let width = match key & 7 {
            0 => {
                field.number = take(&mut rest)?;
                0
            }
            1 => 8,
            2 => usize::try_from(take(&mut rest)?).ok()?,
            5 => 4,
            _ => return None,
        };
        let (content, behind) = rest.split_at_checked(width)?;
        rest = behind;
        match key & 7 {
            2 => field.content = content.to_vec(),
            _ => content.iter().rev().for_each(|&byte| field.number = field.number << 8 | u64::from(byte)),
        }
        if !(1..=25).contains(&(key >> 3)) {
            return None;
        }
        fields.push(field);
    }
    (!fields.is_empty()).then_some(fields)
}

impl Iterator for FileMutations {
    type Item = FileCase;

    fn next(&mut self) -> Option<FileCase> {
        self.number += 1;
        let by_meaning = self.below(3) > 0;
        if by_meaning && let Some(case) = self.words.as_mut().and_then(Iterator::next) {
            return Some(FileCase { name: case.to_string(), bytes: case.bytes });
        }
        let among = if self.rng.flip() { GOOD } else { self.files.len() };
        let start = self.below(among);
        let mut bytes = self.files[start].clone();
        let changes = 1 + self.below(3);
        for _ in 0..changes {
            let changed = match self.kind {
                Kind::Onnx if by_meaning => self.change_message(&bytes, 0),
                Kind::Safetensors if by_meaning => self.change_header(&bytes),
                _ => None,
            };
            match changed {
                Some(changed) => bytes = changed,
                None => self.change(&mut bytes),
            }
        }
        Some(FileCase { name: format!("mutation {} of file {start}, seed {}", self.number, self.seed), bytes })
    }
}
