//! The notation in which families list their functions.
//!
//! ```text
//! functions! {
//!     // OID name(arguments) -> result  volatility strictness = kernel, description [, operator …];
//!     870 "lower"(TEXT) -> TEXT immutable strict = scalar(|s: &str| s.to_lowercase()), "lowercase";
//!     3058 "concat"(; variadic ANY) -> TEXT stable nullable = raw(concat), "concatenate values";
//!     177 "int4pl"(INT4, INT4) -> INT4 immutable strict = arithmetic(Add, i32, i32, i32), "add",
//!         operator 551 "+" commutator "+";
//! }
//! ```
//! Types are the constants of [`Type`](strata_types::Type). After the arguments may stand `; variadic A`, for any number of further elements of `A`, and `; defaults n`, when the last
//! `n` may be left out: the kernel then gets fewer.
//!
//! | kernel                                   | is                                                              |
//! |------------------------------------------|-----------------------------------------------------------------|
//! | `scalar(\|a: i32, b: &str\| expr)`       | an expression over typed arguments (see `typed`)                |
//! | `scalar(\|call; a: i32\| expr)`          | the same, with the [`Call`](super::Call)                        |
//! | `raw(f)`                                 | a [`ScalarKernel`](super::ScalarKernel)                         |
//! | `catalog("question")`                    | what the catalog answers (see [`Environment`](super::Environment::catalog)) |
//! | `text_test(f)`                           | a [`TextTest`](super::patterns::TextTest), also by column       |
//! | `comparison(P, f)`                       | a [`Predicate`](super::comparison::Predicate) of an order `f`   |
//! | `arithmetic(Op, A, B, R)`                | an [`Operation`](super::arithmetic::Operation), also by column  |
//! | `set(f)`, `set(f; "a" INT4, "b" TEXT)`   | a [`SetKernel`](super::SetKernel), with columns if it has several|
//! | `aggregate(f)`                           | what makes its accumulators                                     |
//! | `window(Rank)`                           | a [`WindowKind`](super::WindowKind)                             |
//!
//! The commutator and negator are for operators over the same types, swapped or not.

use super::call::Operator;
use super::registry;

/// An operator as its function's row names it.
#[derive(Debug)]
pub(super) struct OperatorRow {
    pub(super) oid: u32,
    pub(super) symbol: &'static str,
    /// OID of the function behind it.
    pub(super) function: u32,
    pub(super) commutator: Option<&'static str>,
    pub(super) negator: Option<&'static str>,
}

impl OperatorRow {
    /// The operator: its operands are its function's arguments.
    pub(super) fn operator(&self) -> Option<Operator> {
        let function = registry::by_oid(self.function)?;
        let (left, right) = match function.args {
            [left, right] => (Some(*left), *right),
            [right] => (None, *right),
            _ => return None,
        };
        let (commutator, negator) = (self.commutator, self.negator);
        Some(Operator { oid: self.oid, symbol: self.symbol, left, right, function, commutator, negator })
    }
}

/// The table of a family: see the module's documentation.
macro_rules! functions {
    ($(
        $oid:literal $name:literal ( $($arg:ident),* $(; variadic $more:ident)? $(; defaults $defaults:literal)? )
            -> $result:ident $volatility:ident $strictness:ident = $kernel:ident ( $($body:tt)* ), $doc:literal
            $(, operator $operator:literal $symbol:literal $(commutator $commutator:literal)? $(negator $negator:literal)?)?;
    )*) => {
        /// The functions of the family.
        pub(super) static FUNCTIONS: &[$crate::functions::Function] = &[$($crate::functions::Function {
            oid: $oid,
            name: $name,
            args: &[
                $(::strata_types::Type::$arg,)*
                $(::strata_types::Type::$more,)?
            ],
            variadic: $crate::functions::table::given!($($more)?),
            defaults: 0 $(+ $defaults)?,
            result: ::strata_types::Type::$result,
            volatility: $crate::functions::table::volatility!($volatility),
            strict: $crate::functions::table::strictness!($strictness),
            kind: $crate::functions::table::kernel!($kernel $($body)*),
            doc: $doc,
        }),*];
        /// The operators of the family.
        pub(super) static OPERATORS: &[$crate::functions::table::OperatorRow] = &[$($(
            $crate::functions::table::OperatorRow {
                oid: $operator,
                symbol: $symbol,
                function: $oid,
                commutator: $crate::functions::table::optional!($($commutator)?),
                negator: $crate::functions::table::optional!($($negator)?),
            },
        )?)*];
    };
}

macro_rules! given {
    () => {
        false
    };
    ($more:ident) => {
        true
    };
}

macro_rules! optional {
    () => {
        None
    };
    ($given:literal) => {
        Some($given)
    };
}

macro_rules! volatility {
    (immutable) => {
        $crate::functions::Volatility::Immutable
    };
    (stable) => {
        $crate::functions::Volatility::Stable
    };
    (volatile) => {
        $crate::functions::Volatility::Volatile
    };
}

macro_rules! strictness {
    (strict) => {
        true
    };
    (nullable) => {
        false
    };
}

macro_rules! kernel {
    (scalar || $body:expr) => {
        $crate::functions::FunctionKind::Scalar(
            |_, _| $crate::functions::typed::Answer::into_value($body),
            None,
        )
    };
    (scalar |$call:ident| $body:expr) => {
        $crate::functions::FunctionKind::Scalar(
            |$call, _| $crate::functions::typed::Answer::into_value($body),
            None,
        )
    };
    (scalar |$call:ident; $($arg:ident : $ty:ty),+| $body:expr) => {
        $crate::functions::FunctionKind::Scalar(
            |$call, args| {
                let mut args = args.iter();
                $(let $arg: $ty = $crate::functions::typed::next(&mut args);)+
                $crate::functions::typed::Answer::into_value($body)
            },
            None,
        )
    };
    (scalar |$($arg:ident : $ty:ty),+| $body:expr) => {
        $crate::functions::FunctionKind::Scalar(
            |_, args| {
                let mut args = args.iter();
                $(let $arg: $ty = $crate::functions::typed::next(&mut args);)+
                $crate::functions::typed::Answer::into_value($body)
            },
            None,
        )
    };
    (raw $kernel:path) => {
        $crate::functions::FunctionKind::Scalar($kernel, None)
    };
    (catalog $question:literal) => {
        $crate::functions::FunctionKind::Scalar(|call, args| call.env.catalog($question, args), None)
    };
    (text_test $test:path) => {
        $crate::functions::FunctionKind::Scalar(
            |_, args| $crate::functions::patterns::test_values(args, $test),
            Some(|_, args| $crate::functions::patterns::test_columns(args, $test)),
        )
    };
    (comparison $predicate:ident, $order:path) => {
        $crate::functions::FunctionKind::Scalar(
            |call, args| {
                $crate::functions::comparison::scalar::<$crate::functions::comparison::$predicate>(call, args, $order)
            },
            Some(|call, args| {
                $crate::functions::comparison::vector::<$crate::functions::comparison::$predicate>(call, args, $order)
            }),
        )
    };
    (arithmetic $operation:ident, $a:ty, $b:ty, $result:ty) => {
        $crate::functions::FunctionKind::Scalar(
            $crate::functions::arithmetic::scalar::<$crate::functions::arithmetic::$operation, $a, $b, $result>,
            Some($crate::functions::arithmetic::vector::<$crate::functions::arithmetic::$operation, $a, $b, $result>),
        )
    };
    (set $kernel:path) => {
        $crate::functions::FunctionKind::Set($kernel, &[])
    };
    (set $kernel:path; $($column:literal $ty:ident),+) => {
        $crate::functions::FunctionKind::Set(
            $kernel,
            &[$(($column, ::strata_types::Type::$ty)),+],
        )
    };
    (aggregate $accumulator:expr) => {
        $crate::functions::FunctionKind::Aggregate($accumulator)
    };
    (window $kind:ident) => {
        $crate::functions::FunctionKind::Window($crate::functions::WindowKind::$kind)
    };
}

pub(super) use {functions, given, kernel, optional, strictness, volatility};
