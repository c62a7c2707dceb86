//! Weights files: reading, binding, and what is wrong with broken ones.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::borrow::Cow;
use std::path::PathBuf;

use rebirth_runtime::weights::{Expected, WeightsFile, bind, stage_weights, write_weights};
use rebirth_runtime::{DType, Error, Tensor};
use tempfile::TempDir;

struct Folder(TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("model.safetensors")
    }

    /// What opening a file of these bytes gives.
    fn open(&self, bytes: &[u8]) -> Result<WeightsFile, Error> {
        std::fs::write(self.path(), bytes).unwrap();
        WeightsFile::open(&self.path())
    }

    fn with(&self, tensors: &[(&str, &[usize])]) -> WeightsFile {
        let tensors: Vec<_> = tensors.iter().map(|&(name, shape)| (name, Tensor::zeros(shape).unwrap())).collect();
        let borrowed: Vec<_> = tensors.iter().map(|(name, tensor)| (*name, tensor)).collect();
        write_weights(&self.path(), &borrowed, DType::F32).unwrap();
        WeightsFile::open(&self.path()).unwrap()
    }

    /// An error without the name of the temporary folder.
    fn message(&self, error: &Error) -> String {
        let text = error.to_string().replace(&*self.0.path().to_string_lossy(), "");
        let help = error.help().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
        format!("{}: {text}{help}", error.code())
    }
}

/// A file of this header and this many bytes of data.
fn file(header: &str, data: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(header.as_bytes());
    bytes.resize(bytes.len() + data, 0);
    bytes
}

fn expected(tensors: &[(&str, &[usize])]) -> Vec<Expected> {
    let one = |&(name, shape): &(&str, &[usize])| Expected { name: name.to_owned(), shape: shape.to_vec() };
    tensors.iter().map(one).collect()
}

#[test]
fn f32_comes_back_bit_for_bit() {
    let folder = Folder::new();
    let values = vec![0.0, -0.0, 1.5, f32::MIN_POSITIVE, f32::INFINITY, f32::from_bits(0x7fc0_1234)];
    let tensor = Tensor::new([2, 3], values.clone()).unwrap();
    write_weights(&folder.path(), &[("a", &tensor)], DType::F32).unwrap();
    let file = WeightsFile::open(&folder.path()).unwrap();
    let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&file.to_f32("a").unwrap()), bits(&values));
    let view = file.view("a").unwrap();
    assert_eq!((view.dtype, view.shape, view.bytes.len()), (DType::F32, &[2, 3][..], 24));
    assert_eq!((file.len(), file.is_empty(), file.byte_len()), (1, false, 24));
    assert_eq!(file.view("b"), None);
}

#[test]
fn f16_rounds_to_nearest() {
    let folder = Folder::new();
    let tensor = Tensor::new([4], vec![1.0, 1.0 + 1.0 / 4096.0, 65504.0, f32::NEG_INFINITY]).unwrap();
    write_weights(&folder.path(), &[("a", &tensor)], DType::F16).unwrap();
    let file = WeightsFile::open(&folder.path()).unwrap();
    assert_eq!(file.to_f32("a").unwrap(), [1.0, 1.0, 65504.0, f32::NEG_INFINITY]);
    assert_eq!(file.byte_len(), 8);
}

#[test]
fn bf16_is_the_upper_half_of_f32() {
    let folder = Folder::new();
    let mut bytes = file(r#"{"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}"#, 4);
    let data = bytes.len() - 4;
    bytes[data..].copy_from_slice(&[0x80, 0x3f, 0x20, 0xc0]);
    assert_eq!(folder.open(&bytes).unwrap().to_f32("a").unwrap(), [1.0, -2.5]);
}

#[test]
fn names_are_sorted_and_files_reproducible() {
    let folder = Folder::new();
    let file = folder.with(&[("b", &[1]), ("c", &[2]), ("a", &[3])]);
    assert_eq!(file.names().collect::<Vec<_>>(), ["a", "b", "c"]);
    let first = std::fs::read(folder.path()).unwrap();
    folder.with(&[("a", &[3]), ("c", &[2]), ("b", &[1])]);
    assert_eq!(std::fs::read(folder.path()).unwrap(), first);
}

#[test]
fn the_header_is_the_one_of_other_writers() {
    let folder = Folder::new();
    let [a, b] = [[2, 3].as_slice(), &[2]].map(|shape| Tensor::zeros(shape).unwrap());
    write_weights(&folder.path(), &[("fc.weight", &a), ("fc.bias", &b)], DType::F32).unwrap();
    let stored = [("fc.weight", &a), ("fc.bias", &b)].map(|(name, tensor)| {
        let bytes = vec![0; 4 * tensor.data().len()];
        (
            name,
            safetensors::tensor::TensorView::new(safetensors::Dtype::F32, tensor.shape().to_vec(), bytes.leak())
                .unwrap(),
        )
    });
    assert_eq!(std::fs::read(folder.path()).unwrap(), safetensors::serialize(stored, None).unwrap());
}

#[test]
fn values_are_asked_for_one_after_the_other() {
    let folder = Folder::new();
    let tensors: [(&str, &[usize]); 3] = [("c", &[1]), ("a", &[2]), ("b", &[20_000])];
    let mut asked = Vec::new();
    let staged = stage_weights(&folder.path(), &tensors, DType::F32, |i| {
        asked.push(tensors[i].0);
        Ok::<_, Error>(Cow::Owned(vec![i as f32; tensors[i].1[0]]))
    });
    let staged = staged.unwrap();
    assert!(!folder.path().exists());
    staged.commit().unwrap();
    assert_eq!(asked, ["a", "b", "c"]);
    let file = WeightsFile::open(&folder.path()).unwrap();
    assert_eq!(file.to_f32("a").unwrap(), [1.0, 1.0]);
    assert_eq!(file.to_f32("b").unwrap(), [2.0; 20_000]);
    assert_eq!(file.to_f32("c").unwrap(), [0.0]);
}

#[test]
fn a_tensor_that_fails_leaves_no_file() {
    let folder = Folder::new();
    let error = stage_weights(&folder.path(), &[("a", &[2]), ("b", &[2])], DType::F32, |i| {
        Ok::<_, Error>(Cow::Owned(vec![0.0; 2 + i]))
    });
    insta::assert_snapshot!(folder.message(&error.unwrap_err()), @"E0541: a tensor of shape [2] has 2 elements, but 3 were given");
    assert_eq!(std::fs::read_dir(folder.0.path()).unwrap().count(), 0);
}

#[test]
fn what_cannot_be_stored() {
    let folder = Folder::new();
    let big = Tensor::new([1], vec![65520.0]).unwrap();
    let check = |tensors: &[(&str, &Tensor)], dtype| {
        folder.message(&write_weights(&folder.path(), tensors, dtype).unwrap_err())
    };
    insta::assert_snapshot!(check(&[("a", &big)], DType::F16), @"E0410: the tensor `a` cannot be stored as f16: its value 65520 is beyond the largest, 65504");
    insta::assert_snapshot!(check(&[("a", &big)], DType::I8), @"E0410: the tensor `a` cannot be stored as i8: weights are written as f32 or f16");
    insta::assert_snapshot!(check(&[("a", &big), ("a", &big)], DType::F32), @"E0410: the tensor `a` cannot be stored as f32: the name comes twice");
    assert!(!folder.path().exists());
}

#[test]
fn an_unknown_name() {
    let folder = Folder::new();
    let error = folder.with(&[("stem.weight", &[1])]).to_f32("stem.weigth").unwrap_err();
    insta::assert_snapshot!(folder.message(&error), @r"
    E0409: `/model.safetensors` has no tensor `stem.weigth`
    help: did you mean `stem.weight`?
    ");
}

#[test]
fn bind_gives_the_values_in_the_order_asked_for() {
    let folder = Folder::new();
    let one = |value| Tensor::new([1], vec![value]).unwrap();
    write_weights(&folder.path(), &[("a", &one(1.0)), ("b", &one(f32::INFINITY))], DType::F32).unwrap();
    let file = WeightsFile::open(&folder.path()).unwrap();
    let values = bind(&expected(&[("b", &[1]), ("a", &[1]), ("b", &[1])]), &file).unwrap();
    assert_eq!(values, [[f32::INFINITY], [1.0], [f32::INFINITY]]);
}

#[test]
fn bind_names_everything_that_does_not_fit() {
    let folder = Folder::new();
    let file = folder.with(&[("stem.weigth", &[8, 3, 3, 3]), ("fc.weight", &[10, 8]), ("extra", &[1])]);
    let wanted = expected(&[("stem.weight", &[8, 3, 3, 3]), ("fc.weight", &[8, 10]), ("fc.bias", &[10])]);
    insta::assert_snapshot!(folder.message(&bind(&wanted, &file).unwrap_err()), @r"
    E0408: the weights in `/model.safetensors` do not fit the network
      2 missing:
        `stem.weight` [8, 3, 3, 3], did you mean `stem.weigth`, which is in the file?
        `fc.bias` [10]
      2 not in the network:
        `extra`
        `stem.weigth`
      1 of another shape:
        `fc.weight` is [10, 8], but [8, 10] is expected
    help: tensors are named by their weight paths; rename them in the file, or the layers in the network
    ");
}

#[test]
fn bind_tells_a_file_of_another_size_of_the_network() {
    let folder = Folder::new();
    let file = folder.with(&[("fc.weight", &[10, 8])]);
    let error = bind(&expected(&[("fc.weight", &[20, 8])]), &file).unwrap_err();
    insta::assert_snapshot!(folder.message(&error), @r"
    E0408: the weights in `/model.safetensors` do not fit the network
      1 of another shape:
        `fc.weight` is [10, 8], but [20, 8] is expected
    help: the file belongs to another size of this network
    ");
}

#[test]
fn bind_lists_at_most_twenty_of_a_sort() {
    let check = |count: usize, more: &str| {
        let folder = Folder::new();
        let names: Vec<_> = (0..count).map(|i| format!("layer.{i:02}")).collect();
        let wanted: Vec<_> = names.iter().map(|name| (name.as_str(), [1].as_slice())).collect();
        let error = bind(&expected(&wanted), &folder.with(&[])).unwrap_err().to_string();
        assert_eq!(error.matches("layer.").count(), count.min(20), "{error}");
        assert!(error.ends_with(more), "{error}");
    };
    check(20, "`layer.19` [1]");
    check(21, "and 1 more");
    check(50, "and 30 more");
}

#[test]
fn malformed_files() {
    let check = |bytes: &[u8]| {
        let folder = Folder::new();
        let message = folder.message(&folder.open(bytes).unwrap_err());
        message.lines().next().unwrap_or_default().to_owned()
    };
    let one = |dtype: &str, shape: &str, offsets: &str, data| {
        check(&file(&format!(r#"{{"a":{{"dtype":"{dtype}","shape":{shape},"data_offsets":{offsets}}}}}"#), data))
    };
    insta::assert_snapshot!(check(b""), @"E0403: the weights file `/model.safetensors` is empty");
    insta::assert_snapshot!(check(b"short"), @"E0405: `/model.safetensors` is not a valid safetensors file: it has 5 bytes, fewer than the length of a header takes");
    insta::assert_snapshot!(check(&[0xff; 16]), @"E0406: `/model.safetensors` announces a header of 18446744073709551615 bytes, but at most 16777216 are read");
    insta::assert_snapshot!(check(&file("{}", 0)[..9]), @"E0405: `/model.safetensors` is not a valid safetensors file: invalid header length");
    insta::assert_snapshot!(check(&file("[1]", 0)), @"E0405: `/model.safetensors` is not a valid safetensors file: invalid JSON in header: invalid type: sequence, expected struct HashMetadata at line 1 column 0");
    insta::assert_snapshot!(check(&file("{\"a\":1}", 0)), @"E0405: `/model.safetensors` is not a valid safetensors file: invalid JSON in header: invalid type: integer `1`, expected struct TensorInfo at line 1 column 7");
    insta::assert_snapshot!(one("I64", "[1]", "[0,8]", 8), @"E0407: the tensor `a` in `/model.safetensors` has elements of type I64, but weights are f32, f16 or bf16");
    insta::assert_snapshot!(one("Q7", "[1]", "[0,8]", 8), @"E0405: `/model.safetensors` is not a valid safetensors file: invalid JSON in header: unknown variant `Q7`, expected one of `BOOL`, `F4`, `F6_E2M3`, `F6_E3M2`, `U8`, `I8`, `F8_E5M2`, `F8_E4M3`, `F8_E8M0`, `F8_E4M3FNUZ`, `F8_E5M2FNUZ`, `I16`, `U16`, `F16`, `BF16`...");
    insta::assert_snapshot!(one("F32", "[2]", "[0,4]", 4), @"E0405: `/model.safetensors` is not a valid safetensors file: invalid shape, data type, or offset for tensor");
    insta::assert_snapshot!(one("F32", "[1]", "[0,4]", 3), @"E0405: `/model.safetensors` is not a valid safetensors file: incomplete metadata, file not fully covered");
    insta::assert_snapshot!(one("F32", "[1]", "[0,4]", 5), @"E0405: `/model.safetensors` is not a valid safetensors file: incomplete metadata, file not fully covered");
    insta::assert_snapshot!(one("F32", "[1]", "[4,8]", 8), @"E0405: `/model.safetensors` is not a valid safetensors file: invalid offset for tensor `a`");
    insta::assert_snapshot!(one("F32", "[1]", "[4,0]", 4), @"E0405: `/model.safetensors` is not a valid safetensors file: invalid offset for tensor `a`");
    insta::assert_snapshot!(one("F32", "[-1]", "[0,4]", 4), @"E0405: `/model.safetensors` is not a valid safetensors file: invalid JSON in header: invalid value: integer `-1`, expected usize at line 1 column 55");
    insta::assert_snapshot!(one("F32", "[4294967296,4294967296]", "[0,4]", 4), @"E0405: `/model.safetensors` is not a valid safetensors file: overflow computing buffer size from shape and/or element type");
    insta::assert_snapshot!(one("F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]", 4), @"E0542: a tensor of type f32 and shape [1, 1, 1, 1, 1, 1, 1, 1, 1] is too large");
    insta::assert_snapshot!(one("F32", "[1]", "[0,18446744073709551615]", 4), @"E0405: `/model.safetensors` is not a valid safetensors file: invalid shape, data type, or offset for tensor");
}

#[test]
fn names_from_a_file_are_shortened_and_escaped() {
    let folder = Folder::new();
    let name = format!("\u{1b}[2J{}", "x".repeat(100_000));
    let error = bind(&[], &folder.with(&[(&name, &[1])])).unwrap_err().to_string();
    assert!(error.contains("`\\u{1b}[2Jxxx") && error.len() < 1000, "{error}");
    let shape = vec!["1"; 100_000].join(",");
    let header = format!(r#"{{"a":{{"dtype":"F32","shape":[{shape}],"data_offsets":[0,4]}}}}"#);
    let error = folder.open(&file(&header, 4)).unwrap_err();
    assert_eq!(error.code(), "E0542");
    assert!(error.to_string().len() < 1000);
}

#[test]
fn names_that_come_twice() {
    let folder = Folder::new();
    let check = |first: &str, second: &str| {
        let entry =
            |name: &str, at| format!(r#""{name}":{{"dtype":"F32","shape":[1],"data_offsets":[{at},{}]}}"#, at + 4);
        let header = format!("{{{},{}}}", entry(first, 0), entry(second, 0));
        folder.open(&file(&header, 4)).map(|file| file.len()).map_err(|error| folder.message(&error))
    };
    insta::assert_snapshot!(check("a", "a").unwrap_err(), @r"
    E0405: `/model.safetensors` is not a valid safetensors file: its header has two entries called `a`
    help: the file may be cut short or of another format; convert or fetch it again
    ");
    assert_eq!(check("a", r"\u0061"), check("a", "a"));
}

#[test]
fn overlapping_tensors_are_refused() {
    let header = r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    assert_eq!(Folder::new().open(&file(header, 4)).unwrap_err().code(), "E0405");
}

#[test]
fn the_header_cap_is_inclusive() {
    let folder = Folder::new();
    let cap = rebirth_runtime::weights::MAX_HEADER_BYTES;
    let padded = |len: usize| file(&format!("{{}}{}", " ".repeat(len - 2)), 0);
    assert!(folder.open(&padded(cap)).unwrap().is_empty());
    assert_eq!(folder.open(&padded(cap + 1)).unwrap_err().code(), "E0406");
}

#[test]
fn no_cut_or_flipped_file_panics_or_passes_for_whole() {
    let folder = Folder::new();
    folder.with(&[("a", &[3]), ("b", &[2, 2])]);
    let whole = std::fs::read(folder.path()).unwrap();
    for len in 0..whole.len() {
        let code = folder.open(&whole[..len]).map_err(|error| error.code()).unwrap_err();
        assert!(matches!(code, "E0403" | "E0405"), "{len}: {code}");
    }
    for at in 0..whole.len() {
        for mask in [0x01, 0x80, 0xff] {
            let mut flipped = whole.clone();
            flipped[at] ^= mask;
            if let Ok(file) = folder.open(&flipped) {
                for name in file.names() {
                    let count: usize = file.view(name).unwrap().shape.iter().product();
                    assert_eq!(file.to_f32(name).unwrap().len(), count);
                }
            }
        }
    }
}
