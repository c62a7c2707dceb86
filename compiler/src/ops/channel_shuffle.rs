//! `channel_shuffle`: the channels of all groups in turns (Zhang et al., ShuffleNet, CVPR 2018, section 3.1).

use super::call::{ArgKind, ArgSpec, AttrReader, Default};
use super::{
    Attr, Attributes, Bounded, Call, CallError, Cost, Declare, Example, Field, Mismatch, Operands, Operator, ParamSpec,
    Rng, Signature, moves, shapes,
};
use crate::extent::Extent;
use crate::graph::{Mode, Type};
use crate::loops::pieces::Pieces;
use crate::loops::stage::Lowering;

/// Input: x [n, c, ..]. Result of the same shape: its channel i * groups + g is x's g * (c / groups) + i.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelShuffle {
    /// A divisor of the channels.
    pub groups: usize,
}

impl Operator for ChannelShuffle {
    fn name(&self) -> &'static str {
        Self::SIGNATURE.name
    }

    fn attributes(&self) -> Attributes {
        vec![("groups", Attr::Int(self.groups as i64))]
    }

    fn infer<D: Extent>(&self, inputs: &[&Type<D>], _mode: Mode) -> Result<Vec<Type<D>>, Mismatch> {
        let x = shapes::one("channel_shuffle", inputs)?;
        let Some(channels) = x.shape.get(1) else {
            return Err(Mismatch::new(format!("channel_shuffle needs channels, found {x}")).at([0]));
        };
        if moves::divided(channels, self.groups).is_none() {
            let message = format!("{channels} channels of {x} cannot be divided into {} groups", self.groups);
            return Err(Mismatch::new(message).at([0]).help("the number of groups must divide the channels"));
        }
        Ok(vec![x.clone()])
    }

    fn evaluate(&self, inputs: &[&Bounded], _mode: Mode) -> Vec<Bounded> {
        let x = inputs[0];
        let each = x.shape[1] / self.groups;
        vec![moves::moved(x, &x.shape, |at| {
            let mut from = at.to_vec();
            from[1] = at[1] % self.groups * each + at[1] / self.groups;
            from
        })]
    }

    fn lower(&self, inputs: &[&Type], _results: &[&Type]) -> Lowering {
        let [n, c, pixels] = shapes::around(&inputs[0].shape, 1);
        moves::copy(Pieces::transpose(&[n, self.groups, c / self.groups, pixels], &[0, 2, 1, 3]))
    }

    fn cost(&self, _inputs: &[&Type], _results: &[&Type]) -> Cost {
        Cost::default()
    }

    fn field(&self) -> Field {
        Field::Point
    }
}

impl Declare for ChannelShuffle {
    const SIGNATURE: Signature = Signature {
        name: "channel_shuffle",
        doc: "the channels of all groups in turns",
        operands: Operands::Fixed(&["x"]),
        args: &[ArgSpec {
            name: "groups",
            kind: ArgKind::Int,
            default: Default::Required,
            doc: "how many groups, a divisor of the channels",
        }],
    };

    fn from_call(call: &Call<'_>) -> Result<(ChannelShuffle, Vec<ParamSpec>), CallError> {
        Ok((ChannelShuffle { groups: call.int("groups", 1)? }, Vec::new()))
    }

    fn from_attributes(attributes: &mut AttrReader) -> Result<ChannelShuffle, String> {
        match attributes.int("groups")? {
            0 => Err("attribute `groups` must be positive".to_string()),
            groups => Ok(ChannelShuffle { groups }),
        }
    }

    fn example(rng: &mut Rng) -> Example<ChannelShuffle> {
        let mut x = shapes::random(rng);
        let groups = rng.range(1, 5);
        x.shape[1] = groups * rng.range(1, 6);
        Example { op: ChannelShuffle { groups }, inputs: vec![x] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_turns() {
        let x = Bounded::exact(&[1, 6, 1], (0..6).map(f64::from));
        let y = &ChannelShuffle { groups: 2 }.evaluate(&[&x], Mode::Infer)[0];
        assert_eq!(y.value, [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
    }

    fn check(x: &[usize], groups: usize, expected: Option<&str>) {
        let found = ChannelShuffle { groups }.infer(&[&Type::f32(x)], Mode::Infer);
        assert_eq!(found.err().map(|error| error.message).as_deref(), expected);
    }

    #[test]
    fn groups_divide_the_channels() {
        check(&[1, 6, 2, 2], 3, None);
        check(&[1, 6], 6, None);
        check(&[1, 6, 2, 2], 4, Some("6 channels of f32[1,6,2,2] cannot be divided into 4 groups"));
        check(&[6], 2, Some("channel_shuffle needs channels, found f32[6]"));
    }
}
