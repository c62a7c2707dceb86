//! Typed ids. Their printed form is how internal errors spell them; graph text prefers the value's name.

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $name {
            /// The id of the `index`-th entity of its table.
            pub fn new(index: usize) -> $name {
                $name(u32::try_from(index).expect("tables are capped far below 2^32 entries"))
            }

            /// Position in the entity's table.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }
    };
}

pub(crate) use id;

id! {
    /// A value of a graph: an input, a parameter, a piece of state or a result of a node.
    ValueId, "%"
}
id! {
    /// A node of a graph: one application of an operator.
    NodeId, "node"
}
