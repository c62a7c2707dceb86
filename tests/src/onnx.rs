//! ONNX files for tests: a writer of protobuf messages with the field numbers of `onnx.proto3`, and a reader of the tensors that lie
//! beside the conformance tests.

use rebirth_compiler::graph::Graph;
use rebirth_compiler::onnx::Imported;
use rebirth_compiler::pipeline::load;
use rebirth_compiler::resolve::{Model as Resolved, Settings};
use rebirth_lang::{Source, format};
use rebirth_runtime::DType;
use rebirth_runtime::elements::Elements;

/// The graph's text with the results of nodes called by the order of their definition.
fn anonymous(graph: &Graph) -> String {
    let mut graph = graph.clone();
    for (at, node) in graph.nodes.iter().enumerate() {
        for (i, &id) in node.results.iter().enumerate() {
            graph.values[id.index()].name = format!("node_{at}_{i}");
        }
    }
    graph.to_string()
}

/// Resolves the source that a model is imported as, for this batch where that is open.
///
/// # Errors
/// It is not in canonical layout, does not resolve, or to another graph than the model's.
pub fn resolved(imported: &Imported, batch: usize) -> Result<Resolved, String> {
    let text = imported.source().map_err(|error| error.to_string())?;
    let source = Source::new("model.net", text);
    let told = |report: rebirth_lang::Report| {
        report.diagnostics().map(|found| found.message.clone()).collect::<Vec<_>>().join("; ")
    };
    if format(&source).map_err(told)? != text {
        return Err("the source is not in canonical layout".to_owned());
    }
    let dims = ["N", "n"].map(|name| (name.to_owned(), batch));
    let model = load(&source, &Settings { dims: dims.into(), ..Settings::default() }).map_err(told)?;
    let (found, expected) = (anonymous(&model.graph), anonymous(&imported.model.graph));
    if found == expected { Ok(model) } else { Err(format!("the source is of another graph:\n{found}\n{expected}")) }
}

/// A message that is being written.
#[derive(Clone, Debug, Default)]
pub struct Message(pub Vec<u8>);

impl Message {
    /// An empty one.
    pub fn new() -> Message {
        Message::default()
    }

    fn varint(&mut self, mut value: u64) {
        while value > 127 {
            self.0.push((value & 127) as u8 | 128);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    /// Adds an integer.
    #[must_use]
    pub fn int(mut self, field: u64, value: i64) -> Message {
        self.varint(field << 3);
        self.varint(value as u64);
        self
    }

    /// Adds a number.
    #[must_use]
    pub fn float(mut self, field: u64, value: f32) -> Message {
        self.varint(field << 3 | 5);
        self.0.extend(value.to_le_bytes());
        self
    }

    /// Adds bytes.
    #[must_use]
    pub fn bytes(mut self, field: u64, bytes: &[u8]) -> Message {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend(bytes);
        self
    }

    /// Adds a string.
    #[must_use]
    pub fn text(self, field: u64, text: &str) -> Message {
        self.bytes(field, text.as_bytes())
    }

    /// Adds a message.
    #[must_use]
    pub fn message(self, field: u64, message: &Message) -> Message {
        self.bytes(field, &message.0)
    }

    /// Adds messages.
    #[must_use]
    pub fn messages(self, field: u64, messages: &[Message]) -> Message {
        messages.iter().fold(self, |all, message| all.message(field, message))
    }
}

/// A tensor of this number of a data type, with raw data.
pub fn raw_tensor(name: &str, dims: &[i64], data_type: i64, raw: &[u8]) -> Message {
    let dims = dims.iter().fold(Message::new(), |all, &dim| all.int(1, dim));
    dims.int(2, data_type).text(8, name).bytes(9, raw)
}

/// A tensor of f32.
pub fn floats(name: &str, dims: &[i64], values: &[f32]) -> Message {
    raw_tensor(name, dims, 1, &values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>())
}

/// A list of i64.
pub fn ints(name: &str, values: &[i64]) -> Message {
    let raw: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    raw_tensor(name, &[values.len() as i64], 7, &raw)
}

/// A node.
pub fn node(op_type: &str, inputs: &[&str], outputs: &[&str], attributes: &[Message]) -> Message {
    let names = inputs.iter().fold(Message::new(), |all, name| all.text(1, name));
    let names = outputs.iter().fold(names, |all, name| all.text(2, name));
    names.text(4, op_type).messages(5, attributes)
}

/// An attribute that is an integer.
pub fn int(name: &str, value: i64) -> Message {
    Message::new().text(1, name).int(3, value).int(20, 2)
}

/// An attribute that is a list of integers.
pub fn list(name: &str, values: &[i64]) -> Message {
    values.iter().fold(Message::new().text(1, name), |all, &value| all.int(8, value)).int(20, 7)
}

/// An attribute that is a string.
pub fn string(name: &str, value: &str) -> Message {
    Message::new().text(1, name).text(4, value).int(20, 3)
}

/// An attribute that is a tensor.
pub fn tensor(name: &str, value: &Message) -> Message {
    Message::new().text(1, name).message(5, value).int(20, 4)
}

/// An input or output of f32; a negative dimension is open.
pub fn value(name: &str, dims: &[i64]) -> Message {
    value_of(name, 1, dims)
}

/// An input or output of this number of a data type.
pub fn value_of(name: &str, data_type: i64, dims: &[i64]) -> Message {
    let dim = |&dim: &i64| if dim < 0 { Message::new().text(2, "N") } else { Message::new().int(1, dim) };
    let shape = Message::new().messages(1, &dims.iter().map(dim).collect::<Vec<_>>());
    let ty = Message::new().message(1, &Message::new().int(1, data_type).message(2, &shape));
    Message::new().text(1, name).message(2, &ty)
}

/// The parts of a model.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// The version of the operator set.
    pub opset: i64,
    /// Nodes.
    pub nodes: Vec<Message>,
    /// Weights.
    pub initializers: Vec<Message>,
    /// Inputs.
    pub inputs: Vec<Message>,
    /// Outputs.
    pub outputs: Vec<Message>,
}

impl Model {
    /// The file.
    pub fn bytes(&self) -> Vec<u8> {
        let graph = Message::new().messages(1, &self.nodes).text(2, "g").messages(5, &self.initializers);
        let graph = graph.messages(11, &self.inputs).messages(12, &self.outputs);
        let opset = Message::new().text(1, "").int(2, self.opset);
        Message::new().int(1, 7).message(7, &graph).message(8, &opset).0
    }
}

/// A convolution of 3 x 3 with bias, relu, and a dense layer behind global pooling, on `x` [N, 2, 6, 6].
pub fn small() -> Model {
    let numbers = |count: usize| (0..count).map(|i| ((i * 7 + 3) % 11) as f32 / 11.0 - 0.4).collect::<Vec<f32>>();
    Model {
        opset: 13,
        nodes: vec![
            node("Conv", &["x", "conv.weight", "conv.bias"], &["c"], &[list("pads", &[1, 1, 1, 1])]),
            node("Relu", &["c"], &["r"], &[]),
            node("GlobalAveragePool", &["r"], &["p"], &[]),
            node("Flatten", &["p"], &["f"], &[]),
            node("Gemm", &["f", "fc.weight", "fc.bias"], &["y"], &[int("transB", 1)]),
        ],
        initializers: vec![
            floats("conv.weight", &[4, 2, 3, 3], &numbers(72)),
            floats("conv.bias", &[4], &numbers(4)),
            floats("fc.weight", &[3, 4], &numbers(12)),
            floats("fc.bias", &[3], &numbers(3)),
        ],
        inputs: vec![value("x", &[-1, 2, 6, 6])],
        outputs: vec![value("y", &[-1, 3])],
    }
}

/// A tensor that was read: its name, shape, the number of its data type and its data as f32.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Read {
    /// Its name.
    pub name: String,
    /// Its dimensions.
    pub shape: Vec<usize>,
    /// The number of its data type.
    pub data_type: u64,
    /// Its elements, `None` for types that tensors here do not have.
    pub elements: Option<Elements>,
}

/// Reads a tensor; `None` for what is none.
pub fn read_tensor(bytes: &[u8]) -> Option<Read> {
    let mut read = Read::default();
    let (mut floats, mut ints, mut raw) = (Vec::new(), Vec::new(), None);
    let mut rest = bytes;
    while !rest.is_empty() {
        let key = take_varint(&mut rest)?;
        let (number, mut content) = match key & 7 {
            0 => (take_varint(&mut rest)?, &[][..]),
            2 => {
                let length = usize::try_from(take_varint(&mut rest)?).ok()?;
                let (content, behind) = rest.split_at_checked(length)?;
                rest = behind;
                (0, content)
            }
            5 => {
                let (content, behind) = rest.split_at_checked(4)?;
                rest = behind;
                (0, content)
            }
            _ => return None,
        };
        match (key >> 3, key & 7) {
            (1, 0) => read.shape.push(usize::try_from(number).ok()?),
            (1, _) => {
                while !content.is_empty() {
                    read.shape.push(usize::try_from(take_varint(&mut content)?).ok()?);
                }
            }
            (2, _) => read.data_type = number,
            (4, _) => floats.extend(content.as_chunks::<4>().0.iter().map(|&quad| f32::from_le_bytes(quad))),
            (5 | 7, 0) => ints.push(number as i64),
            (5 | 7, _) => {
                while !content.is_empty() {
                    ints.push(take_varint(&mut content)? as i64);
                }
            }
            (8, _) => read.name = String::from_utf8(content.to_vec()).ok()?,
            (9, _) => raw = Some(content),
            _ => {}
        }
    }
    let types = [(1, DType::F32), (2, DType::U8), (3, DType::I8), (6, DType::I32), (7, DType::I64), (9, DType::Bool)];
    let dtype = types.iter().find(|(number, _)| *number == read.data_type).map(|row| row.1);
    read.elements = dtype.and_then(|dtype| match (dtype, raw) {
        (DType::F32, Some(raw)) => Some(quads(raw).map(f32::from_le_bytes).collect::<Vec<_>>().into()),
        (DType::F32, None) => Some(floats.into()),
        (DType::I32, Some(raw)) => Some(quads(raw).map(i32::from_le_bytes).collect::<Vec<_>>().into()),
        (DType::I64, Some(raw)) => {
            Some(raw.as_chunks::<8>().0.iter().map(|&eight| i64::from_le_bytes(eight)).collect::<Vec<_>>().into())
        }
        (DType::I64, None) => Some(ints.into()),
        (DType::I8, Some(raw)) => Some(raw.iter().map(|&byte| byte as i8).collect::<Vec<_>>().into()),
        (_, Some(raw)) => Elements::from_values(dtype, raw.iter().map(|&byte| f64::from(byte))),
        (_, None) => Elements::from_values(dtype, ints.iter().map(|&int| int as f64)),
    });
    Some(read)
}

fn quads(raw: &[u8]) -> impl Iterator<Item = [u8; 4]> {
    raw.as_chunks::<4>().0.iter().copied()
}

fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 127) << shift;
        if byte < 128 {
            return Some(value);
        }
    }
    None
}
