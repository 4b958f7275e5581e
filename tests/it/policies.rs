//! Versions of the policy (POL-1): put in force, taken over by every process, shown and compared.

use crate::common::http::{Site, text};
use crate::common::parties::real;
use crate::common::{Fixture, day, on_both};
use crate::pages;
use axum::http::StatusCode;
use serde_json::{Value, json};
use strippenkaart::domain::{Excess, Policy, Receipt, Target, TicketKind};
use strippenkaart::service::Service;
use strippenkaart::store::Db;
use strippenkaart::store::users::StaffRole;

const POLICIES: &str = "/api/v1/policies";

/// The shipped policy with another unit.
fn by_the_half_hour() -> String {
    real(Policy::shipped("openedu").unwrap())
        .replace("\nincrement_minutes = 15", "\nincrement_minutes = 30")
        .replace("\nminimum_minutes = 15", "\nminimum_minutes = 30")
}

async fn charged(fixture: &Fixture, ticket: strippenkaart::domain::TicketId) -> i64 {
    let act = fixture.time(ticket, 10, Excess::Uncovered);
    match fixture.submit(Target::Ticket(ticket), act).await.unwrap() {
        Receipt::Time(time) => time.entry.charged.0,
        other => panic!("{other:?}"),
    }
}

on_both! {
    async fn pol_1_a_version_holds_from_its_day_and_what_was_charged_stays(fixture: Fixture) {
        let site = Site::new(fixture);
        let admin = site.staff(StaffRole::Admin).await;
        let (customer, owner) = site.fixture.customer().await;
        let ticket = site.fixture.ticket(customer, Some(owner), TicketKind::Question).await;
        assert_eq!(charged(&site.fixture, ticket.id).await, 15);

        let tomorrow = json!({ "text": by_the_half_hour(), "from": "2026-03-10" });
        let applied = site.post(&admin, POLICIES, &tomorrow).await.expect(201);
        assert_eq!((&applied["version"], &applied["effective_from"]), (&json!(2), &json!("2026-03-10")));
        assert_eq!(charged(&site.fixture, ticket.id).await, 15, "not yet");
        let current = site.get(&admin, "/api/v1/policies/current").await.expect(200);
        assert_eq!((&current["version"], &current["increment_minutes"]), (&json!(1), &json!(15)));
        site.fixture.clock.set(site.fixture.clock.now() + chrono::TimeDelta::days(1));
        assert_eq!(charged(&site.fixture, ticket.id).await, 30, "without a restart");
        let current = site.get(&admin, "/api/v1/policies/current").await.expect(200);
        assert_eq!((&current["version"], &current["increment_minutes"]), (&json!(2), &json!(30)));
        assert!(current["parts"].as_array().unwrap().contains(&json!("cards")));

        let again = site.post(&admin, POLICIES, &tomorrow).await.expect(201);
        assert_eq!(again, applied, "the same text from the same day is there already");
        let list = site.get(&admin, POLICIES).await.expect(200);
        let versions: Vec<&Value> = list["items"].as_array().unwrap().iter().map(|item| &item["version"]).collect();
        assert_eq!(versions, [2, 1]);
        let second = site.get(&admin, &format!("{POLICIES}/2")).await.expect(200);
        let keys: Vec<&str> = second["changes"].as_array().unwrap().iter().map(|change| text(&change["key"])).collect();
        assert_eq!(keys, ["time.increment_minutes", "time.minimum_minutes"]);
        assert_eq!(second["text"], by_the_half_hour());
        assert_eq!(site.get(&admin, &format!("{POLICIES}/1")).await.expect(200)["changes"], json!([]));
        for absent in ["3", "0", "x"] {
            site.get(&admin, &format!("{POLICIES}/{absent}")).await.problem(404, "not-found");
        }
        let site = &site.fixture.service.db;
        strippenkaart::service::verify::verify(site, |_, _| {}).await.unwrap();
    }
}

on_both! {
    async fn pol_1_a_day_that_would_change_what_was_charged_is_refused(fixture: Fixture) {
        let site = Site::new(fixture);
        let admin = site.staff(StaffRole::Admin).await;
        let apply = async |text: &str, from: &str| {
            site.post(&admin, POLICIES, &json!({ "text": text, "from": from })).await
        };
        assert_eq!(apply(&by_the_half_hour(), "2026-03-08").await.pointers(), ["/from"], "yesterday");
        assert_eq!(apply(&by_the_half_hour(), "soon").await.pointers(), ["/from"]);
        apply(&by_the_half_hour(), "2026-06-01").await.expect(201);
        let before = apply(&real(Policy::shipped("openedu").unwrap()), "2026-05-31").await;
        assert_eq!(before.pointers(), ["/from"], "before one that was announced");
        let instead = apply(&real(Policy::shipped("openedu").unwrap()), "2026-06-01").await.expect(201);
        assert_eq!(instead["version"], 3, "takes its place");
        let london = by_the_half_hour().replace("Europe/Amsterdam", "Europe/London");
        assert_eq!(apply(&london, "2026-07-01").await.pointers(), ["/text"]);
        let broken = by_the_half_hour().replace("rounding = \"up\"", "rounding = \"down\"\nround = 1");
        assert_eq!(apply(&broken, "2026-07-01").await.pointers(), ["/text", "/text"], "every fault");

        let checked = site.post(&admin, "/api/v1/policies/check", &json!({ "text": broken })).await.expect(200);
        let faults = checked["faults"].as_array().unwrap();
        assert_eq!((&checked["valid"], faults.len(), text(&faults[0]["key"])), (&json!(false), 2, "time.rounding"));
        let sound = site.post(&admin, "/api/v1/policies/check", &json!({ "text": by_the_half_hour() })).await.expect(200);
        assert_eq!((&sound["valid"], &sound["summary"]["increment_minutes"]), (&json!(true), &json!(30)));
    }
}

on_both! {
    async fn pol_1_every_process_takes_a_new_version_over(fixture: Fixture) {
        let other = Db::open(&fixture.address).await.unwrap();
        let (other, _writer) = Service::start(other, fixture.clock.clone(), None).await.unwrap();
        let site = Site::new(fixture);
        let admin = site.staff(StaffRole::Admin).await;
        let body = json!({ "text": by_the_half_hour(), "from": "2026-03-09" });
        site.post(&admin, POLICIES, &body).await.expect(201);

        let (customer, owner) = site.fixture.customer().await;
        let ticket = site.fixture.ticket(customer, Some(owner), TicketKind::Question).await;
        let charged = async || {
            let act = site.fixture.time(ticket.id, 10, Excess::Uncovered);
            match other.door.submit(site.fixture.command(Target::Ticket(ticket.id), act)).await.unwrap() {
                Receipt::Time(time) => time.entry.charged.0,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(charged().await, 15, "it has not heard of it");
        assert!(other.reload_policies().await.unwrap(), "as the job does every minute");
        assert!(!other.reload_policies().await.unwrap(), "once");
        assert_eq!(charged().await, 30);
        assert_eq!(other.clone().policies.at(day("2026-03-09")).0, 2);
        strippenkaart::service::verify::verify(&other.db, |_, _| {}).await.unwrap();
    }
}

on_both! {
    async fn pol_1_administrators_apply_and_staff_reads_on_pages(fixture: Fixture) {
        let site = pages::Site::new(fixture);
        let admin = site.staff(StaffRole::Admin).await;
        site.staff(StaffRole::Agent).await;
        let mut browser = site.login("admin@provider.example").await;
        let page = browser.get("/policies").await;
        assert_eq!(page.texts("tbody th"), ["Versie 1: openedu geldt nu"]);
        let (key, broken) = (page.key(), by_the_half_hour().replace("rounding = \"up\"", "rounding = \"down\""));
        let refused = browser.post("/policies/check", &[("key", &key), ("text", &broken), ("from", "")]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.texts(".alert li")[0].contains("time.rounding = \"down\""), "{}", refused.text);
        let text = by_the_half_hour();
        let sound = browser.post("/policies/check", &[("key", &key), ("text", &text), ("from", "")]).await;
        assert_eq!((sound.status, sound.texts("code").len()), (StatusCode::OK, 6), "two keys, each with old and new");
        let late = browser.post("/policies", &[("key", &key), ("text", &text), ("from", "2026-03-01")]).await;
        assert_eq!(late.texts(".error"), ["Kies vandaag of een latere dag."]);
        let done = browser.post("/policies", &[("key", &key), ("text", &text), ("from", "2026-04-01")]).await;
        assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, "/policies"));
        let rows = browser.get("/policies").await.texts("tbody th");
        assert_eq!(rows, ["Versie 2: openedu komt nog", "Versie 1: openedu geldt nu"]);
        let version = browser.get("/policies/2").await;
        assert!(version.texts("pre")[0].contains("increment_minutes = 30"), "{}", version.text);
        assert_eq!(browser.get("/policies/3").await.status, StatusCode::NOT_FOUND);

        let mut agent = site.login("agent@provider.example").await;
        let page = agent.get("/policies").await;
        assert!(page.status == StatusCode::OK && !page.text.contains("<textarea"));
        let values = [("key", key.as_str()), ("text", text.as_str()), ("from", "2026-05-01")];
        assert_eq!(agent.post("/policies", &values).await.status, StatusCode::FORBIDDEN);
        let (_, owner) = site.fixture.customer().await;
        let mut customer = site.contact(&admin, owner).await;
        for path in ["/policies", "/policies/1"] {
            assert_eq!(customer.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
        }
        assert_eq!(customer.post("/policies/check", &values).await.status, StatusCode::FORBIDDEN);
    }
}
