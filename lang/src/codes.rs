//! The table of the codes this crate reports. Each crate keeps tables of the same type for what it reports.

/// A stable diagnostic code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// `E` and four digits.
    pub id: &'static str,
    /// One line that says what the code is about.
    pub title: &'static str,
}

/// Declares codes as constants and a `pub const ALL: &[Code]` that holds them in order.
#[macro_export]
macro_rules! codes {
    ($($name:ident = $id:literal, $title:literal;)*) => {
        $(#[doc = concat!($id, ": ", $title)] pub const $name: $crate::codes::Code = $crate::codes::Code { id: $id, title: $title };)*
        /// Every code of this table, in order.
        pub const ALL: &[$crate::codes::Code] = &[$($name),*];
    };
}

codes! {
    TEXT_TOO_LONG = "E0101", "the text is longer than the limit";
    NESTING_TOO_DEEP = "E0102", "brackets nest deeper than the limit";
    NOT_UTF8 = "E0103", "the file is not UTF-8 text";
    STRAY_CHARACTER = "E0104", "a character that is not part of the language";
    UNTERMINATED_STRING = "E0105", "a string does not end on its line";
    UNCLOSED_BRACKET = "E0106", "an opening bracket is never closed";
    STRAY_BRACKET = "E0107", "a closing bracket closes nothing";
    UNEXPECTED = "E0108", "something else is expected here";
    KEYWORD_AS_NAME = "E0109", "a keyword is used as a name";
    NOT_AN_ITEM = "E0111", "something other than an item at the top level";
    MISSING_LET = "E0112", "a binding without `let`";
    NO_RESULT = "E0113", "a body without a final expression";
    EXTRA_RESULT = "E0114", "an expression in a body that is not the final one";
    SPACE_BEFORE_BRACKET = "E0115", "the bracket of a call, index or attribute does not touch the name";
    LINE_STARTS_WITH_SIGN = "E0116", "a line that begins with `+` or `-`";
    PIPELINE_WITH_INFIX = "E0117", "`|>` mixed with an infix operator without parentheses";
    STAGE_NOT_A_CALL = "E0118", "a stage of a pipeline that is not a call";
    POSITIONAL_AFTER_NAMED = "E0119", "a positional argument behind a named one";
    DUPLICATE_ARGUMENT = "E0120", "an argument or the field of a record is given twice";
    INTEGER_TOO_LARGE = "E0121", "an integer that does not fit 64 bits";
    FLOAT_TOO_LARGE = "E0122", "a float that is not finite";
    MALFORMED_NUMBER = "E0123", "a malformed number";
    UNKNOWN_ESCAPE = "E0124", "an unknown escape in a string";
    CHAINED_COMPARISON = "E0125", "comparisons or ranges that are chained";
    ALIAS_WITHOUT_CALL = "E0126", "`as` behind something that is not a call";
    IF_WITHOUT_ELSE = "E0127", "an `if` without `else`";
    FOR_WITHOUT_STATE = "E0128", "a `for` without `with`";
    MISPLACED_ATTRIBUTE = "E0129", "an attribute where none can stand";
    EXPRESSION_TOO_HIGH = "E0130", "an expression of too many levels";
    EMPTY_TUPLE = "E0131", "a tuple of no elements";
    IGNORED_VALUE_READ = "E0132", "`_` used as a value";
    PARAMETER_KIND = "E0133", "a parameter of a kind that does not exist";
    NOT_A_PLAIN_CALL = "E0134", "a `share` or `param` of something that is not a call";
    IMPORT_PATH = "E0135", "an import that is no relative path, or leaves the root file's folder";
    IMPORT_UNREADABLE = "E0136", "an imported file that cannot be read";
    IMPORT_CYCLE = "E0137", "files that import each other";
    TOO_MANY_FILES = "E0138", "more files than the limit";
}
