//! The text form of programs: what `--stage loops` shows. Nothing in it depends on ids, so unrelated changes do not move it.

use std::fmt::{self, Display, Formatter, Write};

use super::LANES;
use super::affine::{Affine, Bound};
use super::nest::{BufferId, Leaf, Nest, RegId, Stmt};
use super::program::{Home, Program, Region};

impl Display for Home {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Home::Input(i) => write!(f, "input {i}"),
            Home::Output(i) => write!(f, "output {i}"),
            Home::Weights(offset) => write!(f, "weights + {offset}"),
            Home::Arena(offset) => write!(f, "arena + {offset}"),
        }
    }
}

impl Display for Program {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "program @{} arena={} weights={}", self.name, self.arena_bytes, self.weights_bytes)?;
        for region in &self.regions {
            writeln!(f)?;
            self.fmt_region(region, f)?;
        }
        Ok(())
    }
}

impl Program {
    /// One region as text; `None` if there is none of this name.
    pub fn region_text(&self, name: &str) -> Option<String> {
        struct One<'a>(&'a Program, &'a Region);
        impl Display for One<'_> {
            fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
                self.0.fmt_region(self.1, f)
            }
        }
        self.regions.iter().find(|r| r.name == name).map(|r| One(self, r).to_string())
    }

    fn fmt_region(&self, region: &Region, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "region {} = {} {{", region.name, region.operator)?;
        for (word, list) in [("read", &region.reads), ("write", &region.writes)] {
            for &id in list {
                let buffer = self.buffer(id);
                write!(f, "  {word} {}: {}[", buffer.name, buffer.dtype)?;
                for (i, extent) in buffer.shape.iter().enumerate() {
                    write!(f, "{}{extent}", if i > 0 { "," } else { "" })?;
                }
                write!(f, "] {} = {}", buffer.layout, buffer.home)?;
                match self.packs.iter().find(|p| p.buffer == id) {
                    Some(pack) => writeln!(f, " ({})", pack.packing)?,
                    None => writeln!(f)?,
                }
            }
        }
        for nest in &region.nests {
            writeln!(f, "  {}:", nest.title)?;
            Text { program: self, nest }.stmts(&nest.body, 4, f)?;
        }
        writeln!(f, "}}")
    }
}

/// Spells the statements of one nest.
struct Text<'a> {
    program: &'a Program,
    nest: &'a Nest,
}

impl Text<'_> {
    fn stmts(&self, stmts: &[Stmt], indent: usize, f: &mut Formatter<'_>) -> fmt::Result {
        stmts.iter().try_for_each(|stmt| self.stmt(stmt, indent, f))
    }

    fn stmt(&self, stmt: &Stmt, indent: usize, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:indent$}", "")?;
        let nested = |body: &[Stmt], f: &mut Formatter<'_>| {
            f.write_str(" {\n")?;
            self.stmts(body, indent + 2, f)?;
            writeln!(f, "{:indent$}}}", "")
        };
        match stmt {
            Stmt::For { var, low, high, step, body } => {
                write!(
                    f,
                    "for {} in {}..{}",
                    self.nest.vars[var.index()],
                    self.bounds("max", low),
                    self.bounds("min", high)
                )?;
                if *step != 1 {
                    write!(f, " step {step}")?;
                }
                nested(body, f)
            }
            Stmt::Unroll { var, low, high, body } => {
                write!(f, "unroll {} in {low}..{high}", self.nest.vars[var.index()])?;
                nested(body, f)
            }
            Stmt::Set { reg, at, value } => writeln!(f, "{} = {}", self.reg(*reg, at), self.value(value)),
            Stmt::Store { buffer, at, lanes, value } => {
                writeln!(f, "{} = {}", self.element(*buffer, at, usize::from(*lanes)), self.value(value))
            }
        }
    }

    fn bounds(&self, name: &str, bounds: &[Bound]) -> String {
        let one = |bound: &Bound| {
            let numerator = self.affine(&bound.numerator);
            if bound.divisor == 1 { numerator } else { format!("ceil(({numerator}) / {})", bound.divisor) }
        };
        match bounds {
            [bound] => one(bound),
            _ => format!("{name}({})", bounds.iter().map(one).collect::<Vec<_>>().join(", ")),
        }
    }

    fn affine(&self, at: &Affine) -> String {
        let mut text = String::new();
        for (var, coefficient) in &at.terms {
            let name = &self.nest.vars[var.index()];
            let sign = match (text.is_empty(), *coefficient < 0) {
                (true, false) => "",
                (true, true) => "-",
                (false, false) => " + ",
                (false, true) => " - ",
            };
            text.push_str(sign);
            text.push_str(name);
            if coefficient.abs() != 1 {
                let _ = write!(text, "*{}", coefficient.abs());
            }
        }
        match at.constant {
            c if text.is_empty() => c.to_string(),
            0 => text,
            c if c < 0 => format!("{text} - {}", -c),
            c => format!("{text} + {c}"),
        }
    }

    fn element(&self, buffer: BufferId, at: &Affine, lanes: usize) -> String {
        let (name, at) = (&self.program.buffer(buffer).name, self.affine(at));
        if lanes == 1 { format!("{name}[{at}]") } else { format!("{name}[{at}; {lanes}]") }
    }

    fn reg(&self, reg: RegId, at: &Affine) -> String {
        let array = &self.nest.regs[reg.index()];
        if array.len == 1 { array.name.clone() } else { format!("{}[{}]", array.name, self.affine(at)) }
    }

    fn value(&self, value: &super::nest::Value) -> String {
        let spelled = value.map(&mut |leaf| {
            super::expr::Expr::Leaf(match leaf {
                Leaf::Load(buffer, at) => self.element(*buffer, at, LANES),
                Leaf::Splat(buffer, at) => self.element(*buffer, at, 1),
                Leaf::Reg(reg, at) => self.reg(*reg, at),
                Leaf::Across(combine, reg, at) => format!("across({combine:?}, {})", self.reg(*reg, at)).to_lowercase(),
                Leaf::Align { reg, low, high, by } => {
                    format!("align({}, {}, {by})", self.reg(*reg, low), self.reg(*reg, high))
                }
            })
        });
        spelled.to_string()
    }
}
