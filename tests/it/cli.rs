//! The command line, as somebody types it.

use crate::common::server::{Server, complains, run, says};
use std::fs;
use strippenkaart::domain::Policy;

const PASSWORD: &str = "proef-de-kaart";

/// Makes `name::sqlite` and `name::postgres` of an async test that takes the address of a database that is not there
/// yet, or is empty.
macro_rules! on_empty {
    (async fn $name:ident($database:ident: &str) $body:block) => {
        mod $name {
            use super::*;

            async fn test($database: &str) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                let dir = tempfile::tempdir().unwrap();
                test(&format!("sqlite://{}", dir.path().join("cli.db").display())).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            #[cfg_attr(no_postgres, ignore = "initdb not found")]
            async fn postgres() {
                test(&crate::common::cluster::database().await).await;
            }
        }
    };
}

async fn status(url: &str, token: Option<&str>) -> u16 {
    let request = reqwest::Client::new().get(url);
    let request = if let Some(token) = token { request.bearer_auth(token) } else { request };
    request.send().await.unwrap().status().as_u16()
}

fn add_user(database: &str, email: &str) -> String {
    let person = ["--email", email, "--name", "Rens Albers", "--role", "admin"];
    says(&[&["user", "add", "--database", database][..], &person].concat(), &format!("{PASSWORD}\n"))
}

fn create_token(database: &str, email: &str) -> String {
    let said = says(&["token", "create", "--database", database, "--email", email], "");
    said.lines().last().unwrap().to_owned()
}

on_empty! {
    async fn commands_work_beside_a_running_server(database: &str) {
        says(&["migrate", "--database", database], "");
        says(&["migrate", "--database", database], "");
        let said = add_user(database, "Rens@Example.org");
        assert!(said.contains("rens@example.org can now log in as admin"), "{said}");
        let before = create_token(database, "rens@example.org");

        let mut server = Server::launch(&[
            "serve", "--database", database, "--listen", "127.0.0.1:0", "--policy", "openedu",
        ]);
        assert_eq!(status(&format!("{}/readyz", server.url), None).await, 200);
        assert_eq!(status(&format!("{}/api/v1/openapi.json", server.url), None).await, 200);
        let during = create_token(database, "rens@example.org");
        let customers = format!("{}/api/v1/customers", server.url);
        assert_eq!(status(&customers, None).await, 401);
        for token in [&before, &during] {
            assert_eq!(status(&customers, Some(token)).await, 200);
        }
        let verified = says(&["verify", "--database", database], "");
        assert!(verified.contains("0 customers") && verified.contains("\ndigest "), "{verified}");
        let journal = says(&["export", "hledger", "--database", database], "");
        assert!(journal.contains("commodity"), "{journal}");

        says(&["token", "revoke", "--database", database, "-"], &during);
        assert_eq!(status(&customers, Some(&during)).await, 401);
        assert_eq!(status(&customers, Some(&before)).await, 200);
        let (code, said) = complains(&["token", "revoke", "--database", database, "-"], &during);
        assert!(code == Some(1) && said.contains("revoked before"), "{said}");

        server.terminate();
        assert!(server.wait().success(), "{}", server.said());
        assert!(server.said().contains("\"stopped\""), "{}", server.said());
        assert!(!server.said().contains("/invite/"), "somebody has a login: {}", server.said());
        assert!(!server.said().contains(&before) && !server.said().contains(PASSWORD), "{}", server.said());
    }
}

on_empty! {
    async fn a4_logins_are_listed_blocked_let_in_and_given_links_by_command(database: &str) {
        says(&["migrate", "--database", database], "");
        add_user(database, "rens@example.org");
        let user = |act: &'static str, more: &[&str]| {
            says(&[&["user", act, "--database", database][..], more].concat(), "")
        };
        let listed = user("list", &[]);
        assert_eq!(listed, "rens@example.org  Rens Albers  admin  never seen\n");
        assert_eq!(user("list", &["--search", "RENS", "--whose", "staff"]), listed);
        assert_eq!(user("list", &["--whose", "customers"]), "");
        let (code, said) = complains(&["user", "block", "--database", database, "rens@example.org"], "");
        assert!(code == Some(1) && said.contains("last administrator"), "{said}");
        add_user(database, "anna@example.org");
        assert!(user("block", &["Rens@example.org"]).contains("can no longer log in"));
        assert!(user("list", &["--search", "rens@"]).ends_with("  (blocked)\n"));
        let reset = ["user", "reset", "--database", database, "rens@example.org"];
        let (code, said) = complains(&reset, "");
        assert!(code == Some(1) && said.contains("blocked"), "{said}");
        assert!(user("allow", &["rens@example.org"]).contains("can log in again"));
        assert!(user("sign-out", &["rens@example.org"]).contains("signed out everywhere"));
        let link = user("reset", &["rens@example.org", "--public-url", "https://uren.example/"]);
        assert!(link.lines().last().unwrap().starts_with("https://uren.example/invite/"), "{link}");
        assert_eq!(says(&["link", "list", "--database", database], "").matches("reset").count(), 1);
        let (code, said) = complains(&["user", "block", "--database", database, "x@y.nl"], "");
        assert!(code == Some(1) && said.contains("no login with this address"), "{said}");
    }
}

on_empty! {
    async fn the_first_administrator_gets_a_link_once(database: &str) {
        for _ in 0..2 {
            let mut server = Server::start(database);
            let said = server.said_with("/invite/");
            let link = said.lines().find(|line| line.contains("/invite/")).unwrap();
            assert!(link.starts_with(&format!("{}/invite/", server.url)), "{link}");
            let secret = link.rsplit('/').next().unwrap().to_owned();
            status(link, None).await;
            status(&format!("{link}x"), None).await;
            server.terminate();
            assert!(server.wait().success());
            assert_eq!(server.said().matches(&secret).count(), 1, "printed, and never logged: {}", server.said());
        }
        add_user(database, "rens@example.org");
        let mut server = Server::start(database);
        server.terminate();
        assert!(server.wait().success() && !server.said().contains("/invite/"));
    }
}

on_empty! {
    async fn another_policy_is_refused_and_what_to_do_is_said(database: &str) {
        Server::launch(&["serve", "--database", database, "--listen", "127.0.0.1:0", "--policy", "openedu"]).kill();
        let (code, said) =
            complains(&["serve", "--database", database, "--listen", "127.0.0.1:0", "--policy", "standard"], "");
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("policy `standard` differs from `openedu`"), "{said}");
        assert!(said.contains("Start without --policy"), "{said}");
        assert!(said.contains("strippenkaart policy apply standard --from DATE"), "{said}");
        Server::start(database).kill();
    }
}

#[tokio::test]
async fn a_login_made_before_the_first_start_leaves_the_choice_of_policy() {
    let dir = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}", dir.path().join("cli.db").display());
    says(&["migrate", "--database", &database], "");
    add_user(&database, "rens@example.org");
    Server::launch(&["serve", "--database", &database, "--listen", "127.0.0.1:0", "--policy", "openedu"]).kill();
}

#[test]
fn policy_check_names_every_fault_with_its_line() {
    for name in Policy::SHIPPED {
        let said = says(&["policy", "check", name], "");
        assert!(said.starts_with(&format!("valid: {name}")) && said.lines().count() == 2, "{said}");
        assert!(said.contains("warning: [provider] is an example"), "PAY-1a: {said}");
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("own.toml");
    let text = Policy::shipped("standard").unwrap();
    let text = text.replace("increment_minutes = 15", "increment_minutes = 0").replace("vat_rate", "vat");
    fs::write(&file, &text).unwrap();
    let (code, said) = complains(&["policy", "check", file.to_str().unwrap()], "");
    assert_eq!(code, Some(1), "{said}");
    let line = 1 + text.lines().position(|line| line == "increment_minutes = 0").unwrap();
    for part in [&format!("line {line}: time.increment_minutes = 0; expected "), "cards.vat"] {
        assert!(said.contains(part), "{part} in {said}");
    }
    let (code, said) = complains(&["policy", "check", "nowhere.toml"], "");
    assert!(code == Some(1) && said.contains("neither a shipped policy"), "{said}");
}

on_empty! {
    async fn pol_1_a_version_is_applied_and_a_running_server_stays_up(database: &str) {
        let mut server = Server::launch(&[
            "serve", "--database", database, "--listen", "127.0.0.1:0", "--policy", "openedu",
        ]);
        let listed = says(&["policy", "list", "--database", database], "");
        assert!(listed.contains("  1  from 2020-01-01  openedu"), "{listed}");
        assert!(Policy::SHIPPED.iter().all(|name| listed.contains(&format!("{name}: "))), "{listed}");
        let shipped = Policy::shipped("openedu").unwrap();
        for named in [&["openedu"][..], &["1"], &[]] {
            let shown = says(&[&["policy", "show", "--database", database][..], named].concat(), "");
            assert_eq!(shown.trim(), shipped.trim(), "{named:?}");
        }

        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("next.toml");
        let file = file.to_str().unwrap();
        fs::write(file, shipped.replace("t_minutes = 15\n", "t_minutes = 30\n").replace("m_minutes = 15\n", "m_minutes = 30\n")).unwrap();
        let differs = says(&["policy", "diff", "--database", database, "1", file], "");
        assert!(differs.contains("  time.increment_minutes: 15 -> 30"), "{differs}");
        assert!(says(&["policy", "diff", "openedu", "openedu"], "").contains("No key says anything else"));
        let apply = |from| ["policy", "apply", "--database", database, file, "--from", from];
        let (code, said) = complains(&apply("2026-01-01"), "");
        assert!(code == Some(1) && said.contains("under the version of its day; give "), "{said}");
        let applied = says(&apply("2999-01-01"), "");
        assert!(applied.contains("Version 2, openedu, holds from 2999-01-01."), "{applied}");
        assert!(applied.contains("within a minute") && applied.contains("increment_minutes: 15 -> 30"), "{applied}");
        assert!(says(&apply("2999-01-01"), "").contains("nothing to do"));
        let (code, said) = complains(&apply("2998-12-31"), "");
        assert!(code == Some(1) && said.contains("version 2 holds from 2999-01-01 on"), "{said}");
        let (code, said) = complains(&["policy", "show", "--database", database, "7"], "");
        assert!(code == Some(1) && said.contains("there is no version 7"), "{said}");
        assert_eq!(says(&["policy", "show", "--database", database], "").trim(), shipped.trim(), "still the first");
        assert_eq!(status(&format!("{}/readyz", server.url), None).await, 200);
        server.terminate();
        assert!(server.wait().success(), "{}", server.said());
        Server::start(database).kill();
    }
}

#[test]
fn what_is_not_understood_is_exit_code_2_and_what_is_refused_1() {
    for wrong in [&["sell"][..], &["serve", "--listen", "here"], &["user", "add"], &["serve", "--public-url", "x"]] {
        assert_eq!(complains(wrong, "").0, Some(2), "{wrong:?}");
    }
    assert!(run(&["--help"], "").status.success());
    let dir = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}", dir.path().join("cli.db").display());
    let (code, said) = complains(&["verify", "--database", &database], "");
    assert!(code == Some(1) && said.contains("there is no database"), "{said}");
    says(&["migrate", "--database", &database], "");
    let person = ["user", "add", "--database", &database, "--email", "a@b.nl", "--name", "A", "--role", "agent"];
    let (code, said) = complains(&person, "short\n");
    assert!(code == Some(1) && said.contains("password: expected at least 10 characters"), "{said}");
    let (code, said) = complains(&["token", "create", "--database", &database, "--email", "x@y.nl"], "");
    assert!(code == Some(1) && said.contains("no login with this address"), "{said}");
    let (code, said) = complains(&["migrate", "--database", "mysql://x"], "");
    assert!(code == Some(1) && said.contains("expected sqlite://FILE or postgres://"), "{said}");
    assert!(!said.contains("panicked"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_can_be_played_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut demo = Server::launch_in(folder.path(), &["demo", "--listen", "127.0.0.1:0"]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(status(&format!("{}/readyz", demo.url), None).await, 200);
    let said = demo.said_with("admin@demo.example");
    assert!(said.contains("40 customers"), "verified: {said}");
    for email in ["customer", "agent", "finance", "admin"] {
        assert!(said.contains(&format!("{email}@demo.example")), "{said}");
    }
    demo.terminate();
    assert!(demo.wait().success(), "{}", demo.said());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
