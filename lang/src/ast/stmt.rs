//! The statements of a body.

use super::{Attribute, Call, Expr, Ident, Pattern, TensorType};
use crate::source::Span;

/// What stands in a body before the final expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    /// `let PATTERN = VALUE`
    Let(Let),
    /// `share NAME = CALL`
    Share(Share),
    /// `param NAME: TYPE = INITIALISER`
    Param(FreeParam),
}

impl Statement {
    /// The whole statement.
    pub fn span(&self) -> Span {
        match self {
            Statement::Let(statement) => statement.span,
            Statement::Share(statement) => statement.span,
            Statement::Param(statement) => statement.span,
        }
    }

    /// What stands in front of it.
    pub fn attributes(&self) -> &[Attribute] {
        match self {
            Statement::Let(statement) => &statement.attributes,
            Statement::Share(statement) => &statement.attributes,
            Statement::Param(statement) => &statement.attributes,
        }
    }
}

/// `ATTRIBUTES let PATTERN = VALUE`
#[derive(Clone, Debug, PartialEq)]
pub struct Let {
    /// Its attributes, such as `@freeze`.
    pub attributes: Vec<Attribute>,
    /// What it binds.
    pub pattern: Pattern,
    /// The bound value.
    pub value: Expr,
    /// The whole statement.
    pub span: Span,
}

/// `ATTRIBUTES share NAME = CALL`: one set of weights for all calls of the name.
#[derive(Clone, Debug, PartialEq)]
pub struct Share {
    /// Its attributes, such as `@freeze`.
    pub attributes: Vec<Attribute>,
    /// What it binds.
    pub name: Ident,
    /// The call without what flows in; has no `as`.
    pub call: Call,
    /// The whole statement.
    pub span: Span,
}

/// `ATTRIBUTES param NAME: TYPE = INITIALISER`: a weight that belongs to no call.
#[derive(Clone, Debug, PartialEq)]
pub struct FreeParam {
    /// Its attributes, such as `@freeze`.
    pub attributes: Vec<Attribute>,
    /// What it binds; also the last part of its weight path.
    pub name: Ident,
    /// Its type.
    pub ty: TensorType,
    /// How training starts it, such as `fill(0.1)`; has no `as`.
    pub init: Call,
    /// The whole statement.
    pub span: Span,
}
