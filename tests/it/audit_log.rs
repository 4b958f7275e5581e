//! The lines about who came in and who was kept out: one for each event, with the same fields, and no secret in any.

use crate::common::{Fixture, on_both};
use crate::pages::{PASSWORD, Site};
use axum::http::StatusCode;
use serde_json::Value;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};
use strippenkaart::domain::Role;
use strippenkaart::service::audit_log::TARGET;
use strippenkaart::service::login::NewUser;
use strippenkaart::store::users::StaffRole;
use tracing::subscriber::DefaultGuard;

/// The fields that a line may have, besides those of every log.
const FIELDS: [&str; 8] = ["user", "role", "by", "ip", "link", "purpose", "token", "what"];

/// What the process said since it was made.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<u8>>>);

impl Write for Said {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Said {
    /// Listens to this thread, as a server writes its log.
    fn listen() -> (Self, DefaultGuard) {
        let said = Self::default();
        let copy = said.clone();
        let log = tracing_subscriber::fmt().json().flatten_event(true).with_writer(move || copy.clone());
        (said, tracing::subscriber::set_default(log.with_max_level(tracing::Level::INFO).finish()))
    }

    fn all(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// The lines of this log.
    fn lines(&self) -> Vec<Value> {
        let all = self.all();
        let lines = all.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["target"] == TARGET).collect()
    }

    /// What happened, in order.
    fn events(&self) -> Vec<String> {
        self.lines().iter().map(|line| line["message"].as_str().unwrap().to_owned()).collect()
    }

    fn last(&self) -> Value {
        self.lines().pop().unwrap()
    }
}

const FROM: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn new(name: &str) -> NewUser {
    NewUser { email: format!("{name}@provider.example"), name: name.to_owned(), role: StaffRole::Agent }
}

#[tokio::test]
async fn a4_each_event_has_a_line_and_no_line_a_secret() {
    let site = Site::new(Fixture::sqlite().await);
    let service = &site.fixture.service;
    let (said, _listening) = Said::listen();
    let admin = site.staff(StaffRole::Admin).await;
    assert_eq!(said.events(), ["login made"]);
    let mut secrets =
        vec![PASSWORD.to_owned(), "niet dit wachtwoord".to_owned(), "acht oude bomen waaien om".to_owned()];

    // In, not in, out.
    let mut browser = site.login(&admin.user.email).await;
    let line = said.last();
    assert_eq!((&line["message"], &line["role"]), (&"logged in".into(), &"admin".into()));
    assert_eq!((&line["user"], &line["ip"]), (&admin.user.id.to_string().into(), &"127.0.0.1".into()));
    let wrong = [("email", admin.user.email.as_str()), ("password", "niet dit wachtwoord")];
    site.browser().post("/login", &wrong).await;
    assert_eq!((&said.last()["message"], &said.last()["user"]), (&"login failed".into(), &line["user"]));
    // A password in the field of the address is in no line.
    site.browser().post("/login", &[("email", PASSWORD), ("password", "x")]).await;
    assert_eq!((&said.last()["message"], &said.last()["user"]), (&"login failed".into(), &Value::Null));
    for _ in 0..6 {
        site.browser().post("/login", &[("email", "who@example.org"), ("password", "x")]).await;
    }
    assert_eq!((&said.last()["message"], &said.last()["what"]), (&"too many attempts".into(), &"login".into()));
    browser.post("/logout", &[]).await;
    assert_eq!((&said.last()["message"], &said.last()["user"]), (&"signed out".into(), &line["user"]));
    let before = said.lines().len();
    browser.post("/logout", &[]).await;
    assert_eq!(said.lines().len(), before, "there was no session");

    // Links.
    let withdrawn = service.invite_staff(&admin, new("one")).await.unwrap();
    let made = said.last();
    assert_eq!((&made["message"], &made["purpose"]), (&"link made".into(), &"staff".into()));
    assert!(service.withdraw_link_for(&admin, made["link"].as_str().unwrap()).await.unwrap(), "by what the line says");
    assert_eq!((&said.last()["message"], &said.last()["link"]), (&"link withdrawn".into(), &made["link"]));
    assert_eq!(said.last()["by"], admin.user.id.to_string());
    let used = service.invite_staff(&admin, new("two")).await.unwrap();
    let signed = service.accept_link(&used, (None, None), PASSWORD.to_owned(), (FROM, None)).await.unwrap();
    assert_eq!(said.events()[before + 2..], ["link made", "link used", "logged in"]);
    let two = service.caller_by_session(&signed.secret).await.unwrap();
    let reset = service.reset_link(&admin, two.user.id, FROM).await.unwrap();
    let again = service.accept_link(&reset, (None, None), PASSWORD.to_owned(), (FROM, None)).await.unwrap();
    assert_eq!(said.events()[before + 5..], ["link made", "link used", "password changed", "logged in"]);
    secrets.extend([withdrawn, used, signed.secret, reset, again.secret]);

    // Tokens.
    let first = service.create_token(&two.user.email, 90).await.unwrap();
    let jti = service.tokens.read(&first, site.fixture.clock.now()).unwrap().jti;
    let second = service.rotate_token(jti).await.unwrap();
    for (token, what) in [("nonsense".to_owned(), "strange"), (first.clone(), "ended")] {
        assert_eq!(service.caller_by_token(&token).await.unwrap_err(), strippenkaart::service::Error::Unauthenticated);
        assert_eq!((&said.last()["message"], &said.last()["what"]), (&"token refused".into(), &what.into()));
    }
    assert_eq!(said.last()["token"], jti.to_string());
    let claims = service.tokens.read(&second, site.fixture.clock.now()).unwrap();
    assert!(service.revoke_token_for(&admin, claims.jti).await.unwrap());
    let events = ["token made", "token revoked", "token rotated", "token refused", "token refused", "token revoked"];
    assert_eq!(said.events()[before + 9..], events);
    let late = service.create_token(&two.user.email, 1).await.unwrap();
    site.fixture.clock.set(site.fixture.clock.now() + chrono::TimeDelta::days(2));
    service.caller_by_token(&late).await.unwrap_err();
    assert_eq!(said.last()["what"], "expired");
    secrets.extend([first, second, late, claims.key]);

    // Blocked, let in, a new password, out everywhere.
    let before = said.lines().len();
    service.set_user_disabled(&admin, two.user.id, true).await.unwrap();
    service.set_user_disabled(&admin, two.user.id, false).await.unwrap();
    let own = service.change_password(&two, (PASSWORD.to_owned(), "acht oude bomen waaien om".to_owned()), FROM).await;
    secrets.push(own.unwrap().secret);
    service.sign_out_for(&admin, two.user.id).await.unwrap();
    service.sign_out_everywhere(&two).await.unwrap();
    let events =
        ["blocked", "let in again", "password changed", "logged in", "signed out everywhere", "signed out everywhere"];
    assert_eq!(said.events()[before..], events);
    assert_eq!(said.lines()[before]["by"], admin.user.id.to_string());

    // An address that went to somebody else.
    let (_, owner) = site.fixture.customer().await;
    let invited = service.invite_contact(&admin, owner, FROM).await.unwrap();
    let signed = service.accept_link(&invited, (None, None), PASSWORD.to_owned(), (FROM, None)).await.unwrap();
    let contact = service.caller_by_session(&signed.secret).await.unwrap();
    assert_eq!(said.last()["role"], "customer");
    service.add_user(NewUser { email: contact.user.email.clone(), ..new("three") }, PASSWORD.to_owned()).await.unwrap();
    assert_eq!(
        (&said.last()["message"], &said.last()["user"]),
        (&"address lost".into(), &contact.user.id.to_string().into())
    );
    secrets.extend([invited, signed.secret]);

    let all = said.all();
    for secret in &secrets {
        assert!(!all.contains(secret.as_str()), "{secret} in {all}");
    }
    for personal in [&admin.user.email, &contact.user.email, &contact.user.name] {
        assert!(!all.contains(personal.as_str()), "{personal}: a login is named by its id");
    }
    for line in said.lines() {
        let known = ["timestamp", "level", "target", "message"];
        let strange: Vec<_> = line
            .as_object()
            .unwrap()
            .keys()
            .filter(|key| !known.contains(&key.as_str()) && !FIELDS.contains(&key.as_str()))
            .collect();
        assert!(strange.is_empty(), "{line}");
    }
}

on_both! {
    async fn a4_each_refusal_by_role_has_a_line_and_what_a_page_looks_up_has_none(fixture: Fixture) {
        let site = Site::new(fixture);
        let admin = site.staff(StaffRole::Admin).await;
        let agent = site.staff(StaffRole::Agent).await;
        let (customer, _) = site.fixture.customer().await;
        let (other, _) = site.fixture.customer().await;
        let viewer = site.fixture.contact(customer, "Vera", "vera@example.org", Role::Viewer).await.id;
        let mut viewer = site.contact(&admin, viewer).await;
        let (mut admins, mut agents) = (site.login(&admin.user.email).await, site.login(&agent.user.email).await);
        let (said, _listening) = Said::listen();
        let seen = [
            agents.get("/desk").await.status,
            agents.get(&format!("/customers/{customer}")).await.status,
            viewer.get(&format!("/customers/{customer}")).await.status,
            admins.get("/users").await.status,
        ];
        assert_eq!(seen, [StatusCode::OK; 4]);
        assert_eq!(viewer.get(&format!("/customers/{other}")).await.status, StatusCode::NOT_FOUND);
        assert_eq!(said.events(), [""; 0], "what may be offered is no refusal, and what is hidden is not told");

        let order = format!("/customers/{customer}/cards");
        let own = format!("/users/{}/disable", admin.user.id);
        for (browser, path, who, role, what) in [
            (&mut agents, "/users", Some(&agent), "agent", "administer"),
            (&mut viewer, order.as_str(), None, "customer", "order"),
            (&mut admins, own.as_str(), Some(&admin), "admin", "administer"),
        ] {
            let before = said.lines().len();
            let answer = browser.post(path, &[("product", "5h")]).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
            let lines = said.lines();
            assert_eq!(lines.len(), before + 1, "{path}");
            let line = &lines[before];
            assert_eq!((&line["message"], &line["what"]), (&"refused".into(), &what.into()), "{path}");
            assert_eq!((&line["role"], &line["ip"]), (&role.into(), &"127.0.0.1".into()), "{path}");
            if let Some(who) = who {
                assert_eq!(line["user"], who.user.id.to_string());
            }
        }
    }
}
