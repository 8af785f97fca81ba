//! The built-in types: one table, from which the constants of [`Type`], lookups by OID and name, and the
//! `pg_type` relation all follow.

use crate::sql_type::{Oid, Type};

/// What the catalog says about one built-in type (a row of `pg_type`).
#[derive(Clone, Copy, Debug)]
pub struct TypeInfo {
    /// The type that the row describes.
    pub ty: Type,
    /// Internal name (`typname`).
    pub name: &'static str,
    /// The name in SQL and messages, without modifier.
    pub sql_name: &'static str,
    /// `typlen`: bytes, -1 variable, -2 C string.
    pub len: i16,
    /// `typbyval`.
    pub by_value: bool,
    /// `typtype`: `b` base, `p` pseudo.
    pub kind: u8,
    /// `typcategory`.
    pub category: u8,
    /// `typispreferred`.
    pub preferred: bool,
    /// `typdelim`: what separates elements in array text.
    pub delimiter: u8,
    /// `typelem`, or [`Type::NONE`].
    pub element: Type,
    /// `typarray`, or [`Type::NONE`].
    pub array: Type,
    /// Name of the text input function.
    pub input: &'static str,
    /// Name of the text output function.
    pub output: &'static str,
    /// Name of the binary input function; empty if there is none.
    pub receive: &'static str,
    /// Name of the binary output function; empty if there is none.
    pub send: &'static str,
    /// `typalign`: `c`, `s`, `i` or `d`.
    pub align: u8,
    /// `typstorage`: `p`, `x`, `m` or `e`.
    pub storage: u8,
    /// `typcollation`: 100 for the default collation, 950 for `C`, 0 for none.
    pub collation: Oid,
}

macro_rules! types {
    ($($id:ident, $oid:literal, $name:literal, $sql:literal, $len:literal, $byval:literal, $kind:literal,
       $category:literal, $preferred:literal, $elem:literal, $array:literal, $input:literal,
       $output:literal, $receive:literal, $send:literal, $align:literal, $storage:literal,
       $collation:literal;)*) => {
        impl Type {
            $(#[doc = concat!("`", $sql, "`")]
            pub const $id: Type = Type(Oid($oid));)*
        }

        /// Every built-in type, in the order of OIDs.
        pub static TYPES: &[TypeInfo] = &[$(TypeInfo {
            ty: Type::$id, name: $name, sql_name: $sql, len: $len, by_value: $byval, kind: $kind,
            category: $category, preferred: $preferred, delimiter: b',', element: Type(Oid($elem)),
            array: Type(Oid($array)), input: $input, output: $output, receive: $receive, send: $send,
            align: $align, storage: $storage, collation: Oid($collation),
        },)*];
    };
}

#[rustfmt::skip]
types! {
    // constant, oid, name, name in SQL, len, by value, kind, category, preferred, element, array,
    //     input, output, receive, send, align, storage, collation
    BOOL, 16, "bool", "boolean", 1, true, b'b', b'B', true, 0, 1000, "boolin", "boolout", "boolrecv", "boolsend", b'c', b'p', 0;
    BYTEA, 17, "bytea", "bytea", -1, false, b'b', b'U', false, 0, 1001, "byteain", "byteaout", "bytearecv", "byteasend", b'i', b'x', 0;
    CHAR, 18, "char", "\"char\"", 1, true, b'b', b'Z', false, 0, 1002, "charin", "charout", "charrecv", "charsend", b'c', b'p', 0;
    NAME, 19, "name", "name", 64, false, b'b', b'S', false, 18, 1003, "namein", "nameout", "namerecv", "namesend", b'c', b'p', 950;
    INT8, 20, "int8", "bigint", 8, true, b'b', b'N', false, 0, 1016, "int8in", "int8out", "int8recv", "int8send", b'd', b'p', 0;
    INT2, 21, "int2", "smallint", 2, true, b'b', b'N', false, 0, 1005, "int2in", "int2out", "int2recv", "int2send", b's', b'p', 0;
    INT2VECTOR, 22, "int2vector", "int2vector", -1, false, b'b', b'A', false, 21, 1006, "int2vectorin", "int2vectorout", "int2vectorrecv", "int2vectorsend", b'i', b'p', 0;
    INT4, 23, "int4", "integer", 4, true, b'b', b'N', false, 0, 1007, "int4in", "int4out", "int4recv", "int4send", b'i', b'p', 0;
    REGPROC, 24, "regproc", "regproc", 4, true, b'b', b'N', false, 0, 1008, "regprocin", "regprocout", "regprocrecv", "regprocsend", b'i', b'p', 0;
    TEXT, 25, "text", "text", -1, false, b'b', b'S', true, 0, 1009, "textin", "textout", "textrecv", "textsend", b'i', b'x', 100;
    OID, 26, "oid", "oid", 4, true, b'b', b'N', true, 0, 1028, "oidin", "oidout", "oidrecv", "oidsend", b'i', b'p', 0;
    TID, 27, "tid", "tid", 6, false, b'b', b'U', false, 0, 1010, "tidin", "tidout", "tidrecv", "tidsend", b's', b'p', 0;
    XID, 28, "xid", "xid", 4, true, b'b', b'U', false, 0, 1011, "xidin", "xidout", "xidrecv", "xidsend", b'i', b'p', 0;
    CID, 29, "cid", "cid", 4, true, b'b', b'U', false, 0, 1012, "cidin", "cidout", "cidrecv", "cidsend", b'i', b'p', 0;
    OIDVECTOR, 30, "oidvector", "oidvector", -1, false, b'b', b'A', false, 26, 1013, "oidvectorin", "oidvectorout", "oidvectorrecv", "oidvectorsend", b'i', b'p', 0;
    JSON, 114, "json", "json", -1, false, b'b', b'U', false, 0, 199, "json_in", "json_out", "json_recv", "json_send", b'i', b'x', 0;
    XML, 142, "xml", "xml", -1, false, b'b', b'U', false, 0, 143, "xml_in", "xml_out", "xml_recv", "xml_send", b'i', b'x', 0;
    XML_ARRAY, 143, "_xml", "xml[]", -1, false, b'b', b'A', false, 142, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 0;
    PG_NODE_TREE, 194, "pg_node_tree", "pg_node_tree", -1, false, b'b', b'Z', false, 0, 0, "pg_node_tree_in", "pg_node_tree_out", "pg_node_tree_recv", "pg_node_tree_send", b'i', b'x', 100;
    JSON_ARRAY, 199, "_json", "json[]", -1, false, b'b', b'A', false, 114, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 0;
    TABLE_AM_HANDLER, 269, "table_am_handler", "table_am_handler", 4, true, b'p', b'P', false, 0, 0, "table_am_handler_in", "table_am_handler_out", "", "", b'i', b'p', 0;
    XID8_ARRAY, 271, "_xid8", "xid8[]", -1, false, b'b', b'A', false, 5069, 0, "array_in", "array_out", "array_recv", "array_send", b'd', b'x', 0;
    INDEX_AM_HANDLER, 325, "index_am_handler", "index_am_handler", 4, true, b'p', b'P', false, 0, 0, "index_am_handler_in", "index_am_handler_out", "", "", b'i', b'p', 0;
    FLOAT4, 700, "float4", "real", 4, true, b'b', b'N', false, 0, 1021, "float4in", "float4out", "float4recv", "float4send", b'i', b'p', 0;
    FLOAT8, 701, "float8", "double precision", 8, true, b'b', b'N', true, 0, 1022, "float8in", "float8out", "float8recv", "float8send", b'd', b'p', 0;
    UNKNOWN, 705, "unknown", "unknown", -2, false, b'p', b'X', false, 0, 0, "unknownin", "unknownout", "unknownrecv", "unknownsend", b'c', b'p', 0;
    MONEY, 790, "money", "money", 8, true, b'b', b'N', false, 0, 791, "cash_in", "cash_out", "cash_recv", "cash_send", b'd', b'p', 0;
    MONEY_ARRAY, 791, "_money", "money[]", -1, false, b'b', b'A', false, 790, 0, "array_in", "array_out", "array_recv", "array_send", b'd', b'x', 0;
    BOOL_ARRAY, 1000, "_bool", "boolean[]", -1, false, b'b', b'A', false, 16, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 0;
    BYTEA_ARRAY, 1001, "_bytea", "bytea[]", -1, false, b'b', b'A', false, 17, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 0;
    CHAR_ARRAY, 1002, "_char", "\"char\"[]", -1, false, b'b', b'A', false, 18, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 0;
    NAME_ARRAY, 1003, "_name", "name[]", -1, false, b'b', b'A', false, 19, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 950;
    INT2_ARRAY, 1005, "_int2", "smallint[]", -1, false, b'b', b'A', false, 21, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 0;
    INT2VECTOR_ARRAY, 1006, "_int2vector", "int2vector[]", -1, false, b'b', b'A', false, 22, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 0;
    INT4_ARRAY, 1007, "_int4", "integer[]", -1, false, b'b', b'A', false, 23, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 0;
    REGPROC_ARRAY, 1008, "_regproc", "regproc[]", -1, false, b'b', b'A', false, 24, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 0;
    TEXT_ARRAY, 1009, "_text", "text[]", -1, false, b'b', b'A', false, 25, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 100;
    TID_ARRAY, 1010, "_tid", "tid[]", -1, false, b'b', b'A', false, 27, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 0;
    XID_ARRAY, 1011, "_xid", "xid[]", -1, false, b'b', b'A', false, 28, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 0;
    CID_ARRAY, 1012, "_cid", "cid[]", -1, false, b'b', b'A', false, 29, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 0;
    OIDVECTOR_ARRAY, 1013, "_oidvector", "oidvector[]", -1, false, b'b', b'A', false, 30, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 0;
    BPCHAR_ARRAY, 1014, "_bpchar", "character[]", -1, false, b'b', b'A', false, 1042, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 100;
    VARCHAR_ARRAY, 1015, "_varchar", "character varying[]", -1, false, b'b', b'A', false, 1043, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 100;
    INT8_ARRAY, 1016, "_int8", "bigint[]", -1, false, b'b', b'A', false, 20, 0, "array_in", "array_out", "array_recv", "array_send", b'd', b'x', 0;
    FLOAT4_ARRAY, 1021, "_float4", "real[]", -1, false, b'b', b'A', false, 700, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 0;
    FLOAT8_ARRAY, 1022, "_float8", "double precision[]", -1, false, b'b', b'A', false, 701, 0, "array_in", "array_out", "array_recv", "array_send", b'd', b'x', 0;
    OID_ARRAY, 1028, "_oid", "oid[]", -1, false, b'b', b'A', false, 26, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 0;
    ACLITEM, 1033, "aclitem", "aclitem", 12, false, b'b', b'U', false, 0, 1034, "aclitemin", "aclitemout", "", "", b'i', b'p', 0;
    ACLITEM_ARRAY, 1034, "_aclitem", "aclitem[]", -1, false, b'b', b'A', false, 1033, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 0;
    BPCHAR, 1042, "bpchar", "character", -1, false, b'b', b'S', false, 0, 1014, "bpcharin", "bpcharout", "bpcharrecv", "bpcharsend", b'i', b'x', 100;
    VARCHAR, 1043, "varchar", "character varying", -1, false, b'b', b'S', false, 0, 1015, "varcharin", "varcharout", "varcharrecv", "varcharsend", b'i', b'x', 100;
    DATE, 1082, "date", "date", 4, true, b'b', b'D', false, 0, 1182, "date_in", "date_out", "date_recv", "date_send", b'i', b'p', 0;
    TIME, 1083, "time", "time without time zone", 8, true, b'b', b'D', false, 0, 1183, "time_in", "time_out", "time_recv", "time_send", b'd', b'p', 0;
    TIMESTAMP, 1114, "timestamp", "timestamp without time zone", 8, true, b'b', b'D', false, 0, 1115, "timestamp_in", "timestamp_out", "timestamp_recv", "timestamp_send", b'd', b'p', 0;
    TIMESTAMP_ARRAY, 1115, "_timestamp", "timestamp without time zone[]", -1, false, b'b', b'A', false, 1114, 0, "array_in", "array_out", "array_recv", "array_send", b'd', b'x', 0;
    DATE_ARRAY, 1182, "_date", "date[]", -1, false, b'b', b'A', false, 1082, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 0;
    TIME_ARRAY, 1183, "_time", "time without time zone[]", -1, false, b'b', b'A', false, 1083, 0, "array_in", "array_out", "array_recv", "array_send", b'd', b'x', 0;
    TIMESTAMPTZ, 1184, "timestamptz", "timestamp with time zone", 8, true, b'b', b'D', true, 0, 1185, "timestamptz_in", "timestamptz_out", "timestamptz_recv", "timestamptz_send", b'd', b'p', 0;
    TIMESTAMPTZ_ARRAY, 1185, "_timestamptz", "timestamp with time zone[]", -1, false, b'b', b'A', false, 1184, 0, "array_in", "array_out", "array_recv", "array_send", b'd', b'x', 0;
    INTERVAL, 1186, "interval", "interval", 16, false, b'b', b'T', true, 0, 1187, "interval_in", "interval_out", "interval_recv", "interval_send", b'd', b'p', 0;
    INTERVAL_ARRAY, 1187, "_interval", "interval[]", -1, false, b'b', b'A', false, 1186, 0, "array_in", "array_out", "array_recv", "array_send", b'd', b'x', 0;
    NUMERIC_ARRAY, 1231, "_numeric", "numeric[]", -1, false, b'b', b'A', false, 1700, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 0;
    CSTRING_ARRAY, 1263, "_cstring", "cstring[]", -1, false, b'b', b'A', false, 2275, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 0;
    TIMETZ, 1266, "timetz", "time with time zone", 12, false, b'b', b'D', false, 0, 1270, "timetz_in", "timetz_out", "timetz_recv", "timetz_send", b'd', b'p', 0;
    TIMETZ_ARRAY, 1270, "_timetz", "time with time zone[]", -1, false, b'b', b'A', false, 1266, 0, "array_in", "array_out", "array_recv", "array_send", b'd', b'x', 0;
    BIT, 1560, "bit", "bit", -1, false, b'b', b'V', false, 0, 1561, "bit_in", "bit_out", "bit_recv", "bit_send", b'i', b'x', 0;
    BIT_ARRAY, 1561, "_bit", "bit[]", -1, false, b'b', b'A', false, 1560, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 0;
    VARBIT, 1562, "varbit", "bit varying", -1, false, b'b', b'V', true, 0, 1563, "varbit_in", "varbit_out", "varbit_recv", "varbit_send", b'i', b'x', 0;
    VARBIT_ARRAY, 1563, "_varbit", "bit varying[]", -1, false, b'b', b'A', false, 1562, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 0;
    NUMERIC, 1700, "numeric", "numeric", -1, false, b'b', b'N', false, 0, 1231, "numeric_in", "numeric_out", "numeric_recv", "numeric_send", b'i', b'm', 0;
    REFCURSOR, 1790, "refcursor", "refcursor", -1, false, b'b', b'U', false, 0, 2201, "textin", "textout", "textrecv", "textsend", b'i', b'x', 0;
    REFCURSOR_ARRAY, 2201, "_refcursor", "refcursor[]", -1, false, b'b', b'A', false, 1790, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 0;
    REGPROCEDURE, 2202, "regprocedure", "regprocedure", 4, true, b'b', b'N', false, 0, 2207, "regprocedurein", "regprocedureout", "regprocedurerecv", "regproceduresend", b'i', b'p', 0;
    REGOPER, 2203, "regoper", "regoper", 4, true, b'b', b'N', false, 0, 2208, "regoperin", "regoperout", "regoperrecv", "regopersend", b'i', b'p', 0;
    REGOPERATOR, 2204, "regoperator", "regoperator", 4, true, b'b', b'N', false, 0, 2209, "regoperatorin", "regoperatorout", "regoperatorrecv", "regoperatorsend", b'i', b'p', 0;
    REGCLASS, 2205, "regclass", "regclass", 4, true, b'b', b'N', false, 0, 2210, "regclassin", "regclassout", "regclassrecv", "regclasssend", b'i', b'p', 0;
    REGTYPE, 2206, "regtype", "regtype", 4, true, b'b', b'N', false, 0, 2211, "regtypein", "regtypeout", "regtyperecv", "regtypesend", b'i', b'p', 0;
    REGPROCEDURE_ARRAY, 2207, "_regprocedure", "regprocedure[]", -1, false, b'b', b'A', false, 2202, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 0;
    REGOPER_ARRAY, 2208, "_regoper", "regoper[]", -1, false, b'b', b'A', false, 2203, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 0;
    REGOPERATOR_ARRAY, 2209, "_regoperator", "regoperator[]", -1, false, b'b', b'A', false, 2204, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 0;
    REGCLASS_ARRAY, 2210, "_regclass", "regclass[]", -1, false, b'b', b'A', false, 2205, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 0;
    REGTYPE_ARRAY, 2211, "_regtype", "regtype[]", -1, false, b'b', b'A', false, 2206, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 0;
    RECORD, 2249, "record", "record", -1, false, b'p', b'P', false, 0, 2287, "record_in", "record_out", "record_recv", "record_send", b'd', b'x', 0;
    CSTRING, 2275, "cstring", "cstring", -2, false, b'p', b'P', false, 0, 1263, "cstring_in", "cstring_out", "cstring_recv", "cstring_send", b'c', b'p', 0;
    ANY, 2276, "any", "\"any\"", 4, true, b'p', b'P', false, 0, 0, "any_in", "any_out", "", "", b'i', b'p', 0;
    ANYARRAY, 2277, "anyarray", "anyarray", -1, false, b'p', b'P', false, 0, 0, "anyarray_in", "anyarray_out", "anyarray_recv", "anyarray_send", b'd', b'x', 0;
    VOID, 2278, "void", "void", 4, true, b'p', b'P', false, 0, 0, "void_in", "void_out", "void_recv", "void_send", b'i', b'p', 0;
    TRIGGER, 2279, "trigger", "trigger", 4, true, b'p', b'P', false, 0, 0, "trigger_in", "trigger_out", "", "", b'i', b'p', 0;
    LANGUAGE_HANDLER, 2280, "language_handler", "language_handler", 4, true, b'p', b'P', false, 0, 0, "language_handler_in", "language_handler_out", "", "", b'i', b'p', 0;
    INTERNAL, 2281, "internal", "internal", 8, true, b'p', b'P', false, 0, 0, "internal_in", "internal_out", "", "", b'd', b'p', 0;
    ANYELEMENT, 2283, "anyelement", "anyelement", 4, true, b'p', b'P', false, 0, 0, "anyelement_in", "anyelement_out", "", "", b'i', b'p', 0;
    RECORD_ARRAY, 2287, "_record", "record[]", -1, false, b'p', b'P', false, 2249, 0, "array_in", "array_out", "array_recv", "array_send", b'd', b'x', 0;
    ANYNONARRAY, 2776, "anynonarray", "anynonarray", 4, true, b'p', b'P', false, 0, 0, "anynonarray_in", "anynonarray_out", "", "", b'i', b'p', 0;
    UUID, 2950, "uuid", "uuid", 16, false, b'b', b'U', false, 0, 2951, "uuid_in", "uuid_out", "uuid_recv", "uuid_send", b'c', b'p', 0;
    UUID_ARRAY, 2951, "_uuid", "uuid[]", -1, false, b'b', b'A', false, 2950, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 0;
    FDW_HANDLER, 3115, "fdw_handler", "fdw_handler", 4, true, b'p', b'P', false, 0, 0, "fdw_handler_in", "fdw_handler_out", "", "", b'i', b'p', 0;
    PG_LSN, 3220, "pg_lsn", "pg_lsn", 8, true, b'b', b'U', false, 0, 3221, "pg_lsn_in", "pg_lsn_out", "pg_lsn_recv", "pg_lsn_send", b'd', b'p', 0;
    PG_LSN_ARRAY, 3221, "_pg_lsn", "pg_lsn[]", -1, false, b'b', b'A', false, 3220, 0, "array_in", "array_out", "array_recv", "array_send", b'd', b'x', 0;
    TSM_HANDLER, 3310, "tsm_handler", "tsm_handler", 4, true, b'p', b'P', false, 0, 0, "tsm_handler_in", "tsm_handler_out", "", "", b'i', b'p', 0;
    ANYENUM, 3500, "anyenum", "anyenum", 4, true, b'p', b'P', false, 0, 0, "anyenum_in", "anyenum_out", "", "", b'i', b'p', 0;
    REGCONFIG, 3734, "regconfig", "regconfig", 4, true, b'b', b'N', false, 0, 3735, "regconfigin", "regconfigout", "regconfigrecv", "regconfigsend", b'i', b'p', 0;
    REGCONFIG_ARRAY, 3735, "_regconfig", "regconfig[]", -1, false, b'b', b'A', false, 3734, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 0;
    REGDICTIONARY, 3769, "regdictionary", "regdictionary", 4, true, b'b', b'N', false, 0, 3770, "regdictionaryin", "regdictionaryout", "regdictionaryrecv", "regdictionarysend", b'i', b'p', 0;
    REGDICTIONARY_ARRAY, 3770, "_regdictionary", "regdictionary[]", -1, false, b'b', b'A', false, 3769, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 0;
    JSONB, 3802, "jsonb", "jsonb", -1, false, b'b', b'U', false, 0, 3807, "jsonb_in", "jsonb_out", "jsonb_recv", "jsonb_send", b'i', b'x', 0;
    JSONB_ARRAY, 3807, "_jsonb", "jsonb[]", -1, false, b'b', b'A', false, 3802, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 0;
    ANYRANGE, 3831, "anyrange", "anyrange", -1, false, b'p', b'P', false, 0, 0, "anyrange_in", "anyrange_out", "", "", b'd', b'x', 0;
    EVENT_TRIGGER, 3838, "event_trigger", "event_trigger", 4, true, b'p', b'P', false, 0, 0, "event_trigger_in", "event_trigger_out", "", "", b'i', b'p', 0;
    JSONPATH, 4072, "jsonpath", "jsonpath", -1, false, b'b', b'U', false, 0, 4073, "jsonpath_in", "jsonpath_out", "jsonpath_recv", "jsonpath_send", b'i', b'x', 0;
    JSONPATH_ARRAY, 4073, "_jsonpath", "jsonpath[]", -1, false, b'b', b'A', false, 4072, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 0;
    REGNAMESPACE, 4089, "regnamespace", "regnamespace", 4, true, b'b', b'N', false, 0, 4090, "regnamespacein", "regnamespaceout", "regnamespacerecv", "regnamespacesend", b'i', b'p', 0;
    REGNAMESPACE_ARRAY, 4090, "_regnamespace", "regnamespace[]", -1, false, b'b', b'A', false, 4089, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 0;
    REGROLE, 4096, "regrole", "regrole", 4, true, b'b', b'N', false, 0, 4097, "regrolein", "regroleout", "regrolerecv", "regrolesend", b'i', b'p', 0;
    REGROLE_ARRAY, 4097, "_regrole", "regrole[]", -1, false, b'b', b'A', false, 4096, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 0;
    REGCOLLATION, 4191, "regcollation", "regcollation", 4, true, b'b', b'N', false, 0, 4192, "regcollationin", "regcollationout", "regcollationrecv", "regcollationsend", b'i', b'p', 0;
    REGCOLLATION_ARRAY, 4192, "_regcollation", "regcollation[]", -1, false, b'b', b'A', false, 4191, 0, "array_in", "array_out", "array_recv", "array_send", b'i', b'x', 0;
    XID8, 5069, "xid8", "xid8", 8, true, b'b', b'U', false, 0, 271, "xid8in", "xid8out", "xid8recv", "xid8send", b'd', b'p', 0;
    ANYCOMPATIBLE, 5077, "anycompatible", "anycompatible", 4, true, b'p', b'P', false, 0, 0, "anycompatible_in", "anycompatible_out", "", "", b'i', b'p', 0;
    ANYCOMPATIBLEARRAY, 5078, "anycompatiblearray", "anycompatiblearray", -1, false, b'p', b'P', false, 0, 0, "anycompatiblearray_in", "anycompatiblearray_out", "anycompatiblearray_recv", "anycompatiblearray_send", b'd', b'x', 0;
    ANYCOMPATIBLENONARRAY, 5079, "anycompatiblenonarray", "anycompatiblenonarray", 4, true, b'p', b'P', false, 0, 0, "anycompatiblenonarray_in", "anycompatiblenonarray_out", "", "", b'i', b'p', 0;
    ANYCOMPATIBLERANGE, 5080, "anycompatiblerange", "anycompatiblerange", -1, false, b'p', b'P', false, 0, 0, "anycompatiblerange_in", "anycompatiblerange_out", "", "", b'd', b'x', 0;
}

/// Spellings that SQL accepts beside the internal names and the names in messages.
const ALIASES: &[(&str, Type)] = &[
    ("int", Type::INT4),
    ("decimal", Type::NUMERIC),
    ("dec", Type::NUMERIC),
    ("float", Type::FLOAT8),
    ("char varying", Type::VARCHAR),
    ("national character", Type::BPCHAR),
    ("nchar", Type::BPCHAR),
    ("string", Type::TEXT),
    ("serial", Type::INT4),
    ("bigserial", Type::INT8),
    ("smallserial", Type::INT2),
];

/// One more than the largest built-in OID.
const OID_COUNT: usize = 5_200;

/// For every OID, the place of its row in [`TYPES`] plus one; 0 where there is none. A lookup is one load.
static ROW_OF: [u8; OID_COUNT] = {
    assert!(TYPES.len() < u8::MAX as usize);
    let mut rows = [0; OID_COUNT];
    let mut at = 0;
    while at < TYPES.len() {
        rows[TYPES[at].ty.0.0 as usize] = at as u8 + 1;
        at += 1;
    }
    rows
};

pub(crate) fn find(ty: Type) -> Option<&'static TypeInfo> {
    let row = *ROW_OF.get(ty.0.0 as usize)?;
    TYPES.get(usize::from(row).checked_sub(1)?)
}

pub(crate) fn find_by_name(name: &str) -> Option<Type> {
    let named = |info: &&TypeInfo| info.name == name;
    let spelled = |info: &&TypeInfo| info.sql_name == name;
    TYPES
        .iter()
        .find(named)
        .or_else(|| TYPES.iter().find(spelled))
        .map(|info| info.ty)
        .or_else(|| ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, ty)| *ty))
}
