//! Availability (SLA-8) through the API and the pages, and its records in both databases.

use crate::common::http::{Site, text};
use crate::common::on_both;
use crate::pages;
use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use strippenkaart::domain::availability::{Cause, Incident};
use strippenkaart::domain::{IncidentId, Key, Policy};
use strippenkaart::service::access::Request;
use strippenkaart::service::availability::NewIncident;
use strippenkaart::store::users::StaffRole;
use strippenkaart::store::{Db, availability};

const INCIDENTS: &str = "/api/v1/availability/incidents";

/// What is promised of two products.
pub const PROMISE: &str = "
[availability]
promised = 99
aimed = 99.9
planned = \"Fr 22:00-24:00\"
planned_minutes = 20
urgent = \"Mo-Fr 22:00-24:00\"
products = [\"Board\", \"Desk\"]
";

/// A provider that promises 99 % of two products.
fn policy() -> String {
    format!("{}{PROMISE}", Policy::shipped("openedu").unwrap())
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn outage(from: &str, to: &str) -> Value {
    json!({ "product": "Board", "started_at": from, "ended_at": to, "cause": "outage" })
}

on_both! {
    under policy();
    async fn sla_8_a_month_is_told_with_its_arithmetic(fixture: Fixture) {
        let site = Site::new(fixture);
        let agent = site.staff(StaffRole::Agent).await;
        site.post(&agent, INCIDENTS, &outage("2026-03-02T09:00:00+01:00", "2026-03-02T10:30:00+01:00")).await.expect(201);
        let maintenance = json!({ "product": "Desk", "started_at": "2026-03-06T23:30:00+01:00",
            "ended_at": "2026-03-07T00:10:00+01:00", "cause": "planned_maintenance",
            "announced_at": "2026-03-05T12:00:00+01:00", "note": "New disks" });
        site.post(&agent, INCIDENTS, &maintenance).await.expect(201);
        let other = json!({ "product": "Phones", "started_at": "2026-03-02T09:30:00+01:00",
            "ended_at": "2026-03-02T11:00:00+01:00", "cause": "outage" });
        site.post(&agent, INCIDENTS, &other).await.expect(201);

        let (_, owner) = site.fixture.customer().await;
        let owner = site.token_of(owner, "jo@example.org").await;
        let months = site.get(&owner, "/api/v1/availability").await.expect(200);
        let month = &months["items"][0];
        // 1 March 00:00 to 9 March 10:00; 30 minutes in the window and 30 of the other product after the outage.
        let minutes = 8 * 1440 + 600;
        assert_eq!((&month["month"], &month["complete"], &month["minutes"]), (&json!("2026-03"), &json!(false), &json!(minutes)));
        assert_eq!((&month["left_out_minutes"], &month["down_minutes"]), (&json!(60), &json!(100)));
        assert_eq!(month["counted_minutes"], minutes - 60);
        assert_eq!((&month["per_cent"], &month["promised_per_cent"]), (&json!("99.171"), &json!("99")));
        assert_eq!((&month["promise_met"], &month["aim_met"]), (&json!(true), &json!(false)));
        assert_eq!(months["items"].as_array().unwrap().len(), 1, "nothing is known of earlier months");

        let detail = site.get(&owner, "/api/v1/availability/2026-03").await.expect(200);
        let incidents = detail["incidents"].as_array().unwrap();
        let verdicts: Vec<Vec<&str>> = incidents
            .iter()
            .map(|incident| incident["stretches"].as_array().unwrap().iter().map(|part| text(&part["verdict"])).collect())
            .collect();
        assert_eq!(verdicts, [vec!["down"], vec!["not_named"], vec!["in_window", "outside_window"]]);
        assert_eq!(detail["per_cent"], "99.171");
        for absent in ["2026-04", "2026-02", "2026-13", "march", "2026-03-01"] {
            site.get(&owner, &format!("/api/v1/availability/{absent}")).await.problem(404, "not-found");
        }
        assert_eq!(site.get(&owner, "/api/v1/availability?months=0").await.pointers(), ["/months"]);
        site.get(&owner, INCIDENTS).await.problem(403, "forbidden");
        site.post(&owner, INCIDENTS, &other).await.problem(403, "forbidden");
    }
}

on_both! {
    under policy();
    async fn sla_8_a_correction_takes_the_place_of_a_record_which_stays_to_be_seen(fixture: Fixture) {
        let site = Site::new(fixture);
        let agent = site.staff(StaffRole::Agent).await;
        let open = json!({ "product": "Board", "started_at": "2026-03-09T08:00:00Z", "cause": "outage" });
        let first = site.post(&agent, INCIDENTS, &open).await.expect(201);
        let down = async || site.get(&agent, "/api/v1/availability/2026-03").await.expect(200)["down_minutes"].clone();
        assert_eq!(down().await, 60, "open until now");
        let mut closed = outage("2026-03-09T08:00:00Z", "2026-03-09T08:20:00Z");
        closed["replaces"] = first["id"].clone();
        let second = site.post(&agent, INCIDENTS, &closed).await.expect(201);
        assert_eq!(down().await, 20);
        assert_eq!(site.post(&agent, INCIDENTS, &closed).await.pointers(), ["/replaces"], "corrected once");
        let mistake = json!({ "product": "Board", "started_at": "2026-03-09T08:00:00Z", "cause": "mistake",
            "replaces": second["id"] });
        site.post(&agent, INCIDENTS, &mistake).await.expect(201);
        assert_eq!(down().await, 0);
        let unknown = json!({ "product": "Board", "started_at": "2026-03-09T08:00:00Z", "cause": "outage",
            "replaces": uuid::Uuid::from_u128(7) });
        assert_eq!(site.post(&agent, INCIDENTS, &unknown).await.pointers(), ["/replaces"], "no record");

        let mut records = Vec::new();
        let mut path = format!("{INCIDENTS}?limit=2");
        loop {
            let page = site.get(&agent, &path).await.expect(200);
            records.extend(page["items"].as_array().unwrap().clone());
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            path = format!("{INCIDENTS}?limit=2&cursor={cursor}");
        }
        let of = |row: &Value| records.iter().find(|record| record["id"] == row["id"]).unwrap().clone();
        assert_eq!(records.len(), 3, "all of them can still be read");
        assert_eq!((&of(&first)["replaced_by"], &of(&first)["replaces"]), (&second["id"], &Value::Null));
        assert_eq!(of(&second)["replaces"], first["id"]);
        assert!(records.iter().filter(|record| record["replaced_by"].is_null()).count() == 1);
    }
}

on_both! {
    under policy();
    async fn sla_8_a_repeated_record_is_one_record(fixture: Fixture) {
        let site = Site::new(fixture);
        let agent = site.staff(StaffRole::Agent).await;
        let body = outage("2026-03-02T09:00:00Z", "2026-03-02T09:30:00Z");
        let first = site.post_with_key(&agent, INCIDENTS, "k1", &body).await.expect(201);
        let again = site.post_with_key(&agent, INCIDENTS, "k1", &body).await.expect(201);
        assert_eq!(first, again);
        let other = outage("2026-03-02T09:00:00Z", "2026-03-02T09:31:00Z");
        site.post_with_key(&agent, INCIDENTS, "k1", &other).await.problem(422, "idempotency-key-reused");
        let list = site.get(&agent, INCIDENTS).await.expect(200);
        assert_eq!(list["items"].as_array().unwrap().len(), 1);

        // Two at once, past each other's look: the database lets one of them in.
        let service = &site.fixture.service;
        let caller = service.caller_by_token(&agent).await.unwrap();
        let key = Key { caller: "a".to_owned(), key: "k2".to_owned(), request: "r".to_owned() };
        let new = |minutes: i64| NewIncident {
            product: "Board".to_owned(),
            started_at: at("2026-03-03T09:00:00Z"),
            ended_at: Some(at("2026-03-03T09:00:00Z") + TimeDelta::minutes(minutes)),
            cause: Cause::Outage,
            announced_at: None,
            note: None,
            replaces: None,
        };
        let asked = || Request { caller: &caller, key: Some(key.clone()) };
        let (one, two) = tokio::join!(service.record_incident(asked(), new(1)), service.record_incident(asked(), new(1)));
        assert_eq!(one.unwrap(), two.unwrap());
    }
}

on_both! {
    under policy();
    async fn sla_8_what_cannot_be_is_refused(fixture: Fixture) {
        let site = Site::new(fixture);
        let agent = site.staff(StaffRole::Finance).await;
        for (change, field) in [
            (json!({ "started_at": "2026-03-10T09:00:00Z", "ended_at": null }), "/started_at"),
            (json!({ "started_at": "1999-03-10T09:00:00Z" }), "/started_at"),
            (json!({ "started_at": "yesterday" }), "/started_at"),
            (json!({ "started_at": "" }), "/started_at"),
            (json!({ "ended_at": "2026-03-02T09:00:00Z" }), "/ended_at"),
            (json!({ "ended_at": "2026-03-10T09:00:00Z" }), "/ended_at"),
            (json!({ "announced_at": "2026-03-02T08:00:00Z" }), "/announced_at"),
            (json!({ "cause": "planned_maintenance", "announced_at": "2026-03-10T08:00:00Z" }), "/announced_at"),
            (json!({ "cause": "rain" }), "/cause"),
            (json!({ "product": " " }), "/product"),
        ] {
            let mut body = outage("2026-03-02T09:00:00Z", "2026-03-02T09:30:00Z");
            body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            assert_eq!(site.post(&agent, INCIDENTS, &body).await.pointers(), [field], "{change}");
        }
        let planned = json!({ "product": "Board", "started_at": "2026-03-13T22:00:00+01:00",
            "ended_at": "2026-03-13T22:20:00+01:00", "cause": "planned_maintenance",
            "announced_at": "2026-03-09T08:00:00Z" });
        site.post(&agent, INCIDENTS, &planned).await.expect(201);
    }
}

on_both! {
    async fn pol_3_a_provider_that_promises_nothing_shows_nothing(fixture: Fixture) {
        let site = Site::new(fixture);
        let admin = site.staff(StaffRole::Admin).await;
        let none = site.get(&admin, "/api/v1/availability").await.expect(200);
        assert_eq!(none["items"], json!([]));
        site.get(&admin, "/api/v1/availability/2026-03").await.problem(404, "not-found");
        let pages = pages::Site::new(site.fixture);
        pages.staff(StaffRole::Agent).await;
        let mut browser = pages.login("agent@provider.example").await;
        assert_eq!(browser.get("/availability").await.status, StatusCode::NOT_FOUND);
        assert!(!browser.get("/desk").await.text.contains("/availability"));
    }
}

on_both! {
    under policy();
    async fn sla_8_staff_records_and_customers_read(fixture: Fixture) {
        let site = pages::Site::new(fixture);
        let admin = site.staff(StaffRole::Admin).await;
        let mut staff = site.login("admin@provider.example").await;
        let form = staff.get("/availability/records").await;
        let key = form.key();
        let mut typed = vec![("key", key.as_str()), ("product", "Board"), ("cause", "outage"),
            ("started_at", "2026-03-02T09:00"), ("ended_at", "2026-03-02T08:00"), ("note", "A cable")];
        let refused = staff.post("/availability/records", &typed).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(refused.texts(".error"), ["Kies een moment na het begin."]);
        assert!(refused.text.contains("A cable"), "what was typed is still there");
        typed[4] = ("ended_at", "2026-03-02T10:30");
        let answer = staff.post("/availability/records", &typed).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/availability/records"));
        let list = staff.get("/availability/records").await;
        assert!(list.texts("td.what")[0].starts_with("Board, storing: A cable"), "{:?}", list.texts("td.what"));

        let (_, owner) = site.fixture.customer().await;
        let mut customer = site.contact(&admin, owner).await;
        let page = customer.get("/availability").await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        let figures = page.texts(".sum dd");
        assert_eq!(figures, ["12.120", "−0", "12.120", "−90", "12.030", "99,257%"]);
        let big = page.texts(".big span");
        assert_eq!(big, ["maart 2026, tot nu toe", "99% beloofd gehaald", "99,9% nagestreefd niet gehaald"]);
        assert_eq!(page.texts("td.what").len(), 1);
        assert!(page.text.contains("<rect class=\"some\""), "drawn");
        customer.lang = "en";
        assert_eq!(customer.get("/availability?month=2026-03").await.texts(".sum dd")[5], "99.257%");
        for hidden in ["/availability?month=2026-04", "/availability?month=x"] {
            assert_eq!(customer.get(hidden).await.status, StatusCode::NOT_FOUND);
        }
        assert_eq!(customer.get("/availability/records").await.status, StatusCode::FORBIDDEN);
        assert_eq!(customer.post("/availability/records", &typed).await.status, StatusCode::FORBIDDEN);

        let link = list.text.split("records?correct=").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let correcting = staff.get(&format!("/availability/records?correct={link}")).await;
        assert!(correcting.text.contains("value=\"2026-03-02T10:30\""), "{}", correcting.text);
        let key = correcting.key();
        typed[0] = ("key", key.as_str());
        typed[2] = ("cause", "mistake");
        typed.push(("replaces", &link));
        assert_eq!(staff.post("/availability/records", &typed).await.status, StatusCode::SEE_OTHER);
        assert_eq!(staff.get("/availability/records").await.texts("s").len(), 1, "struck through");
        assert_eq!(customer.get("/availability").await.texts(".sum dd")[3], "−0");
    }
}

on_both! {
    async fn records_are_kept_as_they_were_written(fixture: Fixture) {
        let service = &fixture.service;
        let incident = |replaces: Option<IncidentId>| Incident {
            id: fixture.clock.id(),
            product: "Board".to_owned(),
            started_at: at("2026-03-01T09:00:00.5Z"),
            ended_at: None,
            cause: Cause::UrgentMaintenance,
            announced_at: Some(at("2026-03-01T08:00:00Z")),
            note: Some("“Now”".to_owned()),
            replaces,
            recorded_at: fixture.clock.now(),
            recorded_by: None,
        };
        let (first, key) = (incident(None), Key { caller: "c".to_owned(), key: "k".to_owned(), request: "r".to_owned() });
        let mut tx = service.db.begin().await.unwrap();
        assert_eq!(availability::since(&mut tx).await.unwrap(), Some(at("2026-03-09T09:00:00Z")), "the policy");
        assert!(availability::add(&mut tx, &first, Some(&key)).await.unwrap());
        let second = incident(Some(first.id));
        assert!(availability::add(&mut tx, &second, None).await.unwrap());
        assert_eq!(availability::get(&mut tx, first.id).await.unwrap().unwrap().replaced_by, Some(second.id));
        let kept = availability::under_key(&mut tx, &key).await.unwrap().unwrap();
        assert_eq!((kept.incident, kept.request.as_str()), (first.clone(), "r"));
        let all = availability::list(&mut tx, (at("2026-03-02T00:00:00Z"), first.id), 10).await.unwrap();
        assert_eq!(all.len(), 2);
        let held = availability::between(&mut tx, at("2030-01-01T00:00:00Z"), at("2030-02-01T00:00:00Z")).await.unwrap();
        assert_eq!(held, [second], "what is open touches every later month");
        assert_eq!(availability::since(&mut tx).await.unwrap(), Some(first.started_at));
        tx.commit().await.unwrap();

        for sql in ["UPDATE incidents SET product = 'x'", "DELETE FROM incidents"] {
            let said = match &service.db {
                Db::Sqlite { writer, .. } => sqlx::raw_sql(AssertSqlSafe(sql)).execute(writer).await.map(drop),
                Db::Postgres { writer, .. } => sqlx::raw_sql(AssertSqlSafe(sql)).execute(writer).await.map(drop),
            };
            assert!(said.unwrap_err().to_string().contains("is append-only"), "{sql}");
        }
    }
}
