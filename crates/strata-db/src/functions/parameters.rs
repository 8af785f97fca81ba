//! Names of parameters, for calls such as `make_interval(days => 10)`.

use super::call::Function;

/// OIDs of functions whose parameters have names, with the names.
#[rustfmt::skip]
static NAMES: &[(u32, &[&str])] = &[
    (3949, &["from_json", "element_index"]), // json_array_element
    (3950, &["from_json", "element_index"]), // json_array_element_text
    (3955, &["from_json"]), // json_array_elements
    (3969, &["from_json"]), // json_array_elements_text
    (3958, &["from_json"]), // json_each
    (3959, &["from_json"]), // json_each_text
    (3951, &["from_json", "path_elems"]), // json_extract_path
    (3953, &["from_json", "path_elems"]), // json_extract_path_text
    (3947, &["from_json", "field_name"]), // json_object_field
    (3948, &["from_json", "field_name"]), // json_object_field_text
    (3215, &["from_json", "element_index"]), // jsonb_array_element
    (3216, &["from_json", "element_index"]), // jsonb_array_element_text
    (3219, &["from_json"]), // jsonb_array_elements
    (3465, &["from_json"]), // jsonb_array_elements_text
    (3343, &["from_json", "path_elems"]), // jsonb_delete
    (3208, &["from_json"]), // jsonb_each
    (3932, &["from_json"]), // jsonb_each_text
    (3217, &["from_json", "path_elems"]), // jsonb_extract_path
    (3940, &["from_json", "path_elems"]), // jsonb_extract_path_text
    (3579, &["jsonb_in", "path", "replacement", "insert_after"]), // jsonb_insert
    (3478, &["from_json", "field_name"]), // jsonb_object_field
    (3214, &["from_json", "field_name"]), // jsonb_object_field_text
    (3305, &["jsonb_in", "path", "replacement", "create_if_missing"]), // jsonb_set
    (5054, &["jsonb_in", "path", "replacement", "create_if_missing", "null_value_treatment"]), // jsonb_set_lax
    (3846, &["year", "month", "day"]), // make_date
    (3464, &["years", "months", "weeks", "days", "hours", "mins", "secs"]), // make_interval
    (3847, &["hour", "min", "sec"]), // make_time
    (3461, &["year", "month", "mday", "hour", "min", "sec"]), // make_timestamp
    (3462, &["year", "month", "mday", "hour", "min", "sec"]), // make_timestamptz
    (3463, &["year", "month", "mday", "hour", "min", "sec", "timezone"]), // make_timestamptz
    (1268, &["str", "strict"]), // parse_ident
    (2096, &["pid", "timeout"]), // pg_terminate_backend
];

/// The names of a function's parameters; empty if they have none.
pub fn names(function: &Function) -> &'static [&'static str] {
    NAMES.iter().find(|(oid, _)| *oid == function.oid).map_or(&[], |(_, names)| names)
}
