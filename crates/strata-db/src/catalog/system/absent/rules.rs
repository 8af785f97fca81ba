//! Rules, triggers, policies, partitions and inheritance, of which there are none.

use crate::catalog::system::notation::empty_relations;

empty_relations! {
    pg_catalog;
    2620 table "pg_trigger" {
        "oid" OID, "tgrelid" OID, "tgparentid" OID, "tgname" NAME, "tgfoid" OID, "tgtype" INT2,
        "tgenabled" CHAR, "tgisinternal" BOOL, "tgconstrrelid" OID, "tgconstrindid" OID, "tgconstraint" OID,
        "tgdeferrable" BOOL, "tginitdeferred" BOOL, "tgnargs" INT2, "tgattr" INT2VECTOR,
        "tgargs" BYTEA [required], "tgqual" PG_NODE_TREE, "tgoldtable" NAME [optional],
        "tgnewtable" NAME [optional],
    }
    3466 table "pg_event_trigger" {
        "oid" OID, "evtname" NAME, "evtevent" NAME, "evtowner" OID, "evtfoid" OID, "evtenabled" CHAR,
        "evttags" TEXT_ARRAY,
    }
    3256 table "pg_policy" {
        "oid" OID, "polname" NAME, "polrelid" OID, "polcmd" CHAR, "polpermissive" BOOL,
        "polroles" OID_ARRAY [required], "polqual" PG_NODE_TREE, "polwithcheck" PG_NODE_TREE,
    }
    12018 view "pg_policies" {
        "schemaname" NAME, "tablename" NAME, "policyname" NAME, "permissive" TEXT, "roles" NAME_ARRAY,
        "cmd" TEXT, "qual" TEXT, "with_check" TEXT,
    }
    12023 view "pg_rules" { "schemaname" NAME, "tablename" NAME, "rulename" NAME, "definition" TEXT }
    2611 table "pg_inherits" { "inhrelid" OID, "inhparent" OID, "inhseqno" INT4, "inhdetachpending" BOOL }
    3350 table "pg_partitioned_table" {
        "partrelid" OID, "partstrat" CHAR, "partnatts" INT2, "partdefid" OID, "partattrs" INT2VECTOR,
        "partclass" OIDVECTOR, "partcollation" OIDVECTOR, "partexprs" PG_NODE_TREE,
    }
    3576 table "pg_transform" {
        "oid" OID, "trftype" OID, "trflang" OID, "trffromsql" REGPROC, "trftosql" REGPROC,
    }
    2607 table "pg_conversion" {
        "oid" OID, "conname" NAME, "connamespace" OID, "conowner" OID, "conforencoding" INT4,
        "contoencoding" INT4, "conproc" REGPROC, "condefault" BOOL,
    }
}
