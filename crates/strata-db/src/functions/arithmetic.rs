//! `+ - * /` over integers and floats: one kernel for values, one for columns, checked alike.

use super::call::Call;
use super::typed::{Answer, Argument};
use crate::error::{Result, SqlError};
use strata_types::{Bitmap, Column, ColumnData, Error, Type, Value};

/// A number that columns hold as it is.
pub(super) trait Native: Copy + Default + Send + 'static {
    /// Its SQL type.
    const TYPE: Type;
    /// The column's vector.
    fn slice(data: &ColumnData) -> Option<&[Self]>;
    /// A column's vector.
    fn wrap(vector: Vec<Self>) -> ColumnData;
}

macro_rules! natives {
    ($($rust:ty = $variant:ident $ty:ident;)*) => {$(
        impl Native for $rust {
            const TYPE: Type = Type::$ty;
            fn slice(data: &ColumnData) -> Option<&[Self]> {
                match data {
                    ColumnData::$variant(vector) => Some(vector),
                    _ => None,
                }
            }
            fn wrap(vector: Vec<Self>) -> ColumnData {
                ColumnData::$variant(vector)
            }
        }
    )*};
}

natives! {
    i16 = Int2 INT2;
    i32 = Int4 INT4;
    i64 = Int8 INT8;
    f32 = Float4 FLOAT4;
    f64 = Float8 FLOAT8;
}

/// What an operator does with two numbers of one type.
pub(super) trait Operation<T> {
    /// The result, unless it does not fit.
    fn apply(a: T, b: T) -> Result<T, Error>;
}

/// `+`
pub(super) struct Add;
/// `-`
pub(super) struct Subtract;
/// `*`
pub(super) struct Multiply;
/// `/`
pub(super) struct Divide;
/// `%`
pub(super) struct Remainder;

macro_rules! integers {
    ($($rust:ty),*) => {$(
        impl Operation<$rust> for Add {
            #[inline]
            fn apply(a: $rust, b: $rust) -> Result<$rust, Error> {
                a.checked_add(b).ok_or(Error::OutOfRange { ty: <$rust>::TYPE })
            }
        }
        impl Operation<$rust> for Subtract {
            #[inline]
            fn apply(a: $rust, b: $rust) -> Result<$rust, Error> {
                a.checked_sub(b).ok_or(Error::OutOfRange { ty: <$rust>::TYPE })
            }
        }
        impl Operation<$rust> for Multiply {
            #[inline]
            fn apply(a: $rust, b: $rust) -> Result<$rust, Error> {
                a.checked_mul(b).ok_or(Error::OutOfRange { ty: <$rust>::TYPE })
            }
        }
        impl Operation<$rust> for Divide {
            #[inline]
            fn apply(a: $rust, b: $rust) -> Result<$rust, Error> {
                if b == 0 {
                    return Err(Error::DivisionByZero);
                }
                a.checked_div(b).ok_or(Error::OutOfRange { ty: <$rust>::TYPE })
            }
        }
        impl Operation<$rust> for Remainder {
            #[inline]
            fn apply(a: $rust, b: $rust) -> Result<$rust, Error> {
                if b == 0 {
                    return Err(Error::DivisionByZero);
                }
                // The smallest integer modulo -1 overflows in the machine and is 0 in mathematics.
                Ok(a.wrapping_rem(b))
            }
        }
    )*};
}

integers!(i16, i32, i64);

macro_rules! floats {
    ($($rust:ty),*) => {$(
        impl Operation<$rust> for Add {
            #[inline]
            fn apply(a: $rust, b: $rust) -> Result<$rust, Error> {
                let sum = a + b;
                if sum.is_infinite() && a.is_finite() && b.is_finite() { Err(Error::FloatOverflow) } else { Ok(sum) }
            }
        }
        impl Operation<$rust> for Subtract {
            #[inline]
            fn apply(a: $rust, b: $rust) -> Result<$rust, Error> {
                let difference = a - b;
                if difference.is_infinite() && a.is_finite() && b.is_finite() {
                    return Err(Error::FloatOverflow);
                }
                Ok(difference)
            }
        }
        impl Operation<$rust> for Multiply {
            #[inline]
            fn apply(a: $rust, b: $rust) -> Result<$rust, Error> {
                let product = a * b;
                if product.is_infinite() && a.is_finite() && b.is_finite() {
                    return Err(Error::FloatOverflow);
                }
                if product == 0.0 && a != 0.0 && b != 0.0 {
                    return Err(Error::FloatUnderflow);
                }
                Ok(product)
            }
        }
        impl Operation<$rust> for Divide {
            #[inline]
            fn apply(a: $rust, b: $rust) -> Result<$rust, Error> {
                if b == 0.0 && !a.is_nan() {
                    return Err(Error::DivisionByZero);
                }
                let quotient = a / b;
                if quotient.is_infinite() && a.is_finite() {
                    return Err(Error::FloatOverflow);
                }
                if quotient == 0.0 && a != 0.0 && b.is_finite() {
                    return Err(Error::FloatUnderflow);
                }
                Ok(quotient)
            }
        }
    )*};
}

floats!(f32, f64);

/// One pair of numbers, widened to the result's type.
pub(super) fn scalar<O, A, B, R>(_: &Call<'_>, args: &[Value]) -> Result<Value>
where
    A: Native + for<'a> Argument<'a>,
    B: Native + for<'a> Argument<'a>,
    R: Native + From<A> + From<B> + Answer,
    O: Operation<R>,
{
    match args {
        [a, b] => O::apply(R::from(A::of(a)), R::from(B::of(b)))?.into_value(),
        _ => unreachable!("arithmetic has two operands"),
    }
}

/// Two columns.
pub(super) fn vector<O, A, B, R>(_: &Call<'_>, args: &[&Column]) -> Result<Column>
where
    A: Native,
    B: Native,
    R: Native + From<A> + From<B>,
    O: Operation<R>,
{
    let [left, right] = args else { unreachable!("arithmetic has two operands") };
    let (Some(a), Some(b)) = (A::slice(&left.data), B::slice(&right.data)) else {
        unreachable!("operands are columns of their types")
    };
    let validity = both_valid(left, right);
    let pairs = a.iter().zip(b).map(|(a, b)| (R::from(*a), R::from(*b)));
    let vector = match &validity {
        None => pairs.map(|(a, b)| O::apply(a, b)).collect::<Result<Vec<R>, Error>>(),
        // What stands in the place of a NULL means nothing and may well overflow.
        Some(valid) => pairs
            .zip(valid.iter())
            .map(|((a, b), valid)| if valid { O::apply(a, b) } else { Ok(R::default()) })
            .collect(),
    };
    Ok(Column::new(R::TYPE, R::wrap(vector.map_err(SqlError::from)?), validity))
}

/// The rows in which neither of two columns is NULL; `None` if that is all of them.
pub(super) fn both_valid(left: &Column, right: &Column) -> Option<Bitmap> {
    let of = |column: &Column| match (&column.validity, &column.data) {
        (Some(validity), _) => Some(validity.clone()),
        (None, ColumnData::Other(values)) => Some(values.iter().map(|value| !value.is_null()).collect()),
        (None, _) => None,
    };
    match (of(left), of(right)) {
        (Some(left), Some(right)) => Some(left.and(&right)),
        (one, other) => one.or(other),
    }
}
