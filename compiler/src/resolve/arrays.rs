//! Arrays that a caller has for the inputs of a net: they bind its symbols, and must agree with everything else.

use std::collections::BTreeMap;

use rebirth_lang::{Diagnostic, Program, Span, ast};

use super::header::{Dim, Header};
use super::resolver::Resolver;
use super::value::Value;
use super::{SetValue, Settings, codes, suggest};

/// The symbols that arrays bind: `arrays` holds the shapes of those the caller has, by input name; an array without a name is for
/// the only input.
///
/// # Errors
/// An array is for no input, differs from a fixed dimension or `--set`, or two of them disagree.
pub fn bind_dims(
    program: &Program,
    settings: &Settings,
    arrays: &[(Option<&str>, &[usize])],
) -> Result<BTreeMap<String, usize>, Vec<Diagnostic>> {
    let mut resolver = Resolver::new(program, settings);
    let bound = match resolver.chosen_net() {
        Some(net) => resolver.arrays(net, arrays),
        None => BTreeMap::new(),
    };
    if resolver.errors.is_empty() { Ok(bound) } else { Err(resolver.into_errors()) }
}

impl<'a> Resolver<'a> {
    fn arrays(&mut self, net: &'a ast::Net, arrays: &[(Option<&str>, &[usize])]) -> BTreeMap<String, usize> {
        let mut bound = BTreeMap::new();
        let Some(header) = self.header(net) else {
            return bound;
        };
        let mut given: Vec<Option<&[usize]>> = vec![None; net.inputs.len()];
        for &(name, shape) in arrays {
            let Some(position) = self.array_input(net, name) else {
                continue;
            };
            let input = &net.inputs[position];
            if given[position].replace(shape).is_some() {
                self.error(
                    codes::ARRAY_INPUT,
                    format!("the input `{}` gets two arrays", input.name),
                    input.name.span,
                    "this input",
                    "give each input one array",
                );
                continue;
            }
            let dims = &header.inputs[position].dims;
            if shape.len() != dims.len() {
                self.array_shape(
                    input,
                    shape,
                    input.ty.span,
                    &format!("{} dimensions, not {}", shape.len(), dims.len()),
                );
                continue;
            }
            for (axis, (dim, &size)) in dims.iter().zip(shape).enumerate() {
                let span = input.ty.dims[axis].span;
                let (expected, why) = match dim {
                    Dim::Fixed(expected) => (*expected, String::new()),
                    Dim::Symbol(name) => match (self.settings.set.get(name), bound.get(name)) {
                        (Some(SetValue::Int(set)), _) => {
                            (usize::try_from(*set).unwrap_or(0), format!(", as `--set {name}={set}` says"))
                        }
                        (_, Some(&earlier)) => (earlier, format!(", as another dimension `{name}` says")),
                        _ if size > 0 => {
                            bound.insert(name.clone(), size);
                            continue;
                        }
                        _ => (1, " or more".to_string()),
                    },
                    Dim::Formula(_) => continue,
                };
                if expected != size {
                    self.array_shape(input, shape, span, &format!("{size} in dimension {axis}, not {expected}{why}"));
                }
            }
        }
        if self.errors.is_empty() {
            self.check_formulas(net, &header, &given, &bound);
        }
        bound
    }

    /// Compares arrays with the dimensions that are formulas, for nets whose symbols are all bound.
    fn check_formulas(
        &mut self,
        net: &'a ast::Net,
        header: &Header,
        given: &[Option<&[usize]>],
        bound: &BTreeMap<String, usize>,
    ) {
        self.scopes.push();
        for symbol in self.symbols(net) {
            let size = match self.settings.set.get(symbol.name) {
                Some(SetValue::Int(size)) => Some(*size),
                _ => bound.get(symbol.name).and_then(|&size| i64::try_from(size).ok()),
            };
            let _ = self.scopes.bind(symbol.name, size.map_or(Value::Error, Value::Int), symbol.span);
        }
        for ((input, dims), shape) in net.inputs.iter().zip(&header.inputs).zip(given) {
            let Some(shape) = shape else { continue };
            for (axis, expr) in input.ty.dims.iter().enumerate() {
                if matches!(dims.dims[axis], Dim::Formula(_))
                    && let Some(expected) = self.dimension(expr)
                    && expected != shape[axis]
                {
                    self.array_shape(
                        input,
                        shape,
                        expr.span,
                        &format!("{} in dimension {axis}, not {expected}", shape[axis]),
                    );
                }
            }
        }
        self.scopes.pop();
    }

    fn array_input(&mut self, net: &ast::Net, name: Option<&str>) -> Option<usize> {
        let names = || net.inputs.iter().map(|input| input.name.name.as_str());
        let (message, help) = match (name, net.inputs.len()) {
            (None, 1) => return Some(0),
            (None, _) => (
                "an array does not say for which input it is".to_string(),
                format!("write `NAME=FILE`; the inputs are {}", suggest::listing(names())),
            ),
            (Some(name), _) => match names().position(|input| input == name) {
                Some(position) => return Some(position),
                None => (
                    format!("there is no input `{name}`"),
                    suggest::or_else(name, names(), || format!("the inputs are {}", suggest::listing(names()))),
                ),
            },
        };
        self.error(codes::ARRAY_INPUT, message, net.name.span, "the inputs of this net", &help);
        None
    }

    fn array_shape(&mut self, input: &ast::Input, shape: &[usize], span: Span, difference: &str) {
        /// Longer shapes are cut.
        const SHOWN: usize = 10;
        let mut sizes: Vec<String> = shape.iter().take(SHOWN).map(ToString::to_string).collect();
        if shape.len() > SHOWN {
            sizes.push("..".to_string());
        }
        let shape = sizes.join(",");
        let declared = self.program.sources().slice(input.ty.span).to_string();
        self.error(
            codes::ARRAY_SHAPE,
            format!("the array [{shape}] is not a `{}`: it has {difference}", input.name),
            span,
            &format!("`{}` is {declared}", input.name),
            "give an array of this shape, or change the dimension with `--set` if it is a symbol or a constant",
        );
    }
}
