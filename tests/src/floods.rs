//! Texts at the limits that take more time or memory than any others known: much of one thing, or little that makes much.

use std::fmt;

use rebirth_lang::limits::TEXT_BYTES;

/// A program, as files by path and text, the first being the root; and what comes of it.
#[derive(Clone, Debug)]
pub struct Flood {
    /// What it is much of.
    pub name: &'static str,
    /// Its files.
    pub files: Vec<(String, String)>,
    /// How many constants are set, `a0` and so on.
    pub settings: usize,
    /// The codes of its errors, each once; none for a sound net.
    pub codes: &'static [&'static str],
}

impl fmt::Display for Flood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Flood {
    /// The bytes of all its files.
    pub fn bytes(&self) -> usize {
        self.files.iter().map(|(_, text)| text.len()).sum()
    }
}

fn one(name: &'static str, codes: &'static [&'static str], text: String) -> Flood {
    assert!(text.len() <= TEXT_BYTES, "{name} has {} bytes", text.len());
    Flood { name, files: vec![("root.net".to_string(), text)], settings: 0, codes }
}

/// `part` with a running number in place of `#`, as often as fits into `bytes`.
fn many(part: &str, bytes: usize) -> String {
    let mut text = String::new();
    for i in 0.. {
        let next = part.replace('#', &i.to_string());
        if text.len() + next.len() > bytes {
            break;
        }
        text += &next;
    }
    text
}

/// A net around a body, whose input `x` is its result's type too.
fn net(body: &str) -> String {
    format!("net m(x: f32[n, 4, 4, 4]) -> f32[n, 4, 4, 4] {{ {body} }}")
}

/// A loop that evaluates `body`, which yields the next `s`, until the steps are used up.
fn forever(body: &str) -> String {
    format!("let s = for i in 0..60000 with s = 0 {{ for j in 0..60000 with s = s {{ {body} }} }}")
}

/// Fills a text: `head`, `part` again and again, `tail`.
fn fill(head: &str, part: &str, tail: &str) -> String {
    format!("{head}{}{tail}", many(part, TEXT_BYTES - head.len() - tail.len()))
}

/// Blocks that each call the next twice; the last holds `leaf`.
fn doubling(levels: usize, twice: impl Fn(&str) -> String, leaf: &str) -> String {
    let mut text: String =
        (0..levels).map(|i| format!("block b{i}(x) {{ {} }}\n", twice(&format!("b{}", i + 1)))).collect();
    text += &format!("block b{levels}(x) {{ {leaf} }}\n");
    text
}

/// As many distinct named arguments as repetitions of the last of them.
fn twice() -> String {
    let names = many("a#: 1, ", TEXT_BYTES / 2);
    let last = names.trim_end().rsplit_once(' ').map_or("", |(before, _)| before.rsplit(' ').next().unwrap_or(""));
    fill(&format!("const c = f({names}"), &format!("{last} 1, "), "b: 1)")
}

/// Errors in the text itself.
fn broken() -> Vec<Flood> {
    vec![
        one("items that break off", &["E0108"], many("const c# = 1 +\n", TEXT_BYTES)),
        one("closing brackets", &["E0107"], ")".repeat(TEXT_BYTES)),
        one("opening brackets", &["E0102"], "[".repeat(TEXT_BYTES)),
        one("blocks without an end", &["E0106"], many("block b#(x) {\n", TEXT_BYTES)),
        one("comparisons in a chain", &["E0130", "E0125"], fill("const c = a", "<a", "")),
        one("quotes of other scripts", &["E0104"], "«".repeat(TEXT_BYTES / 2)),
        one("named arguments twice", &["E0120"], twice()),
        one("characters of other scripts", &["E0104"], "é ".repeat(TEXT_BYTES / 3)),
        one("strings without an end", &["E0105"], "\"\n".repeat(TEXT_BYTES / 2)),
        one("letters behind numbers", &["E0123"], "1x ".repeat(TEXT_BYTES / 3)),
        one("attributes", &["E0108"], fill("const c = x |> ", "@a", "")),
        one("a sum on one line", &["E0130"], fill("const c = 1", "+1", "")),
        one("signs", &["E0130"], fill("const c = ", "-", "1")),
        one("missing lets", &["E0112"], fill("net m(x: f32[1]) -> f32[1] { ", "y# = x ", "x }")),
        one("imports", &["E0136"], many("import \"a#\" { b }\n", TEXT_BYTES)),
        one("escapes", &["E0124"], fill("const c = \"", "\\q", "\"")),
        one("arguments given twice", &["E0120"], fill("const c = f(", "a:1,", ")")),
    ]
}

/// Errors in names and shapes, of which each asks for similar names.
fn names() -> Vec<Flood> {
    let long = "l".repeat(90);
    let half = TEXT_BYTES / 2 - 2000;
    let constants = many(&format!("const {long}# = 1\n"), half);
    let several = |files: Vec<(&str, String)>| files.into_iter().map(|(path, text)| (path.to_string(), text)).collect();
    let importing = many(&format!("{long}_#x,"), TEXT_BYTES - 300);
    let unknown_imports = |count: usize| {
        let exported = many(&format!("const {long}# = 1\n"), TEXT_BYTES);
        let mut root = String::new();
        let mut files = vec![("b.net", exported)];
        const PATHS: [&str; 4] = ["i0.net", "i1.net", "i2.net", "i3.net"];
        for path in &PATHS[..count] {
            root += &format!("import \"{path}\" {{ q }}\n");
            files.push((path, format!("import \"b.net\" {{ {importing} }} const q = 1")));
        }
        files.insert(0, ("root.net", root + &net("x")));
        several(files)
    };
    let outputs = many("a#:f32[1],", half);
    vec![
        one(
            "an unknown name met again and again",
            &["E0207"],
            format!(
                "{constants}{}{}",
                doubling(40, |b| format!("[{b}(x), {b}(x)]"), &format!("{long}_")),
                net("b0(x)")
            ),
        ),
        one(
            "an unknown call met again and again",
            &["E0209"],
            format!(
                "{}{}{}",
                many(&format!("block {long}#(x) {{ x }}\n"), half),
                doubling(40, |b| format!("[{b}(x), {b}(x)]"), &format!("{long}_(x)")),
                net("b0(x)")
            ),
        ),
        one(
            "an unknown argument met again and again",
            &["E0212"],
            format!(
                "block c(x, {}) {{ x }}\n{}{}",
                many(&format!("{long}# = 1,"), half),
                doubling(40, |b| format!("[{b}(x), {b}(x)]"), &format!("c(x, {long}_: 1)")),
                net("b0(x)")
            ),
        ),
        one(
            "unknown names",
            &["E0207"],
            format!("{constants}{}", net(&(many(&format!("let a# = {long}_#x\n"), half) + "x"))),
        ),
        Flood { name: "imports of unknown names", files: unknown_imports(1), settings: 0, codes: &["E0249"] },
        Flood {
            name: "many files that import unknown names",
            files: unknown_imports(4),
            settings: 0,
            codes: &["E0204", "E0249"],
        },
        Flood {
            name: "imports of names that are only passed on",
            files: several(vec![
                ("root.net", format!("import \"b.net\" {{ {} }} {}", many("a#,", TEXT_BYTES - 200), net("x"))),
                ("b.net", format!("import \"c.net\" {{ {} }}", many("a#,", TEXT_BYTES - 200))),
                ("c.net", many("const a# = 1\n", TEXT_BYTES)),
            ]),
            settings: 0,
            codes: &["E0249"],
        },
        one(
            "symbols without a size",
            &["E0230"],
            format!(
                "{constants}net m(x: f32[1], {}) -> f32[1] {{ x }}",
                many(&format!("a#: f32[1, {long}_#x],"), half)
            ),
        ),
        one(
            "outputs that the result lacks",
            &["E0251"],
            format!("net m(x: f32[1]) -> {{{outputs}}} {{ {{{}}} }}", many("a#:x,", half / 2)),
        ),
        one(
            "fields that are no outputs",
            &["E0251"],
            format!("net m(x: f32[1]) -> {{{outputs}}} {{ {{{}}} }}", many("b#:x,", half)),
        ),
        one("names bound twice", &["E0206"], net(&(many("let a = x\n", TEXT_BYTES - 100) + "x"))),
        one("constants without a net", &["E0201"], many("const a# = 1\n", TEXT_BYTES)),
        Flood { settings: 5_000, ..one("settings of constants", &[], many("const a# = 1\n", half) + &net("x")) },
        Flood { settings: 5_000, ..one("settings of nothing", &["E0227"], net("x")) },
        Flood {
            settings: 5_000,
            ..one(
                "settings of sizes",
                &[],
                format!("net m({} x: f32[1]) -> f32[1] {{ x }}", many("i#: f32[1, a#],", half)),
            )
        },
        one(
            "names in a condition",
            &["E0252"],
            format!(
                "net m(x: f32[1], {}) -> f32[1] where max({}) < 0 {{ x }}",
                (0..8000).map(|i| format!("i{i}: f32[d{i}],")).collect::<String>(),
                (0..8000).map(|i| format!("d{i},")).collect::<String>()
            ),
        ),
        one(
            "a long condition that fails again and again",
            &["E0234", "E0252"],
            format!(
                "block c(x, {}) where max({}) < 0 {{ x }}\n{}{}",
                many("a#=1,", half),
                many("a#  ,", half),
                doubling(40, |b| format!("[{b}(x), {b}(x)]"), "c(x)"),
                net("b0(x)")
            ),
        ),
        one(
            "operands that do not fit",
            &["E0301"],
            net(&(many("let a# = concat([x, flatten(x)])\n", TEXT_BYTES - 100) + "x")),
        ),
    ]
}

/// Sound texts of much, or that make much.
fn much() -> Vec<Flood> {
    let half = TEXT_BYTES / 2 - 2000;
    vec![
        one("constants", &[], format!("{}{}", many("const c#=1\n", TEXT_BYTES - 100), net("x"))),
        one(
            "numbers in a list",
            &["E0237"],
            format!("{}]\n{}", fill("const c = [", "1,", &" ".repeat(100)).trim_end(), net("x")),
        ),
        one(
            "lists in a list",
            &["E0237"],
            format!("{}]\n{}", fill("const c = [", "[],", &" ".repeat(100)).trim_end(), net("x")),
        ),
        one("stages", &[], net(&format!("x{}", many("|>relu", TEXT_BYTES - 100)))),
        one("statements", &[], net(&(many("let a#=x\n", TEXT_BYTES - 100) + "x"))),
        one(
            "layers with weights",
            &[],
            net(&(format!("let a = conv(x, 4, 1) as f{}", many("|>conv(4,1)as a#\n", TEXT_BYTES - 200)) + "a")),
        ),
        one("free weights", &[], net(&(many("param a#: f32[1] = fill(1)\n", TEXT_BYTES - 100) + "x"))),
        one(
            "inputs that are not used",
            &[],
            format!("net m(x: f32[1],{}) -> f32[1] {{ x }}", many("a#:f32[1],", TEXT_BYTES - 100)),
        ),
        one(
            "outputs",
            &[],
            format!("net m(x: f32[1]) -> {{{}}} {{ {{{}}} }}", many("a#:f32[1],", half).trim_end_matches(','), {
                let count = many("a#:f32[1],", half).matches(':').count();
                (0..count).map(|i| format!("a{i}:x,")).collect::<String>()
            }),
        ),
        one("conditions", &[], fill("net m(x: f32[n]) -> f32[n] where n > 0", ", n > 0", " { x }")),
        one(
            "a loop of 200,000 layers",
            &[],
            net(&format!("for i in 0..200 with x = x {{ x{} }}", "|>relu".repeat(1000))),
        ),
        one(
            "a loop of 100,000 layers with weights",
            &[],
            net(&format!("for i in 0..100 with x = x {{ x{} }}", many("|>conv(4,1)as a#", 17_000).trim_end())),
        ),
        one("blocks that double 17 times", &[], doubling(17, |b| format!("{b}({b}(x))"), "relu(x)") + &net("b0(x)")),
        one(
            "blocks with weights that double 17 times",
            &[],
            doubling(17, |b| format!("let l = {b}(x) let r = {b}(l) r"), "conv(x, 4, 1)") + &net("b0(x)"),
        ),
        one(
            "as many layers as there may be, and one more",
            &["E0238"],
            net(&format!("let y = for i in 0..1000 with x = x {{ x{} }} y |> relu", "|>relu".repeat(1000))),
        ),
    ]
}

/// Loops that end because the steps do.
fn endless() -> Vec<Flood> {
    let params = 30_000;
    let shared = format!(
        "block b(x, {}) {{ x }}\n{}",
        (0..params).map(|i| format!("a{i},")).collect::<String>(),
        net(&format!("share f = b({}) {} x", "1,".repeat(params), forever("let y = f(x) s")))
    );
    let named: String = (0..9000).map(|i| format!("a{i}:1,")).collect();
    let defaults: String = (0..9000).map(|i| format!("a{i}=1,")).collect();
    vec![
        one("turns", &["E0234"], net(&format!("{} x", forever("s + 1")))),
        one("calls of something shared with many arguments", &["E0234"], shared),
        one(
            "calls with many named arguments",
            &["E0234"],
            format!(
                "block b(x, {defaults}) {{ x }}\n{}",
                net(&format!("{} x", forever(&format!("let y = b(x, {named}) s"))))
            ),
        ),
        one("shares", &["E0234"], net(&format!("{} x", forever("share f = relu() s")))),
        one("long lists", &["E0234"], net("let l = for i in 0..60000 with l = [0] { l + [0..65000] } x")),
        one(
            "long strings",
            &["E0234"],
            net(&format!(
                "let t = \"{}\" let l = for i in 0..60000 with l = [0] {{ l + [[{}]] }} x",
                "t".repeat(4000),
                (0..64).map(|i| format!("t + {i},")).collect::<String>()
            )),
        ),
        one(
            "strings as written",
            &["E0234"],
            net(&format!("let l = for i in 0..60000 with l = [0] {{ l + [\"{}\"] }} x", "t".repeat(200_000))),
        ),
        one("records within records", &["E0303"], net("let r = for i in 0..60000 with r = 0 { {a: r} } x")),
        one(
            "lists and records within each other",
            &["E0303"],
            net("let r = for i in 0..60000 with r = 0 { {a: [r]} } x"),
        ),
        one(
            "records with long names",
            &["E0234"],
            net(&format!(
                "let l = for i in 0..60000 with l = [0] {{ l + [for j in 0..1 with r = 0 {{ {{{}: 0}} }}] }} x",
                "a".repeat(200_000)
            )),
        ),
        one(
            "functions",
            &["E0234"],
            format!("fn f(a, b = 1, c = 2) = max([a, b, c])\n{}", net(&format!("{} x", forever("f(s)")))),
        ),
        one("parameters", &["E0234"], net(&format!("{} x", forever("param p: f32[1] = fill(1) s")))),
    ]
}

/// A sum of floors that is h, and takes long to prove.
fn floors(parts: usize) -> String {
    (0..parts).map(|i| format!("div(h + {i}, {parts})")).collect::<Vec<_>>().join(" + ")
}

/// Nets whose shapes are hard to prove for all sizes.
pub fn proofs() -> Vec<Flood> {
    let two = |body: &str| {
        format!(
            "net m(x: f32[n, h], y: f32[n, {}]) -> f32[n, h] {{ let (a, b) = (dim(x, 1), dim(y, 1)) {body} x }}",
            floors(60)
        )
    };
    let wide = |count: usize, body: &str| {
        let inputs: String = (0..count).map(|i| format!("y{i}: f32[n, g(h + {i})], ")).collect();
        format!("fn g(h) = {}\nnet m({inputs} x: f32[n, h]) -> f32[n, h] {{ {body} }}", floors(60))
    };
    let sizes = |count: usize, condition: &str| {
        let inputs: String = (0..count).map(|i| format!("x{i}: f32[n, h{i}], ")).collect();
        let conditions: Vec<String> = (0..count).map(|i| condition.replace('#', &i.to_string())).collect();
        format!("net m({inputs} x: f32[n, h]) -> f32[n, h] where {} {{ x }}", conditions.join(", "))
    };
    let pairs = |count: usize| {
        let dims = |i: usize| (0..2).map(|j| format!("h + {}", i * 2 + j)).collect::<Vec<_>>().join(", ");
        let inputs: String = (0..count).map(|i| format!("x{i}: f32[n, {}], ", dims(i))).collect();
        format!("net m({inputs} x: f32[n, h]) -> f32[n, h] {{ x }}")
    };
    vec![
        one("comparisons of sizes", &["E0234"], two(&forever("if a == b { s + 1 } else { s }"))),
        one("comparisons of sizes that differ", &["E0255"], two(&forever("if a == b + h { s + 1 } else { s }"))),
        one("divisions of sizes", &["E0222"], two(&forever("let q = b / 61 s"))),
        one("lists of sizes", &["E0234"], two("let l = for i in 0..60000 with l = [a] { l + [b + i] }")),
        one("inputs of long extents", &["E0234"], wide(1500, "x")),
        one("inputs of many extents", &[], pairs(2000)),
        one(
            "layers over long extents",
            &["E0234"],
            format!(
                "net m(s: f32[n, h], x: f32[n, 1, {}, 1]) -> f32[n, 1, 1, 1] {{
                    let y = for i in 0..60000 with x = x {{ for j in 0..60000 with x = x {{ x |> relu |> max_pool((2, 1), stride: 1) }} }}
                    global_avg_pool(y)
                }}",
                floors(60)
            ),
        ),
        one("remainders in conditions", &[], sizes(4000, "h# % 8 == 0")),
        one("equalities in conditions", &[], sizes(3000, "2 * h# == 3 * h")),
        one("chained equalities", &[], sizes(3000, "h# == h")),
        one("inequalities", &[], sizes(3000, "h# >= h")),
        one("conditions that no sizes fulfil", &["E0256"], sizes(3000, "h# * h == 1000003")),
        one("remainders of one size", &["E0256"], fill("net m(x: f32[h]) -> f32[h] where h > 0", ", h % 5 == 3, h % 7 == 2, h % 5 == 1", " { x }")),
    ]
}

/// All of them.
pub fn all() -> Vec<Flood> {
    [broken(), names(), much(), endless()].concat()
}
