//! Overloads: which function or operator a call means (PostgreSQL documentation, 10.2 and 10.3).

use super::coerce::{Context, can_coerce};
use crate::functions::{Function, Operator};
use strata_types::Type;

/// A candidate with the argument types that it wants in this call.
#[derive(Clone, Debug)]
pub(super) struct Candidate<T> {
    pub(super) item: T,
    pub(super) args: Vec<Type>,
}

/// What came of the search.
pub(super) enum Chosen<T> {
    /// This one.
    One(Candidate<T>),
    /// None fits.
    None,
    /// Several fit equally well.
    Ambiguous,
}

/// The candidates among functions of a name for so many arguments. The types of variadic ones are spread.
pub(super) fn function_candidates(
    functions: &[&'static Function],
    count: usize,
) -> Vec<Candidate<&'static Function>> {
    let fits = |function: &Function| {
        let most = function.args.len();
        let least = most - usize::from(function.defaults).min(most);
        (least..=most).contains(&count) || (function.variadic && count >= most)
    };
    functions
        .iter()
        .filter(|function| fits(function))
        .map(|function| Candidate { item: *function, args: spread(function, count) })
        .collect()
}

fn spread(function: &Function, count: usize) -> Vec<Type> {
    let mut args: Vec<Type> = function.args.to_vec();
    if function.variadic {
        // The last argument's type is that of the array: each further value is an element.
        let element = match args.pop().unwrap_or(Type::ANY) {
            Type::ANYARRAY => Type::ANYELEMENT,
            Type::ANYCOMPATIBLEARRAY => Type::ANYCOMPATIBLE,
            array => array.element().unwrap_or(array),
        };
        args.resize(count, element);
    }
    args.truncate(count);
    args
}

/// The candidates among operators of a symbol for these operands.
pub(super) fn operator_candidates(
    operators: &[&'static Operator],
    prefix: bool,
) -> Vec<Candidate<&'static Operator>> {
    operators
        .iter()
        .filter(|operator| operator.left.is_none() == prefix)
        .map(|operator| Candidate {
            item: *operator,
            args: operator.left.into_iter().chain([operator.right]).collect(),
        })
        .collect()
}

/// Chooses by PostgreSQL's rules: an exact match; else those that implicit coercions reach, narrowed by the
/// number of exact matches, of preferred types, and of categories for arguments of unknown type.
pub(super) fn choose<T: Copy>(candidates: Vec<Candidate<T>>, given: &[Type]) -> Chosen<T> {
    let exact = |candidate: &Candidate<T>| candidate.args.iter().zip(given).all(|(want, have)| want == have);
    if let Some(found) = candidates.iter().find(|candidate| exact(candidate)) {
        return Chosen::One(found.clone());
    }
    // A binary operator with one operand of unknown type: as if both had the other's type.
    if let [a, b] = given
        && (*a == Type::UNKNOWN) != (*b == Type::UNKNOWN)
    {
        let known = if *a == Type::UNKNOWN { *b } else { *a };
        let same = |candidate: &Candidate<T>| candidate.args.iter().all(|want| *want == known);
        if let Some(found) = candidates.iter().find(|candidate| same(candidate)) {
            return Chosen::One(found.clone());
        }
    }
    let reachable = |candidate: &Candidate<T>| {
        candidate.args.iter().zip(given).all(|(want, have)| can_coerce(*have, *want, Context::Implicit))
            && is_consistent(&candidate.args, given)
    };
    let mut left: Vec<Candidate<T>> = candidates.into_iter().filter(reachable).collect();
    keep_best(&mut left, |candidate| {
        candidate
            .args
            .iter()
            .zip(given)
            .filter(|(want, have)| want == have && **have != Type::UNKNOWN)
            .count()
    });
    if left.len() > 1 {
        keep_best(&mut left, |candidate| {
            let good = |(want, have): &(&Type, &Type)| {
                **have != Type::UNKNOWN
                    && (want == have || (want.is_preferred() && want.category() == have.category()))
            };
            candidate.args.iter().zip(given).filter(good).count()
        });
    }
    if left.len() > 1 && given.contains(&Type::UNKNOWN) {
        narrow_by_category(&mut left, given);
    }
    if left.len() > 1 && given.contains(&Type::UNKNOWN) {
        assume_known_type(&mut left, given);
    }
    match (left.len(), left.into_iter().next()) {
        (1, Some(found)) => Chosen::One(found),
        (0, _) | (_, None) => Chosen::None,
        _ => Chosen::Ambiguous,
    }
}

fn keep_best<T>(candidates: &mut Vec<Candidate<T>>, score: impl Fn(&Candidate<T>) -> usize) {
    let best = candidates.iter().map(&score).max().unwrap_or(0);
    candidates.retain(|candidate| score(candidate) == best);
}

/// For each argument of unknown type: if any candidate takes strings, strings; else the category that all
/// agree on; then those that want the preferred type of that category.
fn narrow_by_category<T>(candidates: &mut Vec<Candidate<T>>, given: &[Type]) {
    let mut wanted: Vec<(usize, char)> = Vec::new();
    for (index, _) in given.iter().enumerate().filter(|(_, have)| **have == Type::UNKNOWN) {
        let categories: Vec<char> = candidates
            .iter()
            .filter_map(|candidate| candidate.args.get(index))
            .map(|ty| ty.category())
            .collect();
        let first = categories.first().copied().unwrap_or('S');
        if categories.contains(&'S') {
            wanted.push((index, 'S'));
        } else if categories.iter().all(|category| *category == first) {
            wanted.push((index, first));
        } else {
            return;
        }
    }
    let in_category = |candidate: &Candidate<T>| {
        wanted
            .iter()
            .all(|(index, category)| candidate.args.get(*index).is_some_and(|ty| ty.category() == *category))
    };
    if candidates.iter().any(in_category) {
        candidates.retain(in_category);
    }
    for (index, _) in &wanted {
        let preferred =
            |candidate: &Candidate<T>| candidate.args.get(*index).is_some_and(|ty| ty.is_preferred());
        if candidates.iter().any(preferred) {
            candidates.retain(preferred);
        }
    }
}

/// The last resort: arguments of unknown type are taken to have the type that all others have.
fn assume_known_type<T>(candidates: &mut Vec<Candidate<T>>, given: &[Type]) {
    let mut known = given.iter().filter(|ty| **ty != Type::UNKNOWN);
    let Some(first) = known.next() else { return };
    if known.any(|ty| ty != first) {
        return;
    }
    let assumed = vec![*first; given.len()];
    let fits = |candidate: &Candidate<T>| {
        candidate.args.iter().all(|want| can_coerce(*first, *want, Context::Implicit))
            && is_consistent(&candidate.args, &assumed)
    };
    if candidates.iter().filter(|candidate| fits(candidate)).count() == 1 {
        candidates.retain(fits);
    }
}

/// Polymorphic arguments agree: all `anyelement` are of one type, and `anyarray` is an array of it; of the
/// `anycompatible` one is such that all others can be coerced to it.
fn is_consistent(wanted: &[Type], given: &[Type]) -> bool {
    let mut element: Option<Type> = None;
    let mut compatible: Vec<Type> = Vec::new();
    for (want, have) in wanted.iter().zip(given) {
        let implied = match *want {
            Type::ANYCOMPATIBLE | Type::ANYCOMPATIBLENONARRAY => {
                compatible.extend(Some(*have).filter(|ty| *ty != Type::UNKNOWN));
                continue;
            }
            Type::ANYCOMPATIBLEARRAY => {
                compatible.extend(have.element());
                continue;
            }
            Type::ANYELEMENT | Type::ANYNONARRAY => *have,
            Type::ANYARRAY => match have.element() {
                Some(element) => element,
                None => continue,
            },
            _ => continue,
        };
        if implied == Type::UNKNOWN {
            continue;
        }
        match element {
            Some(element) if element != implied => return false,
            _ => element = Some(implied),
        }
    }
    let reached_by_all = |to: &Type| compatible.iter().all(|from| can_coerce(*from, *to, Context::Implicit));
    compatible.is_empty() || compatible.iter().any(reached_by_all)
}

/// The types that polymorphic arguments stand for in this call.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Polymorphic {
    element: Option<Type>,
    compatible: Option<Type>,
}

impl Polymorphic {
    /// Read off the arguments. `common` finds the type that several have in common.
    pub(super) fn of(wanted: &[Type], given: &[Type], common: impl Fn(&[Type]) -> Type) -> Polymorphic {
        let mut found = Polymorphic::default();
        let mut compatible: Vec<Type> = Vec::new();
        for (want, have) in wanted.iter().zip(given).filter(|(_, have)| **have != Type::UNKNOWN) {
            match *want {
                Type::ANYELEMENT | Type::ANYNONARRAY => found.element = Some(*have),
                Type::ANYARRAY => found.element = have.element().or(found.element),
                Type::ANYCOMPATIBLE | Type::ANYCOMPATIBLENONARRAY => compatible.push(*have),
                Type::ANYCOMPATIBLEARRAY => compatible.extend(have.element()),
                _ => {}
            }
        }
        if !compatible.is_empty() {
            found.compatible = Some(common(&compatible));
        }
        found
    }

    /// What a declared type means in this call.
    pub(super) fn actual(self, declared: Type) -> Type {
        let array = |element: Option<Type>| element.unwrap_or(Type::TEXT).array_of().unwrap_or(Type::TEXT);
        match declared {
            Type::ANYELEMENT | Type::ANYNONARRAY => self.element.unwrap_or(Type::TEXT),
            Type::ANYARRAY => array(self.element),
            Type::ANYCOMPATIBLE | Type::ANYCOMPATIBLENONARRAY => self.compatible.unwrap_or(Type::TEXT),
            Type::ANYCOMPATIBLEARRAY => array(self.compatible),
            other => other,
        }
    }
}
