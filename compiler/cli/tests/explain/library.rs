//! The `rust` blocks of the texts, as functions: each module holds one text's, word for word.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rebirth_compiler::graph;
use rebirth_compiler::pipeline::{CompileError, compile};
use rebirth_compiler::resolve::parse_setting;
use rebirth_compiler::weights;
use rebirth_lang::{Diagnostic, Report, Source, parse};
use rebirth_runtime::image::{Filter, ImageSpec, Order, Resize};
use rebirth_runtime::weights::{WeightsFile, write_weights};
use rebirth_runtime::{DType, Session, Tensor};

/// Nothing, or the code of what went wrong.
pub(crate) type Outcome = Result<(), Failed>;

/// The code of an error.
#[derive(Debug, PartialEq)]
pub(crate) struct Failed(pub(crate) String);

impl From<Diagnostic> for Failed {
    fn from(diagnostic: Diagnostic) -> Failed {
        Failed(diagnostic.code.to_owned())
    }
}

impl From<Report> for Failed {
    fn from(report: Report) -> Failed {
        Failed(report.diagnostics().map(|diagnostic| diagnostic.code).collect::<Vec<_>>().join(" "))
    }
}

impl From<CompileError> for Failed {
    fn from(error: CompileError) -> Failed {
        Failed(error.code().to_owned())
    }
}

impl From<rebirth_runtime::Error> for Failed {
    fn from(error: rebirth_runtime::Error) -> Failed {
        Failed(error.code().to_owned())
    }
}

/// The two functions of a text.
pub(crate) struct Example {
    pub(crate) code: &'static str,
    pub(crate) wrong: fn() -> Outcome,
    pub(crate) right: fn() -> Outcome,
}

macro_rules! examples {
    ($($code:literal $module:ident)*) => {
        /// In the order of codes.
        pub(crate) const EXAMPLES: &[Example] =
            &[$(Example { code: $code, wrong: $module::wrong, right: $module::right }),*];
    };
}

examples! {
    "E0101" e0101
    "E0229" e0229
    "E0409" e0409
    "E0410" e0410
    "E0525" e0525
    "E0526" e0526
    "E0541" e0541
    "E0542" e0542
    "E0543" e0543
    "E0544" e0544
    "E0601" e0601
    "E0614" e0614
    "E0701" e0701
    "E0705" e0705
    "E0708" e0708
    "E0802" e0802
    "E0803" e0803
    "E0805" e0805
    "E0806" e0806
    "E0811" e0811
    "E0812" e0812
}

/// A dense layer from four numbers to two.
const LINE: &str = "graph @line infer (%x: f32[1,4]) -> (y: f32[1,2]) {
  param @fc.weight: f32[2,4]
  %y = dense %x, @fc.weight : f32[1,2]
  return %y
}
";

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples")
}

fn spec() -> ImageSpec {
    ImageSpec {
        resize: Resize::Crop,
        filter: Filter::Bilinear,
        crop: 1.0,
        order: Order::Rgb,
        range: 1.0,
        mean: vec![0.485, 0.456, 0.406],
        std: vec![0.229, 0.224, 0.225],
        height: 224,
        width: 224,
    }
}

fn session() -> Result<Session, Failed> {
    let graph = graph::parse(LINE)?;
    let module = compile(&graph, &weights::random(&graph, 1)?, "native")?;
    Ok(Session::new(Arc::new(module))?)
}

mod e0101 {
    use super::*;

    pub(super) fn wrong() -> Outcome {
        let layer = "    let y = x |> conv(64, 3, pad: 1) |> relu\n";
        let text = format!("net deep(x: f32[n, 64, 8, 8]) -> f32[n, 64, 8, 8] {{\n{}    x\n}}", layer.repeat(10_000));
        parse(&Source::new("deep.net", text))?;
        Ok(())
    }

    pub(super) fn right() -> Outcome {
        let text = "net deep(x: f32[n, 64, 8, 8]) -> f32[n, 64, 8, 8] {
            for i in 0..10 with x = x { x |> conv(64, 3, pad: 1) |> relu }
        }";
        parse(&Source::new("deep.net", text))?;
        Ok(())
    }
}

mod e0229 {
    use super::*;

    pub(super) fn wrong() -> Outcome {
        parse_setting("classes")?;
        Ok(())
    }

    pub(super) fn right() -> Outcome {
        parse_setting("classes=10")?;
        Ok(())
    }
}

mod e0409 {
    use super::*;

    pub(super) fn wrong() -> Outcome {
        let path = &samples().join("mnist.safetensors");
        let file = WeightsFile::open(path)?;
        file.to_f32("conv1.kernel")?;
        Ok(())
    }

    pub(super) fn right() -> Outcome {
        let path = &samples().join("mnist.safetensors");
        let file = WeightsFile::open(path)?;
        file.to_f32("conv1.weight")?;
        Ok(())
    }
}

mod e0410 {
    use super::*;

    pub(super) fn wrong() -> Outcome {
        let folder = tempfile::tempdir().unwrap();
        let path = &folder.path().join("bn.safetensors");
        let variance = Tensor::new([2], vec![0.5, 100_000.0])?;
        write_weights(path, &[("bn.running_var", &variance)], DType::F16)?;
        Ok(())
    }

    pub(super) fn right() -> Outcome {
        let folder = tempfile::tempdir().unwrap();
        let path = &folder.path().join("bn.safetensors");
        let variance = Tensor::new([2], vec![0.5, 100_000.0])?;
        write_weights(path, &[("bn.running_var", &variance)], DType::F32)?;
        Ok(())
    }
}

mod e0525 {
    use super::*;

    pub(super) fn wrong() -> Outcome {
        let spec = spec();
        let spec = ImageSpec { order: Order::Gray, mean: vec![0.485, 0.456, 0.406], std: vec![0.3], ..spec };
        spec.check()?;
        Ok(())
    }

    pub(super) fn right() -> Outcome {
        let spec = spec();
        let spec = ImageSpec { order: Order::Gray, mean: vec![0.449], std: vec![0.3], ..spec };
        spec.check()?;
        Ok(())
    }
}

mod e0526 {
    use super::*;

    pub(super) fn wrong() -> Outcome {
        let spec = spec();
        let spec = ImageSpec { crop: 224.0, ..spec };
        spec.check()?;
        Ok(())
    }

    pub(super) fn right() -> Outcome {
        let spec = spec();
        let spec = ImageSpec { crop: 0.875, ..spec };
        spec.check()?;
        Ok(())
    }
}

mod e0541 {
    use super::*;

    pub(super) fn wrong() -> Outcome {
        Tensor::new([1, 3, 2, 2], vec![0.0; 3 * 2])?;
        Ok(())
    }

    pub(super) fn right() -> Outcome {
        Tensor::new([1, 3, 2, 2], vec![0.0; 3 * 2 * 2])?;
        Ok(())
    }
}

mod e0542 {
    use super::*;

    pub(super) fn wrong() -> Outcome {
        Tensor::zeros([1 << 20, 1 << 20])?;
        Ok(())
    }

    pub(super) fn right() -> Outcome {
        Tensor::zeros([1 << 10, 1 << 10])?;
        Ok(())
    }
}

mod e0543 {
    use super::*;

    pub(super) fn wrong() -> Outcome {
        "float32".parse::<DType>()?;
        Ok(())
    }

    pub(super) fn right() -> Outcome {
        "f32".parse::<DType>()?;
        Ok(())
    }
}

mod e0544 {
    use super::*;

    pub(super) fn wrong() -> Outcome {
        Tensor::zeros_of(DType::BF16, [4])?;
        Ok(())
    }

    pub(super) fn right() -> Outcome {
        Tensor::zeros_of(DType::F32, [4])?;
        Ok(())
    }
}

mod e0601 {
    use super::*;

    pub(super) fn wrong() -> Outcome {
        let text = "// a comment\n".repeat(6_000_000);
        graph::parse(&text)?;
        Ok(())
    }

    pub(super) fn right() -> Outcome {
        let text = "graph @id infer (%x: f32[1,4]) -> (y: f32[1,4]) {\n  return %x\n}\n";
        graph::parse(text)?;
        Ok(())
    }
}

mod e0614 {
    use super::*;

    pub(super) fn wrong() -> Outcome {
        let nodes: String = (0..=1_000_000).map(|i| format!("  %r{i} = relu %x : f32[1]\n")).collect();
        graph::parse(&format!("graph @g infer (%x: f32[1]) -> (y: f32[1]) {{\n{nodes}  return %x\n}}\n"))?;
        Ok(())
    }

    pub(super) fn right() -> Outcome {
        let nodes: String = (0..10).map(|i| format!("  %r{i} = relu %x : f32[1]\n")).collect();
        graph::parse(&format!("graph @g infer (%x: f32[1]) -> (y: f32[1]) {{\n{nodes}  return %x\n}}\n"))?;
        Ok(())
    }
}

mod e0701 {
    use super::*;

    pub(super) fn wrong() -> Outcome {
        let mut graph = graph::parse(LINE)?;
        graph.nodes.clear();
        compile(&graph, &weights::random(&graph, 1)?, "native")?;
        Ok(())
    }

    pub(super) fn right() -> Outcome {
        let graph = graph::parse(LINE)?;
        compile(&graph, &weights::random(&graph, 1)?, "native")?;
        Ok(())
    }
}

mod e0705 {
    use super::*;

    pub(super) fn wrong() -> Outcome {
        let graph = graph::parse(LINE)?;
        compile(&graph, &weights::random(&graph, 1)?, "znver4")?;
        Ok(())
    }

    pub(super) fn right() -> Outcome {
        let graph = graph::parse(LINE)?;
        compile(&graph, &weights::random(&graph, 1)?, "native")?;
        Ok(())
    }
}

mod e0708 {
    use super::*;

    pub(super) fn wrong() -> Outcome {
        let graph = graph::parse(LINE)?;
        compile(&graph, &[vec![0.5; 4]], "native")?;
        Ok(())
    }

    pub(super) fn right() -> Outcome {
        let graph = graph::parse(LINE)?;
        compile(&graph, &[vec![0.5; 8]], "native")?;
        Ok(())
    }
}

mod e0802 {
    use super::*;

    pub(super) fn wrong() -> Outcome {
        let mut session = session()?;
        // `session` runs a net with one input, x: f32[1, 4].
        session.run(&[&Tensor::zeros([8, 4])?])?;
        Ok(())
    }

    pub(super) fn right() -> Outcome {
        let mut session = session()?;
        // `session` runs a net with one input, x: f32[1, 4].
        session.run(&[&Tensor::zeros([1, 4])?])?;
        Ok(())
    }
}

mod e0803 {
    use super::*;

    pub(super) fn wrong() -> Outcome {
        let mut session = session()?;
        // `session` runs a net with one input, x: f32[1, 4].
        session.run_named(&[("image", &Tensor::zeros([1, 4])?)])?;
        Ok(())
    }

    pub(super) fn right() -> Outcome {
        let mut session = session()?;
        // `session` runs a net with one input, x: f32[1, 4].
        session.run_named(&[("x", &Tensor::zeros([1, 4])?)])?;
        Ok(())
    }
}

mod e0805 {
    use super::*;

    pub(super) fn wrong() -> Outcome {
        let mut session = session()?;
        // `session` runs a net with one input, x: f32[1, 4], and one output, f32[1, 2].
        session.run_into(&[&Tensor::zeros([1, 4])?], &mut [])?;
        Ok(())
    }

    pub(super) fn right() -> Outcome {
        let mut session = session()?;
        // `session` runs a net with one input, x: f32[1, 4], and one output, f32[1, 2].
        session.run_into(&[&Tensor::zeros([1, 4])?], &mut [Tensor::zeros([1, 2])?])?;
        Ok(())
    }
}

mod e0806 {
    use super::*;

    pub(super) fn wrong() -> Outcome {
        let mut session = session()?;
        // `session` runs a net with one input, x: f32[1, 4], and one output, f32[1, 2].
        session.run_into(&[&Tensor::zeros([1, 4])?], &mut [Tensor::zeros([2])?])?;
        Ok(())
    }

    pub(super) fn right() -> Outcome {
        let mut session = session()?;
        // `session` runs a net with one input, x: f32[1, 4], and one output, f32[1, 2].
        session.run_into(&[&Tensor::zeros([1, 4])?], &mut [Tensor::zeros([1, 2])?])?;
        Ok(())
    }
}

mod e0811 {
    use super::*;

    pub(super) fn wrong() -> Outcome {
        let mut session = session()?;
        // `session` runs a net with one input, x: f32[1, 4].
        session.run(&[&Tensor::new([1, 4], vec![0_u8; 4])?])?;
        Ok(())
    }

    pub(super) fn right() -> Outcome {
        let mut session = session()?;
        // `session` runs a net with one input, x: f32[1, 4].
        session.run(&[&Tensor::new([1, 4], vec![0_f32; 4])?])?;
        Ok(())
    }
}

mod e0812 {
    use super::*;

    pub(super) fn wrong() -> Outcome {
        let mut session = session()?;
        // `session` runs a net with one input, x: f32[1, 4], and one output, f32[1, 2].
        let mut outputs = [Tensor::zeros_of(DType::I64, [1, 2])?];
        session.run_into(&[&Tensor::zeros([1, 4])?], &mut outputs)?;
        Ok(())
    }

    pub(super) fn right() -> Outcome {
        let mut session = session()?;
        // `session` runs a net with one input, x: f32[1, 4], and one output, f32[1, 2].
        let mut outputs = [Tensor::zeros_of(DType::F32, [1, 2])?];
        session.run_into(&[&Tensor::zeros([1, 4])?], &mut outputs)?;
        Ok(())
    }
}
