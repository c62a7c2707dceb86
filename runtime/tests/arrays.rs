//! `.npy` files: reading, writing, and what is wrong with broken ones.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use rebirth_runtime::elements::Elements;
use rebirth_runtime::npy::{MAX_HEADER_BYTES, parse_npy, read_npy, write_npy};
use rebirth_runtime::{DType, Error, Tensor};

/// A file with this header text and data.
fn file(version: u8, header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY".to_vec();
    bytes.extend_from_slice(&[version, 0]);
    let len = (header.len() as u32).to_le_bytes();
    bytes.extend_from_slice(if version == 1 { &len[..2] } else { &len });
    bytes.extend_from_slice(header.as_bytes());
    bytes.extend_from_slice(data);
    bytes
}

fn header(descr: &str, fortran: &str, shape: &str) -> String {
    format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n")
}

fn parse(bytes: &[u8]) -> Result<Tensor, Error> {
    parse_npy(bytes, Path::new("x.npy"))
}

fn check(bytes: &[u8]) -> String {
    let error = parse(bytes).unwrap_err();
    let help = error.help().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    format!("{}: {error}{help}", error.code())
}

#[test]
fn what_is_written_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    for (shape, data) in [
        (vec![], vec![f32::MIN_POSITIVE]),
        (vec![3], vec![1.0, -0.0, f32::INFINITY]),
        (vec![1, 2, 2], vec![1.0, 2.0, 3.0, 4.0]),
        (vec![2, 0], vec![]),
        (vec![1; 8], vec![5.0]),
    ] {
        let tensor = Tensor::new(shape, data).unwrap();
        write_npy(&path, &tensor).unwrap();
        assert_eq!(read_npy(&path).unwrap(), tensor);
    }
}

#[test]
fn the_bytes_are_those_that_numpy_writes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    write_npy(&path, &Tensor::new([1, 2], vec![1.0, 2.0]).unwrap()).unwrap();
    let text = format!("{:<117}\n", "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }");
    assert_eq!(std::fs::read(&path).unwrap(), file(1, &text, &[0, 0, 0x80, 0x3f, 0, 0, 0, 0x40]));
}

#[test]
fn all_three_versions() {
    for version in [1, 2, 3] {
        let bytes = file(version, &header("<f4", "False", "(1,)"), &[0, 0, 0x80, 0x3f]);
        assert_eq!(parse(&bytes).unwrap().data(), [1.0], "version {version}");
    }
}

#[test]
fn one_dimension_has_no_order() {
    let bytes = file(1, &header("<f4", "True", "(2,)"), &[0; 8]);
    assert_eq!(parse(&bytes).unwrap().shape(), [2]);
}

#[test]
fn other_arrays_say_how_to_convert_them() {
    let array = |descr, fortran| check(&file(1, &header(descr, fortran, "(1, 2)"), &[0; 8]));
    insta::assert_snapshot!(array("<f8", "False"), @r"
    E0512: the array `x.npy` holds f64 (`<f8`), which tensors are not of
    help: tensors are of f32, u8, i8, i32, i64, bool: convert it, as `array.astype('<f4')` does
    ");
    insta::assert_snapshot!(array(">f4", "False"), @r"
    E0512: the array `x.npy` holds big-endian f32 (`>f4`), which tensors are not of
    help: tensors are of f32, u8, i8, i32, i64, bool: convert it, as `array.astype('<f4')` does
    ");
    insta::assert_snapshot!(array("<u8", "False"), @r"
    E0512: the array `x.npy` holds u64 (`<u8`), which tensors are not of
    help: tensors are of f32, u8, i8, i32, i64, bool: convert it, as `array.astype('<f4')` does
    ");
    insta::assert_snapshot!(array("<f4", "True"), @r"
    E0513: the array `x.npy` is stored in Fortran order, but C order is expected
    help: convert it: `numpy.save(path, numpy.ascontiguousarray(array))`
    ");
}

#[test]
fn every_type_of_tensors_is_written_and_read() {
    for dtype in DType::ALL {
        let values = [0.0, 1.0, -3.0, 7.0].into_iter();
        let Some(elements) = Elements::from_values(dtype, values) else { continue };
        let tensor = Tensor::new([2, 2], elements).unwrap();
        let path = std::env::temp_dir().join(format!("rebirth-{}-{dtype}.npy", std::process::id()));
        write_npy(&path, &tensor).unwrap();
        let again = read_npy(&path);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(again.unwrap(), tensor);
    }
}

#[test]
fn a_bool_is_0_or_1() {
    let bytes = |data: &[u8]| file(1, &header("|b1", "False", "(3,)"), data);
    assert_eq!(parse(&bytes(&[0, 1, 0])).unwrap().as_slice(), Some(&[false, true, false][..]));
    insta::assert_snapshot!(check(&bytes(&[0, 1, 2])), @r"
    E0511: `x.npy` is not a valid .npy file: it is of bool, but has a byte of 2
    help: write it with `numpy.save(path, array)`
    ");
}

#[test]
fn malformed_files() {
    let array = |shape, data| check(&file(1, &header("<f4", "False", shape), &vec![0; data]));
    insta::assert_snapshot!(check(b"not an array"), @r"
    E0511: `x.npy` is not a valid .npy file: it does not start with the bytes `\x93NUMPY`
    help: write it with `numpy.save(path, array)`
    ");
    insta::assert_snapshot!(check(b"\x93NUMPY\x04\0\0\0"), @r"
    E0511: `x.npy` is not a valid .npy file: version 4.0 is unknown
    help: write it with `numpy.save(path, array)`
    ");
    insta::assert_snapshot!(check(b"\x93NUMPY\x02\0\xff\xff\xff\xff"), @r"
    E0511: `x.npy` is not a valid .npy file: its header has 4294967295 bytes, but at most 65536 are read
    help: write it with `numpy.save(path, array)`
    ");
    insta::assert_snapshot!(check(b"\x93NUMPY\x01\0\x01\0\xff"), @r"
    E0511: `x.npy` is not a valid .npy file: its header is not text
    help: write it with `numpy.save(path, array)`
    ");
    insta::assert_snapshot!(array("(2,)", 7), @r"
    E0514: the array `x.npy` of shape [2] needs 8 bytes of data, but 7 follow the header
    help: the file may be cut short, or two arrays were written to it
    ");
    insta::assert_snapshot!(array("(2,)", 9), @r"
    E0514: the array `x.npy` of shape [2] needs 8 bytes of data, but 9 follow the header
    help: the file may be cut short, or two arrays were written to it
    ");
    insta::assert_snapshot!(array("(1099511627776,)", 4), @r"
    E0542: a tensor of type f32 and shape [1099511627776] is too large
    help: at most 8 dimensions and 1099511627776 bytes
    ");
    insta::assert_snapshot!(array("(4294967296, 4294967296, 4294967296)", 4), @r"
    E0542: a tensor of type f32 and shape [4294967296, 4294967296, 4294967296] is too large
    help: at most 8 dimensions and 1099511627776 bytes
    ");
}

/// A small file that announces the largest array: the length is compared before memory is asked for.
#[test]
fn an_announced_array_is_not_allocated() {
    let bytes = file(1, &header("<f4", "False", "(274877906944,)"), &[0; 4]);
    assert_eq!(parse(&bytes).unwrap_err().code(), "E0514");
}

#[test]
fn the_header_cap_is_inclusive() {
    let padded = |len: usize| {
        let text = header("<f4", "False", "()");
        file(2, &format!("{text}{}", " ".repeat(len - text.len())), &[0; 4])
    };
    assert_eq!(parse(&padded(MAX_HEADER_BYTES)).unwrap().data(), [0.0]);
    assert_eq!(parse(&padded(MAX_HEADER_BYTES + 1)).unwrap_err().code(), "E0511");
}

#[test]
fn no_cut_or_flipped_file_panics_or_passes_for_whole() {
    for version in [1, 2] {
        let whole = file(version, &header("<f4", "False", "(2, 3)"), &[1; 24]);
        assert!(parse(&whole).is_ok());
        for len in 0..whole.len() {
            let code = parse(&whole[..len]).unwrap_err().code();
            assert!(matches!(code, "E0511" | "E0514"), "{len}: {code}");
        }
        for at in 0..whole.len() {
            for mask in [0x01, 0x20, 0x80, 0xff] {
                let mut flipped = whole.clone();
                flipped[at] ^= mask;
                if let Ok(tensor) = parse(&flipped) {
                    assert_eq!(tensor.data().len(), 6);
                }
            }
        }
    }
}
