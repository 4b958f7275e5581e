//! `docs/policy.md` is the reference of the language: complete, and its examples work.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use strippenkaart::domain::Policy;

fn reference() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/policy.md")).unwrap()
}

/// The rows of the tables of keys: the cells of each.
fn rows(text: &str) -> Vec<Vec<&str>> {
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    rows.map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

#[test]
fn every_key_is_documented_and_every_documented_key_exists() {
    let text = reference();
    let documented: Vec<String> = rows(&text).iter().map(|row| row[0].trim_matches('`').to_owned()).collect();
    let keys = Policy::keys();
    let missing: Vec<_> = keys.iter().filter(|key| !documented.contains(key)).collect();
    assert!(missing.is_empty(), "docs/policy.md does not say what these are: {missing:?}");
    let unknown: Vec<_> = documented.iter().filter(|key| !keys.contains(key)).collect();
    assert!(unknown.is_empty(), "no section asks for these keys of docs/policy.md: {unknown:?}");
    let once: BTreeSet<_> = documented.iter().collect();
    assert_eq!(once.len(), documented.len(), "each key once");
}

#[test]
fn every_key_has_a_type_a_default_and_a_rule() {
    let text = reference();
    for row in rows(&text) {
        assert_eq!(row.len(), 4, "key, type, default, rule: {row:?}");
        assert!(row.iter().all(|cell| !cell.is_empty()) && row[3].ends_with('.'), "{row:?}");
    }
}

#[test]
fn the_examples_are_one_policy_with_every_key() {
    let text = reference();
    let blocks = text.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let example: String = blocks.collect();
    Policy::parse(&example).unwrap_or_else(|errors| panic!("{errors}"));
    let (rows, words) = (rows(&text), |key: &str| key.rsplit('.').next().unwrap().trim_matches('`').to_owned());
    // Of a validity only one kind can stand there; the other is shown in its row.
    let absent: Vec<String> = rows
        .iter()
        .map(|row| words(row[0]))
        .filter(|key| !example.contains(&format!("{key} = ")) && !example.contains(&format!("{key}]")))
        .collect();
    assert_eq!(absent, ["calendar_years"], "no example");
}
