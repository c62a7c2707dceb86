//! Copies whose every element comes from a place that moves by constant steps: what transposes, slices and pads lower to.

use std::fmt;

use super::LANES;

/// The result in pieces that together cover it. Both tensors are seen under shapes of their own, of as many elements in row-major order, so
/// that a reshape before or behind a transpose costs nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Pieces {
    /// The shape that the operand is seen under.
    pub from: Vec<usize>,
    /// The shape that the result is seen under.
    pub to: Vec<usize>,
    /// Boxes of the result, none over another.
    pub pieces: Vec<Piece>,
}

/// A box of the result.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// Where it begins, by dimension of the result.
    pub start: Vec<usize>,
    /// How far it reaches.
    pub extent: Vec<usize>,
    /// What it holds.
    pub source: Source,
}

/// What a piece holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// One number.
    Constant(f32),
    /// Elements of the operand: for each dimension of the result, how the position in the operand follows. Each dimension of the
    /// operand is named once.
    Operand(Vec<Steps>),
}

/// How a position in the operand follows one in the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    /// The operand's dimension.
    pub dim: usize,
    /// Its position at the beginning of the piece.
    pub start: usize,
    /// How far it moves at each step of the result: backwards and not at all, too.
    pub by: i64,
}

/// What lies around a padded tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Border {
    /// One number.
    Constant(f32),
    /// The operand mirrored at its outermost elements, which are not repeated.
    Reflect,
    /// The outermost elements.
    Edge,
}

impl Pieces {
    /// Whether the result is the operand, element by element in row-major order.
    pub fn is_identity(&self) -> bool {
        let [Piece { extent, source: Source::Operand(steps), .. }] = &self.pieces[..] else { return false };
        let kept =
            |(d, steps): (usize, &Steps)| (steps.dim, steps.start) == (d, 0) && (steps.by == 1 || extent[d] == 1);
        *extent == self.from && self.from == self.to && steps.iter().enumerate().all(kept)
    }

    /// The dimensions of `from` in the order of `perm`.
    pub fn transpose(from: &[usize], perm: &[usize]) -> Pieces {
        let to: Vec<usize> = perm.iter().map(|&dim| from[dim]).collect();
        let steps = perm.iter().map(|&dim| Steps { dim, start: 0, by: 1 }).collect();
        let whole = Piece { start: vec![0; to.len()], extent: to.clone(), source: Source::Operand(steps) };
        Pieces { from: from.to_vec(), to, pieces: vec![whole] }
    }

    /// `extent` positions of one axis, from `start` on by steps of `by`.
    pub fn slice(from: &[usize], axis: usize, start: usize, by: i64, extent: usize) -> Pieces {
        let mut all = Pieces::transpose(from, &(0..from.len()).collect::<Vec<_>>());
        all.to[axis] = extent;
        if let [Piece { extent: reach, source: Source::Operand(steps), .. }] = &mut all.pieces[..] {
            reach[axis] = extent;
            steps[axis] = Steps { dim: axis, start, by };
        }
        all
    }

    /// A border of `before` and `behind` positions around each dimension.
    pub fn pad(from: &[usize], before: &[usize], behind: &[usize], border: Border) -> Pieces {
        let to: Vec<usize> = (0..from.len()).map(|d| before[d] + from[d] + behind[d]).collect();
        let mut pieces = Vec::new();
        let whole = Piece { start: vec![0; to.len()], extent: to.clone(), source: Source::Operand(Vec::new()) };
        // Each turn cuts the pieces that are still the operand's along one more dimension.
        let mut open = vec![whole];
        for d in 0..to.len() {
            let last = from[d].saturating_sub(1);
            let sides = [
                (0, before[d], before[d].min(last), 0),
                (before[d], from[d], 0, from[d]),
                (before[d] + from[d], behind[d], last.saturating_sub(1), last),
            ];
            let mut next = Vec::new();
            for (piece, (i, (start, extent, reflected, edge))) in
                open.iter().flat_map(|piece| sides.into_iter().enumerate().map(move |side| (piece, side)))
            {
                let mut piece = piece.clone();
                (piece.start[d], piece.extent[d]) = (start, extent);
                if extent == 0 {
                    continue;
                }
                let (start, by) = match border {
                    _ if i == 1 => (0, 1),
                    Border::Constant(value) => {
                        pieces.push(Piece { source: Source::Constant(value), ..piece });
                        continue;
                    }
                    Border::Reflect => (reflected, -1),
                    Border::Edge => (edge, 0),
                };
                if let Source::Operand(steps) = &mut piece.source {
                    steps.push(Steps { dim: d, start, by });
                }
                next.push(piece);
            }
            open = next;
        }
        pieces.extend(open);
        Pieces { from: from.to_vec(), to, pieces }
    }

    /// Whether blocked tensors can be copied as they are: images as they stand, whose channels come from channels.
    pub fn keep_channels(&self, operand: &[usize], result: &[usize]) -> bool {
        let channels = |piece: &Piece| match &piece.source {
            Source::Constant(_) => true,
            Source::Operand(steps) => steps.iter().enumerate().all(|(d, steps)| (d == 1) == (steps.dim == 1)),
        };
        operand.len() == 4 && self.from == operand && self.to == result && self.pieces.iter().all(channels)
    }
}

impl Piece {
    /// Whether its channels are those of the operand, lane for lane, so that blocks can be copied whole.
    pub fn keeps_lanes(&self) -> bool {
        let aligned = match &self.source {
            Source::Constant(_) => true,
            Source::Operand(steps) => steps[1].start.is_multiple_of(LANES) && steps[1].by == 1,
        };
        aligned && self.start[1].is_multiple_of(LANES)
    }
}

impl fmt::Display for Pieces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "copy {:?} to {:?}", self.from, self.to)?;
        for piece in &self.pieces {
            match &piece.source {
                Source::Constant(value) => write!(f, " [{value:?}]")?,
                Source::Operand(steps) => {
                    f.write_str(" [")?;
                    for (i, Steps { dim, start, by }) in steps.iter().enumerate() {
                        let comma = if i == 0 { "" } else { ", " };
                        write!(f, "{comma}{dim}")?;
                        if *start != 0 || *by != 1 {
                            write!(f, ":{start}{by:+}")?;
                        }
                    }
                    f.write_str("]")?;
                }
            }
        }
        Ok(())
    }
}
