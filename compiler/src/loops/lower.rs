//! From a graph to a program: the walk over nodes and outputs. [`layouts`] says how each stage wants its operands, which are converted
//! where they lie otherwise; [`nests`] makes its loops.

mod layouts;
mod nests;

use std::collections::HashMap;
use std::fmt;

use rebirth_runtime::{DType, Port};

use layouts::{Want, demand, lift, needs_plain};

use super::layout::Layout;
use super::nest::{BufferId, Nest};
use super::pack::{Pack, Packing};
use super::program::{Buffer, Home, Program, Region};
use super::schedule::{Tensor, repack};
use super::stage::{Kind, Lowering, Place, Stage};
use super::{plan, verify};
use crate::graph::{Graph, Node, Type, ValueId};

/// Why a graph has no program.
#[derive(Clone, Debug, PartialEq)]
pub enum LowerError {
    /// A tensor with its pad lanes, or all packed weights, or the arena, are larger than the address space allows.
    TooLarge {
        /// What is too large.
        what: String,
    },
    /// A convolution or dense layer whose weight depends on inputs of the network.
    ComputedWeights {
        /// The operator.
        operator: String,
        /// The node's first result.
        node: String,
    },
    /// Our bug: a program that breaks a rule of [`verify`](super::verify).
    Broken(verify::Violation),
}

impl fmt::Display for LowerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LowerError::TooLarge { what } => write!(f, "{what} does not fit the address space"),
            LowerError::ComputedWeights { operator, node } => {
                write!(f, "the weights of {operator} `{node}` depend on inputs; they are packed before there are any")
            }
            LowerError::Broken(violation) => write!(f, "the compiler made loops that break a rule: {violation}"),
        }
    }
}

impl std::error::Error for LowerError {}

/// Lowers an inference graph that has passed `graph::verify`.
///
/// # Errors
/// See [`LowerError`].
pub fn lower(graph: &Graph) -> Result<Program, LowerError> {
    let mut lowering = Lower::new(graph)?;
    for node in &graph.nodes {
        lowering.node(node)?;
    }
    lowering.outputs()?;
    let mut program = lowering.program;
    plan::plan(&mut program)?;
    verify::verify(&program).map_err(LowerError::Broken)?;
    Ok(program)
}

struct Lower<'g> {
    graph: &'g Graph,
    program: Program,
    /// Where each value lies; further layouts of it are in `converted`.
    tensors: HashMap<ValueId, Tensor>,
    converted: HashMap<(ValueId, Layout), Tensor>,
    /// What no input has a part in, by value; where such values are in `Program::constants`.
    constant: Vec<bool>,
    constants: HashMap<ValueId, usize>,
    names: HashMap<String, usize>,
}

impl<'g> Lower<'g> {
    fn new(graph: &'g Graph) -> Result<Lower<'g>, LowerError> {
        let port = |name: &str, value: ValueId| {
            let ty = graph.ty(value);
            Port { name: name.to_string(), dtype: ty.dtype, shape: ty.shape.clone() }
        };
        let program = Program {
            name: graph.name.clone(),
            inputs: graph.inputs.iter().map(|&v| port(&graph.value(v).name, v)).collect(),
            outputs: graph.outputs.iter().map(|o| port(&o.name, o.value)).collect(),
            buffers: Vec::new(),
            constants: Vec::new(),
            packs: Vec::new(),
            regions: Vec::new(),
            arena_bytes: 0,
            weights_bytes: 0,
        };
        let mut lower = Lower {
            graph,
            program,
            tensors: HashMap::new(),
            converted: HashMap::new(),
            constant: graph.constants(),
            constants: HashMap::new(),
            names: HashMap::new(),
        };
        for (i, &value) in graph.inputs.iter().enumerate() {
            let ty = graph.ty(value);
            let tensor = lower.buffer(graph.spelling(value), ty.dtype, &ty.shape, Layout::Plain, Home::Input(i))?;
            lower.tensors.insert(value, tensor);
        }
        Ok(lower)
    }

    fn buffer(
        &mut self,
        name: String,
        dtype: DType,
        shape: &[usize],
        layout: Layout,
        home: Home,
    ) -> Result<Tensor, LowerError> {
        let limit = isize::MAX as usize / 8;
        let elements = layout
            .elements(shape)
            .filter(|n| *n <= limit)
            .ok_or_else(|| LowerError::TooLarge { what: name.clone() })?;
        let id = BufferId::new(self.program.buffers.len());
        let name = self.unique_name(&name);
        self.program.buffers.push(Buffer { name, dtype, shape: shape.to_vec(), layout, elements, home, alias: None });
        Ok(Tensor { buffer: id, shape: shape.to_vec(), layout })
    }

    /// A buffer of the arena; the plan gives it its place.
    fn scratch(&mut self, name: String, dtype: DType, shape: &[usize], layout: Layout) -> Result<Tensor, LowerError> {
        self.buffer(name, dtype, shape, layout, Home::Arena(0))
    }

    fn packed(&mut self, packing: Packing, params: Vec<usize>) -> Result<BufferId, LowerError> {
        let name = match params.first() {
            Some(&first) => self.graph.spelling(self.program.constants[first]),
            None => packing.to_string(),
        };
        let elements = packing.elements().ok_or_else(|| LowerError::TooLarge { what: name.clone() })?;
        let tensor = self.buffer(name, DType::F32, &[elements], Layout::Plain, Home::Weights(0))?;
        self.program.packs.push(Pack { buffer: tensor.buffer, packing, params });
        Ok(tensor.buffer)
    }

    fn dtype(&self, tensor: &Tensor) -> DType {
        self.program.buffer(tensor.buffer).dtype
    }

    /// `base`, or `base#2`, `base#3` ... where it is taken; regions and buffers share one table, since regions' names lack the sigil.
    fn unique_name(&mut self, base: &str) -> String {
        let count = self.names.entry(base.to_string()).or_insert(0);
        *count += 1;
        if *count == 1 { base.to_string() } else { format!("{base}#{count}") }
    }

    fn region(
        &mut self,
        name: &str,
        operator: &str,
        reads: Vec<BufferId>,
        writes: Vec<BufferId>,
        in_place: Option<BufferId>,
        nests: Vec<Nest>,
    ) {
        let name = self.unique_name(name);
        let mut reads = reads;
        reads.sort_unstable();
        reads.dedup();
        self.program.regions.push(Region { name, operator: operator.to_string(), reads, writes, in_place, nests });
    }

    /// A value in a layout, converted if it lies otherwise.
    fn in_layout(&mut self, value: ValueId, layout: Layout) -> Result<Tensor, LowerError> {
        if let Some(tensor) = self.converted.get(&(value, layout)) {
            return Ok(tensor.clone());
        }
        let tensor = match self.tensors.get(&value) {
            Some(tensor) => tensor.clone(),
            None => {
                // A constant that a stage reads as a tensor.
                let shape = self.graph.ty(value).shape.clone();
                let constant = self.constant(value);
                let buffer = self.packed(Packing::Tensor { shape: shape.clone(), layout }, vec![constant])?;
                let tensor = Tensor { buffer, shape, layout };
                self.converted.insert((value, layout), tensor.clone());
                return Ok(tensor);
            }
        };
        if tensor.layout == layout {
            return Ok(tensor);
        }
        let grouped = |l: Layout| matches!(l, Layout::Blocked { groups } if groups > 1);
        let from =
            if grouped(tensor.layout) && grouped(layout) { self.in_layout(value, Layout::BLOCKED)? } else { tensor };
        let name = self.graph.spelling(value);
        let to = self.converted_tensor(&name, &from, &from.shape.clone(), layout)?;
        self.converted.insert((value, layout), to.clone());
        Ok(to)
    }

    /// [`Lower::in_layout`] for a stage over tensors of a rank: one of fewer dimensions counts as having leading extents of 1, so that
    /// its blocks are those of the others.
    fn lifted(&mut self, value: ValueId, rank: usize, layout: Layout) -> Result<Tensor, LowerError> {
        let shape = &self.graph.ty(value).shape;
        if shape.len() >= rank {
            return self.in_layout(value, layout);
        }
        let shape = lift(shape, rank);
        let plain = Tensor { shape: shape.clone(), ..self.in_layout(value, Layout::Plain)? };
        if layout == Layout::Plain {
            return Ok(plain);
        }
        self.converted_tensor(&self.graph.spelling(value), &plain, &shape, layout)
    }

    /// `from` under another layout or shape: the same memory where the bytes are the same.
    fn converted_tensor(
        &mut self,
        name: &str,
        from: &Tensor,
        shape: &[usize],
        layout: Layout,
    ) -> Result<Tensor, LowerError> {
        let to = self.scratch(name.to_string(), self.dtype(from), shape, layout)?;
        if from.layout.same_bytes(&from.shape, layout, shape) {
            self.program.buffers[to.buffer.index()].alias = Some(from.buffer);
        } else {
            let nest = repack::repack(from, &to);
            self.region(name.trim_start_matches('%'), "repack", vec![from.buffer], vec![to.buffer], None, vec![nest]);
        }
        Ok(to)
    }

    /// The position of a value that no input has a part in among those that are packed.
    fn constant(&mut self, value: ValueId) -> usize {
        let next = self.program.constants.len();
        let position = *self.constants.entry(value).or_insert(next);
        if position == next {
            self.program.constants.push(value);
        }
        position
    }

    fn node(&mut self, node: &Node) -> Result<(), LowerError> {
        if node.results.iter().all(|id| self.constant[id.index()]) {
            return Ok(());
        }
        let lowering = node.op.lower(&self.graph.input_types(node), &self.graph.result_types(node));
        if let [Stage { kind: Kind::Reshape, .. }] = lowering.stages[..] {
            return self.reshape(node);
        }
        self.stages(node, &lowering)
    }

    /// One region of all stages of a node.
    fn stages(&mut self, node: &Node, lowering: &Lowering) -> Result<(), LowerError> {
        let name = self.graph.value(node.results[0]).name.clone();
        let mut written: HashMap<(bool, usize), Tensor> = HashMap::new();
        let (mut reads, mut writes, mut nests) = (Vec::new(), Vec::new(), Vec::new());
        let mut in_place = None;
        let type_of = |place: Place| match place {
            Place::Input(i) => self.graph.ty(node.inputs[i]),
            Place::Temp(i) => &lowering.temps[i],
            Place::Result(i) => self.graph.ty(node.results[i]),
        };
        let shape_of = |place: Place| type_of(place).shape.clone();
        // The stages of one operator hand temporaries to each other as they are, so one that needs plain tensors decides for all.
        let plain = lowering
            .stages
            .iter()
            .any(|s| needs_plain(&s.kind, &shape_of(s.reads.first().copied().unwrap_or(s.write)), &shape_of(s.write)));
        let shapes_of: Vec<(Vec<Vec<usize>>, Type)> = lowering
            .stages
            .iter()
            .map(|s| (s.reads.iter().map(|&p| shape_of(p)).collect(), type_of(s.write).clone()))
            .collect();
        for (stage, (shapes, Type { dtype: out_dtype, shape: out_shape })) in lowering.stages.iter().zip(shapes_of) {
            let current = |place: Place| match place {
                _ if plain => Some(Layout::Plain),
                Place::Input(i) => self.tensors.get(&node.inputs[i]).map(|t| t.layout),
                Place::Temp(i) => written.get(&(false, i)).map(|t| t.layout),
                Place::Result(i) => written.get(&(true, i)).map(|t| t.layout),
            };
            let currents: Vec<Option<Layout>> = stage.reads.iter().map(|&p| current(p)).collect();
            let (wants, out_layout) = demand(&stage.kind, &shapes, &currents, &out_shape);
            let (mut operands, mut params) = (Vec::new(), Vec::new());
            for (&place, want) in stage.reads.iter().zip(wants) {
                match (place, want) {
                    (Place::Input(i), Want::Layout(layout)) => {
                        let lifted = matches!(stage.kind, Kind::Pointwise(_)) && out_layout != Layout::Plain;
                        let rank = if lifted { out_shape.len() } else { 0 };
                        operands.push(self.lifted(node.inputs[i], rank, layout)?);
                    }
                    (Place::Temp(_) | Place::Result(_), Want::Layout(layout)) => {
                        let (key, i) = match place {
                            Place::Result(i) => (true, i),
                            Place::Temp(i) | Place::Input(i) => (false, i),
                        };
                        let tensor = handed(&written, (key, i), &name)?;
                        if tensor.layout == layout {
                            operands.push(tensor);
                            continue;
                        }
                        let dtype = self.dtype(&tensor);
                        let to = self.scratch(format!("%{name}.temp{i}"), dtype, &tensor.shape, layout)?;
                        nests.push(repack::repack(&tensor, &to));
                        writes.push(to.buffer);
                        operands.push(to);
                    }
                    (place, Want::Weights) => params.push(self.param(node, place)?),
                }
            }
            let (key, out_name) = match stage.write {
                Place::Result(i) => ((true, i), self.graph.spelling(node.results[i])),
                Place::Temp(i) | Place::Input(i) => ((false, i), format!("%{name}.temp{i}")),
            };
            if let (Kind::Reshape, [from]) = (&stage.kind, &operands[..]) {
                let tensor = self.scratch(out_name, self.dtype(from), &out_shape, Layout::Plain)?;
                self.program.buffers[tensor.buffer.index()].alias = Some(from.buffer);
                reads.extend((!writes.contains(&from.buffer)).then_some(from.buffer));
                written.insert(key, tensor);
                continue;
            }
            let out = match written.get(&key) {
                Some(tensor) if tensor.layout == out_layout => tensor.clone(),
                _ => {
                    let tensor = self.scratch(out_name, out_dtype, &out_shape, out_layout)?;
                    writes.push(tensor.buffer);
                    written.insert(key, tensor.clone());
                    tensor
                }
            };
            let (nest, constants) = self.schedule(&stage.kind, &operands, &out, params)?;
            reads.extend(operands.iter().map(|t| t.buffer).filter(|b| !writes.contains(b)));
            reads.extend(constants);
            if lowering.stages.len() == 1
                && matches!(stage.kind, Kind::Pointwise(_) | Kind::Channelwise(_) | Kind::BatchNorm { .. })
            {
                let same =
                    |t: &&Tensor| t.shape == out.shape && t.layout == out.layout && self.dtype(t) == self.dtype(&out);
                in_place = operands.iter().find(same).map(|t| t.buffer);
            }
            nests.push(nest);
        }
        for (i, &result) in node.results.iter().enumerate() {
            self.tensors.insert(result, written[&(true, i)].clone());
        }
        self.region(&name, node.op.name(), reads, writes, in_place, nests);
        Ok(())
    }

    /// The position in `Program::constants` of what stands at a place whose stage packs it.
    fn param(&mut self, node: &Node, place: Place) -> Result<usize, LowerError> {
        match place {
            Place::Input(i) if self.constant[node.inputs[i].index()] => Ok(self.constant(node.inputs[i])),
            _ => Err(LowerError::ComputedWeights {
                operator: node.op.name().to_string(),
                node: self.graph.spelling(node.results[0]),
            }),
        }
    }

    fn reshape(&mut self, node: &Node) -> Result<(), LowerError> {
        let (from, to) = (node.inputs[0], node.results[0]);
        let shape = self.graph.ty(to).shape.clone();
        let current = self.tensors.get(&from).cloned();
        let source = match current {
            Some(t) if t.shape == shape => t,
            Some(t) if t.layout.same_bytes(&t.shape, Layout::Plain, &shape) => t,
            _ => self.in_layout(from, Layout::Plain)?,
        };
        let layout = if source.shape == shape { source.layout } else { Layout::Plain };
        let tensor = self.converted_tensor(&self.graph.spelling(to), &source, &shape, layout)?;
        self.tensors.insert(to, tensor);
        Ok(())
    }

    /// Puts each output where the caller wants it: its own region writes there if nothing stands against it, else a copy does.
    fn outputs(&mut self) -> Result<(), LowerError> {
        for (i, output) in self.graph.outputs.iter().enumerate() {
            let Type { dtype, shape } = self.graph.ty(output.value).clone();
            let tensor = self.in_layout(output.value, Layout::Plain)?;
            let buffer = &self.program.buffers[tensor.buffer.index()];
            let root = self.program.root(tensor.buffer);
            let owner = &self.program.buffers[root.index()];
            if matches!(owner.home, Home::Arena(_)) && owner.elements == buffer.elements {
                self.program.buffers[root.index()].home = Home::Output(i);
                continue;
            }
            let to = self.buffer(format!("output {}", output.name), dtype, &shape, Layout::Plain, Home::Output(i))?;
            let nest = repack::repack(&tensor, &to);
            self.region(&output.name, "copy", vec![tensor.buffer], vec![to.buffer], None, vec![nest]);
        }
        Ok(())
    }
}

/// A tensor that an earlier stage of the same operator wrote.
fn handed(written: &HashMap<(bool, usize), Tensor>, key: (bool, usize), region: &str) -> Result<Tensor, LowerError> {
    written.get(&key).cloned().ok_or_else(|| {
        LowerError::Broken(verify::Violation {
            rule: "handed",
            region: region.to_string(),
            message: format!("a stage reads {key:?}, which none before it wrote"),
        })
    })
}

#[cfg(test)]
mod tests;
