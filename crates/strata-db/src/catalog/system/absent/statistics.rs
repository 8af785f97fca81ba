//! What the planner of PostgreSQL gathers about values, of which nothing is kept here.

use crate::catalog::system::notation::empty_relations;

empty_relations! {
    pg_catalog;
    2619 table "pg_statistic" {
        "starelid" OID, "staattnum" INT2, "stainherit" BOOL, "stanullfrac" FLOAT4, "stawidth" INT4,
        "stadistinct" FLOAT4, "stakind1" INT2, "stakind2" INT2, "stakind3" INT2, "stakind4" INT2,
        "stakind5" INT2, "staop1" OID, "staop2" OID, "staop3" OID, "staop4" OID, "staop5" OID, "stacoll1" OID,
        "stacoll2" OID, "stacoll3" OID, "stacoll4" OID, "stacoll5" OID, "stanumbers1" FLOAT4_ARRAY,
        "stanumbers2" FLOAT4_ARRAY, "stanumbers3" FLOAT4_ARRAY, "stanumbers4" FLOAT4_ARRAY,
        "stanumbers5" FLOAT4_ARRAY, "stavalues1" ANYARRAY, "stavalues2" ANYARRAY, "stavalues3" ANYARRAY,
        "stavalues4" ANYARRAY, "stavalues5" ANYARRAY,
    }
    3381 table "pg_statistic_ext" {
        "oid" OID, "stxrelid" OID, "stxname" NAME, "stxnamespace" OID, "stxowner" OID, "stxstattarget" INT4,
        "stxkeys" INT2VECTOR, "stxkind" CHAR_ARRAY [required], "stxexprs" PG_NODE_TREE,
    }
    3429 table "pg_statistic_ext_data" {
        "stxoid" OID, "stxdinherit" BOOL, "stxdndistinct" TEXT, "stxddependencies" TEXT, "stxdmcv" TEXT,
        "stxdexpr" TEXT_ARRAY,
    }
    12053 view "pg_stats" {
        "schemaname" NAME, "tablename" NAME, "attname" NAME, "inherited" BOOL, "null_frac" FLOAT4,
        "avg_width" INT4, "n_distinct" FLOAT4, "most_common_vals" ANYARRAY, "most_common_freqs" FLOAT4_ARRAY,
        "histogram_bounds" ANYARRAY, "correlation" FLOAT4, "most_common_elems" ANYARRAY,
        "most_common_elem_freqs" FLOAT4_ARRAY, "elem_count_histogram" FLOAT4_ARRAY,
    }
    12058 view "pg_stats_ext" {
        "schemaname" NAME, "tablename" NAME, "statistics_schemaname" NAME, "statistics_name" NAME,
        "statistics_owner" NAME, "attnames" NAME_ARRAY, "exprs" TEXT_ARRAY, "kinds" CHAR_ARRAY,
        "inherited" BOOL, "n_distinct" TEXT, "dependencies" TEXT, "most_common_vals" TEXT_ARRAY,
        "most_common_val_nulls" BOOL_ARRAY, "most_common_freqs" FLOAT8_ARRAY,
        "most_common_base_freqs" FLOAT8_ARRAY,
    }
    12063 view "pg_stats_ext_exprs" {
        "schemaname" NAME, "tablename" NAME, "statistics_schemaname" NAME, "statistics_name" NAME,
        "statistics_owner" NAME, "expr" TEXT, "inherited" BOOL, "null_frac" FLOAT4, "avg_width" INT4,
        "n_distinct" FLOAT4, "most_common_vals" ANYARRAY, "most_common_freqs" FLOAT4_ARRAY,
        "histogram_bounds" ANYARRAY, "correlation" FLOAT4, "most_common_elems" ANYARRAY,
        "most_common_elem_freqs" FLOAT4_ARRAY, "elem_count_histogram" FLOAT4_ARRAY,
    }
}
