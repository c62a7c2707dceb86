//! Random `.net` texts that the parser accepts, and random layouts of each. Names mean nothing: the resolver refuses them.

mod generate;

use rebirth_compiler::ops::Rng;

use self::generate::Generator;

/// [`Rng`] with the choices that texts and mutations need.
#[derive(Clone, Debug)]
pub struct Random(Rng);

impl Random {
    /// The sequence of a seed.
    pub fn new(seed: u64) -> Random {
        Random(Rng::new(seed))
    }

    /// A number below `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.0.next_u64() >> 33) as usize % bound
    }

    /// Whether something happens that does in so many of a hundred cases.
    pub fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    /// One of several.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

/// What may stand before a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    /// Anything.
    Any,
    /// Nothing.
    Touch,
    /// Blanks on the same line.
    Blank,
    /// Anything with a line break in it.
    Line,
    /// Anything; a line break is the author's choice, which the formatter keeps.
    Kept,
}

/// The tokens of a text, without a layout.
#[derive(Debug)]
pub struct Net {
    tokens: Vec<(String, Before)>,
}

impl Net {
    /// The text of a seed: a few items of every kind.
    pub fn new(seed: u64) -> Net {
        Net { tokens: Generator::new(Random::new(seed)).items() }
    }

    /// The tokens on as few lines as the language allows.
    pub fn compact(&self) -> String {
        self.render(|before| if before == Before::Line { "\n".to_owned() } else { " ".to_owned() })
    }

    /// The tokens on as many lines as possible; no line is blank.
    pub fn scattered(&self) -> String {
        self.render(|before| match before {
            Before::Any | Before::Line => "\n".to_owned(),
            _ => " ".to_owned(),
        })
    }

    /// The tokens with random blanks, line breaks and comments between them.
    pub fn wild(&self, seed: u64) -> String {
        // Not the sequence that made the tokens of the same seed.
        let mut random = Random::new(!seed);
        let comments = random.pick(&[0, 2, 10, 40]);
        let lines = random.pick(&[2, 10, 40]);
        let start = if random.percent(10) { "\u{feff}" } else { "" };
        let text = self.render(|before| trivia(&mut random, before, comments, lines));
        let end = trivia(&mut random, Before::Any, comments, lines);
        format!("{start}{text}{end}")
    }

    fn render(&self, mut trivia: impl FnMut(Before) -> String) -> String {
        let mut text = String::new();
        for (token, before) in &self.tokens {
            if *before != Before::Touch {
                text += &trivia(*before);
                let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
                if text.ends_with(is_word) && token.starts_with(is_word) {
                    text.push(' ');
                }
            }
            text += token;
        }
        text
    }
}

/// Blanks, line breaks and comments, each with so many chances in a hundred.
fn trivia(random: &mut Random, before: Before, comments: usize, lines: usize) -> String {
    const COMMENTS: &[&str] = &[
        "//",
        "// short",
        "//tight",
        "// a // b",
        "// \"open",
        "// { [ (",
        "// ends in blanks  \t",
        "// größer als 1",
        "// a comment so long that it makes whatever line it ends longer than any line of code may ever be",
    ];
    let break_line = |random: &mut Random| {
        let mut text = random.pick(&["\n", "\n", "\r\n", "\n\n", " \n\t\n\n"]).to_owned();
        text += &" ".repeat(random.below(9));
        text
    };
    let blank = |random: &mut Random| random.pick(&["", " ", " ", "  ", "\t"]).to_owned();
    if before == Before::Blank {
        return blank(random);
    }
    let mut text = String::new();
    while random.percent(comments) {
        text += &if random.percent(50) { blank(random) + " " } else { break_line(random) };
        text += random.pick(COMMENTS);
        text += &break_line(random);
    }
    if before == Before::Line || random.percent(lines) {
        text += &break_line(random);
    } else if text.is_empty() {
        text = blank(random);
    }
    text
}
