//! The table of the codes of what happens between graph and machine code.

rebirth_lang::codes! {
    BROKEN_GRAPH = "E0701", "a graph that breaks a rule";
    TOO_LARGE = "E0702", "buffers beyond the address space";
    COMPUTED_WEIGHTS = "E0703", "a layer whose weights depend on inputs";
    BROKEN_LOOPS = "E0704", "the compiler made loops that break a rule";
    UNKNOWN_CPU = "E0705", "a level of CPU that does not exist";
    OUT_OF_MEMORY = "E0706", "no memory for the packed weights";
    CODEGEN = "E0707", "the code generator gave up";
    PARAMS = "E0708", "parameters that do not fit the network";
    BROKEN_PASS = "E0709", "a pass broke the graph";
}
