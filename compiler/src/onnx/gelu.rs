//! GELU as exporters write it for operator sets that lack it: `x * 0.5 * (1 + erf(x / sqrt(2)))`, its factors in any order.

use std::collections::{HashMap, HashSet};
use std::f64::consts::{FRAC_1_SQRT_2, SQRT_2};

use super::constant::Constant;
use super::node::Declared;

/// How far a constant may be from the number that it stands for, relative to it: some are written with few digits.
const NEAR: f64 = 1e-4;

/// The nodes of all of them, by position.
#[derive(Debug, Default)]
pub(super) struct Gelus<'a> {
    /// Those that yield a result, each with the name of its operand.
    pub(super) last: HashMap<usize, &'a str>,
    /// Those before, which nothing else uses.
    pub(super) inner: HashSet<usize>,
}

/// Nodes by what they yield and use.
struct Links<'a, 'b> {
    nodes: &'a [Declared],
    uses: &'b HashMap<&'a str, usize>,
    makers: HashMap<&'a str, usize>,
    users: HashMap<&'a str, usize>,
    initializer: &'b dyn Fn(&str) -> Option<f64>,
}

impl<'a> Links<'a, '_> {
    /// The operands of a node of this operator that has two of them and no attributes.
    fn pair(&self, at: usize, op_type: &str) -> Option<[&'a str; 2]> {
        let node = &self.nodes[at].proto;
        let is_plain = node.op_type == op_type && node.attribute.is_empty() && node.output.len() == 1;
        match &node.input[..] {
            [a, b] if is_plain && matches!(node.domain.as_str(), "" | "ai.onnx") => Some([a, b]),
            _ => None,
        }
    }

    /// The only node that uses what a node yields, behind it.
    fn user(&self, at: usize) -> Option<usize> {
        let output = self.nodes[at].proto.output.first()?.as_str();
        self.users.get(output).copied().filter(|&user| user > at && self.uses.get(output) == Some(&1))
    }

    /// Whether a value is known to be this number.
    fn is(&self, name: &str, number: f64) -> bool {
        let constant = |at: &usize| {
            let node = &self.nodes[*at];
            let tensor = node.tensors.iter().flatten().next().filter(|_| node.proto.op_type == "Constant")?;
            Constant::stored(tensor.clone()).scalar().ok().flatten()
        };
        let found = (self.initializer)(name).or_else(|| self.makers.get(name).and_then(constant));
        found.is_some_and(|found| (found - number).abs() <= NEAR * number.abs())
    }

    /// What is multiplied by `factor` to yield a value before a node, or divided by its reciprocal.
    fn scaled(&self, name: &str, before: usize, [factor, reciprocal]: [f64; 2]) -> Option<&'a str> {
        let at = self.makers.get(name).copied().filter(|&at| at < before)?;
        if let Some([a, b]) = self.pair(at, "Mul") {
            return if self.is(b, factor) { Some(a) } else { Some(b).filter(|_| self.is(a, factor)) };
        }
        let [x, divisor] = self.pair(at, "Div")?;
        self.is(divisor, reciprocal).then_some(x)
    }

    /// The nodes of the GELU around the Erf at this position, the last one at the end, and its operand.
    fn around(&self, erf: usize) -> Option<(Vec<usize>, &'a str)> {
        let node = &self.nodes[erf].proto;
        let x = self.scaled(node.input.first()?, erf, [FRAC_1_SQRT_2, SQRT_2])?;
        let sum = self.user(erf)?;
        let other = |at: usize, op_type: &str, from: usize| {
            let made = self.nodes[from].proto.output.first()?.as_str();
            let [a, b] = self.pair(at, op_type)?;
            Some(if a == made { b } else { a })
        };
        other(sum, "Add", erf).filter(|one| self.is(one, 1.0))?;
        let mut nodes = vec![erf, sum];
        let (mut has_x, mut has_half) = (false, false);
        while !(has_x && has_half) {
            let before = *nodes.last()?;
            let next = self.user(before)?;
            let factor = other(next, "Mul", before)?;
            if !has_x && factor == x {
                has_x = true;
            } else if !has_half && self.is(factor, 0.5) {
                has_half = true;
            } else if !has_x && !has_half && self.scaled(factor, next, [0.5, 2.0]) == Some(x) {
                (has_x, has_half) = (true, true);
            } else {
                return None;
            }
            nodes.push(next);
        }
        Some((nodes, x))
    }
}

/// Finds them; `uses` counts how often each value is named, `initializer` gives those that are single numbers.
pub(super) fn find<'a>(
    nodes: &'a [Declared],
    uses: &HashMap<&'a str, usize>,
    initializer: &dyn Fn(&str) -> Option<f64>,
) -> Gelus<'a> {
    let mut gelus = Gelus::default();
    let is_erf = |at: &usize| {
        let node = &nodes[*at].proto;
        node.op_type == "Erf" && node.attribute.is_empty() && matches!(node.domain.as_str(), "" | "ai.onnx")
    };
    let erfs: Vec<usize> = (0..nodes.len()).filter(is_erf).collect();
    if erfs.is_empty() {
        return gelus;
    }
    let by = |names: fn(&Declared) -> &[String]| {
        let of_node = |(at, node): (usize, &'a Declared)| names(node).iter().map(move |name| (name.as_str(), at));
        nodes.iter().enumerate().flat_map(of_node).collect()
    };
    let links =
        Links { nodes, uses, makers: by(|node| &node.proto.output), users: by(|node| &node.proto.input), initializer };
    for erf in erfs {
        let Some((mut inner, x)) = links.around(erf) else { continue };
        gelus.last.extend(inner.pop().map(|last| (last, x)));
        gelus.inner.extend(inner);
    }
    gelus
}
