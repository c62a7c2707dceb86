//! The attributes that convolutions and pools share.

use super::super::codes;
use super::super::error::OnnxError;
use super::super::importer::Arguments;
use super::super::node::Node;
use super::directions;
use crate::ops::ArgValue;
use crate::ops::call::MAX_ATTRIBUTE;

/// A window over spatial dimensions.
#[derive(Clone, Debug)]
pub(super) struct Window {
    pub(super) kernel: Vec<usize>,
    pub(super) stride: Vec<usize>,
    pub(super) dilation: Vec<usize>,
    /// Before the first element of each dimension.
    pub(super) before: Vec<usize>,
    /// Behind the last.
    pub(super) behind: Vec<usize>,
}

/// A list of integers of this length, from `low`.
pub(super) fn sizes(node: &Node<'_>, name: &str, count: usize, low: i64) -> Result<Option<Vec<usize>>, OnnxError> {
    let Some(list) = node.ints(name)? else { return Ok(None) };
    let fits = list.len() == count && list.iter().all(|&value| (low..=MAX_ATTRIBUTE).contains(&value));
    if !fits {
        return Err(node.bad_attribute(name, format!("{list:?}"), &format!("{count} integers from {low}")));
    }
    Ok(Some(list.iter().map(|&value| value as usize).collect()))
}

/// The number of spatial dimensions of an operand of this shape, from one to `most`.
fn spatial(node: &Node<'_>, shape: &[usize], most: usize) -> Result<usize, OnnxError> {
    let dims = shape.len().checked_sub(2).filter(|dims| (1..=most).contains(dims));
    dims.ok_or_else(|| node.unsupported(format!("on tensors of {} dimensions", shape.len())))
}

impl Window {
    /// Reads the attributes; the kernel is as the weight says where there is one. Pools, which have none, may be over three dimensions.
    pub(super) fn read(node: &Node<'_>, x: &[usize], weight: Option<&[usize]>) -> Result<Window, OnnxError> {
        let dims = spatial(node, x, if weight.is_some() { 2 } else { 3 })?;
        let input = &x[2..];
        let given = sizes(node, "kernel_shape", dims, 1)?;
        let kernel = match (given, weight.map(|shape| shape.get(2..).unwrap_or_default())) {
            (_, Some(shape)) if shape.len() != dims => {
                let message = format!("its weight has {} spatial dimensions, its operand {dims}", shape.len());
                let help = "the model's shapes do not fit each other: export it again";
                return Err(node.error(codes::OPERANDS, message, help));
            }
            (Some(given), Some(shape)) if given != shape => {
                return Err(node.bad_attribute(
                    "kernel_shape",
                    format!("{given:?}"),
                    &format!("as the weight, {shape:?}"),
                ));
            }
            (Some(given), _) => given,
            (None, Some(shape)) => shape.to_vec(),
            (None, None) => return Err(node.bad_attribute("kernel_shape", "missing", "given")),
        };
        let stride = sizes(node, "strides", dims, 1)?.unwrap_or_else(|| vec![1; dims]);
        let dilation = sizes(node, "dilations", dims, 1)?.unwrap_or_else(|| vec![1; dims]);
        let (mut before, mut behind) = (vec![0; dims], vec![0; dims]);
        match node.string("auto_pad", "NOTSET")?.as_str() {
            "NOTSET" => {
                if let Some(pads) = sizes(node, "pads", 2 * dims, 0)? {
                    before.copy_from_slice(&pads[..dims]);
                    behind.copy_from_slice(&pads[dims..]);
                }
            }
            "VALID" => node.ignore(&["pads"]),
            same @ ("SAME_UPPER" | "SAME_LOWER") => {
                node.ignore(&["pads"]);
                for d in 0..dims {
                    let span = (kernel[d] - 1).saturating_mul(dilation[d]).saturating_add(1);
                    let covered = (input[d].div_ceil(stride[d]).saturating_sub(1)).saturating_mul(stride[d]);
                    let total = covered.saturating_add(span).saturating_sub(input[d]);
                    let small = total / 2;
                    let (first, last) =
                        if same == "SAME_UPPER" { (small, total - small) } else { (total - small, small) };
                    (before[d], behind[d]) = (first, last);
                }
            }
            other => {
                let wanted = "NOTSET, VALID, SAME_UPPER or SAME_LOWER";
                return Err(node.bad_attribute("auto_pad", format!("`{other}`"), wanted));
            }
        }
        Ok(Window { kernel, stride, dilation, before, behind })
    }

    /// The window in some of its dimensions.
    pub(super) fn part(&self, dims: std::ops::Range<usize>) -> Window {
        let part = |list: &[usize]| list.get(dims.clone()).unwrap_or_default().to_vec();
        Window {
            kernel: part(&self.kernel),
            stride: part(&self.stride),
            dilation: part(&self.dilation),
            before: part(&self.before),
            behind: part(&self.behind),
        }
    }

    /// The window over one dimension as one over two, of which the second stays as it is.
    pub(super) fn upright(mut self) -> Window {
        [&mut self.kernel, &mut self.stride, &mut self.dilation].into_iter().for_each(|list| list.push(1));
        [&mut self.before, &mut self.behind].into_iter().for_each(|list| list.push(0));
        self
    }

    /// Whether the window is one element that moves by one.
    pub(super) fn is_point(&self) -> bool {
        let ones = |list: &[usize]| list.iter().all(|&value| value == 1);
        ones(&self.kernel) && ones(&self.stride) && !self.is_padded()
    }

    pub(super) fn is_padded(&self) -> bool {
        self.before.iter().chain(&self.behind).any(|&pad| pad > 0)
    }

    /// `kernel`, `stride` and `pad`.
    pub(super) fn arguments(&self) -> Arguments {
        let pad: ArgValue = match self.before == self.behind {
            true => directions(&self.before),
            false => super::list(&[self.before.as_slice(), &self.behind].concat()),
        };
        vec![("kernel", directions(&self.kernel)), ("stride", directions(&self.stride)), ("pad", pad)]
    }
}
