//! The arrows between the layers, kept by reading the `use` lines and paths of the sources.

use std::fs;
use std::path::{Path, PathBuf};

/// What each layer may not name: another layer of ours, or a crate that belongs to one.
const FORBIDDEN: &[(&str, &[&str])] = &[
    (
        "domain",
        &[
            "crate::store",
            "crate::service",
            "crate::web",
            "crate::cli",
            "crate::exchange",
            "crate::clock",
            "sqlx",
            "tokio",
            "axum",
            "askama",
            "rand",
            "async fn",
            "std::fs",
            "std::env",
            "std::net",
            "Utc::now",
            "SystemTime",
        ],
    ),
    ("store", &["crate::service", "crate::web", "crate::cli", "crate::exchange", "axum", "askama"]),
    ("service", &["crate::web", "crate::cli", "axum", "askama", "tx.query", ".query(\""]),
    ("exchange", &["crate::store", "crate::service", "crate::web", "crate::cli", "sqlx", "axum"]),
    ("web", &["crate::store::", "crate::cli", "sqlx::query", ".query(\""]),
];

/// Types of reads that a page or the API shows as they are; naming a type is not asking the database.
const SHOWN: &[&str] = &[
    "crate::store::users::",
    "crate::store::estimates::Shown",
    "crate::store::time_entries::Shown",
    "crate::store::ledger::",
    "crate::store::tickets::OnDesk",
    "crate::store::cards::Sold",
    "crate::store::invoices::Owed",
    "crate::store::contacts::WithLogin",
];

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The code of a file: no comments, no tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn each_layer_uses_only_those_to_its_left() {
    let mut wrong = Vec::new();
    for (layer, forbidden) in FORBIDDEN {
        let mut files = Vec::new();
        sources(&Path::new("src").join(layer), &mut files);
        for file in files {
            let mut code = code(&file);
            if *layer == "web" {
                for shown in SHOWN {
                    code = code.replace(shown, "");
                }
            }
            let named = forbidden.iter().filter(|word| code.contains(**word));
            wrong.extend(named.map(|word| format!("{} names `{word}`", file.display())));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn sql_stands_in_the_store_alone() {
    let mut files = Vec::new();
    sources(Path::new("src"), &mut files);
    let verbs = ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM "];
    let outside = files.iter().filter(|file| !file.starts_with("src/store"));
    let wrong: Vec<_> = outside.filter(|file| verbs.iter().any(|verb| code(file).contains(verb))).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}
