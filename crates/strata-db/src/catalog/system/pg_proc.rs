//! `pg_proc`: a row for every function, `pg_aggregate` beside it for the aggregates, and `pg_language`.

use super::builtin::{BUILTINS, Builtin};
use super::cell::NONE;
use super::notation::relations;
use super::{INFORMATION_SCHEMA, PG_CATALOG, SystemSource};
use crate::functions::{Function, FunctionKind, Volatility, registry};
use crate::schema::Oid;
use strata_types::Type;

/// A function: one that SQL can call, or one that only the catalog names.
#[derive(Clone, Copy)]
pub(in crate::catalog) enum Procedure {
    Listed(&'static Function),
    Builtin(&'static Builtin),
}

relations! {
    pg_catalog;
    1255 table "pg_proc" = |_: &SystemSource<'_>| procedures(), |source, of: Procedure| {
        "oid" OID = of.oid();
        "proname" NAME = of.name();
        "pronamespace" OID = if of.name().starts_with("_pg_") { INFORMATION_SCHEMA } else { PG_CATALOG };
        "proowner" OID = 10;
        "prolang" OID = INTERNAL;
        "procost" FLOAT4 = 1.0;
        "prorows" FLOAT4 = if of.is_set() { 1000.0 } else { 0.0 };
        "provariadic" OID = of.variadic();
        "prosupport" REGPROC = NONE;
        "prokind" CHAR = of.kind();
        "prosecdef" BOOL = false;
        "proleakproof" BOOL = false;
        "proisstrict" BOOL = of.listed().is_none_or(|function| function.strict);
        "proretset" BOOL = of.is_set();
        "provolatile" CHAR = of.volatility();
        "proparallel" CHAR = b's';
        "pronargs" INT2 = of.args().len();
        "pronargdefaults" INT2 = of.listed().map_or(0, |function| i16::from(function.defaults));
        "prorettype" OID = of.result();
        "proargtypes" OIDVECTOR = of.args().iter().map(|ty| ty.oid()).collect::<Vec<Oid>>();
        "proallargtypes" OID_ARRAY =
            of.all_args().map(|args| args.iter().map(|arg| arg.1.oid()).collect::<Vec<Oid>>());
        "proargmodes" CHAR_ARRAY =
            of.all_args().map(|args| args.iter().map(|arg| arg.0).collect::<Vec<u8>>());
        "proargnames" TEXT_ARRAY = of.argument_names();
        "proargdefaults" PG_NODE_TREE;
        "protrftypes" OID_ARRAY;
        "prosrc" TEXT [required] = if of.kind() == b'a' { "aggregate_dummy" } else { of.name() };
        "probin" TEXT;
        "prosqlbody" PG_NODE_TREE;
        "proconfig" TEXT_ARRAY;
        "proacl" ACLITEM_ARRAY;
    }
    2600 table "pg_aggregate" = |_: &SystemSource<'_>| aggregates(), |source, function: &'static Function| {
        "aggfnoid" REGPROC = function.oid;
        "aggkind" CHAR = if is_ordered_set(function) { b'o' } else { b'n' };
        "aggnumdirectargs" INT2 =
            if is_ordered_set(function) { function.args.len().saturating_sub(1) } else { 0 };
        "aggtransfn" REGPROC = NONE;
        "aggfinalfn" REGPROC = NONE;
        "aggcombinefn" REGPROC = NONE;
        "aggserialfn" REGPROC = NONE;
        "aggdeserialfn" REGPROC = NONE;
        "aggmtransfn" REGPROC = NONE;
        "aggminvtransfn" REGPROC = NONE;
        "aggmfinalfn" REGPROC = NONE;
        "aggfinalextra" BOOL = false;
        "aggmfinalextra" BOOL = false;
        "aggfinalmodify" CHAR = b'r';
        "aggmfinalmodify" CHAR = b'r';
        "aggsortop" OID = NONE;
        "aggtranstype" OID = Type::INTERNAL;
        "aggtransspace" INT4 = 0;
        "aggmtranstype" OID = NONE;
        "aggmtransspace" INT4 = 0;
        "agginitval" TEXT;
        "aggminitval" TEXT;
    }
    2612 table "pg_language"
        = |_: &SystemSource<'_>| LANGUAGES.iter(), |source, language: &(Oid, &str, bool)| {
        "oid" OID = language.0;
        "lanname" NAME = language.1;
        "lanowner" OID = 10;
        "lanispl" BOOL = false;
        "lanpltrusted" BOOL = language.2;
        "lanplcallfoid" OID = NONE;
        "laninline" OID = NONE;
        "lanvalidator" OID = NONE;
        "lanacl" ACLITEM_ARRAY;
    }
}

/// OID of the language of functions that are part of the server.
const INTERNAL: Oid = Oid(12);

/// OID, name, and whether anybody may write functions in it.
const LANGUAGES: [(Oid, &str, bool); 2] = [(INTERNAL, "internal", false), (Oid(14), "sql", true)];

/// Every function.
pub(in crate::catalog) fn procedures() -> impl Iterator<Item = Procedure> {
    let called = registry::all().map(Procedure::Listed);
    called.chain(BUILTINS.iter().filter(|row| registry::by_oid(row.oid).is_none()).map(Procedure::Builtin))
}

/// An aggregate that wants `WITHIN GROUP`: all but its last argument are given directly.
pub(in crate::catalog) fn is_ordered_set(function: &Function) -> bool {
    matches!(function.name, "percentile_cont" | "percentile_disc" | "mode")
}

fn aggregates() -> impl Iterator<Item = &'static Function> {
    registry::all().filter(|function| matches!(function.kind, FunctionKind::Aggregate(_)))
}

impl Procedure {
    pub(in crate::catalog) fn oid(&self) -> u32 {
        match self {
            Procedure::Listed(function) => function.oid,
            Procedure::Builtin(row) => row.oid,
        }
    }

    pub(in crate::catalog) fn name(&self) -> &'static str {
        match self {
            Procedure::Listed(function) => function.name,
            Procedure::Builtin(row) => row.name,
        }
    }

    pub(in crate::catalog) fn args(&self) -> &'static [Type] {
        match self {
            Procedure::Listed(function) => function.args,
            Procedure::Builtin(row) => row.args,
        }
    }

    pub(in crate::catalog) fn result(&self) -> Type {
        match self {
            Procedure::Listed(function) => function.result,
            Procedure::Builtin(row) => row.result,
        }
    }

    pub(in crate::catalog) fn listed(&self) -> Option<&'static Function> {
        match self {
            Procedure::Listed(function) => Some(function),
            Procedure::Builtin(_) => None,
        }
    }

    /// Whether it yields rows.
    pub(in crate::catalog) fn is_set(&self) -> bool {
        self.listed().is_some_and(|function| matches!(function.kind, FunctionKind::Set(..)))
    }

    /// The columns of its rows, if there are several.
    pub(in crate::catalog) fn columns(&self) -> &'static [(&'static str, Type)] {
        match self.listed().map(|function| function.kind) {
            Some(FunctionKind::Set(_, columns)) => columns,
            _ => &[],
        }
    }

    /// `prokind`.
    pub(in crate::catalog) fn kind(&self) -> u8 {
        match self.listed().map(|function| function.kind) {
            Some(FunctionKind::Aggregate(_)) => b'a',
            Some(FunctionKind::Window(_)) => b'w',
            Some(FunctionKind::Scalar(..) | FunctionKind::Set(..)) | None => b'f',
        }
    }

    /// `provolatile`.
    pub(in crate::catalog) fn volatility(&self) -> u8 {
        let volatility = match self {
            Procedure::Listed(function) => function.volatility,
            Procedure::Builtin(row) => row.volatility,
        };
        match volatility {
            Volatility::Immutable => b'i',
            Volatility::Stable => b's',
            Volatility::Volatile => b'v',
        }
    }

    /// The type of the values that the last argument takes any number of.
    fn variadic(&self) -> Type {
        match self.listed() {
            Some(function) if function.variadic => {
                let last = function.args.last().copied().unwrap_or(Type::NONE);
                last.element().unwrap_or(last)
            }
            _ => Type::NONE,
        }
    }

    /// Mode and type of each argument, the columns of the result last; `None` if all are plain.
    pub(in crate::catalog) fn all_args(&self) -> Option<Vec<(u8, Type)>> {
        let variadic = self.variadic() != Type::NONE;
        if self.columns().is_empty() && !variadic {
            return None;
        }
        let last = self.args().len().saturating_sub(1);
        let mode = |at: usize| if variadic && at == last { b'v' } else { b'i' };
        let given = self.args().iter().enumerate().map(|(at, ty)| (mode(at), *ty));
        Some(given.chain(self.columns().iter().map(|(_, ty)| (b'o', *ty))).collect())
    }

    fn argument_names(&self) -> Option<Vec<String>> {
        let columns = self.columns();
        let unnamed = std::iter::repeat_n(String::new(), self.args().len());
        (!columns.is_empty())
            .then(|| unnamed.chain(columns.iter().map(|(name, _)| (*name).to_owned())).collect())
    }
}
