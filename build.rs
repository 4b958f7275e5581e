//! Looks which outside programs the tests can use, so that tests which need a missing one are listed as ignored, with
//! the reason: `#[cfg_attr(no_postgres, ignore = "initdb not found")]`.
//!
//! | cfg           | set when there is no …                                                         | else the tests get |
//! |---------------|--------------------------------------------------------------------------------|--------------------|
//! | `no_postgres` | initdb in `PG_BIN`, `PATH` or `/usr/lib/postgresql/*/bin`, or no flock in `PATH` | `env!("PG_BIN")`   |
//! | `no_hledger`  | hledger in `PATH`                                                              |                    |
//! | `no_browser`  | chromium or node in `PATH`, or `npm ci` was not run in `tests/browser`         | `env!("CHROMIUM")` |

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=migrations"); // sqlx embeds them
    println!("cargo:rerun-if-env-changed=PATH");
    println!("cargo:rerun-if-env-changed=PG_BIN");

    let path: Vec<PathBuf> = env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect();
    let initdb = find("initdb", &postgres_directories(&path)).filter(|_| find("flock", &path).is_some());
    let hledger = find("hledger", &path);
    let chromium = ["chromium", "chromium-browser", "google-chrome"].iter().find_map(|name| find(name, &path));
    let node = find("node", &path);
    let packages = Some(PathBuf::from("tests/browser/node_modules/.package-lock.json")).filter(|lock| lock.exists());

    set("no_postgres", initdb.is_none());
    set("no_hledger", hledger.is_none());
    set("no_browser", chromium.is_none() || node.is_none() || packages.is_none());
    give("PG_BIN", initdb.as_deref().and_then(Path::parent));
    give("CHROMIUM", chromium.as_deref());

    // What was found may go, and what was not found may come. Cargo takes a missing path for one that always changes.
    if [&initdb, &hledger, &chromium, &node].contains(&&None) {
        for directory in &path {
            watch(directory);
        }
    }
    if packages.is_none() {
        watch(Path::new("tests/browser"));
    }
    for found in [initdb, hledger, chromium, node, packages].iter().flatten() {
        watch(found);
    }
}

/// Where initdb may be, best first: where we are told, in `PATH`, and where Debian puts it, newest version first.
fn postgres_directories(path: &[PathBuf]) -> Vec<PathBuf> {
    let version = |directory: &PathBuf| directory.file_name()?.to_str()?.parse::<u32>().ok();
    let mut versions: Vec<PathBuf> =
        fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    versions.sort_by_key(|directory| std::cmp::Reverse(version(directory)));
    let told = env::var_os("PG_BIN").map(PathBuf::from);
    told.into_iter()
        .chain(path.iter().cloned())
        .chain(versions.into_iter().map(|version| version.join("bin")))
        .collect()
}

fn find(program: &str, directories: &[PathBuf]) -> Option<PathBuf> {
    directories.iter().map(|directory| directory.join(program)).find(|file| file.is_file())
}

fn set(cfg: &str, value: bool) {
    println!("cargo:rustc-check-cfg=cfg({cfg})");
    if value {
        println!("cargo:rustc-cfg={cfg}");
    }
}

fn give(variable: &str, value: Option<&Path>) {
    println!("cargo:rustc-env={variable}={}", value.unwrap_or(Path::new("")).display());
}

fn watch(path: &Path) {
    if path.exists() {
        println!("cargo:rerun-if-changed={}", path.display());
    }
}
