//! What kind of thing a value is: PostgreSQL's type OID, and what the table of built-in types says about it.

use crate::type_table::{self, TypeInfo};
use crate::typmod::Typmod;
use std::borrow::Cow;
use std::fmt;

/// The number by which PostgreSQL names a catalog object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oid(pub u32);

impl Oid {
    /// The OID that names nothing.
    pub const INVALID: Oid = Oid(0);
    /// Objects that users make are numbered from here.
    pub const FIRST_USER: Oid = Oid(16384);
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A SQL type, named by its OID. The constants (`Type::INT4`, …) can be matched on.
///
/// Types that users make (enums, domains) have OIDs from [`Oid::FIRST_USER`]; this crate knows none of
/// them, and answers for them as for `text` unless the catalog above resolves them first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Type(pub Oid);

impl Type {
    /// No type: where an element or array type does not exist.
    pub const NONE: Type = Type(Oid::INVALID);

    /// The type's OID.
    pub const fn oid(self) -> Oid {
        self.0
    }

    /// The row of [`TYPES`](crate::TYPES) for a built-in type.
    pub fn info(self) -> Option<&'static TypeInfo> {
        type_table::find(self)
    }

    /// A user-made type, which only the catalog can resolve.
    pub fn is_user_defined(self) -> bool {
        self.0 >= Oid::FIRST_USER
    }

    /// The internal name: `int4`, `_int4`.
    pub fn name(self) -> &'static str {
        self.info().map_or("???", |info| info.name)
    }

    /// The name that SQL and error messages use, as `format_type` gives it: `integer`,
    /// `character varying(10)`, `timestamp(3) with time zone`, `integer[]`.
    pub fn sql_name(self, typmod: Typmod) -> Cow<'static, str> {
        match self.info() {
            Some(info) if typmod.is_none() => Cow::Borrowed(info.sql_name),
            Some(info) => typmod.sql_name_of(info),
            None => Cow::Borrowed("???"),
        }
    }

    /// The element type of a true array (`int4[]`) or of a vector (`int2vector`, `oidvector`).
    pub fn element(self) -> Option<Type> {
        // `name` has an element type too, for subscripts, but is no array: only variable lengths are.
        self.info().filter(|info| info.len == -1).map(|info| info.element).filter(|t| *t != Type::NONE)
    }

    /// The type of arrays of this type.
    pub fn array_of(self) -> Option<Type> {
        self.info().map(|info| info.array).filter(|t| *t != Type::NONE)
    }

    /// A type of arrays, such as `int4[]`.
    pub fn is_array(self) -> bool {
        self.element().is_some()
    }

    /// PostgreSQL's one-letter class of similar types: `N` numbers, `S` strings, `D` dates and times, …
    pub fn category(self) -> char {
        self.info().map_or('U', |info| info.category as char)
    }

    /// The type that others of its category turn into when a choice must be made.
    pub fn is_preferred(self) -> bool {
        self.info().is_some_and(|info| info.preferred)
    }

    /// `typlen`: bytes of a fixed-length type, -1 for variable length, -2 for a C string.
    #[expect(clippy::len_without_is_empty, reason = "the catalog's typlen; no type is empty")]
    pub fn len(self) -> i16 {
        self.info().map_or(-1, |info| info.len)
    }

    /// A pseudo-type (`anyelement`, `void`, `unknown`, …): for signatures, not for columns.
    pub fn is_pseudo(self) -> bool {
        self.info().is_some_and(|info| info.kind == b'p')
    }

    /// A polymorphic pseudo-type, resolved from a call's actual arguments.
    pub fn is_polymorphic(self) -> bool {
        matches!(
            self,
            Type::ANYELEMENT
                | Type::ANYARRAY
                | Type::ANYNONARRAY
                | Type::ANYENUM
                | Type::ANYRANGE
                | Type::ANYCOMPATIBLE
                | Type::ANYCOMPATIBLEARRAY
                | Type::ANYCOMPATIBLENONARRAY
                | Type::ANYCOMPATIBLERANGE
        )
    }

    /// Strings in the widest sense: values that [`Value::Text`](crate::Value::Text) holds.
    pub fn is_text(self) -> bool {
        matches!(self, Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN)
    }

    /// Numbers with arithmetic: the integers, the floats and `numeric`.
    pub fn is_number(self) -> bool {
        matches!(self, Type::INT2 | Type::INT4 | Type::INT8 | Type::FLOAT4 | Type::FLOAT8 | Type::NUMERIC)
    }

    /// `oid` and the types that are an OID with a prettier face.
    pub fn is_oid_alias(self) -> bool {
        matches!(
            self,
            Type::OID
                | Type::REGPROC
                | Type::REGPROCEDURE
                | Type::REGOPER
                | Type::REGOPERATOR
                | Type::REGCLASS
                | Type::REGTYPE
                | Type::REGNAMESPACE
                | Type::REGROLE
                | Type::REGCONFIG
                | Type::REGDICTIONARY
                | Type::REGCOLLATION
        )
    }

    /// The built-in type of this name: an internal name (`int4`, `_int4`) or a spelling that SQL
    /// knows (`integer`, `double precision`, `decimal`). `name[]` finds the array type. Case matters
    /// not: names arrive folded to lower case from the parser.
    pub fn by_name(name: &str) -> Option<Type> {
        if let Some(element) = name.strip_suffix("[]") {
            return Type::by_name(element.trim_end())?.array_of();
        }
        type_table::find_by_name(name)
    }
}

impl fmt::Debug for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.info() {
            Some(info) => f.write_str(info.name),
            None => write!(f, "type {}", self.0),
        }
    }
}

/// As error messages name it: `integer`, `character varying`.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.info() {
            Some(info) => f.write_str(info.sql_name),
            None => write!(f, "type {}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_types_and_back() {
        for (name, ty) in [
            ("int4", Type::INT4),
            ("integer", Type::INT4),
            ("int", Type::INT4),
            ("decimal", Type::NUMERIC),
            ("double precision", Type::FLOAT8),
            ("timestamptz", Type::TIMESTAMPTZ),
            ("timestamp with time zone", Type::TIMESTAMPTZ),
            ("_text", Type::TEXT_ARRAY),
            ("integer[]", Type::INT4_ARRAY),
        ] {
            assert_eq!(Type::by_name(name), Some(ty), "{name}");
        }
        assert_eq!(Type::by_name("nonsense"), None);
        assert_eq!(Type::INT4.sql_name(Typmod::NONE), "integer");
        assert_eq!(Type::INT4_ARRAY.sql_name(Typmod::NONE), "integer[]");
    }

    #[test]
    fn arrays_and_elements_point_at_each_other() {
        for info in type_table::TYPES.iter().filter(|info| info.array != Type::NONE) {
            assert_eq!(info.array.element(), Some(info.ty), "{}", info.name);
        }
    }
}
