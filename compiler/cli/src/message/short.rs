//! Messages as one line each: `FILE:LINE:COLUMN: error[CODE]: MESSAGE`, without the place where there is none.

use super::Message;

/// The line, without its end.
pub(crate) fn short(message: Message<'_>) -> String {
    let mut line = String::new();
    if let Some(entry) = message.entry()
        && let Some(span) = entry.diagnostic().span()
    {
        let source = entry.sources().get(span.file);
        line += &format!("{}:{}: ", source.name(), source.position(span.start));
    }
    line += message.level();
    if let Some(code) = message.code() {
        line += &format!("[{code}]");
    }
    let words: Vec<&str> = message.text().split('\n').map(str::trim).filter(|part| !part.is_empty()).collect();
    format!("{line}: {}", words.join(" "))
}
