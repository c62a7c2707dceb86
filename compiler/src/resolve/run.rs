//! All nets of a file in one run: the limits hold for them together, constants are evaluated once, and an error that several of them
//! meet is reported once. What a net costs does not depend on how many others there are.

use std::collections::{BTreeMap, HashMap};

use rebirth_lang::ast::{self, ExprKind, Item};
use rebirth_lang::{Diagnostic, FileId, Program, limits};

use super::names::Names;
use super::paths::Paths;
use super::resolver::Resolver;
use super::scope::Scopes;
use super::sizes::{self, Found};
use super::{Proven, Settings, codes, sampling};
use crate::extent::{Demands, Form};
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
        let proven = self.resolver.proven(net);
        self.resolver.stopped |= self.resolver.errors.len() >= limits::ERRORS;
        let proven = proven?;
        self.resolver.nodes_before += proven.model.graph.nodes.len();
        (!self.broken).then_some(proven)
    }

    /// Ends a run: also checks what no net has called.
    ///
    /// # Errors
    /// What is wrong with any net, at most [`limits::ERRORS`] diagnostics, in the order of their places.
    pub fn finish(mut self) -> Result<(), Vec<Diagnostic>> {
        self.resolver.forget();
        self.resolver.check_uncalled();
        if self.resolver.errors.is_empty() { Ok(()) } else { Err(self.resolver.into_errors()) }
    }
}

impl<'a> Resolver<'a> {
    /// Resolves the chosen net for all sizes.
    pub(super) fn prove(mut self) -> Result<Proven, Vec<Diagnostic>> {
        let net = self.chosen_net();
        self.all_constants();
        let proven = net.and_then(|net| self.proven(net));
        self.check_uncalled();
        match proven {
            Some(proven) if self.errors.is_empty() => Ok(proven),
            _ => Err(self.into_errors()),
        }
    }

    /// Resolves a net for all sizes; where windows do not fit those that were chosen for a sample, again for larger ones. Nothing when an
    /// error was met, told or not.
    fn proven(&mut self, net: &'a ast::Net) -> Option<Proven> {
        self.for_all_sizes = true;
        self.begin = 0;
        let (kept, path_bytes) = (self.errors.len(), self.path_bytes);
        let mut before: Option<Failure> = None;
        let errors = loop {
            self.forget();
            (self.too_small, self.path_bytes) = (false, path_bytes);
            if let Some((model, Found { sample, demands, conditions })) = self.net(net) {
                let Demands { least, most, others } = demands;
                let most = most.iter().map(|(name, size)| format!("{name} <= {size}"));
                let needs = most.chain(others.iter().map(Form::not_negative)).collect();
                return Some(Proven { model, sizes: sample, least, needs, conditions });
            }
            let sample = self.sizes.as_ref().map(|sizes| sizes.sample.clone()).unwrap_or_default();
            let failure = Failure { errors: self.errors.split_off(kept), too_small: self.too_small, sample };
            match before {
                // Of larger sizes something else is wrong as well: that they are too large.
                Some(before) if !failure.too_small && !failure.better_than(&before) => break before.errors,
                Some(before) if failure.sample == before.sample => break failure.errors,
                _ if !failure.too_small || self.begin >= sampling::LARGEST => break failure.errors,
                _ => {}
            }
            self.unsay(&failure.errors);
            self.begin = if self.begin == 0 { 2 * sizes::USUAL } else { 2 * self.begin }.min(sampling::LARGEST);
            before = Some(failure);
        };
        self.errors.extend(errors);
        None
    }

    /// Forgets the net before.
    fn forget(&mut self) {
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

/// Why a net cannot be resolved for a sample of sizes.
struct Failure {
    errors: Vec<Diagnostic>,
    /// Whether something may fit for larger sizes.
    too_small: bool,
    sample: BTreeMap<String, i64>,
}

impl Failure {
    fn better_than(&self, other: &Failure) -> bool {
        let gave_up = self.errors.iter().any(|error| error.code == codes::TOO_MANY_STEPS.id);
        gave_up || self.errors.len() < other.errors.len()
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
