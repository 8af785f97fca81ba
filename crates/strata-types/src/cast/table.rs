//! Which casts there are, and on whose demand they happen: PostgreSQL's `pg_cast`.

use crate::sql_type::Type;

/// When a cast is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CastContext {
    /// Anywhere a value of the other type is needed.
    Implicit,
    /// Only when storing into a column of the other type, or on demand.
    Assignment,
    /// Only where the query writes a cast.
    Explicit,
}

/// One cast.
#[derive(Clone, Copy, Debug)]
pub struct Cast {
    /// The type to cast from.
    pub from: Type,
    /// The type to cast to.
    pub to: Type,
    /// When it is applied.
    pub context: CastContext,
}

macro_rules! casts {
    ($($from:ident => $to:ident, $context:ident;)*) => {
        /// Every cast between two built-in types, sorted by them. Casts through text are not listed: to text on
        /// assignment, from text on demand.
        pub static CASTS: &[Cast] = &[
            $(Cast { from: Type::$from, to: Type::$to, context: CastContext::$context },)*
        ];
    };
}

casts! {
    BOOL => INT4, Explicit;
    BOOL => TEXT, Assignment;
    BOOL => BPCHAR, Assignment;
    BOOL => VARCHAR, Assignment;
    CHAR => INT4, Explicit;
    CHAR => TEXT, Implicit;
    CHAR => BPCHAR, Assignment;
    CHAR => VARCHAR, Assignment;
    NAME => TEXT, Implicit;
    NAME => BPCHAR, Assignment;
    NAME => VARCHAR, Assignment;
    INT8 => INT2, Assignment;
    INT8 => INT4, Assignment;
    INT8 => REGPROC, Implicit;
    INT8 => OID, Implicit;
    INT8 => FLOAT4, Implicit;
    INT8 => FLOAT8, Implicit;
    INT8 => BIT, Explicit;
    INT8 => NUMERIC, Implicit;
    INT8 => REGPROCEDURE, Implicit;
    INT8 => REGOPER, Implicit;
    INT8 => REGOPERATOR, Implicit;
    INT8 => REGCLASS, Implicit;
    INT8 => REGTYPE, Implicit;
    INT8 => REGCONFIG, Implicit;
    INT8 => REGDICTIONARY, Implicit;
    INT8 => REGNAMESPACE, Implicit;
    INT8 => REGROLE, Implicit;
    INT2 => INT8, Implicit;
    INT2 => INT4, Implicit;
    INT2 => REGPROC, Implicit;
    INT2 => OID, Implicit;
    INT2 => FLOAT4, Implicit;
    INT2 => FLOAT8, Implicit;
    INT2 => NUMERIC, Implicit;
    INT2 => REGPROCEDURE, Implicit;
    INT2 => REGOPER, Implicit;
    INT2 => REGOPERATOR, Implicit;
    INT2 => REGCLASS, Implicit;
    INT2 => REGTYPE, Implicit;
    INT2 => REGCONFIG, Implicit;
    INT2 => REGDICTIONARY, Implicit;
    INT2 => REGNAMESPACE, Implicit;
    INT2 => REGROLE, Implicit;
    INT4 => BOOL, Explicit;
    INT4 => CHAR, Explicit;
    INT4 => INT8, Implicit;
    INT4 => INT2, Assignment;
    INT4 => REGPROC, Implicit;
    INT4 => OID, Implicit;
    INT4 => FLOAT4, Implicit;
    INT4 => FLOAT8, Implicit;
    INT4 => BIT, Explicit;
    INT4 => NUMERIC, Implicit;
    INT4 => REGPROCEDURE, Implicit;
    INT4 => REGOPER, Implicit;
    INT4 => REGOPERATOR, Implicit;
    INT4 => REGCLASS, Implicit;
    INT4 => REGTYPE, Implicit;
    INT4 => REGCONFIG, Implicit;
    INT4 => REGDICTIONARY, Implicit;
    INT4 => REGNAMESPACE, Implicit;
    INT4 => REGROLE, Implicit;
    REGPROC => INT8, Assignment;
    REGPROC => INT4, Assignment;
    REGPROC => OID, Implicit;
    REGPROC => REGPROCEDURE, Implicit;
    TEXT => CHAR, Assignment;
    TEXT => NAME, Implicit;
    TEXT => BPCHAR, Implicit;
    TEXT => VARCHAR, Implicit;
    TEXT => REGCLASS, Implicit;
    OID => INT8, Assignment;
    OID => INT4, Assignment;
    OID => REGPROC, Implicit;
    OID => REGPROCEDURE, Implicit;
    OID => REGOPER, Implicit;
    OID => REGOPERATOR, Implicit;
    OID => REGCLASS, Implicit;
    OID => REGTYPE, Implicit;
    OID => REGCONFIG, Implicit;
    OID => REGDICTIONARY, Implicit;
    OID => REGNAMESPACE, Implicit;
    OID => REGROLE, Implicit;
    JSON => JSONB, Assignment;
    FLOAT4 => INT8, Assignment;
    FLOAT4 => INT2, Assignment;
    FLOAT4 => INT4, Assignment;
    FLOAT4 => FLOAT8, Implicit;
    FLOAT4 => NUMERIC, Assignment;
    FLOAT8 => INT8, Assignment;
    FLOAT8 => INT2, Assignment;
    FLOAT8 => INT4, Assignment;
    FLOAT8 => FLOAT4, Assignment;
    FLOAT8 => NUMERIC, Assignment;
    BPCHAR => CHAR, Assignment;
    BPCHAR => NAME, Implicit;
    BPCHAR => TEXT, Implicit;
    BPCHAR => VARCHAR, Implicit;
    VARCHAR => CHAR, Assignment;
    VARCHAR => NAME, Implicit;
    VARCHAR => TEXT, Implicit;
    VARCHAR => BPCHAR, Implicit;
    VARCHAR => REGCLASS, Implicit;
    DATE => TIMESTAMP, Implicit;
    DATE => TIMESTAMPTZ, Implicit;
    TIME => INTERVAL, Implicit;
    TIME => TIMETZ, Implicit;
    TIMESTAMP => DATE, Assignment;
    TIMESTAMP => TIME, Assignment;
    TIMESTAMP => TIMESTAMPTZ, Implicit;
    TIMESTAMPTZ => DATE, Assignment;
    TIMESTAMPTZ => TIME, Assignment;
    TIMESTAMPTZ => TIMESTAMP, Assignment;
    TIMESTAMPTZ => TIMETZ, Assignment;
    INTERVAL => TIME, Assignment;
    TIMETZ => TIME, Assignment;
    BIT => INT8, Explicit;
    BIT => INT4, Explicit;
    BIT => VARBIT, Implicit;
    VARBIT => BIT, Implicit;
    NUMERIC => INT8, Assignment;
    NUMERIC => INT2, Assignment;
    NUMERIC => INT4, Assignment;
    NUMERIC => FLOAT4, Implicit;
    NUMERIC => FLOAT8, Implicit;
    REGPROCEDURE => INT8, Assignment;
    REGPROCEDURE => INT4, Assignment;
    REGPROCEDURE => REGPROC, Implicit;
    REGPROCEDURE => OID, Implicit;
    REGOPER => INT8, Assignment;
    REGOPER => INT4, Assignment;
    REGOPER => OID, Implicit;
    REGOPER => REGOPERATOR, Implicit;
    REGOPERATOR => INT8, Assignment;
    REGOPERATOR => INT4, Assignment;
    REGOPERATOR => OID, Implicit;
    REGOPERATOR => REGOPER, Implicit;
    REGCLASS => INT8, Assignment;
    REGCLASS => INT4, Assignment;
    REGCLASS => OID, Implicit;
    REGTYPE => INT8, Assignment;
    REGTYPE => INT4, Assignment;
    REGTYPE => OID, Implicit;
    REGCONFIG => INT8, Assignment;
    REGCONFIG => INT4, Assignment;
    REGCONFIG => OID, Implicit;
    REGDICTIONARY => INT8, Assignment;
    REGDICTIONARY => INT4, Assignment;
    REGDICTIONARY => OID, Implicit;
    JSONB => BOOL, Explicit;
    JSONB => INT8, Explicit;
    JSONB => INT2, Explicit;
    JSONB => INT4, Explicit;
    JSONB => JSON, Assignment;
    JSONB => FLOAT4, Explicit;
    JSONB => FLOAT8, Explicit;
    JSONB => NUMERIC, Explicit;
    REGNAMESPACE => INT8, Assignment;
    REGNAMESPACE => INT4, Assignment;
    REGNAMESPACE => OID, Implicit;
    REGROLE => INT8, Assignment;
    REGROLE => INT4, Assignment;
    REGROLE => OID, Implicit;
    XID8 => XID, Explicit;
}

/// When values of one type are cast to another; `None` if the table lists no such cast.
pub fn cast_context(from: Type, to: Type) -> Option<CastContext> {
    let at = CASTS.binary_search_by_key(&(from, to), |cast| (cast.from, cast.to)).ok()?;
    CASTS.get(at).map(|cast| cast.context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(CASTS.is_sorted_by_key(|cast| (cast.from, cast.to)));
        assert_eq!(cast_context(Type::INT4, Type::INT8), Some(CastContext::Implicit));
        assert_eq!(cast_context(Type::INT8, Type::INT4), Some(CastContext::Assignment));
        assert_eq!(cast_context(Type::INT4, Type::BOOL), Some(CastContext::Explicit));
        assert_eq!(cast_context(Type::UUID, Type::INT4), None);
    }
}
