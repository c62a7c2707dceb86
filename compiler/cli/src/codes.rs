//! The table of the codes this crate reports, what is wrong with files and options before the compiler sees them; and the codes
//! of all crates.

use rebirth_compiler::{graph, onnx, pipeline, resolve};
use rebirth_lang::codes::Code;
use rebirth_runtime::error::CODES;

rebirth_lang::codes! {
    SOURCE_NOT_FOUND = "E0901", "the `.net` file does not exist";
    SOURCE_IS_DIRECTORY = "E0902", "a directory in place of a `.net` file";
    SOURCE_NOT_A_FILE = "E0903", "a device or pipe in place of a `.net` file";
    SOURCE_UNREADABLE = "E0904", "a `.net` file, a directory or standard input cannot be read";
    SOURCE_TOO_LONG = "E0905", "the `.net` file is longer than the limit";
    NO_SOURCES = "E0906", "a directory without `.net` files";
    NO_WEIGHTS = "E0911", "there is no weights file beside the `.net` file";
    NO_IMAGE_INPUT = "E0921", "an image for a net without `@image`";
    TOO_MANY_IMAGES = "E0922", "more images than inputs with `@image`";
    NO_OUTPUT = "E0931", "`--output` names no output";
    WHICH_OUTPUT = "E0932", "`--output` without a name for a net of several outputs";
    OUTPUT_TWICE = "E0933", "an output is to be written twice";
    WRITE_RESULT = "E0941", "the results cannot be written";
    WOULD_OVERWRITE = "E0942", "a file is there already";
    UNKNOWN_CODE = "E0951", "an error code that does not exist";
    OTHER_NETS = "E0961", "two networks to compare have other inputs, outputs or parameters";
    NOTHING_TO_COMPARE = "E0962", "a network is to be compared with itself";
    TOO_LARGE_TO_INTERPRET = "E0963", "the interpreter cannot hold the network";
    NOT_TO_IMPORT = "E0971", "a file to import that is no ONNX model";
}

/// The codes of all crates, in order.
pub fn everything() -> Vec<Code> {
    let runtime = CODES.iter().map(|&(id, title)| Code { id, title });
    let tables =
        [rebirth_lang::codes::ALL, resolve::codes::ALL, graph::codes::ALL, pipeline::codes::ALL, onnx::codes::ALL, ALL];
    let mut all: Vec<Code> = tables.into_iter().flatten().copied().chain(runtime).collect();
    all.sort_by_key(|code| code.id);
    all
}
