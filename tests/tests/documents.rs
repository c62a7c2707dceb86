//! The documents of the language, `lang/*.md`: every example is compiled, every command is run, every table is compared.
//!
//! The first word of a fence is its language for whoever renders the page; what follows is for this test.
//!
//! | fence | what is asserted |
//! |---|---|
//! | `net` | a file with one net in canonical layout, which resolves without warnings |
//! | `net items` | items without a net, also in canonical layout |
//! | `net untidy` | as `net`, in any layout |
//! | `net body` | a body, in a block whose `x` and `y` are `f32[1, 8, 16, 16]`; its value may be of any type |
//! | `net true` | a condition a line, with the same `x` and `y`; each holds |
//! | `paths` | the weights of the `net` fence before it, each with its shape; generated |
//! | `console` | `$ rebirth ..` lines, each with what it prints, in a folder that holds `samples/` and the files so far; generated |
//!
//! Behind `net` may stand `error=E0207,E0208`, exactly the codes it gives, and `h=64`, the size of a dimension. A line `// file: NAME`
//! begins a file that later examples of the page can import and commands can read; the last file of a fence is the root.
//! What stands between `<!-- operators: .. -->` and `<!-- end -->` is generated from the operator table.
//!
//! Generated parts are written by `INSTA_UPDATE=always cargo test -p rebirth-tests --test documents`.

#![allow(clippy::unwrap_used)] // Helpers of tests count as code otherwise.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Mutex;

use rebirth_cli::{Console, run_on};
use rebirth_compiler::graph::MAX_NODES;
use rebirth_compiler::graph::Type;
use rebirth_compiler::ops::call::{Default as ArgDefault, MAX_ATTRIBUTE};
use rebirth_compiler::ops::{ArgKind, ArgSpec, ArgValue, Call, Entry, Operands, Signature, TABLE};
use rebirth_compiler::resolve::{MAX_BLOCKS, MAX_DEPTH, MAX_STEPS, Model, SetValue, Settings, resolve};
use rebirth_lang::{Diagnostic, Program, Source, Unreadable, format, limits};
use rebirth_runtime::shape::{MAX_RANK, MAX_TENSOR_BYTES};
use rebirth_tests::root;

/// What stands around a body: only its own value matters, so the net's is another; its scope is its own.
const BODY: [&str; 2] = [
    "block example(x, y) { if true {\n",
    "\n} else { x } }
net m(x: f32[n, 8, 16, 16], y: f32[n, 8, 16, 16]) -> f32[n, 8, 16, 16] { let _ = example(x, y) x + y }",
];

/// A net for items.
const NET: &str = "\nnet m(x: f32[n, 8, 16, 16]) -> f32[n, 8, 16, 16] { x }";

fn read(name: &str) -> String {
    let path = root().join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// A fenced block of a page.
struct Fence {
    /// The first line of its content, from 0.
    start: usize,
    /// One behind the last.
    end: usize,
    indent: usize,
    info: Vec<String>,
    text: String,
}

fn fences(page: &str) -> Vec<Fence> {
    let mut fences: Vec<Fence> = Vec::new();
    let mut open: Option<Fence> = None;
    for (number, line) in page.lines().enumerate() {
        let text = line.trim_start();
        match (&mut open, text.strip_prefix("```")) {
            (None, Some(info)) => {
                let info = info.split_whitespace().map(str::to_owned).collect();
                let indent = line.len() - text.len();
                open = Some(Fence { start: number + 1, end: 0, indent, info, text: String::new() });
            }
            (Some(fence), Some("")) => {
                fence.end = number;
                fences.extend(open.take());
            }
            (Some(fence), _) => {
                fence.text += line.get(fence.indent..).unwrap_or_default();
                fence.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a fence is never closed");
    fences
}

/// What the info string of a `net` fence says.
#[derive(Default)]
struct Expected {
    kind: String,
    codes: Vec<String>,
    settings: Settings,
}

impl Expected {
    fn new(info: &[String]) -> Expected {
        let mut expected = Expected::default();
        for word in &info[1..] {
            match word.split_once('=') {
                Some(("error", codes)) => expected.codes = codes.split(',').map(str::to_owned).collect(),
                Some((name, size)) => {
                    let size = SetValue::Int(size.parse().unwrap());
                    expected.settings.set.insert(name.to_owned(), size);
                }
                None => {
                    assert!(
                        ["items", "untidy", "body", "true"].contains(&word.as_str()),
                        "`{word}` of `{}`",
                        info.join(" ")
                    );
                    expected.kind = word.clone();
                }
            }
        }
        expected.codes.sort();
        expected
    }
}

/// The files of a fence, by name.
fn files(text: &str) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        match line.strip_prefix("// file: ") {
            Some(name) => files.push((name.to_owned(), String::new())),
            None if files.is_empty() => files.push((String::new(), String::new())),
            None => {}
        }
        let (_, file) = files.last_mut().unwrap();
        file.push_str(line);
        file.push('\n');
    }
    files
}

/// A page with what its fences have declared so far and the generated parts to compare.
struct Page {
    name: &'static str,
    lines: Vec<String>,
    files: BTreeMap<String, String>,
    /// Line ranges and what should stand there.
    parts: Vec<(usize, usize, Vec<String>)>,
    /// Number of `net` examples that were compiled.
    examples: usize,
}

impl Page {
    fn new(name: &'static str) -> Page {
        let lines = read(name).lines().map(str::to_owned).collect();
        Page { name, lines, files: BTreeMap::new(), parts: Vec::new(), examples: 0 }
    }

    fn check(mut self) {
        let mut model = None;
        for fence in fences(&read(self.name)) {
            let place = format!("{}:{}", self.name, fence.start);
            match fence.info.first().map_or("", String::as_str) {
                "net" => model = self.net(&fence, &place),
                "paths" => {
                    let (model, body): &(Model, bool) = model.as_ref().unwrap_or_else(|| panic!("{place}: of what?"));
                    self.generated(&fence, paths(model, *body));
                }
                "console" => {
                    let lines = self.console(&fence.text);
                    self.generated(&fence, lines);
                }
                "ebnf" => {}
                other => panic!("{place}: nothing is said of fences of `{other}`"),
            }
        }
        if let Some(start) = self.lines.iter().position(|line| line.starts_with("<!-- operators")) {
            let length = self.lines[start..].iter().position(|line| line == "<!-- end -->").unwrap();
            self.parts.push((start + 1, start + length, operators()));
        }
        self.compare();
    }

    fn generated(&mut self, fence: &Fence, lines: Vec<String>) {
        let indent = " ".repeat(fence.indent);
        let indented = |line: String| if line.is_empty() { line } else { format!("{indent}{line}") };
        self.parts.push((fence.start, fence.end, lines.into_iter().map(indented).collect()));
    }

    /// Compares the generated parts, or writes them.
    fn compare(mut self) {
        assert!(self.examples >= 5, "{}: only {} examples", self.name, self.examples);
        self.parts.sort();
        let update = std::env::var_os("INSTA_UPDATE").is_some_and(|value| value == "always");
        for (start, end, lines) in self.parts.iter().rev() {
            if same(&self.lines[*start..*end], lines) {
                continue;
            }
            assert!(
                update,
                "{}:{} should be\n{}\n\nnot\n{}\n\nto write it: INSTA_UPDATE=always cargo test -p rebirth-tests --test documents",
                self.name,
                start + 1,
                lines.join("\n"),
                self.lines[*start..*end].join("\n")
            );
            self.lines.splice(start..end, lines.iter().cloned());
        }
        if update {
            std::fs::write(root().join(self.name), self.lines.join("\n") + "\n").unwrap();
        }
    }

    /// Compiles an example; returns the model and whether it is that of a body.
    fn net(&mut self, fence: &Fence, place: &str) -> Option<(Model, bool)> {
        self.examples += 1;
        let expected = Expected::new(&fence.info);
        let mut files = files(&fence.text);
        self.files.extend(files.iter().filter(|(name, _)| !name.is_empty()).cloned());
        let (_, text) = files.pop().unwrap();
        let body = expected.kind == "body";
        // A text that does not parse has no layout.
        if ["", "items"].contains(&expected.kind.as_str())
            && let Ok(canonical) = format(&Source::new("example.net", text.as_str()))
        {
            assert_eq!(text, canonical, "{place}: not in the layout of `rebirth fmt`");
        }
        let text = match expected.kind.as_str() {
            "items" => text + NET,
            "body" => {
                let shown: String = self.files.iter().map(|(name, text)| import(name, text)).collect();
                shown + BODY[0] + &text + BODY[1]
            }
            "true" => {
                let conditions: Vec<&str> = text.lines().collect();
                BODY[0].replace(" { if", &format!(" where {} {{ if", conditions.join("\n, "))) + "x" + BODY[1]
            }
            _ => text,
        };
        let result = self.resolve(&text, &expected.settings);
        let mut codes: Vec<&str> = result.as_ref().err().into_iter().flatten().map(|error| error.code).collect();
        codes.sort_unstable();
        let messages: Vec<String> = result
            .as_ref()
            .err()
            .into_iter()
            .flatten()
            .map(|e| format!("{} {} {:?}", e.code, e.message, e.help))
            .collect();
        assert_eq!(codes, expected.codes, "{place}: {}\n{text}", messages.join("\n"));
        let model = result.ok()?;
        if ["", "untidy"].contains(&expected.kind.as_str()) {
            assert!(model.warnings.is_empty(), "{place}: {:?}", model.warnings);
        }
        Some((model, body))
    }

    fn resolve(&self, text: &str, settings: &Settings) -> Result<Model, Vec<Diagnostic>> {
        let program = Program::load(Source::new("example.net", text), &mut |path| match self.files.get(path) {
            Some(text) => Ok(Source::new(path, text.as_str())),
            None => Err(Unreadable { message: format!("no `{path}`"), help: String::new() }),
        });
        match program {
            Ok(program) => resolve(&program, settings),
            Err(report) => Err(report.diagnostics().cloned().collect()),
        }
    }

    /// Runs commands; returns them with what they print.
    fn console(&self, text: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in &self.files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let mut lines = Vec::new();
        for command in text.lines().filter(|line| line.starts_with("$ ")) {
            lines.push(command.to_owned());
            lines.extend(output(command, folder.path()).lines().map(|line| line.trim_end().to_owned()));
        }
        lines
    }
}

/// An import of all blocks that a file declares.
fn import(name: &str, text: &str) -> String {
    let blocks = text.lines().filter_map(|line| line.strip_prefix("block ")?.split_once('('));
    let blocks: Vec<&str> = blocks.map(|(name, _)| name).collect();
    if blocks.is_empty() { String::new() } else { format!("import {name:?} {{ {} }}\n", blocks.join(", ")) }
}

/// The weights of a model, without the block around a body.
fn paths(model: &Model, body: bool) -> Vec<String> {
    let line = |id| {
        let shape: Vec<String> = model.graph.ty(id).shape.iter().map(ToString::to_string).collect();
        let path = &model.graph.value(id).name;
        let path = if body { path.strip_prefix("example.").unwrap_or(path) } else { path };
        format!("{path} {}", shape.join("x"))
    };
    model.graph.params.iter().map(|&id| line(id)).collect()
}

/// Whether lines agree, numbers with a fraction up to the last digits of their arithmetic.
fn same(found: &[String], expected: &[String]) -> bool {
    let number = |word: &str| word.contains('.').then(|| word.parse::<f64>().ok()).flatten();
    let close = |(a, b): (&str, &str)| match (number(a), number(b)) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-3 * a.abs().max(1.0),
        _ => a == b,
    };
    found.len() == expected.len()
        && found.iter().zip(expected).all(|(a, b)| {
            let (left, right) = (a.split_whitespace(), b.split_whitespace());
            a == b || left.clone().count() == right.clone().count() && left.zip(right).all(close)
        })
}

/// What both streams of a command say, in their order.
fn output(command: &str, folder: &Path) -> String {
    #[derive(Clone, Default)]
    struct Screen(Rc<RefCell<Vec<u8>>>);
    impl Write for Screen {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    /// The current folder belongs to the whole process; everything else here uses absolute paths.
    static CURRENT: Mutex<()> = Mutex::new(());
    let _guard = CURRENT.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let samples = std::fs::canonicalize(root().join("samples")).unwrap();
    for file in ["mnist.net", "mnist.safetensors", "digits.txt", "images/digit-7.png"] {
        let copy = folder.join("samples").join(file);
        std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
        std::fs::copy(samples.join(file), copy).unwrap();
    }
    let args: Vec<&str> = command.split_whitespace().skip(1).collect();
    assert_eq!(args.first(), Some(&"rebirth"), "{command}");
    let screen = Screen::default();
    let home = std::env::current_dir().unwrap();
    std::env::set_current_dir(folder).unwrap();
    let console = Console { width: 80, ..Console::pipe() };
    run_on(args.iter().map(OsString::from), &mut screen.clone(), &mut screen.clone(), console);
    std::env::set_current_dir(home).unwrap();
    let bytes = screen.0.borrow().clone();
    String::from_utf8(bytes).unwrap()
}

/// The table of operators.
fn operators() -> Vec<String> {
    let row = |signature: &Signature| {
        let operands = match signature.operands {
            Operands::Fixed(names) => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
            Operands::Broadcast(names) => names.map(|name| format!("`{name}`")).join(", "),
            Operands::List(name) => format!("`{name}`, a list"),
        };
        let args = signature.args.iter().map(|arg| {
            let default = match arg.default {
                ArgDefault::Required => String::new(),
                ArgDefault::None => ": none".to_string(),
                ArgDefault::Int(v) => format!(": {v}"),
                ArgDefault::Float(v) => format!(": {v:?}"),
                ArgDefault::Bool(v) => format!(": {v}"),
                ArgDefault::SameAs(other) => format!(": {other}"),
                ArgDefault::Word(word) => format!(": {word:?}"),
            };
            format!("`{}{default}` {}", arg.name, arg.doc)
        });
        format!("| `{}` | {operands} | {} | {} |", signature.name, signature.doc, args.collect::<Vec<_>>().join("; "))
    };
    let head =
        ["", "| operator | tensors | result | arguments with defaults |", "|---|---|---|---|"].map(str::to_owned);
    head.into_iter().chain(TABLE.iter().map(|entry| row(entry.signature))).chain([String::new()]).collect()
}

#[test]
fn reference() {
    Page::new("lang/REFERENCE.md").check();
}

#[test]
fn weights() {
    Page::new("lang/WEIGHTS.md").check();
}

#[test]
fn the_sample_file_holds_what_the_page_says() {
    let page = read("lang/WEIGHTS.md");
    let listed: String = page
        .lines()
        .filter(|line| line.starts_with("    ") && !line.contains(['=', '`', '|']))
        .map(|line| line[4..].to_owned() + "\n")
        .collect();
    assert!(listed.contains(&read("tests/references/mnist.weights.txt")), "{listed}");
}

#[test]
fn tutorial() {
    Page::new("lang/TUTORIAL.md").check();
}

/// The section of the reference under a heading.
fn section(heading: &str) -> String {
    let page = read("lang/REFERENCE.md");
    let (_, rest) = page.split_once(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("no section {heading}"));
    rest.split("\n## ").next().unwrap().to_owned()
}

fn errors(text: &str) -> Vec<Diagnostic> {
    let page = Page { name: "", lines: Vec::new(), files: BTreeMap::new(), parts: Vec::new(), examples: 0 };
    page.resolve(text, &Settings::default()).unwrap_err()
}

/// The numbers that the message of a text's first error names.
fn named_numbers(text: &str) -> Vec<usize> {
    let message = errors(text)[0].message.clone();
    message.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
}

#[test]
fn limits_are_those_of_the_code() {
    let net = |body: &str| format!("net m(x: f32[n, 8]) -> f32[n, 8] {{ {body} }}");
    let list = named_numbers(&net("x * len(0..100000)"));
    let string = named_numbers(&format!("const a = \"{}\" const b = a + a {}", "a".repeat(4096), net("x")));
    let path = named_numbers(&net(&format!("x |> dense(8) as {}", "a".repeat(300))));
    let expected = [
        limits::TEXT_BYTES,
        limits::FILES,
        limits::NESTING,
        limits::EXPRESSION_HEIGHT,
        limits::ERRORS,
        MAX_STEPS as usize,
        MAX_BLOCKS,
        MAX_DEPTH,
        list[0],
        list[1],
        string[0],
        path[0],
        MAX_NODES,
        MAX_RANK,
        MAX_TENSOR_BYTES,
    ];
    let rows = section("Limits");
    let found: Vec<usize> = rows
        .lines()
        .filter_map(|line| line.trim_matches(['|', ' ']).rsplit_once("| ")?.1.replace(',', "").parse().ok())
        .collect();
    assert_eq!(found, expected);
    let integers = section("Operators").replace(',', "");
    assert!(integers.contains(&format!("at most {MAX_ATTRIBUTE}.")), "{MAX_ATTRIBUTE}");
}

/// Something that an argument takes, of the `n`-th sort.
fn sample(arg: &ArgSpec, n: usize) -> ArgValue {
    let list = |list: &[i64]| ArgValue::List(list.iter().map(|&v| ArgValue::Int(v)).collect());
    match arg.kind {
        ArgKind::Int | ArgKind::Pair | ArgKind::Pad | ArgKind::Scale => ArgValue::Int(2),
        ArgKind::Float => ArgValue::Float(0.5),
        ArgKind::Bool => ArgValue::Bool(true),
        ArgKind::List | ArgKind::Ints => list([[0, 3, 1, 2].as_slice(), &[0, 4, -1], &[1]][n]),
        ArgKind::Word(words) => ArgValue::Str(words[0].to_owned()),
    }
}

/// The weights that an operator has, in parentheses those that are not there where one of its flags is false.
fn weights_of(entry: &Entry) -> String {
    let shapes = [vec![2, 4, 2, 8], vec![2, 1, 8, 2], vec![2, 4]].map(Type::f32);
    // Some need one of several arguments, each of which may be left out.
    let optional = entry.signature.args.iter().find(|arg| arg.default == ArgDefault::None);
    let optional = || [None, optional].into_iter().flat_map(|more| (0..3).map(move |n| (more, n)));
    let count = match entry.signature.operands {
        Operands::Fixed(names) => names.len(),
        Operands::Broadcast(_) | Operands::List(_) => 2,
    };
    let suffixes = |off: Option<&'static str>| {
        shapes.iter().flat_map(|x| optional().map(move |(more, n)| (x, more, n))).find_map(|(x, more, n)| {
            let required = entry.signature.args.iter().filter(|arg| arg.default == ArgDefault::Required);
            let mut given: Vec<_> = required.chain(more).map(|arg| (arg.name, sample(arg, n))).collect();
            given.extend(off.map(|flag| (flag, ArgValue::Bool(false))));
            let (_, specs) = (entry.from_call)(&Call::new(entry.signature, &[x; 2][..count], given)).ok()?;
            Some(specs.iter().map(|spec| format!("`{}`", spec.suffix)).collect::<Vec<_>>())
        })
    };
    let all = suffixes(None).unwrap_or_else(|| panic!("{} takes none of the samples", entry.signature.name));
    let flags = entry.signature.args.iter().filter(|arg| arg.kind == ArgKind::Bool);
    let without = flags.map(|flag| suffixes(Some(flag.name)).unwrap()).min_by_key(Vec::len);
    let always = without.unwrap_or_else(|| all.clone());
    let (certain, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|suffix| always.contains(suffix));
    let others = if others.is_empty() { None } else { Some(format!("({})", others.join(", "))) };
    certain.into_iter().chain(others).collect::<Vec<_>>().join(", ")
}

#[test]
fn weights_are_those_of_the_operators() {
    let section = section("Operators");
    let (_, table) = section.split_once("| operator | weights |").unwrap();
    let rows = table.lines().map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
    let documented: BTreeMap<&str, &str> = rows
        .filter(|row| row.len() > 3 && row[1].starts_with('`'))
        .map(|row| (row[1].trim_matches('`'), row[2]))
        .collect();
    let weighted = TABLE.iter().map(|entry| (entry.signature.name, weights_of(entry)));
    let weighted: BTreeMap<&str, String> = weighted.filter(|(_, weights)| !weights.is_empty()).collect();
    assert_eq!(documented, weighted.iter().map(|(&name, weights)| (name, weights.as_str())).collect());
}

/// The names in the first column of a table, `@` and arguments left out.
fn first_column(table: &str) -> BTreeSet<String> {
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    rows.map(|(name, _)| name.trim_start_matches('@').split('(').next().unwrap().to_owned()).collect()
}

#[test]
fn attributes_are_those_of_the_compiler() {
    // An unknown attribute's error lists the others.
    let help = errors("net m(@unheard_of x: f32[n, 8]) -> f32[n, 8] { x }")[0].help.clone().unwrap();
    let known: BTreeSet<String> = help.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    assert!(known.len() > 5, "{help}");
    assert_eq!(first_column(section("Attributes").split("`@image` needs").next().unwrap()), known);
}

#[test]
fn functions_are_those_of_the_compiler() {
    // A function's name cannot be declared again, an operator's neither, and every file has them.
    let source = read("compiler/src/resolve/functions.rs");
    let known: BTreeSet<String> = source
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Function { name: \"")?.split_once('"'))
        .map(|(name, _)| name.to_owned())
        .collect();
    assert!(known.len() > 5, "{known:?}");
    let mut documented = first_column(&section("Functions"));
    documented.insert("max".to_owned());
    assert_eq!(documented, known);
}

#[test]
fn keywords_and_symbols_are_those_of_the_grammar() {
    let grammar = read("lang/src/grammar.pest");
    let rule = |name: &str| {
        let start = grammar.find(&format!("\n{name} ")).unwrap_or_else(|| panic!("no rule {name}"));
        grammar[start + 1..].split("\n}").next().unwrap().to_owned()
    };
    let quoted = |text: &str| -> BTreeSet<String> {
        text.split('"').skip(1).step_by(2).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let listed = section("Files and words");
    let listed = listed.lines().find(|line| line.starts_with("    net ")).unwrap();
    assert_eq!(listed.split_whitespace().map(str::to_owned).collect::<BTreeSet<_>>(), quoted(&rule("keyword")));

    let documented = section("Grammar");
    let symbols = |text: &str| -> BTreeSet<String> {
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        // Strings quote the quote.
        let text =
            lines.join("\n").replace("\"\\\"\"", "").replace("\"\\\\\"", "").replace("'\"'", "").replace("'\\\"'", "");
        quoted(&text)
            .into_iter()
            .filter(|word| !["\n", "\\n", "\\r", "\\t", " ", "//", "E", "e"].contains(&word.as_str()))
            .collect()
    };
    let (mut found, expected) = (symbols(&documented), symbols(&grammar));
    assert!(found.remove("op"), "the kind of a parameter is a name to the grammar");
    assert_eq!(found, expected);

    let ebnf = &fences(&read("lang/REFERENCE.md")).into_iter().find(|fence| fence.info[..] == ["ebnf"]).unwrap().text;
    let defined: BTreeSet<&str> = ebnf.lines().filter_map(|line| Some(line.split_once(" =")?.0.trim())).collect();
    let syntax = ebnf.lines().take_while(|line| !line.starts_with("WORD"));
    for line in syntax {
        let unquoted: String = line.split('"').step_by(2).collect();
        for word in unquoted.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
            assert!(defined.contains(word), "`{word}` is not defined");
        }
    }
}

#[test]
fn links_lead_somewhere() {
    for name in ["lang/REFERENCE.md", "lang/WEIGHTS.md", "lang/TUTORIAL.md"] {
        let page = read(name);
        let folder: PathBuf = root().join("lang");
        let headings: BTreeSet<String> = page
            .lines()
            .filter_map(|line| line.strip_prefix("## "))
            .map(|heading| heading.to_lowercase().replace(' ', "-").replace('`', ""))
            .collect();
        let mut count = 0;
        for target in page.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0)) {
            count += 1;
            match target.strip_prefix('#') {
                Some(anchor) => assert!(headings.contains(anchor), "{name}: {target}"),
                None => assert!(folder.join(target).is_file(), "{name}: {target}"),
            }
        }
        assert!(count > 0 || name.ends_with("WEIGHTS.md"), "{name} has no links");
    }
}
