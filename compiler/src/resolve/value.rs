//! What an expression evaluates to while the network is being built. Tensors are values of the graph; all else vanishes.

use std::rc::Rc;

use rebirth_lang::ast::Ident;

use crate::extent::Form;
use crate::graph::ValueId;

/// How deep lists may nest: bounds the recursion over them.
pub(super) const MAX_LIST_DEPTH: usize = 32;

/// Most elements of one list.
pub(super) const MAX_LIST: usize = 1 << 16;

/// A compile-time value.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Int(i64),
    /// Always finite.
    Float(f64),
    Bool(bool),
    Str(Rc<String>),
    /// A list or a tuple: the two differ in spelling only.
    List(Rc<List>),
    /// What `{a: x}` yields: the outputs of a net by name.
    Record(Rc<Vec<(Ident, Value)>>),
    Tensor(ValueId),
    /// A size that is not the same for all sizes of the inputs; only while those are not set.
    Size(Rc<Form>),
    /// An operator, block or function, to be called.
    Op(Rc<Op>),
    /// Stands for what an error has been reported about; whatever touches it becomes one, silently.
    Error,
}

/// Something that can be called, as a value.
#[derive(Debug)]
pub(super) struct Op {
    /// Its position among [`Resolver::callables`](super::resolver::Resolver::callables).
    pub(super) id: usize,
    /// What it is, for messages.
    pub(super) what: &'static str,
    pub(super) name: String,
}

/// The elements of a list.
#[derive(Debug)]
pub(super) struct List {
    pub(super) items: Vec<Value>,
    /// Levels of lists, this one included.
    pub(super) depth: usize,
    /// Whether an element [is an error](Value::is_error).
    broken: bool,
}

impl Value {
    /// A list; `None` beyond [`MAX_LIST`] or [`MAX_LIST_DEPTH`].
    pub(super) fn list(items: Vec<Value>) -> Option<Value> {
        let depth = 1 + items.iter().map(Value::depth).max().unwrap_or(0);
        let broken = items.iter().any(Value::is_error);
        (items.len() <= MAX_LIST && depth <= MAX_LIST_DEPTH)
            .then(|| Value::List(Rc::new(List { items, depth, broken })))
    }

    fn depth(&self) -> usize {
        match self {
            Value::List(list) => list.depth,
            _ => 0,
        }
    }

    /// A size that is not set, in it or in a list it is.
    pub(super) fn open_size(&self) -> Option<Rc<Form>> {
        match self {
            Value::Size(form) => Some(form.clone()),
            Value::List(list) => list.items.iter().find_map(Value::open_size),
            _ => None,
        }
    }

    /// Whether it or a part of it stands for an error: nothing more is said about such a value as a whole. Its other parts can be used.
    pub(super) fn is_error(&self) -> bool {
        match self {
            Value::Error => true,
            Value::List(list) => list.broken,
            Value::Record(fields) => fields.iter().any(|(_, value)| value.is_error()),
            _ => false,
        }
    }

    pub(super) fn is_tensor(&self) -> bool {
        matches!(self, Value::Tensor(_))
    }

    /// The number, for those that are one.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Value::Int(v) => Some(*v as f64),
            Value::Float(v) => Some(*v),
            _ => None,
        }
    }

    /// What it is, for messages; short whatever it holds. For tensors see [`Resolver::describe`](super::resolver::Resolver::describe).
    pub(super) fn describe(&self) -> String {
        const SHOWN: usize = 24;
        match self {
            Value::Int(v) => format!("the integer {v}"),
            Value::Float(v) => format!("the number {v:?}"),
            Value::Bool(v) => format!("`{v}`"),
            Value::Str(s) if s.chars().count() > SHOWN => "a string".to_string(),
            Value::Str(s) => format!("the string {s:?}"),
            Value::List(list) => format!("a list of {}", list.items.len()),
            Value::Record(fields) => format!("a record of {}", fields.len()),
            Value::Tensor(_) => "a tensor".to_string(),
            Value::Size(form) => format!("the size `{form}`"),
            Value::Op(op) => format!("the {} `{}`", op.what, op.name),
            Value::Error => "an error".to_string(),
        }
    }
}

/// What evaluation may still cost.
#[derive(Debug)]
pub(super) struct Budget {
    left: u64,
}

/// Bytes of a name or string that are handled within one step.
pub(super) const BYTES_A_STEP: usize = 32;

impl Budget {
    pub(super) fn new(steps: u64) -> Budget {
        Budget { left: steps }
    }

    /// Takes steps; false when they are used up.
    pub(super) fn spend(&mut self, steps: usize) -> bool {
        match self.left.checked_sub(steps as u64) {
            Some(left) => {
                self.left = left;
                true
            }
            None => {
                self.left = 0;
                false
            }
        }
    }
}
