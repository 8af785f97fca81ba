//! Data that lies elsewhere, of which there is none: foreign servers and tables; and extensions.

use crate::catalog::system::notation::empty_relations;

empty_relations! {
    pg_catalog;
    2328 table "pg_foreign_data_wrapper" {
        "oid" OID, "fdwname" NAME, "fdwowner" OID, "fdwhandler" OID, "fdwvalidator" OID,
        "fdwacl" ACLITEM_ARRAY, "fdwoptions" TEXT_ARRAY,
    }
    1417 table "pg_foreign_server" {
        "oid" OID, "srvname" NAME, "srvowner" OID, "srvfdw" OID, "srvtype" TEXT, "srvversion" TEXT,
        "srvacl" ACLITEM_ARRAY, "srvoptions" TEXT_ARRAY,
    }
    3118 table "pg_foreign_table" { "ftrelid" OID, "ftserver" OID, "ftoptions" TEXT_ARRAY }
    1418 table "pg_user_mapping" { "oid" OID, "umuser" OID, "umserver" OID, "umoptions" TEXT_ARRAY }
    12327 view "pg_user_mappings" {
        "umid" OID, "srvid" OID, "srvname" NAME, "umuser" OID, "usename" NAME, "umoptions" TEXT_ARRAY,
    }
    3079 table "pg_extension" {
        "oid" OID, "extname" NAME, "extowner" OID, "extnamespace" OID, "extrelocatable" BOOL,
        "extversion" TEXT [required], "extconfig" OID_ARRAY, "extcondition" TEXT_ARRAY,
    }
    12081 view "pg_available_extensions" {
        "name" NAME, "default_version" TEXT, "installed_version" TEXT, "comment" TEXT,
    }
    12085 view "pg_available_extension_versions" {
        "name" NAME, "version" TEXT, "installed" BOOL, "superuser" BOOL, "trusted" BOOL, "relocatable" BOOL,
        "schema" NAME, "requires" NAME_ARRAY, "comment" TEXT,
    }
}
