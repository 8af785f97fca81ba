//! Who may import whom.

use crate::source::{report, root, sources};

/// The crates bottom up, each with what it may import.
const CRATES: &[(&str, &[&str])] = &[
    ("vfs", &[]),
    ("journal", &["vfs"]),
    ("filesystem", &["vfs", "journal"]),
    ("lsm", &["vfs", "journal", "filesystem"]),
    ("strata-store", &["vfs", "journal", "filesystem", "lsm"]),
    ("strata-types", &[]),
    ("strata-db", &["vfs", "journal", "filesystem", "lsm", "strata-store", "strata-types"]),
];

/// The modules of `strata-db`, in the order of the table in its `lib.rs`.
const MODULES: &[&str] = &[
    "error",
    "schema",
    "functions",
    "plan",
    "table",
    "catalog",
    "parse",
    "bind",
    "optimize",
    "exec",
    "session",
];

#[test]
fn crates_import_downwards() {
    let mut violations = Vec::new();
    for (name, allowed) in CRATES {
        let manifest = std::fs::read_to_string(root().join("crates").join(name).join("Cargo.toml")).unwrap();
        let dependencies = manifest.split("[dependencies]").nth(1).unwrap_or("");
        let dependencies = dependencies.split("\n[").next().unwrap_or("");
        for line in dependencies.lines() {
            let dependency = line.split(['.', '=', ' ']).next().unwrap_or("");
            let ours = CRATES.iter().any(|(name, _)| *name == dependency);
            if ours && !allowed.contains(&dependency) {
                violations.push(format!("{name} imports {dependency}"));
            }
        }
    }
    report(&violations);
}

#[test]
fn modules_of_strata_db_import_earlier_ones() {
    let mut violations = Vec::new();
    for source in sources("crates/strata-db/src") {
        let inside = source.path.trim_start_matches("crates/strata-db/src/");
        let module = inside.split(['/', '.']).next().unwrap_or("");
        let Some(rank) = MODULES.iter().position(|name| *name == module) else { continue };
        // A test may look at the whole of what it tests.
        let code = source.text.split("#[cfg(test)]\nmod ").next().unwrap_or("");
        for (at, line) in
            code.lines().enumerate().filter(|(_, line)| line.trim_start().starts_with("use crate::"))
        {
            let used = line
                .trim_start()
                .trim_start_matches("use crate::")
                .split([':', ';', ' '])
                .next()
                .unwrap_or("");
            if MODULES.iter().position(|name| *name == used).is_some_and(|other| other > rank) {
                violations.push(format!("{}:{}: {module} imports {used}", source.path, at + 1));
            }
        }
    }
    report(&violations);
}

#[test]
fn only_bind_and_session_read_the_syntax_tree() {
    let mut violations = Vec::new();
    for module in MODULES.iter().filter(|name| !["error", "parse", "bind", "session"].contains(name)) {
        for source in sources(&format!("crates/strata-db/src/{module}")) {
            for (at, _) in source.text.lines().enumerate().filter(|(_, line)| line.contains("parse::ast")) {
                violations.push(format!("{}:{}", source.path, at + 1));
            }
        }
    }
    report(&violations);
}

#[test]
fn only_vfs_touches_the_operating_system() {
    const DOORS: &[&str] = &["std::fs", "SystemTime", "Instant::now", "thread::spawn"];
    let mut violations = Vec::new();
    for source in sources("crates") {
        let library = source.path.contains("/src/") && !source.path.contains("/tests");
        if !library || source.path.starts_with("crates/vfs/") {
            continue;
        }
        let code = source.text.split("#[cfg(test)]\nmod tests {").next().unwrap_or("");
        for (at, line) in code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for door in DOORS.iter().filter(|door| line.contains(*door)) {
                violations.push(format!("{}:{}: {door}", source.path, at + 1));
            }
        }
    }
    report(&violations);
}
