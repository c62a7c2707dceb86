//! The inputs of a model: which of their dimensions are open, what gives those a size, and the arrays that fit.

use std::collections::BTreeMap;

use rebirth_runtime::DType;

use super::error::{OnnxError, shown};
use super::names::identifier;
use super::tensor::{Element, element_name};
use super::{codes, proto};
use crate::graph::Type;
use crate::resolve::{SetValue, Settings};

/// A dimension of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// This extent.
    Fixed(usize),
    /// Open, under this name.
    Symbol(String),
}

/// An input of the network.
#[derive(Clone, Debug)]
pub struct Input {
    /// Its name in the model.
    pub name: String,
    /// Its name in the graph and in source.
    pub called: String,
    /// The type of its elements.
    pub dtype: DType,
    /// Its dimensions.
    pub dims: Vec<Dimension>,
}

impl Input {
    /// The names of its open dimensions.
    pub(super) fn symbols(&self) -> impl Iterator<Item = &str> {
        self.dims.iter().filter_map(|dim| match dim {
            Dimension::Symbol(name) => Some(name.as_str()),
            Dimension::Fixed(_) => None,
        })
    }
}

/// Reads the type of an input.
pub(super) fn input(info: &proto::ValueInfo) -> Result<Input, OnnxError> {
    let wrong = |what: String, help: &str| {
        let message = format!("the input `{}` {what}", shown(&info.name));
        OnnxError::new(codes::INPUT_TYPE, message, help)
    };
    let tensor = info.ty.as_ref().and_then(|ty| ty.tensor.as_ref());
    let Some(tensor) = tensor else {
        return Err(wrong("is no tensor".to_string(), "export the model with tensors as inputs"));
    };
    let element = i64::from(tensor.elem_type);
    let Some(dtype) = Element::of(element).and_then(Element::dtype) else {
        let help = "inputs are FLOAT, UINT8, INT8, INT32, INT64 or BOOL: convert the model, or cast what is fed to it";
        return Err(wrong(format!("has elements of {}, which are not supported", element_name(element)), help));
    };
    let Some(shape) = &tensor.shape else {
        return Err(wrong("has no shape".to_string(), "export the model with the shape of its inputs"));
    };
    let rank = shape.dim.len();
    let dims = shape.dim.iter().enumerate().map(|(axis, dim)| match (&dim.value, &dim.param) {
        (Some(value @ 1..), _) => usize::try_from(*value)
            .map(Dimension::Fixed)
            .map_err(|_| wrong(format!("has {value} in dimension {axis}"), "export the model with a smaller input")),
        (Some(value @ ..-1), _) => Err(wrong(format!("has {value} in dimension {axis}"), "dimensions are positive")),
        (_, Some(name)) if !name.is_empty() => Ok(Dimension::Symbol(identifier(name))),
        _ => Ok(Dimension::Symbol(match (rank, axis) {
            (_, 0) => "n".to_string(),
            (4, 2) => "h".to_string(),
            (4, 3) => "w".to_string(),
            _ => format!("{}_{axis}", identifier(&info.name)),
        })),
    });
    let called = identifier(&info.name);
    Ok(Input { name: info.name.clone(), called, dtype, dims: dims.collect::<Result<_, _>>()? })
}

/// Every symbol with whether it is the first dimension of an input.
fn symbols(inputs: &[Input]) -> BTreeMap<&str, bool> {
    let mut symbols = BTreeMap::new();
    for input in inputs {
        for (axis, dim) in input.dims.iter().enumerate() {
            if let Dimension::Symbol(name) = dim {
                *symbols.entry(name.as_str()).or_insert(false) |= axis == 0;
            }
        }
    }
    symbols
}

/// The sizes of all symbols: as set, else as arrays say, else 1 for first dimensions.
///
/// # Errors
/// E1015 where a symbol has no size, or a setting is of none.
pub(super) fn sizes(inputs: &[Input], settings: &Settings) -> Result<BTreeMap<String, usize>, OnnxError> {
    let symbols = symbols(inputs);
    let known = || match symbols.is_empty() {
        true => "the model has no open dimensions".to_string(),
        false => {
            format!("the model has {}", symbols.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))
        }
    };
    if let Some(name) = settings.set.keys().find(|name| !symbols.contains_key(name.as_str())) {
        let message = format!("`--set {name}` sets nothing: the model has no dimension `{name}`");
        return Err(OnnxError::new(codes::DIMENSION, message, known()));
    }
    let mut sizes = BTreeMap::new();
    for (&name, &leading) in &symbols {
        let size = match (settings.set.get(name), settings.dims.get(name)) {
            (Some(SetValue::Int(size @ 1..)), _) => usize::try_from(*size).ok(),
            (Some(_), _) => {
                let message = format!("the dimension `{name}` must be a positive integer");
                return Err(OnnxError::new(codes::DIMENSION, message, format!("write `--set {name}=8`")));
            }
            (None, Some(&size)) => Some(size),
            (None, None) => leading.then_some(1),
        };
        let Some(size) = size else {
            let message = format!("the dimension `{name}` of the model's input has no size");
            return Err(OnnxError::new(codes::DIMENSION, message, format!("give it one with `--set {name}=224`")));
        };
        sizes.insert(name.to_string(), size);
    }
    Ok(sizes)
}

/// The type of an input for these sizes.
pub(super) fn ty(input: &Input, sizes: &BTreeMap<String, usize>) -> Result<Type, OnnxError> {
    let shape = input.dims.iter().map(|dim| match dim {
        Dimension::Fixed(extent) => *extent,
        Dimension::Symbol(name) => sizes.get(name).copied().unwrap_or(1),
    });
    let ty = Type { dtype: input.dtype, shape: shape.collect() };
    ty.check().map_err(|error| {
        let message = format!("the input `{}`, {ty}, {error}", shown(&input.name));
        OnnxError::new(codes::INPUT_TYPE, message, "see whether all of its dimensions are meant")
    })?;
    Ok(ty)
}

/// The type that the model declares for a value, for these sizes; none where it is open, or nothing that is computed here.
pub(super) fn declared(info: &proto::ValueInfo, sizes: &BTreeMap<String, usize>) -> Option<Type> {
    let tensor = info.ty.as_ref()?.tensor.as_ref()?;
    let dims = tensor.shape.as_ref()?.dim.iter().map(|dim| match (dim.value, &dim.param) {
        (Some(extent), _) => usize::try_from(extent).ok(),
        (None, Some(name)) => sizes.get(&identifier(name)).copied(),
        (None, None) => None,
    });
    let ty = Type { dtype: DType::F32, shape: dims.collect::<Option<_>>()? };
    (tensor.elem_type == 1 && ty.check().is_ok()).then_some(ty)
}

/// The symbols that arrays bind; an array without a name is for the only input. Names are those of the graph.
///
/// # Errors
/// E1017 where an array is for no input, or its shape does not fit.
pub(super) fn bind(
    inputs: &[Input],
    settings: &Settings,
    arrays: &[(Option<&str>, &[usize])],
) -> Result<BTreeMap<String, usize>, OnnxError> {
    let wrong = |message: String, help: String| OnnxError::new(codes::ARRAY, message, help);
    let names: Vec<&str> = inputs.iter().map(|input| input.called.as_str()).collect();
    let listed = || names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let mut bound: BTreeMap<String, usize> = BTreeMap::new();
    let mut given = vec![false; inputs.len()];
    for &(name, shape) in arrays {
        let position = match name {
            None if inputs.len() == 1 => Some(0),
            None => {
                let help = format!("write `--input {}=x.npy`", names.first().unwrap_or(&"NAME"));
                return Err(wrong(format!("the model has several inputs: {}", listed()), help));
            }
            Some(name) => names.iter().position(|own| *own == name),
        };
        let Some(position) = position else {
            let message = format!("the model has no input `{}`", name.unwrap_or_default());
            return Err(wrong(message, format!("it has {}", listed())));
        };
        let (input, name) = (&inputs[position], names[position]);
        if std::mem::replace(&mut given[position], true) {
            return Err(wrong(format!("the input `{name}` gets two arrays"), "give each input one".to_string()));
        }
        let expected: Vec<String> = input
            .dims
            .iter()
            .map(|dim| match dim {
                Dimension::Fixed(extent) => extent.to_string(),
                Dimension::Symbol(name) => name.clone(),
            })
            .collect();
        let fits = shape.len() == input.dims.len()
            && input.dims.iter().zip(shape).all(|(dim, &size)| match dim {
                Dimension::Fixed(extent) => *extent == size,
                Dimension::Symbol(name) => match settings.set.get(name) {
                    Some(SetValue::Int(set)) => usize::try_from(*set) == Ok(size),
                    _ => size > 0 && *bound.entry(name.clone()).or_insert(size) == size,
                },
            });
        if !fits {
            let message = format!(
                "the input `{name}` is {}[{}], but its array is of shape {shape:?}",
                input.dtype,
                expected.join(",")
            );
            return Err(wrong(message, "pass an array of the input's shape".to_string()));
        }
    }
    Ok(bound)
}
