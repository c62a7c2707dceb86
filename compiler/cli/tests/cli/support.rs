//! A folder with a small network, and commands run in this process.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use rebirth_runtime::Tensor;
use rebirth_runtime::npy::write_npy;
use tempfile::TempDir;

/// All commands, in the order of the help.
pub(crate) const COMMANDS: &[&str] =
    &["check", "fmt", "ir", "inspect", "run", "bench", "diff", "import", "passes", "explain", "completions", "man"];

/// What a command did.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The exit code.
    pub(crate) code: i32,
    /// Results.
    pub(crate) out: String,
    /// Everything else.
    pub(crate) err: String,
}

/// Runs a command.
pub(crate) fn rebirth<S: Into<OsString>>(args: impl IntoIterator<Item = S>) -> Outcome {
    let args = std::iter::once(OsString::from("rebirth")).chain(args.into_iter().map(Into::into));
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = rebirth_cli::run(args, &mut out, &mut err);
    Outcome { code, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
}

/// A network of one input with `@image` and one output with `@labels`.
pub(crate) const TINY: &str = r#"
const classes = 3
net tiny(
    @image(resize: "crop", filter: "bilinear", crop: 1.0, order: "rgb", range: 1, mean: [0, 0, 0], std: [1, 1, 1])
    x: f32[n, 3, 8, 8]
) -> @labels("labels.txt") f32[n, classes] {
    x |> conv(4, 3, pad: 1) as stem |> relu |> global_avg_pool |> flatten |> dense(classes) as fc |> softmax
}
"#;

/// A network of two inputs, none an image.
pub(crate) const PAIR: &str = "
net pair(a: f32[n, 4], b: f32[n, 4]) -> f32[n, 4] { a + b * b }
";

/// A folder for one test.
pub(crate) struct Folder(TempDir);

impl Folder {
    /// With `tiny.net`, `pair.net` and `labels.txt` in it.
    pub(crate) fn new() -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        folder.write("tiny.net", TINY);
        folder.write("pair.net", PAIR);
        folder.write("labels.txt", "cat\ndog\nbird\n");
        folder
    }

    /// The path of a file in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    /// Writes an array of equal values.
    pub(crate) fn array(&self, name: &str, shape: &[usize], value: f32) {
        let data = vec![value; shape.iter().product()];
        write_npy(&self.path(name), &Tensor::new(shape, data).unwrap()).unwrap();
    }

    /// Runs a command; `{}` in an argument is the folder.
    pub(crate) fn run(&self, args: &[&str]) -> Outcome {
        let folder = self.0.path().to_str().unwrap();
        rebirth(args.iter().map(|arg| arg.replace("{}", folder)))
    }

    /// Runs a command that must fail with a code and a text on the second stream, and give no result.
    pub(crate) fn fails(&self, args: &[&str], code: &str, text: &str) {
        let outcome = self.run(args);
        let flat = outcome.err.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        let flat = flat.replace(&self.0.path().display().to_string(), "{}");
        assert_eq!((outcome.code, outcome.out.as_str()), (1, ""), "{args:?}: {}", outcome.err);
        assert!(
            flat.contains(code) && flat.contains(text),
            "{args:?} should say {code} and `{text}`:\n{}",
            outcome.err
        );
    }
}

/// The samples of this repository.
pub(crate) fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples")
}
