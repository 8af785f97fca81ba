//! What the server tells about itself, the session and its objects.
//!
//! Questions about the catalog go to [`Environment::catalog`](super::Environment::catalog) under the
//! function's name.

use super::call::Call;
use super::table::functions;
use super::typed::OidValue;
use crate::error::{Result, SqlError};
use strata_types::{Type, Typmod, Value, sqlstate};

functions! {
    89 "version"() -> TEXT stable strict
        = scalar(|| concat!("PostgreSQL 15.0 (strata ", env!("CARGO_PKG_VERSION"), ")")),
        "PostgreSQL version string";
    861 "current_database"() -> NAME stable strict = scalar(|call| call.env.database()),
        "name of the current database";
    1402 "current_schema"() -> NAME stable strict
        = scalar(|call| call.env.schemas(false).into_iter().next()), "current schema name";
    1403 "current_schemas"(BOOL) -> NAME_ARRAY stable strict
        = scalar(|call; implicit: bool| super::arrays::of_texts(Type::NAME, call.env.schemas(implicit))),
        "current schema search list";
    745 "current_user"() -> NAME stable strict = scalar(|call| call.env.current_user()), "current user name";
    746 "session_user"() -> NAME stable strict = scalar(|call| call.env.session_user()), "session user name";
    710 "getpgusername"() -> NAME stable strict = scalar(|call| call.env.current_user()),
        "deprecated, use current_user instead";
    2026 "pg_backend_pid"() -> INT4 stable strict = scalar(|call| call.env.backend_pid()),
        "statistics: current backend PID";
    2077 "current_setting"(TEXT) -> TEXT stable strict
        = scalar(|call; name: &str| setting(call, name, false)), "SHOW X as a function";
    3294 "current_setting"(TEXT, BOOL) -> TEXT stable strict
        = scalar(|call; name: &str, missing_ok: bool| setting(call, name, missing_ok)),
        "SHOW X as a function, optionally no error for missing variable";
    2078 "set_config"(TEXT, TEXT, BOOL) -> TEXT volatile nullable
        = scalar(|call; name: Option<&str>, value: Option<&str>, local: Option<bool>| set_config(call, name, value, local)),
        "SET X as a function";
    1619 "pg_typeof"(ANY) -> REGTYPE stable nullable
        = scalar(|call; _value: &Value| OidValue(call.args.first().copied().unwrap_or(Type::UNKNOWN).oid().0)),
        "type of the argument";
    1081 "format_type"(OID, INT4) -> TEXT stable nullable
        = scalar(|call; oid: Option<OidValue>, typmod: Option<i32>| format_type(call, oid, typmod)),
        "format a type oid and atttypmod to canonical SQL";
    810 "pg_client_encoding"() -> NAME stable strict = scalar(|| "UTF8"), "encoding name of current database";
    1039 "getdatabaseencoding"() -> NAME stable strict = scalar(|| "UTF8"),
        "encoding name of current database";
    1597 "pg_encoding_to_char"(INT4) -> NAME stable strict = scalar(|encoding: i32| encoding_name(encoding)),
        "convert encoding id to encoding name";
    1264 "pg_char_to_encoding"(NAME) -> INT4 stable strict = scalar(|name: &str| encoding_number(name)),
        "convert encoding name to encoding id";
    3810 "pg_is_in_recovery"() -> BOOL volatile strict = scalar(|| false), "true if server is in recovery";
    2560 "pg_postmaster_start_time"() -> TIMESTAMPTZ stable strict
        = scalar(|call| super::typed::TimestampTz(call.env.server_start_time())),
        "postmaster start time";
    2034 "pg_conf_load_time"() -> TIMESTAMPTZ stable strict
        = scalar(|call| super::typed::TimestampTz(call.env.server_start_time())),
        "configuration load time";
    2855 "pg_is_other_temp_schema"(OID) -> BOOL stable strict = scalar(|_schema: OidValue| false),
        "is schema another session's temp schema?";
    2854 "pg_my_temp_schema"() -> OID stable strict = catalog("pg_my_temp_schema"),
        "get OID of current session's temp schema, if any";
    2197 "inet_client_port"() -> INT4 stable nullable = scalar(|| Option::<i32>::None),
        "client's port number for this connection";
    2199 "inet_server_port"() -> INT4 stable nullable = scalar(|| Option::<i32>::None),
        "server's port number for this connection";
    5060 "pg_current_xact_id_if_assigned"() -> XID8 stable strict
        = catalog("pg_current_xact_id_if_assigned"), "get current transaction ID";
    1181 "age"(XID) -> INT4 stable strict = scalar(|_xid: OidValue| 0),
        "age of a transaction ID, in transactions before current transaction";
    3809 "pg_export_snapshot"() -> TEXT volatile strict = catalog("pg_export_snapshot"), "export a snapshot";
    2561 "pg_blocking_pids"(INT4) -> INT4_ARRAY volatile strict
        = catalog("pg_blocking_pids"),
        "get array of PIDs of sessions blocking specified backend PID from acquiring a heavyweight lock";
    2943 "txid_current"() -> INT8 stable strict = catalog("txid_current"), "get current transaction ID";
    3348 "txid_current_if_assigned"() -> INT8 stable strict = catalog("txid_current_if_assigned"),
        "get current transaction ID";
    1269 "pg_column_size"(ANY) -> INT4 stable strict = catalog("pg_column_size"),
        "bytes required to store the value, perhaps with compression";
    2325 "pg_relation_size"(REGCLASS) -> INT8 volatile strict = catalog("pg_relation_size"),
        "disk space usage for the main fork of the specified table or index";
    2332 "pg_relation_size"(REGCLASS, TEXT) -> INT8 volatile strict = catalog("pg_relation_size"),
        "disk space usage for the specified fork of a table or index";
    2997 "pg_table_size"(REGCLASS) -> INT8 volatile strict = catalog("pg_table_size"),
        "disk space usage for the specified table, including TOAST, free space and visibility map";
    2998 "pg_indexes_size"(REGCLASS) -> INT8 volatile strict = catalog("pg_indexes_size"),
        "disk space usage for all indexes attached to the specified table";
    2286 "pg_total_relation_size"(REGCLASS) -> INT8 volatile strict = catalog("pg_total_relation_size"),
        "total disk space usage for the specified table and associated indexes";
    2324 "pg_database_size"(OID) -> INT8 volatile strict = catalog("pg_database_size"),
        "total disk space usage for the specified database";
    2168 "pg_database_size"(NAME) -> INT8 volatile strict = catalog("pg_database_size"),
        "total disk space usage for the specified database";
    2322 "pg_tablespace_size"(OID) -> INT8 volatile strict = catalog("pg_tablespace_size"),
        "total disk space usage for the specified tablespace";
    2323 "pg_tablespace_size"(NAME) -> INT8 volatile strict = catalog("pg_tablespace_size"),
        "total disk space usage for the specified tablespace";
    3034 "pg_relation_filepath"(REGCLASS) -> TEXT stable strict = catalog("pg_relation_filepath"),
        "file path of relation";
    3843 "pg_column_is_updatable"(REGCLASS, INT2, BOOL) -> BOOL stable strict
        = catalog("pg_column_is_updatable"), "is a column updatable";
    3842 "pg_relation_is_updatable"(REGCLASS, BOOL) -> INT4 stable strict
        = catalog("pg_relation_is_updatable"), "is a relation insertable/updatable/deletable";
    2319 "pg_encoding_max_length"(INT4) -> INT4 immutable strict
        = scalar(|encoding: i32| if encoding == UTF8 { 4 } else { 1 }),
        "maximum octet length of a character in given encoding";
    3808 "pg_get_function_arg_default"(OID, INT4) -> TEXT stable strict
        = catalog("pg_get_function_arg_default"), "function argument default";
    2288 "pg_size_pretty"(INT8) -> TEXT immutable strict
        = scalar(|bytes: i64| size_pretty(i128::from(bytes))),
        "convert a long int to a human readable text using size units";
    1716 "pg_get_expr"(PG_NODE_TREE, OID) -> TEXT stable strict = catalog("pg_get_expr"),
        "deparse an encoded expression";
    2509 "pg_get_expr"(PG_NODE_TREE, OID, BOOL) -> TEXT stable strict = catalog("pg_get_expr"),
        "deparse an encoded expression with pretty-print option";
    1387 "pg_get_constraintdef"(OID) -> TEXT stable strict = catalog("pg_get_constraintdef"),
        "constraint description";
    2508 "pg_get_constraintdef"(OID, BOOL) -> TEXT stable strict = catalog("pg_get_constraintdef"),
        "constraint description with pretty-print option";
    1643 "pg_get_indexdef"(OID) -> TEXT stable strict = catalog("pg_get_indexdef"), "index description";
    2507 "pg_get_indexdef"(OID, INT4, BOOL) -> TEXT stable strict = catalog("pg_get_indexdef"),
        "index description (full create statement or single expression) with pretty-print option";
    1641 "pg_get_viewdef"(OID) -> TEXT stable strict = catalog("pg_get_viewdef"),
        "select statement of a view";
    2506 "pg_get_viewdef"(OID, BOOL) -> TEXT stable strict = catalog("pg_get_viewdef"),
        "select statement of a view with pretty-print option";
    1640 "pg_get_viewdef"(TEXT) -> TEXT stable strict = catalog("pg_get_viewdef"),
        "select statement of a view";
    2505 "pg_get_viewdef"(TEXT, BOOL) -> TEXT stable strict = catalog("pg_get_viewdef"),
        "select statement of a view with pretty-print option";
    2098 "pg_get_functiondef"(OID) -> TEXT stable strict = catalog("pg_get_functiondef"),
        "definition of a function";
    2165 "pg_get_function_result"(OID) -> TEXT stable strict = catalog("pg_get_function_result"),
        "result type of a function";
    2162 "pg_get_function_arguments"(OID) -> TEXT stable strict = catalog("pg_get_function_arguments"),
        "argument list of a function";
    2232 "pg_get_function_identity_arguments"(OID) -> TEXT stable strict
        = catalog("pg_get_function_identity_arguments"), "identity argument list of a function";
    6197 "pg_get_function_sqlbody"(OID) -> TEXT stable strict = catalog("pg_get_function_sqlbody"),
        "function SQL body";
    1642 "pg_get_userbyid"(OID) -> NAME stable strict = catalog("pg_get_userbyid"),
        "role name by OID (with fallback)";
    1662 "pg_get_triggerdef"(OID) -> TEXT stable strict = catalog("pg_get_triggerdef"), "trigger description";
    2730 "pg_get_triggerdef"(OID, BOOL) -> TEXT stable strict = catalog("pg_get_triggerdef"),
        "trigger description with pretty-print option";
    1573 "pg_get_ruledef"(OID) -> TEXT stable strict = catalog("pg_get_ruledef"), "source text of a rule";
    2504 "pg_get_ruledef"(OID, BOOL) -> TEXT stable strict = catalog("pg_get_ruledef"),
        "source text of a rule with pretty-print option";
    6174 "pg_get_statisticsobjdef_columns"(OID) -> TEXT stable strict
        = catalog("pg_get_statisticsobjdef_columns"), "extended statistics columns";
    3352 "pg_get_partkeydef"(OID) -> TEXT stable strict = catalog("pg_get_partkeydef"),
        "partition key description";
    6120 "pg_get_replica_identity_index"(REGCLASS) -> REGCLASS stable strict
        = catalog("pg_get_replica_identity_index"), "oid of replica identity index if any";
    6121 "pg_relation_is_publishable"(REGCLASS) -> BOOL stable strict = scalar(|_relation: OidValue| false),
        "returns whether a relation can be part of a publication";
    2999 "pg_relation_filenode"(REGCLASS) -> OID stable strict = catalog("pg_relation_filenode"),
        "filenode identifier of relation";
    3778 "pg_tablespace_location"(OID) -> TEXT stable strict = scalar(|_space: OidValue| ""),
        "tablespace location";
    2079 "pg_table_is_visible"(OID) -> BOOL stable strict = catalog("pg_table_is_visible"),
        "is table visible in search path?";
    2080 "pg_type_is_visible"(OID) -> BOOL stable strict = catalog("pg_type_is_visible"),
        "is type visible in search path?";
    2081 "pg_function_is_visible"(OID) -> BOOL stable strict = catalog("pg_function_is_visible"),
        "is function visible in search path?";
    2082 "pg_operator_is_visible"(OID) -> BOOL stable strict = catalog("pg_operator_is_visible"),
        "is operator visible in search path?";
    2083 "pg_opclass_is_visible"(OID) -> BOOL stable strict = catalog("pg_opclass_is_visible"),
        "is opclass visible in search path?";
    3815 "pg_collation_is_visible"(OID) -> BOOL stable strict = catalog("pg_collation_is_visible"),
        "is collation visible in search path?";
    2093 "pg_conversion_is_visible"(OID) -> BOOL stable strict = catalog("pg_conversion_is_visible"),
        "is conversion visible in search path?";
    3403 "pg_statistics_obj_is_visible"(OID) -> BOOL stable strict = catalog("pg_statistics_obj_is_visible"),
        "is statistics object visible in search path?";
    3758 "pg_ts_config_is_visible"(OID) -> BOOL stable strict = catalog("pg_ts_config_is_visible"),
        "is text search configuration visible in search path?";
    3757 "pg_ts_dict_is_visible"(OID) -> BOOL stable strict = catalog("pg_ts_dict_is_visible"),
        "is text search dictionary visible in search path?";
    3756 "pg_ts_parser_is_visible"(OID) -> BOOL stable strict = catalog("pg_ts_parser_is_visible"),
        "is text search parser visible in search path?";
    3768 "pg_ts_template_is_visible"(OID) -> BOOL stable strict = catalog("pg_ts_template_is_visible"),
        "is text search template visible in search path?";
    1348 "obj_description"(OID) -> TEXT stable strict = catalog("obj_description"),
        "deprecated, use two-argument form instead";
    1215 "obj_description"(OID, NAME) -> TEXT stable strict = catalog("obj_description"),
        "get description for object id and catalog name";
    1216 "col_description"(OID, INT4) -> TEXT stable strict = catalog("col_description"),
        "get description for table column";
    1993 "shobj_description"(OID, NAME) -> TEXT stable strict = catalog("shobj_description"),
        "get description for object id and shared catalog name";
    3495 "to_regclass"(TEXT) -> REGCLASS stable strict
        = scalar(|call; name: &str| resolve(call, Type::REGCLASS, name)), "convert classname to regclass";
    3493 "to_regtype"(TEXT) -> REGTYPE stable strict
        = scalar(|call; name: &str| resolve(call, Type::REGTYPE, name)), "convert type name to regtype";
    3494 "to_regproc"(TEXT) -> REGPROC stable strict
        = scalar(|call; name: &str| resolve(call, Type::REGPROC, name)), "convert proname to regproc";
    4086 "to_regnamespace"(TEXT) -> REGNAMESPACE stable strict
        = scalar(|call; name: &str| resolve(call, Type::REGNAMESPACE, name)),
        "convert namespace name to regnamespace";
    4093 "to_regrole"(TEXT) -> REGROLE stable strict
        = scalar(|call; name: &str| resolve(call, Type::REGROLE, name)), "convert role name to regrole";
    3025 "has_any_column_privilege"(NAME, OID, TEXT) -> BOOL stable strict
        = catalog("has_any_column_privilege"), "user privilege on any column by username, rel oid";
    3024 "has_any_column_privilege"(NAME, TEXT, TEXT) -> BOOL stable strict
        = catalog("has_any_column_privilege"), "user privilege on any column by username, rel name";
    3027 "has_any_column_privilege"(OID, OID, TEXT) -> BOOL stable strict
        = catalog("has_any_column_privilege"), "user privilege on any column by user oid, rel oid";
    3029 "has_any_column_privilege"(OID, TEXT) -> BOOL stable strict = catalog("has_any_column_privilege"),
        "current user privilege on any column by rel oid";
    3026 "has_any_column_privilege"(OID, TEXT, TEXT) -> BOOL stable strict
        = catalog("has_any_column_privilege"), "user privilege on any column by user oid, rel name";
    3028 "has_any_column_privilege"(TEXT, TEXT) -> BOOL stable strict = catalog("has_any_column_privilege"),
        "current user privilege on any column by rel name";
    3015 "has_column_privilege"(NAME, OID, INT2, TEXT) -> BOOL stable strict
        = catalog("has_column_privilege"), "user privilege on column by username, rel oid, col attnum";
    3014 "has_column_privilege"(NAME, OID, TEXT, TEXT) -> BOOL stable strict
        = catalog("has_column_privilege"), "user privilege on column by username, rel oid, col name";
    3013 "has_column_privilege"(NAME, TEXT, INT2, TEXT) -> BOOL stable strict
        = catalog("has_column_privilege"), "user privilege on column by username, rel name, col attnum";
    3012 "has_column_privilege"(NAME, TEXT, TEXT, TEXT) -> BOOL stable strict
        = catalog("has_column_privilege"), "user privilege on column by username, rel name, col name";
    3023 "has_column_privilege"(OID, INT2, TEXT) -> BOOL stable strict = catalog("has_column_privilege"),
        "current user privilege on column by rel oid, col attnum";
    3019 "has_column_privilege"(OID, OID, INT2, TEXT) -> BOOL stable strict
        = catalog("has_column_privilege"), "user privilege on column by user oid, rel oid, col attnum";
    3018 "has_column_privilege"(OID, OID, TEXT, TEXT) -> BOOL stable strict
        = catalog("has_column_privilege"), "user privilege on column by user oid, rel oid, col name";
    3017 "has_column_privilege"(OID, TEXT, INT2, TEXT) -> BOOL stable strict
        = catalog("has_column_privilege"), "user privilege on column by user oid, rel name, col attnum";
    3022 "has_column_privilege"(OID, TEXT, TEXT) -> BOOL stable strict = catalog("has_column_privilege"),
        "current user privilege on column by rel oid, col name";
    3016 "has_column_privilege"(OID, TEXT, TEXT, TEXT) -> BOOL stable strict
        = catalog("has_column_privilege"), "user privilege on column by user oid, rel name, col name";
    3021 "has_column_privilege"(TEXT, INT2, TEXT) -> BOOL stable strict = catalog("has_column_privilege"),
        "current user privilege on column by rel name, col attnum";
    3020 "has_column_privilege"(TEXT, TEXT, TEXT) -> BOOL stable strict = catalog("has_column_privilege"),
        "current user privilege on column by rel name, col name";
    2251 "has_database_privilege"(NAME, OID, TEXT) -> BOOL stable strict = catalog("has_database_privilege"),
        "user privilege on database by username, database oid";
    2250 "has_database_privilege"(NAME, TEXT, TEXT) -> BOOL stable strict
        = catalog("has_database_privilege"), "user privilege on database by username, database name";
    2253 "has_database_privilege"(OID, OID, TEXT) -> BOOL stable strict = catalog("has_database_privilege"),
        "user privilege on database by user oid, database oid";
    2255 "has_database_privilege"(OID, TEXT) -> BOOL stable strict = catalog("has_database_privilege"),
        "current user privilege on database by database oid";
    2252 "has_database_privilege"(OID, TEXT, TEXT) -> BOOL stable strict = catalog("has_database_privilege"),
        "user privilege on database by user oid, database name";
    2254 "has_database_privilege"(TEXT, TEXT) -> BOOL stable strict = catalog("has_database_privilege"),
        "current user privilege on database by database name";
    3001 "has_foreign_data_wrapper_privilege"(NAME, OID, TEXT) -> BOOL stable strict
        = catalog("has_foreign_data_wrapper_privilege"),
        "user privilege on foreign data wrapper by username, foreign data wrapper oid";
    3000 "has_foreign_data_wrapper_privilege"(NAME, TEXT, TEXT) -> BOOL stable strict
        = catalog("has_foreign_data_wrapper_privilege"),
        "user privilege on foreign data wrapper by username, foreign data wrapper name";
    3003 "has_foreign_data_wrapper_privilege"(OID, OID, TEXT) -> BOOL stable strict
        = catalog("has_foreign_data_wrapper_privilege"),
        "user privilege on foreign data wrapper by user oid, foreign data wrapper oid";
    3005 "has_foreign_data_wrapper_privilege"(OID, TEXT) -> BOOL stable strict
        = catalog("has_foreign_data_wrapper_privilege"),
        "current user privilege on foreign data wrapper by foreign data wrapper oid";
    3002 "has_foreign_data_wrapper_privilege"(OID, TEXT, TEXT) -> BOOL stable strict
        = catalog("has_foreign_data_wrapper_privilege"),
        "user privilege on foreign data wrapper by user oid, foreign data wrapper name";
    3004 "has_foreign_data_wrapper_privilege"(TEXT, TEXT) -> BOOL stable strict
        = catalog("has_foreign_data_wrapper_privilege"),
        "current user privilege on foreign data wrapper by foreign data wrapper name";
    2257 "has_function_privilege"(NAME, OID, TEXT) -> BOOL stable strict = catalog("has_function_privilege"),
        "user privilege on function by username, function oid";
    2256 "has_function_privilege"(NAME, TEXT, TEXT) -> BOOL stable strict
        = catalog("has_function_privilege"), "user privilege on function by username, function name";
    2259 "has_function_privilege"(OID, OID, TEXT) -> BOOL stable strict = catalog("has_function_privilege"),
        "user privilege on function by user oid, function oid";
    2261 "has_function_privilege"(OID, TEXT) -> BOOL stable strict = catalog("has_function_privilege"),
        "current user privilege on function by function oid";
    2258 "has_function_privilege"(OID, TEXT, TEXT) -> BOOL stable strict = catalog("has_function_privilege"),
        "user privilege on function by user oid, function name";
    2260 "has_function_privilege"(TEXT, TEXT) -> BOOL stable strict = catalog("has_function_privilege"),
        "current user privilege on function by function name";
    2263 "has_language_privilege"(NAME, OID, TEXT) -> BOOL stable strict = catalog("has_language_privilege"),
        "user privilege on language by username, language oid";
    2262 "has_language_privilege"(NAME, TEXT, TEXT) -> BOOL stable strict
        = catalog("has_language_privilege"), "user privilege on language by username, language name";
    2265 "has_language_privilege"(OID, OID, TEXT) -> BOOL stable strict = catalog("has_language_privilege"),
        "user privilege on language by user oid, language oid";
    2267 "has_language_privilege"(OID, TEXT) -> BOOL stable strict = catalog("has_language_privilege"),
        "current user privilege on language by language oid";
    2264 "has_language_privilege"(OID, TEXT, TEXT) -> BOOL stable strict = catalog("has_language_privilege"),
        "user privilege on language by user oid, language name";
    2266 "has_language_privilege"(TEXT, TEXT) -> BOOL stable strict = catalog("has_language_privilege"),
        "current user privilege on language by language name";
    6205 "has_parameter_privilege"(NAME, TEXT, TEXT) -> BOOL stable strict
        = catalog("has_parameter_privilege"), "user privilege on parameter by username, parameter name";
    6206 "has_parameter_privilege"(OID, TEXT, TEXT) -> BOOL stable strict
        = catalog("has_parameter_privilege"), "user privilege on parameter by user oid, parameter name";
    6207 "has_parameter_privilege"(TEXT, TEXT) -> BOOL stable strict = catalog("has_parameter_privilege"),
        "current user privilege on parameter by parameter name";
    2269 "has_schema_privilege"(NAME, OID, TEXT) -> BOOL stable strict = catalog("has_schema_privilege"),
        "user privilege on schema by username, schema oid";
    2268 "has_schema_privilege"(NAME, TEXT, TEXT) -> BOOL stable strict = catalog("has_schema_privilege"),
        "user privilege on schema by username, schema name";
    2271 "has_schema_privilege"(OID, OID, TEXT) -> BOOL stable strict = catalog("has_schema_privilege"),
        "user privilege on schema by user oid, schema oid";
    2273 "has_schema_privilege"(OID, TEXT) -> BOOL stable strict = catalog("has_schema_privilege"),
        "current user privilege on schema by schema oid";
    2270 "has_schema_privilege"(OID, TEXT, TEXT) -> BOOL stable strict = catalog("has_schema_privilege"),
        "user privilege on schema by user oid, schema name";
    2272 "has_schema_privilege"(TEXT, TEXT) -> BOOL stable strict = catalog("has_schema_privilege"),
        "current user privilege on schema by schema name";
    2182 "has_sequence_privilege"(NAME, OID, TEXT) -> BOOL stable strict = catalog("has_sequence_privilege"),
        "user privilege on sequence by username, seq oid";
    2181 "has_sequence_privilege"(NAME, TEXT, TEXT) -> BOOL stable strict
        = catalog("has_sequence_privilege"), "user privilege on sequence by username, seq name";
    2184 "has_sequence_privilege"(OID, OID, TEXT) -> BOOL stable strict = catalog("has_sequence_privilege"),
        "user privilege on sequence by user oid, seq oid";
    2186 "has_sequence_privilege"(OID, TEXT) -> BOOL stable strict = catalog("has_sequence_privilege"),
        "current user privilege on sequence by seq oid";
    2183 "has_sequence_privilege"(OID, TEXT, TEXT) -> BOOL stable strict = catalog("has_sequence_privilege"),
        "user privilege on sequence by user oid, seq name";
    2185 "has_sequence_privilege"(TEXT, TEXT) -> BOOL stable strict = catalog("has_sequence_privilege"),
        "current user privilege on sequence by seq name";
    3007 "has_server_privilege"(NAME, OID, TEXT) -> BOOL stable strict = catalog("has_server_privilege"),
        "user privilege on server by username, server oid";
    3006 "has_server_privilege"(NAME, TEXT, TEXT) -> BOOL stable strict = catalog("has_server_privilege"),
        "user privilege on server by username, server name";
    3009 "has_server_privilege"(OID, OID, TEXT) -> BOOL stable strict = catalog("has_server_privilege"),
        "user privilege on server by user oid, server oid";
    3011 "has_server_privilege"(OID, TEXT) -> BOOL stable strict = catalog("has_server_privilege"),
        "current user privilege on server by server oid";
    3008 "has_server_privilege"(OID, TEXT, TEXT) -> BOOL stable strict = catalog("has_server_privilege"),
        "user privilege on server by user oid, server name";
    3010 "has_server_privilege"(TEXT, TEXT) -> BOOL stable strict = catalog("has_server_privilege"),
        "current user privilege on server by server name";
    1923 "has_table_privilege"(NAME, OID, TEXT) -> BOOL stable strict = catalog("has_table_privilege"),
        "user privilege on relation by username, rel oid";
    1922 "has_table_privilege"(NAME, TEXT, TEXT) -> BOOL stable strict = catalog("has_table_privilege"),
        "user privilege on relation by username, rel name";
    1925 "has_table_privilege"(OID, OID, TEXT) -> BOOL stable strict = catalog("has_table_privilege"),
        "user privilege on relation by user oid, rel oid";
    1927 "has_table_privilege"(OID, TEXT) -> BOOL stable strict = catalog("has_table_privilege"),
        "current user privilege on relation by rel oid";
    1924 "has_table_privilege"(OID, TEXT, TEXT) -> BOOL stable strict = catalog("has_table_privilege"),
        "user privilege on relation by user oid, rel name";
    1926 "has_table_privilege"(TEXT, TEXT) -> BOOL stable strict = catalog("has_table_privilege"),
        "current user privilege on relation by rel name";
    2391 "has_tablespace_privilege"(NAME, OID, TEXT) -> BOOL stable strict
        = catalog("has_tablespace_privilege"), "user privilege on tablespace by username, tablespace oid";
    2390 "has_tablespace_privilege"(NAME, TEXT, TEXT) -> BOOL stable strict
        = catalog("has_tablespace_privilege"), "user privilege on tablespace by username, tablespace name";
    2393 "has_tablespace_privilege"(OID, OID, TEXT) -> BOOL stable strict
        = catalog("has_tablespace_privilege"), "user privilege on tablespace by user oid, tablespace oid";
    2395 "has_tablespace_privilege"(OID, TEXT) -> BOOL stable strict = catalog("has_tablespace_privilege"),
        "current user privilege on tablespace by tablespace oid";
    2392 "has_tablespace_privilege"(OID, TEXT, TEXT) -> BOOL stable strict
        = catalog("has_tablespace_privilege"), "user privilege on tablespace by user oid, tablespace name";
    2394 "has_tablespace_privilege"(TEXT, TEXT) -> BOOL stable strict = catalog("has_tablespace_privilege"),
        "current user privilege on tablespace by tablespace name";
    3139 "has_type_privilege"(NAME, OID, TEXT) -> BOOL stable strict = catalog("has_type_privilege"),
        "user privilege on type by username, type oid";
    3138 "has_type_privilege"(NAME, TEXT, TEXT) -> BOOL stable strict = catalog("has_type_privilege"),
        "user privilege on type by username, type name";
    3141 "has_type_privilege"(OID, OID, TEXT) -> BOOL stable strict = catalog("has_type_privilege"),
        "user privilege on type by user oid, type oid";
    3143 "has_type_privilege"(OID, TEXT) -> BOOL stable strict = catalog("has_type_privilege"),
        "current user privilege on type by type oid";
    3140 "has_type_privilege"(OID, TEXT, TEXT) -> BOOL stable strict = catalog("has_type_privilege"),
        "user privilege on type by user oid, type name";
    3142 "has_type_privilege"(TEXT, TEXT) -> BOOL stable strict = catalog("has_type_privilege"),
        "current user privilege on type by type name";
    2705 "pg_has_role"(NAME, NAME, TEXT) -> BOOL stable strict = catalog("pg_has_role"),
        "user privilege on role by username, role name";
    2706 "pg_has_role"(NAME, OID, TEXT) -> BOOL stable strict = catalog("pg_has_role"),
        "user privilege on role by username, role oid";
    2709 "pg_has_role"(NAME, TEXT) -> BOOL stable strict = catalog("pg_has_role"),
        "current user privilege on role by role name";
    2707 "pg_has_role"(OID, NAME, TEXT) -> BOOL stable strict = catalog("pg_has_role"),
        "user privilege on role by user oid, role name";
    2708 "pg_has_role"(OID, OID, TEXT) -> BOOL stable strict = catalog("pg_has_role"),
        "user privilege on role by user oid, role oid";
    2710 "pg_has_role"(OID, TEXT) -> BOOL stable strict = catalog("pg_has_role"),
        "current user privilege on role by role oid";
    3298 "row_security_active"(OID) -> BOOL stable strict = scalar(|_relation: OidValue| false),
        "row security for current context active on table by table oid";
    3299 "row_security_active"(TEXT) -> BOOL stable strict = scalar(|_relation: &str| false),
        "row security for current context active on table by table name";
    2171 "pg_cancel_backend"(INT4) -> BOOL volatile strict = catalog("pg_cancel_backend"),
        "cancel a server process' current query";
    2096 "pg_terminate_backend"(INT4, INT8; defaults 1) -> BOOL volatile strict
        = catalog("pg_terminate_backend"), "terminate a server process";
    1928 "pg_stat_get_numscans"(OID) -> INT8 stable strict = catalog("pg_stat_get_numscans"),
        "statistics: number of scans done for table/index";
}

fn setting(call: &Call<'_>, name: &str, missing_ok: bool) -> Result<Option<String>> {
    match call.env.setting(name) {
        None if !missing_ok => Err(SqlError::new(
            sqlstate::UNDEFINED_OBJECT,
            format!("unrecognized configuration parameter \"{name}\""),
        )),
        found => Ok(found),
    }
}

fn set_config(
    call: &Call<'_>,
    name: Option<&str>,
    value: Option<&str>,
    local: Option<bool>,
) -> Result<Option<String>> {
    let Some(name) = name else {
        return Err(SqlError::new(sqlstate::NULL_VALUE_NOT_ALLOWED, "SET requires parameter name"));
    };
    call.env.set_setting(name, value.unwrap_or_default(), local.unwrap_or(false))?;
    Ok(call.env.setting(name))
}

fn format_type(call: &Call<'_>, oid: Option<OidValue>, typmod: Option<i32>) -> Option<String> {
    let ty = Type(strata_types::Oid(oid?.0));
    if ty == Type::NONE {
        return Some("-".to_owned());
    }
    // The bare name of `char(n)` would mean `char(1)`, so without a modifier it is told by its inner name.
    if ty == Type::BPCHAR && typmod == Some(-1) {
        return Some("bpchar".to_owned());
    }
    if ty.info().is_some() {
        return Some(ty.sql_name(Typmod(typmod.unwrap_or(-1))).into_owned());
    }
    Some(call.env.object_name(Type::REGTYPE, ty.oid().0).unwrap_or_else(|| "???".to_owned()))
}

fn resolve(call: &Call<'_>, ty: Type, name: &str) -> Result<Option<OidValue>> {
    Ok(call.env.object_oid(ty, name)?.map(OidValue))
}

/// PostgreSQL numbers its encodings; strata stores UTF-8 only.
const UTF8: i32 = 6;

fn encoding_name(encoding: i32) -> &'static str {
    match encoding {
        UTF8 => "UTF8",
        0 => "SQL_ASCII",
        8 => "LATIN1",
        _ => "",
    }
}

fn encoding_number(name: &str) -> i32 {
    match name.to_ascii_lowercase().replace(['-', '_'], "").as_str() {
        "utf8" | "unicode" => UTF8,
        "sqlascii" => 0,
        "latin1" | "iso88591" => 8,
        _ => -1,
    }
}

/// Rounded half away from zero to the largest unit that keeps it below 10 of the next.
fn size_pretty(bytes: i128) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes.abs() < 10 * 1024 {
        return format!("{bytes} bytes");
    }
    let halved = |n: i128| if n < 0 { (n - 1) / 2 } else { (n + 1) / 2 };
    // One bit more than the unit is kept, so that the last step rounds.
    let mut size = bytes / 512;
    for (index, unit) in UNITS.iter().enumerate() {
        if size.abs() < 20 * 1024 - 1 || index + 1 == UNITS.len() {
            return format!("{} {unit}", halved(size));
        }
        size /= 1024;
    }
    unreachable!("the last unit takes all sizes")
}
