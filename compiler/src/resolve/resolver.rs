//! The state of a resolution, and how it reports errors.

use std::collections::{HashMap, HashSet};

use rebirth_lang::ast::{self, Item};
use rebirth_lang::codes::Code;
use rebirth_lang::{Diagnostic, Source, Span, limits};

use super::eval::Fault;
use super::names::Names;
use super::paths::{Paths, Problem};
use super::scope::Scopes;
use super::value::{BYTES_A_STEP, Budget, Value};
use super::{MAX_DEPTH, MAX_STEPS, Origin, SetValue, Settings, codes, functions, suggest};
use crate::graph::{Builder, Mode};
use crate::ops;

/// Most calls and turns around an error that are shown; the outermost ones are left out.
const MAX_CHAIN: usize = 6;

/// Steps that meeting a known error again costs: looking for similar names takes its time.
const REPEATED_ERROR: usize = 1000;

/// What encloses the expression under evaluation: shown with errors.
#[derive(Clone, Copy, Debug)]
pub(super) enum Frame<'a> {
    /// A call of a block.
    Block {
        block: &'a ast::Block,
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

pub(super) struct Resolver<'a> {
    pub(super) source: &'a Source,
    pub(super) file: &'a ast::File,
    pub(super) settings: &'a Settings,
    pub(super) items: HashMap<&'a str, &'a Item>,
    /// Constants evaluated so far.
    consts: HashMap<&'a str, Value>,
    /// Constants under evaluation, outermost first.
    const_stack: Vec<&'a ast::Const>,
    pub(super) scopes: Scopes<'a>,
    pub(super) builder: Builder,
    pub(super) paths: Paths<'a>,
    pub(super) names: Names,
    pub(super) origins: Vec<Origin>,
    pub(super) chain: Vec<Frame<'a>>,
    pub(super) budget: Budget,
    depth: usize,
    pub(super) errors: Vec<Diagnostic>,
    /// What has been reported, to say it once however often a block is called.
    reported: HashSet<(&'static str, Option<Span>)>,
    /// How often an error was met, told or not.
    pub(super) failures: usize,
    /// Set when going on makes no sense: every evaluation is an `Error` from then on.
    pub(super) stopped: bool,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(source: &'a Source, file: &'a ast::File, settings: &'a Settings) -> Resolver<'a> {
        let mut resolver = Resolver {
            source,
            file,
            settings,
            items: HashMap::new(),
            consts: HashMap::new(),
            const_stack: Vec::new(),
            scopes: Scopes::default(),
            builder: Builder::new("", Mode::Infer),
            paths: Paths::new(),
            names: Names::default(),
            origins: Vec::new(),
            chain: Vec::new(),
            budget: Budget::new(MAX_STEPS),
            depth: 0,
            errors: Vec::new(),
            reported: HashSet::new(),
            failures: 0,
            stopped: false,
        };
        for item in &file.items {
            resolver.declare(item);
        }
        resolver
    }

    fn declare(&mut self, item: &'a Item) {
        let name = item.name();
        let what = if ops::find(&name.name).is_some() {
            Some("an operator")
        } else if functions::find(&name.name).is_some() {
            Some("a function")
        } else {
            None
        };
        if let (Some(what), Item::Block(_)) = (what, item) {
            self.report(
                Diagnostic::new(codes::TAKEN_NAME, format!("`{name}` is already {what}"))
                    .label(name.span, "this block needs another name")
                    .help(format!("every file has {what} `{name}`")),
            );
        }
        if let Some(&first) = self.items.get(name.name.as_str()) {
            self.report(
                Diagnostic::new(codes::DUPLICATE_ITEM, format!("`{name}` is declared twice"))
                    .label(name.span, "declared again here")
                    .label(first.name().span, "declared first here")
                    .help("constants, blocks and nets share their names: rename one of the two"),
            );
        } else {
            self.items.insert(&name.name, item);
        }
        if let Item::Block(block) = item {
            let mut seen: HashMap<&str, Span> = HashMap::new();
            for param in &block.params {
                if let Some(first) = seen.insert(&param.name.name, param.name.span) {
                    self.duplicate_binding(&param.name, first);
                }
            }
        }
    }

    /// Reports an error; the result stands for the value there is none of.
    #[cold]
    #[inline(never)]
    pub(super) fn report(&mut self, mut diagnostic: Diagnostic) -> Value {
        self.failures += 1;
        if self.stopped {
            return Value::Error;
        }
        if !self.reported.insert((diagnostic.code, diagnostic.span())) {
            if !self.budget.spend(REPEATED_ERROR) {
                self.stopped = true;
            }
            return Value::Error;
        }
        for frame in self.chain.iter().rev().take(MAX_CHAIN) {
            diagnostic = match *frame {
                Frame::Block { block, span } => diagnostic.label(span, format!("in this call of `{}`", block.name)),
                Frame::Turn { index, span } => diagnostic.label(span, format!("in turn {index} of this loop")),
            };
        }
        self.errors.push(diagnostic);
        self.stopped |= self.errors.len() >= limits::ERRORS;
        Value::Error
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
        let mut diagnostic = Diagnostic::new(fault.code, fault.message).label(span, "here");
        diagnostic.help = fault.help;
        if fatal { self.fatal(diagnostic) } else { self.report(diagnostic) }
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
            Problem::Duplicate(first, second) => {
                let path = self.paths.below(second.segment);
                let help = if second.unnamed.is_some() {
                    "tell them apart with `as`, such as `conv(..) as first`, or give each a `let`"
                } else {
                    "give one of the two another name in its `let` or `as`; loops can each have a `let` of their own"
                };
                self.report(
                    Diagnostic::new(codes::DUPLICATE_PATH, format!("two sets of weights are called `{path}`"))
                        .label(second.span, format!("the weights of this are called `{path}` ..."))
                        .label(first.span, "... like those of this")
                        .help(help),
                );
            }
        }
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
                .label(span, "here")
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
        if let Some(value) = self.consts.get(item.name.name.as_str()) {
            return value.clone();
        }
        if let Some(start) = self.const_stack.iter().position(|c| std::ptr::eq(*c, item)) {
            return self.const_cycle(start, user);
        }
        self.const_stack.push(item);
        let chain = std::mem::take(&mut self.chain);
        let floor = self.scopes.enter();
        let mut value = self.expr(&item.value);
        self.scopes.leave(floor);
        self.chain = chain;
        self.const_stack.pop();
        if let Some(set) = self.settings.set.get(&item.name.name) {
            value = self.overridden(item, value, set);
        }
        self.consts.insert(&item.name.name, value.clone());
        value
    }

    #[cold]
    #[inline(never)]
    fn const_cycle(&mut self, start: usize, user: Span) -> Value {
        let cycle: Vec<&ast::Const> = self.const_stack[start..].to_vec();
        let first = &cycle[0].name;
        let mut diagnostic =
            Diagnostic::new(codes::RECURSIVE_CONST, format!("the constant `{first}` depends on itself"))
                .label(user, format!("`{first}` is needed here ..."));
        for item in cycle.iter().take(MAX_CHAIN) {
            diagnostic = diagnostic.label(item.name.span, format!("... for the value of `{}`", item.name));
        }
        self.report(diagnostic.help("give one of them a value that does not use the others"))
    }

    fn overridden(&mut self, item: &'a ast::Const, value: Value, set: &SetValue) -> Value {
        match (&value, set) {
            (Value::Error, _) => Value::Error,
            (Value::Int(_), SetValue::Int(v)) => Value::Int(*v),
            (Value::Float(_), SetValue::Int(v)) => Value::Float(*v as f64),
            (Value::Float(_), SetValue::Float(v)) => Value::Float(*v),
            (Value::Bool(_), SetValue::Bool(v)) => Value::Bool(*v),
            (Value::Str(_), SetValue::Str(v)) => Value::Str(std::rc::Rc::new(v.clone())),
            _ => {
                let found = value.describe(&self.builder);
                let given = match set {
                    SetValue::Int(v) => v.to_string(),
                    SetValue::Float(v) => format!("{v:?}"),
                    SetValue::Bool(v) => v.to_string(),
                    SetValue::Str(v) => format!("{v:?}"),
                };
                self.report(
                    Diagnostic::new(
                        codes::SETTING_KIND,
                        format!("`--set {}={given}` does not fit the constant", item.name),
                    )
                    .label(item.value.span, format!("this is {found}"))
                    .help("give a value of the same kind; lists cannot be set"),
                )
            }
        }
    }

    /// Whether a constant is under evaluation.
    pub(super) fn in_const(&self) -> Option<&'a ast::Const> {
        self.const_stack.last().copied()
    }

    /// The errors, in the order of their places.
    pub(super) fn into_errors(mut self) -> Vec<Diagnostic> {
        self.errors.sort_by_key(Diagnostic::span);
        self.errors
    }

    /// `did you mean`, among the local names and constants.
    pub(super) fn suggest_value(&self, name: &str) -> String {
        let consts =
            self.file.items.iter().filter(|item| matches!(item, Item::Const(_))).map(|item| item.name().name.as_str());
        suggest::or_else(name, self.scopes.names().chain(consts), || {
            "names come from `let`, `const`, the parameters of a block, the inputs of a net or a loop".to_string()
        })
    }
}
