//! The normal form against direct evaluation, and what is proved against what is so.

use std::collections::BTreeMap;

use super::form::MAX_PARTS;
use super::*;
use crate::ops::Rng;

type Sizes = BTreeMap<&'static str, i64>;

fn value(form: &Form, sizes: &Sizes) -> Option<i64> {
    form.eval(&|name| sizes.get(name).copied())
}

/// A form in postfix notation: `h 1 + 2 /`; `/` rounds down, `^` up.
fn form(postfix: &str, assumptions: &Assumptions) -> Form {
    let mut stack: Vec<Form> = Vec::new();
    for word in postfix.split(' ') {
        let next = match word {
            "+" | "-" | "*" | "/" | "^" => {
                let (b, a) = (stack.pop().unwrap(), stack.pop().unwrap());
                match word {
                    "+" => a.add(&b),
                    "-" => a.sub(&b),
                    "*" => a.mul(&b),
                    "/" => a.floor_div(b.as_number().unwrap()),
                    _ => a.div_ceil(b.known().unwrap()),
                }
            }
            _ => word.parse().map_or_else(|_| assumptions.size(word), |number| Some(Form::number(number))),
        };
        stack.push(next.unwrap());
    }
    assert_eq!(stack.len(), 1, "{postfix}");
    stack.remove(0)
}

fn plain(postfix: &str) -> Form {
    form(postfix, &Assumptions::default())
}

/// Promises written `h 16 0`: `h % 16 == 0`; or `w = h`.
fn assume(promises: &[&str]) -> Result<Assumptions, Refusal> {
    let mut assumptions = Assumptions::default();
    for promise in promises {
        match promise.split_once(" = ") {
            Some((a, b)) => assumptions.equal(&plain(a), &plain(b))?,
            None => {
                let [remainder, modulus, of] = promise.rsplitn(3, ' ').collect::<Vec<_>>()[..] else {
                    panic!("{promise}")
                };
                assumptions.congruent(&plain(of), modulus.parse().unwrap(), remainder.parse().unwrap())?;
            }
        }
    }
    Ok(assumptions)
}

#[test]
fn prints_in_the_names_of_source() {
    let check = |promises: &[&str], postfix: &str, expected: &str| {
        assert_eq!(form(postfix, &assume(promises).unwrap()).to_string(), expected, "{postfix}, {promises:?}");
    };
    check(&[], "0", "0");
    check(&[], "3 4 -", "-1");
    check(&[], "h", "h");
    check(&[], "0 h -", "-h");
    check(&[], "3 h -", "-h + 3");
    check(&[], "a 0 - b 0 - - 1 -", "a - b - 1");
    check(&[], "b 0 a - +", "b - a");
    check(&[], "h 2 / 1 +", "div(h, 2) + 1");
    check(&[], "h 16 / 16 *", "16*div(h, 16)");
    check(&[], "h 3 * 2 / 4 *", "4*h + 4*div(h, 2)");
    check(&[], "h 3 * 4 /", "div(3*h, 4)");
    check(&[], "h 1 + 2 /", "ceil_div(h, 2)");
    check(&[], "h 2 / w 2 / * n *", "n*div(h, 2)*div(w, 2)");
    check(&[], "h w * c *", "c*h*w");
    check(&["h 16 0"], "h 16 /", "h/16");
    check(&["h 16 0"], "h 16 / 16 *", "h");
    check(&["h 16 0"], "h 2 / 1 +", "h/2 + 1");
    check(&["h 16 0"], "h 32 /", "div(h, 32)");
    check(&["h 16 0"], "h 16 / 1 + 2 /", "div(h + 16, 32)");
    check(&["h 16 0"], "h 4 / 3 *", "3*(h/4)");
    check(&["h 16 3"], "h", "h");
    check(&["h 16 3"], "h 2 /", "div(h, 2)");
    check(&["h 16 3"], "h 2 ^", "div(h, 2) + 1");
    check(&["h 2 0", "w 2 0"], "h 2 / w 2 / * 8 *", "2*h*w");
    check(&["h 4 0", "w 4 0"], "h 4 / w 4 / *", "(h/4)*(w/4)");
    check(&["w = h"], "w 2 /", "div(h, 2)");
    check(&["h = 7"], "h 2 ^", "4");
}

/// The rules 1 to 4 of the module.
#[test]
fn equal_ways_give_one_form() {
    let check = |a: &str, b: &str| assert_eq!(plain(a), plain(b));
    check("h w +", "w h +");
    check("h w * 2 *", "w 2 * h *");
    check("h 0 *", "0");
    check("h w + h -", "w");
    check("h 4 + 2 /", "h 2 / 2 +");
    check("h 6 * 4 + 4 /", "h 2 / h + 1 +");
    check("h 4 * 7 + 6 /", "h 2 * 3 + 3 /");
    check("h 2 / 2 /", "h 4 /");
    check("h 2 / 3 + 2 / 1 + 5 /", "h 10 + 20 /");
    check("h 2 / w + 3 /", "w 2 * h + 6 /");
    // Twice a convolution of kernel 3, stride 2, padding 1, and once by 4.
    check("h 1 - 2 / 1 + 1 - 2 / 1 +", "h 4 ^");
    check("h 2 ^ 2 ^ 2 ^", "h 8 ^");
    check("h w + h w - *", "h h * w w * -");
}

fn prove(promises: &[&str], a: &str, b: &str) -> bool {
    let assumptions = assume(promises).unwrap();
    form(a, &assumptions).same(&form(b, &assumptions))
}

#[test]
fn proofs() {
    let check = |promises: &[&str], a: &str, b: &str, expected: bool| {
        assert_eq!(prove(promises, a, b), expected, "{a} and {b}, {promises:?}");
        assert_eq!(prove(promises, b, a), expected, "{b} and {a}, {promises:?}");
    };
    check(&[], "h", "h", true);
    check(&[], "h", "w", false);
    check(&[], "h", "h 1 +", false);
    check(&[], "h", "h 2 / 2 *", false);
    check(&["h 2 0"], "h", "h 2 / 2 *", true);
    check(&["h 2 1"], "h", "h 2 / 2 * 1 +", true);
    check(&["h 8 0"], "h", "h 16 / 16 *", false);
    check(&["h 16 0"], "h", "h 2 / 2 / 2 / 2 / 16 *", true);
    check(&["h 48 0"], "h", "h 2 / 2 / 2 / 2 / 16 *", true);
    check(&["w = h"], "h 2 ^", "w 1 + 2 /", true);
    check(&["w = h", "w 2 0"], "h", "w 2 / 2 *", true);
    check(&["w 2 0", "w = h"], "h", "h 2 / 2 *", true);
    // Hermite's identity, which no rule of the normal form knows.
    check(&[], "h", "h 2 / h 2 ^ +", true);
    check(&[], "h", "h 3 / h 1 + 3 / + h 2 + 3 / +", true);
    check(&[], "h", "h 3 / h 1 + 3 / + h 1 + 3 / +", false);
    // Padding and cropping around a pool.
    check(&[], "h 2 ^ 2 * h -", "h h 2 / 2 * -", true);
    // Nested floors that stay nested.
    check(&[], "h 2 / 3 * 1 + 2 /", "h 2 / h 2 / 1 + 2 / +", true);
    check(&[], "h 2 / w 2 / + 2 /", "w 2 / h 2 / + 2 /", true);
    // Products: whole pixels of a plane.
    check(&["h 2 0", "w 2 0"], "h w * 4 /", "h 2 / w 2 / *", true);
    check(&["h 2 0"], "h w * 4 /", "h 2 / w 2 / *", false);
    check(&[], "h h 1 + * 2 / 2 *", "h h * h +", true);
    check(&[], "h h * h + 3 / 3 *", "h h * h +", false);
    // Hermite's identity of h / 819: as many cases as are tried, then more.
    check(&[], "h 1638 / h 819 + 1638 / +", "h 819 /", true);
    check(&[], "h 1640 / h 820 + 1640 / +", "h 820 /", false);
    check(&["h 4099 0"], "h 4099 / 4099 *", "h", true);
}

#[test]
fn conditions() {
    let check = |promises: &[&str], a: &str, b: &str, expected: &str| {
        let assumptions = assume(promises).unwrap();
        let (a, b) = (form(a, &assumptions), form(b, &assumptions));
        let found = explain(&a, &b).map_or("none".to_string(), |condition| condition.to_string());
        assert_eq!(found, expected, "{a} and {b}");
        assert_eq!(explain(&b, &a), explain(&a, &b));
    };
    check(&[], "h", "h 16 / 16 *", "h % 16 == 0");
    check(&[], "h 8 /", "h 16 / 2 *", "h % 16 == 0");
    check(&[], "h", "h 2 ^ 2 *", "h % 2 == 0");
    check(&[], "h 1 +", "h 2 / 2 * 2 +", "h % 2 == 1");
    check(&[], "h 1 - 2 /", "h 2 /", "h % 2 == 1");
    check(&["h 4 0"], "h", "h 16 / 16 *", "h % 16 == 0");
    check(&["h 4 1"], "h 1 -", "h 16 / 16 *", "h % 16 == 1");
    check(&["w = h"], "w", "h 4 / 4 *", "h % 4 == 0");
    check(&[], "h 2 / 2 * 4 /", "h 4 /", "none");
    check(&[], "h 3 / h 2 / - h 3 / +", "h 2 /", "none");
    check(&[], "h 6 / 6 * h 3 / 3 * -", "h h -", "h % 6 == 0");
    check(&[], "h", "w", "h == w");
    check(&[], "h 2 /", "w 2 /", "h == w");
    check(&["h 2 0"], "h 2 /", "w 2 /", "h == w");
    check(&[], "w 2 / h +", "h w 4 / 2 * +", "w % 4 == 0");
    check(&[], "h w * 2 / 2 *", "h w *", "h % 2 == 0");
    check(&[], "h", "h 1 +", "none");
    check(&[], "h 2 / w 2 / +", "w", "none");
}

#[test]
fn refusals() {
    let check = |promises: &[&str], expected: Refusal| assert_eq!(assume(promises), Err(expected), "{promises:?}");
    check(&["h 4 1", "h 2 0"], Refusal::Contradiction);
    check(&["h 4 4"], Refusal::Contradiction);
    check(&["h 0 0"], Refusal::Unusable);
    check(&["h 2 * 4 1"], Refusal::Contradiction);
    check(&["h w + 2 0"], Refusal::Unusable);
    check(&["h 2 / 2 0"], Refusal::Unusable);
    check(&["h = h 1 +"], Refusal::Contradiction);
    check(&["h 16 0", "h = 225"], Refusal::Contradiction);
    check(&["h = 0"], Refusal::Contradiction);
    check(&["h w * = 12"], Refusal::Unusable);
    check(&["h 2 * w 3 * + = c 6 *"], Refusal::Unusable);
    check(&["h 4611686018427387904 0", "h 3 0"], Refusal::TooLarge);
}

#[test]
fn promises_add_up() {
    let check = |promises: &[&str], size: &str, expected: &[i64]| {
        let assumptions = assume(promises).unwrap();
        let mut found: Vec<i64> =
            (1..=60).filter_map(|least| assumptions.sample(&["h", "w"], |_| least).map(|sizes| sizes[size])).collect();
        found.dedup();
        assert_eq!(found[..expected.len()], *expected, "{promises:?}");
    };
    check(&["h 4 1", "h 3 2"], "h", &[5, 17, 29, 41]);
    check(&["h 4 1", "h 4 1"], "h", &[1, 5, 9]);
    check(&["h 2 * 8 2"], "h", &[1, 5, 9]);
    check(&["h 3 * 1 + 7 0"], "h", &[2, 9, 16]);
    check(&["h 16 0", "h = 224"], "h", &[224]);
    check(&["w = h 3 -", "h 4 0"], "w", &[1, 5, 9]);
    check(&["h 16 0", "w 24 0", "h = w"], "w", &[48, 96]);
    check(&["h 2 * = w 3 *"], "h", &[3, 6, 9]);
    check(&["h 2 * = w 3 *"], "w", &[2, 4, 6]);
    check(&["h 6 0", "h 3 0", "h 2 + 2 0"], "h", &[6, 12]);
    check(&["h 2 / 2 * 2 0"], "h", &[1, 2, 3]);
}

/// What must hold of sizes: `h=3`, `h <= 9` or the inequality, where the forms `promised` and then those `wanted` are not negative.
#[track_caller]
fn check_demands(promises: &[&str], promised: &[&str], wanted: &[&str], expected: &[&str]) {
    let assumptions = assume(promises).unwrap();
    let mut bounds = Bounds::default();
    promised.iter().for_each(|promise| bounds.suppose(form(promise, &assumptions)));
    let demands = bounds.demands(wanted.iter().map(|wanted| form(wanted, &assumptions)), || true).unwrap();
    let least = demands.least.iter().map(|(name, size)| format!("{name}={size}"));
    let most = demands.most.iter().map(|(name, size)| format!("{name} <= {size}"));
    let found: Vec<String> = least.chain(most).chain(demands.others.iter().map(Form::not_negative)).collect();
    assert_eq!(found, expected, "{promises:?} {promised:?} {wanted:?}");
}

#[test]
fn inequalities() {
    check_demands(&[], &[], &["h 1 -", "h w * 1 -", "h 2 / h +"], &[]);
    check_demands(&[], &[], &["h 3 -", "w 2 / 1 -"], &["h=3", "w=2"]);
    check_demands(&[], &[], &["h 3 -", "h 7 -", "h 5 -"], &["h=7"]);
    check_demands(&["h 4 1"], &[], &["h 7 -"], &["h=9"]);
    check_demands(&[], &["h 10 -"], &["h 7 -"], &[]);
    check_demands(&[], &["h 5 -"], &["h 7 -"], &["h=7"]);
    check_demands(&[], &["h w - 5 -"], &["h 6 -", "h w - 1 -"], &[]);
    check_demands(&[], &[], &["300 h - 1 -"], &["h <= 299"]);
    check_demands(&[], &["250 h -"], &["300 h - 1 -"], &[]);
    check_demands(&[], &[], &["100 h 2 / -"], &["h <= 201"]);
    check_demands(&[], &[], &["h w - 1 -", "h w - 3 -"], &["h - w >= 3"]);
    check_demands(&[], &[], &["h w - 2 * 1 -"], &["h - w >= 1"]);
    check_demands(&[], &[], &["h h 2 / - 1 -"], &[]);
    check_demands(&[], &[], &["h w 2 / - 1 -", "h w 2 / - 3 -"], &["h - div(w, 2) >= 3"]);
    check_demands(&["w = h 2 -"], &["h 3 -"], &["w 3 -"], &["h=5"]);
    // Not from any size on.
    check_demands(&[], &[], &["h h 4 / 4 * - 1 -"], &["h - 4*div(h, 4) >= 1"]);
}

/// What is demanded is enough.
#[test]
fn demands_are_enough() {
    let mut demanded = 0;
    for seed in 0..2000 {
        let mut rng = Rng::new(seed);
        let none = Assumptions::default();
        let forms: Vec<Form> = (0..3).filter_map(|_| Some(random(&mut rng, 3, 2, &[], &none)?.0)).collect();
        let demands = Bounds::default().demands(forms.clone(), || true).unwrap();
        let fits = |sizes: &Sizes| {
            demands.least.iter().all(|(name, least)| sizes[name.as_str()] >= *least)
                && demands.most.iter().all(|(name, most)| sizes[name.as_str()] <= *most)
                && demands.others.iter().all(|form| value(form, sizes).is_some_and(|value| value >= 0))
        };
        for sizes in (0..100).map(|_| BTreeMap::from(["h", "w"].map(|name| (name, rng.range(1, 40) as i64)))) {
            let all = forms.iter().all(|form| value(form, &sizes).is_some_and(|value| value >= 0));
            assert_eq!(fits(&sizes), all, "seed {seed}: {forms:?} at {sizes:?}, {demands:?}");
        }
        demanded += demands.least.len() + demands.most.len();
    }
    assert!(demanded > 200, "only {demanded}");
}

#[test]
fn beyond_the_limits_is_no_form() {
    let huge = Form::number(i64::MAX);
    let h = Form::symbol("h");
    assert_eq!(huge.add(&Form::number(1)), None);
    assert_eq!(h.mul(&huge).and_then(|form| form.mul(&Form::number(2))), None);
    assert_eq!(Form::number(i64::MIN).mul(&Form::number(-1)), None);
    assert_eq!(h.floor_div(0), None);
    assert_eq!(h.floor_div(-1), None);
    assert_eq!(h.floor_div(i64::MAX).and_then(|form| form.floor_div(2)), None);
    assert_eq!(h.mul(&Form::number(i64::MIN)).unwrap().to_string(), "-9223372036854775808*h");
    assert_eq!(Form::constant(usize::MAX).plus(&Form::constant(1)), None);
    // Powers of a sum, floors in floors: the number of parts ends them.
    let sum = plain("a b + c + d + e +");
    let powers = std::iter::successors(Some(sum.clone()), |power| power.mul(&sum));
    assert!((3..8).contains(&powers.take(20).count()));
    let nested = std::iter::successors(Some(h.clone()), |form| form.mul(&Form::number(3))?.add(&h)?.floor_div(2));
    assert!((3..MAX_PARTS).contains(&nested.take(MAX_PARTS).count()));
    // A modulus beyond i64.
    let deep = "h 3 * 2147483648 / 3 * 2147483648 / 3 * 2147483648 / 2 * 2 /";
    assert_eq!(explain(&plain(deep), &plain("w")), None);
}

#[test]
fn numbers() {
    assert_eq!(Form::constant(5).known(), Some(5));
    assert_eq!(Form::number(-5).known(), None);
    assert_eq!(Form::constant(5).minus(&Form::constant(6)), None);
    assert_eq!(5_usize.minus(&6), None);
    assert_eq!(plain("h 6 -").known(), None);
    assert_eq!(plain("h").minus(&Form::constant(6)), Some(plain("h 6 -")));
    for (a, d) in [(0, 1), (5, 2), (6, 3), (7, 3)] {
        assert_eq!(Form::constant(a).div_floor(d), Some(Form::constant(a / d)));
        assert_eq!(Form::constant(a).div_ceil(d), Some(Form::constant(a.div_ceil(d))));
        assert_eq!(a.div_ceil(d).known(), Extent::div_ceil(&a, d));
    }
    assert_eq!(Extent::div_ceil(&usize::MAX, 2), None);
}

const NAMES: [&str; 3] = ["h", "w", "n"];

/// A random expression: its form, and its value at each of the sizes.
fn random(
    rng: &mut Rng,
    depth: usize,
    names: usize,
    at: &[Sizes],
    assumptions: &Assumptions,
) -> Option<(Form, Vec<i64>)> {
    if depth == 0 || rng.range(0, 5) == 0 {
        return Some(if rng.range(0, 3) > 0 {
            let name = NAMES[rng.range(0, names - 1)];
            (assumptions.size(name)?, at.iter().map(|sizes| sizes[name]).collect())
        } else {
            let number = rng.range(0, 12) as i64 - 6;
            (Form::number(number), vec![number; at.len()])
        });
    }
    let (a, of_a) = random(rng, depth - 1, names, at, assumptions)?;
    if rng.flip() {
        let by = rng.range(1, 6) as i64;
        return Some((a.floor_div(by)?, of_a.iter().map(|a| a.div_euclid(by)).collect()));
    }
    let (b, of_b) = random(rng, depth - 1, names, at, assumptions)?;
    let both = |f: fn(i64, i64) -> i64| of_a.iter().zip(&of_b).map(|(&a, &b)| f(a, b)).collect();
    Some(match rng.range(0, 5) {
        0 => (a.mul(&b)?, both(|a, b| a * b)),
        1 | 2 => (a.sub(&b)?, both(|a, b| a - b)),
        _ => (a.add(&b)?, both(|a, b| a + b)),
    })
}

/// Random sizes with h % `modulus` == `remainder`, and promises to that effect.
fn random_sizes(rng: &mut Rng) -> (Assumptions, Vec<Sizes>) {
    let modulus = rng.pick(&[1, 1, 2, 3, 4, 8]);
    let remainder = rng.range(0, modulus - 1);
    let assumptions = assume(&[&format!("h {modulus} {remainder}")]).unwrap();
    let sizes = (0..20).map(|_| {
        let h = modulus * rng.range(0, 20) + remainder;
        BTreeMap::from([("h", h as i64), ("w", rng.range(0, 90) as i64), ("n", rng.range(0, 90) as i64)])
    });
    (assumptions, sizes.collect())
}

#[test]
fn forms_have_the_values_of_what_they_are_made_of() {
    let mut made = 0;
    for seed in 0..5000 {
        let mut rng = Rng::new(seed);
        let (assumptions, at) = random_sizes(&mut rng);
        let Some((form, expected)) = random(&mut rng, 5, 3, &at, &assumptions) else { continue };
        for (sizes, expected) in at.iter().zip(expected) {
            assert_eq!(value(&form, sizes), Some(expected), "seed {seed}: {form} at {sizes:?}");
        }
        made += 1;
    }
    assert!(made > 4700, "only {made} within the limits");
}

/// Two random forms; more often than not one rounded by what is equal to it for some sizes or all.
fn random_pair(rng: &mut Rng, names: usize) -> Option<(Form, Form)> {
    let none = Assumptions::default();
    let (a, _) = random(rng, 3, names, &[], &none)?;
    let by = rng.range(2, 6) as i64;
    let b = match rng.range(0, 3) {
        0 => random(rng, 3, names, &[], &none)?.0,
        1 => a.floor_div(by)?.mul(&Form::number(by))?,
        2 => a.add(&Form::number(by - 1))?.floor_div(by)?.mul(&Form::number(by))?,
        // x = floor(x / d) + floor((x + 1) / d) + .. + floor((x + d - 1) / d)
        _ => (0..by).try_fold(Form::default(), |sum, i| sum.add(&a.add(&Form::number(i))?.floor_div(by)?))?,
    };
    Some((a, b))
}

#[test]
fn what_is_proved_is_so_and_what_is_refuted_is_not() {
    let (mut equal, mut different, mut open) = (0, 0, 0);
    for seed in 0..4000 {
        let Some((a, b)) = random_pair(&mut Rng::new(seed), 1) else { continue };
        let so = (0..400).map(|h| BTreeMap::from([("h", h)])).all(|sizes| value(&a, &sizes) == value(&b, &sizes));
        match prove::decide(&a, &b) {
            Some(found) => assert_eq!(found, so, "seed {seed}: {a} and {b}"),
            None => open += 1,
        }
        *(if so { &mut equal } else { &mut different }) += 1;
    }
    assert!(equal > 500 && different > 500 && open < 100, "{equal} and {different}, {open} open");
}

#[test]
fn conditions_are_enough() {
    let mut found = 0;
    for seed in 0..800 {
        let Some((a, b)) = random_pair(&mut Rng::new(seed), 2) else { continue };
        let Some(condition) = explain(&a, &b).filter(|_| !a.same(&b)) else { continue };
        found += 1;
        for h in 0..200 {
            let sizes = match &condition {
                Condition::Congruent { size, modulus, remainder } if h % modulus == *remainder => {
                    [&**size == "h", &**size == "w"].map(|own| if own { h } else { (h * h + 7) % 31 })
                }
                Condition::Congruent { .. } => continue,
                Condition::Equal { .. } => [h, h],
            };
            let sizes = BTreeMap::from([("h", sizes[0]), ("w", sizes[1])]);
            assert_eq!(value(&a, &sizes), value(&b, &sizes), "seed {seed}: {a} and {b} if {condition}, at {sizes:?}");
        }
    }
    assert!(found > 100, "only {found}");
}

/// What is printed is the value: read back by a parser of its own.
#[test]
fn text_has_the_value() {
    for seed in 0..2000 {
        let mut rng = Rng::new(seed);
        let (assumptions, at) = random_sizes(&mut rng);
        let Some((form, expected)) = random(&mut rng, 4, 3, &at, &assumptions) else { continue };
        let text = form.to_string();
        for (sizes, expected) in at.iter().zip(expected) {
            let mut rest = text.as_str();
            assert_eq!(sum(&mut rest, sizes), expected, "seed {seed}: {text} at {sizes:?}");
            assert_eq!(rest, "", "{text}");
        }
    }
}

fn take<'a>(text: &mut &'a str, these: impl Fn(char) -> bool) -> &'a str {
    let end = text.find(|c| !these(c)).unwrap_or(text.len());
    let (taken, rest) = text.split_at(end);
    *text = rest;
    taken
}

fn sum(text: &mut &str, sizes: &Sizes) -> i64 {
    let mut total = match text.strip_prefix('-') {
        Some(rest) if !rest.starts_with(|c: char| c.is_ascii_digit()) || rest.contains('*') => {
            *text = rest;
            -product(text, sizes)
        }
        _ => product(text, sizes),
    };
    loop {
        let sign = if text.starts_with(" + ") {
            1
        } else if text.starts_with(" - ") {
            -1
        } else {
            return total;
        };
        *text = &text[3..];
        total += sign * product(text, sizes);
    }
}

fn product(text: &mut &str, sizes: &Sizes) -> i64 {
    let mut total = factor(text, sizes);
    loop {
        let operator = take(text, |c| c == '*' || c == '/');
        match operator {
            "*" => total *= factor(text, sizes),
            "/" => total = total.div_euclid(factor(text, sizes)),
            _ => return total,
        }
    }
}

fn factor(text: &mut &str, sizes: &Sizes) -> i64 {
    for (call, up) in [("div(", false), ("ceil_div(", true)] {
        if let Some(rest) = text.strip_prefix(call) {
            *text = rest;
            let inner = sum(text, sizes);
            *text = text.strip_prefix(", ").unwrap();
            let by: i64 = take(text, |c| c.is_ascii_digit()).parse().unwrap();
            *text = text.strip_prefix(')').unwrap();
            return (inner + if up { by - 1 } else { 0 }).div_euclid(by);
        }
    }
    if let Some(rest) = text.strip_prefix('(') {
        *text = rest;
        let inner = sum(text, sizes);
        *text = text.strip_prefix(')').unwrap();
        return inner;
    }
    let word = take(text, |c| c.is_ascii_alphanumeric() || c == '-');
    word.parse().unwrap_or_else(|_| sizes[word])
}
