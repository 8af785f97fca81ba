//! SQL arrays: any number of dimensions, each with its own lower bound, elements in row-major order.

use crate::sql_type::Type;
use crate::value::Value;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

/// Most dimensions that an array may have.
pub const DIMENSIONS_MAX: usize = 6;

/// One dimension of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dimension {
    /// Number of elements along it.
    pub len: usize,
    /// Subscript of its first element; 1 unless told otherwise.
    pub lower: i32,
}

/// An array value.
#[derive(Clone, Debug)]
pub struct Array {
    /// The elements' type.
    pub element: Type,
    /// Outermost first; none for the empty array.
    pub dimensions: Vec<Dimension>,
    /// Every element in row-major order.
    pub values: Vec<Value>,
}

impl Array {
    /// A one-dimensional array with subscripts from 1; empty if there are no values.
    pub fn new(element: Type, values: Vec<Value>) -> Array {
        let dimensions = match values.len() {
            0 => Vec::new(),
            len => vec![Dimension { len, lower: 1 }],
        };
        Array { element, dimensions, values }
    }

    /// Number of elements in all dimensions together.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// An array without elements.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The element at these subscripts, one a dimension; `None` outside the bounds.
    pub fn get(&self, subscripts: &[i32]) -> Option<&Value> {
        if subscripts.len() != self.dimensions.len() || subscripts.is_empty() {
            return None;
        }
        let mut at = 0;
        for (dimension, subscript) in self.dimensions.iter().zip(subscripts) {
            let offset = usize::try_from(subscript.checked_sub(dimension.lower)?).ok()?;
            if offset >= dimension.len {
                return None;
            }
            at = at * dimension.len + offset;
        }
        self.values.get(at)
    }
}

/// Elements first, then their number, then the shape: PostgreSQL's `array_cmp`.
impl Ord for Array {
    fn cmp(&self, other: &Self) -> Ordering {
        self.values
            .cmp(&other.values)
            .then_with(|| self.dimensions.len().cmp(&other.dimensions.len()))
            .then_with(|| self.dimensions.cmp(&other.dimensions))
    }
}

impl PartialOrd for Array {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Array {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Array {}

impl Hash for Array {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.values.hash(state);
    }
}
