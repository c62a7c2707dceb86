//! `rebirth explain`

mod markdown;

use clap::Args;
use rebirth_lang::codes::Code;
use rebirth_runtime::suggest::closest;
use serde::Serialize;

use crate::codes;
use crate::console::{Context, Style};
use crate::failure::Failure;

const EXAMPLES: &str = "\
EXAMPLES
  rebirth explain E0112
  rebirth explain
  rebirth explain E0301 --json | jq -r .text";

/// Columns of an explanation.
const WIDTH: usize = 80;

/// The texts of `explain/`, by code.
const TEXTS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/explanations.rs"));

/// Codes of earlier versions, which nothing else will get, and what became of them.
const RETIRED: &[(&str, &str)] = &[(
    "E0110",
    "it was for words that were kept for a later version of the language, all of which mean something now",
)];

/// What the codes that begin alike are about.
const GROUPS: &[(&str, &str)] = &[
    ("E01", "syntax and imports"),
    ("E02", "names, values and settings"),
    ("E03", "shapes and operators"),
    ("E04", "weights"),
    ("E05", "arrays, images and other files"),
    ("E06", "the text form of graphs"),
    ("E07", "compilation"),
    ("E08", "inputs and outputs of modules"),
    ("E09", "the command line"),
    ("E10", "ONNX files"),
];

/// Explain an error code, with a wrong and a right example.
///
/// Says what the rule is for, and shows an example that breaks it and how to mend it. Without a code, lists all codes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ExplainArgs {
    /// The code, as messages show it
    #[arg(value_name = "CODE")]
    code: Option<String>,
    /// Print JSON on one line; without a code, one line for each
    #[arg(long)]
    json: bool,
}

/// The text is Markdown.
#[derive(Serialize)]
struct Explanation {
    code: &'static str,
    title: &'static str,
    text: &'static str,
}

pub(crate) fn explain(context: &mut Context<'_>, args: &ExplainArgs) -> Result<(), Failure> {
    let all = codes::everything();
    let color = context.console.color_results;
    let Some(wanted) = &args.code else {
        if args.json {
            return all.into_iter().try_for_each(|code| context.print_json(&explanation(code)));
        }
        return Ok(write!(context.out, "{}", list(&all, color))?);
    };
    if let Some((code, why)) = RETIRED.iter().find(|(code, _)| code.eq_ignore_ascii_case(wanted)) {
        let help = format!("{why}; `rebirth explain` lists all codes");
        return Err(Failure::new(codes::UNKNOWN_CODE, format!("the error code `{code}` is no longer given"), help));
    }
    let found = all.iter().find(|code| code.id.eq_ignore_ascii_case(wanted)).ok_or_else(|| unknown(wanted, &all))?;
    let found = explanation(*found);
    if args.json {
        return context.print_json(&found);
    }
    let title = Style::Bold.on(&format!("{}: {}", found.code, found.title), color);
    let width = context.console.width.min(WIDTH);
    write!(context.out, "{title}\n\n{}", markdown::plain(found.text, width, color))?;
    Ok(())
}

fn explanation(code: Code) -> Explanation {
    let text = TEXTS.iter().find(|(id, _)| *id == code.id).map_or("", |(_, text)| text);
    Explanation { code: code.id, title: code.title, text }
}

/// All codes with their titles, in groups.
fn list(all: &[Code], color: bool) -> String {
    let group = |&(start, about): &(&str, &str)| {
        let codes = all.iter().filter(|code| code.id.starts_with(start));
        let rows: String = codes.map(|code| format!("  {}  {}\n", code.id, code.title)).collect();
        format!("{}\n{rows}", Style::Bold.on(&format!("{start}xx  {about}"), color))
    };
    GROUPS.iter().map(group).collect::<Vec<_>>().join("\n")
}

fn unknown(wanted: &str, all: &[Code]) -> Failure {
    let help = match closest(&wanted.to_ascii_uppercase(), all.iter().map(|code| code.id)) {
        Some(near) => format!("did you mean `{near}`? `rebirth explain` lists all codes"),
        None => "a code is `E` and four digits; `rebirth explain` lists all codes".to_owned(),
    };
    Failure::new(codes::UNKNOWN_CODE, format!("there is no error code `{wanted}`"), help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_in_order_and_differ() {
        let all = codes::everything();
        assert!(all.len() > 130, "{}", all.len());
        for pair in all.windows(2) {
            assert!(pair[0].id < pair[1].id, "{} and {}", pair[0].id, pair[1].id);
        }
        assert!(all.iter().all(|code| RETIRED.iter().all(|(retired, _)| *retired != code.id)));
    }

    #[test]
    fn every_code_has_a_text_and_every_text_a_code() {
        let codes: Vec<&str> = codes::everything().iter().map(|code| code.id).collect();
        let texts: Vec<&str> = TEXTS.iter().map(|(code, _)| *code).collect();
        let without = |these: &[&'static str], those: &[&str]| -> Vec<&str> {
            these.iter().copied().filter(|code| !those.contains(code)).collect()
        };
        assert_eq!(without(&codes, &texts), [""; 0], "codes without a file in explain/, such as E0112.md");
        assert_eq!(without(&texts, &codes), [""; 0], "files in explain/ without a code");
    }

    #[test]
    fn every_code_is_in_a_group() {
        for code in codes::everything() {
            assert_eq!(GROUPS.iter().filter(|(start, _)| code.id.starts_with(start)).count(), 1, "{}", code.id);
            assert_eq!(code.id.len(), 5, "{}", code.id);
        }
    }
}
