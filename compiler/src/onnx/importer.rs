//! The mapping of a model's nodes to calls, one after the other, with the values that are known so far.

use std::collections::{HashMap, HashSet};

use rebirth_runtime::DType;

use super::budget::Budget;
use super::call::{Calls, Id, Made, Operand, SourceCall};
use super::codes;
use super::constant::Constant;
use super::error::{OnnxError, shown};
use super::gelu;
use super::map::{self, Row};
use super::node::{Declared, Node};
use super::tensor::{Element, element_name};
use super::unsupported::Unsupported;
use crate::graph::{MAX_NODES, Mode, Type};
use crate::ops::call::Default;
use crate::ops::{self, ArgValue, Call, ParamSpec, Signature};

/// Most elements of a list of extents, axes or the like.
const MAX_LIST: usize = 4096;

/// A value of the model.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Tensor(Id),
    Constant(Constant),
    /// The result of a node that is not supported.
    Lost,
}

/// What the outputs of a node are, as many as are supported.
pub(super) type Mapped = Result<Vec<Value>, OnnxError>;

/// Arguments of a call.
pub(super) type Arguments = Vec<(&'static str, ArgValue)>;

/// The state of an import.
pub(super) struct Importer<'a> {
    pub(super) out: Calls,
    values: HashMap<&'a str, Value>,
    nodes: &'a [Declared],
    opset: i64,
    /// How often nodes and outputs of the network name a value.
    uses: HashMap<&'a str, usize>,
    /// Types that the model declares for values, which stand in for results of nodes that are not supported.
    declared: HashMap<&'a str, Type>,
    /// Calls of `dense` that came from MatMul, by their results.
    products: HashMap<Id, usize>,
    /// An operand that is not known beforehand; there may be operators that are not supported besides.
    waiting: Option<OnnxError>,
    unsupported: Unsupported,
    pub(super) budget: Budget,
}

impl<'a> Importer<'a> {
    /// For these nodes and names of outputs.
    pub(super) fn new(nodes: &'a [Declared], outputs: impl Iterator<Item = &'a str>, opset: i64) -> Importer<'a> {
        let mut uses = HashMap::new();
        let inputs = nodes.iter().flat_map(|node| &node.proto.input).map(String::as_str);
        inputs.chain(outputs).for_each(|name| *uses.entry(name).or_insert(0) += 1);
        Importer {
            out: Calls::default(),
            values: HashMap::new(),
            nodes,
            opset,
            uses,
            declared: HashMap::new(),
            products: HashMap::new(),
            waiting: None,
            unsupported: Unsupported::default(),
            budget: Budget::default(),
        }
    }

    /// Declares an initializer.
    pub(super) fn initializer(&mut self, name: &'a str, constant: Constant) -> Result<(), OnnxError> {
        self.budget.store(&constant);
        self.define(name, Value::Constant(constant))
    }

    /// Declares an input of the network; not one that an initializer gives.
    pub(super) fn input(&mut self, name: &'a str, ty: Type) -> Result<(), OnnxError> {
        let id = self.made(ty, name);
        self.out.inputs.push(id);
        self.define(name, Value::Tensor(id))
    }

    pub(super) fn is_defined(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// Whether an output of a node is given a name that something uses.
    pub(super) fn is_used(&self, node: &Node<'_>, output: usize) -> bool {
        node.outputs().get(output).is_some_and(|name| self.uses.contains_key(name.as_str()) && !name.is_empty())
    }

    /// Declares the type that a value has according to the model.
    pub(super) fn declare(&mut self, name: &'a str, ty: Type) {
        self.declared.insert(name, ty);
    }

    /// Whether the import cannot succeed and goes on to find what else is not supported.
    fn is_lost(&self) -> bool {
        !self.unsupported.is_empty() || self.waiting.is_some()
    }

    /// What stands for the result of a node that yields none: behind one whose type the model declares, more that is not supported can
    /// be found.
    fn lost(&mut self, name: &str) -> Value {
        match self.declared.get(name).cloned().filter(|_| self.is_lost()) {
            Some(ty) => Value::Tensor(self.made(ty, name)),
            None => Value::Lost,
        }
    }

    fn define(&mut self, name: &'a str, value: Value) -> Result<(), OnnxError> {
        match self.values.insert(name, value) {
            None => Ok(()),
            Some(_) => Err(OnnxError::new(
                codes::DUPLICATE_VALUE,
                format!("the value `{}` is defined twice", shown(name)),
                "give inputs, initializers and outputs of nodes names of their own",
            )),
        }
    }

    fn made(&mut self, ty: Type, name: &str) -> Id {
        self.out.tensors.push(Made { ty, name: name.to_string() });
        self.out.tensors.len() - 1
    }

    /// Maps all nodes.
    pub(super) fn nodes(&mut self) -> Result<(), OnnxError> {
        let initializer = |name: &str| match self.values.get(name) {
            Some(Value::Constant(constant)) => constant.scalar().ok().flatten(),
            _ => None,
        };
        let gelus = gelu::find(self.nodes, &self.uses, &initializer);
        for (at, declared) in self.nodes.iter().enumerate() {
            let node = Node::new(declared, self.opset);
            let mapped = match map::find(&node) {
                _ if gelus.inner.contains(&at) => Ok(Vec::new()),
                Some(_) if gelus.last.get(&at).is_some_and(|x| self.is_defined(x)) => self.gelu(&node, gelus.last[&at]),
                Some(row) => {
                    self.check_arity(&node, row).map_err(|error| error.within(node.about()))?;
                    self.node(&node, row)
                }
                None => Err(node.unsupported(String::new())),
            };
            let mut values = match mapped {
                Ok(values) => values,
                Err(OnnxError::Model { code, message, .. }) if code == codes::UNSUPPORTED => {
                    self.unsupported.add(&node, message);
                    Vec::new()
                }
                // It may follow from what is not supported.
                Err(_) if self.is_lost() => Vec::new(),
                Err(error) if matches!(&error, OnnxError::Model { code, .. } if *code == codes::NOT_CONSTANT) => {
                    self.waiting = Some(error.within(node.about()));
                    Vec::new()
                }
                Err(error) => return Err(error.within(node.about())),
            }
            .into_iter();
            for output in node.outputs() {
                let value = match values.next() {
                    Some(Value::Lost) | None => self.lost(output),
                    Some(value) => value,
                };
                if !output.is_empty() {
                    self.define(output, value).map_err(|error| error.within(node.about()))?;
                }
            }
        }
        self.unsupported.report()?;
        self.waiting.take().map_or(Ok(()), Err)
    }

    /// The GELU whose last node this is.
    fn gelu(&mut self, node: &Node<'a>, x: &str) -> Mapped {
        let operand = match self.get(x) {
            Some(Value::Tensor(id)) => Operand::Tensor(*id),
            Some(Value::Constant(constant)) => weight(constant.clone())?,
            Some(Value::Lost) | None => return Ok(Vec::new()),
        };
        single(self.apply(node, "gelu", vec![operand], Vec::new())?)
    }

    fn node(&mut self, node: &Node<'a>, row: &Row) -> Mapped {
        if node.inputs().iter().any(|name| matches!(self.get(name), Some(Value::Lost))) {
            return Ok(Vec::new());
        }
        let values = match super::fold::fold(self, node) {
            // Weights that are too many for now are computed with when they are packed.
            Some(Err(error)) if error.code() == codes::TOO_LARGE.id => (row.map)(self, node).map_err(|_| error)?,
            Some(folded) => folded?,
            None => (row.map)(self, node)?,
        };
        for value in &values {
            if let Value::Constant(constant) = value {
                super::shapes::check_rank(node, constant.shape.len())?;
            }
        }
        node.all_asked()?;
        // What is before the output stays, so that what uses it is looked at.
        if let Some(output) = (values.len()..node.outputs().len()).find(|&output| self.is_used(node, output)) {
            let name = node.outputs().get(output).map_or("", String::as_str);
            self.unsupported.add(node, format!("its output {}, `{}`", output + 1, shown(name)));
        }
        Ok(values)
    }

    fn check_arity(&self, node: &Node<'a>, row: &Row) -> Result<(), OnnxError> {
        let given = node.inputs().len();
        let (least, most) = row.inputs;
        let named = (0..least).all(|i| node.input(i).is_some());
        if given > most || !named {
            let wanted = if least == most { least.to_string() } else { format!("{least} to {most}") };
            let wanted = if most == usize::MAX { format!("at least {least}") } else { wanted };
            let message = format!("it has {given} inputs, but {} takes {wanted}", node.operator());
            return Err(node.error(codes::ARITY, message, "the file may be damaged, or its exporter has an error"));
        }
        if node.used_outputs() == 0 {
            return Err(node.error(codes::ARITY, "it has no outputs", "remove the node"));
        }
        let (outputs, most) = (node.outputs().len(), map::most_outputs(node));
        if outputs > most {
            let message = format!("it has {outputs} outputs, but {} gives at most {most}", node.operator());
            return Err(node.error(codes::ARITY, message, "the file may be damaged, or its exporter has an error"));
        }
        for name in node.inputs().iter().filter(|name| !name.is_empty()) {
            if self.is_defined(name) {
                continue;
            }
            let later = self.nodes.iter().any(|other| other.proto.output.contains(name));
            let message = match later {
                true => format!("it uses the value `{}`, which is defined behind it", shown(name)),
                false => format!("it uses the value `{}`, which nothing defines", shown(name)),
            };
            let help = match later {
                true => "nodes must stand in the order of computation, without circles: sort them",
                false => "the model may have been cut: export it again",
            };
            return Err(node.error(codes::UNKNOWN_VALUE, message, help));
        }
        Ok(())
    }

    /// An input that must be given.
    pub(super) fn value(&self, node: &Node<'_>, index: usize) -> Result<Value, OnnxError> {
        let value = node.input(index).and_then(|name| self.get(name)).cloned();
        value.ok_or_else(|| {
            let message = format!("its input {} is missing", index + 1);
            node.error(codes::ARITY, message, "the file may be damaged, or its exporter has an error")
        })
    }

    /// An input as an operand; a known one becomes a weight.
    pub(super) fn operand(&self, node: &Node<'_>, index: usize) -> Result<Operand, OnnxError> {
        Ok(match self.value(node, index)? {
            Value::Tensor(id) => Operand::Tensor(id),
            Value::Constant(constant) if constant.element != Element::F32 => {
                return Err(node.unsupported(format!("of {} values", element_name(constant.element as i64))));
            }
            Value::Constant(constant) => weight(constant)?,
            Value::Lost => return Err(node.unsupported("")),
        })
    }

    /// An input that must be given and known.
    pub(super) fn constant(&self, node: &Node<'_>, index: usize, what: &str) -> Result<Constant, OnnxError> {
        match self.value(node, index)? {
            Value::Constant(constant) => Ok(constant),
            Value::Tensor(_) | Value::Lost => {
                let name = shown(node.input(index).unwrap_or_default());
                Err(node.error(
                    codes::NOT_CONSTANT,
                    format!("its {what}, input {} (`{name}`), is computed while the network runs", index + 1),
                    "make it an initializer or a Constant: export the model with fixed shapes and weights",
                ))
            }
        }
    }

    /// An input that must be known, where it is given.
    pub(super) fn known(&self, node: &Node<'_>, index: usize, what: &str) -> Result<Option<Constant>, OnnxError> {
        node.input(index).map(|_| self.constant(node, index, what)).transpose()
    }

    /// A list of integers, where it is given.
    pub(super) fn ints(&self, node: &Node<'_>, index: usize, what: &str) -> Result<Option<Vec<i64>>, OnnxError> {
        let Some(constant) = self.known(node, index, what)? else { return Ok(None) };
        if constant.count() > MAX_LIST {
            let message = format!("its {what} has {} elements, and {MAX_LIST} is the most", constant.count());
            return Err(node.error(
                codes::OPERANDS,
                message,
                "the model's shapes do not fit each other: export it again",
            ));
        }
        constant.ints().map(Some)
    }

    /// A single number, where it is given.
    pub(super) fn number(&self, node: &Node<'_>, index: usize, what: &str) -> Result<Option<f64>, OnnxError> {
        let Some(constant) = self.known(node, index, what)? else { return Ok(None) };
        match constant.scalar()? {
            Some(number) => Ok(Some(number)),
            None => {
                let message = format!("its {what} must be one number, not a tensor of shape {:?}", constant.shape);
                Err(node.error(codes::OPERANDS, message, "the file may be damaged, or its exporter has an error"))
            }
        }
    }

    pub(super) fn ty(&self, operand: &Operand) -> Type {
        match operand {
            Operand::Tensor(id) => self.out.tensors[*id].ty.clone(),
            Operand::Number(_) => Type::f32([1]),
            Operand::Weight(constant) => Type::f32(constant.shape.as_slice()),
        }
    }

    /// Appends a call; `weights` are what the operator needs below its weight path, in its order.
    pub(super) fn emit(
        &mut self,
        node: &Node<'_>,
        operator: &'static str,
        operands: Vec<Operand>,
        given: Arguments,
        weights: Vec<Constant>,
    ) -> Result<Vec<Id>, OnnxError> {
        let fault = |message: String, help: Option<String>| {
            let help = help.unwrap_or_else(|| "the model's shapes do not fit each other: export it again".to_string());
            node.error(codes::OPERANDS, message, help)
        };
        let Some(entry) = ops::find(operator) else {
            return Err(node.unsupported(String::new()));
        };
        let arguments = arguments(entry.signature, given);
        for (name, value) in &arguments {
            let spec = entry.signature.args.iter().find(|spec| spec.name == *name);
            if !spec.is_some_and(|spec| spec.kind.accepts(value)) {
                return Err(node.unsupported(format!("as `{operator}` with this `{name}`")));
            }
        }
        let types: Vec<Type> = operands.iter().map(|operand| self.ty(operand)).collect();
        let types: Vec<&Type> = types.iter().collect();
        let mixed = types.iter().any(|ty| ty.dtype != types[0].dtype);
        if let Some(other) = types.iter().find(|ty| (mixed || !entry.any_elements) && ty.dtype != DType::F32) {
            return Err(node.unsupported(format!("of {} tensors", other.dtype)));
        }
        let (op, specs) = (entry.from_call)(&Call::new(entry.signature, &types, arguments.clone()))
            .map_err(|error| fault(error.message, error.help))?;
        if specs.len() != weights.len() {
            return Err(fault(format!("`{operator}` needs {} weights, not {}", specs.len(), weights.len()), None));
        }
        for (spec, weight) in specs.iter().zip(&weights) {
            spec.ty.check().map_err(|error| fault(format!("the weight {} {error}", spec.ty), None))?;
            if spec.ty.shape != weight.shape {
                let message = format!("`{}` must be of shape {:?}, not {:?}", spec.suffix, spec.ty.shape, weight.shape);
                return Err(fault(message, None));
            }
        }
        let shared = operands.iter().filter_map(|operand| match operand {
            Operand::Weight(constant) => Some(constant),
            Operand::Tensor(_) | Operand::Number(_) => None,
        });
        shared.chain(&weights).try_for_each(|constant| self.budget.take(constant))?;
        let inputs: Vec<&Type> = types.iter().copied().chain(specs.iter().map(|spec| &spec.ty)).collect();
        let results = op.infer(&inputs, Mode::Infer).map_err(|error| fault(error.message, error.help))?;
        for ty in inputs.iter().copied().chain(&results) {
            ty.check().map_err(|error| fault(format!("the tensor {ty} {error}"), None))?;
        }
        if self.out.calls.len() >= MAX_NODES {
            let message = format!("the network has more than {MAX_NODES} layers");
            return Err(node.error(codes::TOO_LARGE, message, "no network has as many: the file may be damaged"));
        }
        let name = node.outputs().first().map_or("", String::as_str);
        let results: Vec<Id> = results.into_iter().map(|ty| self.made(ty, name)).collect();
        // Several results are several outputs.
        for (&id, output) in results.iter().zip(node.outputs()).skip(1) {
            self.out.tensors[id].name.clone_from(output);
        }
        let weights = specs.into_iter().zip(weights).collect();
        self.out.calls.push(SourceCall { entry, op, operands, arguments, weights, results: results.clone() });
        Ok(results)
    }

    /// Appends a call of one result without weights.
    pub(super) fn apply(
        &mut self,
        node: &Node<'_>,
        operator: &'static str,
        operands: Vec<Operand>,
        given: Arguments,
    ) -> Result<Operand, OnnxError> {
        let results = self.emit(node, operator, operands, given, Vec::new())?;
        Ok(Operand::Tensor(results.first().copied().unwrap_or_default()))
    }

    /// Notes that a tensor is the product of a MatMul, made by the last call.
    pub(super) fn product(&mut self, id: Id) {
        self.products.insert(id, self.out.calls.len() - 1);
    }

    /// Gives the `dense` that a MatMul became a bias, where nothing else uses what it yields; whether that was so.
    pub(super) fn add_bias(&mut self, node: &Node<'_>, operand: usize, bias: &Operand) -> Result<bool, OnnxError> {
        let Some(name) = node.input(operand) else { return Ok(false) };
        let (Some(Value::Tensor(id)), Operand::Weight(bias)) = (self.get(name), bias) else { return Ok(false) };
        let (id, made) = (*id, &self.out.tensors[*id]);
        let out = made.ty.shape.last().copied().unwrap_or_default();
        let is_row = bias.shape.last() == Some(&out) && bias.count() == out && bias.shape.len() <= 2;
        if !is_row || self.uses.get(name) != Some(&1) || made.name != name {
            return Ok(false);
        }
        let Some(&at) = self.products.get(&id) else { return Ok(false) };
        let bias = bias.clone().reshaped(vec![out]);
        self.budget.take(&bias)?;
        let call = &mut self.out.calls[at];
        call.arguments.retain(|(name, _)| *name != "bias");
        call.weights.push((ParamSpec::weight("bias", [out]), bias));
        self.products.remove(&id);
        self.out.tensors[id].name = node.outputs().first().cloned().unwrap_or_default();
        Ok(true)
    }

    /// The outputs of the network, declared by name.
    pub(super) fn outputs(&mut self, names: impl Iterator<Item = &'a str>) -> Result<(), OnnxError> {
        let mut seen = HashSet::new();
        for name in names {
            let wrong = |message: String, help: &str| OnnxError::new(codes::OUTPUT, message, help);
            if !seen.insert(name) {
                return Err(wrong(format!("the output `{}` is declared twice", shown(name)), "declare it once"));
            }
            match self.get(name) {
                Some(Value::Tensor(id)) => {
                    let id = *id;
                    self.out.outputs.push((name.to_string(), id));
                }
                Some(Value::Constant(_)) => {
                    let message = format!("the output `{}` does not depend on any input", shown(name));
                    return Err(wrong(message, "remove the output: its value is known"));
                }
                Some(Value::Lost) | None => {
                    let message = format!("nothing computes the output `{}`", shown(name));
                    return Err(wrong(message, "the model may have been cut: export it again"));
                }
            }
        }
        Ok(())
    }
}

/// A known tensor as an operand: a number where it is one.
pub(super) fn weight(constant: Constant) -> Result<Operand, OnnxError> {
    Ok(match constant.scalar()? {
        Some(number) if constant.shape.len() <= 1 && number.is_finite() => {
            Operand::Number(super::node::shortest(number as f32))
        }
        _ => Operand::Weight(constant),
    })
}

/// One operand as the only output of a node.
pub(super) fn single(operand: Operand) -> Mapped {
    Ok(vec![match operand {
        Operand::Tensor(id) => Value::Tensor(id),
        Operand::Weight(constant) => Value::Constant(constant),
        Operand::Number(number) => Value::Constant(Constant::fill(Element::F32, vec![1], number)?),
    }])
}

/// The arguments in the order of the signature, those left out that are as by default.
fn arguments(signature: &Signature, given: Arguments) -> Arguments {
    let number = |value: &ArgValue| match value {
        ArgValue::Int(v) => Some(*v as f32),
        ArgValue::Float(v) => Some(*v as f32),
        _ => None,
    };
    let find = |name: &str| given.iter().find(|(given, _)| *given == name).map(|(_, value)| value);
    let is_default = |value: &ArgValue, default: Default| match default {
        Default::Int(v) => number(value) == Some(v as f32),
        Default::Float(v) => number(value) == Some(v as f32),
        Default::Bool(v) => *value == ArgValue::Bool(v),
        Default::Word(v) => matches!(value, ArgValue::Str(word) if word == v),
        Default::SameAs(other) => find(other) == Some(value),
        _ => false,
    };
    let known = signature.args.iter().filter_map(|spec| Some((spec, find(spec.name)?)));
    let mut list: Arguments = known
        .filter(|(spec, value)| !is_default(value, spec.default))
        .map(|(spec, value)| (spec.name, value.clone()))
        .collect();
    // What the signature does not know is refused by who checks the kinds.
    list.extend(given.iter().filter(|(name, _)| signature.args.iter().all(|spec| spec.name != *name)).cloned());
    list
}
