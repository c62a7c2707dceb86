//! The codes that reading graph text reports: E06xx.

rebirth_lang::codes! {
    TEXT_TOO_LARGE = "E0601", "the graph text is longer than the limit";
    STRAY_CHARACTER = "E0602", "a character that is not part of graph text";
    UNEXPECTED = "E0603", "something else is expected here";
    NUMBER_TOO_LARGE = "E0604", "a number too large to hold";
    UNKNOWN_OPERATOR = "E0605", "no operator has this name";
    UNDEFINED_VALUE = "E0606", "a value is used that no earlier line defines";
    DEFINED_TWICE = "E0607", "a name is given twice";
    BAD_ATTRIBUTE = "E0608", "an attribute is missing, unknown, given twice or out of range";
    OPERANDS = "E0609", "the operands do not fit the operator";
    WRONG_TYPE = "E0610", "the type stated is not the type of the value";
    RESULT_COUNT = "E0611", "the number of names, types or returned values is wrong";
    MISSING_RETURN = "E0612", "the graph does not end with `return`";
    BAD_TYPE = "E0613", "a type that no tensor can have";
    TOO_MANY_NODES = "E0614", "the graph has more nodes than the limit";
}
