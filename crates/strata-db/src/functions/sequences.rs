//! Sequence functions.

use super::table::functions;
use super::typed::OidValue;

functions! {
    1574 "nextval"(REGCLASS) -> INT8 volatile strict
        = scalar(|call; sequence: OidValue| call.env.sequence_next(sequence.0)), "sequence next value";
    1575 "currval"(REGCLASS) -> INT8 volatile strict
        = scalar(|call; sequence: OidValue| call.env.sequence_current(sequence.0)), "sequence current value";
    2559 "lastval"() -> INT8 volatile strict = scalar(|call| call.env.sequence_last()),
        "current value from last used sequence";
    1576 "setval"(REGCLASS, INT8) -> INT8 volatile strict
        = scalar(|call; sequence: OidValue, value: i64| call.env.sequence_set(sequence.0, value, true).map(|()| value)),
        "set sequence value";
    1765 "setval"(REGCLASS, INT8, BOOL) -> INT8 volatile strict
        = scalar(|call; sequence: OidValue, value: i64, called: bool| call.env.sequence_set(sequence.0, value, called).map(|()| value)),
        "set sequence value and is_called status";
    1665 "pg_get_serial_sequence"(TEXT, TEXT) -> TEXT stable strict = catalog("pg_get_serial_sequence"),
        "name of sequence for a serial column";
    3078 "pg_sequence_parameters"(OID) -> RECORD stable strict = catalog("pg_sequence_parameters"),
        "sequence parameters, for use by information schema";
    4032 "pg_sequence_last_value"(REGCLASS) -> INT8 volatile strict = catalog("pg_sequence_last_value"),
        "sequence last value";
}
