//! Networks from ONNX files. Reads operator sets from [`OLDEST`] to [`NEWEST`].
//!
//! Modules in the order data takes: `scan` (limits, before anything is allocated) and `proto` (the messages), `tensor` (weights and
//! their files), `inputs` (open dimensions), `importer` (nodes become calls, one after the other) with `node`, `constant` and
//! `fold` (what is known beforehand), `budget` (limits over all nodes), `shapes`, `gelu`, `unsupported` (the report of that), and `map`, the table of ONNX's operators; then
//! `call` (what all became), `plan` (the statements), `names`, `build` (the graph) and `print` (the source). [`codes`] is the table of
//! errors.
//!
//! A node becomes a call of an operator as source would have it, and only that: the graph is built from the calls, and the
//! source that `rebirth import` writes is printed from them, so the two cannot differ.
//!
//! No file may cause more memory than 512 bytes for each of its bytes, its weights apart, which stay in the mapped file until they are
//! asked for and are copied once.

pub mod codes;

mod budget;
mod build;
mod call;
mod constant;
mod error;
mod fold;
mod gelu;
mod importer;
mod inputs;
mod map;
mod names;
mod node;
mod plan;
mod print;
mod proto;
mod scan;
mod shapes;
mod tensor;
mod unsupported;

pub use constant::MAX_FOLDED;
pub use error::OnnxError;
pub use inputs::{Dimension, Input};
pub use scan::{MAX_FILE_BYTES, MAX_MESSAGE_BYTES};

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::rc::Rc;

use prost::Message;
use prost::bytes::Bytes;
use rebirth_runtime::error::FileKind;
use rebirth_runtime::fs::map_file;

use self::call::Calls;
use self::constant::Constant;
use self::error::shown;
use self::importer::Importer;
use self::node::Declared;
use self::tensor::{Element, Files, Stored, element_name};
use crate::graph::MAX_NODES;
use crate::resolve::{Model, Settings};

/// The oldest operator set that is read: the first whose semantics of broadcasting are today's.
pub const OLDEST: i64 = 7;

/// The newest operator set whose operators are known.
pub const NEWEST: i64 = 24;

/// What the resolver calls the only output of a net.
const OUTPUT: &str = "output";

/// A model as the file has it: checked, its nodes not yet mapped.
pub struct Onnx {
    /// Where it was read from.
    file: String,
    /// The net's name.
    name: String,
    opset: i64,
    inputs: Vec<Input>,
    outputs: Vec<proto::ValueInfo>,
    /// Types of other values.
    declared: Vec<proto::ValueInfo>,
    initializers: Vec<Rc<Stored>>,
    nodes: Vec<Declared>,
}

/// A model for certain sizes of its inputs.
pub struct Imported {
    /// The network.
    pub model: Model,
    /// The values of its parameters.
    pub weights: Weights,
    /// The open first dimension that something else depends on, so that it has one size in the source, where no setting asked for that.
    pub fixed: Option<(String, usize)>,
    source: Result<String, OnnxError>,
}

impl Onnx {
    /// Maps a file and checks it: its messages, its tensors, its operator set.
    ///
    /// # Errors
    /// E1001 to E1007, E1011 and E1018 about the model; E05xx where it, E04xx where external data cannot be read.
    pub fn open(path: &Path) -> Result<Onnx, OnnxError> {
        let bytes = Bytes::from_owner(map_file(path, FileKind::Model, MAX_FILE_BYTES)?);
        let folder = path.parent().unwrap_or(Path::new(""));
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        Onnx::decode(path.display().to_string(), &stem, bytes, folder).map_err(|error| about(path.display(), error))
    }

    fn decode(file: String, stem: &str, bytes: Bytes, folder: &Path) -> Result<Onnx, OnnxError> {
        scan::scan(&bytes)?;
        let model = proto::Model::decode(bytes).map_err(|error| {
            let message = format!("it is not an ONNX model, or damaged: {error}");
            OnnxError::new(codes::NOT_ONNX, message, "the file may be of another format; fetch or export it again")
        })?;
        let missing = |what: &str| {
            let help = "the file may be damaged, or hold something else than a network: export it again";
            OnnxError::new(codes::NO_GRAPH, format!("the model has no {what}"), help)
        };
        let graph = model.graph.ok_or_else(|| missing("graph"))?;
        if graph.output.is_empty() {
            return Err(missing("outputs"));
        }
        let opset = operator_set(&model.opset_import)?;
        if graph.node.len() > MAX_NODES || graph.initializer.len() > MAX_NODES {
            let message = format!("the model has more than {MAX_NODES} nodes or tensors");
            return Err(OnnxError::new(codes::TOO_LARGE, message, "no network has as many: the file may be damaged"));
        }
        if !graph.sparse_initializer.is_empty() {
            let help = "convert its weights to dense tensors";
            return Err(OnnxError::new(codes::TENSOR, "the model has sparse tensors, which are not supported", help));
        }
        let mut files = Files::new(folder);
        let initializers = graph.initializer.into_iter().map(|tensor| Ok(Rc::new(Stored::new(tensor, &mut files)?)));
        let initializers = initializers.collect::<Result<Vec<_>, OnnxError>>()?;
        let mut nodes = Vec::with_capacity(graph.node.len());
        for mut node in graph.node {
            let tensors = node.attribute.iter_mut().map(|attribute| attribute.t.take());
            let tensors =
                tensors.map(|tensor| tensor.map(|tensor| Stored::new(*tensor, &mut files).map(Rc::new)).transpose());
            let tensors = tensors.collect::<Result<Vec<_>, _>>();
            let tensors = tensors.map_err(|error| {
                error.within(format!("a node that gives `{}`", shown(node.output.first().map_or("", String::as_str))))
            })?;
            nodes.push(Declared { proto: node, tensors });
        }
        let given: BTreeSet<&str> = initializers.iter().map(|stored| stored.name.as_str()).collect();
        let free = graph.input.iter().filter(|info| !given.contains(info.name.as_str()));
        let mut inputs = free.map(inputs::input).collect::<Result<Vec<_>, _>>()?;
        let mut taken = names::Taken::default();
        // A symbol is no input's name.
        let symbols: BTreeSet<String> = inputs.iter().flat_map(Input::symbols).map(str::to_owned).collect();
        symbols.iter().for_each(|symbol| drop(taken.unique(symbol)));
        inputs.iter_mut().for_each(|input| input.called = taken.unique(&input.called));
        let (outputs, declared) = (graph.output, graph.value_info);
        Ok(Onnx { file, name: names::item(stem), opset, inputs, outputs, declared, initializers, nodes })
    }

    /// The inputs of the network.
    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    /// Whether an open dimension of an input is called so.
    pub fn has_symbol(&self, name: &str) -> bool {
        let mut dims = self.inputs.iter().flat_map(|input| &input.dims);
        dims.any(|dim| matches!(dim, Dimension::Symbol(symbol) if symbol == name))
    }

    /// The sizes of open dimensions that arrays give; an array without a name is for the only input.
    ///
    /// # Errors
    /// E1017: an array is for no input, or does not fit it; E1020: the settings name another network.
    pub fn bind(
        &self,
        settings: &Settings,
        arrays: &[(Option<&str>, &[usize])],
    ) -> Result<BTreeMap<String, usize>, OnnxError> {
        let bound = self.chosen(settings).and_then(|()| inputs::bind(&self.inputs, settings, arrays));
        bound.map_err(|error| about(&self.file, error))
    }

    /// Maps the nodes, with the sizes that the settings give.
    ///
    /// # Errors
    /// E1005 with all operators that are not supported; what else is wrong with a node; E1015 and E1020 about the settings.
    pub fn import(&self, settings: &Settings) -> Result<Imported, OnnxError> {
        self.imported(settings).map_err(|error| about(&self.file, error))
    }

    /// Refuses settings that choose a network that the file does not have.
    fn chosen(&self, settings: &Settings) -> Result<(), OnnxError> {
        match &settings.net {
            Some(net) if *net != self.name => {
                let message = format!("there is no net `{}` in it", shown(net));
                Err(OnnxError::new(
                    codes::NO_NET,
                    message,
                    format!("an ONNX file has one network; this one is `{}`", self.name),
                ))
            }
            _ => Ok(()),
        }
    }

    fn imported(&self, settings: &Settings) -> Result<Imported, OnnxError> {
        self.chosen(settings)?;
        let sizes = inputs::sizes(&self.inputs, settings)?;
        let calls = self.calls(&sizes)?;
        let input_names: Vec<&str> = self.inputs.iter().map(|input| input.called.as_str()).collect();
        let mut taken = names::Taken::default();
        let output_names: Vec<String> = match &calls.outputs[..] {
            [_] => vec![OUTPUT.to_string()],
            several => several.iter().map(|(name, _)| taken.unique(&names::of_value(name))).collect(),
        };
        let open = self.open_batch(&sizes, &calls);
        let fixed = match self.batch_symbol().filter(|_| open.is_none()) {
            Some(name) if !settings.set.contains_key(name) => sizes.get(name).map(|&size| (name.to_owned(), size)),
            _ => None,
        };
        let symbols: Vec<String> = open.iter().map(|(name, _)| name.clone()).collect();
        let plan = plan::plan(&calls, &input_names, &symbols);
        let (model, weights) = build::build(&self.name, &calls, &plan, &input_names, &output_names)?;
        let head = self.head(&calls, &output_names, open.as_ref());
        let source = print::source(&head, &calls, &plan);
        let weights = Weights { file: self.file.clone(), constants: weights };
        Ok(Imported { model, weights, fixed, source })
    }

    fn calls(&self, sizes: &BTreeMap<String, usize>) -> Result<Calls, OnnxError> {
        let outputs = || self.outputs.iter().map(|info| info.name.as_str());
        let mut importer = Importer::new(&self.nodes, outputs(), self.opset);
        for stored in &self.initializers {
            importer.initializer(&stored.name, Constant::stored(stored.clone()))?;
        }
        for input in &self.inputs {
            importer.input(&input.name, inputs::ty(input, sizes)?)?;
        }
        for info in &self.declared {
            if let Some(ty) = inputs::declared(info, sizes) {
                importer.declare(&info.name, ty);
            }
        }
        importer.nodes()?;
        importer.outputs(outputs())?;
        let mut calls = importer.out;
        self.check_outputs(&calls)?;
        calls.prune();
        Ok(calls)
    }

    /// Compares results with what the model declares, the first dimension apart, which may have been set.
    fn check_outputs(&self, calls: &Calls) -> Result<(), OnnxError> {
        for (info, (name, id)) in self.outputs.iter().zip(&calls.outputs) {
            let found = &calls.tensors[*id].ty;
            let Some(declared) = info.ty.as_ref().and_then(|ty| ty.tensor.as_ref()) else { continue };
            let element = i64::from(declared.elem_type);
            let is_same = element == 0 || Element::of(element).and_then(Element::dtype) == Some(found.dtype);
            let shape = declared.shape.as_ref();
            let dims: Option<Vec<i64>> =
                shape.map(|shape| shape.dim.iter().map(|dim| dim.value.unwrap_or(0)).collect());
            let fits = dims.as_ref().is_none_or(|dims| {
                let mut pairs = dims.iter().zip(&found.shape).skip(1);
                dims.len() == found.rank() && pairs.all(|(&a, &b)| matches!(a, -1 | 0) || usize::try_from(a) == Ok(b))
            });
            if !is_same || !fits {
                let message = format!(
                    "the output `{}` is declared as {} {}, but it is {found}",
                    shown(name),
                    element_name(element),
                    shown(&format!("{:?}", dims.unwrap_or_default()))
                );
                return Err(OnnxError::new(
                    codes::OUTPUT,
                    message,
                    "the model may be damaged, or its exporter has an error",
                ));
            }
        }
        Ok(())
    }

    /// The symbol of the first input's first dimension.
    fn batch_symbol(&self) -> Option<&str> {
        match self.inputs.first()?.dims.first()? {
            Dimension::Symbol(name) => Some(name),
            _ => None,
        }
    }

    /// The symbol of the inputs' first dimension and what the network is for twice its size, where nothing else depends on it: then it
    /// stays a symbol in the source.
    fn open_batch(&self, sizes: &BTreeMap<String, usize>, calls: &Calls) -> Option<(String, Calls)> {
        let name = self.batch_symbol()?.to_owned();
        let elsewhere = self
            .inputs
            .iter()
            .flat_map(|input| input.dims.iter().skip(1))
            .any(|dim| *dim == Dimension::Symbol(name.clone()));
        let mut doubled = sizes.clone();
        let size = doubled.get_mut(&name)?;
        *size = size.checked_mul(2)?;
        let other = self.calls(&doubled).ok()?;
        (!elsewhere && calls.is_like(&other)).then_some((name, other))
    }

    fn head(&self, calls: &Calls, outputs: &[String], open: Option<&(String, Calls)>) -> print::Head {
        let ty = |id: usize| {
            let ty = &calls.tensors[id].ty;
            let doubled = open.map(|(name, other)| (name, &other.tensors[id].ty.shape));
            let dims = ty.shape.iter().enumerate().map(|(axis, &extent)| match doubled {
                Some((name, other)) if other[axis] != extent => match extent / self.batch(calls).max(1) {
                    1 => name.clone(),
                    times => format!("{times} * {name}"),
                },
                _ => extent.to_string(),
            });
            format!("{}[{}]", ty.dtype, dims.collect::<Vec<_>>().join(", "))
        };
        let inputs = self.inputs.iter().zip(&calls.inputs).map(|(input, &id)| (input.called.clone(), ty(id)));
        let outputs = outputs.iter().zip(&calls.outputs).map(|(name, (_, id))| (name.clone(), ty(*id)));
        let file = Path::new(&self.file).file_name().map(|name| shown(&name.to_string_lossy())).unwrap_or_default();
        print::Head {
            net: self.name.clone(),
            file: format!("{file}, operator set {}", self.opset),
            inputs: inputs.collect(),
            outputs: outputs.collect(),
        }
    }

    /// The first extent of the first input.
    fn batch(&self, calls: &Calls) -> usize {
        calls.inputs.first().and_then(|&id| calls.tensors[id].ty.shape.first().copied()).unwrap_or(1)
    }
}

/// Values of parameters, still in the file.
pub struct Weights {
    file: String,
    /// In the order of the graph's parameters.
    constants: Vec<Constant>,
}

impl Weights {
    /// The values in the order of the graph's parameters, as f32.
    ///
    /// # Errors
    /// E1006: a tensor has no data; E0808: there is no memory.
    pub fn load(&self) -> Result<Vec<Vec<f32>>, OnnxError> {
        (0..self.constants.len()).map(|i| self.load_one(i)).collect()
    }

    /// The values of one of the graph's parameters, by its position, as f32.
    ///
    /// # Errors
    /// E1006: it has no data; E0808: there is no memory.
    pub fn load_one(&self, position: usize) -> Result<Vec<f32>, OnnxError> {
        let values = self.constants.get(position).map_or(Ok(Vec::new()), Constant::floats);
        values.map_err(|error| about(&self.file, error))
    }
}

impl Imported {
    /// The network as a `.net` text in canonical layout, whose weight paths are the names of the graph's parameters.
    ///
    /// # Errors
    /// E1019: it would exceed what a source may be.
    pub fn source(&self) -> Result<&str, &OnnxError> {
        self.source.as_deref()
    }
}

fn about(file: impl std::fmt::Display, error: OnnxError) -> OnnxError {
    error.within(format!("`{file}`"))
}

/// The version of the operator set of ONNX itself.
fn operator_set(imports: &[proto::Opset]) -> Result<i64, OnnxError> {
    let mut own = imports.iter().filter(|import| matches!(import.domain.as_str(), "" | "ai.onnx"));
    let help = format!("export the model for an operator set from {OLDEST} to {NEWEST}");
    match own.next().map(|import| import.version) {
        Some(first) if own.any(|other| other.version != first) => {
            Err(OnnxError::new(codes::OPSET, "the model states two operator sets of ONNX itself", help))
        }
        Some(version @ OLDEST..=NEWEST) => Ok(version),
        Some(version) => Err(OnnxError::new(
            codes::OPSET,
            format!("the model uses operator set {version}, but {OLDEST} to {NEWEST} are read"),
            help,
        )),
        None => Err(OnnxError::new(codes::OPSET, "the model does not say its operator set", help)),
    }
}
