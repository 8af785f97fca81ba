//! The workspace's source files.

use std::path::{Path, PathBuf};

/// A Rust file of the workspace.
pub(crate) struct Source {
    /// Relative to the root, with `/`.
    pub(crate) path: String,
    /// Its text.
    pub(crate) text: String,
}

/// Where the workspace is.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every Rust file beneath `dir`.
pub(crate) fn sources(dir: &str) -> Vec<Source> {
    let mut found = Vec::new();
    collect(&root().join(dir), dir, &mut found);
    found
}

fn collect(dir: &Path, name: &str, found: &mut Vec<Source>) {
    for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
        let path = format!("{name}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            if entry.file_name() != "target" {
                collect(&entry.path(), &path, found);
            }
        } else if path.ends_with(".rs") {
            let text = std::fs::read_to_string(entry.path()).unwrap();
            found.push(Source { path, text });
        }
    }
}

/// Fails with all violations at once.
pub(crate) fn report(violations: &[String]) {
    assert!(violations.is_empty(), "{} violations:\n{}", violations.len(), violations.join("\n"));
}
