//! Patches: nodes to insert and values to replace, and how a graph looks with them applied.

use std::collections::{HashMap, HashSet};

use super::view::View;
use crate::graph::build::Names;
use crate::graph::{Def, Graph, Mode, Node, NodeId, Type, Value, ValueId};
use crate::ops::Op;
use crate::ops::add::Add;
use crate::ops::constant::Constant;
use crate::ops::mul::Mul;
use crate::ops::reduce_sum::ReduceSum;
use crate::ops::reduction::Reduction;
use crate::ops::reshape::Reshape;
use crate::ops::sub::Sub;

/// A value of the graph, or a result of a patch's node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// A value of the graph.
    Old(ValueId),
    /// The result of the patch's node at this position, and which of its results.
    New(usize, usize),
}

/// A node to insert.
#[derive(Clone, Debug)]
pub struct NewNode {
    /// What its result is called, where that is free.
    pub name: String,
    /// The operator.
    pub op: Op,
    /// Its operands: values defined before the patch's place, or earlier nodes of the patch.
    pub inputs: Vec<Source>,
}

/// A change of a graph. What it leaves without a use vanishes.
#[derive(Clone, Debug)]
pub struct Patch {
    /// The node before which the new ones stand.
    pub at: NodeId,
    /// The nodes that the patch takes for granted.
    pub reads: Vec<NodeId>,
    /// New nodes, in order.
    pub nodes: Vec<NewNode>,
    /// Values, each with what replaces it in all uses; of the same type.
    pub replace: Vec<(ValueId, Source)>,
}

/// A patch being written; knows the types of its new nodes.
pub struct Rewrite<'v, 'g> {
    /// The graph.
    pub view: &'v View<'g>,
    patch: Patch,
    types: Vec<Vec<Type>>,
    name: String,
}

impl<'v, 'g> Rewrite<'v, 'g> {
    /// An empty patch that stands before a node and takes it for granted. `name` is what new nodes are called by.
    pub fn new(view: &'v View<'g>, at: NodeId, name: &str) -> Rewrite<'v, 'g> {
        let patch = Patch { at, reads: vec![at], nodes: Vec::new(), replace: Vec::new() };
        Rewrite { view, patch, types: Vec::new(), name: name.to_string() }
    }

    /// Also takes this node for granted.
    pub fn reads(&mut self, node: NodeId) {
        self.patch.reads.push(node);
    }

    /// The type of a value.
    pub fn ty(&self, source: Source) -> &Type {
        match source {
            Source::Old(id) => self.view.ty(id),
            Source::New(node, result) => &self.types[node][result],
        }
    }

    /// Inserts a node under a name of its own; `None` where its operands do not fit it, so that the pass gives up.
    pub fn named(&mut self, name: &str, op: impl Into<Op>, inputs: &[Source]) -> Option<Vec<Source>> {
        let op = op.into();
        let types: Vec<&Type> = inputs.iter().map(|&input| self.ty(input)).collect();
        let results = op.infer(&types, Mode::Infer).ok()?;
        if results.iter().any(|ty| ty.check().is_err()) {
            return None;
        }
        let at = self.patch.nodes.len();
        let sources = (0..results.len()).map(|result| Source::New(at, result)).collect();
        self.types.push(results);
        self.patch.nodes.push(NewNode { name: name.to_string(), op, inputs: inputs.to_vec() });
        Some(sources)
    }

    /// Inserts a node of one result.
    pub fn node(&mut self, op: impl Into<Op>, inputs: &[Source]) -> Option<Source> {
        let op = op.into();
        // Two dots: no name of the source has them, so a value that has one is a new one.
        let name = format!("{}..{}", self.name, op.name());
        self.named(&name, op, inputs)?.first().copied()
    }

    /// The same elements under another shape.
    pub fn reshape(&mut self, x: Source, shape: &[usize]) -> Option<Source> {
        if self.ty(x).shape == shape {
            return Some(x);
        }
        let shape = shape.iter().map(|&extent| i64::try_from(extent)).collect::<Result<_, _>>().ok()?;
        self.node(Reshape { shape }, &[x])
    }

    /// A tensor of one number.
    pub fn constant(&mut self, value: f64, shape: &[usize]) -> Option<Source> {
        self.node(Constant { value, shape: shape.to_vec() }, &[])
    }

    /// a + b
    pub fn add(&mut self, a: Source, b: Source) -> Option<Source> {
        self.node(Add, &[a, b])
    }

    /// a - b
    pub fn sub(&mut self, a: Source, b: Source) -> Option<Source> {
        self.node(Sub, &[a, b])
    }

    /// a * b
    pub fn mul(&mut self, a: Source, b: Source) -> Option<Source> {
        self.node(Mul, &[a, b])
    }

    /// The sum over axes, which vanish.
    pub fn sum(&mut self, x: Source, axes: Vec<usize>) -> Option<Source> {
        if axes.is_empty() {
            return Some(x);
        }
        self.node(ReduceSum::new(Reduction { axes, keep: false }), &[x])
    }

    /// The finished patch, which replaces these values. `None` where a type differs.
    pub fn finish(mut self, replace: &[(ValueId, Source)]) -> Option<Patch> {
        let same = replace.iter().all(|&(old, new)| self.ty(new) == self.view.ty(old));
        self.patch.replace = replace.to_vec();
        same.then_some(self.patch)
    }
}

/// A value of a patched graph.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Global {
    Old(ValueId),
    New(usize, usize, usize),
}

/// A graph with patches.
struct Patched<'a> {
    graph: &'a Graph,
    patches: &'a [Patch],
    replaced: HashMap<ValueId, Global>,
}

impl Patched<'_> {
    fn global(&self, patch: usize, source: Source) -> Global {
        match source {
            Source::Old(id) => self.resolved(id),
            Source::New(node, result) => Global::New(patch, node, result),
        }
    }

    /// What stands for a value of the graph: patches may replace what others put in a value's place.
    fn resolved(&self, mut id: ValueId) -> Global {
        let mut steps = 0;
        while let Some(&other) = self.replaced.get(&id) {
            match other {
                Global::Old(next) if steps < self.replaced.len() => id = next,
                _ => return other,
            }
            steps += 1;
        }
        Global::Old(id)
    }
}

/// A node of the new graph: of the old one, or of a patch.
#[derive(Clone, Copy)]
enum Item {
    Old(usize),
    New(usize, usize),
}

/// The graph with patches applied, none of which touches what another does; what no output needs is left out, parameters stay.
///
/// # Errors
/// A patch's nodes do not fit each other, or a replacement is of another type: a bug of the pass.
pub fn apply(graph: &Graph, patches: &[Patch]) -> Result<Graph, String> {
    let mut patched = Patched { graph, patches, replaced: HashMap::new() };
    let mut before: Vec<Vec<usize>> = vec![Vec::new(); graph.nodes.len()];
    for (p, patch) in patches.iter().enumerate() {
        before[patch.at.index()].push(p);
        for &(old, new) in &patch.replace {
            let global = match new {
                Source::Old(id) => Global::Old(id),
                Source::New(node, result) => Global::New(p, node, result),
            };
            patched.replaced.insert(old, global);
        }
    }
    let items: Vec<Item> = (0..graph.nodes.len())
        .flat_map(|i| {
            let new = before[i].iter().flat_map(|&p| (0..patches[p].nodes.len()).map(move |n| Item::New(p, n)));
            new.chain(std::iter::once(Item::Old(i))).collect::<Vec<_>>()
        })
        .collect();
    let live = patched.live(&items);
    patched.build(&items, &live)
}

impl Patched<'_> {
    fn inputs(&self, item: Item) -> Vec<Global> {
        match item {
            Item::Old(i) => self.graph.nodes[i].inputs.iter().map(|&id| self.resolved(id)).collect(),
            Item::New(p, n) => self.patches[p].nodes[n].inputs.iter().map(|&source| self.global(p, source)).collect(),
        }
    }

    /// Which items outputs need.
    fn live(&self, items: &[Item]) -> Vec<bool> {
        let mut needed: HashSet<Global> = self.graph.outputs.iter().map(|output| self.resolved(output.value)).collect();
        // New nodes as a whole: which results are used does not matter.
        let mut needed_new: HashSet<(usize, usize)> = HashSet::new();
        let note = |global: Global, new: &mut HashSet<(usize, usize)>| {
            if let Global::New(p, n, _) = global {
                new.insert((p, n));
            }
        };
        needed.iter().for_each(|&global| note(global, &mut needed_new));
        let mut live = vec![false; items.len()];
        for (i, &item) in items.iter().enumerate().rev() {
            live[i] = match item {
                Item::Old(node) => self.graph.nodes[node].results.iter().any(|&id| needed.contains(&Global::Old(id))),
                Item::New(p, n) => needed_new.contains(&(p, n)),
            };
            if live[i] {
                for input in self.inputs(item) {
                    note(input, &mut needed_new);
                    needed.insert(input);
                }
            }
        }
        live
    }

    fn build(&self, items: &[Item], live: &[bool]) -> Result<Graph, String> {
        let old = self.graph;
        let mut graph = Graph { nodes: Vec::new(), outputs: Vec::new(), ..old.clone() };
        let kept = || items.iter().zip(live).filter(|(_, live)| **live).map(|(item, _)| *item);
        let mut names = Names::default();
        let results = kept().filter_map(|item| match item {
            Item::Old(i) => Some(&old.nodes[i].results),
            Item::New(..) => None,
        });
        for &id in results.flatten().chain(&old.inputs) {
            names.take(&old.value(id).name);
        }
        let mut made: HashMap<Global, ValueId> = HashMap::new();
        let find = |made: &HashMap<Global, ValueId>, global: Global| match global {
            Global::Old(id) => Ok(id),
            Global::New(..) => made.get(&global).copied().ok_or("a value is used before it is computed"),
        };
        for item in kept() {
            let inputs =
                self.inputs(item).into_iter().map(|input| find(&made, input)).collect::<Result<Vec<_>, _>>()?;
            let id = NodeId::new(graph.nodes.len());
            let (op, results) = match item {
                Item::Old(i) => {
                    let node = &old.nodes[i];
                    for (r, &result) in node.results.iter().enumerate() {
                        graph.values[result.index()].def = Def::Node(id, r);
                    }
                    (node.op.clone(), node.results.clone())
                }
                Item::New(p, n) => {
                    let node = &self.patches[p].nodes[n];
                    let types: Vec<&Type> = inputs.iter().map(|&id| graph.ty(id)).collect();
                    let types = node.op.infer(&types, graph.mode).map_err(|mismatch| mismatch.message)?;
                    let mut results = Vec::new();
                    for (r, ty) in types.into_iter().enumerate() {
                        let result = ValueId::new(graph.values.len());
                        let name = names.free(&node.name);
                        graph.values.push(Value { name, ty, def: Def::Node(id, r), notes: None });
                        made.insert(Global::New(p, n, r), result);
                        results.push(result);
                    }
                    (node.op.clone(), results)
                }
            };
            graph.nodes.push(Node { op, inputs, results });
        }
        for output in &old.outputs {
            let value = find(&made, self.resolved(output.value))?;
            if graph.ty(value) != old.ty(output.value) {
                return Err(format!("the output `{}` would be {}", output.name, graph.ty(value)));
            }
            graph.outputs.push(crate::graph::Output { value, ..output.clone() });
        }
        graph.compact();
        Ok(graph)
    }
}
