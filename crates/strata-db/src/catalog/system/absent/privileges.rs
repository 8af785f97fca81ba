//! Privileges and labels that differ from the defaults, of which there are none.

use crate::catalog::system::notation::empty_relations;

empty_relations! {
    pg_catalog;
    826 table "pg_default_acl" {
        "oid" OID, "defaclrole" OID, "defaclnamespace" OID, "defaclobjtype" CHAR,
        "defaclacl" ACLITEM_ARRAY [required],
    }
    3394 table "pg_init_privs" {
        "objoid" OID, "classoid" OID, "objsubid" INT4, "privtype" CHAR, "initprivs" ACLITEM_ARRAY [required],
    }
    6243 table "pg_parameter_acl" { "oid" OID, "parname" TEXT [required], "paracl" ACLITEM_ARRAY }
    2964 table "pg_db_role_setting" { "setdatabase" OID, "setrole" OID, "setconfig" TEXT_ARRAY }
    3596 table "pg_seclabel" {
        "objoid" OID, "classoid" OID, "objsubid" INT4, "provider" TEXT [required], "label" TEXT [required],
    }
    3592 table "pg_shseclabel" {
        "objoid" OID, "classoid" OID, "provider" TEXT [required], "label" TEXT [required],
    }
    12099 view "pg_seclabels" {
        "objoid" OID, "classoid" OID, "objsubid" INT4, "objtype" TEXT, "objnamespace" OID, "objname" TEXT,
        "provider" TEXT, "label" TEXT,
    }
    2396 table "pg_shdescription" { "objoid" OID, "classoid" OID, "description" TEXT [required] }
}
