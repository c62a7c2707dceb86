//! The state of a resolution, and how it reports errors.

use std::collections::{HashMap, HashSet};

use rebirth_lang::ast;
use rebirth_lang::codes::Code;
use rebirth_lang::{Diagnostic, FileId, Program, Span, limits};

use super::calls::Callee;
use super::eval::Fault;
use super::modules::Module;
use super::names::Names;
use super::paths::{Paths, Problem};
use super::scope::Scopes;
use super::share::{SharedParam, Use};
use super::sizes::Sizes;
use super::value::{BYTES_A_STEP, Budget, Value};
use super::{MAX_DEPTH, MAX_STEPS, Origin, SetValue, Settings, codes};
use crate::graph::{Builder, Notes};

/// Most calls and turns around an error that are shown; the outermost ones are left out.
const MAX_CHAIN: usize = 6;

/// Steps that meeting a known error again costs.
const REPEATED_ERROR: usize = 1000;

/// What encloses the expression under evaluation: shown with errors.
#[derive(Clone, Copy, Debug)]
pub(super) enum Frame<'a> {
    /// A call of a block or function.
    Call {
        /// The name where it is declared.
        callee: &'a ast::Ident,
        /// The callee's name at the call.
        span: Span,
    },
    /// A turn of a loop.
    Turn {
        index: usize,
        /// The loop's pattern.
        span: Span,
    },
}

/// What makes no tensors while it is evaluated.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pure<'a> {
    Const(&'a ast::Const),
    Fn(&'a ast::Fn),
}

pub(super) struct Resolver<'a> {
    pub(super) program: &'a Program,
    pub(super) settings: &'a Settings,
    /// What each file declares and imports.
    pub(super) modules: Vec<Module<'a>>,
    /// Names that imports were to bring into a file and could not, which has been reported.
    pub(super) lost: HashSet<(FileId, &'a str)>,
    /// The file of what is under evaluation.
    pub(super) file: FileId,
    /// Constants evaluated so far, by the place of their name.
    consts: HashMap<Span, Value>,
    /// Settings by the constant they override.
    overrides: HashMap<Span, (&'a str, &'a SetValue)>,
    /// Constants and functions under evaluation, outermost first.
    pub(super) pure: Vec<Pure<'a>>,
    /// Everything that is or was a value to be called.
    pub(super) callables: Vec<Callee<'a>>,
    /// Positions in `callables` by address, for what is declared once.
    pub(super) callable_ids: HashMap<*const (), Value>,
    /// Whether sizes that are not set stay symbols.
    pub(super) for_all_sizes: bool,
    /// What is known of those sizes.
    pub(super) sizes: Option<Sizes>,
    /// The search for sizes begins at no smaller ones where it may.
    pub(super) begin: i64,
    /// Whether something does not fit for the sizes that were chosen, but may for larger ones.
    pub(super) too_small: bool,
    pub(super) scopes: Scopes<'a>,
    pub(super) builder: Builder,
    pub(super) paths: Paths<'a>,
    /// Bytes of the paths of all weights, those of nets before this one included.
    pub(super) path_bytes: usize,
    /// Nodes of the nets before this one.
    pub(super) nodes_before: usize,
    /// Whether all nets of a file are resolved, which the limits then hold for together.
    pub(super) all_nets: bool,
    /// Dimensions of any of them: such a setting is no mistake where another net has none of that name.
    pub(super) dims_of_others: HashSet<&'a str>,
    /// What makes each weight, in the order of the graph's.
    pub(super) param_spans: Vec<Span>,
    /// Weights whose path was taken: the path, what took it, what wanted it.
    pub(super) path_clashes: Vec<(String, Span, Span)>,
    pub(super) names: Names,
    /// What enclosing attributes say about weights.
    pub(super) notes: Notes,
    /// Number of `share` statements evaluated.
    pub(super) shares: usize,
    /// Number of calls of shared things.
    pub(super) turns: usize,
    /// Calls of shared things under evaluation, outermost first.
    pub(super) uses: Vec<Use>,
    /// Weights made within calls of shared things, by path.
    pub(super) shared_params: HashMap<String, SharedParam>,
    pub(super) origins: Vec<Origin>,
    pub(super) chain: Vec<Frame<'a>>,
    pub(super) budget: Budget,
    depth: usize,
    pub(super) errors: Vec<Diagnostic>,
    /// What is legal but surely not meant.
    pub(super) warnings: Vec<Diagnostic>,
    /// What has been reported, to say it once however often a block is called.
    reported: HashSet<(&'static str, Option<Span>)>,
    /// Blocks and functions that were called, by the place of their name.
    pub(super) called: HashSet<Span>,
    /// Set while code is checked that nothing calls: its parameters are unknown.
    pub(super) unknown: bool,
    /// How often an error was met, told or not.
    pub(super) failures: usize,
    /// Set when going on makes no sense: every evaluation is an `Error` from then on.
    pub(super) stopped: bool,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(program: &'a Program, settings: &'a Settings) -> Resolver<'a> {
        let mut resolver = Resolver {
            program,
            settings,
            modules: Vec::new(),
            lost: HashSet::new(),
            file: FileId::ROOT,
            consts: HashMap::new(),
            overrides: HashMap::new(),
            pure: Vec::new(),
            callables: Vec::new(),
            callable_ids: HashMap::new(),
            for_all_sizes: false,
            sizes: None,
            begin: 0,
            too_small: false,
            scopes: Scopes::default(),
            builder: Builder::new("", settings.mode),
            paths: Paths::new(),
            path_bytes: 0,
            nodes_before: 0,
            all_nets: false,
            dims_of_others: HashSet::new(),
            param_spans: Vec::new(),
            path_clashes: Vec::new(),
            names: Names::default(),
            notes: Notes::default(),
            shares: 0,
            turns: 0,
            uses: Vec::new(),
            shared_params: HashMap::new(),
            origins: Vec::new(),
            chain: Vec::new(),
            budget: Budget::new(MAX_STEPS),
            depth: 0,
            errors: Vec::new(),
            warnings: Vec::new(),
            reported: HashSet::new(),
            called: HashSet::new(),
            unknown: false,
            failures: 0,
            stopped: false,
        };
        resolver.declare_all();
        let overrides = resolver.constants().filter_map(|(name, constant)| {
            let (name, value) = settings.set.get_key_value(name)?;
            Some((constant.name.span, (name.as_str(), value)))
        });
        resolver.overrides = overrides.collect();
        resolver
    }

    /// Reports an error; the result stands for the value there is none of.
    #[cold]
    #[inline(never)]
    pub(super) fn report(&mut self, mut diagnostic: Diagnostic) -> Value {
        if self.is_known(diagnostic.code, diagnostic.span()) {
            return Value::Error;
        }
        self.failures += 1;
        self.reported.insert((diagnostic.code, diagnostic.span()));
        for frame in self.chain.iter().rev().take(MAX_CHAIN) {
            diagnostic = match *frame {
                Frame::Call { callee, span } => diagnostic.label(span, format!("in this call of `{callee}`")),
                Frame::Turn { index, span } => diagnostic.label(span, format!("in turn {index} of this loop")),
            };
        }
        self.errors.push(diagnostic);
        self.stopped |= self.errors.len() >= limits::ERRORS;
        Value::Error
    }

    /// Whether an error has been reported, or none is wanted any more: it then counts as met again. To be asked before working out
    /// what such an error says, where that takes longer than the error itself.
    pub(super) fn is_known(&mut self, code: &'static str, span: Option<Span>) -> bool {
        if !self.stopped && !self.reported.contains(&(code, span)) {
            return false;
        }
        self.failures += 1;
        self.stopped |= !self.budget.spend(REPEATED_ERROR);
        true
    }

    /// The value of an expression, with no word about what is wrong with it.
    pub(super) fn silent(&mut self, expr: &'a ast::Expr) -> Value {
        let (errors, failures, stopped) = (self.errors.len(), self.failures, self.stopped);
        let value = self.expr(expr);
        let errors = self.errors.split_off(errors);
        self.unsay(&errors);
        (self.failures, self.stopped) = (failures, stopped);
        value
    }

    /// Forgets that errors have been reported, so that they can be again. What made going on senseless may not be so next time.
    pub(super) fn unsay(&mut self, errors: &[Diagnostic]) {
        for error in errors {
            self.reported.remove(&(error.code, error.span()));
        }
        self.stopped = false;
    }

    /// Reports an error after which going on makes no sense.
    #[cold]
    #[inline(never)]
    pub(super) fn fatal(&mut self, diagnostic: Diagnostic) -> Value {
        self.report(diagnostic);
        self.stopped = true;
        Value::Error
    }

    /// Reports an error of one place.
    #[cold]
    #[inline(never)]
    pub(super) fn error(&mut self, code: Code, message: String, span: Span, label: &str, help: &str) -> Value {
        self.report(Diagnostic::new(code, message).label(span, label).help(help))
    }

    /// Reports a failed computation.
    #[cold]
    #[inline(never)]
    pub(super) fn fault(&mut self, fault: Fault, span: Span) -> Value {
        let fatal = fault.code == codes::TOO_MANY_STEPS;
        let message = if fatal { self.for_the_run(fault.message) } else { fault.message };
        let mut diagnostic = Diagnostic::new(fault.code, message).label(span, "here");
        diagnostic.help = fault.help;
        if fatal { self.fatal(diagnostic) } else { self.report(diagnostic) }
    }

    /// A message about a limit, which also says that it is one for all nets where it is.
    pub(super) fn for_the_run(&self, message: String) -> String {
        if self.all_nets { format!("{message} for all nets together") } else { message }
    }

    /// Reports a name bound twice in one scope.
    #[cold]
    #[inline(never)]
    pub(super) fn duplicate_binding(&mut self, name: &ast::Ident, first: Span) {
        self.report(
            Diagnostic::new(codes::DUPLICATE_BINDING, format!("`{name}` is bound twice in one scope"))
                .label(name.span, "bound again here")
                .label(first, "bound first here")
                .help("choose another name, or go on with the pipeline instead of naming the value between"),
        );
    }

    /// Reports what is wrong with the weight paths of a scope.
    #[cold]
    #[inline(never)]
    pub(super) fn path_problem(&mut self, problem: Problem<'a>) {
        /// More calls than these are not shown.
        const SHOWN: usize = 6;
        match problem {
            Problem::NeedsAs(members) => {
                let place = self.paths.path().to_string();
                let mut diagnostic = Diagnostic::new(
                    codes::NEEDS_AS,
                    format!("several calls have weights below `{place}` and need names of their own"),
                );
                for member in members.iter().take(SHOWN) {
                    diagnostic = diagnostic.label(member.span, "this call has weights and no `as`");
                }
                let callee = members.first().and_then(|member| member.unnamed).unwrap_or("conv");
                self.report(diagnostic.help(format!(
                    "write `{callee}(..) as NAME`: the weights are then called `{place}.NAME..`; or give each call a `let`"
                )));
            }
            // The name is bound twice, which has been reported.
            Problem::Duplicate(_, second)
                if self.reported.contains(&(codes::DUPLICATE_BINDING.id, Some(second.span))) => {}
            Problem::Duplicate(first, second) => {
                let path = self.paths.below(second.segment);
                let help = if second.unnamed.is_some() {
                    "tell them apart with `as`, such as `conv(..) as first`, or give each a `let`; `share` makes both use the same weights"
                } else {
                    "give one of the two another name in its `let` or `as`; loops can each have a `let` of their own"
                };
                self.duplicate_path(&path, first.span, second.span, help);
            }
        }
    }

    /// Reports weights whose path another has, where no scope holds both calls: `@path` made one of them.
    pub(super) fn clashes(&mut self) {
        for (path, first, second) in std::mem::take(&mut self.path_clashes) {
            self.duplicate_path(&path, first, second, "change the `@path` of one of them");
        }
    }

    fn duplicate_path(&mut self, path: &str, first: Span, second: Span, help: &str) {
        self.report(
            Diagnostic::new(codes::DUPLICATE_PATH, format!("two sets of weights are called `{path}`"))
                .label(second, format!("the weights of this are called `{path}` ..."))
                .label(first, "... like those of this")
                .help(help),
        );
    }

    /// Takes a step and goes a level deeper. False when that cannot be; else [`Resolver::up`] must follow.
    pub(super) fn down(&mut self, span: Span) -> bool {
        if self.stopped {
            return false;
        }
        if !self.budget.spend(1) {
            self.fault(Fault::steps(), span);
            return false;
        }
        if self.depth >= MAX_DEPTH {
            self.fatal(
                Diagnostic::new(
                    codes::EVALUATION_TOO_DEEP,
                    format!("evaluation nests more than {MAX_DEPTH} levels deep"),
                )
                .label(span.head(1), "this begins one level too many")
                .help("bind parts of the expression with `let`, or call fewer blocks from within blocks"),
            );
            return false;
        }
        self.depth += 1;
        true
    }

    /// Pays for handling as many bytes of names or strings.
    pub(super) fn pay(&mut self, bytes: usize, span: Span) -> bool {
        let paid = self.budget.spend(bytes / BYTES_A_STEP);
        if !paid {
            self.fault(Fault::steps(), span);
        }
        paid
    }

    /// Undoes [`Resolver::down`].
    pub(super) fn up(&mut self) {
        self.depth -= 1;
    }

    /// The value of a constant.
    pub(super) fn constant(&mut self, item: &'a ast::Const, user: Span) -> Value {
        let key = item.name.span;
        if let Some(value) = self.consts.get(&key) {
            return value.clone();
        }
        let open = |pure: &Pure<'a>| matches!(pure, Pure::Const(open) if std::ptr::eq(*open, item));
        if let Some(start) = self.pure.iter().position(open) {
            return self.const_cycle(start, user);
        }
        self.pure.push(Pure::Const(item));
        let chain = std::mem::take(&mut self.chain);
        let floor = self.scopes.enter();
        let mut value = self.within(key.file, |this| this.expr(&item.value));
        self.scopes.leave(floor);
        self.chain = chain;
        self.pure.pop();
        if let Some(&(name, set)) = self.overrides.get(&key) {
            value = self.overridden(name, item, value, set);
        }
        self.consts.insert(key, value.clone());
        value
    }

    /// Whether a constant or function is under evaluation, which make no tensors: reports that `what` does.
    pub(super) fn impure(&mut self, span: Span, what: &str) -> bool {
        let (name, kind, help) = match self.pure.last() {
            None => return false,
            Some(Pure::Const(item)) => (
                &item.name,
                "constant",
                "constants hold numbers, strings, truth values and lists; use a `block` for layers",
            ),
            Some(Pure::Fn(item)) => (
                &item.name,
                "function",
                "functions compute with what is known when the network is built; use a `block` for layers",
            ),
        };
        self.report(
            Diagnostic::new(codes::IMPURE, format!("the {kind} `{name}` makes {what}"))
                .label(span, "this works on tensors")
                .label(name.span, format!("for this {kind}"))
                .help(help),
        );
        true
    }

    #[cold]
    #[inline(never)]
    fn const_cycle(&mut self, start: usize, user: Span) -> Value {
        let constants = self.pure[start..].iter().filter_map(|pure| match pure {
            Pure::Const(item) => Some(*item),
            Pure::Fn(_) => None,
        });
        let cycle: Vec<&ast::Const> = constants.collect();
        let Some(first) = cycle.first().map(|item| &item.name) else {
            return Value::Error;
        };
        let mut diagnostic =
            Diagnostic::new(codes::RECURSIVE_CONST, format!("the constant `{first}` depends on itself"))
                .label(user, format!("`{first}` is needed here ..."));
        for item in cycle.iter().take(MAX_CHAIN) {
            diagnostic = diagnostic.label(item.name.span, format!("... for the value of `{}`", item.name));
        }
        self.report(diagnostic.help("give one of them a value that does not use the others"))
    }

    fn overridden(&mut self, name: &str, item: &'a ast::Const, value: Value, set: &SetValue) -> Value {
        match (&value, set) {
            _ if value.is_error() => Value::Error,
            (Value::Int(_), SetValue::Int(v)) => Value::Int(*v),
            (Value::Float(_), SetValue::Int(v)) => Value::Float(*v as f64),
            (Value::Float(_), SetValue::Float(v)) => Value::Float(*v),
            (Value::Bool(_), SetValue::Bool(v)) => Value::Bool(*v),
            (Value::Str(_), SetValue::Str(v)) => Value::Str(std::rc::Rc::new(v.clone())),
            _ => {
                let found = self.describe(&value);
                let given = match set {
                    SetValue::Int(v) => v.to_string(),
                    SetValue::Float(v) => format!("{v:?}"),
                    SetValue::Bool(v) => v.to_string(),
                    SetValue::Str(v) => format!("{v:?}"),
                };
                self.report(
                    Diagnostic::new(codes::SETTING_KIND, format!("`--set {name}={given}` does not fit the constant"))
                        .label(item.value.span, format!("this is {found}"))
                        .help("give a value of the same kind; lists cannot be set"),
                )
            }
        }
    }

    /// The errors, in the order of their places.
    pub(super) fn into_errors(mut self) -> Vec<Diagnostic> {
        self.errors.sort_by_key(Diagnostic::span);
        self.errors
    }
}
