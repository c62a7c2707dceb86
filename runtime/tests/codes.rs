//! Every code is produced by what its title says, each by at least one call here.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/png.rs"]
mod png;
#[path = "support/module.rs"]
mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use rebirth_runtime::error::CODES;
use rebirth_runtime::image::{Filter, ImageSpec, Order, Resize, decode_image, load_image};
use rebirth_runtime::labels::{Labels, MAX_LABELS_BYTES};
use rebirth_runtime::npy::{parse_npy, read_npy};
use rebirth_runtime::weights::{Expected, WeightsFile, bind, write_weights};
use rebirth_runtime::{AlignedBuffer, DType, Description, Error, Module, Session, Tensor};

/// The errors of the calls made so far.
#[derive(Default)]
struct Found(BTreeMap<&'static str, Error>);

impl Found {
    fn add<T>(&mut self, result: Result<T, Error>) {
        let Err(error) = result else { panic!("an error is expected") };
        self.0.insert(error.code(), error);
    }
}

fn spec() -> ImageSpec {
    ImageSpec {
        resize: Resize::Crop,
        filter: Filter::Bilinear,
        crop: 0.5,
        order: Order::Gray,
        range: 1.0,
        mean: vec![0.0],
        std: vec![1.0],
        height: 2,
        width: 2,
    }
}

fn files(found: &mut Found, folder: &Path) {
    let path = |name: &str| folder.join(name);
    let write = |name: &str, bytes: &[u8]| {
        std::fs::write(path(name), bytes).unwrap();
        path(name)
    };
    let empty = write("empty", b"");
    let text = write("text", b"text");
    for path in [path("missing"), folder.to_owned(), empty, text.join("below a file")] {
        found.add(WeightsFile::open(&path));
        found.add(read_npy(&path));
    }
    found.add(Labels::open(&write("large", &vec![b'x'; MAX_LABELS_BYTES + 1])));
    found.add(rebirth_runtime::fs::write_atomically(folder, b""));
}

fn weights(found: &mut Found, folder: &Path) {
    let path = folder.join("w.safetensors");
    let mut open = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        found.add(WeightsFile::open(&path));
    };
    open(b"text");
    open(&[0xff; 8]);
    let header = br#"{"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}}"#;
    let length = (header.len() as u64).to_le_bytes();
    open(&[length.as_slice(), header, &[0]].concat());

    let tensor = Tensor::zeros([1]).unwrap();
    found.add(write_weights(&path, &[("a", &tensor)], DType::I64));
    write_weights(&path, &[("a", &tensor)], DType::F16).unwrap();
    let file = WeightsFile::open(&path).unwrap();
    found.add(file.to_f32("b"));
    found.add(bind(&[Expected { name: "b".to_owned(), shape: vec![] }], &file));
}

fn arrays(found: &mut Found) {
    let mut parse = |dictionary: &str| {
        let length = [dictionary.len() as u8, 0];
        let bytes = [b"\x93NUMPY\x01\0".as_slice(), &length, dictionary.as_bytes()].concat();
        found.add(parse_npy(&bytes, Path::new("x.npy")));
    };
    parse("{}");
    parse("{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}");
    parse("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 1)}");
    parse("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}");
    found.add(Tensor::new([2], Vec::<f32>::new()));
    found.add(Tensor::zeros([usize::MAX]));
    found.add("f33".parse::<DType>());
    found.add(Tensor::zeros_of(DType::BF16, [1]));
}

fn images(found: &mut Found, folder: &Path) {
    let mut png = std::io::Cursor::new(Vec::new());
    image::GrayImage::new(1, 1).write_to(&mut png, image::ImageFormat::Png).unwrap();
    let png = png.into_inner();
    let mut decode = |bytes: &[u8], spec: &ImageSpec| {
        found.add(decode_image(bytes, Path::new("x.png"), spec));
    };
    decode(b"text", &spec());
    decode(&png[..30], &spec());
    decode(&png, &spec());
    decode(&png, &ImageSpec { mean: vec![], ..spec() });
    decode(&png, &ImageSpec { height: 0, ..spec() });

    let huge = folder.join("huge.png");
    std::fs::write(&huge, png::of_size(1 << 20, 1 << 20)).unwrap();
    found.add(load_image(&huge, &spec()));

    let labels = folder.join("labels");
    std::fs::write(&labels, "[1]").unwrap();
    found.add(Labels::open(&labels));
    std::fs::write(&labels, "cat").unwrap();
    found.add(Labels::open(&labels).unwrap().check_count(&[2]));
}

/// A session on a module that never runs.
#[allow(unsafe_code)]
fn session(change: impl FnOnce(&mut Description)) -> Result<Session, Error> {
    let mut description = support::description();
    change(&mut description);
    let weights = AlignedBuffer::zeroed(4, "the weights")?;
    // SAFETY: all calls of `sessions` are refused before the entry is called.
    let module = unsafe { Module::new(description, weights, support::sum_and_count, Box::new(())) };
    Session::new(Arc::new(module))
}

fn sessions(found: &mut Found) {
    let mut ready = Session::new(Arc::new(support::module())).unwrap();
    let (a, b) = (Tensor::zeros([2, 2]).unwrap(), Tensor::zeros([4]).unwrap());
    found.add(ready.run(&[]));
    found.add(ready.run(&[&a, &a]));
    found.add(ready.run_named(&[("third", &a)]));
    found.add(ready.run_named(&[("first", &a), ("first", &a)]));
    found.add(ready.run_into(&[&a, &b], &mut []));
    found.add(ready.run_into(&[&a, &b], &mut [b.clone(), b.clone()]));
    let bytes = Tensor::new([2, 2], vec![0_u8; 4]).unwrap();
    found.add(ready.run(&[&bytes, &b]));
    found.add(ready.run_into(&[&a, &b], &mut [bytes.clone(), bytes]));
    found.add(session(|description| description.inputs[0].dtype = DType::U64));
    found.add(session(|description| description.arena_bytes = usize::MAX));
    found.add(session(|description| description.weights_bytes = 5));
    found.add(session(|description| description.cpu = "z80".to_owned()));
}

#[test]
fn every_code_is_produced_and_every_error_has_a_title() {
    let folder = tempfile::tempdir().unwrap();
    let mut found = Found::default();
    files(&mut found, folder.path());
    weights(&mut found, folder.path());
    arrays(&mut found);
    images(&mut found, folder.path());
    sessions(&mut found);
    let produced: Vec<_> = found.0.keys().copied().collect();
    let listed: Vec<_> = CODES.iter().map(|&(code, _)| code).collect();
    assert_eq!(produced, listed);
}
