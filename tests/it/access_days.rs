//! Authority over time (SPEND-1a, SPEND-6, A1): every operation is tried by persons whose authorisation begins later, is over, or
//! ends today, by a deputy, and by somebody who was removed. What each may follows from the table of `access.rs`.

use crate::access::{PEOPLE, Scene, TABLE, may, policy};
use crate::common::http::{Site, id, text};
use crate::common::on_both;
use crate::openapi::{document, operations};
use chrono::TimeDelta;
use serde_json::{Value, json};
use strippenkaart::domain::{ContactId, Role};
use strippenkaart::service::Error;
use strippenkaart::service::access::Request;
use strippenkaart::service::cards::Order;

/// Who, as whom of the table in force, and as whom outside the days of the authorisation.
pub const PERSONS: [(&str, &str, Option<&str>); 6] = [
    ("owner whose term is over", "owner", Some("viewer")),
    ("owner whose term begins later", "owner", Some("viewer")),
    ("spender whose term is over", "spender", Some("viewer")),
    ("owner whose term ends today", "owner", None),
    ("deputy made by the owner", "owner", None),
    ("owner who was removed", "owner", Some("other")),
];

pub fn column(person: &str) -> usize {
    PEOPLE.iter().position(|name| *name == person).unwrap()
}

async fn added(site: &Site, by: &str, customer: &str, person: Value) -> Value {
    site.post(by, &format!("/api/v1/customers/{customer}/contacts"), &person).await.expect(201)
}

/// A token for each of [`PERSONS`], three days after the scene.
pub async fn tokens(scene: &Scene) -> Vec<String> {
    let (site, owner) = (&scene.site, &scene.tokens[column("owner")]);
    let terms = [
        ("owner", None, Some("2026-03-10")),
        ("owner", Some("2026-09-25"), None),
        ("spender", None, Some("2026-03-10")),
        ("owner", None, Some("2026-03-12")),
        ("owner", None, Some("2026-03-20")),
        ("owner", None, None),
    ];
    let mut tokens = Vec::new();
    for (number, (role, from, until)) in terms.into_iter().enumerate() {
        let email = format!("days{number}@example.org");
        let person = json!({ "name": email, "email": email, "role": role, "valid_from": from, "valid_until": until });
        let contact = added(site, owner, &scene.customer, person).await;
        tokens.push(site.token_of(id(&contact), &email).await);
        if number == 5 {
            let path = format!("/api/v1/customers/{}/contacts/{}", scene.customer, text(&contact["id"]));
            site.delete(owner, &path).await.expect(204);
        }
    }
    site.fixture.clock.set(site.fixture.clock.now() + TimeDelta::days(3));
    tokens
}

on_both! {
    under policy();
    async fn spend_1a_every_operation_asks_whether_the_authorisation_holds_today(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let tokens = tokens(&scene).await;
        let before = scene.state().await;
        let mut denied = 0;
        let document = document(&scene.site).await;
        let all = operations(&document);
        for (operation, _) in &all {
            let (_, row) = TABLE.iter().find(|(name, _)| name == operation).expect(operation);
            for ((name, role, outside), token) in PERSONS.iter().zip(&tokens) {
                let (usual, now) = (may(row, column(role)), may(row, column(outside.unwrap_or(role))));
                let expected = match (usual, now) {
                    (_, "y") => continue,
                    (_, "h") => (404, "not-found"),
                    ("y", _) => (403, "not-authorised-today"),
                    _ => (403, "forbidden"),
                };
                let answer = scene.try_as(operation, token, role, None).await;
                assert_eq!(answer.status.as_u16(), expected.0, "{operation} {name}: {}", answer.text);
                answer.problem(expected.0, expected.1);
                denied += 1;
            }
        }
        assert!(denied > 300, "{denied}");
        assert_eq!(scene.state().await, before, "who may not today, changes nothing");
        for (operation, _) in &all {
            let (_, row) = TABLE.iter().find(|(name, _)| name == operation).expect(operation);
            for ((name, role, outside), token) in PERSONS.iter().zip(&tokens) {
                if may(row, column(outside.unwrap_or(role))) != "y" {
                    continue;
                }
                let answer = scene.try_as(operation, token, role, None).await;
                let status = answer.status.as_u16();
                assert!([200, 201, 204, 409].contains(&status), "{operation} {name}: {status} {}", answer.text);
            }
        }
    }
}

on_both! {
    under policy();
    async fn spend_1a_whose_days_end_gives_for_no_longer_and_what_was_given_stays(fixture: Fixture) {
        // A1: an owner whose term ended ordered, changed the billing details, made an owner, who removed the real one.
        let scene = Scene::new(fixture).await;
        let (site, owner) = (&scene.site, &scene.tokens[column("owner")]);
        let people = format!("/api/v1/customers/{}/contacts", scene.customer);
        let person = |name: &str, role: &str, until: Option<&str>| {
            json!({ "name": name, "email": format!("{name}@example.org"), "role": role, "valid_until": until })
        };
        // Days that are over are no authorisation.
        let over = site.post(owner, &people, &person("was", "spender", Some("2026-03-08"))).await;
        assert_eq!(over.pointers(), ["/valid_until"]);
        let deputy = added(site, owner, &scene.customer, person("deputy", "owner", Some("2026-03-10"))).await;
        let deputy_token = site.token_of(id(&deputy), "deputy@example.org").await;
        for until in [None, Some("2026-03-11")] {
            let longer = site.post(&deputy_token, &people, &person("friend", "owner", until)).await;
            assert_eq!(longer.pointers(), ["/valid_until"], "{until:?}");
        }
        let friend = added(site, &deputy_token, &scene.customer, person("friend", "owner", Some("2026-03-10"))).await;
        let friend_token = site.token_of(id(&friend), "friend@example.org").await;
        let nested = site.post(&friend_token, &people, &person("more", "viewer", None)).await;
        assert_eq!(nested.pointers(), ["/valid_until"], "nor whom they made");
        let spender = added(site, owner, &scene.customer, person("given", "spender", None)).await;
        site.fixture.clock.set(site.fixture.clock.now() + TimeDelta::days(2));
        for token in [&deputy_token, &friend_token] {
            let cards = scene.path("/api/v1/customers/{id}/cards", None);
            site.post(token, &cards, &json!({ "product": "5h" })).await.problem(403, "not-authorised-today");
            let billing = scene.path("/api/v1/customers/{id}/billing", None);
            let told = site.raw("PUT", token, &billing, None, json!({ "city": "Utrecht" }).to_string()).await;
            told.problem(403, "not-authorised-today");
            let real = format!("{people}/{}", scene.owner);
            site.delete(token, &real).await.problem(403, "not-authorised-today");
            site.post(token, &people, &person("late", "owner", None)).await.problem(403, "not-authorised-today");
            let caller = site.fixture.service.caller_by_token(token).await.unwrap();
            let friend: ContactId = id(&spender);
            let from = "192.0.2.1".parse().unwrap();
            let invited = site.fixture.service.invite_contact(&caller, friend, from).await;
            assert!(matches!(invited, Err(Error::Ledger(_))), "{invited:?}");
            site.get(token, &scene.path("/api/v1/customers/{id}/balance", None)).await.expect(200);
        }
        // What the owner gave stays.
        let spender_token = site.token_of(id(&spender), "given@example.org").await;
        let accept = scene.path("/api/v1/estimates/{id}/accept", None);
        site.post(&spender_token, &accept, &json!({})).await.expect(200);
    }
}

on_both! {
    under policy();
    async fn spend_6_what_ended_between_the_request_and_its_turn_is_refused(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let service = &scene.site.fixture.service;
        let owner = service.caller_by_token(&scene.tokens[column("owner")]).await.unwrap();
        let colleague = scene.site.fixture.contact(owner.contacts[0].customer_id, "Cor", "cor@example.org", Role::Owner).await;
        let token = scene.site.token_of(colleague.id, "cor@example.org").await;
        let cor = service.caller_by_token(&token).await.unwrap();
        let request = Request { caller: &owner, key: None };
        service.remove_contact(request, colleague.customer_id, colleague.id).await.unwrap();
        let order = Order { product: "5h".to_owned(), installation: None, renew: false, billing: None };
        let ordered = service.order_card(Request { caller: &cor, key: None }, colleague.customer_id, order).await;
        assert!(matches!(ordered, Err(Error::NotFound(_))), "{ordered:?}");
    }
}
