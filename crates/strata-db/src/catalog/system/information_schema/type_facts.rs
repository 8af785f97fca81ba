//! What the standard says of a type: its length, precision and scale.

use strata_types::{Type, Typmod};

/// A type with its modifier.
#[derive(Clone, Copy)]
pub(super) struct TypeFacts {
    pub(super) ty: Type,
    pub(super) typmod: Typmod,
}

/// Most bytes of a text without limit, by the standard's view of it.
const OCTETS_MAX: i32 = 1 << 30;
/// Most bytes of a character.
const OCTETS_OF_CHARACTER: i32 = 4;
/// Bytes that a modifier counts beside the length.
const HEADER: i32 = 4;

impl TypeFacts {
    /// `data_type`: the name without modifier.
    pub(super) fn name(self) -> String {
        match self.ty {
            ty if ty.is_array() && ty.name().starts_with('_') => "ARRAY".to_owned(),
            ty => ty.sql_name(Typmod::NONE).into_owned(),
        }
    }

    fn is_string(self) -> bool {
        matches!(self.ty, Type::TEXT | Type::VARCHAR | Type::BPCHAR)
    }

    pub(super) fn character_length(self) -> Option<i32> {
        match self.ty {
            Type::VARCHAR | Type::BPCHAR if self.typmod.0 != -1 => Some(self.typmod.0 - HEADER),
            Type::BIT | Type::VARBIT if self.typmod.0 != -1 => Some(self.typmod.0),
            _ => None,
        }
    }

    pub(super) fn octet_length(self) -> Option<i32> {
        match self.character_length() {
            Some(length) if self.is_string() => Some(length.saturating_mul(OCTETS_OF_CHARACTER)),
            _ => self.is_string().then_some(OCTETS_MAX),
        }
    }

    pub(super) fn numeric_precision(self) -> Option<i32> {
        match self.ty {
            Type::INT2 => Some(16),
            Type::INT4 => Some(32),
            Type::INT8 => Some(64),
            Type::FLOAT4 => Some(24),
            Type::FLOAT8 => Some(53),
            Type::NUMERIC if self.typmod.0 != -1 => Some(((self.typmod.0 - HEADER) >> 16) & 0xFFFF),
            _ => None,
        }
    }

    pub(super) fn numeric_radix(self) -> Option<i32> {
        match self.ty {
            Type::INT2 | Type::INT4 | Type::INT8 | Type::FLOAT4 | Type::FLOAT8 => Some(2),
            Type::NUMERIC => Some(10),
            _ => None,
        }
    }

    pub(super) fn numeric_scale(self) -> Option<i32> {
        match self.ty {
            Type::INT2 | Type::INT4 | Type::INT8 => Some(0),
            Type::NUMERIC if self.typmod.0 != -1 => Some((self.typmod.0 - HEADER) & 0xFFFF),
            _ => None,
        }
    }

    pub(super) fn datetime_precision(self) -> Option<i32> {
        match self.ty {
            Type::DATE => Some(0),
            Type::TIME | Type::TIMETZ | Type::TIMESTAMP | Type::TIMESTAMPTZ => {
                Some(if self.typmod.0 < 0 { 6 } else { self.typmod.0 })
            }
            Type::INTERVAL => Some(match self.typmod.0 & 0xFFFF {
                0xFFFF => 6,
                precision => precision,
            }),
            _ => None,
        }
    }
}
