//! Expressions over f32 elements. The leaves differ by level: operands in a stage, loads and registers in a nest.

use std::fmt;

/// Functions of one element. Those without a remark are exact or correctly rounded, the others within 4 ULP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unary {
    /// -x
    Neg,
    /// |x|
    Abs,
    /// sqrt(x)
    Sqrt,
    /// e^x, at most 4 ULP.
    Exp,
    /// e^x - 1, at most 4 ULP.
    Expm1,
    /// Natural logarithm, at most 4 ULP.
    Log,
    /// ln(1 + x), at most 4 ULP.
    Log1p,
    /// 1 / (1 + e^-x), at most 4 ULP.
    Sigmoid,
    /// Hyperbolic tangent, at most 4 ULP.
    Tanh,
    /// The distribution function of the standard normal distribution, at most 4 ULP.
    NormalCdf,
}

impl Unary {
    /// The function's value; NaN where it has none.
    pub fn of(self, x: f64) -> f64 {
        match self {
            Unary::Neg => -x,
            Unary::Abs => x.abs(),
            Unary::Sqrt => x.sqrt(),
            Unary::Exp => x.exp(),
            Unary::Expm1 => x.exp_m1(),
            Unary::Log => x.ln(),
            Unary::Log1p => x.ln_1p(),
            // The exponential of the side that does not overflow.
            Unary::Sigmoid if x < 0.0 => x.exp() / (1.0 + x.exp()),
            Unary::Sigmoid => 1.0 / (1.0 + (-x).exp()),
            Unary::Tanh => x.tanh(),
            Unary::NormalCdf => 0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2),
        }
    }

    /// Its name in listings.
    pub fn name(self) -> &'static str {
        match self {
            Unary::Neg => "neg",
            Unary::Abs => "abs",
            Unary::Sqrt => "sqrt",
            Unary::Exp => "exp",
            Unary::Expm1 => "expm1",
            Unary::Log => "log",
            Unary::Log1p => "log1p",
            Unary::Sigmoid => "sigmoid",
            Unary::Tanh => "tanh",
            Unary::NormalCdf => "normal_cdf",
        }
    }
}

/// Functions of two elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    /// a + b
    Add,
    /// a - b
    Sub,
    /// a * b
    Mul,
    /// a / b
    Div,
    /// The larger; NaN if either is NaN.
    Max,
    /// The smaller; NaN if either is NaN.
    Min,
    /// 1 where a > b, or where a is NaN and b is not; else 0. What takes the first of the largest, NaN being the largest.
    Exceeds,
}

impl Binary {
    /// The function's value in f32.
    pub fn of(self, a: f32, b: f32) -> f32 {
        let larger = |a: f32, b: f32| if a.is_nan() || a > b { a } else { b };
        match self {
            Binary::Add => a + b,
            Binary::Sub => a - b,
            Binary::Mul => a * b,
            Binary::Div => a / b,
            Binary::Max => larger(a, b),
            Binary::Min => -larger(-a, -b),
            Binary::Exceeds => f32::from(a > b || a.is_nan() && !b.is_nan()),
        }
    }
}

/// An expression with leaves of type `L`. Trees are shallow (an operator's formula), so recursion over them is bounded.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr<L> {
    /// A leaf.
    Leaf(L),
    /// A constant.
    Const(f32),
    /// A function of one operand.
    Unary(Unary, Box<Expr<L>>),
    /// A function of two operands.
    Binary(Binary, Box<Expr<L>>, Box<Expr<L>>),
    /// a * b + c, fused where the CPU has FMA.
    MulAdd(Box<[Expr<L>; 3]>),
}

/// Whether [`Expr::pow`] multiplies: quarters up to 16, so that expressions stay small.
pub fn by_products(exponent: f32) -> bool {
    exponent.abs() <= 16.0 && (exponent * 4.0).fract() == 0.0
}

impl<L: Clone> Expr<L> {
    /// f(a)
    pub fn unary(f: Unary, a: Expr<L>) -> Expr<L> {
        Expr::Unary(f, Box::new(a))
    }

    /// f(a, b)
    pub fn binary(f: Binary, a: Expr<L>, b: Expr<L>) -> Expr<L> {
        Expr::Binary(f, Box::new(a), Box::new(b))
    }

    /// a * b + c
    pub fn mul_add(a: Expr<L>, b: Expr<L>, c: Expr<L>) -> Expr<L> {
        Expr::MulAdd(Box::new([a, b, c]))
    }

    /// The larger of the two; NaN if either is.
    #[must_use]
    pub fn max(self, other: Expr<L>) -> Expr<L> {
        Expr::binary(Binary::Max, self, other)
    }

    /// The smaller of the two; NaN if either is.
    #[must_use]
    pub fn min(self, other: Expr<L>) -> Expr<L> {
        Expr::binary(Binary::Min, self, other)
    }

    /// max(x, 0)
    #[must_use]
    pub fn relu(self) -> Expr<L> {
        self.max(Expr::Const(0.0))
    }

    /// min(x, 0)
    #[must_use]
    pub fn negative_part(self) -> Expr<L> {
        self.min(Expr::Const(0.0))
    }

    /// f(x)
    #[must_use]
    pub fn then(self, f: Unary) -> Expr<L> {
        Expr::unary(f, self)
    }

    /// x^exponent, NaN where x < 0 and the exponent is no integer: by products and square roots where [`by_products`] says so, else
    /// as exp(exponent * log(x)).
    #[must_use]
    pub fn pow(self, exponent: f32) -> Expr<L> {
        let size = exponent.abs();
        if size == 0.0 {
            return Expr::Const(1.0);
        }
        let reciprocal = |e: Expr<L>| if exponent < 0.0 { Expr::Const(1.0) / e } else { e };
        if by_products(exponent) {
            let quarters = (size * 4.0) as u32;
            let mut factors = Vec::new();
            if quarters >= 4 {
                factors.push(self.clone().repeated(quarters / 4));
            }
            if quarters & 2 != 0 {
                factors.push(self.clone().then(Unary::Sqrt));
            }
            if quarters & 1 != 0 {
                factors.push(self.then(Unary::Sqrt).then(Unary::Sqrt));
            }
            let product = factors.into_iter().reduce(|a, b| a * b);
            return reciprocal(product.unwrap_or(Expr::Const(1.0)));
        }
        let power = |x: Expr<L>, e: f32| (x.then(Unary::Log) * Expr::Const(e)).then(Unary::Exp);
        if exponent.fract() != 0.0 {
            return power(self, exponent);
        }
        let magnitude = self.clone().then(Unary::Abs);
        if exponent % 2.0 == 0.0 {
            return power(magnitude, exponent);
        }
        // The odd factor has the sign.
        reciprocal(self) * power(magnitude, exponent - exponent.signum())
    }

    /// x^n for n > 0 by squaring.
    fn repeated(self, n: u32) -> Expr<L> {
        match n {
            0 | 1 => self,
            _ if n.is_multiple_of(2) => {
                let half = self.repeated(n / 2);
                half.clone() * half
            }
            _ => self.clone().repeated(n - 1) * self,
        }
    }

    /// The same expression over other leaves.
    pub fn map<M>(&self, leaf: &mut impl FnMut(&L) -> Expr<M>) -> Expr<M> {
        match self {
            Expr::Leaf(l) => leaf(l),
            Expr::Const(c) => Expr::Const(*c),
            Expr::Unary(f, a) => Expr::Unary(*f, Box::new(a.map(leaf))),
            Expr::Binary(f, a, b) => Expr::Binary(*f, Box::new(a.map(leaf)), Box::new(b.map(leaf))),
            Expr::MulAdd(abc) => Expr::MulAdd(Box::new([abc[0].map(leaf), abc[1].map(leaf), abc[2].map(leaf)])),
        }
    }

    /// Calls `visit` on each leaf, left to right.
    pub fn leaves<'a>(&'a self, visit: &mut impl FnMut(&'a L)) {
        match self {
            Expr::Leaf(l) => visit(l),
            Expr::Const(_) => {}
            Expr::Unary(_, a) => a.leaves(visit),
            Expr::Binary(_, a, b) => {
                a.leaves(visit);
                b.leaves(visit);
            }
            Expr::MulAdd(abc) => abc.iter().for_each(|e| e.leaves(visit)),
        }
    }
}

macro_rules! operator {
    ($trait:ident, $method:ident, $binary:ident) => {
        impl<L: Clone> std::ops::$trait for Expr<L> {
            type Output = Expr<L>;

            fn $method(self, other: Expr<L>) -> Expr<L> {
                Expr::binary(Binary::$binary, self, other)
            }
        }
    };
}
operator!(Add, add, Add);
operator!(Sub, sub, Sub);
operator!(Mul, mul, Mul);
operator!(Div, div, Div);

impl<L: fmt::Display> fmt::Display for Expr<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expr::Leaf(l) => write!(f, "{l}"),
            Expr::Const(c) => write!(f, "{c:?}"),
            Expr::Unary(op, a) => write!(f, "{}({a})", op.name()),
            Expr::Binary(op, a, b) => match op {
                Binary::Add => write!(f, "({a} + {b})"),
                Binary::Sub => write!(f, "({a} - {b})"),
                Binary::Mul => write!(f, "({a} * {b})"),
                Binary::Div => write!(f, "({a} / {b})"),
                Binary::Max => write!(f, "max({a}, {b})"),
                Binary::Exceeds => write!(f, "exceeds({a}, {b})"),
                Binary::Min => write!(f, "min({a}, {b})"),
            },
            Expr::MulAdd(abc) => write!(f, "fma({}, {}, {})", abc[0], abc[1], abc[2]),
        }
    }
}
