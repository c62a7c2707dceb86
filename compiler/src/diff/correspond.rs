//! Which values of two graphs mean the same: by structure, from the outputs up and from the inputs down; what structure leaves open, by name.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::graph::{Def, Graph, NodeId, ValueId};
use crate::ops::Attr;

/// Pairs of values, one of each graph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Correspondence {
    /// Results of nodes, in the order of the first graph. Outputs are among them where a node computes them.
    pub values: Vec<(ValueId, ValueId)>,
    /// For each parameter of the first graph the position of its partner in the second's `Graph::params`.
    pub params: Vec<Option<usize>>,
}

/// Operators whose two operands may be exchanged.
const COMMUTATIVE: [&str; 4] = ["add", "max", "min", "mul"];

/// What a value is made of, as a number: equal for values that are computed alike from inputs and parameters of equal shapes.
fn structures(graph: &Graph) -> Vec<u64> {
    let mut structures = vec![0; graph.values.len()];
    let finish = |parts: &dyn Fn(&mut DefaultHasher)| {
        let mut hasher = DefaultHasher::new();
        parts(&mut hasher);
        hasher.finish()
    };
    for (i, &id) in graph.inputs.iter().enumerate() {
        structures[id.index()] = finish(&|h| ("input", i, graph.ty(id)).hash(h));
    }
    for &id in &graph.params {
        structures[id.index()] = finish(&|h| ("param", graph.ty(id)).hash(h));
    }
    for node in &graph.nodes {
        let mut operands: Vec<u64> = node.inputs.iter().map(|id| structures[id.index()]).collect();
        if COMMUTATIVE.contains(&node.op.name()) {
            operands.sort_unstable();
        }
        for (i, &id) in node.results.iter().enumerate() {
            structures[id.index()] = finish(&|h| {
                (node.op.name(), i, &operands, graph.ty(id)).hash(h);
                for (name, attr) in node.op.attributes() {
                    name.hash(h);
                    hash_attribute(&attr, h);
                }
            });
        }
    }
    structures
}

fn hash_attribute(attr: &Attr, hasher: &mut DefaultHasher) {
    // The printed form is exact: floats print so that they read back.
    format!("{attr:?}").hash(hasher);
}

/// Pairs what two graphs compute alike. Outputs are paired by their order, then what they are computed from, as long as both sides
/// apply the same operator, or one of them has an operator more that keeps the type; then from the inputs on; values left over are paired by name and type.
pub fn correspond(a: &Graph, b: &Graph) -> Correspondence {
    let (of_a, of_b) = (structures(a), structures(b));
    let mut partner: Vec<Option<ValueId>> = vec![None; a.values.len()];
    let mut taken = vec![false; b.values.len()];
    let mut open: Vec<(ValueId, ValueId)> =
        a.outputs.iter().zip(&b.outputs).rev().map(|(x, y)| (x.value, y.value)).collect();
    while let Some((x, y)) = open.pop() {
        let same = |x: ValueId, y: ValueId| of_a[x.index()] == of_b[y.index()] || alike(a, x, b, y);
        let (x, y) = match (same(x, y), below(a, x), below(b, y)) {
            (true, ..) => (x, y),
            // One side has an operator more that keeps the type: a dropout, or a softmax at the end.
            (_, Some(x), _) if same(x, y) => (x, y),
            (_, _, Some(y)) if same(x, y) => (x, y),
            _ => continue,
        };
        if a.ty(x) != b.ty(y) || partner[x.index()].is_some() || taken[y.index()] {
            continue;
        }
        partner[x.index()] = Some(y);
        taken[y.index()] = true;
        if let (Def::Node(x, _), Def::Node(y, _)) = (a.value(x).def, b.value(y).def) {
            let (x, y) = (a.node(x), b.node(y));
            let mut operands: Vec<(ValueId, ValueId)> =
                x.inputs.iter().copied().zip(y.inputs.iter().copied()).collect();
            if let ([(x1, y1), (x2, y2)], true) = (&operands[..], COMMUTATIVE.contains(&x.op.name())) {
                let straight = [(*x1, *y1), (*x2, *y2)];
                let crossed = [(*x1, *y2), (*x2, *y1)];
                let made_alike = |pair: &(ValueId, ValueId)| of_a[pair.0.index()] == of_b[pair.1.index()];
                let ends_alike = |pair: &(ValueId, ValueId)| same(pair.0, pair.1);
                let is_crossed = match (straight.iter().any(made_alike), crossed.iter().any(made_alike)) {
                    (true, _) => false,
                    (_, true) => true,
                    _ => !straight.iter().all(ends_alike) && crossed.iter().all(ends_alike),
                };
                if is_crossed {
                    operands = crossed.to_vec();
                }
            }
            open.extend(operands.into_iter().rev());
            open.extend(x.results.iter().copied().zip(y.results.iter().copied()).rev());
        }
    }
    downwards(a, b, &mut partner, &mut taken);
    by_name(a, b, &mut partner, &mut taken);
    let positions: HashMap<ValueId, usize> = b.params.iter().enumerate().map(|(i, &id)| (id, i)).collect();
    let results = a.nodes.iter().flat_map(|node| node.results.iter().copied());
    Correspondence {
        values: results.filter_map(|id| Some((id, partner[id.index()]?))).collect(),
        params: a.params.iter().map(|id| positions.get(&partner[id.index()]?).copied()).collect(),
    }
}

/// What the operator that computes a value is applied to, where that is one tensor of the same type and no parameter.
fn below(graph: &Graph, value: ValueId) -> Option<ValueId> {
    let Def::Node(node, _) = graph.value(value).def else { return None };
    match graph.node(node).inputs[..] {
        [x] if graph.ty(x) == graph.ty(value) => Some(x),
        _ => None,
    }
}

/// Whether both values come from the same operator with the same attributes, whatever it is applied to.
fn alike(a: &Graph, x: ValueId, b: &Graph, y: ValueId) -> bool {
    match (a.value(x).def, b.value(y).def) {
        (Def::Node(i, r), Def::Node(j, s)) => {
            let (x, y) = (a.node(i), b.node(j));
            r == s && x.op == y.op && x.inputs.len() == y.inputs.len()
        }
        (Def::Input(i), Def::Input(j)) => i == j,
        (Def::Param | Def::State, Def::Param | Def::State) => true,
        _ => false,
    }
}

/// Pairs what both sides compute alike from what is paired, from the inputs on: what stands before a difference.
fn downwards(a: &Graph, b: &Graph, partner: &mut [Option<ValueId>], taken: &mut [bool]) {
    for (&x, &y) in a.inputs.iter().zip(&b.inputs) {
        if partner[x.index()].is_none() && !taken[y.index()] && a.ty(x) == b.ty(y) {
            (partner[x.index()], taken[y.index()]) = (Some(y), true);
        }
    }
    let mut uses: HashMap<ValueId, Vec<NodeId>> = HashMap::new();
    for (i, node) in b.nodes.iter().enumerate() {
        for &input in &node.inputs {
            uses.entry(input).or_default().push(NodeId::new(i));
        }
    }
    let is_weight = |graph: &Graph, id: ValueId| matches!(graph.value(id).def, Def::Param | Def::State);
    for node in &a.nodes {
        let open = |id: ValueId, partner: &[Option<ValueId>]| partner[id.index()].is_none();
        if node.results.iter().any(|&id| !open(id, partner)) {
            continue;
        }
        let operands = || node.inputs.iter().copied();
        let Some(first) = operands().find_map(|id| partner[id.index()]) else { continue };
        let fits = |other: &&NodeId| {
            let other = b.node(**other);
            let may_be = |(x, y): (ValueId, ValueId)| match partner[x.index()] {
                Some(paired) => paired == y,
                None => is_weight(a, x) && is_weight(b, y) && !taken[y.index()] && a.ty(x) == b.ty(y),
            };
            node.op == other.op
                && node.inputs.len() == other.inputs.len()
                && other.results.iter().all(|&id| !taken[id.index()])
                && operands().zip(other.inputs.iter().copied()).all(may_be)
        };
        let Some(other) = uses.get(&first).into_iter().flatten().find(fits).map(|&id| b.node(id)) else { continue };
        let pairs = node.inputs.iter().zip(&other.inputs).chain(node.results.iter().zip(&other.results));
        for (&x, &y) in pairs {
            (partner[x.index()], taken[y.index()]) = (Some(y), true);
        }
    }
}

fn by_name(a: &Graph, b: &Graph, partner: &mut [Option<ValueId>], taken: &mut [bool]) {
    let named: HashMap<String, ValueId> = b.defined().map(|id| (b.spelling(id), id)).collect();
    for id in a.defined() {
        if partner[id.index()].is_none()
            && let Some(&other) = named.get(&a.spelling(id))
            && !taken[other.index()]
            && a.ty(id) == b.ty(other)
        {
            partner[id.index()] = Some(other);
            taken[other.index()] = true;
        }
    }
}

/// For each parameter of `a` the position of the one of `b` whose data it takes: by path if all paths are shared, else by structure if
/// that pairs all, else by order if all shapes agree.
///
/// # Errors
/// The first parameter without a partner, with what stands in its place.
pub fn pair_params(a: &Graph, b: &Graph) -> Result<Vec<usize>, String> {
    if a.params.len() != b.params.len() {
        return Err(format!("one network has {} parameters, the other {}", a.params.len(), b.params.len()));
    }
    let paths: HashMap<&str, usize> = b.params.iter().enumerate().map(|(i, &id)| (&*b.value(id).name, i)).collect();
    let named: Option<Vec<usize>> = a
        .params
        .iter()
        .map(|&id| paths.get(&*a.value(id).name).copied().filter(|&i| a.ty(id) == b.ty(b.params[i])))
        .collect();
    if let Some(named) = named {
        return Ok(named);
    }
    if let Some(pairs) = correspond(a, b).params.into_iter().collect() {
        return Ok(pairs);
    }
    match a.params.iter().zip(&b.params).find(|&(&x, &y)| a.ty(x) != b.ty(y)) {
        None => Ok((0..a.params.len()).collect()),
        Some((&x, &y)) => Err(format!(
            "the parameters cannot be paired: {} is {}, where the other network has {}, {}",
            a.spelling(x),
            a.ty(x),
            b.spelling(y),
            b.ty(y)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::parse;

    const A: &str = "graph @a infer (%x: f32[1,4,8,8]) -> (y: f32[1,4,8,8]) {
  param @one.weight: f32[4,4,3,3]
  param @two.weight: f32[4,4,1,1]
  %c1 = conv %x, @one.weight {kernel=[3,3], stride=[1,1], pad=[1,1,1,1], dilation=[1,1], groups=1} : f32[1,4,8,8]
  %r1 = relu %c1 : f32[1,4,8,8]
  %c2 = conv %r1, @two.weight {kernel=[1,1], stride=[1,1], pad=[0,0,0,0], dilation=[1,1], groups=1} : f32[1,4,8,8]
  %s = add %c2, %x : f32[1,4,8,8]
  return %s
}
";

    /// What corresponds in `A` and in `A` with some text replaced, as `name=name`, and the partners of the parameters.
    fn check(replace: &[(&str, &str)], values: &str, params: &[Option<usize>]) {
        let text = replace.iter().fold(A.to_string(), |text, (from, to)| text.replace(from, to));
        let (a, b) = (parse(A).unwrap(), parse(&text).unwrap());
        let found = correspond(&a, &b);
        let names: Vec<String> =
            found.values.iter().map(|&(x, y)| format!("{}={}", a.value(x).name, b.value(y).name)).collect();
        assert_eq!((names.join(" ").as_str(), &found.params[..]), (values, params));
    }

    #[test]
    fn by_structure_then_by_name() {
        check(&[], "c1=c1 r1=r1 c2=c2 s=s", &[Some(0), Some(1)]);
        let renamed = [("%c1", "%f"), ("%r1", "%g"), ("%c2", "%h"), ("%s", "%i"), ("one.", "p."), ("two.", "q.")];
        check(&renamed, "c1=f r1=g c2=h s=i", &[Some(0), Some(1)]);
        // An operator more on one side is passed over.
        let more = [("= add %c2, %x", "= relu %c2 : f32[1,4,8,8]\n  %t = add %s, %x"), ("return %s", "return %t")];
        check(&more, "c1=c1 r1=r1 c2=c2 s=t", &[Some(0), Some(1)]);
        // Operands the other way round.
        check(&[("= add %c2, %x", "= add %x, %c2")], "c1=c1 r1=r1 c2=c2 s=s", &[Some(0), Some(1)]);
        let turned = [("= add %c2, %x", "= add %x, %c2"), ("%c1", "%f"), ("%c2", "%h"), ("one.", "p."), ("two.", "q.")];
        check(&turned, "c1=f r1=r1 c2=h s=s", &[Some(0), Some(1)]);
        // Another operator in the middle ends the walk; what stands before it is found from the inputs, what is behind by name.
        check(&[("relu", "relu6")], "c1=c1 r1=r1 c2=c2 s=s", &[Some(0), Some(1)]);
        check(&[("relu", "relu6"), ("%c1", "%f"), ("one.", "p.")], "c1=f r1=r1 c2=c2 s=s", &[Some(0), Some(1)]);
        let renamed = [("relu", "relu6"), ("%c1", "%f"), ("%r1", "%g"), ("one.", "p.")];
        check(&renamed, "c1=f c2=c2 s=s", &[Some(0), Some(1)]);
    }

    fn check_params(replace: &[(&str, &str)], expected: Result<Vec<usize>, &str>) {
        let text = replace.iter().fold(A.to_string(), |text, (from, to)| text.replace(from, to));
        let found = pair_params(&parse(A).unwrap(), &parse(&text).unwrap());
        assert_eq!(found, expected.map_err(str::to_string));
    }

    #[test]
    fn parameters() {
        check_params(&[], Ok(vec![0, 1]));
        // Declared in another order under the same names.
        let swapped = [
            ("  param @one.weight: f32[4,4,3,3]\n", ""),
            ("f32[4,4,1,1]\n", "f32[4,4,1,1]\n  param @one.weight: f32[4,4,3,3]\n"),
        ];
        check_params(&swapped, Ok(vec![1, 0]));
        check_params(&[("one.", "p."), ("two.", "q.")], Ok(vec![0, 1]));
        check_params(&[("relu", "relu6"), ("one.", "p."), ("two.", "q.")], Ok(vec![0, 1]));
        let wider = [
            ("relu", "relu6"),
            ("one.", "p."),
            ("two.", "q."),
            ("[4,4,3,3]", "[4,4,1,1]"),
            ("kernel=[3,3]", "kernel=[1,1]"),
            ("pad=[1,1,1,1]", "pad=[0,0,0,0]"),
        ];
        check_params(
            &wider,
            Err(
                "the parameters cannot be paired: @one.weight is f32[4,4,3,3], where the other network has @p.weight, f32[4,4,1,1]",
            ),
        );
    }
}
