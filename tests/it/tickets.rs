//! Tickets over the API and through the door: priorities, clocks, breaches, who may do what, and how they are found.

use crate::common::http::{Site, text};
use crate::common::{Fixture, on_both};
use crate::story;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use strippenkaart::domain::{
    Act, CustomerId, Due, Handling, Measure, Pauses, Receipt, Report, Role, Target, Ticket, TicketId, TicketKind,
    TicketStatus,
};
use strippenkaart::store::tickets::{self, Filter, Standing};
use strippenkaart::store::users::StaffRole;

/// A strict priority, a mild one, and all that can be asked of a report. The clock of a fixture stands at Monday 9 March
/// 2026, 10:00 in Amsterdam.
pub const TERMS: &str = r#"name = "terms"
effective_from = 2026-01-01

[provider]
name = "Terms"
email = "desk@terms.example"
account_manager = "anna@terms.example"

[hours]
service = "Mo-Fr 09:00-17:00"

[tickets]
intake = ["where", "when"]
stalled_button = true
phone_roles = ["owner"]
data_leak = { nl = "Datalek: het plan gaat voor.", en = "Data leak: the plan goes first." }

[[priorities]]
id = "high"
name = { nl = "Hoog", en = "High" }
report_by = "phone"

[[priorities.targets]]
measure = "response"
within = "1h"
acknowledgement_counts = false

[[priorities.targets]]
measure = "resolution"
within = "4h"

[[priorities]]
id = "low"
name = { nl = "Laag", en = "Low" }
binding = false

[[priorities.targets]]
measure = "response"
within = "8h"

[[reaches]]
id = "one"
name = { nl = "Eén", en = "One" }

[[reaches]]
id = "all"
name = { nl = "Allen", en = "All" }

[[impacts]]
id = "down"
name = { nl = "Plat", en = "Down" }
priorities = ["low", "high"]

[[impacts]]
id = "question"
name = { nl = "Vraag", en = "Question" }
priorities = ["low", "low"]
"#;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// A customer with its owner, and who asks.
struct Scene {
    site: Site,
    agent: String,
    owner: String,
    customer: CustomerId,
}

impl Scene {
    async fn new(fixture: Fixture) -> Self {
        let (customer, owner) = fixture.customer().await;
        let site = Site::new(fixture);
        let agent = site.staff(StaffRole::Agent).await;
        let owner = site.token_of(owner, "jo@example.org").await;
        Self { site, agent, owner, customer }
    }

    /// Opens a ticket as an agent; what is not named is a question.
    async fn opened(&self, more: Value) -> String {
        let mut body = json!({ "subject": "Help", "description": "Please", "kind": "question" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let path = format!("/api/v1/customers/{}/tickets", self.customer);
        text(&self.site.post(&self.agent, &path, &body).await.expect(201)["id"]).to_owned()
    }

    async fn high(&self) -> String {
        self.opened(json!({ "impact": "down", "reach": "all", "channel": "phone" })).await
    }

    async fn seen(&self, ticket: &str) -> Value {
        self.site.get(&self.owner, &format!("/api/v1/tickets/{ticket}")).await.expect(200)
    }

    async fn does(&self, token: &str, ticket: &str, what: &str, body: Value) -> Value {
        self.site.post(token, &format!("/api/v1/tickets/{ticket}/{what}"), &body).await.expect(201)
    }

    fn clock(&self, text: &str) {
        self.site.fixture.clock.set(at(text));
    }
}

on_both! {
    under TERMS;
    async fn sla_1_the_priority_follows_from_the_matrix_and_starts_both_clocks(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let high = scene.seen(&scene.high().await).await;
        assert_eq!((&high["status"], &high["priority"]), (&json!("new"), &json!("high")));
        assert_eq!(high["response"]["due_at"], "2026-03-09T10:00:00Z");
        assert_eq!(high["resolution"]["due_at"], "2026-03-09T13:00:00Z");
        let mild = scene.seen(&scene.opened(json!({ "impact": "down" })).await).await;
        assert_eq!(mild["priority"], "low", "nobody said for whom: the first reach");
        let unsaid = scene.seen(&scene.opened(json!({ "intake": { "where": "Reports" } })).await).await;
        assert_eq!((&unsaid["priority"], &unsaid["unsaid"]), (&json!("low"), &json!(["when"])), "a hint, never a block");
        assert_eq!(unsaid["response"]["due_at"], "2026-03-10T09:00:00Z", "8 service hours");
        assert_eq!(unsaid["resolution"]["due_at"], Value::Null);

        let path = format!("/api/v1/customers/{}/tickets", scene.customer);
        let wrong = json!({ "subject": "x", "description": "x", "kind": "question", "impact": "nothing" });
        assert_eq!(scene.site.post(&scene.agent, &path, &wrong).await.pointers(), ["/impact"]);
        let future = json!({ "subject": "x", "description": "x", "kind": "question", "received_at": "2026-03-09T09:00:01Z" });
        assert_eq!(scene.site.post(&scene.agent, &path, &future).await.pointers(), ["/received_at"]);
        let earlier = scene.opened(json!({ "received_at": "2026-03-06T16:00:00Z", "channel": "mail" })).await;
        assert_eq!(scene.seen(&earlier).await["response"]["due_at"], "2026-03-09T16:00:00Z", "Friday 17:00 is closed");
    }
}

on_both! {
    under TERMS;
    async fn sla_2_an_acknowledgement_is_no_answer_where_the_policy_says_so(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let (high, low) = (scene.high().await, scene.opened(json!({})).await);
        for ticket in [&high, &low] {
            scene.does(&scene.agent, ticket, "acknowledge", json!({})).await;
        }
        assert_eq!(scene.seen(&high).await["response"]["met_at"], Value::Null);
        assert_eq!(scene.seen(&low).await["response"]["met_at"], "2026-03-09T09:00:00Z");
        scene.does(&scene.owner, &high, "messages", json!({ "text": "And?" })).await;
        assert_eq!(scene.seen(&high).await["response"]["met_at"], Value::Null, "the customer answers nothing");
        scene.clock("2026-03-09T09:30:00Z");
        scene.does(&scene.agent, &high, "messages", json!({ "text": "We found it." })).await;
        assert_eq!(scene.seen(&high).await["response"]["met_at"], "2026-03-09T09:30:00Z");
    }
}

on_both! {
    under TERMS;
    async fn waiting_for_the_customer_moves_the_resolution_by_its_service_minutes(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let ticket = scene.high().await;
        let bare = json!({ "to": "waiting_for_customer" });
        let path = format!("/api/v1/tickets/{ticket}/status");
        assert_eq!(scene.site.post(&scene.agent, &path, &bare).await.pointers(), ["/text"], "say what is asked");
        scene.clock("2026-03-09T15:00:00Z");
        let ticket = scene.opened(json!({ "impact": "down", "reach": "all" })).await;
        scene.does(&scene.agent, &ticket, "status", json!({ "to": "waiting_for_customer", "text": "Which page?" })).await;
        let seen = scene.seen(&ticket).await;
        assert_eq!((&seen["resolution"]["paused"], &seen["response"]["paused"]), (&json!(true), &json!(false)));
        // 16:00 on Monday to 10:00 on Tuesday: two hours of service.
        scene.clock("2026-03-10T09:00:00Z");
        let event = scene.does(&scene.owner, &ticket, "messages", json!({ "text": "This one." })).await;
        assert_eq!((&event["was"], &event["became"]), (&json!("waiting_for_customer"), &json!("in_progress")));
        let seen = scene.seen(&ticket).await;
        assert_eq!(seen["resolution"]["due_at"], "2026-03-10T13:00:00Z", "11:00 was 4 h from 16:00, and 2 h were waited");
        assert_eq!(seen["resolution"]["paused"], false);
        // What was waited stays waited when the priority is set again.
        scene.does(&scene.agent, &ticket, "priority", json!({ "priority": "low", "reason": "Only one" })).await;
        scene.does(&scene.agent, &ticket, "priority", json!({ "priority": "high", "reason": "All again" })).await;
        assert_eq!(scene.seen(&ticket).await["resolution"]["due_at"], "2026-03-10T13:00:00Z");
    }
}

on_both! {
    under TERMS;
    async fn sla_5_a_missed_binding_target_asks_for_its_reason_and_best_effort_does_not(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let (high, low) = (scene.high().await, scene.opened(json!({})).await);
        let explains = format!("/api/v1/tickets/{high}/explanations");
        let body = |expected: Option<&str>| json!({ "measure": "response", "reason": "Ill", "expected_at": expected });
        scene.site.post(&scene.agent, &explains, &body(None)).await.problem(409, "nothing-missed");
        scene.clock("2026-03-12T11:00:00Z");
        let seen = scene.seen(&high).await;
        assert_eq!((&seen["response"]["late"], &seen["response"]["unexplained"]), (&json!(true), &json!(true)));
        let mild = scene.seen(&low).await;
        assert_eq!((&mild["response"]["late"], &mild["response"]["unexplained"]), (&json!(true), &json!(false)));
        let lenient = format!("/api/v1/tickets/{low}/explanations");
        scene.site.post(&scene.agent, &lenient, &body(None)).await.problem(409, "nothing-missed");
        assert_eq!(scene.site.post(&scene.agent, &explains, &body(None)).await.pointers(), ["/expected_at"]);

        let told = scene.does(&scene.agent, &high, "explanations", body(Some("2026-03-12T12:00:00Z"))).await;
        assert_eq!((&told["was"], &told["expected_at"]), (&json!("response"), &json!("2026-03-12T12:00:00Z")));
        let seen = scene.seen(&high).await;
        assert_eq!((&seen["response"]["unexplained"], &seen["response"]["expected_at"]), (&json!(false), &json!("2026-03-12T12:00:00Z")));
        let events = scene.site.get(&scene.owner, &format!("/api/v1/tickets/{high}/events")).await.expect(200);
        assert_eq!(events["items"][0]["text"], "Ill", "the customer is told");
        scene.clock("2026-03-12T12:00:01Z");
        assert_eq!(scene.seen(&high).await["response"]["unexplained"], true, "that moment has passed as well");
        scene.does(&scene.agent, &high, "status", json!({ "to": "resolved", "text": "Done" })).await;
        let seen = scene.seen(&high).await;
        assert_eq!((&seen["response"]["late"], &seen["response"]["unexplained"]), (&json!(true), &json!(false)));
        assert_eq!(seen["resolution"]["unexplained"], true, "done too late, and nobody has said why");
    }
}

on_both! {
    under TERMS;
    async fn sla_6_a_report_by_another_way_is_accepted_with_a_notice(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let fixture = &scene.site.fixture;
        let viewer = fixture.contact(scene.customer, "Vic", "vic@example.org", Role::Viewer).await.id;
        let about = async |more: Value| -> Vec<String> {
            let seen = scene.seen(&scene.opened(more).await).await;
            seen["notices"].as_array().unwrap().iter().map(|notice| text(&notice["about"]).to_owned()).collect()
        };
        assert_eq!(about(json!({ "impact": "down", "reach": "all", "channel": "mail" })).await, ["report_by"]);
        assert_eq!(about(json!({ "impact": "down", "reach": "all", "channel": "phone" })).await, [""; 0]);
        assert_eq!(about(json!({ "channel": "phone", "requester_id": viewer })).await, ["may_not_phone"]);
        assert_eq!(about(json!({ "data_leak": true })).await, ["data_leak"]);
    }
}

on_both! {
    under TERMS;
    async fn sla_7_a_customer_says_once_a_day_that_nothing_moves(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let ticket = scene.opened(json!({})).await;
        let path = format!("/api/v1/tickets/{ticket}/stalled");
        scene.site.post(&scene.agent, &path, &json!({})).await.problem(403, "forbidden");
        scene.does(&scene.owner, &ticket, "stalled", json!({ "text": "We hear nothing." })).await;
        scene.site.post(&scene.owner, &path, &json!({})).await.problem(409, "stalled-today");
        let mut reader = scene.site.fixture.service.db.reader().await.unwrap();
        let now = scene.site.fixture.clock.now();
        assert_eq!(tickets::stalled(&mut reader, now, 10).await.unwrap().len(), 1);
        scene.clock("2026-03-10T09:00:00Z");
        scene.does(&scene.owner, &ticket, "stalled", json!({})).await;
        scene.does(&scene.agent, &ticket, "notes", json!({ "text": "Oops" })).await;
        assert_eq!(scene.seen(&ticket).await["stalled_at"], "2026-03-10T09:00:00Z", "a note moves nothing");
        scene.does(&scene.agent, &ticket, "messages", json!({ "text": "On it." })).await;
        assert_eq!(scene.seen(&ticket).await["stalled_at"], Value::Null);
        scene.does(&scene.owner, &ticket, "status", json!({ "to": "closed" })).await;
        scene.clock("2026-03-11T09:00:00Z");
        scene.site.post(&scene.owner, &path, &json!({})).await.problem(409, "status-not-possible");
    }
}

on_both! {
    async fn sla_7_no_button_where_the_policy_has_none(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let ticket = scene.opened(json!({})).await;
        let path = format!("/api/v1/tickets/{ticket}/stalled");
        scene.site.post(&scene.owner, &path, &json!({})).await.problem(409, "not-offered");
    }
}

on_both! {
    under TERMS;
    async fn a_customer_closes_and_reopens_and_never_reads_a_note(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let ticket = scene.opened(json!({})).await;
        let path = format!("/api/v1/tickets/{ticket}/status");
        let refused = scene.site.post(&scene.owner, &path, &json!({ "to": "resolved" })).await.problem(409, "status-not-possible");
        assert_eq!((&refused["ticket_status"], &refused["possible"]), (&json!("new"), &json!(["closed"])));
        for (what, body) in [("notes", json!({ "text": "secret" })), ("priority", json!({ "priority": "high", "reason": "Now" }))] {
            let path = format!("/api/v1/tickets/{ticket}/{what}");
            scene.site.post(&scene.owner, &path, &body).await.problem(403, "forbidden");
        }
        scene.does(&scene.agent, &ticket, "notes", json!({ "text": "secret" })).await;
        scene.clock("2026-03-09T09:01:00Z");
        scene.does(&scene.owner, &ticket, "status", json!({ "to": "closed", "text": "Never mind" })).await;
        scene.clock("2026-03-09T09:02:00Z");
        scene.does(&scene.owner, &ticket, "status", json!({ "to": "in_progress", "text": "It came back" })).await;
        assert_eq!(scene.seen(&ticket).await["status"], "in_progress");
        let path = format!("/api/v1/tickets/{ticket}/events");
        let kinds = |timeline: Value| -> Vec<String> {
            timeline["items"].as_array().unwrap().iter().map(|item| text(&item["kind"]).to_owned()).collect()
        };
        let theirs = scene.site.get(&scene.owner, &path).await;
        assert!(!theirs.text.contains("secret"), "{}", theirs.text);
        assert_eq!(kinds(theirs.expect(200)), ["status", "status"]);
        assert_eq!(kinds(scene.site.get(&scene.agent, &path).await.expect(200)), ["note", "status", "status"]);
    }
}

on_both! {
    under TERMS;
    async fn what_was_done_is_done_once_under_one_key_and_never_changes(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let ticket = scene.opened(json!({})).await;
        let path = format!("/api/v1/tickets/{ticket}/messages");
        let said = json!({ "text": "Once" });
        let first = scene.site.post_with_key(&scene.agent, &path, "k", &said).await.expect(201);
        scene.clock("2026-03-09T10:00:00Z");
        assert_eq!(scene.site.post_with_key(&scene.agent, &path, "k", &said).await.expect(201), first);
        let events = scene.site.get(&scene.owner, &format!("/api/v1/tickets/{ticket}/events")).await.expect(200);
        assert_eq!(events["items"].as_array().unwrap().len(), 1);
        for sql in ["UPDATE ticket_events SET text = 'x'", "DELETE FROM ticket_events"] {
            let said = story::run_raw(&scene.site.fixture.service.db, sql).await.unwrap_err().to_string();
            assert!(said.contains("ticket_events is append-only"), "{sql}: {said}");
        }
    }
}

on_both! {
    under TERMS;
    async fn the_list_begins_with_what_is_due_first(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let (low, high) = (scene.opened(json!({})).await, scene.high().await);
        let done = scene.opened(json!({ "impact": "down", "reach": "all" })).await;
        scene.does(&scene.agent, &done, "status", json!({ "to": "resolved" })).await;
        let ids = |list: &Value| -> Vec<String> {
            list["items"].as_array().unwrap().iter().map(|item| text(&item["id"]).to_owned()).collect()
        };
        let list = async |query: &str| scene.site.get(&scene.agent, &format!("/api/v1/tickets{query}")).await.expect(200);
        assert_eq!(ids(&list("").await), [high.clone(), low.clone()]);
        let page = list("?limit=1").await;
        let next = list(&format!("?limit=1&cursor={}", text(&page["next_cursor"]))).await;
        assert_eq!((ids(&page), ids(&next)), (vec![high.clone()], vec![low.clone()]));
        assert_eq!(next["next_cursor"], Value::Null);
        assert_eq!(ids(&list("?status=resolved").await), [done.as_str()]);
        assert_eq!(ids(&list("?status=all&priority=high").await), [done.clone(), high.clone()]);
        assert_eq!(ids(&list("?overdue=true").await), [""; 0]);
        scene.clock("2026-03-09T10:00:01Z");
        assert_eq!(ids(&list("?overdue=true").await), [high.as_str()]);
        scene.site.get(&scene.agent, "/api/v1/tickets?status=sleeping").await.problem(422, "invalid-field");
        let own = scene.site.get(&scene.owner, "/api/v1/tickets?status=all").await.expect(200);
        assert_eq!(ids(&own), [done, high.clone(), low], "a contact's own, the newest first");
        let by_number = scene.site.get(&scene.agent, "/api/v1/tickets/2").await.expect(200);
        assert_eq!(by_number["id"], json!(high));
    }
}

on_both! {
    under TERMS;
    async fn tickets_are_found_by_their_words_and_only_ones_own(fixture: Fixture) {
        let (other, _) = fixture.customer().await;
        let scene = Scene::new(fixture).await;
        let mine = scene.opened(json!({ "subject": "Cijferlijst leeg", "intake": { "where": "Rapporten" } })).await;
        let path = format!("/api/v1/customers/{other}/tickets");
        let body = json!({ "subject": "Cijferlijst van een ander", "description": "x", "kind": "question" });
        scene.site.post(&scene.agent, &path, &body).await.expect(201);
        let found = async |token: &str, query: &str| -> usize {
            let list = scene.site.get(token, &format!("/api/v1/tickets?status=all&q={query}")).await.expect(200);
            list["items"].as_array().unwrap().len()
        };
        assert_eq!(found(&scene.agent, "cijfer").await, 2);
        assert_eq!(found(&scene.agent, "CIJFERLIJST%20rapp").await, 1, "every word, or its beginning");
        assert_eq!(found(&scene.agent, "lijst").await, 0, "not the end of a word");
        assert_eq!(found(&scene.agent, "1").await, 1, "its number");
        assert_eq!((found(&scene.owner, "cijfer").await, found(&scene.owner, "ander").await), (1, 0));
        let stolen = format!("/api/v1/tickets?customer_id={other}&q=cijfer");
        scene.site.get(&scene.owner, &stolen).await.problem(404, "not-found");
        assert_eq!(scene.seen(&mine).await["subject"], "Cijferlijst leeg");
    }
}

on_both! {
    under TERMS;
    async fn lists_are_read_from_the_store(fixture: Fixture) {
        let (customer, owner) = fixture.customer().await;
        let ticket = fixture.ticket(customer, Some(owner), TicketKind::Question).await;
        let say = Handling::Say { text: "Hello".to_owned() };
        let act = Act::HandleTicket { ticket: ticket.id, handling: say };
        let Receipt::TicketEvent(event) = fixture.submit(Target::Ticket(ticket.id), act).await.unwrap() else { panic!() };
        let on = &mut fixture.service.db.reader().await.unwrap();
        let ids = |found: Vec<tickets::OnDesk>| found.into_iter().map(|row| row.ticket.id).collect::<Vec<TicketId>>();
        let (all, start) = (Filter::default(), (Due(Some(DateTime::UNIX_EPOCH)), 0));
        assert_eq!(ids(tickets::due(on, &all, start, 9).await.unwrap()), [ticket.id]);
        let after = (Due(None), ticket.number);
        assert_eq!(ids(tickets::due(on, &all, after, 9).await.unwrap()), [], "it is the last one");
        assert_eq!(ids(tickets::these(on, &[ticket.id], &all, 9).await.unwrap()), [ticket.id]);
        let closed = Filter { status: Some(Standing::At(TicketStatus::Closed)), ..Filter::default() };
        assert_eq!(ids(tickets::newest(on, &closed, i64::MAX, 9).await.unwrap()), []);
        let words = ["question".to_owned(), "how".to_owned()];
        assert_eq!(tickets::matching(on, &words, None, 9).await.unwrap(), [ticket.id]);
        assert_eq!(tickets::matching(on, &words, Some(customer), 9).await.unwrap(), [ticket.id]);
        assert_eq!(tickets::matching(on, &words, Some(fixture.clock.id()), 9).await.unwrap(), []);
        let happened = tickets::events(on, ticket.id, false, 9).await.unwrap();
        assert_eq!(happened.into_iter().map(|each| each.event).collect::<Vec<_>>(), [event]);
    }
}

on_both! {
    under TERMS;
    async fn a_ticket_of_the_store_is_the_ticket_of_the_decision(fixture: Fixture) {
        let (customer, _) = fixture.customer().await;
        let report = Report { impact: Some("down".to_owned()), reach: Some("all".to_owned()), data_leak: true, ..Report::default() };
        let Ok(Receipt::Ticket(opened)) = fixture.submit(Target::Customer(customer), Act::OpenTicket(report)).await else { panic!() };
        let wait = Handling::Move { to: TicketStatus::WaitingForCustomer, text: Some("Which?".to_owned()) };
        let act = Act::HandleTicket { ticket: opened.id, handling: wait };
        fixture.submit(Target::Ticket(opened.id), act).await.unwrap();
        let stored = tickets::get(&mut fixture.service.db.reader().await.unwrap(), opened.id).await.unwrap().unwrap();
        assert_eq!(stored.pauses.since(), Some(fixture.clock.now()));
        let as_opened = Ticket {
            status: TicketStatus::New,
            responded_at: None,
            pauses: Pauses::default(),
            due_at: Due(opened.promised(Measure::Response)),
            ..stored
        };
        assert_eq!(as_opened, opened);
    }
}

#[tokio::test]
async fn pol_1_the_clocks_follow_the_terms_of_the_receipt() {
    let later = TERMS.replace("within = \"1h\"", "within = \"2h\"").replace("2026-01-01", "2026-03-10");
    let fixture = Fixture::sqlite_under(&[TERMS.to_owned(), later]).await;
    let (customer, _) = fixture.customer().await;
    fixture.clock.set(at("2026-03-11T08:00:00Z"));
    let due = async |received: Option<&str>| {
        let report = Report {
            impact: Some("down".to_owned()),
            reach: Some("all".to_owned()),
            received_at: received.map(at),
            ..Report::default()
        };
        match fixture.submit(Target::Customer(customer), Act::OpenTicket(report)).await.unwrap() {
            Receipt::Ticket(ticket) => ticket.response_due_at.unwrap(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(due(Some("2026-03-09T09:00:00Z")).await, at("2026-03-09T10:00:00Z"), "one hour, under the old terms");
    assert_eq!(due(None).await, at("2026-03-11T10:00:00Z"), "two hours, under the new ones");
}
