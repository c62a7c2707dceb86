//! All nets of a file in one run: the limits hold for them together, constants are evaluated once, and an error that several of them
//! meet is reported once. What a net costs does not depend on how many others there are.

use std::collections::HashMap;

use rebirth_lang::ast::{self, ExprKind, Item};
use rebirth_lang::{Diagnostic, FileId, Program, limits};

use super::names::Names;
use super::paths::Paths;
use super::resolver::Resolver;
use super::scope::Scopes;
use super::{Proven, Settings};
use crate::graph::{Builder, Notes};

/// The nets of a program's root file, to be resolved one by one as [`prove`](super::prove) does.
pub struct Run<'a> {
    resolver: Resolver<'a>,
    /// Whether what all nets build on is wrong.
    broken: bool,
}

impl<'a> Run<'a> {
    /// Begins a run. `settings` hold for all nets; each must have a use for at least one of them.
    pub fn new(program: &'a Program, settings: &'a Settings) -> Run<'a> {
        let mut resolver = Resolver::new(program, settings);
        resolver.all_nets = true;
        resolver.dims_of_others = nets(program).flat_map(dimensions).collect();
        resolver.all_constants();
        let broken = !resolver.errors.is_empty();
        Run { resolver, broken }
    }

    /// Resolves a net of the root file; `None` when an error was met. When the run has as many errors as one reports, or is over a
    /// limit, no net is resolved any more.
    pub fn prove(&mut self, net: &'a ast::Net) -> Option<Proven> {
        if self.resolver.stopped {
            return None;
        }
        self.resolver.begin();
        let resolved = self.resolver.net(net);
        self.resolver.stopped |= self.resolver.errors.len() >= limits::ERRORS;
        let (model, found) = resolved?;
        self.resolver.nodes_before += model.graph.nodes.len();
        let sources = self.resolver.program.sources();
        let conditions = net.conditions.iter().map(|condition| sources.slice(condition.span).to_string()).collect();
        (!self.broken).then_some(Proven { model, sizes: found.sample, least: found.least, conditions })
    }

    /// Ends a run: also checks what no net has called.
    ///
    /// # Errors
    /// What is wrong with any net, at most [`limits::ERRORS`] diagnostics, in the order of their places.
    pub fn finish(mut self) -> Result<(), Vec<Diagnostic>> {
        self.resolver.begin();
        self.resolver.check_uncalled();
        if self.resolver.errors.is_empty() { Ok(()) } else { Err(self.resolver.into_errors()) }
    }
}

impl Resolver<'_> {
    /// Forgets the net before.
    fn begin(&mut self) {
        self.for_all_sizes = true;
        self.sizes = None;
        self.scopes = Scopes::default();
        self.builder = Builder::new("", self.settings.mode);
        self.paths = Paths::new();
        self.param_spans = Vec::new();
        self.path_clashes = Vec::new();
        self.names = Names::default();
        self.notes = Notes::default();
        self.shares = 0;
        self.turns = 0;
        self.uses = Vec::new();
        self.shared_params = HashMap::new();
        self.origins = Vec::new();
        self.warnings = Vec::new();
    }
}

/// The nets of the root file, in order.
pub(super) fn nets(program: &Program) -> impl Iterator<Item = &ast::Net> {
    program.file(FileId::ROOT).items.iter().filter_map(|item| match item {
        Item::Net(net) => Some(net),
        _ => None,
    })
}

/// The names that are dimensions of a net's inputs.
fn dimensions(net: &ast::Net) -> impl Iterator<Item = &str> {
    net.inputs.iter().flat_map(|input| &input.ty.dims).filter_map(|dim| match &dim.kind {
        ExprKind::Name(name) => Some(name.as_str()),
        _ => None,
    })
}
