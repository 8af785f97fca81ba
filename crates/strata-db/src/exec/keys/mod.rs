//! Rows as bytes: equal rows have equal bytes (`group`), and smaller rows have smaller bytes (`sort`).

mod encode;
mod merge_sort;
mod sort;
mod table;

pub(in crate::exec) use encode::{encode_row, has_null};
pub(in crate::exec) use merge_sort::MergeSort;
pub(in crate::exec) use sort::{SortBytes, head, sort_bytes};
pub(in crate::exec) use table::{KeyTable, hash};
