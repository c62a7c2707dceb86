//! Explains where and why pest stopped, in the reader's terms.

use pest::error::{Error, ErrorVariant, InputLocation};

use super::scan::{Token, TokenKind};
use super::structure::{closer, not_an_item};
use super::{KEYWORDS, Rule};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

struct Failure<'t> {
    text: &'t str,
    tokens: &'t [Token],
    /// Index of the token pest could not go on with; the number of tokens at the end.
    at: usize,
    expected: Vec<Rule>,
    end: Span,
}

/// One diagnostic for the error pest stopped at in a segment with the given tokens.
pub(super) fn explain(text: &str, tokens: &[Token], segment: Span, error: &Error<Rule>) -> Diagnostic {
    let offset = match error.location {
        InputLocation::Pos(offset) | InputLocation::Span((offset, _)) => segment.start as usize + offset,
    };
    let at = tokens.partition_point(|token| (token.span.end as usize) <= offset);
    let expected = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => positives.clone(),
        ErrorVariant::CustomError { .. } => Vec::new(),
    };
    let end = tokens.last().map_or(segment.head(0), |token| token.span.behind());
    let failure = Failure { text, tokens, at, expected, end };
    failure.diagnostic()
}

/// What the reader calls a rule; `None` for what is not worth naming.
fn phrase(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::expr | Rule::operand | Rule::number | Rule::string | Rule::neg | Rule::not | Rule::paren => {
            "an expression"
        }
        Rule::name | Rule::free_name | Rule::group => "a name",
        Rule::param => "a parameter",
        Rule::input => "an input",
        Rule::imported => "a name",
        Rule::field => "a field",
        Rule::kind => "`op`",
        Rule::output | Rule::outputs | Rule::tensor => "a type such as `f32[n, 10]`",
        Rule::dims => "`[` right behind the type's name",
        Rule::body | Rule::open_brace => "`{`",
        Rule::binding => "`let`",
        Rule::assign => "`=`",
        Rule::colon => "`:`",
        Rule::arrow => "`->`",
        Rule::open_paren => "`(`",
        Rule::kw_in => "`in`",
        Rule::kw_with => "`with`",
        _ => return None,
    })
}

impl<'t> Failure<'t> {
    fn found(&self) -> Option<&'t Token> {
        self.tokens.get(self.at)
    }

    fn previous(&self) -> Option<&'t Token> {
        self.at.checked_sub(1).and_then(|index| self.tokens.get(index))
    }

    fn expects(&self, rule: Rule) -> bool {
        self.expected.contains(&rule)
    }

    fn expects_expression(&self) -> bool {
        self.expected.iter().any(|&rule| phrase(rule) == Some("an expression"))
    }

    /// Behind a complete operand.
    fn expects_operator(&self) -> bool {
        self.expects(Rule::add) || self.expects(Rule::pipe)
    }

    /// The position of the innermost bracket that is open before the token.
    fn opening(&self) -> Option<usize> {
        let mut stack = Vec::new();
        for (index, token) in self.tokens[..self.at.min(self.tokens.len())].iter().enumerate() {
            match token.kind {
                TokenKind::Open => stack.push(index),
                TokenKind::Close => drop(stack.pop()),
                _ => {}
            }
        }
        stack.pop()
    }

    fn enclosing(&self) -> Option<&'t Token> {
        self.tokens.get(self.opening()?)
    }

    /// A name and, on the same line but apart from it, the parenthesis that is open: a tuple until a named argument shows up in it.
    fn gap_before_arguments(&self) -> Option<(Span, Span)> {
        let index = self.opening()?;
        let (name, open) = (self.tokens.get(index.checked_sub(1)?)?, self.tokens.get(index)?);
        let is_name = name.kind == TokenKind::Word && !KEYWORDS.contains(&name.text(self.text));
        let gap = self.text.get(name.span.end as usize..open.span.start as usize)?;
        (is_name && open.is(self.text, "(") && !gap.is_empty() && !gap.contains('\n')).then_some((name.span, open.span))
    }

    fn diagnostic(&self) -> Diagnostic {
        let Some(found) = self.found() else {
            return self.unexpected(None);
        };
        let spelling = found.text(self.text);
        let previous = self.previous();
        let enclosing = self.enclosing();
        if spelling == "@" {
            return misplaced_attribute(found.span);
        }
        if enclosing.is_none() && self.expects(Rule::EOI) {
            return not_an_item(spelling, found.span);
        }
        let is_keyword = found.kind == TokenKind::Word && KEYWORDS.contains(&spelling);
        if is_keyword
            && !self.expects_operator()
            && (self.expects(Rule::name) || self.expects(Rule::tensor))
            && !self.expects_expression()
        {
            return keyword_as_name(spelling, found.span);
        }
        if let Some(previous) = previous {
            if matches!(spelling, "(" | "[")
                && (previous.kind == TokenKind::Close || previous.kind == TokenKind::Word)
                && (self.expects_operator() || self.expects(Rule::dims))
                && !(previous.kind == TokenKind::Word && KEYWORDS.contains(&previous.text(self.text)))
            {
                return space_before_bracket(self.text, previous.span, found.span);
            }
            if matches!(spelling, ":" | "=")
                && let Some((name, open)) = self.gap_before_arguments()
            {
                return space_before_bracket(self.text, name, open);
            }
            if spelling == "=" && self.expects_operator() && enclosing.is_some_and(|open| !open.is(self.text, "{")) {
                return named_with_equals(found.span);
            }
        }
        self.unexpected(Some(found))
    }

    /// `expected ..`, from what pest tried and from the open bracket.
    fn expectation(&self) -> String {
        let mut phrases: Vec<String> = Vec::new();
        if self.expects_operator() {
            phrases.push("an operator".to_owned());
        } else {
            for phrase in self.expected.iter().filter_map(|&rule| phrase(rule)) {
                if !phrases.iter().any(|known| known == phrase) {
                    phrases.push(phrase.to_owned());
                }
            }
            // Whatever else may begin there, `an expression` says it.
            if self.expects_expression() {
                phrases.retain(|phrase| phrase != "a name" && phrase != "`let`");
            }
        }
        if self.expects_operator() && self.expects(Rule::body) {
            phrases.push("`{`".to_owned());
        }
        let begun = self.previous().is_some_and(|token| token.kind == TokenKind::Open || token.is(self.text, ","));
        if let Some(open) = self.enclosing()
            && (self.expects_operator()
                || phrases.is_empty()
                || begun
                || open.is(self.text, "{") && !self.is_mid_statement())
            && !self.expects(Rule::colon)
        {
            let open = open.text(self.text);
            if !begun && open != "{" {
                phrases.push("`,`".to_owned());
            }
            phrases.push(format!("`{}`", closer(open)));
        }
        match phrases.as_slice() {
            [] => "something else".to_owned(),
            [only] => only.clone(),
            [init @ .., last] => format!("{} or {last}", init.join(", ")),
        }
    }

    /// Behind an operator or another token that needs something to follow.
    fn is_mid_statement(&self) -> bool {
        self.previous().is_some_and(|token| {
            token.kind == TokenKind::Symbol
                || token.kind == TokenKind::Word && KEYWORDS.contains(&token.text(self.text))
        })
    }

    fn unexpected(&self, found: Option<&Token>) -> Diagnostic {
        let expectation = self.expectation();
        let mut message = format!("expected {expectation}");
        if let Some(previous) = self.previous() {
            message += &format!(" after `{}`", shorten(previous.text(self.text)));
        }
        let (span, label) = match found {
            Some(found) => {
                let spelling = found.text(self.text);
                let kind = if found.kind == TokenKind::Word && KEYWORDS.contains(&spelling) { "keyword " } else { "" };
                (found.span, format!("found {kind}`{}`", shorten(spelling)))
            }
            None => (self.end, "the item ends here".to_owned()),
        };
        let mut diagnostic = Diagnostic::new(codes::UNEXPECTED, message).label(span, label);
        if let Some(names) = self.bare_names() {
            let tuple = format!("({})", self.text.get(names.range()).unwrap_or_default());
            let help = "several names at once stand in parentheses, and take a tuple or list apart";
            diagnostic = diagnostic.help(help).fix(names, tuple);
        } else if let Some(help) = self.advice(found) {
            diagnostic = diagnostic.help(help);
        } else if let (Some(found), Some(previous)) = (found, self.previous())
            && expectation.contains("`,`")
            && matches!(found.kind, TokenKind::Word | TokenKind::Number | TokenKind::String)
            && !KEYWORDS.contains(&found.text(self.text))
        {
            diagnostic = diagnostic.help("put a comma between the two").fix(previous.span.behind(), ",");
        }
        diagnostic
    }

    /// The names of `let a, b = ..`, when it fails at their first comma.
    fn bare_names(&self) -> Option<Span> {
        let first = self.at.checked_sub(1)?;
        let word = |index: usize| self.tokens.get(index).map_or("", |token| token.text(self.text));
        if word(first.checked_sub(1)?) != "let" || !self.found()?.is(self.text, ",") {
            return None;
        }
        let mut last = first;
        while word(last + 1) == "," && self.tokens.get(last + 2).is_some_and(|token| token.kind == TokenKind::Word) {
            last += 2;
        }
        (last > first && word(last + 1) == "=").then(|| self.tokens[first].span.until(self.tokens[last].span))
    }

    fn advice(&self, found: Option<&Token>) -> Option<&'static str> {
        let found = found.map_or("", |token| token.text(self.text));
        let previous = self.previous().map_or("", |token| token.text(self.text));
        Some(match (previous, found) {
            (_, "=") if self.expects_operator() => "a comparison is written `==`; a binding is written `let name = ..`",
            ("*", "*") => "there is no power operator; write the product out",
            ("/", "*") => "comments begin with `//`",
            (_, "=") if self.expects(Rule::colon) => "an input has a type: `name: f32[n, 3, 224, 224]`",
            ("|>", _) => "a stage is a call such as `relu` or `conv(32, 3)`",
            (")", "{") if self.expects(Rule::arrow) => "a net says what it yields: `-> f32[n, classes]`",
            _ if self.expects(Rule::dims) => "a type lists its dimensions: `f32[n, 3, 224, 224]`",
            _ if self.enclosing().is_none() => match self.tokens.first().map_or("", |token| token.text(self.text)) {
                "net" => "a net is written `net NAME(x: f32[n, 3, 224, 224]) -> f32[n, 10] { .. }`",
                "block" => "a block is written `block NAME(x, c) { .. }`",
                "fn" => "a function is written `fn NAME(v) = ..`",
                "const" => "a constant is written `const NAME = ..`",
                "import" => "an import is written `import \"blocks.net\" { conv_relu }`",
                _ => return None,
            },
            _ => return None,
        })
    }
}

fn shorten(text: &str) -> &str {
    const LONGEST: usize = 32;
    text.char_indices().nth(LONGEST).map_or(text, |(end, _)| &text[..end])
}

/// The error for an attribute where none can stand.
pub(super) fn misplaced_attribute(span: Span) -> Diagnostic {
    Diagnostic::new(codes::MISPLACED_ATTRIBUTE, "an attribute can't stand here")
        .label(span, "misplaced attribute")
        .help("attributes stand before `let`, `share` and `param`, behind `|>`, and before an input or output of a net")
}

fn keyword_as_name(word: &str, span: Span) -> Diagnostic {
    Diagnostic::new(codes::KEYWORD_AS_NAME, format!("`{word}` is a keyword and can't be a name here"))
        .label(span, "expected a name")
        .help(format!("use another name, such as `{word}_`"))
}

/// The error for `f (x)`.
pub(super) fn space_before_bracket(text: &str, name: Span, bracket: Span) -> Diagnostic {
    let gap = Span { end: bracket.start, ..name.behind() };
    let open = text.get(bracket.range()).unwrap_or_default();
    Diagnostic::new(codes::SPACE_BEFORE_BRACKET, format!("`{open}` must touch what it belongs to"))
        .label(bracket, "a space stands before this")
        .help("delete the space")
        .fix(gap, "")
}

fn named_with_equals(span: Span) -> Diagnostic {
    Diagnostic::new(codes::UNEXPECTED, "expected `:`, found `=`")
        .label(span, "arguments are named with `:`")
        .help("write `:`; `=` is for defaults where a block is declared")
        .fix(span, ":")
}
