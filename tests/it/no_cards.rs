//! A provider without cards (POL-3): nobody sees a word or a figure of them, on any page or in the API.

use crate::common::http::Site;
use crate::common::{Fixture, on_both};
use crate::pages::{self, Browser};
use axum::http::StatusCode;
use std::collections::{BTreeMap, BTreeSet};
use strippenkaart::domain::{CustomerId, Excess, Target, TicketId, TicketKind};
use strippenkaart::store::users::StaffRole;

/// Support is part of the service; there are no cards.
const POLICY: &str = "kliksafe";

/// What belongs to cards, in both languages, as words of the visible text.
const WORDS: [&str; 10] =
    ["kaart", "kaarten", "strippenkaarten", "strippen", "tegoed", "card", "cards", "strips", "balance", "0:00"];

/// Every page that is linked from the first one, by its path.
async fn crawl(browser: &mut Browser) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    let mut waiting: Vec<String> = vec!["/".to_owned()];
    let mut known: BTreeSet<String> = waiting.iter().cloned().collect();
    while let Some(path) = waiting.pop() {
        let page = browser.get(&path).await;
        let led_to = page.location().to_owned();
        let links = page.text.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
        for link in links.chain([led_to]).map(|link| link.split('#').next().unwrap().replace("&amp;", "&")) {
            let on_site = link.starts_with('/') && !link.starts_with("/assets") && !link.contains(".svg");
            let on_site = on_site && ![".xlsx", "/pdf", "/ubl"].iter().any(|end| link.ends_with(end));
            if on_site && known.insert(link.clone()) {
                waiting.push(link);
            }
        }
        if page.status == StatusCode::OK {
            found.insert(path, page.texts("header nav, main, title"));
        } else {
            assert!(page.status.is_redirection(), "{path}: {} {}", page.status, page.text);
        }
    }
    found
}

fn card_words(texts: &[String]) -> Vec<String> {
    let words = texts.iter().flat_map(|text| text.split(|letter: char| !letter.is_alphanumeric() && letter != ':'));
    words.map(str::to_lowercase).filter(|word| WORDS.contains(&word.as_str())).collect()
}

async fn scene(fixture: &Fixture) -> (CustomerId, strippenkaart::domain::ContactId, TicketId) {
    let (customer, owner) = fixture.customer().await;
    let ticket = fixture.ticket(customer, Some(owner), TicketKind::Question).await;
    fixture.submit(Target::Ticket(ticket.id), fixture.time(ticket.id, 50, Excess::Uncovered)).await.unwrap();
    (customer, owner, ticket.id)
}

on_both! {
    under POLICY;
    async fn pol_3_no_page_has_a_word_or_a_zero_of_cards(fixture: Fixture) {
        let site = pages::Site::new(fixture);
        let admin = site.staff(StaffRole::Admin).await;
        site.staff(StaffRole::Agent).await;
        site.staff(StaffRole::Finance).await;
        let (_, owner, _) = scene(&site.fixture).await;
        let customer = site.contact(&admin, owner).await;
        let agent = site.login("agent@provider.example").await;
        let finance = site.login("finance@provider.example").await;
        for (name, mut browser, least) in [("customer", customer, 5), ("agent", agent, 8), ("finance", finance, 6)] {
            for lang in ["nl", "en"] {
                browser.lang = lang;
                let found = crawl(&mut browser).await;
                assert!(found.len() >= least, "{name} found only {:?}", found.keys());
                for (path, texts) in found {
                    let words = card_words(&texts);
                    assert!(words.is_empty(), "{name} reads {words:?} on {path} in {lang}: {texts:?}");
                }
            }
        }
    }
}

on_both! {
    under POLICY;
    async fn pol_3_no_answer_has_a_figure_of_cards(fixture: Fixture) {
        let (customer, owner, ticket) = scene(&fixture).await;
        let site = Site::new(fixture);
        let tokens = [
            site.staff(StaffRole::Agent).await,
            site.staff(StaffRole::Finance).await,
            site.token_of(owner, "jo@example.org").await,
        ];
        for token in &tokens {
            let balance = site.get(token, &format!("/api/v1/customers/{customer}/balance")).await.expect(200);
            let keys: Vec<&String> = balance.as_object().unwrap().keys().collect();
            assert_eq!(keys, ["as_of", "uncovered_minutes"]);
            for path in [
                "/api/v1/customers".to_owned(),
                format!("/api/v1/customers/{customer}"),
                format!("/api/v1/customers/{customer}/tickets"),
                format!("/api/v1/tickets/{ticket}"),
                "/api/v1/policies/current".to_owned(),
            ] {
                let text = site.get(token, &path).await.expect(200).to_string();
                assert!(!text.contains("card") && !text.contains("available_minutes"), "{path}: {text}");
            }
        }
    }
}
