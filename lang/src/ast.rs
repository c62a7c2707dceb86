//! The syntax tree. Every node knows its place in the text; names are unresolved.
//!
//! What the parser guarantees about a tree it returns: expressions are at most
//! [`EXPRESSION_HEIGHT`](crate::limits::EXPRESSION_HEIGHT) high, so recursion over them is safe; positional arguments
//! precede named ones and no name occurs twice in one argument list; floats are finite; every `if` has an `else`.

mod ops;
mod stmt;

use std::fmt;

pub use ops::{BinaryOp, UnaryOp};
pub use stmt::{FreeParam, Let, Share, Statement};

use crate::source::Span;

/// A whole source text.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    /// The items, in source order.
    pub items: Vec<Item>,
}

/// What stands at the top level of a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// `import "PATH" { NAMES }`
    Import(Import),
    /// `const NAME = VALUE`
    Const(Const),
    /// `fn NAME(PARAMETERS) = VALUE`
    Fn(Fn),
    /// `block NAME(PARAMETERS) { BODY }`
    Block(Block),
    /// `net NAME(INPUTS) -> OUTPUT { BODY }`
    Net(Net),
}

impl Item {
    /// The name the item declares; none for an import, which declares the names it takes.
    pub fn name(&self) -> Option<&Ident> {
        match self {
            Item::Import(_) => None,
            Item::Const(item) => Some(&item.name),
            Item::Fn(item) => Some(&item.name),
            Item::Block(item) => Some(&item.name),
            Item::Net(item) => Some(&item.name),
        }
    }

    /// The whole item.
    pub fn span(&self) -> Span {
        match self {
            Item::Import(item) => item.span,
            Item::Const(item) => item.span,
            Item::Fn(item) => item.span,
            Item::Block(item) => item.span,
            Item::Net(item) => item.span,
        }
    }
}

/// A name and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ident {
    /// The name.
    pub name: String,
    /// Its place.
    pub span: Span,
}

impl fmt::Display for Ident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// `import "PATH" { NAME, NAME as NAME }`
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// The file, relative to the importing one.
    pub path: String,
    /// The string that says it.
    pub path_span: Span,
    /// What is taken, in order; at least one.
    pub names: Vec<ImportName>,
    /// The whole item.
    pub span: Span,
}

/// `NAME` or `NAME as NAME` in an import.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportName {
    /// The name in the imported file.
    pub name: Ident,
    /// The name here, where it is another.
    pub alias: Option<Ident>,
}

impl ImportName {
    /// The name here.
    pub fn local(&self) -> &Ident {
        self.alias.as_ref().unwrap_or(&self.name)
    }
}

/// `fn NAME(PARAMETERS) = VALUE`: a function of compile-time values.
#[derive(Clone, Debug, PartialEq)]
pub struct Fn {
    /// The name.
    pub name: Ident,
    /// The parameters, in order.
    pub params: Vec<Param>,
    /// What it computes.
    pub value: Expr,
    /// The whole item.
    pub span: Span,
}

/// `const NAME = VALUE`
#[derive(Clone, Debug, PartialEq)]
pub struct Const {
    /// The name.
    pub name: Ident,
    /// A compile-time expression.
    pub value: Expr,
    /// The whole item.
    pub span: Span,
}

/// `block NAME(PARAMETERS) where CONDITIONS { BODY }`
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// The name.
    pub name: Ident,
    /// The parameters, in order.
    pub params: Vec<Param>,
    /// What must hold for every call.
    pub conditions: Vec<Expr>,
    /// What it computes.
    pub body: Body,
    /// The whole item.
    pub span: Span,
}

/// A parameter of a block or function: `NAME`, `NAME = DEFAULT`, `NAME: op` or `NAME: op = DEFAULT`.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// The name; may be spelled like a keyword.
    pub name: Ident,
    /// The place of `op`, which says that the parameter is an operator, block or function.
    pub op: Option<Span>,
    /// The value it takes when a call leaves it out.
    pub default: Option<Expr>,
    /// The whole parameter.
    pub span: Span,
}

/// `net NAME(INPUTS) -> OUTPUTS where CONDITIONS { BODY }`
#[derive(Clone, Debug, PartialEq)]
pub struct Net {
    /// The name.
    pub name: Ident,
    /// The inputs, in order.
    pub inputs: Vec<Input>,
    /// The outputs, in order; exactly one for a net whose result is not a record.
    pub outputs: Vec<Output>,
    /// What must hold for its dimensions and constants.
    pub conditions: Vec<Expr>,
    /// What it computes.
    pub body: Body,
    /// The whole item.
    pub span: Span,
}

/// An input of a net: `ATTRIBUTES NAME: TYPE`.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Its attributes, such as `@image(..)`.
    pub attributes: Vec<Attribute>,
    /// The name; may be spelled like a keyword.
    pub name: Ident,
    /// The declared type.
    pub ty: TensorType,
    /// The whole input.
    pub span: Span,
}

/// An output of a net: `ATTRIBUTES TYPE`.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Its attributes, such as `@labels(..)`.
    pub attributes: Vec<Attribute>,
    /// The name of the record field; `None` when the result is not a record.
    pub name: Option<Ident>,
    /// The declared type.
    pub ty: TensorType,
    /// The whole output.
    pub span: Span,
}

/// A tensor type: `f32[n, 3, 224, 224]`.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorType {
    /// The element type's name, unchecked.
    pub dtype: Ident,
    /// The dimensions, outermost first; a bare name may be a constant or a symbol.
    pub dims: Vec<Expr>,
    /// The whole type.
    pub span: Span,
}

/// `@NAME` or `@NAME(ARGUMENTS)`, unchecked.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// The name, without `@`.
    pub name: Ident,
    /// The arguments; empty for the form without parentheses.
    pub arguments: Arguments,
    /// The whole attribute.
    pub span: Span,
}

/// `{ STATEMENTS RESULT }`
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// The statements, in order.
    pub statements: Vec<Statement>,
    /// The final expression: the body's value. Only here can a record stand.
    pub result: Expr,
    /// The whole body, with its braces.
    pub span: Span,
}

/// What a `let` or a loop binds.
#[derive(Clone, Debug, PartialEq)]
pub enum Pattern {
    /// A name.
    Name(Ident),
    /// `_`: the value is not named.
    Ignore(Span),
    /// `(a, b)`: takes a tuple or list of as many elements apart.
    Tuple(Vec<Pattern>, Span),
}

impl Pattern {
    /// The whole pattern.
    pub fn span(&self) -> Span {
        match self {
            Pattern::Name(ident) => ident.span,
            Pattern::Ignore(span) | Pattern::Tuple(_, span) => *span,
        }
    }
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its place; parentheses around it are part of the place, though not of the tree.
    pub span: Span,
}

/// The kinds of expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `42`; never negative.
    Int(i64),
    /// `1e-3`; finite, never negative.
    Float(f64),
    /// `true`, `false`
    Bool(bool),
    /// `"text"`, escapes replaced.
    Str(String),
    /// `x`
    Name(String),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `(a, b)`; at least two elements, or one for `(a,)`.
    Tuple(Vec<Expr>),
    /// `{a: x, b: y}`; at least one field, no name twice.
    Record(Vec<NamedArgument>),
    /// `start..end`, without the end.
    Range(Box<Range>),
    /// `-x`, `not x`
    Unary(Box<Unary>),
    /// `a + b`
    Binary(Box<Binary>),
    /// `x[i]`
    Index(Box<Index>),
    /// `f(x, k: 3) as name`
    Call(Box<Call>),
    /// `x |> f(3) |> g`
    Pipeline(Box<Pipeline>),
    /// `if c { a } else { b }`
    If(Box<If>),
    /// `for i in list with x = init { next }`
    For(Box<For>),
}

/// `START..END`
#[derive(Clone, Debug, PartialEq)]
pub struct Range {
    /// The first value.
    pub start: Expr,
    /// One behind the last value.
    pub end: Expr,
}

/// A prefix operator and its operand.
#[derive(Clone, Debug, PartialEq)]
pub struct Unary {
    /// The operator.
    pub op: UnaryOp,
    /// The operator's place.
    pub op_span: Span,
    /// The operand.
    pub operand: Expr,
}

/// An infix operator and its operands.
#[derive(Clone, Debug, PartialEq)]
pub struct Binary {
    /// The operator.
    pub op: BinaryOp,
    /// The operator's place.
    pub op_span: Span,
    /// The left operand.
    pub left: Expr,
    /// The right operand.
    pub right: Expr,
}

/// `BASE[INDEX]`
#[derive(Clone, Debug, PartialEq)]
pub struct Index {
    /// A list or tuple.
    pub base: Expr,
    /// A compile-time integer.
    pub index: Expr,
}

/// `CALLEE(ARGUMENTS) as NAME`. As a stage of a pipeline the first positional argument is what flows in, and is not
/// among the arguments here.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// An operator, a block or a function.
    pub callee: Ident,
    /// The arguments; empty for a stage without parentheses.
    pub arguments: Arguments,
    /// The name given by `as`.
    pub alias: Option<Ident>,
    /// The whole call, with `as`.
    pub span: Span,
}

/// An argument list: positional before named, no name twice.
#[derive(Clone, Debug, PartialEq)]
pub struct Arguments {
    /// The arguments without a name, in order.
    pub positional: Vec<Expr>,
    /// The `NAME: VALUE` arguments, in order.
    pub named: Vec<NamedArgument>,
    /// The list with its parentheses; an empty span behind the name when there are none.
    pub span: Span,
}

impl Arguments {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.positional.is_empty() && self.named.is_empty()
    }
}

/// `NAME: VALUE`, an argument or the field of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedArgument {
    /// The name; may be spelled like a keyword.
    pub name: Ident,
    /// The value.
    pub value: Expr,
}

/// `HEAD |> STAGE |> STAGE`
#[derive(Clone, Debug, PartialEq)]
pub struct Pipeline {
    /// What flows into the first stage.
    pub head: Expr,
    /// The stages, in order; at least one.
    pub stages: Vec<Stage>,
}

/// `ATTRIBUTES CALL`, what follows a `|>`.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// Its attributes, such as `@freeze`.
    pub attributes: Vec<Attribute>,
    /// The call that takes what flows in as its first positional argument.
    pub call: Call,
}

/// `if C { A } else if D { B } else { E }`
#[derive(Clone, Debug, PartialEq)]
pub struct If {
    /// The conditions with their bodies, in order; at least one.
    pub branches: Vec<Branch>,
    /// The body of the last `else`.
    pub otherwise: Body,
}

/// A condition and the body it guards.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    /// A compile-time truth value.
    pub condition: Expr,
    /// The body.
    pub body: Body,
}

/// `for PATTERN in LIST with STATE = INIT { BODY }`
#[derive(Clone, Debug, PartialEq)]
pub struct For {
    /// What each element of the list is bound to.
    pub pattern: Pattern,
    /// A list or range.
    pub list: Expr,
    /// What the state is bound to.
    pub state: Pattern,
    /// The state before the first turn.
    pub init: Expr,
    /// Its value is the next state.
    pub body: Body,
}
