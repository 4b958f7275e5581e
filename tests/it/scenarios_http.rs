//! The scenarios again, as a program meets them: JSON through the whole router, on both databases.
//!
//! Three things have no path in the API and go in by the service: what is due by a date (the job books it), a shortage
//! that is given away while the time is logged (a button of the agent's page), and a second version of the policy.

use crate::common::http::{Answer as Response, Site};
use crate::common::{AGENT, Fixture, day};
use crate::scenarios::{self, Answer, CardView, Facts, Move, No, Who, World, play_all};
use chrono::{DateTime, NaiveTime, Utc};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::HashMap;
use strippenkaart::domain::command::Receiving;
use strippenkaart::domain::{
    Account, Act, Actor, Balance, ContactId, CoverageId, CustomerId, Excess, Handling, Minutes, Report, Target,
    command::{Answer as Agreement, Ruling},
    estimate::AnswerVia,
};
use strippenkaart::service::{jobs, ledger::Failure, token};
use strippenkaart::store::{notices, users::StaffRole};
use tokio::runtime::Runtime;
use uuid::Uuid;

/// A provider behind its API.
struct Api {
    runtime: Runtime,
    site: Site,
    /// Of an administrator, who may all that agents and finance may.
    staff: String,
    /// The tokens of the contacts that were added.
    contacts: HashMap<ContactId, String>,
}

impl Api {
    fn new(runtime: Runtime, fixture: Fixture) -> Self {
        fixture.clock.set(day("2026-01-01").and_time(NaiveTime::MIN).and_utc());
        let site = Site::new(fixture);
        runtime.block_on(site.user("admin@provider.example", "The admin", Some(StaffRole::Admin)));
        let staff = token(&runtime, &site, "admin@provider.example");
        Self { runtime, site, staff, contacts: HashMap::new() }
    }

    fn get(&self, path: &str) -> Value {
        self.runtime.block_on(self.site.get(&self.staff, path)).expect(200)
    }

    /// What the API does not offer, through the door.
    fn submit(&self, target: Target, act: Act) -> Result<Answer, No> {
        let command = self.site.fixture.service.command(Actor::Staff(AGENT), None, target, act);
        match self.runtime.block_on(self.site.fixture.service.door.submit(command)) {
            Ok(receipt) => Ok(scenarios::answer(&receipt)),
            Err(Failure::Refused(refusal)) => Err(scenarios::no(&refusal)),
            Err(failure) => panic!("{failure}"),
        }
    }

    /// Everybody who is added can log in, with the one address per name that scenarios use.
    fn let_in(&mut self, contact: ContactId, email: &str) {
        self.runtime.block_on(self.site.token_of(contact, email));
        self.contacts.insert(contact, token(&self.runtime, &self.site, email));
    }
}

/// A token that works longer than any scenario lasts.
fn token(runtime: &Runtime, site: &Site, email: &str) -> String {
    runtime.block_on(site.fixture.service.create_token(email, token::MAX_DAYS)).unwrap()
}

impl World for Api {
    fn set_clock(&mut self, now: DateTime<Utc>) {
        self.site.fixture.clock.set(now);
    }

    fn ask(&mut self, who: Who, target: Target, act: Act) -> Result<Answer, No> {
        if matches!(act, Act::LogTime { excess: Excess::Goodwill, .. }) {
            return self.submit(target, act);
        }
        let (method, path, body) = request(target, &act);
        let token = match who {
            Who::Agent => &self.staff,
            Who::Contact(contact) => &self.contacts[&contact],
        };
        let response = self.runtime.block_on(self.site.raw(method, token, &path, None, body.to_string()));
        if !response.status.is_success() {
            return Err(refusal(response));
        }
        let body = if response.text.is_empty() { json!({ "id": Uuid::nil() }) } else { response.json() };
        let answer = Answer { id: read(&body["id"]), invoice: read(&body["invoice_id"]), facts: facts(&body) };
        if let Act::AddContact { email, .. } = &act {
            self.let_in(ContactId(answer.id), email);
        }
        Ok(answer)
    }

    fn settle(&mut self, _: CustomerId) {
        self.runtime.block_on(jobs::settle(&self.site.fixture.service)).unwrap();
    }

    fn totals(&mut self, customer: CustomerId) -> Balance {
        balance(&self.get(&format!("/api/v1/customers/{customer}/balance")))
    }

    fn cards(&mut self, customer: CustomerId) -> Vec<CardView> {
        let found = self.get(&format!("/api/v1/customers/{customer}/balance"));
        let cards = found["cards"].as_array().into_iter().flatten();
        cards
            .map(|card| CardView {
                id: read(&card["id"]),
                product: read(&card["product"]),
                status: read::<String>(&card["status"]).parse().unwrap(),
                granted: read(&card["granted_minutes"]),
                expires_on: read(&card["expires_on"]),
                converts_on: read(&card["converts_on"]),
                becomes: read(&card["converts_into_minutes"]),
                credit: read::<String>(&card["credit"]).parse().unwrap(),
                balance: balance(card),
            })
            .collect()
    }

    fn told(&mut self, customer: CustomerId) -> Vec<String> {
        // The API tells of the last two months, and a scenario may last years.
        let db = &self.site.fixture.service.db;
        let since = async { notices::since(&mut db.reader().await?, customer, DateTime::UNIX_EPOCH, 1000).await };
        let mut told = self.runtime.block_on(since).unwrap();
        told.reverse();
        told.iter().map(|notice| notice.kind.to_string()).collect()
    }

    fn movements(&mut self, customer: CustomerId) -> Vec<Move> {
        let (mut lines, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("/api/v1/customers/{customer}/ledger?limit=200{cursor}"));
            lines.extend(page["items"].as_array().unwrap().iter().map(line));
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        lines.reverse();
        lines
    }
}

/// The method, path and body that ask for an act.
fn request(target: Target, act: &Act) -> (&'static str, String, Value) {
    let path = match target {
        Target::Customer(id) => format!("/api/v1/customers/{id}"),
        Target::Ticket(id) => format!("/api/v1/tickets/{id}"),
        Target::Estimate(id) => format!("/api/v1/estimates/{id}"),
        Target::TimeEntry(id) => format!("/api/v1/time-entries/{id}"),
        Target::Invoice(id) => format!("/api/v1/invoices/{id}"),
        other => unreachable!("no scenario names {other:?}"),
    };
    let (last, body) = match act {
        Act::CreateCustomer { .. } => return ("POST", "/api/v1/customers".to_owned(), of_customer(act)),
        Act::RemoveContact(contact) => return ("DELETE", format!("{path}/contacts/{contact}"), json!({})),
        Act::AddContact { .. } => ("contacts", of_contact(act)),
        Act::AddInstallation { name } => ("installations", json!({ "name": name })),
        Act::RemoveInstallation(id) => return ("DELETE", format!("{path}/installations/{id}"), json!({})),
        Act::GiveConsent => ("renewal", json!({})),
        Act::WithdrawConsent => return ("DELETE", format!("{path}/renewal"), json!({})),
        Act::OrderCard { product, installation, renew, .. } => {
            ("cards", json!({ "product": product, "installation_id": installation, "auto_renew": renew }))
        }
        Act::RecordPayment(Receiving { amount, paid_on, method, .. }) => {
            ("payments", json!({ "amount": amount.to_string(), "paid_on": paid_on, "method": method }))
        }
        Act::OpenTicket(report) => ("tickets", of_report(report)),
        Act::HandleTicket { handling, .. } => of_handling(handling),
        Act::DecideCoverage { replaces, ruling, .. } => ("coverage", of_ruling(*replaces, ruling)),
        Act::EndContract { last_day } => ("contract-end", json!({ "last_day": last_day })),
        Act::RecordConversation { outcome, starts_on, note } => {
            ("fair-use/conversations", json!({ "outcome": outcome, "starts_on": starts_on, "note": note }))
        }
        Act::RecordAddOn { since, until } => ("urgent-add-on", json!({ "since": since, "until": until })),
        Act::InvoiceEntry { contact, hourly_rate, reason, .. } => {
            let rate = hourly_rate.map(|rate| rate.to_string());
            ("cover", json!({ "by": "invoice", "contact_id": contact, "hourly_rate": rate, "reason": reason }))
        }
        Act::ProposeEstimate { minutes, description, answer_by, work_until, .. } => (
            "estimates",
            json!({ "minutes": minutes, "description": description, "answer_by": answer_by, "work_until": work_until }),
        ),
        Act::AcceptEstimate { answer, .. } => ("accept", of_agreement(answer)),
        Act::DeclineEstimate { contact, .. } => ("decline", json!({ "contact_id": contact })),
        Act::CloseEstimate(_) => ("close", json!({})),
        Act::LogTime { .. } => ("time-entries", of_time(act)),
        Act::ReverseEntry { reason, .. } => ("reverse", json!({ "reason": reason })),
        Act::CoverEntry { by_card: Some(contact), reason, .. } => {
            ("cover", json!({ "by": "card", "contact_id": contact, "reason": reason }))
        }
        Act::CoverEntry { reason, .. } => ("cover", json!({ "by": "goodwill", "reason": reason })),
        other => unreachable!("no scenario asks {}", other.name()),
    };
    ("POST", format!("{path}/{last}"), body)
}

fn of_ruling(replaces: CoverageId, ruling: &Ruling) -> Value {
    let none = || "none".to_owned();
    let mut body = json!({
        "replaces": replaces, "cover": ruling.cover, "kind": ruling.kind, "agreed_by": ruling.agreed_by,
        "hourly_rate": ruling.hourly_rate.map(|rate| rate.to_string()), "reason": ruling.reason,
        "reverse_entries": ruling.reverse_entries,
    });
    if let Some(topic) = &ruling.topic {
        body["topic"] = topic.clone().unwrap_or_else(none).into();
    }
    if let Some(urgency) = &ruling.urgency {
        body["urgency"] = urgency.as_ref().map_or_else(none, ToString::to_string).into();
    }
    body
}

fn of_customer(act: &Act) -> Value {
    let Act::CreateCustomer { name, email, locale, contract_start, imported, .. } = act else { unreachable!() };
    json!({ "name": name, "email": email, "locale": locale, "contract_start": contract_start, "imported": imported })
}

fn of_report(report: &Report) -> Value {
    json!({
        "subject": report.subject, "description": report.description, "requester_id": report.requester,
        "kind": report.kind, "channel": report.channel, "installation_id": report.installation,
        "impact": report.impact, "reach": report.reach, "received_at": report.received_at,
        "data_leak": report.data_leak, "topic": report.topic, "urgency": report.urgency.as_ref().map(ToString::to_string),
    })
}

fn of_handling(handling: &Handling) -> (&'static str, Value) {
    match handling {
        Handling::Acknowledge { text } => ("acknowledge", json!({ "text": text })),
        Handling::Say { text } => ("messages", json!({ "text": text })),
        Handling::Note { text } => ("notes", json!({ "text": text })),
        Handling::Move { to, text } => ("status", json!({ "to": to, "text": text })),
        Handling::Prioritise { priority, reason } => ("priority", json!({ "priority": priority, "reason": reason })),
        Handling::Stall { text } => ("stalled", json!({ "text": text })),
        Handling::Explain { measure, reason, expected_at } => {
            ("explanations", json!({ "measure": measure, "reason": reason, "expected_at": expected_at }))
        }
    }
}

fn of_contact(act: &Act) -> Value {
    let Act::AddContact { name, email, role, ceiling, valid_from, valid_until, asked_by, asked_via } = act else {
        unreachable!()
    };
    json!({
        "name": name, "email": email, "role": role, "ceiling_minutes": ceiling, "valid_from": valid_from,
        "valid_until": valid_until, "asked_by": asked_by, "asked_via": asked_via,
    })
}

/// A contact agrees for itself; an agent says who told it.
fn of_agreement(answer: &Agreement) -> Value {
    match answer.via {
        AnswerVia::Online => json!({}),
        via => json!({
            "contact_id": answer.contact, "channel": via, "note": answer.note, "agreed_at": answer.at,
        }),
    }
}

fn of_time(act: &Act) -> Value {
    let Act::LogTime { worked, worked_on, description, estimate, started_at, surcharges, excess, .. } = act else {
        unreachable!()
    };
    let mut body = json!({
        "worked_minutes": worked, "worked_on": worked_on, "description": description, "estimate_id": estimate,
        "started_at": started_at, "surcharges": surcharges,
    });
    if *excess == Excess::Uncovered {
        body["uncovered"] = true.into();
    }
    body
}

/// A problem+json as a scenario knows it.
fn refusal(response: Response) -> No {
    let status = response.status.as_u16();
    let mut body = response.json();
    let why = body["type"].as_str().and_then(|kind| kind.strip_prefix("/problems/")).unwrap().to_owned();
    body = response.problem(status, &why);
    if let Some(estimate) = body.as_object_mut().unwrap().remove("estimate_status") {
        body["status"] = estimate;
    }
    let mut facts = facts(&body);
    let pointer = body["errors"][0]["pointer"].as_str();
    facts.extend(pointer.map(|pointer| ("field".to_owned(), pointer.trim_start_matches('/').to_owned())));
    No { why, facts }
}

/// The members of an answer; minutes as a scenario writes them.
fn facts(body: &Value) -> Facts {
    let members = body.as_object().into_iter().flatten();
    let facts = members.filter_map(|(name, value)| match (name.as_str(), value) {
        ("minutes", minutes) => Some((name.clone(), read::<Minutes>(minutes).to_string())),
        (_, Value::String(text)) => Some((name.clone(), text.clone())),
        ("urgency" | "hourly_rate", Value::Null) => Some((name.clone(), "none".to_owned())),
        ("reversed", Value::Array(entries)) => Some((name.clone(), entries.len().to_string())),
        (_, Value::Number(number)) => Some(match name.strip_suffix("_minutes") {
            Some(name) => (name.to_owned(), read::<Minutes>(value).to_string()),
            None => (name.clone(), number.to_string()),
        }),
        _ => None,
    });
    facts.collect()
}

fn balance(of: &Value) -> Balance {
    let mut found = Balance::default();
    for account in Account::ALL {
        if let Some(figure) = found.account(*account) {
            // A provider without cards has no figures of cards.
            *figure = read::<Option<Minutes>>(&of[format!("{account}_minutes")]).unwrap_or_default();
        }
    }
    found
}

fn line(of: &Value) -> Move {
    Move {
        from: read(&of["from"]),
        to: read(&of["to"]),
        card: read(&of["card_id"]),
        minutes: read(&of["minutes"]),
        basis: read(&of["basis"]),
    }
}

#[track_caller]
fn read<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{value}: {error}"))
}

mod every_scenario_holds_over_http {
    use super::*;

    fn play_on(fixture: impl AsyncFn(&[String]) -> Fixture + Sync) {
        play_all(|versions| {
            let runtime = Runtime::new().unwrap();
            let fixture = runtime.block_on(fixture(versions));
            Api::new(runtime, fixture)
        });
    }

    #[test]
    fn sqlite() {
        play_on(async |versions| Fixture::sqlite_under(versions).await);
    }

    #[test]
    #[cfg_attr(no_postgres, ignore = "initdb not found")]
    fn postgres() {
        play_on(async |versions| Fixture::postgres_under(versions).await);
    }
}
