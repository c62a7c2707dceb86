//! Bad ONNX files. Those with data outside of them expect the files of [`BESIDE`] in their folder.

use crate::onnx::{Message, Model, floats, node, raw_tensor, small, tensor, value, value_of};

use super::{Bad, nodes};

/// Regular files beside a model, and how many bytes they have.
pub const BESIDE: [(&str, usize); 2] = [("data.bin", 16), ("empty.bin", 0)];

/// All of them.
pub fn all() -> Vec<Bad> {
    [framing(), cut(), sets(), tensors(), elements(), external(), values(), inputs(), outputs(), nodes::all()].concat()
}

/// The small model, changed.
pub(super) fn changed(change: impl FnOnce(&mut Model)) -> Vec<u8> {
    let mut model = small();
    change(&mut model);
    model.bytes()
}

/// `y = op(x, more)` on an operand of this shape.
pub(super) fn on(x: &[i64], op: &str, more: &[&str], attributes: &[Message], initializers: Vec<Message>) -> Vec<u8> {
    let inputs: Vec<&str> = std::iter::once("x").chain(more.iter().copied()).collect();
    graph(x, vec![node(op, &inputs, &["y"], attributes)], initializers)
}

/// On a batch of two images.
pub(super) fn one(op: &str, more: &[&str], attributes: &[Message], initializers: Vec<Message>) -> Vec<u8> {
    on(&[2, 3, 8, 8], op, more, attributes, initializers)
}

/// From `x` of this shape to `y`.
pub(super) fn graph(x: &[i64], nodes: Vec<Message>, initializers: Vec<Message>) -> Vec<u8> {
    let outputs = vec![Message::new().text(1, "y")];
    Model { opset: 13, nodes, initializers, inputs: vec![value("x", x)], outputs }.bytes()
}

/// The small model with another bias of its convolution.
pub(super) fn with_bias(bias: Message) -> Vec<u8> {
    changed(|model| model.initializers[1] = bias)
}

/// The small model with fields of another graph behind; a decoder merges both.
fn and_graph(fields: &Message) -> Vec<u8> {
    [small().bytes(), Message::new().message(7, fields).0].concat()
}

fn framing() -> Vec<Bad> {
    let bad = |name: &str, word: &'static str, bytes: &[u8]| Bad::new(name, "E1001", word, bytes.to_vec());
    let behind = |bytes: &[u8]| [small().bytes().as_slice(), bytes].concat();
    vec![
        bad("a text", "damaged", b"this is not a model, but the page of an error"),
        bad("a page", "damaged", b"<!DOCTYPE html>\n<html><head><title>404</title></head></html>"),
        bad("a ZIP archive", "damaged", b"PK\x03\x04\x14\0\0\0\x08\0"),
        bad("a pointer of Git LFS", "damaged", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n"),
        bad("bytes of ones", "field", &[0xff; 64]),
        bad("a field of number 0", "tag", &behind(&[0x00, 0x01])),
        bad("a group", "unknown kind", &behind(&[0x0b, 0x0c])),
        bad("a kind of field that does not exist", "unknown kind", &behind(&[0x0e])),
        bad("a length beyond the end", "ends within", &behind(&[0x3a, 0x7f])),
        bad(
            "a length of 2^63",
            "ends within",
            &behind(&[0x3a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]),
        ),
        bad("a length that does not end", "ends within", &behind(&[[0x3a].as_slice(), &[0xff; 12]].concat())),
        bad("a number that does not end", "ends within", &behind(&[0x08, 0xff])),
        bad("a fixed number cut short", "ends within", &behind(&[0x0d, 0, 0])),
        bad("a graph that is a number", "wire type", &behind(&Message::new().int(7, 1).0)),
        bad("a node longer than its graph", "ends within", &behind(&[0x3a, 2, 0x0a, 1])),
        bad(
            "an operator that is not UTF-8",
            "UTF-8",
            &changed(|model| model.nodes.push(Message::new().bytes(4, b"Re\xfflu"))),
        ),
        bad(
            "floats of no whole number",
            "damaged",
            &with_bias(Message::new().int(1, 4).int(2, 1).text(8, "conv.bias").bytes(4, &[0; 15])),
        ),
        Bad::new("a version and nothing else", "E1003", "no graph", vec![0x08, 0x07]),
        Bad::new("a graph of nothing", "E1003", "no outputs", Message::new().message(7, &Message::new()).0),
        Bad::new("no outputs", "E1003", "no outputs", changed(|model| model.outputs.clear())),
    ]
}

/// A model of several kilobytes, cut at every one of them.
fn cut() -> Vec<Bad> {
    let whole = changed(|model| {
        model.initializers[2..].iter_mut().for_each(|tensor| *tensor = tensor.clone().text(12, &"a".repeat(4000)))
    });
    let ends = (1024..whole.len()).step_by(1024);
    let cut: Vec<Bad> = ends
        .map(|end| Bad::new(format!("cut behind {end} bytes"), "E1001", "ends within a field", whole[..end].to_vec()))
        .collect();
    assert!(cut.len() > 7, "{} bytes", whole.len());
    cut
}

fn sets() -> Vec<Bad> {
    let set = |name: &str, opset: i64, word| Bad::new(name, "E1004", word, changed(|model| model.opset = opset));
    let of = |opsets: &[Message]| {
        let bytes = small().bytes();
        // The model ends with its only operator set.
        let own = Message::new().message(8, &Message::new().text(1, "").int(2, 13)).0;
        assert!(bytes.ends_with(&own));
        [&bytes[..bytes.len() - own.len()], &Message::new().messages(8, opsets).0].concat()
    };
    vec![
        set("operator set 0", 0, "operator set 0"),
        set("operator set 6, too old", 6, "operator set 6, but 7"),
        set("operator set 99, too new", 99, "operator set 99"),
        set("a negative operator set", -1, "operator set -1"),
        set("the largest operator set", i64::MAX, "9223372036854775807"),
        Bad::new("no operator set", "E1004", "does not say", of(&[])),
        Bad::new(
            "an operator set of another domain only",
            "E1004",
            "does not say",
            of(&[Message::new().text(1, "ai.onnx.ml").int(2, 3)]),
        ),
        Bad::new("two operator sets", "E1004", "two", of(&[Message::new().int(2, 13), Message::new().int(2, 9)])),
    ]
}

fn tensors() -> Vec<Bad> {
    let bad = |name: &str, word: &'static str, bias: Message| Bad::new(name, "E1006", word, with_bias(bias));
    let head = |data_type: i64| Message::new().int(1, 4).int(2, data_type).text(8, "conv.bias");
    let raw = |dims: &[i64], bytes: usize| raw_tensor("conv.bias", dims, 1, &vec![0; bytes]);
    let entries = Message::new().text(1, "location").text(2, "data.bin");
    vec![
        bad("no data", "no data", raw(&[4], 0)),
        bad("data one byte short", "15", raw(&[4], 15)),
        bad("data one byte long", "17", raw(&[4], 17)),
        bad("data of twice the length", "`conv.bias`", raw(&[4], 32)),
        bad("raw and typed data", "2 payloads", raw(&[4], 16).bytes(4, &[0; 16])),
        bad("data of two types", "2 payloads", head(1).bytes(4, &[0; 16]).bytes(7, &[0; 4])),
        bad("data inside and outside", "2 payloads", raw(&[4], 16).message(13, &entries).int(14, 1)),
        bad("integers as data of numbers", "FLOAT", head(1).bytes(7, &[0; 4])),
        bad("numbers as data of integers", "INT64", head(7).bytes(4, &[0; 16])),
        bad("texts as data of numbers", "FLOAT", head(1).text(6, "1").text(6, "2").text(6, "3").text(6, "4")),
        bad("three numbers for four elements", "3", head(1).bytes(4, &[0; 12])),
        bad("three halves for four elements", "3", head(10).bytes(5, &[0; 3])),
        bad("three doubles for four elements", "3", head(11).bytes(10, &[0; 24])),
        bad("an unsigned number for four elements", "1", head(13).bytes(11, &[0])),
        bad("a negative dimension", "-4", raw(&[-4], 16)),
        bad("the most negative dimension", "-9223372036854775808", raw(&[i64::MIN], 16)),
        bad("a shape whose product overflows", "more elements", raw(&[i64::MAX, i64::MAX], 16)),
        bad("a shape whose bytes overflow", "more elements", raw(&[i64::MAX / 4 + 1], 16)),
        bad("a shape of 4 TiB", "more elements", raw(&[1 << 40], 16)),
        bad("nine dimensions", "9 dimensions", raw(&[1; 9], 4)),
        bad("a huge dimension behind an empty one", "more elements", raw(&[0, 1 << 40, 1 << 40], 0)),
        bad("a huge dimension before an empty one", "more elements", raw(&[1 << 40, 1 << 40, 0], 0)),
        Bad::new(
            "a tensor of an attribute cut short",
            "E1006",
            "gives `c`",
            changed(|model| {
                model.nodes.push(node("Constant", &[], &["c"], &[tensor("value", &raw_tensor("", &[4], 1, &[0; 15]))]));
            }),
        ),
        Bad::new("a sparse tensor", "E1006", "sparse", and_graph(&Message::new().message(15, &Message::new()))),
        Bad::new("an empty bias", "E1013", "Conv", with_bias(raw(&[0], 0))),
        Bad::new("a bias of two dimensions", "E1013", "[2, 2]", with_bias(raw(&[2, 2], 16))),
    ]
}

fn elements() -> Vec<Bad> {
    let types = [
        (0, "no type"),
        (8, "STRING"),
        (14, "COMPLEX64"),
        (15, "COMPLEX128"),
        (17, "type 17"),
        (22, "type 22"),
        (99, "type 99"),
        (-1, "type -1"),
    ];
    types
        .into_iter()
        .map(|(number, word)| {
            Bad::new(
                format!("a tensor of type {number}"),
                "E1018",
                word,
                with_bias(raw_tensor("conv.bias", &[4], number, &[0; 16])),
            )
        })
        .collect()
}

fn external() -> Vec<Bad> {
    let entry = |key: &str, text: &str| Message::new().text(1, key).text(2, text);
    let outside = |entries: &[Message]| {
        with_bias(Message::new().int(1, 4).int(2, 1).text(8, "conv.bias").messages(13, entries).int(14, 1))
    };
    let at = |location: &str| outside(&[entry("location", location)]);
    let with = |more: &[(&str, &str)]| {
        let entries: Vec<Message> = std::iter::once(("location", "data.bin"))
            .chain(more.iter().copied())
            .map(|(key, text)| entry(key, text))
            .collect();
        outside(&entries)
    };
    let mut rows: Vec<Bad> = [
        ("no name", ""),
        ("this folder", "."),
        ("the folder above", ".."),
        ("a file in the folder above", "../data.bin"),
        ("a file above a folder", "folder/../data.bin"),
        ("an absolute path", "/etc/passwd"),
        ("a device", "/dev/zero"),
        ("this folder before the name", "./data.bin"),
        ("a file in a folder", "folder/data.bin"),
        ("a slash behind the name", "data.bin/"),
        ("two slashes", "//data.bin"),
        ("a backslash", "..\\data.bin"),
        ("a drive", "C:data.bin"),
        ("a share", "\\\\server\\data.bin"),
        ("a link with a scheme", "file:///etc/passwd"),
        ("a NUL in the name", "data.bin\0"),
    ]
    .into_iter()
    .map(|(name, location)| Bad::new(format!("data outside: {name}"), "E1007", "no bare file name", at(location)))
    .collect();
    rows.extend([
        Bad::new("data outside: a link", "E1007", "is a link", at("link.bin")),
        Bad::new("data outside: a link to nothing", "E1007", "is a link", at("dangling.bin")),
        Bad::new("data outside: a file that is missing", "E0401", "none.bin", at("none.bin")),
        Bad::new("data outside: a directory", "E0402", "directory", at("folder")),
        Bad::new("data outside: a pipe", "E0402", "pipe", at("pipe")),
        Bad::new("data outside: an empty file", "E0403", "empty", at("empty.bin")),
        Bad::new("data outside: a name too long for a file", "E1007", "longer than", at(&"a".repeat(5000))),
        Bad::new("data outside: nowhere", "E1007", "not said where", outside(&[])),
        Bad::new("data outside: an unknown key only", "E1007", "not said where", outside(&[entry("path", "data.bin")])),
        Bad::new(
            "data outside: a negative offset",
            "E1007",
            "the offset of its data is `-1`",
            with(&[("offset", "-1")]),
        ),
        Bad::new("data outside: an offset that is no number", "E1007", "`0x10`", with(&[("offset", "0x10")])),
        Bad::new(
            "data outside: an offset beyond 64 bits",
            "E1007",
            "offset",
            with(&[("offset", "18446744073709551616")]),
        ),
        Bad::new(
            "data outside: an offset beyond the end",
            "E1007",
            "the file has 16",
            with(&[("offset", "17"), ("length", "0")]),
        ),
        Bad::new(
            "data outside: a sum that overflows",
            "E1007",
            "18446744073709551615",
            with(&[("offset", "18446744073709551615"), ("length", "16")]),
        ),
        Bad::new(
            "data outside: a length beyond the end",
            "E1007",
            "from byte 8",
            with(&[("offset", "8"), ("length", "16")]),
        ),
        Bad::new("data outside: no length, beyond the end", "E1007", "from byte 4", with(&[("offset", "4")])),
        Bad::new("data outside: a length that is no number", "E1007", "`many`", with(&[("length", "many")])),
        Bad::new("data outside: a length of less than the shape", "E1006", "12", with(&[("length", "12")])),
        Bad::new("data outside: a length of none", "E1006", "0", with(&[("length", "0")])),
    ]);
    rows
}

fn values() -> Vec<Bad> {
    let relu = |from: &str, to: &str| node("Relu", &[from], &[to], &[]);
    let bad = |name: &str, word: &'static str, bytes: Vec<u8>| Bad::new(name, "E1008", word, bytes);
    let twice = |name: &str, word: &'static str, bytes: Vec<u8>| Bad::new(name, "E1009", word, bytes);
    vec![
        bad(
            "a circle of two",
            "`a`, which is defined behind",
            graph(&[2], vec![node("Add", &["x", "a"], &["b"], &[]), relu("b", "a"), relu("a", "y")], vec![]),
        ),
        bad("a circle of one", "`a`", graph(&[2], vec![node("Add", &["x", "a"], &["a"], &[]), relu("a", "y")], vec![])),
        bad("nodes in the wrong order", "defined behind", changed(|model| model.nodes.swap(0, 1))),
        bad(
            "a value that nothing defines",
            "`none`, which nothing defines",
            graph(&[2], vec![relu("none", "y")], vec![]),
        ),
        bad("a weight that is missing", "`fc.weight`", changed(|model| drop(model.initializers.remove(2)))),
        bad("an input that is missing", "`x`", changed(|model| model.inputs.clear())),
        bad(
            "a value of a graph within",
            "`inner`",
            graph(&[2], vec![node("Add", &["x", "inner"], &["y"], &[])], vec![]),
        ),
        twice("two inputs of a name", "`x`", changed(|model| model.inputs.push(value("x", &[1])))),
        twice(
            "two tensors of a name",
            "`fc.bias`",
            changed(|model| model.initializers.push(floats("fc.bias", &[3], &[0.0; 3]))),
        ),
        twice("two results of a name", "gives `r`", changed(|model| model.nodes.push(relu("x", "r")))),
        twice("a result called as the input", "`x`", changed(|model| model.nodes.push(relu("c", "x")))),
        twice("a result called as a weight", "`fc.bias`", changed(|model| model.nodes.push(relu("c", "fc.bias")))),
        twice("a result called as its operand", "`c`", changed(|model| model.nodes[1] = relu("c", "c"))),
        twice(
            "two results of one node",
            "`s`",
            graph(&[4], vec![node("Split", &["x"], &["s", "s"], &[]), relu("s", "y")], vec![]),
        ),
    ]
}

fn inputs() -> Vec<Bad> {
    let bad = |name: &str, word: &'static str, input: Message| {
        Bad::new(name, "E1011", word, changed(|model| model.inputs = vec![input]))
    };
    let of = |dims: &[Message]| {
        let shape = Message::new().messages(1, dims);
        Message::new().text(1, "x").message(2, &Message::new().message(1, &Message::new().int(1, 1).message(2, &shape)))
    };
    let sequence = Message::new().message(4, &Message::new());
    let mut rows = vec![
        bad("an input without a type", "no tensor", Message::new().text(1, "x")),
        bad("an input that is a sequence", "no tensor", Message::new().text(1, "x").message(2, &sequence)),
        bad(
            "an input without a shape",
            "no shape",
            Message::new().text(1, "x").message(2, &Message::new().message(1, &Message::new().int(1, 1))),
        ),
        bad("an input of nine dimensions", "`x`", value("x", &[1; 9])),
        bad("an input of too many elements", "`x`", value("x", &[1, 2, 1 << 40, 1 << 40])),
        bad("an input of the largest extent", "`x`", value("x", &[i64::MAX, 2, 6, 6])),
        bad(
            "an input of a negative extent",
            "-6",
            of(&[Message::new().int(1, 1), Message::new().int(1, 2), Message::new().int(1, -6)]),
        ),
        bad("an input of the most negative extent", "-9223372036854775808", of(&[Message::new().int(1, i64::MIN)])),
        Bad::new(
            "an input of three channels for two",
            "E1013",
            "Conv",
            changed(|model| model.inputs = vec![value("x", &[1, 3, 6, 6])]),
        ),
        Bad::new(
            "an input without a batch",
            "E1013",
            "Conv",
            changed(|model| model.inputs = vec![value("x", &[2, 6, 6])]),
        ),
        Bad::new(
            "an input without any dimension",
            "E1005",
            "0 dimensions",
            changed(|model| model.inputs = vec![value("x", &[])]),
        ),
        Bad::new(
            "height and width without a size",
            "E1015",
            "has no size",
            on(&[1, 3, -1, -1], "Relu", &[], &[], vec![]),
        ),
    ];
    for (number, word) in
        [(0, "no type"), (4, "UINT16"), (8, "STRING"), (10, "FLOAT16"), (11, "DOUBLE"), (13, "UINT64"), (99, "type 99")]
    {
        rows.push(bad(&format!("an input of type {number}"), word, value_of("x", number, &[1, 2, 6, 6])));
    }
    rows
}

fn outputs() -> Vec<Bad> {
    let bad = |name: &str, word: &'static str, outputs: Vec<Message>| {
        Bad::new(name, "E1016", word, changed(|model| model.outputs = outputs))
    };
    vec![
        bad("an output nobody computes", "nothing computes the output `none`", vec![value("none", &[1])]),
        bad("an output without a name", "``", vec![Message::new()]),
        bad("an output twice", "twice", vec![value("y", &[-1, 3]), value("y", &[-1, 3])]),
        bad("an output that is a weight", "`fc.bias`", vec![value("fc.bias", &[3])]),
        bad("an output of another extent", "f32[1,3]", vec![value("y", &[-1, 5])]),
        bad("an output of another rank", "f32[1,3]", vec![value("y", &[3])]),
        bad("an output of another type", "INT64", vec![value_of("y", 7, &[-1, 3])]),
        bad("an output of texts", "STRING", vec![value_of("y", 8, &[-1, 3])]),
        bad("an output of a huge extent", "9223372036854775807", vec![value("y", &[1, i64::MAX])]),
        Bad::new(
            "an output of negative extent",
            "E1016",
            "-3",
            changed(|model| {
                let shape = Message::new().messages(1, &[Message::new().int(1, 1), Message::new().int(1, -3)]);
                let ty = Message::new().message(1, &Message::new().int(1, 1).message(2, &shape));
                model.outputs = vec![Message::new().text(1, "y").message(2, &ty)];
            }),
        ),
    ]
}
