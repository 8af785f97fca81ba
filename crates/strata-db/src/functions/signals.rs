//! What sessions tell each other: advisory locks and notifications. The session answers.

use super::call::{Call, RowSource};
use super::rows::Rows;
use super::table::functions;
use crate::error::Result;
use strata_types::Value;

functions! {
    2880 "pg_advisory_lock"(INT8) -> VOID volatile strict
        = catalog("pg_advisory_lock"), "obtain exclusive advisory lock";
    2886 "pg_advisory_lock"(INT4, INT4) -> VOID volatile strict
        = catalog("pg_advisory_lock"), "obtain exclusive advisory lock";
    2881 "pg_advisory_lock_shared"(INT8) -> VOID volatile strict
        = catalog("pg_advisory_lock_shared"), "obtain shared advisory lock";
    2887 "pg_advisory_lock_shared"(INT4, INT4) -> VOID volatile strict
        = catalog("pg_advisory_lock_shared"), "obtain shared advisory lock";
    2884 "pg_advisory_unlock"(INT8) -> BOOL volatile strict
        = catalog("pg_advisory_unlock"), "release exclusive advisory lock";
    2890 "pg_advisory_unlock"(INT4, INT4) -> BOOL volatile strict
        = catalog("pg_advisory_unlock"), "release exclusive advisory lock";
    2892 "pg_advisory_unlock_all"() -> VOID volatile strict
        = catalog("pg_advisory_unlock_all"), "release all advisory locks";
    2885 "pg_advisory_unlock_shared"(INT8) -> BOOL volatile strict
        = catalog("pg_advisory_unlock_shared"), "release shared advisory lock";
    2891 "pg_advisory_unlock_shared"(INT4, INT4) -> BOOL volatile strict
        = catalog("pg_advisory_unlock_shared"), "release shared advisory lock";
    3089 "pg_advisory_xact_lock"(INT8) -> VOID volatile strict
        = catalog("pg_advisory_xact_lock"), "obtain exclusive advisory lock";
    3093 "pg_advisory_xact_lock"(INT4, INT4) -> VOID volatile strict
        = catalog("pg_advisory_xact_lock"), "obtain exclusive advisory lock";
    3090 "pg_advisory_xact_lock_shared"(INT8) -> VOID volatile strict
        = catalog("pg_advisory_xact_lock_shared"), "obtain shared advisory lock";
    3094 "pg_advisory_xact_lock_shared"(INT4, INT4) -> VOID volatile strict
        = catalog("pg_advisory_xact_lock_shared"), "obtain shared advisory lock";
    2882 "pg_try_advisory_lock"(INT8) -> BOOL volatile strict
        = catalog("pg_try_advisory_lock"), "obtain exclusive advisory lock if available";
    2888 "pg_try_advisory_lock"(INT4, INT4) -> BOOL volatile strict
        = catalog("pg_try_advisory_lock"), "obtain exclusive advisory lock if available";
    2883 "pg_try_advisory_lock_shared"(INT8) -> BOOL volatile strict
        = catalog("pg_try_advisory_lock_shared"), "obtain shared advisory lock if available";
    2889 "pg_try_advisory_lock_shared"(INT4, INT4) -> BOOL volatile strict
        = catalog("pg_try_advisory_lock_shared"), "obtain shared advisory lock if available";
    3091 "pg_try_advisory_xact_lock"(INT8) -> BOOL volatile strict
        = catalog("pg_try_advisory_xact_lock"), "obtain exclusive advisory lock if available";
    3095 "pg_try_advisory_xact_lock"(INT4, INT4) -> BOOL volatile strict
        = catalog("pg_try_advisory_xact_lock"), "obtain exclusive advisory lock if available";
    3092 "pg_try_advisory_xact_lock_shared"(INT8) -> BOOL volatile strict
        = catalog("pg_try_advisory_xact_lock_shared"), "obtain shared advisory lock if available";
    3096 "pg_try_advisory_xact_lock_shared"(INT4, INT4) -> BOOL volatile strict
        = catalog("pg_try_advisory_xact_lock_shared"), "obtain shared advisory lock if available";
    3036 "pg_notify"(TEXT, TEXT) -> VOID volatile nullable = catalog("pg_notify"),
        "send a notification event";
    3035 "pg_listening_channels"() -> TEXT stable strict = set(listening_channels),
        "get the channels that the current backend listens to";
    3296 "pg_notification_queue_usage"() -> FLOAT8 volatile strict = scalar(|| 0.0_f64),
        "get the fraction of the asynchronous notification queue currently in use";
}

fn listening_channels(call: &Call<'_>, _: &[Value]) -> Result<Box<dyn RowSource>> {
    match call.env.catalog("pg_listening_channels", &[])? {
        Value::Array(channels) => Ok(Rows::column(channels.values.to_vec())),
        _ => Ok(Rows::column(Vec::new())),
    }
}
