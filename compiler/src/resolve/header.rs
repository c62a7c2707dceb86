//! A net's inputs and their dimensions: which are fixed, which are symbols, and what binds those.
//!
//! A symbol is a bare name in an input's type that is no constant. It is bound by `--set`, else by the sizes of the arrays the
//! caller has, else, if it is some input's dimension 0, it is 1.

use std::collections::{BTreeMap, HashMap};

use rebirth_lang::ast::{self, Expr, ExprKind, Item};
use rebirth_lang::{Diagnostic, FileId, Program, Span, limits};
use rebirth_runtime::DType;
use rebirth_runtime::elements::Elements;

use super::resolver::Resolver;
use super::value::Value;
use super::{SetValue, Settings, codes, suggest};
use crate::extent::{Extent, Form};
use crate::graph::Type;
use crate::ops::shapes::over_limit;

/// The inputs of a net.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The net's name.
    pub net: String,
    /// In order.
    pub inputs: Vec<HeaderInput>,
}

/// An input of a net.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderInput {
    /// Its name.
    pub name: String,
    /// Its element type.
    pub dtype: DType,
    /// Its dimensions, outermost first.
    pub dims: Vec<Dim>,
}

/// A dimension of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dim {
    /// A literal, or an expression of constants.
    Fixed(usize),
    /// A symbol.
    Symbol(String),
    /// An expression of symbols, as written.
    Formula(String),
}

/// The inputs of the chosen net.
///
/// # Errors
/// There is no such net, or a type of an input is wrong.
pub fn header(program: &Program, settings: &Settings) -> Result<Header, Vec<Diagnostic>> {
    let mut resolver = Resolver::new(program, settings);
    let header = resolver.chosen_net().and_then(|net| resolver.header(net));
    match header {
        Some(header) if resolver.errors.is_empty() => Ok(header),
        _ => Err(resolver.into_errors()),
    }
}

/// A symbolic dimension.
pub(super) struct Symbol<'a> {
    pub(super) name: &'a str,
    pub(super) span: Span,
    /// Whether it is some input's dimension 0.
    pub(super) leading: bool,
}

/// A declared type, also for all sizes where those are not set.
pub(super) struct Typed {
    pub(super) ty: Type,
    pub(super) forms: Type<Form>,
}

impl<'a> Resolver<'a> {
    /// The net that the settings choose.
    pub(super) fn chosen_net(&mut self) -> Option<&'a ast::Net> {
        let nets: Vec<&'a ast::Net> = self
            .program
            .file(FileId::ROOT)
            .items
            .iter()
            .filter_map(|item| match item {
                Item::Net(net) => Some(net),
                _ => None,
            })
            .collect();
        let names = || nets.iter().map(|net| net.name.name.as_str());
        let diagnostic = match (&self.settings.net, nets.as_slice()) {
            (_, []) => Diagnostic::new(codes::NO_NET, "the file has no net")
                .help("declare one: `net NAME(x: f32[n, 3, 224, 224]) -> f32[n, 10] { .. }`"),
            (Some(name), _) => match nets.iter().find(|net| net.name.name == *name) {
                Some(net) => return Some(net),
                None => {
                    let help =
                        suggest::or_else(name, names(), || format!("the file has {}", suggest::listing(names())));
                    Diagnostic::new(codes::UNKNOWN_NET, format!("the file has no net `{name}`")).help(help)
                }
            },
            (None, [net]) => return Some(net),
            (None, [first, ..]) => {
                let all = suggest::listing(names());
                Diagnostic::new(codes::WHICH_NET, format!("the file has several nets: {all}"))
                    .label(first.name.span, "one of them")
                    .help(format!("choose one with `--net {}`", first.name))
            }
        };
        self.report(diagnostic);
        None
    }

    /// The symbol that a dimension is.
    fn symbol(&self, dim: &'a Expr) -> Option<&'a str> {
        match &dim.kind {
            ExprKind::Name(name) if !matches!(self.item(name), Some(Item::Const(_))) => Some(name),
            _ => None,
        }
    }

    pub(super) fn symbols(&self, net: &'a ast::Net) -> Vec<Symbol<'a>> {
        let mut symbols: BTreeMap<&str, Symbol<'a>> = BTreeMap::new();
        for input in &net.inputs {
            for (axis, dim) in input.ty.dims.iter().enumerate() {
                if let Some(name) = self.symbol(dim) {
                    symbols.entry(name).or_insert(Symbol { name, span: dim.span, leading: false }).leading |= axis == 0;
                }
            }
        }
        symbols.into_values().collect()
    }

    /// Checks that every setting is of something that exists.
    pub(super) fn check_settings(&mut self, net: &'a ast::Net) {
        let symbols = self.symbols(net);
        let by_name: HashMap<&str, &Symbol<'a>> = symbols.iter().map(|symbol| (symbol.name, symbol)).collect();
        for (name, value) in &self.settings.set {
            if self.errors.len() >= limits::ERRORS {
                self.stopped = true;
                break;
            }
            let symbol = by_name.get(name.as_str());
            match (symbol, self.item(name)) {
                (Some(symbol), _) if !matches!(value, SetValue::Int(1..)) => {
                    self.report(
                        Diagnostic::new(
                            codes::SETTING_KIND,
                            format!("the dimension `{name}` must be a positive integer"),
                        )
                        .label(symbol.span, "this dimension is set")
                        .help(format!("write `--set {name}=8`")),
                    );
                }
                (Some(_), _) | (None, Some(Item::Const(_))) => {}
                _ if self.dims_of_others.contains(name.as_str()) || self.is_unclear(name) => {}
                _ => {
                    let known: Vec<&str> = symbols
                        .iter()
                        .map(|symbol| symbol.name)
                        .chain(self.constants().map(|(name, _)| name))
                        .collect();
                    let help = self.hidden_constant(name).unwrap_or_else(|| {
                        suggest::or_else(name, known.iter().copied(), || {
                            format!(
                                "`--set` takes constants and symbolic dimensions; the net has {}",
                                suggest::listing(known.iter().copied())
                            )
                        })
                    });
                    let message = format!("`--set {name}` sets nothing: there is no constant or dimension `{name}`");
                    let diagnostic = Diagnostic::new(codes::UNKNOWN_SETTING, message).help(help);
                    self.failures += 1;
                    // Without a place, the first of several would hide the others.
                    if !self.errors.contains(&diagnostic) {
                        self.errors.push(diagnostic);
                    }
                }
            }
        }
    }

    /// How to set a constant that another file declares and the root file does not import.
    fn hidden_constant(&self, name: &str) -> Option<String> {
        let declares = |file: &ast::File| {
            file.items.iter().any(|item| matches!(item, Item::Const(constant) if constant.name.name == *name))
        };
        let (id, _) = self.program.files().find(|(_, file)| declares(file))?;
        let file = self.program.sources().get(id).name();
        Some(format!("`{file}` has a constant `{name}`: to set it, import it: `import \"..\" {{ {name} }}`"))
    }

    /// Binds the symbols in the innermost scope.
    pub(super) fn bind_symbols(&mut self, net: &'a ast::Net) {
        if self.for_all_sizes {
            return self.bind_sizes(net);
        }
        for symbol in self.symbols(net) {
            let size = match self.settings.set.get(symbol.name) {
                Some(SetValue::Int(size @ 1..)) => Some(*size),
                Some(_) => None,
                None => match self.settings.dims.get(symbol.name) {
                    Some(&size) => i64::try_from(size).ok(),
                    None if symbol.leading => Some(1),
                    None => {
                        self.unbound(&symbol);
                        None
                    }
                },
            };
            // Symbols differ, so none is bound twice.
            let _ = self.scopes.bind(symbol.name, size.map_or(Value::Error, Value::Int), symbol.span);
        }
    }

    fn unbound(&mut self, symbol: &Symbol<'_>) {
        let name = symbol.name;
        if self.is_known(codes::UNBOUND_DIMENSION.id, Some(symbol.span)) {
            return;
        }
        let consts = self.constants().map(|(name, _)| name);
        let mut help = format!("give it one with `--set {name}=224`");
        if let Some(near) = suggest::nearest(name, consts) {
            help = format!("{help}, or did you mean the constant `{near}`?");
        }
        self.error(
            codes::UNBOUND_DIMENSION,
            format!("the dimension `{name}` has no size"),
            symbol.span,
            "no constant of this name, so it is a symbol",
            &help,
        );
    }

    /// The size that a dimension's expression says.
    pub(super) fn dimension(&mut self, dim: &'a Expr) -> Option<usize> {
        self.extent_of(dim).and_then(|form| form.known())
    }

    /// The size that a dimension's expression says, a form where it is not set.
    fn extent_of(&mut self, dim: &'a Expr) -> Option<Form> {
        if let ExprKind::Name(name) = &dim.kind
            && self.scopes.get(name).is_none()
            && !self.is_unclear(name)
            && !matches!(self.item(name), Some(Item::Const(_)))
        {
            self.unknown_dimension(name, dim.span);
            return None;
        }
        let value = self.expr(dim);
        if let Value::Int(size) = value
            && size > 0
        {
            return Some(Form::number(size));
        }
        if let Value::Size(form) = &value {
            return Some(form.as_ref().clone());
        }
        if !value.is_error() {
            let found = self.describe(&value);
            let help = match value {
                Value::Int(-1) => "for a batch of any size write a name, such as `n`",
                _ => "empty tensors do not exist; leave the dimension out or give it a size",
            };
            self.error(
                codes::BAD_DIMENSION,
                format!("a dimension must be a positive integer, not {found}"),
                dim.span,
                &format!("this is {found}"),
                help,
            );
        }
        None
    }

    #[cold]
    fn unknown_dimension(&mut self, name: &str, span: Span) {
        let near = suggest::nearest(name, self.scopes.names().chain(self.constants().map(|(name, _)| name)));
        let diagnostic = Diagnostic::new(codes::UNKNOWN_NAME, format!("no input has a dimension `{name}`"))
            .label(span, "not declared");
        let diagnostic = suggest::repair(diagnostic, span, near, || {
            format!(
                "a symbol such as `{name}` gets its size from an input: write it in the type of one; or declare `const {name} = ..`"
            )
        });
        self.report(diagnostic);
    }

    fn dtype(&mut self, name: &ast::Ident) -> Option<DType> {
        let names: Vec<&str> = Elements::TYPES.iter().map(|dtype| dtype.name()).collect();
        let all = || format!("the types are {}", names.join(", "));
        let (message, help) = match name.name.parse::<DType>() {
            Ok(dtype) if Elements::TYPES.contains(&dtype) => return Some(dtype),
            Ok(other) => (
                format!("inputs and outputs cannot be of {other}"),
                format!("{}; how weights are stored is said when the module is built, not here", all()),
            ),
            Err(_) => {
                (format!("there is no element type `{name}`"), suggest::or_else(&name.name, names.iter().copied(), all))
            }
        };
        self.error(codes::DTYPE, message, name.span, "not an element type of inputs and outputs", &help);
        None
    }

    /// The type that a declaration says, its symbols bound.
    pub(super) fn tensor_type(&mut self, ty: &'a ast::TensorType) -> Option<Typed> {
        let dtype = self.dtype(&ty.dtype);
        let dims: Vec<Option<Form>> = ty.dims.iter().map(|dim| self.extent_of(dim)).collect();
        let (dtype, forms) = (dtype?, dims.into_iter().collect::<Option<Vec<_>>>()?);
        let shape: Vec<usize> = forms.iter().map(|form| self.sampled(form)).collect();
        if let Some(limit) = over_limit(&shape, dtype) {
            self.error(
                codes::TENSOR_TOO_LARGE,
                format!("this tensor has {limit}"),
                ty.span,
                "too large",
                "see whether all of its dimensions are meant",
            );
            return None;
        }
        Some(Typed { ty: Type { dtype, shape }, forms: Type { dtype, shape: forms } })
    }

    /// Whether an expression uses no symbol, as far as its form tells.
    fn is_fixed(&self, expr: &'a Expr) -> bool {
        match &expr.kind {
            ExprKind::Int(_) => true,
            ExprKind::Name(_) => self.symbol(expr).is_none(),
            ExprKind::Unary(unary) => self.is_fixed(&unary.operand),
            ExprKind::Binary(binary) => self.is_fixed(&binary.left) && self.is_fixed(&binary.right),
            _ => false,
        }
    }

    pub(super) fn header(&mut self, net: &'a ast::Net) -> Option<Header> {
        let mut inputs = Vec::new();
        for input in &net.inputs {
            let dtype = self.dtype(&input.ty.dtype);
            let mut dims = Vec::new();
            for dim in &input.ty.dims {
                dims.push(match self.symbol(dim) {
                    Some(name) => Some(Dim::Symbol(name.to_string())),
                    None if self.is_fixed(dim) => self.dimension(dim).map(Dim::Fixed),
                    None => Some(Dim::Formula(self.program.sources().slice(dim.span).to_string())),
                });
            }
            let dims: Option<Vec<Dim>> = dims.into_iter().collect();
            inputs.push(dtype.zip(dims).map(|(dtype, dims)| HeaderInput {
                name: input.name.name.clone(),
                dtype,
                dims,
            }));
        }
        Some(Header { net: net.name.name.clone(), inputs: inputs.into_iter().collect::<Option<_>>()? })
    }
}
