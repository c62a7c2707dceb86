//! What an import may take, over all nodes together.

use super::codes;
use super::constant::{Constant, MAX_FOLDED};
use super::error::OnnxError;
use super::shapes;

/// Most elements of all values together that are computed at import, besides [`MOST_FOLDS`].
const MAX_FOLDED_IN_ALL: usize = 4 << 20;

/// How many times the elements that the model stores may be computed with at import: weights are scaled or cut by some models.
const MOST_FOLDS: usize = 8;

/// How many times more elements the weights of all layers may have than the model stores: a weight may serve several layers.
const MOST_COPIES: usize = 64;

/// Most parts that all nodes together are cut into or joined from, where one node is many.
const MAX_PARTS_IN_ALL: usize = 1 << 14;

/// What has been taken so far.
#[derive(Debug, Default)]
pub(super) struct Budget {
    folded: usize,
    parts: usize,
    /// Elements of the tensors that the model stores.
    stored: usize,
    /// Elements of them that weights of layers have.
    used: usize,
}

impl Budget {
    /// Notes that the model stores a tensor.
    pub(super) fn store(&mut self, constant: &Constant) {
        self.stored = self.stored.saturating_add(constant.stored_elements().unwrap_or(0));
    }

    /// The number of elements of a shape, where a value of it may be computed.
    pub(super) fn room(&self, shape: &[usize]) -> Result<usize, OnnxError> {
        let most = MAX_FOLDED.max(self.stored);
        shapes::count(shape).filter(|&count| count <= most).ok_or_else(|| {
            let message = format!(
                "a known value of shape {shape:?} has more than {most} elements, the most that is computed at import"
            );
            let help = "simplify the model before importing it, or make the value an initializer";
            OnnxError::new(codes::TOO_LARGE, message, help)
        })
    }

    /// Notes that as many elements are computed.
    pub(super) fn pay(&mut self, elements: usize) -> Result<(), OnnxError> {
        let most = self.stored.saturating_mul(MOST_FOLDS).saturating_add(MAX_FOLDED_IN_ALL);
        let folded = self.folded.saturating_add(elements);
        if folded <= most {
            self.folded = folded;
            return Ok(());
        }
        let message = format!("known values of more than {most} elements in all would be computed at import");
        Err(OnnxError::new(codes::TOO_LARGE, message, "simplify the model before importing it"))
    }

    /// Notes that a node is cut into or joined from as many parts.
    pub(super) fn cut(&mut self, parts: usize) -> Result<(), OnnxError> {
        self.parts = self.parts.saturating_add(parts);
        if self.parts <= MAX_PARTS_IN_ALL {
            return Ok(());
        }
        Err(OnnxError::new(
            codes::TOO_LARGE,
            format!("the nodes of the model would become more than {MAX_PARTS_IN_ALL} parts"),
            "no network is cut into as many: the file may be damaged",
        ))
    }

    /// Notes that a known tensor becomes a weight.
    pub(super) fn take(&mut self, constant: &Constant) -> Result<(), OnnxError> {
        let Some(elements) = constant.stored_elements() else { return self.pay(constant.count()) };
        self.used = self.used.saturating_add(elements);
        if self.used <= self.stored.saturating_mul(MOST_COPIES).saturating_add(MAX_FOLDED_IN_ALL) {
            return Ok(());
        }
        Err(OnnxError::new(
            codes::TOO_LARGE,
            format!("the weights of all layers have more than {MOST_COPIES} times the elements of the model's tensors"),
            "no network shares its weights as often: the file may be damaged",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused_is_not_paid() {
        let mut budget = Budget::default();
        assert_eq!(budget.room(&[1 << 20, 1 << 10]).unwrap_err().code(), "E1002");
        assert_eq!(budget.pay(MAX_FOLDED_IN_ALL + 1).unwrap_err().code(), "E1002");
        budget.pay(MAX_FOLDED_IN_ALL).unwrap();
        assert_eq!(budget.pay(1).unwrap_err().code(), "E1002");
    }
}
