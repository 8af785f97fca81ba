//! How a file looks.

use crate::LINES_MAX;
use crate::source::{Source, report, sources};

fn all() -> Vec<Source> {
    ["crates", "bins", "crucible"].into_iter().flat_map(sources).collect()
}

#[test]
fn every_file_says_where_it_stands() {
    let silent = all().into_iter().filter(|source| !source.text.starts_with("//!"));
    report(&silent.map(|source| source.path).collect::<Vec<_>>());
}

#[test]
fn modules_are_named_for_what_they_know() {
    const NAMES: &[&str] = &["utils", "util", "helpers", "helper", "common", "misc", "manager"];
    let vague =
        all().into_iter().filter(|source| source.path.split(['/', '.']).any(|part| NAMES.contains(&part)));
    report(&vague.map(|source| source.path).collect::<Vec<_>>());
}

#[test]
fn a_file_is_one_idea() {
    let long = all().into_iter().filter(|source| source.text.lines().count() > LINES_MAX);
    report(&long.map(|source| source.path).collect::<Vec<_>>());
}

#[test]
fn comments_name_conditions_and_not_moods() {
    // Put together here, so that this file does not find itself.
    let words = [
        ["for", "now"].join(" "),
        ["TO", "DO"].concat(),
        ["FIX", "ME"].concat(),
        ["current", "ly"].concat(),
        ["not", "yet"].join(" "),
    ];
    let mut violations = Vec::new();
    for source in all() {
        for (at, line) in source.text.lines().enumerate() {
            let Some((_, comment)) = line.split_once("//") else { continue };
            for word in words.iter().filter(|word| says(comment, word)) {
                violations.push(format!("{}:{}: {word}", source.path, at + 1));
            }
        }
    }
    report(&violations);
}

/// Whether a comment has these words, as words.
fn says(comment: &str, words: &str) -> bool {
    comment.split(words).count() > 1
        && comment.match_indices(words).any(|(at, _)| {
            let before = comment.get(..at).and_then(|text| text.chars().next_back());
            let after = comment.get(at + words.len()..).and_then(|text| text.chars().next());
            ![before, after].into_iter().flatten().any(char::is_alphanumeric)
        })
}
