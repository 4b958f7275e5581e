//! The OpenAPI document: reviewed as a whole, complete, and consistent with itself.

use crate::common::Fixture;
use crate::common::http::Site;
use serde_json::Value;

/// The paths that are promised.
const PROMISED: &[&str] = &[
    "POST /api/v1/customers",
    "GET /api/v1/customers",
    "GET /api/v1/customers/{id}",
    "POST /api/v1/customers/{id}/contacts",
    "GET /api/v1/customers/{id}/contacts",
    "DELETE /api/v1/customers/{id}/contacts/{contact_id}",
    "POST /api/v1/customers/{id}/cards",
    "GET /api/v1/invoices/{id}",
    "POST /api/v1/invoices/{id}/payments",
    "POST /api/v1/customers/{id}/tickets",
    "GET /api/v1/customers/{id}/tickets",
    "GET /api/v1/tickets/{id}",
    "GET /api/v1/coverage",
    "POST /api/v1/customers/{id}/coverage",
    "GET /api/v1/tickets/{id}/coverage",
    "POST /api/v1/tickets/{id}/coverage",
    "GET /api/v1/customers/{id}/urgent-add-on",
    "POST /api/v1/customers/{id}/urgent-add-on",
    "GET /api/v1/customers/{id}/agreed-work",
    "POST /api/v1/tickets/{id}/estimates",
    "GET /api/v1/estimates/{id}",
    "POST /api/v1/estimates/{id}/accept",
    "POST /api/v1/estimates/{id}/decline",
    "POST /api/v1/estimates/{id}/close",
    "POST /api/v1/tickets/{id}/time-entries",
    "POST /api/v1/time-entries/{id}/reverse",
    "POST /api/v1/time-entries/{id}/cover",
    "GET /api/v1/customers/{id}/balance",
    "GET /api/v1/customers/{id}/ledger",
    "GET /api/v1/availability",
    "GET /api/v1/availability/{month}",
    "POST /api/v1/availability/incidents",
    "GET /api/v1/availability/incidents",
    "GET /api/v1/policies/current",
    "GET /api/v1/policies",
    "GET /api/v1/policies/{version}",
    "POST /api/v1/policies/check",
    "POST /api/v1/policies",
    "GET /api/v1/openapi.json",
];

/// The document as it is served.
pub async fn document(site: &Site) -> Value {
    site.get("", "/api/v1/openapi.json").await.expect(200)
}

/// Every operation of the document, as `METHOD /path`, with what it says.
pub fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let each = paths.iter().flat_map(|(path, item)| {
        let item = item.as_object().unwrap();
        item.iter().map(move |(method, operation)| (format!("{} {path}", method.to_uppercase()), operation))
    });
    each.collect()
}

#[tokio::test]
async fn the_document_is_the_reviewed_one() {
    let site = Site::new(Fixture::sqlite().await);
    insta::assert_json_snapshot!("openapi", document(&site).await);
}

#[tokio::test]
async fn every_promised_path_is_in_it() {
    let site = Site::new(Fixture::sqlite().await);
    let document = document(&site).await;
    assert_eq!(document["openapi"], "3.1.0");
    let found: Vec<String> = operations(&document).into_iter().map(|(name, _)| name).collect();
    for path in PROMISED {
        assert!(path.ends_with("openapi.json") || found.iter().any(|name| name == path), "{path}");
    }
}

#[tokio::test]
async fn every_operation_tells_how_it_can_fail() {
    let site = Site::new(Fixture::sqlite().await);
    let document = document(&site).await;
    assert_eq!(document["security"][0]["token"], serde_json::json!([]));
    let mut ids = std::collections::BTreeSet::new();
    for (name, operation) in operations(&document) {
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{name} has a name of its own");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.contains_key("401") && responses.contains_key("503"), "{name}");
        assert_eq!(responses.contains_key("404"), name.contains('{'), "{name}");
        let key = operation["parameters"].to_string().contains("IdempotencyKey");
        assert_eq!(key, name.starts_with("POST"), "{name}");
        if name.starts_with("POST") {
            for status in ["400", "403", "409", "413", "422"] {
                assert!(responses.contains_key(status), "{name} {status}");
            }
        }
    }
}

#[tokio::test]
async fn every_reference_leads_somewhere() {
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let site = Site::new(Fixture::sqlite().await);
    let document = document(&site).await;
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 100);
    for reference in found {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
}

/// Two types of one name would overwrite each other in the document, without a word.
#[test]
fn no_two_types_of_the_document_share_a_name() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web/api");
    let mut names = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for (at, _) in text.match_indices("ToSchema)]\n") {
            let declared = text[at..].split(['{', '(']).nth(1).map_or("", |_| &text[at..]);
            let attributes = declared.split("pub ").next().unwrap();
            let renamed = attributes.split("schema(as = ").nth(1).and_then(|rest| rest.split(')').next());
            let own = declared.split("pub ").nth(1).and_then(|rest| rest.split_whitespace().nth(1));
            let name = renamed.or(own).unwrap_or_default();
            names.push(name.split(['<', '(', ';']).next().unwrap().to_owned());
        }
        let words = text.lines().filter(|line| line.starts_with("    ") && line.contains(": \""));
        names.extend(words.filter(|_| text.contains("words! {")).filter_map(|line| {
            let name = line.trim().split(':').next()?;
            name.starts_with(char::is_uppercase).then(|| name.to_owned())
        }));
    }
    let known = names.len();
    names.sort();
    let twice: Vec<_> = names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0].clone()).collect();
    assert_eq!(twice, [""; 0]);
    assert!(known > 60, "the scan found only {known}");
}
