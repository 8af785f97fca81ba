//! Replication, of which there is none: publications, subscriptions, slots.

use crate::catalog::system::notation::empty_relations;

empty_relations! {
    pg_catalog;
    6104 table "pg_publication" {
        "oid" OID, "pubname" NAME, "pubowner" OID, "puballtables" BOOL, "pubinsert" BOOL, "pubupdate" BOOL,
        "pubdelete" BOOL, "pubtruncate" BOOL, "pubviaroot" BOOL,
    }
    6237 table "pg_publication_namespace" { "oid" OID, "pnpubid" OID, "pnnspid" OID }
    6106 table "pg_publication_rel" {
        "oid" OID, "prpubid" OID, "prrelid" OID, "prqual" PG_NODE_TREE, "prattrs" INT2VECTOR [optional],
    }
    12068 view "pg_publication_tables" {
        "pubname" NAME, "schemaname" NAME, "tablename" NAME, "attnames" NAME_ARRAY, "rowfilter" TEXT,
    }
    6100 table "pg_subscription" {
        "oid" OID, "subdbid" OID, "subskiplsn" PG_LSN, "subname" NAME, "subowner" OID, "subenabled" BOOL,
        "subbinary" BOOL, "substream" BOOL, "subtwophasestate" CHAR, "subdisableonerr" BOOL,
        "subconninfo" TEXT [required], "subslotname" NAME [optional], "subsynccommit" TEXT [required],
        "subpublications" TEXT_ARRAY [required],
    }
    6102 table "pg_subscription_rel" {
        "srsubid" OID, "srrelid" OID, "srsubstate" CHAR, "srsublsn" PG_LSN [optional],
    }
    6000 table "pg_replication_origin" { "roident" OID, "roname" TEXT [required] }
    12332 view "pg_replication_origin_status" {
        "local_id" OID, "external_id" TEXT, "remote_lsn" PG_LSN, "local_lsn" PG_LSN,
    }
    12257 view "pg_replication_slots" {
        "slot_name" NAME, "plugin" NAME, "slot_type" TEXT, "datoid" OID, "database" NAME, "temporary" BOOL,
        "active" BOOL, "active_pid" INT4, "xmin" XID, "catalog_xmin" XID, "restart_lsn" PG_LSN,
        "confirmed_flush_lsn" PG_LSN, "wal_status" TEXT, "safe_wal_size" INT8, "two_phase" BOOL,
    }
    12227 view "pg_stat_replication" {
        "pid" INT4, "usesysid" OID, "usename" NAME, "application_name" TEXT, "client_addr" TEXT,
        "client_hostname" TEXT, "client_port" INT4, "backend_start" TIMESTAMPTZ, "backend_xmin" XID,
        "state" TEXT, "sent_lsn" PG_LSN, "write_lsn" PG_LSN, "flush_lsn" PG_LSN, "replay_lsn" PG_LSN,
        "write_lag" INTERVAL, "flush_lag" INTERVAL, "replay_lag" INTERVAL, "sync_priority" INT4,
        "sync_state" TEXT, "reply_time" TIMESTAMPTZ,
    }
    12262 view "pg_stat_replication_slots" {
        "slot_name" TEXT, "spill_txns" INT8, "spill_count" INT8, "spill_bytes" INT8, "stream_txns" INT8,
        "stream_count" INT8, "stream_bytes" INT8, "total_txns" INT8, "total_bytes" INT8,
        "stats_reset" TIMESTAMPTZ,
    }
    12244 view "pg_stat_subscription" {
        "subid" OID, "subname" NAME, "pid" INT4, "relid" OID, "received_lsn" PG_LSN,
        "last_msg_send_time" TIMESTAMPTZ, "last_msg_receipt_time" TIMESTAMPTZ, "latest_end_lsn" PG_LSN,
        "latest_end_time" TIMESTAMPTZ,
    }
    12336 view "pg_stat_subscription_stats" {
        "subid" OID, "subname" NAME, "apply_error_count" INT8, "sync_error_count" INT8,
        "stats_reset" TIMESTAMPTZ,
    }
    12236 view "pg_stat_wal_receiver" {
        "pid" INT4, "status" TEXT, "receive_start_lsn" PG_LSN, "receive_start_tli" INT4, "written_lsn" PG_LSN,
        "flushed_lsn" PG_LSN, "received_tli" INT4, "last_msg_send_time" TIMESTAMPTZ,
        "last_msg_receipt_time" TIMESTAMPTZ, "latest_end_lsn" PG_LSN, "latest_end_time" TIMESTAMPTZ,
        "slot_name" TEXT, "sender_host" TEXT, "sender_port" INT4, "conninfo" TEXT,
    }
    12240 view "pg_stat_recovery_prefetch" {
        "stats_reset" TIMESTAMPTZ, "prefetch" INT8, "hit" INT8, "skip_init" INT8, "skip_new" INT8,
        "skip_fpw" INT8, "skip_rep" INT8, "wal_distance" INT4, "block_distance" INT4, "io_depth" INT4,
    }
}
