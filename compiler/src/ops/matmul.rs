//! `matmul`: matrix products of two tensors, batched as numpy does.

use super::call::AttrReader;
use super::value::Sum;
use super::{
    Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec, Rng,
    Signature, shapes,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::stage::{Kind, Lowering};

/// Inputs: a [.., m, k] and b [.., k, n], each of rank 2 at least; the dimensions before the last two are broadcast. Result: [.., m, n].
#[derive(Clone, Debug, PartialEq)]
pub struct MatMul;

impl Operator for MatMul {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        Vec::new()
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        let [a, b] = shapes::two("matmul", inputs)?;
        for (i, x) in [a, b].into_iter().enumerate() {
            if x.rank() < 2 {
                let (row, column) = if i == 0 { ("[1, k]", "first") } else { ("[k, 1]", "second") };
                let found = format!("matmul multiplies matrices, of rank 2 at least, found {x}");
                return Err(Mismatch::new(found)
                    .at([i])
                    .help(format!("a vector that comes {column} is a matrix {row}: reshape it to that")));
            }
        }
        let ([a_batch @ .., m, k], [b_batch @ .., rows, n]) = (&a.shape[..], &b.shape[..]) else {
            return Err(Mismatch::new(format!("matmul multiplies matrices, found {a} and {b}")).at([0, 1]));
        };
        if !k.same(rows) {
            let found = format!("cannot multiply {a} and {b}: the first has {k} columns, the second {rows} rows");
            let help = shapes::equal_if(k, rows).unwrap_or_else(|| {
                "matmul of [.., m, k] and [.., k, n] needs the same k in both; transpose one where it lies the other way"
                    .to_string()
            });
            return Err(Mismatch::new(found).at([0, 1]).help(help));
        }
        let batch = |x: &Type<D>, shape: &[D]| Type { dtype: x.dtype, shape: shape.to_vec() };
        let batches = shapes::broadcast("multiply batches of", &batch(a, a_batch), &batch(b, b_batch))?;
        let shape = batches.shape.into_iter().chain([m.clone(), n.clone()]).collect();
        Ok(vec![shapes::fits(Type { dtype: a.dtype, shape })?])
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        let (a, b) = (inputs[0], inputs[1]);
        let (a_rank, b_rank) = (a.shape.len(), b.shape.len());
        let [m, k, n] = [a.shape[a_rank - 2], a.shape[a_rank - 1], b.shape[b_rank - 1]];
        let (a_batch, b_batch) = (&a.shape[..a_rank - 2], &b.shape[..b_rank - 2]);
        let rank = a_batch.len().max(b_batch.len());
        let extent = |batch: &[usize], d: usize| (d + batch.len()).checked_sub(rank).map_or(1, |d| batch[d]);
        let batch: Vec<usize> = (0..rank)
            .map(|d| match extent(a_batch, d) {
                1 => extent(b_batch, d),
                extent => extent,
            })
            .collect();
        let mut elements = Vec::new();
        for at in 0..batch.iter().product() {
            let [left, right] =
                [(a_batch, m * k), (b_batch, k * n)].map(|(operand, size)| shapes::source(at, &batch, operand) * size);
            for (row, column) in (0..m).flat_map(|row| (0..n).map(move |column| (row, column))) {
                let mut sum = Sum::default();
                (0..k).for_each(|i| sum.add_product(a.at(left + row * k + i), b.at(right + i * n + column)));
                elements.push(sum.finish(0));
            }
        }
        vec![Bounded::new([batch, vec![m, n]].concat(), elements)]
    }

    fn lower(&self, _inputs: &[&Type], _results: &[&Type]) -> Lowering {
        Lowering::single(Kind::MatMul, 2)
    }

    fn cost(&self, inputs: &[&Type], results: &[&Type]) -> Cost {
        let k = inputs[0].shape.last().copied().unwrap_or(1);
        Cost { macs: (results[0].elements() as u64).saturating_mul(k as u64) }
    }

    fn field(&self) -> Field {
        Field::Everything
    }
}

impl Declare for MatMul {
    const SIGNATURE: Signature =
        Signature { name: "matmul", doc: "matrix product", operands: Operands::Fixed(&["a", "b"]), args: &[] };

    fn from_call(_call: &Call<'_>) -> Result<(MatMul, Vec<ParamSpec>), CallError> {
        Ok((MatMul, Vec::new()))
    }

    fn from_attributes(_attributes: &mut AttrReader) -> Result<MatMul, String> {
        Ok(MatMul)
    }

    fn example(rng: &mut Rng) -> Example<MatMul> {
        let [m, n] = [0, 1].map(|_| rng.pick(&[1, 2, 3, 4, 5, 7, 8, 11, 13]));
        let k = rng.range(1, 40);
        let batch: Vec<usize> = (0..rng.range(0, 2)).map(|_| rng.range(1, 3)).collect();
        let mut side = |rows, columns| {
            let dropped = rng.range(0, batch.len());
            let mut shape = batch[dropped..].to_vec();
            shape.iter_mut().for_each(|extent| *extent = if rng.range(0, 3) == 0 { 1 } else { *extent });
            shape.extend([rows, columns]);
            Type::f32(shape)
        };
        Example { op: MatMul, inputs: vec![side(m, k), side(k, n)] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(a: &[usize], b: &[usize], expected: Result<&[usize], &str>) {
        let found = MatMul.infer(&[&Type::f32(a), &Type::f32(b)], Mode::Infer);
        let found = found.map(|types| types[0].shape.clone()).map_err(|error| error.message);
        assert_eq!(found, expected.map(<[usize]>::to_vec).map_err(str::to_string));
    }

    #[test]
    fn shapes_of_products() {
        check(&[2, 3], &[3, 4], Ok(&[2, 4]));
        check(&[5, 2, 3], &[3, 4], Ok(&[5, 2, 4]));
        check(&[5, 1, 2, 3], &[6, 3, 4], Ok(&[5, 6, 2, 4]));
        check(
            &[2, 3],
            &[2, 3],
            Err("cannot multiply f32[2,3] and f32[2,3]: the first has 3 columns, the second 2 rows"),
        );
        check(&[3], &[3, 4], Err("matmul multiplies matrices, of rank 2 at least, found f32[3]"));
        check(
            &[2, 2, 3],
            &[3, 3, 4],
            Err("cannot multiply batches of f32[2] and f32[3]: dimension 0 is 2 in one and 3 in the other"),
        );
    }

    #[test]
    fn products() {
        let a = Bounded::exact(&[2, 1, 2], [1.0, 2.0, 3.0, 4.0]);
        let b = Bounded::exact(&[2, 2], [5.0, 6.0, 7.0, 8.0]);
        let y = &MatMul.evaluate(&[&a, &b], Mode::Infer)[0];
        assert_eq!((&y.shape[..], &y.value[..]), ([2, 1, 2].as_slice(), [19.0, 22.0, 43.0, 50.0].as_slice()));
        assert!(y.bound.iter().all(|&bound| (1e-7..1e-4).contains(&bound)), "{y:?}");
    }
}
