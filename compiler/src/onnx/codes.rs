//! The table of the codes of ONNX files: E10xx.

rebirth_lang::codes! {
    NOT_ONNX = "E1001", "not an ONNX model";
    TOO_LARGE = "E1002", "an ONNX model beyond a limit";
    NO_GRAPH = "E1003", "an ONNX model that computes nothing";
    OPSET = "E1004", "an ONNX model of an operator set that is not read";
    UNSUPPORTED = "E1005", "an ONNX model with operators that are not supported";
    TENSOR = "E1006", "an ONNX tensor whose data is not what its type and shape say";
    EXTERNAL = "E1007", "data outside of an ONNX model that cannot be taken";
    UNKNOWN_VALUE = "E1008", "an ONNX node that uses a value before or without its definition";
    DUPLICATE_VALUE = "E1009", "an ONNX value that is defined twice";
    ATTRIBUTE = "E1010", "an attribute of an ONNX node that is missing, unknown or wrong";
    INPUT_TYPE = "E1011", "an input of an ONNX model that is no tensor of f32";
    ARITY = "E1012", "an ONNX node with too many or too few inputs or outputs";
    OPERANDS = "E1013", "operands that do not fit an ONNX node";
    NOT_CONSTANT = "E1014", "an operand of an ONNX node that must be known beforehand";
    DIMENSION = "E1015", "a dimension of an ONNX model's input without a size, or a setting for none";
    OUTPUT = "E1016", "an output of an ONNX model that is not what the model declares";
    ARRAY = "E1017", "an array that does not fit the inputs of an ONNX model";
    ELEMENT_TYPE = "E1018", "an ONNX tensor of elements that are not supported";
    NO_SOURCE = "E1019", "an ONNX model that cannot be written as source";
    NO_NET = "E1020", "a network that an ONNX file does not have";
}
