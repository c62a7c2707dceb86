//! The tokens of a random text.

use super::{Before, Random};

const NAMES: &[&str] = &[
    "x",
    "y",
    "c",
    "k",
    "conv",
    "relu",
    "stem",
    "max_pool",
    "channels",
    "bottleneck",
    "conv_batch_norm_relu",
    "a_name_as_long_as_they_come_in_practice",
    "_hidden",
    "x1",
    "iffy",
    "nets",
];
const KEYWORDS: &[&str] = &["in", "if", "for", "net", "op", "as", "let", "param", "true", "where"];
const NUMBERS: &[&str] = &["0", "1", "3", "64", "224", "1000", "0.5", "1e-5", "2.50", "1E+3", "007", "123456789"];
const STRINGS: &[&str] = &["\"\"", "\"same\"", "\"a \\\"b\\\" \\\\ \\n\"", "\"// no comment {\"", "\"größe\""];

/// Builds the tokens of a text.
pub(super) struct Generator {
    random: Random,
    tokens: Vec<(String, Before)>,
    /// Whether a line may begin with a sign here.
    bracketed: bool,
    /// How deep the expressions nest.
    depth: usize,
    /// After so many tokens all that begins is plain.
    budget: usize,
}

impl Generator {
    pub(super) fn new(mut random: Random) -> Generator {
        let budget = random.pick(&[30, 100, 300]);
        Generator { random, tokens: Vec::new(), bracketed: false, depth: 0, budget }
    }

    /// A few items.
    pub(super) fn items(mut self) -> Vec<(String, Before)> {
        for _ in 0..=self.random.below(5) {
            self.item();
        }
        self.tokens
    }

    fn put(&mut self, token: &str, before: Before) {
        self.tokens.push((token.to_owned(), before));
    }

    fn any(&mut self, tokens: &str) {
        for token in tokens.split(' ') {
            self.put(token, Before::Any);
        }
    }

    fn word(&mut self, words: &[&str]) {
        let word = self.random.pick(words);
        self.put(word, Before::Any);
    }

    fn name(&mut self) {
        self.word(NAMES);
    }

    /// Elements between brackets, with a comma behind the last perhaps.
    fn listed(
        &mut self,
        open: (&str, Before),
        close: &str,
        counts: (usize, usize),
        element: impl Fn(&mut Self, usize),
    ) {
        self.put(open.0, open.1);
        let outer = std::mem::replace(&mut self.bracketed, true);
        let count = counts.0 + self.random.below(counts.1 - counts.0 + 1);
        for index in 0..count {
            element(self, index);
            if index + 1 < count || self.random.percent(20) {
                self.any(",");
            }
        }
        self.bracketed = outer;
        self.any(close);
    }

    fn item(&mut self) {
        match self.random.below(10) {
            0 => {
                self.any("import");
                self.word(STRINGS);
                self.listed(("{", Before::Any), "}", (1, 6), |g, _| {
                    g.name();
                    if g.random.percent(30) {
                        g.any("as");
                        g.name();
                    }
                });
            }
            1..=3 => {
                self.any("const");
                self.name();
                self.any("=");
                if self.random.percent(40) { self.table() } else { self.expr() }
            }
            4 => {
                self.any("fn");
                self.name();
                self.params();
                self.any("=");
                self.expr();
            }
            5..=7 => {
                self.any("block");
                self.name();
                self.params();
                self.conditions();
                self.body();
            }
            _ => {
                self.any("net");
                self.name();
                self.listed(("(", Before::Any), ")", (0, 3), Self::field);
                self.any("->");
                if self.random.percent(30) {
                    self.listed(("{", Before::Any), "}", (1, 3), Self::field);
                } else {
                    self.attributes(2);
                    self.tensor();
                }
                self.conditions();
                self.body();
            }
        }
    }

    /// A list of rows of equal or unequal length, or of numbers.
    fn table(&mut self) {
        let columns = 1 + self.random.below(6);
        let is_even = self.random.percent(80);
        self.listed(("[", Before::Any), "]", (0, 9), |g, _| match columns {
            1 => g.literal(),
            _ => {
                let columns = if is_even { columns } else { 2 + g.random.below(3) };
                g.listed(("(", Before::Any), ")", (columns, columns), |g, _| g.literal());
            }
        });
    }

    fn literal(&mut self) {
        match self.random.below(10) {
            0 => self.any("true"),
            1 => self.word(STRINGS),
            2 => self.name(),
            3 => {
                self.any("-");
                self.word(NUMBERS);
            }
            _ => self.word(NUMBERS),
        }
    }

    fn params(&mut self) {
        self.listed(("(", Before::Any), ")", (0, 6), |g, index| {
            g.free_name(index);
            if g.random.percent(20) {
                g.any(": op");
            }
            if g.random.percent(40) {
                g.any("=");
                g.expr();
            }
        });
    }

    /// A name that no other index of a list has.
    fn free_name(&mut self, index: usize) {
        let name = if self.random.percent(20) && index < KEYWORDS.len() {
            KEYWORDS[index].to_owned()
        } else {
            format!("{}{index}", self.random.pick(&["a", "stride_", "pad", "expansion_ratio_"]))
        };
        self.put(&name, Before::Any);
    }

    fn conditions(&mut self) {
        if self.random.percent(75) {
            return;
        }
        self.any("where");
        let outer = std::mem::replace(&mut self.bracketed, true);
        let count = 1 + self.random.below(3);
        for index in 0..count {
            self.expr();
            if index + 1 < count || self.random.percent(20) {
                self.any(",");
            }
        }
        self.bracketed = outer;
    }

    fn field(&mut self, index: usize) {
        self.attributes(3);
        self.free_name(index);
        self.any(":");
        self.tensor();
    }

    fn tensor(&mut self) {
        self.word(&["f32", "u8"]);
        self.listed(
            ("[", Before::Touch),
            "]",
            (0, 4),
            |g, _| {
                if g.random.percent(80) { g.literal() } else { g.expr() }
            },
        );
    }

    /// Up to `most` attributes; whether there are any.
    fn attributes(&mut self, most: usize) -> bool {
        if self.random.percent(70) {
            return false;
        }
        for _ in 0..=self.random.below(most) {
            self.any("@");
            let name = self.random.pick(&["freeze", "lr", "image", "keep"]);
            self.put(name, Before::Touch);
            if self.random.percent(50) {
                self.arguments();
            }
        }
        true
    }

    fn arguments(&mut self) {
        let positional = self.random.below(3);
        self.listed(("(", Before::Touch), ")", (0, 5), |g, index| {
            if index >= positional {
                g.free_name(index);
                g.any(":");
            }
            if g.random.percent(60) { g.literal() } else { g.expr() }
        });
    }

    fn body(&mut self) {
        self.any("{");
        let outer = std::mem::replace(&mut self.bracketed, false);
        let statements = if self.depth > 1 { self.random.below(2) } else { self.random.below(5) };
        for _ in 0..statements {
            self.statement();
        }
        let start = self.tokens.len();
        if self.random.percent(10) {
            self.listed(("{", Before::Any), "}", (1, 3), |g, index| {
                g.free_name(index);
                g.any(":");
                g.expr();
            });
        } else {
            self.expr();
        }
        if statements > 0 {
            if self.tokens[start].0 == "-" {
                self.tokens.insert(start, ("(".to_owned(), Before::Any));
                self.any(")");
            }
            if self.tokens[start].0.starts_with(['(', '[']) {
                self.tokens[start].1 = Before::Line;
            }
        }
        self.bracketed = outer;
        self.any("}");
    }

    fn statement(&mut self) {
        let before = if self.attributes(3) { Before::Kept } else { Before::Any };
        match self.random.below(8) {
            0 => {
                self.put("share", before);
                self.name();
                self.any("=");
                self.call();
            }
            1 => {
                self.put("param", before);
                self.name();
                self.any(":");
                self.tensor();
                self.any("=");
                self.call();
            }
            _ => {
                self.put("let", before);
                self.pattern(0);
                self.any("=");
                self.expr();
            }
        }
    }

    fn pattern(&mut self, depth: usize) {
        match self.random.below(10) {
            0 => self.any("_"),
            1..=3 if depth < 3 => {
                let open = ("(", Before::Any);
                self.listed(open, ")", (1, 5), |g, _| g.pattern(depth + 1));
            }
            _ => self.name(),
        }
    }

    fn call(&mut self) {
        self.name();
        self.arguments();
    }

    fn expr(&mut self) {
        self.depth += 1;
        if self.depth < 5 && self.tokens.len() < self.budget && self.random.percent(25) {
            if self.random.percent(10) {
                self.word(&["-", "not"]);
            }
            self.operand();
            for _ in 0..=self.random.below(6) {
                self.any("|>");
                self.attributes(2);
                self.name();
                if self.random.percent(70) {
                    self.arguments();
                }
                self.alias();
            }
        } else {
            self.chain();
        }
        self.depth -= 1;
    }

    fn alias(&mut self) {
        if self.random.percent(15) {
            self.any("as");
            self.name();
        }
    }

    /// Operands and infix operators; comparisons and ranges are not chained.
    fn chain(&mut self) {
        let (mut compared, mut ranged) = (false, false);
        let more = if self.depth > 3 { 20 } else { 35 };
        loop {
            while self.random.percent(10) {
                self.word(&["-", "-", "not"]);
            }
            self.operand();
            if !self.random.percent(more) {
                return;
            }
            let op = loop {
                let op = self.random.pick(&["+", "-", "+", "*", "/", "%", "==", "<", ">=", "..", "and", "or"]);
                match op {
                    "and" | "or" => (compared, ranged) = (false, false),
                    "==" | "<" | ">=" if compared => continue,
                    "==" | "<" | ">=" => (compared, ranged) = (true, false),
                    ".." if ranged => continue,
                    ".." => ranged = true,
                    _ => {}
                }
                break op;
            };
            let is_sign = matches!(op, "+" | "-");
            self.put(op, if is_sign && !self.bracketed { Before::Blank } else { Before::Any });
        }
    }

    fn operand(&mut self) {
        self.depth += 1;
        let is_deep = self.depth > 6 || self.tokens.len() > self.budget;
        match self.random.below(if is_deep { 6 } else { 16 }) {
            0..=2 => self.name(),
            3..=4 => self.word(NUMBERS),
            5 => self.word(&["true", "\"same\"", "false", "[]"]),
            6 => {
                let open = ("[", Before::Any);
                self.listed(open, "]", (0, 5), |g, _| g.expr());
            }
            7 => {
                let open = ("(", Before::Any);
                self.listed(open, ")", (2, 4), |g, _| g.expr());
            }
            8..=9 => {
                self.any("(");
                let outer = std::mem::replace(&mut self.bracketed, true);
                self.expr();
                if self.random.percent(10) {
                    self.any(",");
                }
                self.bracketed = outer;
                self.any(")");
            }
            10 => {
                self.any("if");
                self.expr();
                self.body();
                while self.random.percent(30) {
                    self.any("else if");
                    self.expr();
                    self.body();
                }
                self.any("else");
                self.body();
            }
            11 => {
                self.any("for");
                self.pattern(1);
                self.any("in");
                if self.random.percent(30) {
                    self.table()
                } else {
                    self.expr()
                }
                self.any("with");
                self.pattern(1);
                self.any("=");
                self.expr();
                self.body();
            }
            12 => {
                let open = ("[", Before::Any);
                self.listed(open, "]", (2, 5), |g, _| g.literal());
            }
            _ => {
                self.call();
                let end = self.tokens.len();
                self.alias();
                if self.tokens.len() > end {
                    self.depth -= 1;
                    return;
                }
            }
        }
        while self.random.percent(8) {
            self.put("[", Before::Touch);
            let outer = std::mem::replace(&mut self.bracketed, true);
            self.expr();
            self.bracketed = outer;
            self.any("]");
        }
        self.depth -= 1;
    }
}
