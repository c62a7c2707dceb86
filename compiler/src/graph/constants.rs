//! Values that depend on parameters and constants alone. They are computed once, when weights are packed, in f64.

use std::collections::HashMap;

use super::interpret::{InterpretError, MAX_LIVE_ELEMENTS, check_results};
use super::{Def, Graph, Output, ValueId};
use crate::ops::Bounded;

impl Graph {
    /// For each value, whether no input has a part in it.
    pub fn constants(&self) -> Vec<bool> {
        let mut constant = vec![false; self.values.len()];
        self.params.iter().for_each(|id| constant[id.index()] = true);
        for node in &self.nodes {
            if node.inputs.iter().all(|id| constant[id.index()]) {
                node.results.iter().for_each(|id| constant[id.index()] = true);
            }
        }
        constant
    }

    /// The elements of such values in row-major order, each rounded to f32 once, for `params` in the order of [`Graph::params`]. What is
    /// computed lives no longer than it is needed.
    ///
    /// # Errors
    /// They are too large to compute, depend on inputs, or `params` are not those of the graph.
    pub fn evaluate_constants(&self, values: &[ValueId], params: &[Vec<f32>]) -> Result<Vec<Vec<f32>>, InterpretError> {
        if params.len() != self.params.len() {
            let (expected, found) = (self.params.len(), params.len());
            return Err(InterpretError::Count { what: "parameters", expected, found });
        }
        let outputs: Vec<Output> =
            values.iter().map(|&value| Output { name: String::new(), value, train: false }).collect();
        let needed = self.cone(&outputs);
        if let Some(&input) = self.inputs.iter().find(|id| needed[id.index()]) {
            let (value, expected) = (self.spelling(input), self.ty(input).clone());
            return Err(InterpretError::Shape { value, expected, found: Vec::new() });
        }
        let nodes = || self.nodes.iter().filter(|node| node.results.iter().any(|id| needed[id.index()]));
        let mut uses = vec![0_usize; self.values.len()];
        nodes().flat_map(|node| &node.inputs).for_each(|id| uses[id.index()] += 1);
        let mut wanted: HashMap<ValueId, Vec<usize>> = HashMap::new();
        values.iter().enumerate().for_each(|(i, &id)| wanted.entry(id).or_default().push(i));
        let given: HashMap<ValueId, &Vec<f32>> = self.params.iter().copied().zip(params).collect();
        let mut found = vec![Vec::new(); values.len()];
        for (id, places) in &wanted {
            if let Some(&tensor) = given.get(id) {
                places.iter().for_each(|&place| found[place].clone_from(tensor));
            }
        }
        let mut live: HashMap<ValueId, Bounded> = HashMap::new();
        let mut held = 0_usize;
        for node in nodes() {
            for &id in &node.inputs {
                if let (Some(tensor), false) = (given.get(&id), live.contains_key(&id)) {
                    held = held.saturating_add(tensor.len());
                    let tensor = Bounded::exact(&self.ty(id).shape, tensor.iter().map(|&v| f64::from(v)));
                    live.insert(id, tensor);
                }
            }
            let results: usize = node.results.iter().map(|&id| self.ty(id).elements()).sum();
            held = held.saturating_add(results);
            if held > MAX_LIVE_ELEMENTS {
                return Err(InterpretError::TooLarge { elements: held });
            }
            let operands: Option<Vec<&Bounded>> = node.inputs.iter().map(|id| live.get(id)).collect();
            // Nodes stand in the order of their operands.
            let operands = operands.unwrap_or_default();
            let results = node.op.evaluate(&operands, self.mode);
            check_results(self, node, &results)?;
            for (&id, result) in node.results.iter().zip(results) {
                // In f64 nothing is off: with bounds, what may be infinite would count as unknown.
                let result = Bounded::exact(&result.shape, result.value);
                for &place in wanted.get(&id).into_iter().flatten() {
                    found[place] = result.value.iter().map(|&v| v as f32).collect();
                }
                if uses[id.index()] > 0 {
                    live.insert(id, result);
                } else {
                    held = held.saturating_sub(self.ty(id).elements());
                }
            }
            for &id in &node.inputs {
                uses[id.index()] -= 1;
                if uses[id.index()] == 0 && live.remove(&id).is_some() {
                    held = held.saturating_sub(self.ty(id).elements());
                }
            }
        }
        Ok(found)
    }

    /// Whether a value is a parameter or a piece of state.
    pub fn is_param(&self, id: ValueId) -> bool {
        matches!(self.value(id).def, Def::Param | Def::State)
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::{Builder, Graph, Mode, Type};
    use crate::ops::add::Add;
    use crate::ops::div::Div;
    use crate::ops::mul::Mul;
    use crate::ops::relu::Relu;
    use crate::ops::sqrt::Sqrt;

    /// w, w * w, their sum with x, relu(w * w).
    fn graph() -> Graph {
        let mut b = Builder::new("g", Mode::Infer);
        let x = b.input("x", Type::f32([2]));
        let w = b.param("w", Type::f32([2]), false).unwrap();
        b.param("other", Type::f32([3]), false).unwrap();
        let square = b.node("square", Mul.into(), vec![w, w]).unwrap()[0];
        let sum = b.node("sum", Add.into(), vec![square, x]).unwrap()[0];
        let positive = b.node("positive", Relu.into(), vec![square]).unwrap()[0];
        b.output("sum", sum);
        b.output("positive", positive);
        b.finish()
    }

    #[test]
    fn what_inputs_have_no_part_in() {
        let graph = graph();
        let names: Vec<&str> =
            graph.values.iter().zip(graph.constants()).filter(|(_, c)| *c).map(|(v, _)| v.name.as_str()).collect();
        assert_eq!(names, ["w", "other", "square", "positive"]);
    }

    #[test]
    fn infinite_values_stay_infinite() {
        let mut b = Builder::new("g", Mode::Infer);
        let w = b.param("w", Type::f32([2]), false).unwrap();
        let root = b.node("root", Sqrt.into(), vec![w]).unwrap()[0];
        let quotient = b.node("quotient", Div.into(), vec![w, root]).unwrap()[0];
        let inverse = b.node("inverse", Div.into(), vec![root, quotient]).unwrap()[0];
        b.output("inverse", inverse);
        let graph = b.finish();
        let ids: Vec<_> = graph.defined().skip(2).collect();
        let found = graph.evaluate_constants(&ids, &[vec![f32::INFINITY, 1e-45]]).unwrap();
        assert!(found[0][0].is_nan() && found[1][0].is_nan(), "{found:?}");
        let zero = graph.evaluate_constants(&ids[..1], &[vec![0.0, 4.0]]).unwrap();
        assert!(zero[0][0].is_nan() && zero[0][1] == 2.0, "{zero:?}");
    }

    #[test]
    fn values_are_rounded_once() {
        let graph = graph();
        let id = |name: &str| graph.defined().find(|&id| graph.value(id).name == name).unwrap();
        let params = [vec![0.1, -3.0], vec![0.0; 3]];
        let found = graph.evaluate_constants(&[id("positive"), id("w")], &params).unwrap();
        assert_eq!(found, [vec![(f64::from(0.1f32) * f64::from(0.1f32)) as f32, 9.0], vec![0.1, -3.0]]);
        assert!(graph.evaluate_constants(&[id("sum")], &params).is_err());
    }
}
