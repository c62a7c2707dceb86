//! The table of the codes this crate reports: what is wrong with files and options, before the compiler sees them.

rebirth_lang::codes! {
    SOURCE_NOT_FOUND = "E0901", "the `.net` file does not exist";
    SOURCE_IS_DIRECTORY = "E0902", "a directory in place of a `.net` file";
    SOURCE_NOT_A_FILE = "E0903", "a device or pipe in place of a `.net` file";
    SOURCE_UNREADABLE = "E0904", "the `.net` file cannot be read";
    SOURCE_TOO_LONG = "E0905", "the `.net` file is longer than the limit";
    NO_WEIGHTS = "E0911", "there is no weights file beside the `.net` file";
    NO_IMAGE_INPUT = "E0921", "an image for a net without `@image`";
    TOO_MANY_IMAGES = "E0922", "more images than inputs with `@image`";
    NO_OUTPUT = "E0931", "`--output` names no output";
    WHICH_OUTPUT = "E0932", "`--output` without a name for a net of several outputs";
    OUTPUT_TWICE = "E0933", "an output is to be written twice";
    WRITE_RESULT = "E0941", "the results cannot be written";
}
