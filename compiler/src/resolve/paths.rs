//! Weight paths. A parameter's path is made of the scopes around the call that needs it:
//!
//! - a `let` of a single name contributes it; one that takes a tuple apart contributes nothing;
//! - a call contributes its `as` name; without one it contributes nothing directly inside a `let` (where it must then be the only
//!   weighted call) and its callee's name elsewhere;
//! - a turn of a loop contributes its index; `if` contributes nothing;
//! - a `share` contributes its name where it stands, for all calls of it; a `param` its name;
//! - `@path` replaces all that a `let`, `share`, `param` or call would contribute and what is around it.
//!
//! A scope checks its weighted members when it closes: those that need `as`, and those that share a name.

use std::collections::HashMap;
use std::fmt::{self, Write};

use rebirth_lang::Span;

/// Longest path in bytes: every parameter and value stores one.
pub(super) const MAX_PATH: usize = 256;

/// Most bytes that the paths of all weights have together: with this many, memory stays below 1 KiB a node.
pub(super) const MAX_PATH_BYTES: usize = 32 << 20;

/// One part of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Segment<'a> {
    Name(&'a str),
    Turn(usize),
}

impl fmt::Display for Segment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Segment::Name(name) => f.write_str(name),
            Segment::Turn(index) => write!(f, "{index}"),
        }
    }
}

/// How calls directly in a scope are named when they have no `as`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Naming {
    /// By what they call.
    Callee,
    /// Not at all: the `let` around them speaks for them.
    Let,
}

/// Something with weights directly in a scope.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member<'a> {
    /// What it adds to the path.
    pub(super) segment: Option<Segment<'a>>,
    /// What is called, when it is a call without `as`.
    pub(super) unnamed: Option<&'a str>,
    /// Its place.
    pub(super) span: Span,
}

/// What is wrong with the members of a scope.
#[derive(Debug)]
pub(super) enum Problem<'a> {
    /// These calls are not the only weighted ones in their `let`.
    NeedsAs(Vec<Member<'a>>),
    /// Two members have the same segment.
    Duplicate(Member<'a>, Member<'a>),
}

#[derive(Debug)]
struct Scope<'a> {
    /// Length of the path without the scope's segment.
    outer: usize,
    /// The path outside, for a scope that has one of its own.
    saved: Option<String>,
    /// Whether its weights belong to the scope around it.
    member: bool,
    segment: Option<Segment<'a>>,
    naming: Naming,
    members: Vec<Member<'a>>,
}

/// The open scopes and the path they spell.
#[derive(Debug)]
pub(super) struct Paths<'a> {
    path: String,
    scopes: Vec<Scope<'a>>,
}

impl<'a> Paths<'a> {
    /// The outermost scope, of the net's body.
    pub(super) fn new() -> Paths<'a> {
        let root =
            Scope { outer: 0, saved: None, member: false, segment: None, naming: Naming::Callee, members: Vec::new() };
        Paths { path: String::new(), scopes: vec![root] }
    }

    /// How calls directly in the innermost scope are named.
    pub(super) fn naming(&self) -> Naming {
        self.scopes.last().map_or(Naming::Callee, |scope| scope.naming)
    }

    /// What a call adds to the path here.
    pub(super) fn segment(&self, alias: Option<&'a str>, callee: &'a str) -> Option<Segment<'a>> {
        match self.naming() {
            Naming::Let => alias,
            Naming::Callee => alias.or(Some(callee)),
        }
        .map(Segment::Name)
    }

    /// The path of the innermost scope.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The path of something in the innermost scope.
    pub(super) fn below(&self, segment: Option<Segment<'_>>) -> String {
        let mut path = self.path.clone();
        if let Some(segment) = segment {
            append(&mut path, segment);
        }
        path
    }

    /// Opens a scope.
    pub(super) fn enter(&mut self, segment: Option<Segment<'a>>, naming: Naming) {
        let outer = self.path.len();
        self.scopes.push(Scope { outer, saved: None, member: true, segment, naming, members: Vec::new() });
        if let Some(segment) = segment {
            append(&mut self.path, segment);
        }
    }

    /// Opens a scope whose path is `path`, whatever encloses it; `member` says whether its weights count for the scope around.
    pub(super) fn enter_at(&mut self, path: &str, naming: Naming, member: bool) {
        let saved = Some(std::mem::replace(&mut self.path, path.to_string()));
        self.scopes.push(Scope { outer: 0, saved, member, segment: None, naming, members: Vec::new() });
    }

    /// Closes the innermost scope. If it has weights it becomes a member of the one around it, as something at `span`,
    /// a call of `unnamed` when that has no `as`.
    pub(super) fn leave(&mut self, unnamed: Option<&'a str>, span: Span) {
        let Some(scope) = self.scopes.pop() else {
            return;
        };
        match scope.saved {
            Some(path) => self.path = path,
            None => self.path.truncate(scope.outer),
        }
        if scope.member && !scope.members.is_empty() {
            self.weighted(Member { segment: scope.segment, unnamed, span });
        }
    }

    /// Notes something weighted directly in the innermost scope.
    pub(super) fn weighted(&mut self, member: Member<'a>) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.members.push(member);
        }
    }

    /// Checks the members of the innermost scope.
    pub(super) fn check(&self) -> Option<Problem<'a>> {
        let scope = self.scopes.last()?;
        if scope.naming == Naming::Let && scope.members.len() > 1 {
            let unnamed: Vec<_> = scope.members.iter().filter(|member| member.unnamed.is_some()).copied().collect();
            if !unnamed.is_empty() {
                return Some(Problem::NeedsAs(unnamed));
            }
        }
        let mut seen = HashMap::new();
        for member in &scope.members {
            if let Some(first) = member.segment.and_then(|segment| seen.insert(segment, *member)) {
                return Some(Problem::Duplicate(first, *member));
            }
        }
        None
    }
}

fn append(path: &mut String, segment: Segment<'_>) {
    if !path.is_empty() {
        path.push('.');
    }
    // Writing to a string cannot fail.
    let _ = write!(path, "{segment}");
}
