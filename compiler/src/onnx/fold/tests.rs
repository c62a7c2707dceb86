use super::number::{Binary, Number, Refusal, Unary};
use crate::onnx::tensor::Element;

/// What numpy makes of numbers of each type.
const NUMBERS: &str = include_str!("numbers.txt");

const TYPES: [(&str, Element); 13] = [
    ("f16", Element::F16),
    ("bf16", Element::BF16),
    ("f32", Element::F32),
    ("f64", Element::F64),
    ("u8", Element::U8),
    ("i8", Element::I8),
    ("u16", Element::U16),
    ("i16", Element::I16),
    ("u32", Element::U32),
    ("i32", Element::I32),
    ("u64", Element::U64),
    ("i64", Element::I64),
    ("bool", Element::Bool),
];

const BINARY: [(&str, Binary); 12] = [
    ("Add", Binary::Add),
    ("Sub", Binary::Sub),
    ("Mul", Binary::Mul),
    ("Div", Binary::Div),
    ("Modulo", Binary::Modulo),
    ("Remainder", Binary::Remainder),
    ("Pow", Binary::Pow),
    ("Max", Binary::Max),
    ("Min", Binary::Min),
    ("Equal", Binary::Equal),
    ("Less", Binary::Less),
    ("GreaterOrEqual", Binary::GreaterOrEqual),
];

const UNARY: [(&str, Unary); 10] = [
    ("Neg", Unary::Neg),
    ("Abs", Unary::Abs),
    ("Sign", Unary::Sign),
    ("Sqrt", Unary::Sqrt),
    ("Exp", Unary::Exp),
    ("Log", Unary::Log),
    ("Floor", Unary::Floor),
    ("Ceil", Unary::Ceil),
    ("Round", Unary::Round),
    ("Reciprocal", Unary::Reciprocal),
];

fn find<T: Copy>(list: &[(&str, T)], name: &str) -> Option<T> {
    list.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

fn number(element: Element, text: &str) -> Number {
    if element.is_float() { Number::Float(text.parse().unwrap()) } else { Number::Int(text.parse().unwrap()) }
}

/// Whether two numbers are the same, or as near as functions of floats are computed.
fn agree(element: Element, is_function: bool, a: Number, b: Number) -> bool {
    let epsilon = match element {
        _ if !is_function => 0.0,
        Element::BF16 => 2e-2,
        Element::F16 => 2e-3,
        Element::F32 => 3e-7,
        _ => 1e-15,
    };
    match (a, b) {
        (Number::Float(a), Number::Float(b)) => {
            a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= epsilon * b.abs()
        }
        _ => a == b,
    }
}

#[test]
fn as_numpy_says() {
    let (mut count, mut wrong) = (0, Vec::new());
    for line in NUMBERS.lines().filter(|line| !line.starts_with('#')) {
        let (head, cases) = line.split_once(": ").unwrap();
        let words: Vec<&str> = head.split(' ').collect();
        let element = find(&TYPES, words[1]).unwrap();
        for case in cases.split(", ") {
            let texts: Vec<&str> = case.split(' ').collect();
            let at = |i: usize| number(element, texts[i]);
            let (of, found) = if words[0] == "Cast" {
                let to = find(&TYPES, words[2]).unwrap();
                (to, to.cast(at(0)))
            } else if let Some(operation) = find(&UNARY, words[0]) {
                (element, Ok(operation.value(element, at(0))))
            } else {
                let operation = find(&BINARY, words[0]).unwrap();
                let of = if operation.is_test() { Element::Bool } else { element };
                (of, operation.value(element, at(0), at(1)))
            };
            let expected = number(of, texts.last().unwrap());
            let is_function = matches!(words[0], "Exp" | "Log" | "Pow");
            if !found.as_ref().is_ok_and(|&found| agree(of, is_function, found, expected)) {
                wrong.push(format!("{head}: {case}: {found:?}"));
            }
            count += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 1000);
}

#[test]
fn what_is_refused() {
    let check = |found: Result<Number, Refusal>, expected: &str| assert_eq!(found, Err(Refusal(expected.to_string())));
    let (int, float) = (Number::Int, Number::Float);
    let zero = "which is a division by 0";
    check(Binary::Div.value(Element::I32, int(7), int(0)), &format!("of INT32 values, here 7 and 0, {zero}"));
    check(Binary::Modulo.value(Element::U8, int(7), int(0)), &format!("of UINT8 values, here 7 and 0, {zero}"));
    let none = "whose power is no such value";
    check(Binary::Pow.value(Element::I8, int(2), int(7)), &format!("of INT8 values, here 2 and 7, {none}"));
    check(Binary::Pow.value(Element::I64, int(2), int(-1)), &format!("of INT64 values, here 2 and -1, {none}"));
    check(Element::I8.cast(float(128.0)), "of 128.0 to INT8, which cannot hold it");
    check(Element::I64.cast(float(f64::INFINITY)), "of inf to INT64, which cannot hold it");
    check(Element::U8.cast(float(f64::NAN)), "of NaN to UINT8, which cannot hold it");
    assert_eq!(Binary::Modulo.check(Element::F32), Err(Refusal("of FLOAT values with fmod 0".to_string())));
    assert_eq!(Binary::Add.check(Element::Bool), Err(Refusal("of BOOL values".to_string())));
    assert_eq!(Unary::Sqrt.check(Element::I32), Err(Refusal("of INT32 values".to_string())));
}
