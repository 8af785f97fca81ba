//! Sessions and what they hold: `pg_stat_activity`, `pg_prepared_statements`, `pg_cursors`, `pg_locks`.
//!
//! Of row locks only those are shown that somebody waits for, as a wait for the transaction that has them.

use crate::catalog::system::SystemSource;
use crate::catalog::system::notation::relations;
use crate::functions::reports::{CursorReport, LockReport, SessionReport, StatementReport};
use crate::schema::Oid;

relations! {
    pg_catalog;
    12222 view "pg_stat_activity"
        = |source: &SystemSource<'_>| source.env.sessions(), |source, of: SessionReport| {
        "datid" OID = of.database;
        "datname" NAME = source.names.catalog.project(Oid(of.database)).map(|project| project.name.as_str());
        "pid" INT4 = of.pid;
        "leader_pid" INT4;
        "usesysid" OID = source.names.catalog.role_named(&of.user).map(|role| role.oid);
        "usename" NAME = &of.user;
        "application_name" TEXT = &of.application_name;
        "client_addr" TEXT = address(of).map(|(address, _)| address);
        "client_hostname" TEXT;
        "client_port" INT4 = address(of).and_then(|(_, port)| port);
        "backend_start" TIMESTAMPTZ = of.started;
        "xact_start" TIMESTAMPTZ = of.transaction_started;
        "query_start" TIMESTAMPTZ = of.statement_started;
        "state_change" TIMESTAMPTZ = of.changed;
        "wait_event_type" TEXT = of.wait_event.map(|(kind, _)| kind);
        "wait_event" TEXT = of.wait_event.map(|(_, name)| name);
        "state" TEXT = of.state;
        "backend_xid" XID = of.transaction;
        "backend_xmin" XID;
        "query_id" INT8;
        "query" TEXT = &of.query;
        "backend_type" TEXT = "client backend";
    }
    12073 view "pg_locks" = |source: &SystemSource<'_>| source.env.locks(), |source, of: LockReport| {
        "locktype" TEXT = of.kind;
        "database" OID = of.database;
        "relation" OID = of.relation;
        "page" INT4;
        "tuple" INT2;
        "virtualxid" TEXT = of.virtual_transaction.as_deref();
        "transactionid" XID = of.transaction;
        "classid" OID = of.object.map(|(class, _, _)| class);
        "objid" OID = of.object.map(|(_, object, _)| object);
        "objsubid" INT2 = of.object.map(|(_, _, part)| part);
        "virtualtransaction" TEXT = &of.holder;
        "pid" INT4 = of.pid;
        "mode" TEXT = of.mode;
        "granted" BOOL = of.granted;
        "fastpath" BOOL = false;
        "waitstart" TIMESTAMPTZ;
    }
    12095 view "pg_prepared_statements"
        = |source: &SystemSource<'_>| source.env.prepared_statements(), |source, of: StatementReport| {
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

/// The client's host, and its port if it is told.
fn address(session: &SessionReport) -> Option<(&str, Option<i32>)> {
    let client = session.client.as_deref()?;
    Some(match client.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok()),
        None => (client, None),
    })
}
