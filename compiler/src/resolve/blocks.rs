//! Calls of blocks.

use rebirth_lang::{Diagnostic, ast};

use super::calls::Slots;
use super::paths::Naming;
use super::resolver::{Frame, Resolver};
use super::value::Value;
use super::{MAX_BLOCKS, codes};

impl<'a> Resolver<'a> {
    /// The value of a block's body for these arguments. The body sees its parameters and what stands at the top level.
    pub(super) fn block(&mut self, block: &'a ast::Block, call: &'a ast::Call, slots: Slots<'a>) -> Value {
        if !self.may_call(block, call) {
            return Value::Error;
        }
        let alias = call.alias.as_ref().map(|alias| alias.name.as_str());
        let segment = self.paths.segment(alias, &call.callee.name);
        self.paths.enter(segment, Naming::Callee);
        self.chain.push(Frame::Block { block, span: call.callee.span });
        let floor = self.scopes.enter();
        for (param, slot) in block.params.iter().zip(slots) {
            let value = match (slot, &param.default) {
                (Some(arg), _) => arg.value,
                (None, Some(default)) => self.expr(default),
                (None, None) => Value::Error,
            };
            // A parameter named twice has been reported where the block is declared.
            let _ = self.scopes.bind(&param.name.name, value, param.name.span);
        }
        let value = self.body(&block.body);
        self.scopes.leave(floor);
        self.chain.pop();
        self.close_path(alias.is_none().then_some(&call.callee.name), call.callee.span);
        value
    }

    fn may_call(&mut self, block: &'a ast::Block, call: &'a ast::Call) -> bool {
        let mut depth = 0;
        let mut start = None;
        for (i, frame) in self.chain.iter().enumerate() {
            if let Frame::Block { block: caller, .. } = frame {
                depth += 1;
                if start.is_none() && std::ptr::eq(*caller, block) {
                    start = Some(i);
                }
            }
        }
        if let Some(start) = start {
            self.cycle(start, block, call);
        } else if depth >= MAX_BLOCKS {
            self.fatal(
                Diagnostic::new(codes::BLOCKS_TOO_DEEP, format!("blocks call each other more than {MAX_BLOCKS} deep"))
                    .label(call.callee.span, "this call is one too many")
                    .help("use a `for` loop to repeat layers"),
            );
        } else {
            return true;
        }
        false
    }

    #[cold]
    #[inline(never)]
    fn cycle(&mut self, start: usize, block: &'a ast::Block, call: &'a ast::Call) {
        /// A longer cycle is shown in part.
        const SHOWN: usize = 8;
        let callers: Vec<&ast::Block> = self.chain[start..]
            .iter()
            .filter_map(|frame| match frame {
                Frame::Block { block, .. } => Some(*block),
                Frame::Turn { .. } => None,
            })
            .collect();
        let name = &block.name;
        let mut route: Vec<String> = callers.iter().take(SHOWN).map(|caller| format!("`{}`", caller.name)).collect();
        if callers.len() > SHOWN {
            route.push("..".to_string());
        }
        route.push(format!("`{name}`"));
        let diagnostic = Diagnostic::new(
            codes::RECURSIVE_BLOCK,
            format!("the block `{name}` calls itself: {}", route.join(" calls ")),
        )
        .label(call.callee.span, format!("`{name}` is called again here"))
        .label(name.span, "while this block is being called")
        .help("blocks cannot recur; a `for` loop repeats layers, with its state in `with`");
        self.fatal(diagnostic);
    }
}
