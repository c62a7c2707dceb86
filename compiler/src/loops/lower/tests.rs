use super::*;
use crate::graph::{Builder, Mode, Type};
use crate::loops::pieces::Pieces;
use crate::ops::conv::Conv as ConvOp;
use crate::ops::geometry::Window;
use crate::ops::relu::Relu;

/// Steps of 2^30 rows over a tensor of 2^40 bytes: an address before padding is left out would exceed i64.
#[test]
fn padding_beyond_the_address_space_is_refused() {
    let far = 1 << 30;
    let window = Window { kernel: [1, 1], stride: [far, far], pad: [far, 0, far, 0], dilation: [1, 1] };
    let mut b = Builder::new("far", Mode::Infer);
    let x = b.input("x", Type::f32([1, 4, 1, 1 << 36]));
    let weight = b.param("weight", Type::f32([1, 4, 1, 1]), false).unwrap();
    let y = b.node("y", ConvOp { window, groups: 1 }.into(), vec![x, weight]).unwrap();
    b.output("output", y[0]);
    assert_eq!(lower(&b.finish()), Err(LowerError::TooLarge { what: "the padded input %x#2".to_string() }));
}

/// Stages that hand a temporary on under another shape: it is the same memory, whether an operand, a temporary or the result has it too.
#[test]
fn reshapes_between_stages_are_aliases() {
    let mut b = Builder::new("shapes", Mode::Infer);
    let x = b.input("x", Type::f32([4, 6]));
    let y = b.node("y", Relu.into(), vec![x]).unwrap();
    b.output("output", y[0]);
    let graph = b.finish();
    let stage = |kind: Kind, from: Place, write: Place| Stage { kind, reads: vec![from], write };
    let turn = |from: &[usize]| Kind::Copy(Pieces::transpose(from, &[1, 0]));
    let stages = vec![
        stage(Kind::Reshape, Place::Input(0), Place::Temp(0)),
        stage(turn(&[3, 8]), Place::Temp(0), Place::Temp(1)),
        stage(Kind::Reshape, Place::Temp(1), Place::Temp(2)),
        stage(turn(&[12, 2]), Place::Temp(2), Place::Temp(3)),
        stage(Kind::Reshape, Place::Temp(3), Place::Result(0)),
    ];
    let temps = [[3, 8], [8, 3], [12, 2], [2, 12]].map(Type::f32).to_vec();
    let mut lowering = Lower::new(&graph).unwrap();
    lowering.stages(&graph.nodes[0], &Lowering { temps, stages }).unwrap();
    lowering.outputs().unwrap();
    let mut program = lowering.program;
    plan::plan(&mut program).unwrap();
    assert_eq!(verify::verify(&program), Ok(()));
    assert_eq!(program.regions.len(), 1);
    assert_eq!(program.regions[0].nests.len(), 2);
    let aliases: Vec<&str> = program.buffers.iter().filter(|b| b.alias.is_some()).map(|b| b.name.as_str()).collect();
    assert_eq!(aliases, ["%y.temp0", "%y.temp2", "%y"]);
    // One temporary in the arena, the other is the output.
    assert_eq!(program.arena_bytes, (24_usize * 4).next_multiple_of(plan::ALIGN));
}

/// Nodes that no input has a part in make no loops.
#[test]
fn what_is_computed_from_weights_is_packed() {
    use crate::ops::{dense::Dense, relu::Relu};
    let mut b = Builder::new("computed", Mode::Infer);
    let x = b.input("x", Type::f32([1, 4]));
    let w = b.param("w", Type::f32([2, 4]), false).unwrap();
    let positive = b.node("positive", Relu.into(), vec![w]).unwrap()[0];
    let y = b.node("y", Dense.into(), vec![x, positive]).unwrap();
    b.output("y", y[0]);
    let program = lower(&b.finish()).unwrap();
    let regions: Vec<&str> = program.regions.iter().map(|region| region.name.as_str()).collect();
    assert_eq!((regions, program.constants.len(), program.packs.len()), (vec!["y"], 1, 1));
}
