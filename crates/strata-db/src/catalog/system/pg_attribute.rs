//! `pg_attribute`: a row for every column of every relation, and `pg_attrdef`: one for every default.

use super::SystemSource;
use super::cell::{NO_CHAR, NONE};
use super::classes::{Class, Indexed, columns, number};
use super::definitions::called;
use super::notation::relations;
use crate::schema::{ColumnDef, Identity, IndexDef, KeySource, Oid, RelationDef, RelationKind, TableDef};
use std::borrow::Cow;
use strata_types::{Type, TypeInfo, Typmod};

/// A column of a relation of any kind.
pub(super) struct Attribute<'a> {
    pub(super) relation: Oid,
    pub(super) name: Cow<'a, str>,
    pub(super) number: i16,
    pub(super) ty: Type,
    pub(super) typmod: Typmod,
    pub(super) not_null: bool,
    pub(super) collation: Oid,
    /// The definition, where a user wrote one.
    pub(super) column: Option<&'a ColumnDef>,
}

/// A column's default or the expression that generates it.
pub(super) struct Default<'a> {
    pub(super) relation: &'a RelationDef,
    pub(super) number: i16,
    pub(super) expression: &'a str,
}

relations! {
    pg_catalog;
    1249 table "pg_attribute" = SystemSource::attributes, |source, column: Attribute<'_>| {
        "attrelid" OID = column.relation;
        "attname" NAME = column.name.as_ref();
        "atttypid" OID = if column.is_dropped() { Type::NONE } else { column.ty };
        "attstattarget" INT4 = if column.is_dropped() { 0 } else { -1 };
        "attlen" INT2 = column.ty.len();
        "attnum" INT2 = column.number;
        "attndims" INT4 = i32::from(column.ty.category() == 'A' && column.ty.len() == -1);
        "attcacheoff" INT4 = -1;
        "atttypmod" INT4 = column.typmod.0;
        "attbyval" BOOL = column.info().is_some_and(|info| info.by_value);
        "attalign" CHAR = column.info().map_or(b'i', |info| info.align);
        "attstorage" CHAR = column.info().map_or(b'x', |info| info.storage);
        "attcompression" CHAR = NO_CHAR;
        "attnotnull" BOOL = column.not_null;
        "atthasdef" BOOL = column.column.is_some_and(|def| default_of(def).is_some());
        "atthasmissing" BOOL = column.column.is_some_and(|def| def.missing.is_some());
        "attidentity" CHAR = column.column.map_or(NO_CHAR, identity);
        "attgenerated" CHAR =
            if column.column.is_some_and(|def| def.generated.is_some()) { b's' } else { NO_CHAR };
        "attisdropped" BOOL = column.is_dropped();
        "attislocal" BOOL = true;
        "attinhcount" INT4 = 0;
        "attcollation" OID = column.collation;
        "attacl" ACLITEM_ARRAY;
        "attoptions" TEXT_ARRAY;
        "attfdwoptions" TEXT_ARRAY;
        "attmissingval" ANYARRAY;
    }
    2604 table "pg_attrdef" = SystemSource::defaults, |source, default: Default<'_>| {
        "oid" OID = default.oid();
        "adrelid" OID = default.relation.oid;
        "adnum" INT2 = default.number;
        "adbin" PG_NODE_TREE [required] = default.expression;
    }
}

/// The columns of every sequence.
const SEQUENCE_COLUMNS: [(&str, Type); 3] =
    [("last_value", Type::INT8), ("log_cnt", Type::INT8), ("is_called", Type::BOOL)];

/// OID of collation `C`, in which names and the texts of the system compare.
const C: Oid = Oid(950);

impl<'a> SystemSource<'a> {
    /// The columns of all relations.
    pub(super) fn attributes(&self) -> impl Iterator<Item = Attribute<'a>> + use<'a> {
        self.classes().flat_map(of)
    }

    /// The defaults of all columns.
    pub(super) fn defaults(&self) -> impl Iterator<Item = Default<'a>> + use<'a> {
        self.stored().flat_map(|relation| {
            columns(relation).iter().enumerate().filter_map(move |(at, column)| {
                Some(Default { relation, number: number(at), expression: default_of(column)? })
            })
        })
    }
}

impl Default<'_> {
    /// A default has no number of its own: it is told by its table's and its column's.
    pub(super) fn oid(&self) -> Oid {
        Oid(self.relation.oid.0 ^ (u32::from(self.number.unsigned_abs()) << 20))
    }
}

/// The columns of one relation.
pub(super) fn of(class: Class<'_>) -> Vec<Attribute<'_>> {
    match class {
        Class::System(relation) => (relation.columns.iter().enumerate())
            .map(|(at, column)| Attribute {
                collation: if collation(column.ty) == NONE { NONE } else { C },
                not_null: column.not_null,
                ..plain(relation.oid, column.name, at, column.ty)
            })
            .collect(),
        Class::Stored(relation) => match &relation.kind {
            RelationKind::Sequence(_) => (SEQUENCE_COLUMNS.iter().enumerate())
                .map(|(at, (name, ty))| Attribute { not_null: true, ..plain(relation.oid, name, at, *ty) })
                .collect(),
            _ => columns(relation).iter().enumerate().map(|(at, def)| defined(relation, at, def)).collect(),
        },
        Class::Index(Indexed { def, index, .. }) => indexed(def, index),
    }
}

fn plain<'a>(relation: Oid, name: &'a str, at: usize, ty: Type) -> Attribute<'a> {
    Attribute {
        relation,
        name: Cow::Borrowed(name),
        number: number(at),
        ty,
        typmod: Typmod::NONE,
        not_null: false,
        collation: collation(ty),
        column: None,
    }
}

fn defined<'a>(relation: &RelationDef, at: usize, def: &'a ColumnDef) -> Attribute<'a> {
    let attribute = Attribute {
        typmod: def.typmod,
        not_null: def.not_null && !def.dropped,
        column: Some(def),
        ..plain(relation.oid, &def.name, at, def.ty)
    };
    match def.dropped {
        true => Attribute { name: Cow::Owned(format!("........pg.dropped.{}........", at + 1)), ..attribute },
        false => attribute,
    }
}

/// The columns of an index: named after the table's columns, or for expressions after the function called;
/// `expr` if there is none.
fn indexed<'a>(def: &'a TableDef, index: &'a IndexDef) -> Vec<Attribute<'a>> {
    let mut attributes: Vec<Attribute<'a>> = Vec::with_capacity(index.keys.len());
    let column = |at: usize| def.columns.get(at);
    for key in &index.keys {
        let place = attributes.len();
        attributes.push(match &key.source {
            KeySource::Column(at) => {
                let ty = column(*at).map_or(Type::NONE, |column| column.ty);
                let name = column(*at).map_or("", |column| &column.name);
                Attribute {
                    typmod: column(*at).map_or(Typmod::NONE, |column| column.typmod),
                    ..plain(index.oid, name, place, ty)
                }
            }
            KeySource::Expression(text, ty) => {
                let stem = called(text).unwrap_or("expr");
                let taken = |name: &str| attributes.iter().any(|other| other.name == name);
                let numbered = (1..).map(|number| format!("{stem}{number}"));
                let name = std::iter::once(stem.to_owned()).chain(numbered).find(|name| !taken(name));
                let name = Cow::Owned(name.unwrap_or_default());
                Attribute { name, ..plain(index.oid, "", place, *ty) }
            }
        });
    }
    let included = index.included.iter().filter_map(|at| column(*at));
    for (place, column) in (attributes.len()..).zip(included) {
        attributes
            .push(Attribute { typmod: column.typmod, ..plain(index.oid, &column.name, place, column.ty) });
    }
    attributes
}

impl Attribute<'_> {
    pub(super) fn is_dropped(&self) -> bool {
        self.column.is_some_and(|def| def.dropped)
    }

    fn info(&self) -> Option<&'static TypeInfo> {
        self.ty.info()
    }
}

/// The collation of a column of this type.
pub(super) fn collation(ty: Type) -> Oid {
    ty.info().map_or(NONE, |info| info.collation)
}

fn default_of(column: &ColumnDef) -> Option<&str> {
    if column.dropped {
        return None;
    }
    column.generated.as_ref().map(|generated| generated.expression.as_str()).or(column.default.as_deref())
}

fn identity(column: &ColumnDef) -> u8 {
    match column.identity {
        None => NO_CHAR,
        Some(Identity::Always) => b'a',
        Some(Identity::ByDefault) => b'd',
    }
}
