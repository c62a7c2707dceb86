//! Lists the texts of `explain/` as a table of codes and contents, in the order of the codes.

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=explain");
    let variable = |name: &str| env::var_os(name).ok_or(io::ErrorKind::NotFound);
    let folder = Path::new(&variable("CARGO_MANIFEST_DIR")?).join("explain");
    let mut paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    let mut table = String::from("&[\n");
    for path in paths {
        let code = path.file_stem().unwrap_or_default().to_string_lossy();
        table += &format!("    ({code:?}, include_str!({:?})),\n", path.to_string_lossy());
    }
    table += "]\n";
    fs::write(Path::new(&variable("OUT_DIR")?).join("explanations.rs"), table)
}
