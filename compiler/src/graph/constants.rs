//! Values that depend on parameters and constants alone. They are computed once, when weights are packed, in f64.

use super::interpret::{InterpretError, interpret};
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

    /// The elements of such values in row-major order, each rounded to f32 once, for `params` in the order of [`Graph::params`].
    ///
    /// # Errors
    /// They are too large to compute, or `params` are not those of the graph.
    pub fn evaluate_constants(&self, values: &[ValueId], params: &[Vec<f32>]) -> Result<Vec<Vec<f32>>, InterpretError> {
        let outputs: Vec<Output> =
            values.iter().map(|&value| Output { name: String::new(), value, train: false }).collect();
        let needed = self.cone(&outputs);
        let needs = |ids: &[ValueId]| ids.iter().any(|id| needed[id.index()]);
        let graph = Graph {
            name: self.name.clone(),
            mode: self.mode,
            values: self.values.clone(),
            nodes: self.nodes.iter().filter(|node| needs(&node.results)).cloned().collect(),
            inputs: self.inputs.iter().copied().filter(|id| needed[id.index()]).collect(),
            params: self.params.iter().copied().filter(|id| needed[id.index()]).collect(),
            outputs,
        };
        let exact = |(id, tensor): (&ValueId, &Vec<f32>)| {
            let of = |tensor: &Vec<f32>| Bounded::exact(&self.ty(*id).shape, tensor.iter().map(|&v| f64::from(v)));
            needed[id.index()].then(|| of(tensor))
        };
        let params: Vec<Bounded> = self.params.iter().zip(params).filter_map(exact).collect();
        let results = interpret(&graph, &[], &params)?;
        Ok(results.into_iter().map(|result| result.value.into_iter().map(|v| v as f32).collect()).collect())
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
    use crate::ops::mul::Mul;
    use crate::ops::relu::Relu;

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
    fn values_are_rounded_once() {
        let graph = graph();
        let id = |name: &str| graph.defined().find(|&id| graph.value(id).name == name).unwrap();
        let params = [vec![0.1, -3.0], vec![0.0; 3]];
        let found = graph.evaluate_constants(&[id("positive"), id("w")], &params).unwrap();
        assert_eq!(found, [vec![(f64::from(0.1f32) * f64::from(0.1f32)) as f32, 9.0], vec![0.1, -3.0]]);
        assert!(graph.evaluate_constants(&[id("sum")], &params).is_err());
    }
}
