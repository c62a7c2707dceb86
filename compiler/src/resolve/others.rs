//! What other frameworks call arguments and layers, for "did you mean".

/// Names of arguments elsewhere, and here.
const ARGUMENTS: &[(&str, &str)] = &[
    ("approximate", "tanh"),
    ("align_corners", "coordinates"),
    ("axes", "axis"),
    ("bias_term", "bias"),
    ("block_size", "block"),
    ("blocksize", "block"),
    ("ceil_mode", "ceil"),
    ("chunks", "parts"),
    ("depth_radius", "size"),
    ("dilation_rate", "dilation"),
    ("dilations", "dilation"),
    ("dim", "axis"),
    ("dims", "perm"),
    ("drop_prob", "p"),
    ("ends", "end"),
    ("epsilon", "eps"),
    ("filters", "out"),
    ("group", "groups"),
    ("kernel_shape", "kernel"),
    ("kernel_size", "kernel"),
    ("local_size", "size"),
    ("max_val", "max"),
    ("max_value", "max"),
    ("min_val", "min"),
    ("min_value", "min"),
    ("negative_slope", "slope"),
    ("num_output", "out"),
    ("out_channels", "out"),
    ("out_features", "out"),
    ("output_size", "size"),
    ("padding", "pad"),
    ("pads", "pad"),
    ("pool_size", "kernel"),
    ("rate", "p"),
    ("ratio", "p"),
    ("scale_factor", "scale"),
    ("scales", "scale"),
    ("starts", "start"),
    ("strides", "stride"),
    ("units", "out"),
    ("upscale_factor", "block"),
    ("use_bias", "bias"),
];

/// Names of layers elsewhere as [`plain`] spells them, and here.
const LAYERS: &[(&str, &str)] = &[
    ("adaptivemaxpool", "adaptive_max_pool"),
    ("averagepool", "avg_pool"),
    ("averagepooling", "avg_pool"),
    ("batchnormalization", "batch_norm"),
    ("bn", "batch_norm"),
    ("cat", "concat"),
    ("chunk", "split"),
    ("clamp", "clip"),
    ("clipbyvalue", "clip"),
    ("concatenate", "concat"),
    ("convolution", "conv"),
    ("divide", "div"),
    ("expanddims", "unsqueeze"),
    ("fc", "dense"),
    ("fullyconnected", "dense"),
    ("gap", "global_avg_pool"),
    ("gemm", "dense"),
    ("globalaveragepool", "global_avg_pool"),
    ("globalaveragepooling", "global_avg_pool"),
    ("globalmaxpooling", "global_max_pool"),
    ("hardtanh", "clip"),
    ("hsigmoid", "hard_sigmoid"),
    ("hswish", "hard_swish"),
    ("innerproduct", "dense"),
    ("interpolate", "resize"),
    ("linear", "dense"),
    ("ln", "log"),
    ("localresponsenorm", "lrn"),
    ("localresponsenormalization", "lrn"),
    ("logistic", "sigmoid"),
    ("maximum", "max"),
    ("maxpooling", "max_pool"),
    ("minimum", "min"),
    ("multiply", "mul"),
    ("permute", "transpose"),
    ("pixelshuffle", "depth_to_space"),
    ("pixelunshuffle", "space_to_depth"),
    ("power", "pow"),
    ("reflectionpad", "pad"),
    ("replicationpad", "pad"),
    ("shufflechannels", "channel_shuffle"),
    ("subtract", "sub"),
    ("swish", "silu"),
    ("upsample", "resize"),
    ("upsampling", "resize"),
    ("view", "reshape"),
    ("zeropad", "pad"),
];

/// The parameter among `params` that elsewhere has this name.
pub(super) fn argument<'c>(name: &str, params: &[&'c str]) -> Option<&'c str> {
    let (_, here) = ARGUMENTS.iter().find(|(elsewhere, _)| *elsewhere == name)?;
    params.iter().find(|param| *param == here).copied()
}

/// The callee that elsewhere has this name: one of `known` that differs in case and `_` only, or one of the table.
pub(super) fn layer<'c>(name: &str, known: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let name = plain(name);
    let same = known.into_iter().find(|known| plain(known) == name);
    same.or_else(|| LAYERS.iter().find(|(elsewhere, _)| *elsewhere == name).map(|(_, here)| *here))
}

/// A name in lower case, without `_` and without the `2d` at its end.
fn plain(name: &str) -> String {
    let plain: String = name.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect();
    plain.strip_suffix("2d").map_or(plain.clone(), str::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops;

    #[test]
    fn what_is_meant_exists() {
        for (elsewhere, here) in LAYERS {
            assert!(ops::find(here).is_some(), "{elsewhere}");
            assert_eq!(*elsewhere, plain(elsewhere));
        }
        for (elsewhere, here) in ARGUMENTS {
            let has = |entry: &ops::Entry| entry.signature.args.iter().any(|arg| arg.name == *here);
            assert!(ops::TABLE.iter().any(has), "{elsewhere}");
        }
    }

    #[test]
    fn layers() {
        let names = || ops::TABLE.iter().map(|entry| entry.signature.name);
        for (elsewhere, expected) in [
            ("Conv2d", Some("conv")),
            ("conv2d", Some("conv")),
            ("ReLU", Some("relu")),
            ("MaxPool2d", Some("max_pool")),
            ("MaxPooling2D", Some("max_pool")),
            ("BatchNorm2d", Some("batch_norm")),
            ("Linear", Some("dense")),
            ("AdaptiveAvgPool2d", Some("adaptive_avg_pool")),
            ("PixelShuffle", Some("depth_to_space")),
            ("Upsample", Some("resize")),
            ("Conv3d", None),
            ("LSTM", None),
        ] {
            assert_eq!(layer(elsewhere, names()), expected, "{elsewhere}");
        }
    }

    #[test]
    fn arguments() {
        for (elsewhere, params, expected) in [
            ("padding", ["kernel", "pad"], Some("pad")),
            ("padding", ["kernel", "stride"], None),
            ("kernel", ["kernel", "pad"], None),
        ] {
            assert_eq!(argument(elsewhere, &params), expected, "{elsewhere}");
        }
    }
}
