//! The header of an `.npy` file: a Python dictionary with the keys `descr`, `fortran_order` and `shape`.
//!
//! The parser takes exactly what NumPy may write: each key once, in any order, string quotes of either kind, a trailing
//! comma. It reads each byte once.

use crate::dtype::DType;
use crate::shape::MAX_RANK;
use crate::text::shortened;

/// What an array's header says.
#[derive(Debug, PartialEq)]
pub(super) struct Header {
    /// The element type in NumPy's spelling, such as `<f4`; `None` for a structured one.
    pub(super) descr: Option<String>,
    pub(super) fortran_order: bool,
    pub(super) shape: Vec<usize>,
}

impl Header {
    /// The header of an array in C order, padded so that the data starts at a multiple of 64 bytes.
    pub(super) fn text(dtype: DType, shape: &[usize]) -> String {
        let descr = DESCRS.iter().find(|row| row.1 == dtype).map_or("<f4", |row| row.0);
        let dims: Vec<_> = shape.iter().map(usize::to_string).collect();
        // With one dimension, the comma is what makes it a tuple.
        let dims = if let [dim] = dims.as_slice() { format!("{dim},") } else { dims.join(", ") };
        let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({dims}), }}");
        let unpadded = 10 + text.len() + 1;
        text.extend(std::iter::repeat_n(' ', unpadded.next_multiple_of(64) - unpadded));
        text.push('\n');
        text
    }

    pub(super) fn parse(text: &str) -> Result<Header, String> {
        let mut parser = Parser { rest: text };
        let (mut descr, mut fortran_order, mut shape) = (None, None, None);
        parser.expect("{")?;
        while !parser.eat("}") {
            let key = parser.string()?;
            parser.expect(":")?;
            let twice = match key {
                "descr" => descr.replace(parser.descr()?).is_some(),
                "fortran_order" => fortran_order.replace(parser.boolean()?).is_some(),
                "shape" => shape.replace(parser.shape()?).is_some(),
                _ => {
                    return Err(format!("its header has the unknown key `{}`", shortened(key, 20)));
                }
            };
            if twice {
                return Err(format!("its header has the key `{key}` twice"));
            }
            if !parser.eat(",") {
                parser.expect("}")?;
                break;
            }
        }
        if !parser.rest.trim_start().is_empty() {
            return Err("there is text behind the dictionary in its header".to_owned());
        }
        let missing = |key: &str| format!("its header lacks the key `{key}`");
        Ok(Header {
            descr: descr.ok_or_else(|| missing("descr"))?,
            fortran_order: fortran_order.ok_or_else(|| missing("fortran_order"))?,
            shape: shape.ok_or_else(|| missing("shape"))?,
        })
    }

    /// The type of the elements; what the array holds instead, if no tensor does.
    pub(super) fn dtype(&self) -> Result<DType, String> {
        let Some(descr) = self.descr.as_deref() else {
            return Err("records".to_owned());
        };
        if let Some((_, dtype)) = DESCRS.iter().find(|(name, _)| *name == descr) {
            return Ok(*dtype);
        }
        let name = match descr.trim_start_matches(['<', '>', '|', '=']) {
            "f2" => "f16",
            "f4" => "f32",
            "f8" => "f64",
            "b1" => "bool",
            "i1" => "i8",
            "i2" => "i16",
            "i4" => "i32",
            "i8" => "i64",
            "u1" => "u8",
            "u2" => "u16",
            "u4" => "u32",
            "u8" => "u64",
            "c8" | "c16" => "complex numbers",
            "O" => "Python objects",
            _ => return Err(format!("elements of type `{}`", shortened(descr, 20))),
        };
        let order = if descr.starts_with('>') { "big-endian " } else { "" };
        Err(format!("{order}{name} (`{descr}`)"))
    }
}

/// The types of tensors in NumPy's spelling.
const DESCRS: &[(&str, DType)] = &[
    ("<f4", DType::F32),
    ("|u1", DType::U8),
    ("|i1", DType::I8),
    ("<i4", DType::I32),
    ("<i8", DType::I64),
    ("|b1", DType::Bool),
];

struct Parser<'t> {
    rest: &'t str,
}

impl<'t> Parser<'t> {
    fn eat(&mut self, token: &str) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.eat(token) { Ok(()) } else { Err(self.unexpected(&format!("`{token}`"))) }
    }

    fn unexpected(&self, expected: &str) -> String {
        if self.rest.is_empty() {
            format!("its header ends where {expected} is expected")
        } else {
            format!("its header has `{}` where {expected} is expected", shortened(self.rest, 20))
        }
    }

    fn string(&mut self) -> Result<&'t str, String> {
        self.rest = self.rest.trim_start();
        let quoted = |quote| self.rest.strip_prefix(quote).and_then(|rest| rest.split_once(quote));
        let Some((string, rest)) = quoted('\'').or_else(|| quoted('"')) else {
            return Err(self.unexpected("a string"));
        };
        if string.contains('\\') {
            return Err("its header has a string with an escape".to_owned());
        }
        self.rest = rest;
        Ok(string)
    }

    fn boolean(&mut self) -> Result<bool, String> {
        if self.eat("True") {
            Ok(true)
        } else if self.eat("False") {
            Ok(false)
        } else {
            Err(self.unexpected("`True` or `False`"))
        }
    }

    /// A string; or the list that describes records, of which only the end is looked for.
    fn descr(&mut self) -> Result<Option<String>, String> {
        if !self.eat("[") {
            return self.string().map(|string| Some(string.to_owned()));
        }
        let mut depth = 1_usize;
        for (at, byte) in self.rest.bytes().enumerate() {
            match byte {
                b'[' => depth += 1,
                b']' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                self.rest = &self.rest[at + 1..];
                return Ok(None);
            }
        }
        Err("its header ends within the list of `descr`".to_owned())
    }

    /// A tuple of numbers; with one number, the comma is what makes it a tuple.
    fn shape(&mut self) -> Result<Vec<usize>, String> {
        let mut shape = Vec::new();
        self.expect("(")?;
        while !self.eat(")") {
            if shape.len() == MAX_RANK {
                return Err(format!("its shape has more than {MAX_RANK} dimensions"));
            }
            shape.push(self.number()?);
            if !self.eat(",") {
                if shape.len() == 1 {
                    return Err(self.unexpected("`,`"));
                }
                self.expect(")")?;
                break;
            }
        }
        Ok(shape)
    }

    fn number(&mut self) -> Result<usize, String> {
        self.rest = self.rest.trim_start();
        let end = self.rest.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        if digits.is_empty() {
            return Err(self.unexpected("a dimension"));
        }
        self.rest = rest;
        digits.parse().map_err(|_| format!("the dimension {} in its header is too large", shortened(digits, 20)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_parses_back() {
        for shape in [&[][..], &[3], &[1, 3, 224, 224], &[usize::MAX; 8]] {
            let text = Header::text(DType::I64, shape);
            assert_eq!((text.len() + 10) % 64, 0);
            let expected = Header { descr: Some("<i8".to_owned()), fortran_order: false, shape: shape.to_vec() };
            assert_eq!(Header::parse(&text), Ok(expected));
        }
    }

    #[test]
    fn keys_in_any_order_with_either_quote() {
        let header = Header::parse("{\"shape\":(2,3),'fortran_order':True,'descr':'<f8'}").unwrap();
        assert_eq!(header.shape, [2, 3]);
        assert!(header.fortran_order);
        assert_eq!(header.dtype().unwrap_err(), "f64 (`<f8`)");
    }

    #[test]
    fn malformed_headers() {
        let check = |text: &str| Header::parse(text).unwrap_err();
        let key = |shape: &str| check(&format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}}}"));
        insta::assert_snapshot!(check(""), @"its header ends where `{` is expected");
        insta::assert_snapshot!(check("{"), @"its header ends where a string is expected");
        insta::assert_snapshot!(check("{}"), @"its header lacks the key `descr`");
        insta::assert_snapshot!(check("{'descr' '<f4'}"), @r"its header has `'<f4'}` where `:` is expected");
        insta::assert_snapshot!(check("{'descr': '<f4"), @r"its header has `'<f4` where a string is expected");
        insta::assert_snapshot!(check("{'descr': '<f4', 'descr': '<f4'}"), @"its header has the key `descr` twice");
        insta::assert_snapshot!(check("{'descr': '\\x3cf4'}"), @"its header has a string with an escape");
        insta::assert_snapshot!(check("{'descr': [('a', '<f4')"), @"its header ends within the list of `descr`");
        insta::assert_snapshot!(check("{'fortran_order': 0}"), @"its header has `0}` where `True` or `False` is expected");
        insta::assert_snapshot!(check("{'evil\n': 1}"), @r"its header has the unknown key `evil\n`");
        insta::assert_snapshot!(key("()} {"), @"there is text behind the dictionary in its header");
        insta::assert_snapshot!(key("(2)"), @"its header has `)}` where `,` is expected");
        insta::assert_snapshot!(key("(2 3)"), @"its header has `3)}` where `,` is expected");
        insta::assert_snapshot!(key("(-1,)"), @"its header has `-1,)}` where a dimension is expected");
        insta::assert_snapshot!(key("(2,,)"), @"its header has `,)}` where a dimension is expected");
        insta::assert_snapshot!(key("(18446744073709551616,)"), @"the dimension 18446744073709551616 in its header is too large");
        insta::assert_snapshot!(key("(1,1,1,1,1,1,1,1,1)"), @"its shape has more than 8 dimensions");
        insta::assert_snapshot!(key("None"), @"its header has `None}` where `(` is expected");
    }

    #[test]
    fn other_types_are_named() {
        let check = |descr: &str| {
            let text = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': ()}}");
            Header::parse(&text).unwrap().dtype().map_or_else(|other| other, |dtype| dtype.to_string())
        };
        assert_eq!(check("'<f4'"), "f32");
        assert_eq!(check("'>f4'"), "big-endian f32 (`>f4`)");
        assert_eq!(check("'<f2'"), "f16 (`<f2`)");
        assert_eq!(check("'<i8'"), "i64");
        assert_eq!(check("'|u1'"), "u8");
        assert_eq!(check("'|b1'"), "bool");
        assert_eq!(check("'<U5'"), "elements of type `<U5`");
        assert_eq!(check("[('a', '<f4', (2,)), ('b', [('c', '<i4')])]"), "records");
    }
}
