//! The report of all that is not supported in a model.

use std::collections::BTreeMap;

use super::codes;
use super::error::OnnxError;
use super::node::Node;

/// Most operators, and most nodes of each, that the report names.
const SHOWN: (usize, usize) = (30, 4);

/// Operators and what of them is not supported, with the nodes.
#[derive(Debug, Default)]
pub(super) struct Unsupported {
    nodes: BTreeMap<(String, String), Vec<String>>,
}

impl Unsupported {
    /// Notes that a node is not supported, and why; an empty text for the operator as such.
    pub(super) fn add(&mut self, node: &Node<'_>, why: String) {
        self.nodes.entry((node.operator(), why)).or_default().push(node.called());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// # Errors
    /// E1005 with all of it, where there is any.
    pub(super) fn report(&self) -> Result<(), OnnxError> {
        if self.is_empty() {
            return Ok(());
        }
        let mut lines = Vec::new();
        for ((operator, what), nodes) in self.nodes.iter().take(SHOWN.0) {
            let mut line =
                format!("{operator}: {}", nodes.iter().take(SHOWN.1).cloned().collect::<Vec<_>>().join(", "));
            if let Some(more) = nodes.len().checked_sub(SHOWN.1).filter(|&more| more > 0) {
                line += &format!(" and {more} more");
            }
            if !what.is_empty() {
                line += &format!(" ({what})");
            }
            lines.push(line);
        }
        if let Some(more) = self.nodes.len().checked_sub(SHOWN.0).filter(|&more| more > 0) {
            lines.push(format!("and {more} more operators"));
        }
        let message = format!("the model has operators that are not supported:\n  {}", lines.join("\n  "));
        let help = "export the model without them: in evaluation mode, from another layer on, or with another operator set; \
                    onnxsim often removes operators that only compute shapes";
        Err(OnnxError::new(codes::UNSUPPORTED, message, help))
    }
}
