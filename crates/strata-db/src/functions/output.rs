//! Values as text, as their type's output function writes them.

use super::call::Call;
use crate::error::Result;
use std::borrow::Cow;
use strata_types::{Type, Value};

/// The text of a value; empty for NULL. The reg* types are named by the catalog.
pub(super) fn text_of<'a>(call: &Call<'_>, value: &'a Value, ty: Type) -> Result<Cow<'a, str>> {
    Ok(match value {
        Value::Null => Cow::Borrowed(""),
        Value::Text(text) => Cow::Borrowed(text),
        Value::Oid(oid) if ty.is_oid_alias() && ty != Type::OID => {
            match (oid, call.env.object_name(ty, *oid)) {
                (0, _) => Cow::Borrowed("-"),
                (_, Some(name)) => Cow::Owned(name),
                (oid, None) => Cow::Owned(oid.to_string()),
            }
        }
        value => Cow::Owned(value.to_text(ty, call.format()).unwrap_or_default()),
    })
}
