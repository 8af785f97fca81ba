//! `strata-types`: what a SQL value is.   (a layer of its own; imports none of the others)
//!
//! A [`Value`] is one datum or NULL, a [`Column`] many of one [`Type`], a [`Batch`] rows of columns. Values come
//! in and go out in PostgreSQL's text and binary forms, convert by PostgreSQL's casts, and are stored in two
//! encodings: as rows, compact and readable column by column, and as keys, whose bytes sort as the values do.
//!
//! # Read in this order
//! | module | holds |
//! |---|---|
//! | [`Type`], [`Typmod`], [`TYPES`] | what kinds of values there are: one table |
//! | [`Value`], [`Numeric`], [`datetime`], [`json`], [`Array`] | the values, and what SQL computes with them |
//! | [`Column`], [`Batch`] | many values at once |
//! | [`cast`], [`CASTS`] | values of one type as values of another |
//! | [`row`], [`key`] | the two stored forms |
//! | [`Format`], [`Error`], [`sqlstate`] | how values look to a session; what can be wrong with them |

mod array;
mod bits;
mod cast;
mod column;
pub mod datetime;
mod error;
mod format;
mod identity;
pub mod json;
pub mod key;
pub mod numeric;
pub mod row;
#[cfg(test)]
mod sample;
mod sql_type;
pub mod sqlstate;
mod text;
mod ty;
mod type_table;
mod typmod;
mod value;

pub use array::{Array, DIMENSIONS_MAX, Dimension};
pub use bits::Bits;
pub use cast::{CASTS, Cast, CastContext, cast, cast_context};
pub use column::{Batch, Bitmap, Column, ColumnBuilder, ColumnData, Strings};
pub use datetime::{Interval, TimeTz};
pub use error::{Error, Result};
pub use format::{ByteaOutput, DateOrder, DateOutput, DateStyle, Format, IntervalStyle};
pub use json::{Json, Jsonb};
pub use numeric::Numeric;
pub use sql_type::{Oid, Type};
pub use text::{Bytes, Text};
pub use ty::{NAME_LEN_MAX, compare, pad, truncate_name};
pub use type_table::{TYPES, TypeInfo};
pub use typmod::{IntervalFields, Typmod};
pub use value::{Value, compare_f32, compare_f64};
