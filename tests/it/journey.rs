//! The demo in a real browser: `tests/browser/journey.mjs` clicks, this starts the demo and looks at the end.

use crate::common::server::Server;
use std::process::Command;
use strippenkaart::cli::demo::PASSWORD;

/// Runs a script against the demo of a policy; screenshots stay where `JOURNEY_PICTURES` says.
fn run(script: &str, policy: &str) {
    let demo = Server::launch(&["demo", "--policy", policy, "--listen", "127.0.0.1:0"]);
    let pictures = tempfile::tempdir().unwrap();
    let directory = std::env::var("JOURNEY_PICTURES").unwrap_or(pictures.path().display().to_string());
    std::fs::create_dir_all(&directory).unwrap();
    let output = Command::new("node")
        .args([&format!("tests/browser/{script}"), &demo.url, env!("CHROMIUM"), &directory, PASSWORD, policy])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("pages looked at"), "{said}");
}

#[test]
#[cfg_attr(no_browser, ignore = "chromium, node or `npm ci` in tests/browser not found")]
fn journey_customer_accepts_agent_logs_fifty_minutes_sixty_are_charged() {
    run("journey.mjs", "standard");
}

/// A newcomer's walk per provider: what it has is there, what it has not is nowhere (POL-3).
macro_rules! walks {
    ($($policy:ident)*) => { mod walk { $(
        #[test]
        #[cfg_attr(no_browser, ignore = "chromium, node or `npm ci` in tests/browser not found")]
        fn $policy() {
            super::run("walk.mjs", stringify!($policy));
        }
    )* } };
}

walks! { kliksafe openedu servicedesk klik cliendo standard }
