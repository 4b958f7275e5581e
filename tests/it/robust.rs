//! Whatever is sent to any path of the OpenAPI document, the API answers as it promised: with a status that the document
//! names, never with a fault of its own, and every error as a problem+json. Afterwards the ledger still verifies.

use crate::common::http::{Answer, Site, text};
use crate::common::on_both;
use axum::body::Body;
use axum::http::{Request, header};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::{Union, ValueTree as _};
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use strippenkaart::service::Error;
use strippenkaart::service::verify::verify;
use strippenkaart::store::users::StaffRole;

/// How many requests are sent to each database.
const REQUESTS: usize = 10_000;

/// One way to call the API, as the document describes it.
struct Operation {
    method: String,
    path: String,
    /// Of its query.
    parameters: Vec<String>,
    /// Of its body.
    schema: Option<Value>,
    /// The statuses that it may answer with.
    statuses: Vec<String>,
}

/// What is sent.
#[derive(Clone, Debug)]
struct Sent {
    ids: Vec<String>,
    query: Vec<(String, String)>,
    body: Vec<u8>,
    token: String,
    key: Option<String>,
}

/// Things that exist, by the word of the path that leads to them.
type Known = BTreeMap<&'static str, String>;

fn operations(document: &Value) -> Vec<Operation> {
    let of_path = |(path, item): (&String, &Value)| {
        let each = item.as_object().unwrap().iter();
        let of_method = each.map(|(method, operation)| {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let in_query = parameters.filter(|parameter| parameter["in"] == "query");
            let content = &operation["requestBody"]["content"]["application/json"];
            Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                parameters: in_query.map(|parameter| text(&parameter["name"]).to_owned()).collect(),
                schema: content.get("schema").map(|schema| resolved(schema, document)),
                statuses: operation["responses"].as_object().unwrap().keys().cloned().collect(),
            }
        });
        of_method.collect::<Vec<_>>()
    };
    document["paths"].as_object().unwrap().iter().flat_map(of_path).collect()
}

/// A schema without references.
fn resolved(schema: &Value, document: &Value) -> Value {
    match schema {
        Value::Object(members) => match members.get("$ref").and_then(Value::as_str) {
            Some(reference) => resolved(document.pointer(reference.trim_start_matches('#')).unwrap(), document),
            None => members.iter().map(|(name, member)| (name.clone(), resolved(member, document))).collect(),
        },
        Value::Array(items) => items.iter().map(|item| resolved(item, document)).collect(),
        plain => plain.clone(),
    }
}

/// One of some words.
fn one_of(words: &'static str) -> BoxedStrategy<String> {
    select(words.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).boxed()
}

/// Texts that have broken something somewhere.
fn texts() -> BoxedStrategy<String> {
    const LETTERS: &[&str] = &["", " ", "\0", "a\0b", "\u{1b}[31m", "\u{202e}", "\u{feff}", "é", "🧾"];
    let letters = select(LETTERS).prop_map(str::to_owned);
    let words = one_of(
        "' \";-- % _ \\ {} null ../.. %00 0 -1 1e9 jo@school.example JO@SCHOOL.EXAMPLE a@b 10h welcome true undefined",
    );
    let long = select(&[200, 201, 4_001][..]).prop_map(|length| "x".repeat(length));
    prop_oneof![20 => "[a-z]{3,9}", 2 => letters, 2 => words, 1 => long, 3 => ".{0,12}"].boxed()
}

fn days() -> BoxedStrategy<String> {
    one_of(
        "2026-03-09 2026-03-08 2026-12-31 2025-01-01 0000-01-01 9999-12-31 +12026-01-01 2026-02-30 2026-3-9 -0001-01-01 \
         262142-12-31 2026-03-09T00:00:00Z",
    )
}

fn instants() -> BoxedStrategy<String> {
    one_of(
        "2026-03-09T09:00:00Z 2026-03-08T23:59:60Z 0000-01-01T00:00:00Z 9999-12-31T23:59:59Z 2026-03-09T09:00:00 \
         2026-03-09T09:00:00+23:59 -262143-01-01T00:00:00Z +262142-12-31T23:59:59-23:59 0001-01-01T00:00:00+14:00 \
         1600-01-01T00:00:00.123456789Z 2026-13-01T00:00:00Z",
    )
}

fn amounts() -> BoxedStrategy<String> {
    one_of(
        "968.00 0.01 0 0.00 -1.00 1e3 92233720368547758.07 92233720368547758.08 99999999999999999999 1.005 1,00 NaN . \
         -0.00 +1 79228162514264337593543950335",
    )
}

fn numbers() -> BoxedStrategy<Value> {
    const EDGES: &[i64] = &[0, 1, -1, 14, 15, 60, 1_440, 1_441, 600_000, 600_001, i64::MAX, i64::MIN, i64::MAX - 14];
    let edges = select(EDGES).prop_map(Value::from);
    prop_oneof![8 => Just(json!(15)), 8 => edges, 1 => Just(json!(u64::MAX)), 1 => Just(json!(1.5)), 1 => Just(json!("15"))].boxed()
}

/// Any JSON at all.
fn anything() -> BoxedStrategy<Value> {
    let leaf =
        prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), numbers(), texts().prop_map(Value::from),];
    let nested = leaf.prop_recursive(3, 12, 4, |inner| {
        let members = prop::collection::btree_map(texts(), inner.clone(), 0..4);
        let object = members.prop_map(|members| members.into_iter().collect::<Map<_, _>>().into());
        prop_oneof![prop::collection::vec(inner, 0..4).prop_map(Value::from), object]
    });
    nested.boxed()
}

/// Ids of the right kind, of another kind, of nothing, and no ids.
fn ids(right: Option<String>, known: &Known) -> BoxedStrategy<String> {
    let right = right.unwrap_or_else(|| known["customers"].clone());
    // Not those that only bodies name: the owner stays.
    let others = known.iter().filter(|(name, _)| !name.contains('_')).map(|(_, id)| id.clone()).collect::<Vec<_>>();
    let nothing = any::<u128>().prop_map(|id| uuid::Uuid::from_u128(id).to_string());
    prop_oneof![6 => Just(right), 2 => select(others), 1 => nothing, 1 => texts()].boxed()
}

/// A value such as the schema describes, more or less.
fn shaped(name: &str, schema: &Value, known: &Known) -> BoxedStrategy<Value> {
    let choices = ["oneOf", "anyOf", "allOf"].iter().find_map(|word| schema[*word].as_array());
    let kind =
        |word: &str| schema["type"] == word || schema["type"].as_array().is_some_and(|all| all.contains(&word.into()));
    let strategy = if let Some(choices) = choices {
        Union::new(choices.iter().filter(|choice| choice["type"] != "null").map(|choice| shaped(name, choice, known)))
            .boxed()
    } else if let Some(words) = schema["enum"].as_array() {
        select(words.clone()).boxed()
    } else if let Some(properties) = schema["properties"].as_object() {
        object(properties, schema["required"].as_array().map_or(&[], Vec::as_slice), known)
    } else if kind("integer") {
        numbers()
    } else if kind("boolean") {
        prop::bool::weighted(0.8).prop_map(Value::from).boxed()
    } else if kind("object") {
        Just(json!({})).boxed()
    } else {
        let texts = match (schema["format"].as_str(), name) {
            (Some("date"), _) => mostly("2026-03-09", days()),
            (Some("date-time"), "expected_at") => mostly("2026-04-01T08:00:00Z", instants()),
            (Some("date-time"), _) => mostly("2026-03-09T08:00:00Z", instants()),
            (Some("uuid"), name) => ids(known.get(name).cloned(), known),
            (Some("email"), _) => prop_oneof![4 => "[a-z]{5}@oak\\.example", 1 => texts()].boxed(),
            (_, "amount" | "monthly_amount") => mostly("1.00", amounts()),
            // The text of a policy or of a message.
            (_, "text") => prop_oneof![mostly(&crate::access::policy(), texts()), mostly("Hello", texts())].boxed(),
            (_, "product") => mostly("10h", texts()),
            (_, "priority") => prop_oneof![mostly("normal", texts()), mostly("high", texts())].boxed(),
            _ => texts(),
        };
        texts.prop_map(Value::from).boxed()
    };
    prop_oneof![40 => strategy, 1 => anything()].boxed()
}

/// Mostly the one that will do.
fn mostly(usual: &str, other: BoxedStrategy<String>) -> BoxedStrategy<String> {
    prop_oneof![4 => Just(usual.to_owned()), 1 => other].boxed()
}

/// An object with most of what must be there, and much, some or little of the rest; each member mostly right.
fn object(properties: &Map<String, Value>, required: &[Value], known: &Known) -> BoxedStrategy<Value> {
    let members = |often: f64| {
        let members = properties.iter().map(|(name, schema)| {
            let often = if required.contains(&name.as_str().into()) { 0.98 } else { often };
            (Just(name.clone()), prop::option::weighted(often, shaped(name, schema, known)))
        });
        members.collect::<Vec<_>>()
    };
    let extra = prop::option::weighted(0.05, (texts(), anything()));
    let all = (Union::new([0.95, 0.4, 0.05].map(members)), extra);
    all.prop_map(|(members, extra)| {
        let given = members.into_iter().filter_map(|(name, value)| Some((name, value?)));
        given.chain(extra).collect::<Map<_, _>>().into()
    })
    .boxed()
}

fn bodies(schema: Option<&Value>, known: &Known) -> BoxedStrategy<Vec<u8>> {
    let described = schema.map_or(Just(json!({})).boxed(), |schema| shaped("", schema, known));
    let described = described.prop_map(|body| body.to_string().into_bytes());
    let other = anything().prop_map(|body| body.to_string().into_bytes());
    let bytes = prop::collection::vec(any::<u8>(), 0..20);
    let deep = Just("[".repeat(60_000).into_bytes());
    let duplicate = Just(br#"{"name":"a","name":"b","reason":"c","reason":"d"}"#.to_vec());
    let huge = Just(vec![b' '; 64 * 1024 + 1]);
    prop_oneof![24 => described, 2 => other, 2 => bytes, 1 => duplicate, 1 => deep, 1 => huge].boxed()
}

fn queries(parameters: &[String]) -> BoxedStrategy<Vec<(String, String)>> {
    let names: Vec<String> = parameters.iter().cloned().chain(["other".to_owned()]).collect();
    let cursors = one_of("MQ MS4x LTE OTk5OTk5OTk5OTk5OTk5OTk5OTk OTIyMzM3MjAzNjg1NDc3NTgwNy4x AA !");
    let numbers = one_of("0 1 200 201 -1 9223372036854775808");
    let values = prop_oneof![texts(), days(), instants(), cursors, numbers];
    let last = parameters.len();
    let known = (0..=last).prop_map(move |at| names[at].clone());
    prop::collection::vec((known, values), 0..3).boxed()
}

/// A request to one operation.
fn requests(operation: &Operation, known: &Known, tokens: &[String]) -> BoxedStrategy<Sent> {
    let mut before = "";
    let mut named = Vec::new();
    for part in operation.path.split('/') {
        if part.starts_with('{') {
            named.push(ids(known.get(before).cloned(), known));
        }
        before = part;
    }
    let keys = prop_oneof![6 => Just(None), 1 => "[ -~]{1,3}".prop_map(Some), 1 => texts().prop_map(Some)];
    let tokens = prop_oneof![4 => Just(tokens[0].clone()), 4 => select(tokens.to_vec()), 1 => texts()];
    (named, queries(&operation.parameters), bodies(operation.schema.as_ref(), known), tokens, keys)
        .prop_map(|(ids, query, body, token, key)| Sent { ids, query, body, token, key })
        .boxed()
}

/// Letters and digits as they are, each other byte as `%XX`.
fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(escape).collect()
}

/// The request itself; `None` where HTTP has no way to say it.
fn written(operation: &Operation, sent: &Sent) -> Option<Request<Body>> {
    let mut ids = sent.ids.iter();
    let part = |part: &str| if part.starts_with('{') { escaped(ids.next().unwrap()) } else { part.to_owned() };
    let mut path = operation.path.split('/').map(part).collect::<Vec<_>>().join("/");
    let query: Vec<String> = sent.query.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
    if !query.is_empty() {
        path = format!("{path}?{}", query.join("&"));
    }
    let mut request = Request::builder().method(operation.method.as_str()).uri(path);
    if !sent.token.is_empty() {
        request = request.header(header::AUTHORIZATION, format!("Bearer {}", sent.token).into_bytes());
    }
    if let Some(key) = &sent.key {
        request = request.header("idempotency-key", key.as_bytes());
    }
    let body = if operation.method == "GET" { Vec::new() } else { sent.body.clone() };
    request.body(body.into()).ok()
}

/// What every answer must be.
fn check(operation: &Operation, sent: &Sent, answer: &Answer) -> Result<(), TestCaseError> {
    let status = answer.status.as_u16();
    let about = || format!("{} {}: {status} {}", operation.method, operation.path, answer.text);
    prop_assert!(status < 500, "a fault of ours: {}", about());
    // An empty id makes another path.
    let same_path = sent.ids.iter().all(|id| !id.is_empty());
    prop_assert!(!same_path || operation.statuses.contains(&status.to_string()), "not in the document: {}", about());
    if status < 400 {
        let file = answer.headers.contains_key(header::CONTENT_DISPOSITION);
        let is_json = || serde_json::from_str::<Value>(&answer.text).is_ok();
        prop_assert!(status == 204 || file || is_json(), "{}", about());
        return Ok(());
    }
    prop_assert_eq!(&answer.headers[header::CONTENT_TYPE], "application/problem+json", "{}", about());
    let body: Value = serde_json::from_str(&answer.text).unwrap_or_default();
    let kind = body["type"].as_str().unwrap_or_default();
    prop_assert!(kind.starts_with("/problems/") && body["status"] == status, "{}", about());
    prop_assert!(body["title"].is_string() && body["detail"].is_string(), "{}", about());
    Ok(())
}

/// A customer with one of everything, and the tokens of its owner and its viewer.
async fn furnish(site: &Site, admin: &str, number: usize) -> (Known, [String; 2]) {
    let mut known = Known::new();
    let post = async |path: &str, body: Value| site.post(admin, path, &body).await.expect(201);
    let id = |made: &Value| text(&made["id"]).to_owned();
    let customer =
        post("/api/v1/customers", json!({ "name": format!("Oak {number}"), "email": "office@oak.example" })).await;
    let of_customer = format!("/api/v1/customers/{}", id(&customer));
    let owner = json!({ "name": "Jo", "email": "jo@oak.example", "role": "owner" });
    let owner = post(&format!("{of_customer}/contacts"), owner).await;
    let viewer = json!({ "name": "Kim", "email": "kim@oak.example", "role": "viewer" });
    let viewer = post(&format!("{of_customer}/contacts"), viewer).await;
    let card = post(&format!("{of_customer}/cards"), json!({ "product": "10h" })).await;
    // So long ago that there is something to explain.
    let received = "2026-02-02T09:00:00Z";
    let ticket = json!({ "subject": "Backup", "description": "How?", "kind": "question", "received_at": received });
    let ticket = post(&format!("{of_customer}/tickets"), ticket).await;
    let of_ticket = format!("/api/v1/tickets/{}", id(&ticket));
    let estimate = post(&format!("{of_ticket}/estimates"), json!({ "minutes": 60, "description": "Help" })).await;
    let agreed = post(&format!("{of_ticket}/estimates"), json!({ "minutes": 90, "description": "Work" })).await;
    let agreement = json!({ "contact_id": owner["id"], "channel": "phone", "note": "said so" });
    site.post(admin, &format!("/api/v1/estimates/{}/accept", id(&agreed)), &agreement).await.expect(200);
    // Two of them, so that no ticket is about one unasked.
    post(&format!("{of_customer}/installations"), json!({ "name": "elm.example" })).await;
    let place = post(&format!("{of_customer}/installations"), json!({ "name": "oak.example" })).await;
    let work = json!({ "worked_minutes": 120, "description": "Helped", "uncovered": true });
    let entry = post(&format!("{of_ticket}/time-entries"), work).await;
    known.insert("customers", id(&customer));
    known.insert("contacts", id(&viewer));
    known.insert("contact_id", id(&owner));
    known.insert("availability", "2026-03".to_owned());
    known.insert("policies", "1".to_owned());
    known.insert("requester_id", id(&owner));
    known.insert("installations", id(&place));
    known.insert("installation_id", id(&place));
    known.insert("invoices", text(&card["invoice_id"]).to_owned());
    known.insert("tickets", id(&ticket));
    known.insert("replaces", text(&ticket["coverage_id"]).to_owned());
    known.insert("estimates", id(&estimate));
    known.insert("estimate_id", id(&agreed));
    known.insert("time-entries", id(&entry));
    let jo = site.token_of(crate::common::http::id(&owner), "jo@oak.example").await;
    let kim = site.token_of(crate::common::http::id(&viewer), "kim@oak.example").await;
    (known, [jo, kim])
}

/// What was made last is what is asked about next; the customer stays.
fn learn(known: &mut Known, operation: &Operation, answer: &Answer) {
    let made = operation.path.rsplit('/').next().unwrap();
    let place = known.get_mut(made).filter(|_| answer.status == 201 && made != "customers");
    if let Some(id) = place {
        *id = answer.json()["id"].as_str().unwrap_or(id).to_owned();
    }
}

on_both! {
    under crate::access::policy();
    async fn no_request_upsets_the_api(fixture: Fixture) {
        let site = Site::new(fixture);
        let admin = site.staff(StaffRole::Admin).await;
        let document = site.get("", "/api/v1/openapi.json").await.expect(200);
        let operations = operations(&document);
        let finance = site.staff(StaffRole::Finance).await;
        let (mut known, mut tokens) = (Known::new(), Vec::new());
        let mut runner = TestRunner::deterministic();
        let mut done: BTreeMap<usize, BTreeMap<u16, usize>> = BTreeMap::new();
        for number in 0..REQUESTS {
            if number % 50 == 0 {
                let (fresh, [owner, viewer]) = furnish(&site, &admin, number).await;
                known = fresh;
                tokens = vec![admin.clone(), owner, viewer, finance.clone(), String::new()];
            }
            let at = (0..operations.len()).new_tree(&mut runner).unwrap().current();
            let operation = &operations[at];
            let sent = requests(operation, &known, &tokens).new_tree(&mut runner).unwrap().current();
            let Some(request) = written(operation, &sent) else { continue };
            let answer = site.send(request).await;
            if let Err(wrong) = check(operation, &sent, &answer) {
                panic!("{wrong}\n{:?} {:?} {:?}\n{}", sent.ids, sent.query, sent.key, String::from_utf8_lossy(&sent.body));
            }
            learn(&mut known, operation, &answer);
            *done.entry(at).or_default().entry(answer.status.as_u16()).or_default() += 1;
        }
        // A file of the bank is no JSON; most that moves money needs a debt, a mandate or a file that is not there by chance,
        // and work needs what was agreed: `access` gets each of them to succeed, on both databases.
        let money = [
            "bank/", "refunds", "collections", "arrears", "invoice-lines", "erase-line", "mandates", "repayments", "exports",
            "reversals/", "issue", "credit", "set-off", "months/", "reverse", "reminders", "ubl", "time-entries",
            "payments", "accept",
        ];
        let elsewhere = |path: &str| money.iter().any(|part| path.contains(part));
        let only_refused: Vec<String> = operations
            .iter()
            .zip(0..)
            .filter(|(operation, at)| !elsewhere(&operation.path) && !done[at].keys().any(|status| *status < 300))
            .map(|(operation, at)| format!("{} {} {:?}", operation.method, operation.path, done[&at]))
            .collect();
        assert!(only_refused.is_empty(), "only ever refused: {only_refused:#?}");
        verify(&site.fixture.service.db, |_, _| {}).await.unwrap();
    }
}

on_both! {
    /// PostgreSQL keeps no NUL in a text, and SQLite's LIKE no long pattern.
    async fn what_the_database_cannot_look_for_is_not_found(fixture: Fixture) {
        let site = Site::new(fixture);
        let admin = site.staff(StaffRole::Admin).await;
        site.post(&admin, "/api/v1/customers", &json!({ "name": "x", "email": "x@x.example" })).await.expect(201);
        for query in ["%00".to_owned(), "x%00".to_owned(), "x".repeat(60_000)] {
            let found = site.get(&admin, &format!("/api/v1/customers?query={query}")).await.expect(200);
            assert_eq!(found["items"], json!([]), "{query}");
        }
        for email in ["x\0@x.example", "\0"] {
            let login = site.fixture.service.log_in(email, "a password".to_owned(), IpAddr::from(Ipv4Addr::LOCALHOST)).await;
            assert_eq!(login.unwrap_err(), Error::Unauthenticated);
        }
    }
}
