//! Work of the server as a whole: `pg_stat_database`, `pg_stat_bgwriter`, `pg_stat_wal`.

use crate::catalog::system::SystemSource;
use crate::catalog::system::notation::{empty_relations, relations};
use crate::schema::{Oid, ProjectDef};
use std::sync::Arc;

relations! {
    pg_catalog;
    12266 view "pg_stat_database" = projects, |source, project: &Arc<ProjectDef>| {
        "datid" OID = project.oid;
        "datname" NAME = &project.name;
        "numbackends" INT4 = sessions(source, project.oid);
        "xact_commit" INT8 = 0;
        "xact_rollback" INT8 = 0;
        "blks_read" INT8 = 0;
        "blks_hit" INT8 = 0;
        "tup_returned" INT8 = 0;
        "tup_fetched" INT8 = 0;
        "tup_inserted" INT8 = 0;
        "tup_updated" INT8 = 0;
        "tup_deleted" INT8 = 0;
        "conflicts" INT8 = 0;
        "temp_files" INT8 = 0;
        "temp_bytes" INT8 = 0;
        "deadlocks" INT8 = 0;
        "checksum_failures" INT8;
        "checksum_last_failure" TIMESTAMPTZ;
        "blk_read_time" FLOAT8 = 0.0;
        "blk_write_time" FLOAT8 = 0.0;
        "session_time" FLOAT8 = 0.0;
        "active_time" FLOAT8 = 0.0;
        "idle_in_transaction_time" FLOAT8 = 0.0;
        "sessions" INT8 = 0;
        "sessions_abandoned" INT8 = 0;
        "sessions_fatal" INT8 = 0;
        "sessions_killed" INT8 = 0;
        "stats_reset" TIMESTAMPTZ;
    }
}

empty_relations! {
    pg_catalog;
    12289 view "pg_stat_bgwriter" {
        "checkpoints_timed" INT8, "checkpoints_req" INT8, "checkpoint_write_time" FLOAT8,
        "checkpoint_sync_time" FLOAT8, "buffers_checkpoint" INT8, "buffers_clean" INT8, "maxwritten_clean" INT8,
        "buffers_backend" INT8, "buffers_backend_fsync" INT8, "buffers_alloc" INT8, "stats_reset" TIMESTAMPTZ,
    }
    12293 view "pg_stat_wal" {
        "wal_records" INT8, "wal_fpi" INT8, "wal_bytes" NUMERIC, "wal_buffers_full" INT8, "wal_write" INT8,
        "wal_sync" INT8, "wal_write_time" FLOAT8, "wal_sync_time" FLOAT8, "stats_reset" TIMESTAMPTZ,
    }
}

fn projects<'a>(source: &SystemSource<'a>) -> impl Iterator<Item = &'a Arc<ProjectDef>> + use<'a> {
    source.names.catalog.projects()
}

/// The number of sessions in a project.
fn sessions(source: &SystemSource<'_>, project: Oid) -> usize {
    source.env.sessions().iter().filter(|session| session.database == project.0).count()
}
