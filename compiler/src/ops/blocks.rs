//! Pixels of a square block as channels, and back: what `depth_to_space` and `space_to_depth` share.

use super::call::{ArgKind, ArgSpec, AttrReader, Default};
use super::value::Bounded;
use super::{Attr, Attributes, Call, CallError, Mismatch, moves, shapes};
use crate::extent::Extent;
use crate::graph::Type;

/// How the channels of one block lie: all of its first pixel first, or all pixels of the first channel first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Depth, column, row: channel (y * block + x) * channels + c, ONNX's default.
    Dcr,
    /// Column, row, depth: channel (c * block + y) * block + x, as PyTorch's `pixel_shuffle` and `pixel_unshuffle`.
    Crd,
}

const ORDERS: [(&str, Order); 2] = [("dcr", Order::Dcr), ("crd", Order::Crd)];

/// The arguments of both.
pub const ARGS: &[ArgSpec] = &[
    ArgSpec { name: "block", kind: ArgKind::Int, default: Default::Required, doc: "height and width of a block" },
    ArgSpec {
        name: "mode",
        kind: ArgKind::Word(&["dcr", "crd"]),
        default: Default::Word("dcr"),
        doc: "channels of a pixel together, or pixels of a channel (PyTorch's order)",
    },
];

/// Blocks of pixels and the order of their channels.
#[derive(Clone, Debug, PartialEq)]
pub struct Blocks {
    /// Height and width.
    pub block: usize,
    /// How channels lie.
    pub order: Order,
}

/// Most pixels on a side of a block: its square is far from overflow.
const MAX_BLOCK: usize = 1 << 15;

impl Blocks {
    /// The channel of the deep tensor that holds channel `c` of `channels` at pixel (y, x) of a block.
    pub fn channel(&self, channels: usize, c: usize, y: usize, x: usize) -> usize {
        match self.order {
            Order::Dcr => (y * self.block + x) * channels + c,
            Order::Crd => (c * self.block + y) * self.block + x,
        }
    }

    /// The deep tensor of `channels` times the square of the block, in rank 6, and which of its dimensions are channels, and rows and
    /// columns within a block.
    pub fn deep(&self, n: usize, channels: usize, h: usize, w: usize) -> ([usize; 6], [usize; 3]) {
        let b = self.block;
        match self.order {
            Order::Dcr => ([n, b, b, channels, h, w], [3, 1, 2]),
            Order::Crd => ([n, channels, b, b, h, w], [1, 2, 3]),
        }
    }

    /// From a call.
    ///
    /// # Errors
    /// The block is out of range.
    pub fn from_call(call: &Call<'_>) -> Result<Blocks, CallError> {
        let block = call.int("block", 1)?;
        if block > MAX_BLOCK {
            return Err(CallError::argument("block", format!("`block` must be at most {MAX_BLOCK}, not {block}")));
        }
        let word = call.word("mode")?;
        let order = ORDERS.iter().find(|(name, _)| *name == word).map_or(Order::Dcr, |(_, order)| *order);
        Ok(Blocks { block, order })
    }

    /// From graph text.
    ///
    /// # Errors
    /// An attribute is missing or out of range.
    pub fn from_attributes(attributes: &mut AttrReader) -> Result<Blocks, String> {
        let (block, order) = (attributes.int("block")?, attributes.word("mode", &ORDERS)?);
        if (1..=MAX_BLOCK).contains(&block) {
            Ok(Blocks { block, order })
        } else {
            Err(format!("attribute `block` must be from 1 to {MAX_BLOCK}"))
        }
    }

    /// Attributes of graph text.
    pub fn attributes(&self) -> Attributes {
        let mode = if self.order == Order::Dcr { "dcr" } else { "crd" };
        vec![("block", Attr::Int(self.block as i64)), ("mode", Attr::Word(mode.to_string()))]
    }

    /// The type that `depth_to_space` makes.
    ///
    /// # Errors
    /// The channels are no multiple of the block's pixels.
    pub fn spread<D: Extent>(&self, x: &Type<D>) -> Result<Type<D>, Mismatch> {
        let [n, c, h, w] = shapes::image("depth_to_space", x)?;
        let pixels = self.block * self.block;
        let Some(channels) = moves::divided(&c, pixels) else {
            let message = format!("{c} channels of {x} are no multiple of the {pixels} pixels of a block");
            return Err(Mismatch::new(message)
                .at([0])
                .help(format!("a convolution before it makes {pixels} channels for each that is to be left")));
        };
        let block = D::constant(self.block);
        let (Some(height), Some(width)) = (h.times(&block), w.times(&block)) else {
            return Err(Mismatch::new(format!("{x} is too large to compute with")).at([0]));
        };
        shapes::fits(Type { dtype: x.dtype, shape: vec![n, channels, height, width] })
    }

    /// The type that `space_to_depth` makes.
    ///
    /// # Errors
    /// Height or width are no multiple of the block.
    pub fn gather<D: Extent>(&self, x: &Type<D>) -> Result<Type<D>, Mismatch> {
        let [n, c, h, w] = shapes::image("space_to_depth", x)?;
        let steps = |name: &str, extent: &D| {
            moves::divided(extent, self.block).ok_or_else(|| {
                let help = moves::divided_if(extent, self.block);
                Mismatch::new(format!("the {name} {extent} of {x} is no multiple of {}, the block", self.block))
                    .at([0])
                    .help(help.unwrap_or_else(|| "`pad` adds rows and columns, `slice` leaves some out".to_string()))
            })
        };
        let (height, width) = (steps("height", &h)?, steps("width", &w)?);
        let Some(channels) = c.times(&D::constant(self.block * self.block)) else {
            return Err(Mismatch::new(format!("{x} is too large to compute with")).at([0]));
        };
        shapes::fits(Type { dtype: x.dtype, shape: vec![n, channels, height, width] })
    }

    /// `depth_to_space` of a value.
    pub fn spread_value(&self, x: &Bounded) -> Bounded {
        let (block, channels) = (self.block, x.shape[1] / (self.block * self.block));
        let shape = [x.shape[0], channels, x.shape[2] * block, x.shape[3] * block];
        moves::moved(x, &shape, |at| {
            vec![at[0], self.channel(channels, at[1], at[2] % block, at[3] % block), at[2] / block, at[3] / block]
        })
    }
}
