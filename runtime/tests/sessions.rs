//! Sessions call the entry with what the description promises, and refuse what does not match it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/module.rs"]
mod support;

use std::sync::Arc;

use rebirth_runtime::{AlignedBuffer, DType, Error, Module, Session, Tensor};
use support::{description, module, port, sum_and_count};

fn tensor(shape: &[usize], values: &[f32]) -> Tensor {
    Tensor::new(shape, values.to_vec()).unwrap()
}

fn check(result: Result<impl Sized, Error>) -> String {
    let Err(error) = result else { panic!("an error is expected") };
    let help = error.help().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    format!("{}: {error}{help}", error.code())
}

#[test]
fn run_passes_inputs_weights_and_arena() {
    let mut session = Session::new(Arc::new(module())).unwrap();
    let (a, b) = (tensor(&[2, 2], &[1.0, 2.0, 3.0, 4.0]), tensor(&[4], &[10.0, 20.0, 30.0, 40.0]));
    for call in 1..=3 {
        let outputs = session.run(&[&a, &b]).unwrap();
        // Sums of the elements with the weight 0.5 added, and the calls that the arena has counted.
        assert_eq!(outputs, [tensor(&[4], &[11.5, 22.5, 33.5, 44.5]), tensor(&[], &[call as f32])]);
    }
}

#[test]
fn sessions_share_the_module_and_not_the_arena() {
    let module = Arc::new(module());
    let (a, b) = (tensor(&[2, 2], &[0.0; 4]), tensor(&[4], &[0.0; 4]));
    let counts: Vec<f32> = std::thread::scope(|scope| {
        let run = || {
            let mut session = Session::new(Arc::clone(&module)).unwrap();
            session.run(&[&a, &b]).unwrap();
            session.run(&[&a, &b]).unwrap()[1].data()[0]
        };
        let threads = [scope.spawn(run), scope.spawn(run)];
        threads.map(|thread| thread.join().unwrap()).to_vec()
    });
    assert_eq!(counts, [2.0, 2.0]);
}

#[test]
fn a_session_can_move_to_another_thread() {
    let mut session = Session::new(Arc::new(module())).unwrap();
    let (a, b) = (tensor(&[2, 2], &[1.0; 4]), tensor(&[4], &[1.0; 4]));
    session.run(&[&a, &b]).unwrap();
    let outputs = std::thread::spawn(move || session.run(&[&a, &b]).unwrap()).join().unwrap();
    assert_eq!(outputs[1].data(), [2.0]);
}

#[test]
fn inputs_by_name_in_any_order() {
    let mut session = Session::new(Arc::new(module())).unwrap();
    let (a, b) = (tensor(&[2, 2], &[1.0; 4]), tensor(&[4], &[2.0; 4]));
    let outputs = session.run_named(&[("second", &b), ("first", &a)]).unwrap();
    assert_eq!(outputs[0].data(), [3.5; 4]);
    insta::assert_snapshot!(check(session.run_named(&[("secnd", &b), ("first", &a)])), @r"
    E0803: the module has no input `secnd`; its inputs are `first`, `second`
    help: did you mean `second`?
    ");
    insta::assert_snapshot!(check(session.run_named(&[("first", &a), ("first", &a)])), @r"
    E0804: the input `first` is given twice
    help: give each input once
    ");
    insta::assert_snapshot!(check(session.run_named(&[("first", &a)])), @"E0801: the module takes 2 inputs (`first`, `second`), but 1 was given");
}

#[test]
fn inputs_and_outputs_that_do_not_match() {
    let mut session = Session::new(Arc::new(module())).unwrap();
    let (a, b) = (tensor(&[2, 2], &[1.0; 4]), tensor(&[4], &[2.0; 4]));
    insta::assert_snapshot!(check(session.run(&[&a])), @"E0801: the module takes 2 inputs (`first`, `second`), but 1 was given");
    insta::assert_snapshot!(check(session.run(&[&a, &b, &b])), @"E0801: the module takes 2 inputs (`first`, `second`), but 3 were given");
    insta::assert_snapshot!(check(session.run(&[&b, &b])), @r"
    E0802: the input `first` has shape [4], but the module expects [2, 2]
    help: pass data of the expected shape, or compile the network for this one
    ");
    insta::assert_snapshot!(check(session.run_into(&[&a, &b], &mut [])), @"E0805: the module gives 2 outputs (`sum`, `count`), but room for 0 was given");
    let mut outputs = [b.clone(), tensor(&[1], &[0.0])];
    insta::assert_snapshot!(check(session.run_into(&[&a, &b], &mut outputs)), @"E0806: the tensor for the output `count` has shape [1], but the module writes []");
    let bytes = Tensor::new([2, 2], vec![1_u8; 4]).unwrap();
    insta::assert_snapshot!(check(session.run(&[&bytes, &b])), @r"
    E0811: the input `first` holds u8, but the module expects f32
    help: convert it where it is made, or declare the input as u8 and `cast` it in the network
    ");
    let mut outputs = [b.clone(), bytes];
    insta::assert_snapshot!(check(session.run_into(&[&a, &b], &mut outputs)), @"E0812: the tensor for the output `count` holds u8, but the module writes f32");
    // None of these has run: the count in the arena is still 0.
    assert_eq!(session.run(&[&a, &b]).unwrap()[1].data(), [1.0]);
}

/// What a module of this description and these bytes of weights is refused with.
#[allow(unsafe_code)]
fn refusal(change: impl FnOnce(&mut rebirth_runtime::Description), weights: usize) -> String {
    let mut changed = description();
    change(&mut changed);
    let weights = AlignedBuffer::zeroed(weights, "the weights").unwrap();
    // SAFETY: the session is refused, so the entry is never called.
    let module = unsafe { Module::new(changed, weights, sum_and_count, Box::new(())) };
    check(Session::new(Arc::new(module)))
}

#[test]
fn modules_that_cannot_run() {
    insta::assert_snapshot!(refusal(|d| d.outputs[0].dtype = DType::F16, 4), @"E0807: `sum` is of type f16, which tensors are not of");
    insta::assert_snapshot!(refusal(|d| d.inputs.push(port("huge", &[1 << 40])), 4), @r"
    E0542: a tensor of type f32 and shape [1099511627776] is too large
    help: at most 8 dimensions and 1099511627776 bytes
    ");
    insta::assert_snapshot!(refusal(|_| (), 8), @"E0809: the module is described with 4 bytes of weights, but has 8");
    insta::assert_snapshot!(refusal(|d| d.arena_bytes = usize::MAX, 4), @"E0808: there is no memory for the arena: 18446744073709551615 bytes are needed");
    assert!(refusal(|d| d.cpu = "x86-64-v9".to_owned(), 4).starts_with("E0810: "));
}

/// The code outlives every session: it is dropped with the last reference to the module.
#[test]
#[allow(unsafe_code)]
fn the_code_lives_as_long_as_the_module() {
    struct Code(Arc<()>);
    let alive = Arc::new(());
    let mut weights = AlignedBuffer::zeroed(4, "the weights").unwrap();
    weights.as_f32_mut()[0] = 0.5;
    let code = Box::new(Code(Arc::clone(&alive)));
    assert_eq!(Arc::strong_count(&code.0), 2);
    // SAFETY: `sum_and_count` keeps within the buffers of `description`.
    let module = unsafe { Module::new(description(), weights, sum_and_count, code) };
    let session = Session::new(Arc::new(module)).unwrap();
    assert_eq!(Arc::strong_count(&alive), 2);
    drop(session);
    assert_eq!(Arc::strong_count(&alive), 1);
}
