//! Bad safetensors files for a network whose layer `fc` has a weight [2, 3] and a bias [2].

use super::Bad;

/// Header of the good file, which has 32 bytes of data.
pub const GOOD: &str = r#"{"fc.bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"fc.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[8,32]}}"#;

/// A file of this header and so many bytes of data.
pub fn file(header: impl AsRef<[u8]>, payload: usize) -> Vec<u8> {
    let header = header.as_ref();
    announced(header.len() as u64, header, payload)
}

/// A file that says this of the length of its header.
pub fn announced(length: u64, header: impl AsRef<[u8]>, payload: usize) -> Vec<u8> {
    let mut bytes = length.to_le_bytes().to_vec();
    bytes.extend(header.as_ref());
    bytes.extend(vec![0; payload]);
    bytes
}

/// The good file with a part of its header replaced, and so many bytes of data.
fn with(old: &str, new: &str, payload: usize) -> Vec<u8> {
    assert!(GOOD.contains(old), "{old}");
    file(GOOD.replacen(old, new, 1), payload)
}

/// A file of one tensor.
fn one(name: &str, dtype: &str, shape: &str, offsets: &str, payload: usize) -> Vec<u8> {
    file(format!(r#"{{"{name}":{{"dtype":"{dtype}","shape":{shape},"data_offsets":{offsets}}}}}"#), payload)
}

/// All of them.
pub fn all() -> Vec<Bad> {
    [framing(), headers(), offsets(), types(), misfits()].concat()
}

fn framing() -> Vec<Bad> {
    let good = || file(GOOD, 32);
    let header_end = 8 + GOOD.len();
    let mut rows = vec![
        Bad::new("one byte", "E0405", "1 bytes", vec![0]),
        Bad::new("seven bytes", "E0405", "7 bytes", vec![0; 7]),
        Bad::new("a length of 0 and nothing else", "E0405", "JSON", vec![0; 8]),
        Bad::new("a text", "E0406", "header", b"these are not weights at all".to_vec()),
        Bad::new(
            "a pickle, as PyTorch saves",
            "E0406",
            "header",
            [b"PK\x03\x04\0\0\x08\x08\0\0".as_slice(), &[0; 60]].concat(),
        ),
        Bad::new("an HDF5 file", "E0406", "header", [b"\x89HDF\r\n\x1a\n".as_slice(), &[0; 60]].concat()),
        Bad::new("a numpy array", "E0406", "header", [b"\x93NUMPY\x01\0v\0".as_slice(), &[b' '; 60]].concat()),
        Bad::new("bytes of ones", "E0406", "header", vec![0xff; 64]),
        Bad::new("a header of all numbers", "E0406", "18446744073709551615", announced(u64::MAX, GOOD, 32)),
        Bad::new("a header beyond the cap", "E0406", "bytes", announced(200_000_001, GOOD, 32)),
        Bad::new("a header of 2^63 bytes", "E0406", "9223372036854775808", announced(1 << 63, GOOD, 32)),
        Bad::new(
            "a length in big-endian order",
            "E0406",
            "header",
            announced((GOOD.len() as u64).swap_bytes(), GOOD, 32),
        ),
        Bad::new(
            "a header longer than the file",
            "E0405",
            "header length",
            announced(GOOD.len() as u64 + 33, GOOD, 32),
        ),
        Bad::new("a header that takes in data", "E0405", "JSON", announced(GOOD.len() as u64 + 1, GOOD, 32)),
        Bad::new("a header one byte short", "E0405", "JSON", announced(GOOD.len() as u64 - 1, GOOD, 32)),
        Bad::new("a header of no bytes", "E0405", "JSON", announced(0, GOOD, 32)),
        Bad::new("the file cut within its length", "E0405", "bytes", good()[..5].to_vec()),
        Bad::new("the file cut within its header", "E0405", "header length", good()[..60].to_vec()),
        Bad::new("the file cut behind its header", "E0405", "not fully covered", good()[..header_end].to_vec()),
        Bad::new("the file cut within its data", "E0405", "not fully covered", good()[..header_end + 31].to_vec()),
        Bad::new("a byte behind the data", "E0405", "not fully covered", file(GOOD, 33)),
        Bad::new("the file twice", "E0405", "not fully covered", [good(), good()].concat()),
    ];
    let mut swapped = good();
    swapped.swap(8, 9);
    rows.push(Bad::new("two bytes swapped", "E0405", "JSON", swapped));
    rows
}

fn headers() -> Vec<Bad> {
    let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    vec![
        Bad::new(
            "a header that is not UTF-8",
            "E0405",
            "UTF-8",
            file([b"{\"\xff\":0}".as_slice(), &[b' '; 8]].concat(), 0),
        ),
        Bad::new("a header of spaces", "E0405", "JSON", file("        ", 0)),
        Bad::new("a header that is a list", "E0405", "JSON", file("[]", 0)),
        Bad::new("a header that is null", "E0405", "JSON", file("null", 0)),
        Bad::new("a header that is a number", "E0405", "JSON", file("12345678", 0)),
        Bad::new("a header of NUL bytes", "E0405", "JSON", file([0; 16], 0)),
        Bad::new("a comma too many", "E0405", "JSON", with("}}", "},}", 32)),
        Bad::new("text behind the header's end", "E0405", "JSON", file(format!("{GOOD}{GOOD}"), 32)),
        Bad::new("lists in lists", "E0405", "recursion", file(nested(100_000), 0)),
        Bad::new("a tensor that is a list", "E0405", "JSON", file(r#"{"fc.bias":[2]}"#, 0)),
        Bad::new("a tensor that is null", "E0405", "JSON", file(r#"{"fc.bias":null}"#, 0)),
        Bad::new("a tensor without fields", "E0405", "dtype", file(r#"{"fc.bias":{}}"#, 0)),
        Bad::new("no type", "E0405", "dtype", with(r#""dtype":"F32","#, "", 32)),
        Bad::new("no shape", "E0405", "shape", with(r#""shape":[2],"#, "", 32)),
        Bad::new("no offsets", "E0405", "data_offsets", with(r#","data_offsets":[0,8]"#, "", 32)),
        Bad::new(
            "a type that comes twice",
            "E0405",
            "duplicate",
            with(r#""dtype":"F32","#, r#""dtype":"F32","dtype":"F32","#, 32),
        ),
        Bad::new(
            "a tensor that comes twice",
            "E0405",
            "`fc.bias`",
            with("{\"fc.bias\"", r#"{"fc.bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"fc.bias""#, 32),
        ),
        Bad::new("a shape that is text", "E0405", "JSON", with("[2]", "\"2\"", 32)),
        Bad::new("a shape of text", "E0405", "JSON", with("[2]", "[\"2\"]", 32)),
        Bad::new("a negative extent", "E0405", "JSON", with("[2]", "[-2]", 32)),
        Bad::new("an extent with a fraction", "E0405", "JSON", with("[2]", "[2.5]", 32)),
        Bad::new("an extent beyond 64 bits", "E0405", "JSON", with("[2]", "[18446744073709551616]", 32)),
        Bad::new(
            "metadata that is a list",
            "E0405",
            "JSON",
            with("{\"fc.bias\"", "{\"__metadata__\":[],\"fc.bias\"", 32),
        ),
        Bad::new(
            "metadata of numbers",
            "E0405",
            "JSON",
            with("{\"fc.bias\"", "{\"__metadata__\":{\"a\":1},\"fc.bias\"", 32),
        ),
    ]
}

fn offsets() -> Vec<Bad> {
    vec![
        Bad::new("tensors that overlap", "E0405", "offset", with("[8,32]", "[4,28]", 28)),
        Bad::new("a gap between tensors", "E0405", "offset", with("[8,32]", "[12,36]", 36)),
        Bad::new("a gap before the first tensor", "E0405", "offset", with("[0,8]", "[4,8]", 32)),
        Bad::new("both tensors at one place", "E0405", "offset", with("[8,32]", "[0,24]", 24)),
        Bad::new("offsets the wrong way round", "E0405", "offset", with("[8,32]", "[32,8]", 32)),
        Bad::new("offsets of one number", "E0405", "JSON", with("[8,32]", "[8]", 32)),
        Bad::new("offsets of three numbers", "E0405", "JSON", with("[8,32]", "[8,32,32]", 32)),
        Bad::new("negative offsets", "E0405", "JSON", with("[0,8]", "[-8,8]", 32)),
        Bad::new("offsets near the largest number", "E0405", "shape", with("[8,32]", "[8,18446744073709551615]", 32)),
        Bad::new("offsets beyond the data", "E0405", "shape", with("[8,32]", "[8,64]", 32)),
        Bad::new("a shape of more than the data", "E0405", "shape", with("[2,3]", "[2,4]", 32)),
        Bad::new("a shape of less than the data", "E0405", "shape", with("[2,3]", "[2,2]", 32)),
        Bad::new(
            "a shape whose product overflows",
            "E0405",
            "overflow",
            with("[2,3]", "[4294967296,4294967296,3]", 32),
        ),
        Bad::new("a shape whose bytes overflow", "E0405", "overflow", with("[2,3]", "[9223372036854775807]", 32)),
        Bad::new("nine dimensions", "E0542", "too large", one("fc.bias", "F32", "[1,1,1,1,1,1,1,1,2]", "[0,8]", 8)),
    ]
}

fn types() -> Vec<Bad> {
    let known = ["BOOL", "U8", "I8", "U16", "I16", "U32", "I32", "U64", "I64", "F64", "F8_E4M3", "F8_E5M2", "C64"];
    let sizes = [1, 1, 1, 2, 2, 4, 4, 8, 8, 8, 1, 1, 8];
    let mut rows: Vec<Bad> = known
        .iter()
        .zip(sizes)
        .map(|(dtype, size)| {
            let bytes = one("fc.bias", dtype, "[2]", &format!("[0,{}]", 2 * size), 2 * size);
            Bad::new(format!("elements of {dtype}"), "E0407", "fc.bias", bytes)
        })
        .collect();
    rows.extend([
        Bad::new("an unknown type", "E0405", "F128", one("fc.bias", "F128", "[2]", "[0,32]", 32)),
        Bad::new("a type in small letters", "E0405", "f32", one("fc.bias", "f32", "[2]", "[0,8]", 8)),
        Bad::new("a type that is a number", "E0405", "JSON", with("\"F32\"", "1", 32)),
        Bad::new("elements of half a byte", "E0405", "byte boundary", one("fc.bias", "F4", "[3]", "[0,2]", 2)),
        Bad::new(
            "an integer under a name with control characters",
            "E0407",
            "a",
            one("a\\u001b[31m\\n", "I32", "[2]", "[0,8]", 8),
        ),
        Bad::new("an integer under a long name", "E0407", "aaa", one(&"a".repeat(100_000), "I32", "[2]", "[0,8]", 8)),
    ]);
    rows
}

fn misfits() -> Vec<Bad> {
    let bias = r#""fc.bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"#;
    let more = |name: &str| {
        GOOD.replace("]}}", &format!(r#"]}},"{name}":{{"dtype":"F32","shape":[2],"data_offsets":[32,40]}}}}"#))
    };
    let many = (0..2000).map(|i| format!(r#""a{i}":{{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#));
    vec![
        Bad::new("no tensors", "E0408", "2 missing", file("{}", 0)),
        Bad::new("metadata only", "E0408", "2 missing", file(r#"{"__metadata__":{"format":"pt"}}"#, 0)),
        Bad::new(
            "a tensor is missing",
            "E0408",
            "`fc.bias` [2]",
            file(GOOD.replace(bias, "").replace("[8,32]", "[0,24]"), 24),
        ),
        Bad::new("a tensor too many", "E0408", "fc.scale", file(more("fc.scale"), 40)),
        Bad::new("a name misspelt", "E0408", "did you mean `fc.bais`", with("fc.bias", "fc.bais", 32)),
        Bad::new("a name in capitals", "E0408", "FC.BIAS", with("fc.bias", "FC.BIAS", 32)),
        Bad::new("a name with a space", "E0408", "not in the network", with("fc.bias", "fc.bias ", 32)),
        Bad::new("an empty name", "E0408", "not in the network", with("fc.bias", "", 32)),
        Bad::new("names of another framework", "E0408", "fc/kernel:0", with("fc.weight", "fc/kernel:0", 32)),
        Bad::new(
            "a name with control characters",
            "E0408",
            "not in the network",
            with("fc.bias", "a\\u0007\\u001b[2J\\u009b\\n", 32),
        ),
        Bad::new("a name of 100,000 letters", "E0408", "bbb", with("fc.bias", &"b".repeat(100_000), 32)),
        Bad::new(
            "thousands of tensors too many",
            "E0408",
            "and 1980 more",
            file(format!("{{{}}}", many.collect::<Vec<_>>().join(",")), 0),
        ),
        Bad::new("a transposed weight", "E0408", "`fc.weight` is [3, 2]", with("[2,3]", "[3,2]", 32)),
        Bad::new("a flat weight", "E0408", "`fc.weight` is [6]", with("[2,3]", "[6]", 32)),
        Bad::new("a weight of higher rank", "E0408", "[2, 3, 1, 1]", with("[2,3]", "[2,3,1,1]", 32)),
        Bad::new(
            "a scalar as bias",
            "E0408",
            "`fc.bias` is []",
            file(GOOD.replace("[2],", "[],").replace("[0,8]", "[0,4]").replace("[8,32]", "[4,28]"), 28),
        ),
        Bad::new(
            "an empty bias",
            "E0408",
            "`fc.bias` is [0]",
            file(GOOD.replace("[2],", "[0],").replace("[0,8]", "[0,0]").replace("[8,32]", "[0,24]"), 24),
        ),
    ]
}
