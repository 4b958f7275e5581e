//! The demo in a real browser: `tests/browser/journey.mjs` clicks, this starts the demo and looks at the end.

use crate::common::server::Server;
use std::process::Command;
use strippenkaart::cli::demo::PASSWORD;

#[test]
#[cfg_attr(no_browser, ignore = "chromium, node or `npm ci` in tests/browser not found")]
fn journey_customer_accepts_agent_logs_fifty_minutes_sixty_are_charged() {
    let demo = Server::launch(&["demo", "--listen", "127.0.0.1:0"]);
    let pictures = tempfile::tempdir().unwrap();
    let directory = std::env::var("JOURNEY_PICTURES").unwrap_or(pictures.path().display().to_string());
    std::fs::create_dir_all(&directory).unwrap();
    let output = Command::new("node")
        .args(["tests/browser/journey.mjs", &demo.url, env!("CHROMIUM"), &directory, PASSWORD])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("pages looked at"), "{said}");
}
