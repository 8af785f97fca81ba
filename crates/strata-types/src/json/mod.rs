//! `jsonb`: JSON as a tree, keys in PostgreSQL's order (by length, then bytes), the last of equal keys kept.

mod parse;
mod write;

pub use parse::{parse, validate};
pub use write::write_string;

use crate::numeric::Numeric;
use crate::text::Text;
use std::cmp::Ordering;
use std::sync::Arc;

/// A JSON document; a clone costs one counter.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Jsonb(pub Arc<Json>);

/// One node of a JSON document.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, exact.
    Number(Numeric),
    /// A string, unescaped.
    String(Text),
    /// `[…]`
    Array(Vec<Json>),
    /// `{…}`: sorted by [`key_order`], without duplicates.
    Object(Vec<(Text, Json)>),
}

impl Jsonb {
    /// The document's root.
    pub fn root(&self) -> &Json {
        &self.0
    }
}

impl From<Json> for Jsonb {
    fn from(root: Json) -> Self {
        Jsonb(Arc::new(root))
    }
}

/// The order of keys inside an object: shorter first, then by bytes.
pub fn key_order(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.as_bytes().cmp(b.as_bytes()))
}

impl Json {
    /// An object of these members: sorted, the last of equal keys kept.
    pub fn object(mut members: Vec<(Text, Json)>) -> Json {
        // A stable sort keeps equal keys in their order, so the last of each run is the one to keep.
        members.sort_by(|a, b| key_order(&a.0, &b.0));
        let mut kept: Vec<(Text, Json)> = Vec::with_capacity(members.len());
        for member in members {
            match kept.last_mut() {
                Some(last) if last.0 == member.0 => *last = member,
                _ => kept.push(member),
            }
        }
        Json::Object(kept)
    }

    /// The member of this key.
    pub fn get(&self, key: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => {
                let at = members.binary_search_by(|(k, _)| key_order(k, key)).ok()?;
                members.get(at).map(|(_, json)| json)
            }
            _ => None,
        }
    }

    /// About how many bytes of memory the tree takes, this node included.
    pub fn heap_len(&self) -> usize {
        /// Two counters and what the allocator rounds up to.
        const SHARED: usize = 24;
        let beneath: usize = match self {
            Json::Null | Json::Bool(_) => 0,
            Json::Number(number) => number.heap_len(),
            Json::String(text) => SHARED + text.len(),
            Json::Array(items) => items.iter().map(Json::heap_len).sum(),
            Json::Object(members) => members
                .iter()
                .map(|(key, member)| size_of::<Text>() + SHARED + key.len() + member.heap_len())
                .sum(),
        };
        size_of::<Json>() + beneath
    }

    /// The order of kinds: object > array > boolean > number > string > null.
    fn rank(&self) -> u8 {
        match self {
            Json::Null => 0,
            Json::String(_) => 1,
            Json::Number(_) => 2,
            Json::Bool(_) => 3,
            Json::Array(_) => 4,
            Json::Object(_) => 5,
        }
    }
}

impl Ord for Json {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Json::Bool(a), Json::Bool(b)) => a.cmp(b),
            (Json::Number(a), Json::Number(b)) => a.cmp(b),
            (Json::String(a), Json::String(b)) => a.as_bytes().cmp(b.as_bytes()),
            (Json::Array(a), Json::Array(b)) => a.len().cmp(&b.len()).then_with(|| a.cmp(b)),
            (Json::Object(a), Json::Object(b)) => a.len().cmp(&b.len()).then_with(|| {
                let pairs = a.iter().zip(b);
                pairs
                    .map(|((a_key, a), (b_key, b))| key_order(a_key, b_key).then_with(|| a.cmp(b)))
                    .find(|order| order.is_ne())
                    .unwrap_or(Ordering::Equal)
            }),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Json {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Jsonb {
    /// PostgreSQL's order, in which an empty array at the root is the smallest of all but nothing.
    fn cmp(&self, other: &Self) -> Ordering {
        let empty = |json: &Json| matches!(json, Json::Array(items) if items.is_empty());
        match (empty(self.root()), empty(other.root())) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => self.0.cmp(&other.0),
        }
    }
}

impl PartialOrd for Jsonb {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
