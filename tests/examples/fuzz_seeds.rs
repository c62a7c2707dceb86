//! Writes the files that `tests/src` makes, good and bad, as seeds: `fuzz_seeds FOLDER` writes into its folders `onnx`, `safetensors`, `npy`
//! and `graph`.

use std::path::Path;

use rebirth_tests::bad::{models, weights};
use rebirth_tests::files::Kind;
use rebirth_tests::mutate_files::good;

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "corpus".to_owned());
    let kinds = [
        ("onnx", Kind::Onnx, models::all()),
        ("safetensors", Kind::Safetensors, weights::all()),
        ("npy", Kind::Npy, Vec::new()),
        ("graph", Kind::Graph, Vec::new()),
    ];
    for (name, kind, bad) in kinds {
        let folder = Path::new(&folder).join(name);
        std::fs::create_dir_all(&folder)?;
        let files = good(kind).into_iter().chain(bad.into_iter().map(|bad| bad.bytes));
        for (number, bytes) in files.filter(|bytes| bytes.len() < 9000).enumerate() {
            std::fs::write(folder.join(format!("made_{number}")), bytes)?;
        }
    }
    Ok(())
}
