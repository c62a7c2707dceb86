//! Expressions over f32 elements. The leaves differ by level: operands in a stage, loads and registers in a nest.

use std::fmt;

/// Functions of one element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unary {
    /// -x
    Neg,
    /// sqrt(x), correctly rounded.
    Sqrt,
    /// e^x, at most 4 ULP.
    Exp,
    /// Natural logarithm, at most 4 ULP.
    Log,
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

    /// x^exponent for x > 0, by square roots where the exponent allows, else exp(exponent * log(x)).
    #[must_use]
    pub fn pow(self, exponent: f32) -> Expr<L> {
        let sqrt = |e| Expr::unary(Unary::Sqrt, e);
        let magnitude = match exponent.abs() {
            0.0 => return Expr::Const(1.0),
            0.25 => sqrt(sqrt(self)),
            0.5 => sqrt(self),
            0.75 => sqrt(self.clone()) * sqrt(sqrt(self)),
            1.0 => self,
            2.0 => self.clone() * self,
            _ => {
                return Expr::unary(Unary::Exp, Expr::unary(Unary::Log, self) * Expr::Const(exponent));
            }
        };
        if exponent < 0.0 { Expr::Const(1.0) / magnitude } else { magnitude }
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
            Expr::Unary(op, a) => {
                let name = match op {
                    Unary::Neg => "neg",
                    Unary::Sqrt => "sqrt",
                    Unary::Exp => "exp",
                    Unary::Log => "log",
                };
                write!(f, "{name}({a})")
            }
            Expr::Binary(op, a, b) => match op {
                Binary::Add => write!(f, "({a} + {b})"),
                Binary::Sub => write!(f, "({a} - {b})"),
                Binary::Mul => write!(f, "({a} * {b})"),
                Binary::Div => write!(f, "({a} / {b})"),
                Binary::Max => write!(f, "max({a}, {b})"),
                Binary::Min => write!(f, "min({a}, {b})"),
            },
            Expr::MulAdd(abc) => write!(f, "fma({}, {}, {})", abc[0], abc[1], abc[2]),
        }
    }
}
