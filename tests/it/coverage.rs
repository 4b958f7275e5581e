//! Who pays, over HTTP: what the rules would say, what was decided, what is to be invoiced; and the rows it is read from.

use crate::common::http::{Site, text};
use crate::common::{Fixture, on_both};
use crate::story;
use serde_json::{Value, json};
use strippenkaart::domain::{Cents, Cover, Minutes, Policy};
use strippenkaart::service::verify::verify;
use strippenkaart::store::users::StaffRole;
use strippenkaart::store::{coverage, customers, tickets};

/// The policy that has every cover.
fn standard() -> String {
    Policy::shipped("standard").unwrap().to_owned()
}

on_both! {
    under story::policy();
    async fn decisions_and_agreed_work_are_read(fixture: Fixture) {
        story::play(&fixture).await;
        let on = &mut fixture.service.db.reader().await.unwrap();
        let found = customers::list(on, "", 0, 2).await.unwrap();
        let (first, second) = (found[0].id, found[1].id);
        let terms = coverage::add_ons(on, first).await.unwrap();
        assert_eq!(terms.iter().map(|term| term.until).collect::<Vec<_>>(), [None]);
        assert_eq!(coverage::add_ons(on, second).await.unwrap(), []);

        let promised = tickets::by_number(on, 5).await.unwrap().unwrap();
        let decided = coverage::of_ticket(on, promised.id).await.unwrap();
        let covers: Vec<Cover> = decided.iter().map(|shown| shown.coverage.cover).collect();
        assert_eq!(covers, [Cover::Goodwill, Cover::Card], "the newest first");
        assert_eq!(decided[0].coverage.replaces, Some(decided[1].coverage.id));
        assert_eq!(decided[0].coverage.override_reason.as_deref(), Some("We promised it"));
        assert_eq!((decided[1].coverage.decided_by, &decided[1].decided_by_name), (None, &None), "the rules did");
        assert_eq!((promised.cover, promised.coverage_id), (Cover::Goodwill, decided[0].coverage.id));

        let agreed = coverage::invoiceable(on, second, None, 50).await.unwrap();
        let [work] = &agreed[..] else { panic!("{agreed:?}") };
        assert_eq!((work.invoiced, work.hourly_rate, work.ticket_number), (Minutes(45), Cents(9_500), 4));
        assert_eq!(coverage::invoiceable(on, second, Some(work.id), 50).await.unwrap(), [], "before itself");
        assert_eq!(coverage::invoiceable(on, first, None, 50).await.unwrap(), []);
    }
}

/// A customer of the standard policy with an owner, by an agent's token.
async fn stage(fixture: Fixture) -> (Site, String, String, String) {
    let (customer, owner) = fixture.customer().await;
    let site = Site::new(fixture);
    let agent = site.staff(StaffRole::Agent).await;
    (site, agent, format!("/api/v1/customers/{customer}"), owner.to_string())
}

on_both! {
    under standard();
    async fn cover_1_what_would_be_decided_changes_nothing(fixture: Fixture) {
        let (site, agent, customer, _) = stage(fixture).await;
        let path = format!("{customer}/coverage");
        let before = verify(&site.fixture.service.db, |_, _| {}).await.unwrap();
        let said = async |body: Value| site.post(&agent, &path, &body).await.expect(200);
        for (body, cover, charges) in [
            (json!({ "kind": "defect", "topic": "migration" }), "defect", false),
            (json!({ "kind": "question" }), "fair_use", false),
            (json!({ "kind": "question", "urgency": "urgent" }), "yearly_urgent", false),
            (json!({ "kind": "question", "urgency": "safety" }), "safety", false),
            (json!({ "kind": "question", "topic": "migration" }), "invoice", true),
            (json!({ "kind": "change" }), "card", true),
        ] {
            let answer = said(body.clone()).await;
            assert_eq!((&answer["cover"], &answer["charges"]), (&json!(cover), &json!(charges)), "{body}");
            assert!(!text(&answer["sentence"]["nl"]).is_empty() && !text(&answer["reason"]["en"]).is_empty());
        }
        let card = said(json!({ "kind": "change" })).await;
        assert_eq!(card["reason"], json!({ "nl": "Op uw kaarten staat nog 3:00.", "en": "3:00 is left on your cards." }));
        let double = said(json!({ "kind": "question", "topic": "integration" })).await;
        assert_eq!((&double["fair_use_weight"], &double["hourly_rate"]), (&json!("2"), &Value::Null));
        let wrong = json!({ "kind": "question", "topic": "weather" });
        assert_eq!(site.post(&agent, &path, &wrong).await.pointers(), ["/topic"]);
        assert_eq!(verify(&site.fixture.service.db, |_, _| {}).await.unwrap(), before);
        let rows = site.get(&agent, &format!("{customer}/tickets")).await.expect(200);
        assert_eq!(rows["items"], json!([]));
    }
}

on_both! {
    under standard();
    async fn cover_1_the_rules_are_a_table_in_their_order(fixture: Fixture) {
        let (site, agent, ..) = stage(fixture).await;
        let rules = site.get(&agent, "/api/v1/coverage").await.expect(200);
        let covers: Vec<&str> = rules["rules"].as_array().unwrap().iter().map(|rule| text(&rule["cover"])).collect();
        assert_eq!(covers, ["safety", "defect", "add_on", "yearly_urgent", "fair_use", "card", "invoice"]);
        assert_eq!(rules["rules"][4]["kinds"], json!(["question"]));
        assert_eq!(rules["rules"][6]["topics"], json!(["migration"]));
        assert_eq!(rules["urgency"]["add_on_hourly"], "125.00");
        let migration = rules["topics"].as_array().unwrap().iter().find(|topic| topic["id"] == "migration").unwrap();
        assert_eq!((&migration["fair_use_weight"], &migration["hourly_rate"]), (&Value::Null, &json!("95.00")));
        assert_eq!(rules["covers"].as_array().unwrap().len(), 9, "all but included");
    }
}

on_both! {
    under standard();
    async fn cover_1_a_decision_names_the_one_in_force_and_is_kept(fixture: Fixture) {
        let (site, agent, customer, owner) = stage(fixture).await;
        let new = json!({ "subject": "Move", "description": "Please", "kind": "change", "topic": "migration" });
        let ticket = site.post(&agent, &format!("{customer}/tickets"), &new).await.expect(201);
        assert_eq!((&ticket["cover"], &ticket["topic"]), (&json!("invoice"), &json!("migration")));
        let of_ticket = format!("/api/v1/tickets/{}", text(&ticket["id"]));
        let path = format!("{of_ticket}/coverage");
        let ruling = json!({
            "replaces": ticket["coverage_id"], "cover": "invoice", "agreed_by": owner, "hourly_rate": "80.00",
            "reason": "Jo agreed by mail",
        });
        let decided = site.post_with_key(&agent, &path, "one", &ruling).await.expect(201);
        assert_eq!((&decided["cover"], &decided["hourly_rate"]), (&json!("invoice"), &json!("80.00")));
        assert_eq!(site.post_with_key(&agent, &path, "one", &ruling).await.expect(201), decided, "the very same answer");
        let stale = site.post(&agent, &path, &ruling).await.problem(409, "coverage-changed");
        assert_eq!(stale["coverage_id"], decided["id"]);

        let work = json!({ "worked_minutes": 50, "description": "Moved it" });
        let entry = site.post(&agent, &format!("{of_ticket}/time-entries"), &work).await.expect(201);
        assert_eq!((&entry["charged_minutes"], &entry["covered_by"]), (&json!(60), &json!("invoice")));
        let agreed = site.get(&agent, &format!("{customer}/agreed-work")).await.expect(200);
        let [line] = &agreed["items"].as_array().unwrap()[..] else { panic!("{agreed}") };
        assert_eq!((&line["minutes"], &line["amount"]), (&json!(60), &json!("80.00")));

        let ruling = json!({ "replaces": decided["id"], "kind": "defect", "reason": "It was ours", "reverse_entries": true });
        let ours = site.post_with_key(&agent, &path, "two", &ruling).await.expect(201);
        assert_eq!((&ours["cover"], &ours["reversed"]), (&json!("defect"), &json!([entry["id"]])));
        assert_eq!(site.post_with_key(&agent, &path, "two", &ruling).await.expect(201), ours);
        assert_eq!(site.get(&agent, &format!("{customer}/agreed-work")).await.expect(200)["items"], json!([]));
        let history = site.get(&agent, &path).await.expect(200);
        let reasons: Vec<&Value> = history["items"].as_array().unwrap().iter().map(|row| &row["override_reason"]).collect();
        assert_eq!(reasons, [&json!("It was ours"), &json!("Jo agreed by mail"), &Value::Null]);
        verify(&site.fixture.service.db, |_, _| {}).await.unwrap();
    }
}

on_both! {
    under standard();
    async fn urg_2_two_at_once_get_one_free(fixture: Fixture) {
        let (site, agent, customer, _) = stage(fixture).await;
        let path = format!("{customer}/tickets");
        let new = json!({ "subject": "Now", "description": "Please", "kind": "question", "urgency": "urgent" });
        let (one, two) = tokio::join!(site.post(&agent, &path, &new), site.post(&agent, &path, &new));
        let (one, two) = (one.expect(201), two.expect(201));
        let mut covers = [text(&one["cover"]), text(&two["cover"])];
        covers.sort_unstable();
        assert_eq!(covers, ["fair_use", "yearly_urgent"]);
        let normal = if one["cover"] == "fair_use" { &one } else { &two };
        assert_eq!(normal["urgency"], Value::Null);
        let path = format!("/api/v1/tickets/{}/coverage", text(&normal["id"]));
        let decided = site.get(&agent, &path).await.expect(200)["items"][0].clone();
        assert!(text(&decided["reason"]["nl"]).starts_with("De kosteloze spoedmelding is op 9 maart 2026 gebruikt;"));
        assert!(text(&decided["offer"]["en"]).contains("add-on"), "{decided}");
        assert_eq!(decided["asked_urgency"], "urgent");
    }
}
