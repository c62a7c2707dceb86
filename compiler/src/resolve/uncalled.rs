//! Blocks and functions that the chosen net does not call: their names and arguments are checked with every parameter unknown.
//!
//! An unknown value is [`Value::Error`], about which nothing is said. While [`Resolver::unknown`] is set, both sides of an `if` and one
//! turn of a loop are evaluated, and calls of blocks and functions go no deeper, so the whole costs what the text is long.

use rebirth_lang::ast::{Item, Param};

use super::eval::Fault;
use super::paths::Paths;
use super::resolver::Resolver;
use super::value::Value;
use crate::graph::Builder;

impl<'a> Resolver<'a> {
    /// Reports what is wrong in blocks and functions of any file that nothing has called.
    pub(super) fn check_uncalled(&mut self) {
        if self.stopped {
            return;
        }
        let (builder, paths, names) = (
            std::mem::replace(&mut self.builder, Builder::new("", self.settings.mode)),
            std::mem::replace(&mut self.paths, Paths::new()),
            std::mem::take(&mut self.names),
        );
        let clashes = std::mem::take(&mut self.path_clashes);
        let (origins, param_spans) = (std::mem::take(&mut self.origins), std::mem::take(&mut self.param_spans));
        let shared_params = std::mem::take(&mut self.shared_params);
        // What is known of sizes is about the values of the net.
        let sizes = self.sizes.take();
        self.unknown = true;
        let program = self.program;
        for (id, file) in program.files() {
            for item in &file.items {
                self.within(id, |this| this.check_item(item));
            }
        }
        self.unknown = false;
        (self.builder, self.paths, self.names, self.path_clashes, self.origins) =
            (builder, paths, names, clashes, origins);
        (self.param_spans, self.shared_params, self.sizes) = (param_spans, shared_params, sizes);
    }

    fn check_item(&mut self, item: &'a Item) {
        let params: &'a [Param] = match item {
            Item::Block(block) if !self.called.contains(&block.name.span) => &block.params,
            Item::Fn(function) if !self.called.contains(&function.name.span) => &function.params,
            _ => return,
        };
        let floor = self.scopes.enter();
        for param in params {
            if let Some(default) = &param.default {
                self.expr(default);
            }
            if !self.budget.spend(1) {
                self.fault(Fault::steps(), param.name.span);
            }
            // A parameter named twice has been reported where it is declared.
            let _ = self.scopes.bind(&param.name.name, Value::Error, param.name.span);
        }
        match item {
            Item::Block(block) => {
                for condition in &block.conditions {
                    self.expr(condition);
                }
                self.body(&block.body);
            }
            Item::Fn(function) => {
                self.expr(&function.value);
            }
            _ => {}
        }
        self.scopes.leave(floor);
    }
}
