//! `resize`: each pixel repeated in height and width (nearest neighbour).

use super::call::{ArgKind, ArgSpec, AttrReader, Default};
use super::{
    Attr, Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec,
    Rng, Signature, shapes,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::stage::{Kind, Lowering};

/// Input: x [n, c, h, w]. Result: [n, c, h * scale[0], w * scale[1]], whose pixel (y, z) is x's (y / scale[0], z / scale[1]),
/// rounded down.
#[derive(Clone, Debug, PartialEq)]
pub struct Resize {
    /// How often a pixel is repeated in height and width, at least once.
    pub scale: [usize; 2],
}

impl Operator for Resize {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        vec![("scale", Attr::Ints(self.scale.iter().map(|&v| v as i64).collect()))]
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        let x = shapes::one("resize", inputs)?;
        let [n, c, h, w] = shapes::image("resize", x)?;
        let repeated = |extent: &D, scale: usize| {
            extent.times(&D::constant(scale)).ok_or_else(|| {
                Mismatch::new(format!("{x} repeated {scale} times is too large to compute with")).at([0])
            })
        };
        let [height, width] = [repeated(&h, self.scale[0])?, repeated(&w, self.scale[1])?];
        Ok(vec![shapes::fits(Type { dtype: x.dtype, shape: vec![n, c, height, width] })?])
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        let x = inputs[0];
        let [down, across] = self.scale;
        let (w, rows) = (x.shape[3], x.shape[..3].iter().product::<usize>() * down);
        let elements = (0..rows).flat_map(|row| (0..w * across).map(move |z| x.at(row / down * w + z / across)));
        vec![Bounded::new([x.shape[0], x.shape[1], x.shape[2] * down, w * across], elements)]
    }

    fn lower(&self, _inputs: &[&Type], _results: &[&Type]) -> Lowering {
        Lowering::single(Kind::Repeat { scale: self.scale }, 1)
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    fn field(&self) -> Field {
        Field::Repeated { times: self.scale }
    }
}

impl Declare for Resize {
    const SIGNATURE: Signature = Signature {
        name: "resize",
        doc: "each pixel repeated in height and width",
        operands: Operands::Fixed(&["x"]),
        args: &[ArgSpec {
            name: "scale",
            kind: ArgKind::Pair,
            default: Default::Required,
            doc: "how often a pixel is repeated",
        }],
    };

    fn from_call(call: &Call<'_>) -> Result<(Resize, Vec<ParamSpec>), CallError> {
        Ok((Resize { scale: call.pair("scale", 1)? }, Vec::new()))
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<Resize, String> {
        let scale: [usize; 2] = attributes.ints("scale")?;
        if scale.contains(&0) {
            return Err("attribute `scale` must be positive".to_string());
        }
        Ok(Resize { scale })
    }

    fn example(rng: &mut Rng) -> Example<Resize> {
        let x = Type::f32([rng.range(1, 2), rng.range(1, 17), rng.range(1, 7), rng.range(1, 9)]);
        let scale = [rng.pick(&[1, 2, 2, 3, 5]), rng.pick(&[1, 2, 2, 3, 4, 7])];
        Example { op: Resize { scale }, inputs: vec![x] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::ArgValue;

    fn check(scale: [usize; 2], x: &[usize], expected: Result<&[usize], &str>) {
        let found = Resize { scale }.infer(&[&Type::f32(x)], Mode::Infer).map_err(|error| error.message);
        assert_eq!(found, expected.map(|shape| vec![Type::f32(shape)]).map_err(str::to_string));
    }

    #[test]
    fn shape_rule() {
        check([2, 3], &[1, 4, 5, 6], Ok(&[1, 4, 10, 18]));
        check([1, 1], &[2, 4, 5, 6], Ok(&[2, 4, 5, 6]));
        check([2, 2], &[1, 4], Err("resize needs a tensor of rank 4 (n, channels, height, width), found f32[1,4]"));
        check([2, 2], &[1, 4, 0, 6], Err("resize needs pixels, found f32[1,4,0,6]"));
        let most = 1 << 30;
        check([most, 1], &[1, 1, 256, 1], Ok(&[1, 1, 1 << 38, 1]));
        check(
            [most, 2],
            &[1, 1, 256, 1],
            Err(
                "the result would be f32[1,1,274877906944,2], which has more than 1 TiB, the most that a tensor may take",
            ),
        );
        check(
            [most; 2],
            &[1, 1, 1 << 36, 1],
            Err("f32[1,1,68719476736,1] repeated 1073741824 times is too large to compute with"),
        );
    }

    #[test]
    fn repeats_pixels() {
        let x = Bounded::new([1, 2, 1, 2], [(1.0, 0.5), (2.0, 0.0), (3.0, 0.0), (4.0, 0.25)]);
        let y = &Resize { scale: [2, 3] }.evaluate(&[&x], Mode::Infer)[0];
        assert_eq!(y.shape, [1, 2, 2, 6]);
        let row = |a: f64, b: f64| [a, a, a, b, b, b];
        assert_eq!(y.value, [row(1.0, 2.0), row(1.0, 2.0), row(3.0, 4.0), row(3.0, 4.0)].concat());
        assert_eq!(y.bound, [row(0.5, 0.0), row(0.5, 0.0), row(0.0, 0.25), row(0.0, 0.25)].concat());
    }

    fn check_call(scale: ArgValue, expected: Result<[usize; 2], &str>) {
        let x = Type::f32([1, 4, 5, 6]);
        let found = Resize::from_call(&Call::new(&Resize::SIGNATURE, &[&x], vec![("scale", scale)]));
        let found = found.map(|(op, params)| (op.scale, params)).map_err(|error| (error.argument, error.message));
        let expected = expected.map(|scale| (scale, Vec::new()));
        assert_eq!(found, expected.map_err(|message| (Some("scale"), message.to_string())));
    }

    #[test]
    fn calls() {
        let pair = |h, w| ArgValue::List(vec![ArgValue::Int(h), ArgValue::Int(w)]);
        check_call(ArgValue::Int(2), Ok([2, 2]));
        check_call(pair(1, 3), Ok([1, 3]));
        check_call(ArgValue::Int(0), Err("`scale` must be at least 1, not 0"));
        check_call(pair(2, -1), Err("`scale` must be at least 1, not -1"));
        check_call(ArgValue::Int(i64::MAX), Err("`scale` must be at most 1073741824, not 9223372036854775807"));
    }

    #[test]
    fn graph_text_cannot_scale_by_zero() {
        let mut reader = AttrReader::new([("scale".to_string(), Attr::Ints(vec![2, 0]))].into());
        assert_eq!(Resize::from_attributes(&mut reader), Err("attribute `scale` must be positive".to_string()));
    }
}
