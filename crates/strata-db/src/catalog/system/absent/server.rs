//! The server's files, memory and large objects, which are not shown.

use crate::catalog::system::notation::empty_relations;

empty_relations! {
    pg_catalog;
    12138 view "pg_backend_memory_contexts" {
        "name" TEXT, "ident" TEXT, "parent" TEXT, "level" INT4, "total_bytes" INT8, "total_nblocks" INT8,
        "free_bytes" INT8, "free_chunks" INT8, "used_bytes" INT8,
    }
    12134 view "pg_shmem_allocations" { "name" TEXT, "off" INT8, "size" INT8, "allocated_size" INT8 }
    12130 view "pg_config" { "name" TEXT, "setting" TEXT }
    12110 view "pg_file_settings" {
        "sourcefile" TEXT, "sourceline" INT4, "seqno" INT4, "name" TEXT, "setting" TEXT, "applied" BOOL,
        "error" TEXT,
    }
    12114 view "pg_hba_file_rules" {
        "line_number" INT4, "type" TEXT, "database" TEXT_ARRAY, "user_name" TEXT_ARRAY, "address" TEXT,
        "netmask" TEXT, "auth_method" TEXT, "options" TEXT_ARRAY, "error" TEXT,
    }
    12118 view "pg_ident_file_mappings" {
        "line_number" INT4, "map_name" TEXT, "sys_name" TEXT, "pg_username" TEXT, "error" TEXT,
    }
    2613 table "pg_largeobject" { "loid" OID, "pageno" INT4, "data" BYTEA [required] }
    2995 table "pg_largeobject_metadata" { "oid" OID, "lomowner" OID, "lomacl" ACLITEM_ARRAY }
    12122 view "pg_timezone_abbrevs" { "abbrev" TEXT, "utc_offset" INTERVAL, "is_dst" BOOL }
    12253 view "pg_stat_gssapi" { "pid" INT4, "gss_authenticated" BOOL, "principal" TEXT, "encrypted" BOOL }
    12249 view "pg_stat_ssl" {
        "pid" INT4, "ssl" BOOL, "version" TEXT, "cipher" TEXT, "bits" INT4, "client_dn" TEXT,
        "client_serial" NUMERIC, "issuer_dn" TEXT,
    }
    12232 view "pg_stat_slru" {
        "name" TEXT, "blks_zeroed" INT8, "blks_hit" INT8, "blks_read" INT8, "blks_written" INT8,
        "blks_exists" INT8, "flushes" INT8, "truncates" INT8, "stats_reset" TIMESTAMPTZ,
    }
    12285 view "pg_stat_archiver" {
        "archived_count" INT8, "last_archived_wal" TEXT, "last_archived_time" TIMESTAMPTZ,
        "failed_count" INT8, "last_failed_wal" TEXT, "last_failed_time" TIMESTAMPTZ,
        "stats_reset" TIMESTAMPTZ,
    }
    12271 view "pg_stat_database_conflicts" {
        "datid" OID, "datname" NAME, "confl_tablespace" INT8, "confl_lock" INT8, "confl_snapshot" INT8,
        "confl_bufferpin" INT8, "confl_deadlock" INT8,
    }
    12275 view "pg_stat_user_functions" {
        "funcid" OID, "schemaname" NAME, "funcname" NAME, "calls" INT8, "total_time" FLOAT8,
        "self_time" FLOAT8,
    }
    12280 view "pg_stat_xact_user_functions" {
        "funcid" OID, "schemaname" NAME, "funcname" NAME, "calls" INT8, "total_time" FLOAT8,
        "self_time" FLOAT8,
    }
}
