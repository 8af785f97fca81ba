//! Text search configurations, of which there are none.

use crate::catalog::system::notation::empty_relations;

empty_relations! {
    pg_catalog;
    3602 table "pg_ts_config" {
        "oid" OID, "cfgname" NAME, "cfgnamespace" OID, "cfgowner" OID, "cfgparser" OID,
    }
    3603 table "pg_ts_config_map" { "mapcfg" OID, "maptokentype" INT4, "mapseqno" INT4, "mapdict" OID }
    3600 table "pg_ts_dict" {
        "oid" OID, "dictname" NAME, "dictnamespace" OID, "dictowner" OID, "dicttemplate" OID,
        "dictinitoption" TEXT,
    }
    3601 table "pg_ts_parser" {
        "oid" OID, "prsname" NAME, "prsnamespace" OID, "prsstart" REGPROC, "prstoken" REGPROC,
        "prsend" REGPROC, "prsheadline" REGPROC, "prslextype" REGPROC,
    }
    3764 table "pg_ts_template" {
        "oid" OID, "tmplname" NAME, "tmplnamespace" OID, "tmplinit" REGPROC, "tmpllexize" REGPROC,
    }
}
