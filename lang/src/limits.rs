//! The caps on what a source text may hold. They bound the time, memory and stack of everything behind the parser.

/// The longest accepted text, in bytes.
pub const TEXT_BYTES: usize = 256 * 1024;

/// How many files a program may have: the root and what it imports.
pub const FILES: usize = 64;

/// How deep brackets of all kinds may nest, together with `if` and `for` whose body has not begun.
pub const NESTING: usize = 64;

/// How high an expression's tree may be, counting every operator, call, pipeline, index, list and body on the longest
/// way down to a name or literal.
pub const EXPRESSION_HEIGHT: usize = 256;

/// How many errors one run reports.
pub const ERRORS: usize = 20;
