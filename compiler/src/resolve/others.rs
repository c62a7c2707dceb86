//! What other frameworks call arguments and layers, for "did you mean".

/// Names of arguments elsewhere, and here.
const ARGUMENTS: &[(&str, &str)] = &[
    ("bias_term", "bias"),
    ("ceil_mode", "ceil"),
    ("depth_radius", "size"),
    ("dilation_rate", "dilation"),
    ("dilations", "dilation"),
    ("dim", "axis"),
    ("drop_prob", "p"),
    ("epsilon", "eps"),
    ("filters", "out"),
    ("group", "groups"),
    ("kernel_shape", "kernel"),
    ("kernel_size", "kernel"),
    ("keepdim", "keep"),
    ("keepdims", "keep"),
    ("local_size", "size"),
    ("num_groups", "groups"),
    ("num_output", "out"),
    ("out_channels", "out"),
    ("out_features", "out"),
    ("output_padding", "output_pad"),
    ("padding", "pad"),
    ("pads", "pad"),
    ("pool_size", "kernel"),
    ("rate", "p"),
    ("ratio", "p"),
    ("strides", "stride"),
    ("units", "out"),
    ("use_bias", "bias"),
];

/// Names of layers elsewhere as [`plain`] spells them, and here.
const LAYERS: &[(&str, &str)] = &[
    ("adaptiveavgpool", "global_avg_pool"),
    ("averagepool", "avg_pool"),
    ("averagepooling", "avg_pool"),
    ("batchnormalization", "batch_norm"),
    ("bmm", "matmul"),
    ("bn", "batch_norm"),
    ("cat", "concat"),
    ("concatenate", "concat"),
    ("convolution", "conv"),
    ("convolutiontranspose", "conv_transpose"),
    ("deconv", "conv_transpose"),
    ("deconvolution", "conv_transpose"),
    ("fc", "dense"),
    ("fullyconnected", "dense"),
    ("gap", "global_avg_pool"),
    ("gemm", "dense"),
    ("globalaveragepool", "global_avg_pool"),
    ("globalaveragepooling", "global_avg_pool"),
    ("groupnormalization", "group_norm"),
    ("innerproduct", "dense"),
    ("instancenormalization", "instance_norm"),
    ("layernormalization", "layer_norm"),
    ("linear", "dense"),
    ("lpnormalization", "l2_normalize"),
    ("localresponsenorm", "lrn"),
    ("localresponsenormalization", "lrn"),
    ("maxpooling", "max_pool"),
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

/// A name in lower case, without `_` and without the `1d` or `2d` at its end.
fn plain(name: &str) -> String {
    let plain: String = name.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect();
    plain.strip_suffix("2d").or_else(|| plain.strip_suffix("1d")).map_or(plain.clone(), str::to_string)
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
            ("Conv1d", Some("conv")),
            ("ConvTranspose2d", Some("conv_transpose")),
            ("ReLU", Some("relu")),
            ("MaxPool2d", Some("max_pool")),
            ("MaxPooling2D", Some("max_pool")),
            ("BatchNorm2d", Some("batch_norm")),
            ("Linear", Some("dense")),
            ("AdaptiveAvgPool2d", Some("global_avg_pool")),
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
