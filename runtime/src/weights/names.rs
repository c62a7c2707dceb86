//! Names that come twice in a header, of which a map would keep one without a word.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

/// The first name that a header has twice. Of what is no map of names there is nothing to say.
pub(super) fn repeated(header: &[u8]) -> Option<String> {
    let mut found = None;
    let mut reader = serde_json::Deserializer::from_slice(header);
    // What else is wrong with a header is for who reads it whole.
    let _ = reader.deserialize_map(Names(&mut found));
    found
}

struct Names<'f>(&'f mut Option<String>);

impl<'de> Visitor<'de> for Names<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of tensors")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut names = HashSet::new();
        while let Some((name, IgnoredAny)) = map.next_entry::<String, IgnoredAny>()? {
            if let Some(name) = names.replace(name) {
                self.0.get_or_insert(name);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str, expected: Option<&str>) {
        assert_eq!(repeated(header.as_bytes()).as_deref(), expected, "{header}");
    }

    #[test]
    fn names() {
        check("{}", None);
        check(r#"{"a":1,"b":{"a":1,"a":2}}"#, None);
        check(r#"{"a":1,"b":2,"a":3}"#, Some("a"));
        check(r#"{"a":1,"\u0061":2,"b":3,"b":4}"#, Some("a"));
        check("[1]", None);
    }
}
