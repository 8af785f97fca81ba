//! Sessions and what they hold: `pg_stat_activity`, `pg_prepared_statements`, `pg_cursors`, `pg_locks`.

use crate::catalog::system::SystemSource;
use crate::catalog::system::notation::{empty_relations, relations};
use crate::functions::reports::{CursorReport, SessionReport, StatementReport};
use crate::schema::Oid;

relations! {
    pg_catalog;
    12222 view "pg_stat_activity" = |source: &SystemSource<'_>| source.env.sessions(), |source, of: SessionReport| {
        "datid" OID = of.database;
        "datname" NAME = source.names.catalog.project(Oid(of.database)).map(|project| project.name.as_str());
        "pid" INT4 = of.pid;
        "leader_pid" INT4;
        "usesysid" OID = source.names.catalog.role_named(&of.user).map(|role| role.oid);
        "usename" NAME = &of.user;
        "application_name" TEXT = &of.application_name;
        "client_addr" TEXT;
        "client_hostname" TEXT;
        "client_port" INT4;
        "backend_start" TIMESTAMPTZ = of.started;
        "xact_start" TIMESTAMPTZ = of.transaction_started;
        "query_start" TIMESTAMPTZ = of.statement_started;
        "state_change" TIMESTAMPTZ = of.statement_started;
        "wait_event_type" TEXT;
        "wait_event" TEXT;
        "state" TEXT = of.state;
        "backend_xid" XID;
        "backend_xmin" XID;
        "query_id" INT8;
        "query" TEXT = &of.query;
        "backend_type" TEXT = "client backend";
    }
    12095 view "pg_prepared_statements" = |source: &SystemSource<'_>| source.env.prepared_statements(), |source, of: StatementReport| {
        "name" TEXT = &of.name;
        "statement" TEXT = &of.statement;
        "prepare_time" TIMESTAMPTZ = of.prepared;
        "parameter_types" REGTYPE_ARRAY = of.parameters.clone();
        "from_sql" BOOL = of.from_sql;
        "generic_plans" INT8 = 0;
        "custom_plans" INT8 = 0;
    }
    12077 view "pg_cursors" = |source: &SystemSource<'_>| source.env.cursors(), |source, of: CursorReport| {
        "name" TEXT = &of.name;
        "statement" TEXT = &of.statement;
        "is_holdable" BOOL = of.holdable;
        "is_binary" BOOL = of.binary;
        "is_scrollable" BOOL = of.scrollable;
        "creation_time" TIMESTAMPTZ = of.created;
    }
}

empty_relations! {
    pg_catalog;
    12073 view "pg_locks" {
        "locktype" TEXT, "database" OID, "relation" OID, "page" INT4, "tuple" INT2, "virtualxid" TEXT,
        "transactionid" XID, "classid" OID, "objid" OID, "objsubid" INT2, "virtualtransaction" TEXT, "pid" INT4,
        "mode" TEXT, "granted" BOOL, "fastpath" BOOL, "waitstart" TIMESTAMPTZ,
    }
}
