//! GRANT and REVOKE of privileges on objects. The objects and roles are checked; privileges themselves are
//! the owner's and the superuser's, whatever is granted.

use super::{Ddl, done};
use crate::error::Result;
use crate::parse::ast::{Grant, GrantTarget, ObjectKind, ObjectRef, RoleRef};
use crate::session::portal::Outcome;

impl Ddl<'_> {
    /// `GRANT`, `REVOKE`.
    ///
    /// # Errors
    /// 42P01, 3F000, 42704 for objects and roles that are not there.
    pub(super) fn grant(&mut self, grant: &Grant) -> Result<Outcome> {
        for role in &grant.grantees {
            if !matches!(role, RoleRef::Public(_)) {
                self.role(role)?;
            }
        }
        match &grant.target {
            GrantTarget::Objects { kind, objects } => {
                for object in objects {
                    if let ObjectRef::Name(name) = object {
                        match kind {
                            ObjectKind::Table | ObjectKind::Sequence => {
                                let env = self.env();
                                env.names().relation(&super::parts(name), name.pos().0)?;
                            }
                            ObjectKind::Schema if !crate::catalog::system::is_system_dataset(name.base()) => {
                                self.dataset(name)?;
                            }
                            ObjectKind::Database => {
                                self.project(name.base())?;
                            }
                            _ => {}
                        }
                    }
                }
            }
            GrantTarget::AllInSchema { schemas, .. } => {
                for schema in schemas {
                    self.dataset_by_ident(schema)?;
                }
            }
            GrantTarget::Future(_) => {}
        }
        Ok(done(if grant.revoke { "REVOKE" } else { "GRANT" }))
    }
}
