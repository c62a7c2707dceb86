//! Graph to text. [`parse`](mod@super::parse) reads it back to an equal graph, given one that [`verify`](mod@super::verify) accepts.
//!
//! ```text
//! graph @tiny infer (%x: f32[1,3,8,8]) -> (y: f32[1,4,8,8]) {
//!   param @c.weight: f32[4,3,1,1]
//!   %c = conv %x, @c.weight {kernel=[1,1], stride=[1,1], pad=[0,0,0,0], dilation=[1,1], groups=1} : f32[1,4,8,8]
//!   return %c
//! }
//! ```
//!
//! Parameters and state stand in the order of [`Graph::params`], nodes in topological order, attributes in the operator's order.
//! Nothing depends on hashing or addresses, so equal graphs print the same bytes.

use std::fmt::{self, Display};

use super::{Def, Graph, Mode, Node, Value, ValueId};
use crate::ops::Attr;

impl Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Mode::Infer => "infer",
            Mode::Train => "train",
        })
    }
}

impl Display for Attr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Attr::Int(v) => write!(f, "{v}"),
            Attr::Ints(list) => {
                f.write_str("[")?;
                separated(f, ",", list, |f, v| write!(f, "{v}"))?;
                f.write_str("]")
            }
            Attr::Float(v) => float(f, *v),
            Attr::Bool(v) => write!(f, "{v}"),
            Attr::Word(word) => f.write_str(word),
        }
    }
}

/// The shortest digits that read back as the same number, with a fraction or an exponent so that it reads back as a float.
fn float(f: &mut fmt::Formatter<'_>, v: f64) -> fmt::Result {
    let plain = 1e-7..1e16;
    if !v.is_finite() || v != 0.0 && !plain.contains(&v.abs()) {
        write!(f, "{v:e}")
    } else if v.fract() == 0.0 {
        write!(f, "{v:.1}")
    } else {
        write!(f, "{v}")
    }
}

/// The notes on a value, each with a blank before it.
fn shown(value: &Value) -> String {
    value.notes.as_ref().map(ToString::to_string).unwrap_or_default()
}

/// Writes `items` with `separator` between them.
pub(super) fn separated<T>(
    f: &mut fmt::Formatter<'_>,
    separator: &str,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut fmt::Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    for (i, item) in items.into_iter().enumerate() {
        if i > 0 {
            f.write_str(separator)?;
        }
        write(f, item)?;
    }
    Ok(())
}

/// The text form. Ids must lie in their tables; every other rule may be broken.
impl Display for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |f: &mut fmt::Formatter<'_>, id: ValueId| f.write_str(&self.spelling(id));
        write!(f, "graph @{} {} (", self.name, self.mode)?;
        separated(f, ", ", &self.inputs, |f, &id| write!(f, "{}: {}", self.spelling(id), self.ty(id)))?;
        f.write_str(") -> (")?;
        separated(f, ", ", &self.outputs, |f, output| {
            let train = if output.train { " train" } else { "" };
            write!(f, "{}: {}{train}", output.name, self.ty(output.value))
        })?;
        f.write_str(") {\n")?;
        for &id in &self.params {
            let word = if self.value(id).def == Def::State { "state" } else { "param" };
            writeln!(f, "  {word} {}: {}{}", self.spelling(id), self.ty(id), shown(self.value(id)))?;
        }
        for Node { op, inputs, results } in &self.nodes {
            f.write_str("  ")?;
            separated(f, ", ", results, |f, &id| name(f, id))?;
            write!(f, " = {}", op.name())?;
            if !inputs.is_empty() {
                f.write_str(" ")?;
                separated(f, ", ", inputs, |f, &id| name(f, id))?;
            }
            let attributes = op.attributes();
            if !attributes.is_empty() {
                f.write_str(" {")?;
                separated(f, ", ", &attributes, |f, (key, value)| write!(f, "{key}={value}"))?;
                f.write_str("}")?;
            }
            f.write_str(" : ")?;
            separated(f, ", ", results, |f, &id| write!(f, "{}{}", self.ty(id), shown(self.value(id))))?;
            f.write_str("\n")?;
        }
        f.write_str("  return ")?;
        separated(f, ", ", &self.outputs, |f, output| name(f, output.value))?;
        f.write_str("\n}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes() {
        for (attr, expected) in [
            (Attr::Int(-1), "-1"),
            (Attr::Ints(vec![]), "[]"),
            (Attr::Ints(vec![3, 7]), "[3,7]"),
            (Attr::Bool(true), "true"),
            (Attr::Word("half_pixel".to_string()), "half_pixel"),
            (Attr::Float(0.0), "0.0"),
            (Attr::Float(1.0), "1.0"),
            (Attr::Float(-0.5), "-0.5"),
            (Attr::Float(1e-5), "0.00001"),
            (Attr::Float(0.1), "0.1"),
            (Attr::Float(1e-9), "1e-9"),
            (Attr::Float(1e15), "1000000000000000.0"),
            (Attr::Float(1.5e300), "1.5e300"),
            (Attr::Float(f64::MIN_POSITIVE), "2.2250738585072014e-308"),
        ] {
            assert_eq!(attr.to_string(), expected);
        }
    }
}
