//! Invoices through the API and the pages: the golden documents, numbers without gaps whatever happens at once, what never
//! changes again, and who sees what.

use crate::common::http::{Answer, Site, text};
use crate::common::server::{Live, Server, complains, says};
use crate::common::{Fixture, cluster, day, on_both};
use crate::story::run_raw;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use scraper::{Html, Selector};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use strippenkaart::domain::command::NewLine;
use strippenkaart::domain::document::Quantity;
use strippenkaart::domain::{
    Act, Actor, Cents, Command, ContactId, CustomerId, Excess, InvoiceId, Locale, Receipt, Role, Target, TicketKind,
    UserId,
};
use strippenkaart::service::customers::NewCustomer;
use strippenkaart::service::ledger::Reply;
use strippenkaart::service::verify::verify;
use strippenkaart::service::{Service, secret};
use strippenkaart::store::users::{self, StaffRole, User};
use strippenkaart::store::{Db, Statements as _};
use strippenkaart::web::pages::encode;
use tokio::task::JoinSet;

/// Sells 10 hours for 800.00, an hour of uncovered work costs 95.00, and collects.
const POLICY: &str = "standard";

/// A customer, and people of either side.
pub struct Scene {
    pub site: Site,
    pub finance: String,
    pub agent: String,
    pub customer: CustomerId,
    pub owner: ContactId,
}

impl Scene {
    pub async fn new(fixture: Fixture) -> Self {
        let (customer, owner) = fixture.customer().await;
        let site = Site::new(fixture);
        let (finance, agent) = (site.staff(StaffRole::Finance).await, site.staff(StaffRole::Agent).await);
        Self { site, finance, agent, customer, owner }
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.site.post(&self.finance, &format!("/api/v1/{path}"), &body).await
    }

    pub async fn get(&self, path: &str) -> Value {
        self.site.get(&self.finance, &format!("/api/v1/{path}")).await.expect(200)
    }

    pub fn of(&self, path: &str) -> String {
        format!("customers/{}/{path}", self.customer)
    }

    /// An invoice of 968.00 for a card of ten hours, by its id.
    pub async fn card(&self) -> String {
        let card = self.post(&self.of("cards"), json!({ "product": "10h" })).await.expect(201);
        text(&card["invoice_id"]).to_owned()
    }

    /// A line on the customer's draft, by the id of the draft.
    pub async fn line(&self, quantity: &str, count: i64, price: &str) -> String {
        let line = json!({ "description": format!("{count} × {price}"), quantity: count, "unit_price": price });
        let draft = self.post(&self.of("invoice-lines"), line).await.expect(201);
        text(&draft["invoice_id"]).to_owned()
    }

    /// Issues a draft.
    pub async fn issue(&self, draft: &str) -> Value {
        self.post(&format!("invoices/{draft}/issue"), json!({})).await.expect(201)
    }

    pub async fn pay(&self, invoice: &str, amount: &str) -> Answer {
        let body = json!({ "amount": amount, "paid_on": "2026-03-09", "method": "bank" });
        self.post(&format!("invoices/{invoice}/payments"), body).await
    }

    /// A browser of somebody of the provider, or of a contact.
    pub async fn browser(&self, role: Option<StaffRole>, contact: Option<ContactId>) -> Browser<'_> {
        let fixture = &self.site.fixture;
        let (id, now): (UserId, _) = (fixture.clock.id(), fixture.clock.now());
        let mut tx = fixture.service.db.begin().await.unwrap();
        let (email, name) = (format!("{id}@example.org"), "Somebody".to_owned());
        let user = User::new(id, email, name, role, now);
        users::add(&mut tx, &user).await.unwrap();
        let cookie = id.to_string();
        let until = now + chrono::Duration::days(400);
        users::start_session(&mut tx, &secret::digest(&cookie), id, now, until).await.unwrap();
        if let Some(contact) = contact {
            users::attach(&mut tx, contact, id, now).await.unwrap();
        }
        tx.commit().await.unwrap();
        Browser { site: &self.site, cookie, lang: "nl" }
    }
}

/// Keeps its session.
pub struct Browser<'a> {
    pub site: &'a Site,
    pub cookie: String,
    pub lang: &'static str,
}

impl Browser<'_> {
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path), String::new()).await
    }

    pub async fn post(&self, path: &str, values: &[(&str, &str)]) -> Answer {
        let pairs: Vec<String> = values.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, pairs.join("&")).await
    }

    /// Posts, and follows to the page that it leads to.
    pub async fn done(&self, path: &str, values: &[(&str, &str)]) -> Answer {
        let answer = self.post(path, values).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        self.get(answer.headers[header::LOCATION].to_str().unwrap()).await
    }

    pub async fn send(&self, request: axum::http::request::Builder, body: String) -> Answer {
        let request = request
            .header(header::HOST, "localhost:8080")
            .header(header::ACCEPT_LANGUAGE, self.lang)
            .header(header::COOKIE, format!("session={}", self.cookie));
        self.site.send(request.body(Body::from(body)).unwrap()).await
    }
}

/// The texts of what a selector finds.
pub fn texts(answer: &Answer, selector: &str) -> Vec<String> {
    let page = Html::parse_document(&answer.text);
    let found = Selector::parse(selector).unwrap();
    let spaced = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    page.select(&found).map(|element| spaced(element.text().collect())).collect()
}

/// The value of an input.
pub fn value(answer: &Answer, selector: &str) -> String {
    let page = Html::parse_document(&answer.text);
    let found = Selector::parse(selector).unwrap();
    page.select(&found).next().and_then(|field| field.attr("value")).unwrap_or_default().to_owned()
}

/// Net, VAT and gross of a document.
fn sums(document: &Value) -> [&str; 3] {
    ["net", "vat", "gross"].map(|figure| text(&document[figure]))
}

on_both! {
    under POLICY;
    async fn pay_1_three_cards_are_sold_and_one_is_credited(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let first = scene.card().await;
        let g1 = scene.get(&format!("invoices/{first}")).await;
        assert_eq!((sums(&g1), &g1["status"]), (["800.00", "168.00", "968.00"], &json!("open")), "G1");
        let second = scene.card().await;
        scene.card().await;
        let note = scene.post(&format!("invoices/{second}/credit"), json!({ "reason": "Verkeerd besteld" })).await.expect(201);
        assert_eq!(sums(&note), ["800.00", "168.00", "968.00"], "G3");
        assert_eq!((text(&note["kind"]), text(&note["number"]), text(&note["credits"])), ("credit_note", "C2026-0001", &*second));
        let second = scene.get(&format!("invoices/{second}")).await;
        assert_eq!([&second["status"], &second["credited"], &second["open"]], ["credited", "968.00", "0.00"]);
        let twice = scene.post(&format!("invoices/{}/credit", text(&second["id"])), json!({ "reason": "Nog eens" })).await;
        twice.problem(409, "nothing-to-credit");
        let all = scene.get(&scene.of("invoices")).await;
        let mut open: Vec<&str> = all["items"].as_array().unwrap().iter().map(|item| text(&item["open"])).collect();
        open.sort_unstable();
        assert_eq!(open, ["0.00", "0.00", "968.00", "968.00"], "after G2 and G3: 1936.00");
        verify(&scene.site.fixture.service.db, |_, _| {}).await.unwrap();
    }
}

on_both! {
    under POLICY;
    async fn pay_6_hours_and_lines_come_to_the_golden_cents(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        for (lines, golden) in [
            (vec![("minutes", 105, "95.00")], ["166.25", "34.91", "201.16"]),
            (vec![("minutes", 20, "95.00")], ["31.67", "6.65", "38.32"]),
            (vec![("minutes", 45, "95.00")], ["71.25", "14.96", "86.21"]),
            (vec![("minutes", 105, "95.00"), ("pieces", 1, "25.00")], ["191.25", "40.16", "231.41"]),
            (vec![("pieces", 1, "33.35"); 3], ["100.05", "21.01", "121.06"]),
        ] {
            let mut draft = String::new();
            for (quantity, count, price) in &lines {
                draft = scene.line(quantity, *count, price).await;
            }
            assert_eq!(sums(&scene.issue(&draft).await), golden, "{lines:?}");
        }
        let numbers: Vec<Value> = scene.get("invoices").await["items"].as_array().unwrap().clone();
        let numbers: Vec<&str> = numbers.iter().map(|item| text(&item["number"])).collect();
        assert_eq!(numbers, ["2026-0005", "2026-0004", "2026-0003", "2026-0002", "2026-0001"]);
    }
}

on_both! {
    under POLICY;
    async fn time_7_uncovered_hours_stand_on_the_draft_once_they_are_agreed(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let fixture = &scene.site.fixture;
        let ticket = fixture.ticket(scene.customer, Some(scene.owner), TicketKind::Change).await;
        let Receipt::Time(time) =
            fixture.submit(Target::Ticket(ticket.id), fixture.time(ticket.id, 105, Excess::Uncovered)).await.unwrap()
        else { panic!("time was logged") };
        let cover = format!("/api/v1/time-entries/{}/cover", time.entry.id);
        let agreed = json!({ "by": "invoice", "contact_id": scene.owner, "reason": "Akkoord per mail" });
        scene.site.post(&scene.agent, &cover, &agreed).await.expect(201);
        let drafts = scene.get("invoices?which=drafts").await;
        let draft = text(&drafts["items"][0]["id"]).to_owned();
        let g6 = scene.get(&format!("invoices/{draft}")).await;
        assert_eq!((sums(&g6), &g6["number"], &g6["lines"][0]["minutes"]), (["166.25", "34.91", "201.16"], &Value::Null, &json!(105)));
        let finance = scene.browser(Some(StaffRole::Finance), None).await;
        let page = finance.get(&format!("/invoices/{draft}")).await;
        assert_eq!(texts(&page, ".invoice tbody .num"), ["1:45", "€ 95,00 per uur", "€ 166,25"]);
        assert_eq!(texts(&page, ".invoice .sum dd"), ["€ 166,25", "€ 34,91", "€ 201,16"]);
        assert!(texts(&page, "form[action$='/lines/erase']").is_empty(), "work is not taken off by hand");
        let erased = scene.post(&format!("invoices/{draft}/erase-line"), json!({ "line": 0 })).await;
        assert_eq!(erased.pointers(), ["/line"]);
        let issued = finance.done(&format!("/invoices/{draft}/issue"), &[]).await;
        assert_eq!(texts(&issued, "#notice"), ["Uitgegeven als factuur 2026-0001."]);
        assert_eq!(texts(&issued, "h1"), ["Factuur 2026-0001"]);
        scene.post(&format!("invoices/{draft}/issue"), json!({})).await.problem(409, "already-issued");
    }
}

on_both! {
    under POLICY;
    async fn pay_1_credits_of_parts_add_up_to_the_invoice_and_never_more(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let mut draft = String::new();
        for _ in 0..3 {
            draft = scene.line("pieces", 1, "33.35").await;
        }
        scene.issue(&draft).await;
        let credit = format!("invoices/{draft}/credit");
        let part = |line: usize, net: &str| json!({ "reason": "Korting", "line": line, "net": net });
        let refused = scene.post(&credit, part(0, "33.36")).await.problem(409, "credit-too-much");
        assert_eq!((text(&refused["left"]), text(&refused["amount"])), ("33.35", "33.36"));
        assert_eq!(scene.post(&credit, part(3, "1.00")).await.pointers(), ["/line"]);
        assert_eq!(scene.post(&credit, part(0, "0")).await.pointers(), ["/net"]);
        assert_eq!(scene.post(&credit, json!({ "reason": "x", "line": 0 })).await.pointers(), ["/net"]);
        assert_eq!(scene.post(&credit, json!({ "reason": "" })).await.pointers(), ["/reason"]);
        let mut given = [Cents::ZERO; 3];
        for body in [part(0, "33.35"), part(1, "10.00"), part(1, "23.35"), json!({ "reason": "De rest" })] {
            let note = scene.post(&credit, body).await.expect(201);
            for (sum, figure) in given.iter_mut().zip(sums(&note)) {
                *sum += figure.parse().unwrap();
            }
        }
        assert_eq!(given.map(|sum| sum.to_string()), ["100.05", "21.01", "121.06"]);
        let document = scene.get(&format!("invoices/{draft}")).await;
        assert_eq!([&document["status"], &document["credited"], &document["open"]], ["credited", "121.06", "0.00"]);
        scene.post(&credit, part(2, "0.01")).await.problem(409, "credit-too-much");
        verify(&scene.site.fixture.service.db, |_, _| {}).await.unwrap();
    }
}

on_both! {
    under POLICY;
    async fn card_7_what_is_unspent_of_a_card_is_refunded_to_the_cent(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let fixture = &scene.site.fixture;
        let invoice = scene.card().await;
        scene.pay(&invoice, "968.00").await.expect(201);
        let ticket = fixture.ticket(scene.customer, Some(scene.owner), TicketKind::Change).await;
        // 180 of the welcome card, then 195 of the card.
        let estimate = fixture.propose(ticket.id, 375).await;
        fixture.accept(estimate.id, scene.owner).await.unwrap();
        fixture.log(ticket.id, 375).await;
        let card = scene.get(&format!("invoices/{invoice}")).await["card_id"].clone();
        let refunds = format!("cards/{}/refunds", text(&card));
        scene.post(&refunds, json!({ "reason": "Te veel", "minutes": 406 })).await.problem(409, "insufficient-minutes");
        let note = scene.post(&refunds, json!({ "reason": "Stopt ermee" })).await.expect(201);
        assert_eq!(sums(&note), ["540.00", "113.40", "653.40"], "deferred after 3:15");
        let money = scene.get(&scene.of("payments")).await;
        assert_eq!((text(&money["credit"]), text(&money["received"][0]["amount"])), ("653.40", "968.00"));
        let back = json!({ "amount": "653.41", "paid_on": "2026-03-09" });
        scene.post(&scene.of("repayments"), back).await.problem(409, "beyond-credit");
        let back = json!({ "amount": "653.40", "paid_on": "2026-03-09", "note": "Teruggestort" });
        scene.post(&scene.of("repayments"), back).await.expect(201);
        assert_eq!(scene.get(&scene.of("payments")).await["credit"], "0.00");
        verify(&fixture.service.db, |_, _| {}).await.unwrap();
    }
}

on_both! {
    under POLICY;
    async fn pay_1_numbers_have_no_gap_in_any_series_and_begin_anew_each_year(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        for round in 0..3 {
            let invoice = scene.card().await;
            scene.post(&format!("invoices/{invoice}/credit"), json!({ "reason": "x" })).await.expect(201);
            // A refusal takes no number.
            scene.post(&format!("invoices/{invoice}/credit"), json!({ "reason": "x" })).await.problem(409, "nothing-to-credit");
            if round == 1 {
                scene.site.fixture.clock.set(day("2027-01-01").and_hms_opt(0, 30, 0).unwrap().and_utc());
                // Logins are only good for so long.
                let fresh = scene.site.fixture.service.create_token("finance@provider.example", 90).await.unwrap();
                let made = scene.site.post(&fresh, &format!("/api/v1/customers/{}/cards", scene.customer), &json!({ "product": "5h" })).await;
                made.expect(201);
                break;
            }
        }
        let mut on = scene.site.fixture.service.db.reader().await.unwrap();
        let sql = "SELECT series, number FROM invoices WHERE number IS NOT NULL ORDER BY series, number";
        let found: Vec<(String, String)> = on.query(sql).all().await.unwrap();
        let found: Vec<(&str, &str)> = found.iter().map(|(series, number)| (&**series, &**number)).collect();
        assert_eq!(found, [
            ("credit_note", "C2026-0001"), ("credit_note", "C2026-0002"),
            ("invoice", "2026-0001"), ("invoice", "2026-0002"), ("invoice", "2027-0001"),
        ]);
    }
}

on_both! {
    under POLICY;
    async fn pay_1_what_was_issued_never_changes_again(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let draft = scene.line("pieces", 1, "25.00").await;
        let db = &scene.site.fixture.service.db;
        run_raw(db, "UPDATE invoices SET gross = gross, created_at = created_at + 1").await.unwrap();
        scene.issue(&draft).await;
        let before = scene.get(&format!("invoices/{draft}")).await;
        for change in [
            "gross = gross + 100, net = net + 100", "number = '2026-9999'", "facts = '{}'", "due_on = '2030-01-01'",
            "customer_id = 'x'", "vat_totals = '[]'", "reference = '1'", "issued_on = '2025-01-01'", "number = NULL",
        ] {
            let sql = format!("UPDATE invoices SET {change} WHERE number = '2026-0001'");
            let said = run_raw(db, &sql).await.expect_err(&sql).to_string();
            assert!(said.contains("never changes"), "{sql}: {said}");
        }
        run_raw(db, "DELETE FROM invoices").await.unwrap_err();
        assert_eq!(scene.get(&format!("invoices/{draft}")).await, before);
        let erase = scene.post(&format!("invoices/{draft}/erase-line"), json!({ "line": 0 })).await;
        erase.problem(409, "already-issued");
        // The buyer moves: what was issued still has the old address.
        let billing = format!("/api/v1/customers/{}/billing", scene.customer);
        let moved = json!({ "name": "Stichting Eik", "street": "Dorp 1", "postcode": "1000 AA", "city": "Ede" }).to_string();
        scene.site.raw("PUT", &scene.finance, &billing, None, moved).await.expect(200);
        let finance = scene.browser(Some(StaffRole::Finance), None).await;
        assert!(!finance.get(&format!("/invoices/{draft}")).await.text.contains("Stichting Eik"));
        let next = scene.line("pieces", 1, "25.00").await;
        scene.issue(&next).await;
        assert!(finance.get(&format!("/invoices/{next}")).await.text.contains("Stichting Eik"));
    }
}

on_both! {
    under POLICY;
    async fn contacts_see_their_own_documents_and_no_drafts(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let (other, stranger) = scene.site.fixture.customer().await;
        let invoice = scene.card().await;
        scene.pay(&invoice, "100.00").await.expect(201);
        let draft = scene.line("pieces", 1, "25.00").await;
        let viewer = scene.site.fixture.contact(scene.customer, "Vic", "vic@example.org", Role::Viewer).await;
        let own = scene.browser(None, Some(viewer.id)).await;
        let strange = scene.browser(None, Some(stranger)).await;
        let page = own.get(&format!("/customers/{}/invoices", scene.customer)).await;
        assert_eq!(texts(&page, "#invoices ~ table tbody .what"), ["2026-0001"]);
        assert_eq!(texts(&page, ".figures dd"), ["€ 868,00"]);
        assert_eq!(texts(&page, "tbody .tag"), ["deels betaald", "ontvangen"]);
        assert!(texts(&page, "main form").is_empty(), "a viewer changes nothing");
        assert!(texts(&own.get(&format!("/invoices/{invoice}")).await, "#acts").is_empty());
        for path in [format!("/invoices/{draft}"), format!("/customers/{other}/invoices")] {
            assert_eq!(own.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        for path in [format!("/invoices/{invoice}"), format!("/customers/{}/invoices", scene.customer)] {
            assert_eq!(strange.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        for act in ["issue", "payments", "credit", "remind", "set-off", "collections", "refund", "lines", "lines/erase"] {
            let path = format!("/invoices/{invoice}/{act}");
            assert_eq!(own.post(&path, &[]).await.status, StatusCode::FORBIDDEN, "{path}");
            assert_eq!(strange.post(&path, &[]).await.status, StatusCode::NOT_FOUND, "{path}");
            assert_eq!(own.post(&format!("/invoices/{draft}/{act}"), &[]).await.status, StatusCode::NOT_FOUND);
        }
        for act in ["billing", "payments", "repayments", "invoice-lines", "mandates", "mandates/end"] {
            let path = format!("/customers/{}/{act}", scene.customer);
            assert_eq!(own.post(&path, &[]).await.status, StatusCode::FORBIDDEN, "{path}");
            assert_eq!(strange.post(&path, &[]).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        for path in ["/finance", "/finance/invoices", "/finance/cards"] {
            assert_eq!(own.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
        }
        let second = scene.site.fixture.contact(scene.customer, "Val", "val@example.org", Role::Viewer).await;
        let token = scene.site.token_of(second.id, "val@example.org").await;
        let list = scene.site.get(&token, &format!("/api/v1/customers/{}/invoices", scene.customer)).await.expect(200);
        assert_eq!(list["items"].as_array().unwrap().len(), 1);
        scene.site.get(&token, &format!("/api/v1/invoices/{draft}")).await.problem(404, "not-found");
        scene.site.get(&token, "/api/v1/invoices").await.problem(403, "forbidden");
    }
}

on_both! {
    under POLICY;
    async fn pay_5_one_payment_settles_several_invoices_and_the_rest_stays_as_credit(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let (first, second) = (scene.card().await, scene.card().await);
        let pay = scene.of("payments");
        let body = |amount: &str, ids: Value, keep: bool| {
            json!({ "amount": amount, "paid_on": "2026-03-09", "method": "bank", "invoice_ids": ids, "keep_surplus": keep })
        };
        let refused = scene.post(&pay, body("2000.00", Value::Null, false)).await.problem(409, "overpayment");
        assert_eq!(text(&refused["open"]), "1936.00");
        // The same one twice counts once.
        let twice = scene.post(&pay, body("968.01", json!([first, first]), false)).await.problem(409, "overpayment");
        assert_eq!(text(&twice["open"]), "968.00");
        let part = scene.post(&pay, body("1000.00", json!([second, first]), false)).await.expect(201);
        let set: Vec<(&str, &str)> = part["invoices"].as_array().unwrap().iter()
            .map(|row| (text(&row["invoice_id"]), text(&row["open_after"]))).collect();
        assert_eq!(set, [(&*second, "0.00"), (&*first, "936.00")]);
        let key = scene.site.post_with_key(&scene.finance, &format!("/api/v1/{pay}"), "k", &body("940.00", Value::Null, true)).await.expect(201);
        assert_eq!((text(&key["surplus"]), text(&key["invoices"][0]["amount"])), ("4.00", "936.00"));
        let again = scene.site.post_with_key(&scene.finance, &format!("/api/v1/{pay}"), "k", &body("940.00", Value::Null, true)).await.expect(201);
        assert_eq!(again, key, "PAY-5: told twice, counted once");
        let third = scene.card().await;
        let set = scene.post(&format!("invoices/{third}/set-off"), json!({})).await.expect(201);
        assert_eq!((text(&set["amount"]), text(&set["open_after"])), ("4.00", "964.00"));
        scene.post(&format!("invoices/{third}/set-off"), json!({})).await.problem(409, "nothing-to-set-off");
        let (other, _) = scene.site.fixture.customer().await;
        let strange = scene.post(&format!("customers/{other}/payments"), body("1.00", json!([third]), false)).await;
        strange.problem(404, "not-found");
        let money = scene.get(&pay).await;
        assert_eq!(money["received"].as_array().unwrap().len(), 2);
        assert_eq!(money["received"][1]["invoices"], json!(["2026-0002", "2026-0001"]));
        verify(&scene.site.fixture.service.db, |_, _| {}).await.unwrap();
    }
}

on_both! {
    under POLICY;
    async fn finance_sees_what_waits_and_finds_a_document_by_number_or_reference(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let first = scene.card().await;
        scene.card().await;
        scene.line("pieces", 1, "25.00").await;
        scene.pay(&first, "68.00").await.expect(201);
        scene.site.fixture.clock.set(day("2026-03-26").and_hms_opt(9, 0, 0).unwrap().and_utc());
        let mut finance = scene.browser(Some(StaffRole::Finance), None).await;
        let page = finance.get("/finance").await;
        assert_eq!(texts(&page, "h1"), ["Financiën"]);
        assert_eq!(texts(&page, ".figures dd"), ["€ 1.868,00", "€ 1.868,00", "€ 1.600,00"]);
        assert_eq!(texts(&page, ".rows .amount"), ["2", "1", "1"], "overdue, drafts, a month");
        assert_eq!(texts(&page, ".rows .tag"), ["€ 1.868,00", "€ 30,25"]);
        assert_eq!(texts(&page, ".subnav [aria-current]"), ["Vandaag"]);
        let overdue = finance.get("/finance/invoices?which=overdue").await;
        assert_eq!(texts(&overdue, "tbody .tag"), ["te laat", "te laat"]);
        assert_eq!(texts(&finance.get("/finance/invoices?which=drafts").await, "tbody .key"), ["€ 30,25"]);
        assert_eq!(texts(&finance.get("/finance/invoices?which=credit_notes").await, ".empty"), ["Er zijn geen facturen."]);
        let reference = text(&scene.get(&format!("invoices/{first}")).await["payment_reference"]).to_owned();
        let spaced = reference.as_bytes().chunks(4).map(|four| str::from_utf8(four).unwrap()).collect::<Vec<_>>().join(" ");
        for text in ["2026-0001", " 2026-0001 ", &reference, &spaced] {
            let found = finance.get(&format!("/finance/invoices?find={}", encode(text))).await;
            assert_eq!(found.headers[header::LOCATION], format!("/invoices/{first}"), "{text}");
        }
        let missing = finance.get("/finance/invoices?find=2026-0099").await;
        assert_eq!((missing.status, value(&missing, "#find")), (StatusCode::OK, "2026-0099".to_owned()));
        assert_eq!(texts(&missing, "#find-error"), ["Er is geen factuur met nummer of kenmerk 2026-0099."]);
        finance.lang = "en";
        assert_eq!(texts(&finance.get("/finance").await, ".subnav [aria-current]"), ["Today"]);
        let one = scene.get("invoices?which=open&limit=1").await;
        let rest = scene.get(&format!("invoices?which=open&limit=1&cursor={}", text(&one["next_cursor"]))).await;
        assert_eq!([&one["items"][0]["number"], &rest["items"][0]["number"]], ["2026-0001", "2026-0002"]);
        assert_eq!(rest["next_cursor"], Value::Null);
        assert_eq!(scene.get("invoices?find=2026-0002").await["items"][0]["number"], "2026-0002");
        let path = "/api/v1/invoices?which=open&cursor=AAAA";
        assert_eq!(scene.site.get(&scene.finance, path).await.pointers(), ["/cursor"]);
    }
}

on_both! {
    under POLICY;
    async fn forms_keep_what_was_typed_and_speak_both_languages(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let invoice = scene.card().await;
        let here = format!("/invoices/{invoice}");
        let mut finance = scene.browser(Some(StaffRole::Finance), None).await;
        let page = finance.get(&here).await;
        assert_eq!(value(&page, "#pay-amount"), "968,00");
        assert!(page.text.contains("<svg class=\"qr\""), "an open transfer has its code");
        let typed = [("amount", "2.000,00"), ("paid_on", "2026-03-09"), ("method", "other"), ("note", "Kas")];
        let refused = finance.post(&format!("{here}/payments"), &typed).await;
        assert_eq!((refused.status, value(&refused, "#pay-amount"), value(&refused, "#pay-note")), (StatusCode::CONFLICT, "2.000,00".to_owned(), "Kas".to_owned()));
        assert_eq!(texts(&refused, "details[open] .error"), ["€ 2.000,00 is meer dan de € 968,00 die nog openstaat op deze factuur."]);
        let kept = [("amount", "2.000,00"), ("paid_on", "2026-03-09"), ("method", "other"), ("keep_surplus", "1")];
        let paid = finance.done(&format!("{here}/payments"), &kept).await;
        assert_eq!(texts(&paid, "#notice"), ["Factuur 2026-0001 is betaald; de kaart is actief."]);
        assert_eq!(texts(&paid, ".timeline b"), ["Uitgegeven", "Volledig betaald"]);
        assert!(!paid.text.contains("<svg class=\"qr\""), "nothing is to be paid any more");

        let at_customer = format!("/customers/{}", scene.customer);
        let bad = [("registration", "123"), ("city", "Ede")];
        let refused = finance.post(&format!("{at_customer}/billing"), &bad).await;
        assert_eq!((refused.status, value(&refused, "#billing-city")), (StatusCode::UNPROCESSABLE_ENTITY, "Ede".to_owned()));
        assert_eq!(texts(&refused, "#billing-registration-error"), ["Vul de 8 cijfers van het KvK-nummer in, zoals 12345678."]);
        finance.lang = "en";
        let refused = finance.post(&format!("{at_customer}/billing"), &bad).await;
        assert_eq!(texts(&refused, "#billing-registration-error"), ["Expected the 8 digits of the trade register, such as 12345678."]);
        let good = [("registration", "1234 5678"), ("vat_number", "nl123456782b01"), ("city", "Ede"), ("monthly_amount", "45.00")];
        let saved = finance.done(&format!("{at_customer}/billing"), &good).await;
        assert_eq!(texts(&saved, "#notice"), ["The billing details were saved."]);
        let billing = scene.get(&scene.of("billing")).await;
        assert_eq!([&billing["registration"], &billing["vat_number"], &billing["monthly_amount"]], ["12345678", "NL123456782B01", "45.00"]);

        // The owner changes the address, and not what it pays per month.
        let owner = scene.browser(None, Some(scene.owner)).await;
        owner.done(&format!("{at_customer}/billing"), &[("city", "Utrecht"), ("monthly_amount", "1")]).await;
        let billing = scene.get(&scene.of("billing")).await;
        assert_eq!([&billing["city"], &billing["monthly_amount"], &billing["registration"]], [&json!("Utrecht"), &json!("45.00"), &Value::Null]);

        let over = [("amount", "5.000,00"), ("paid_on", "2026-03-09")];
        let refused = finance.post(&format!("{at_customer}/repayments"), &over).await;
        assert_eq!((refused.status, value(&refused, "#repay-amount")), (StatusCode::CONFLICT, "5.000,00".to_owned()));
        let back = finance.done(&format!("{at_customer}/repayments"), &[("amount", "1.032,00"), ("paid_on", "2026-03-09")]).await;
        assert_eq!(texts(&back, "#payments ~ table .tag"), ["received", "given back"]);

        // A line on a draft that is not there yet, kept when its price cannot be read.
        let line = [("description", "Training"), ("quantity", "1:30"), ("unit", "hours"), ("unit_price", "veel")];
        let refused = finance.post(&format!("{at_customer}/invoice-lines"), &line).await;
        assert_eq!((value(&refused, "#line-description"), value(&refused, "#line-quantity")), ("Training".to_owned(), "1:30".to_owned()));
        let line = [("description", "Training"), ("quantity", "1:30"), ("unit", "hours"), ("unit_price", "95,00")];
        let draft = finance.done(&format!("{at_customer}/invoice-lines"), &line).await;
        assert_eq!(texts(&draft, ".invoice tbody .num"), ["1:30", "€95.00 per hour", "€142.50"]);
        let erase = texts_attr(&draft, "form[action$='/lines/erase']", "action");
        let stale = finance.post(&erase, &[("line", "0"), ("description", "Something else")]).await;
        assert_eq!(stale.status, StatusCode::UNPROCESSABLE_ENTITY);
        let empty = finance.done(&erase, &[("line", "0"), ("description", "Training")]).await;
        assert!(texts(&empty, ".invoice tbody tr").is_empty());
    }
}

/// An attribute of the first element that a selector finds.
fn texts_attr(answer: &Answer, selector: &str, name: &str) -> String {
    let page = Html::parse_document(&answer.text);
    let found = Selector::parse(selector).unwrap();
    page.select(&found).next().unwrap().attr(name).unwrap().to_owned()
}

on_both! {
    under POLICY;
    async fn a_mandate_is_recorded_masked_and_collected_under(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let finance = scene.browser(Some(StaffRole::Finance), None).await;
        let at_customer = format!("/customers/{}", scene.customer);
        let wrong = [("iban", "NL91 ABNA 0417 1643 01"), ("debtor_name", "De Eik"), ("signed_on", "2026-03-01"), ("scheme", "core")];
        let refused = finance.post(&format!("{at_customer}/mandates"), &wrong).await;
        assert_eq!((refused.status, value(&refused, "#mandate-iban")), (StatusCode::UNPROCESSABLE_ENTITY, wrong[0].1.to_owned()));
        let good = [("iban", "NL91 ABNA 0417 1643 00"), ("debtor_name", "De Eik"), ("signed_on", "2026-03-01"), ("scheme", "core")];
        let page = finance.done(&format!("{at_customer}/mandates"), &good).await;
        assert_eq!(texts(&page, "#mandates ~ .rows .nowrap"), ["NL•• ABNA •••• ••43 00"]);
        assert!(!page.text.contains("0417 1643") || page.text.matches("0417 1643").count() == 1, "only the example of the form");
        let known = scene.get(&scene.of("mandates")).await;
        assert_eq!(known["items"][0]["iban"], "NL•• ABNA •••• ••43 00");

        let invoice = scene.card().await;
        let page = finance.get(&format!("/invoices/{invoice}")).await;
        assert!(texts(&page, ".pay")[0].contains("NL•• ABNA •••• ••43 00"), "{:?}", texts(&page, ".pay"));
        assert!(!page.text.contains("<svg class=\"qr\""));
        let planned = finance.done(&format!("/invoices/{invoice}/collections"), &[("collect_on", "2026-03-23")]).await;
        assert_eq!(texts(&planned, ".timeline .next b"), ["Incasso gepland", "Vervaldatum"]);
        let twice = finance.post(&format!("/invoices/{invoice}/collections"), &[("collect_on", "2026-03-23")]).await;
        assert_eq!(twice.status, StatusCode::CONFLICT);

        let id = text(&known["items"][0]["id"]);
        let path = format!("/api/v1/{}/{id}", scene.of("mandates"));
        scene.site.delete(&scene.agent, &path).await.problem(403, "forbidden");
        for _ in 0..2 {
            scene.site.delete(&scene.finance, &path).await.expect(204);
        }
        assert_eq!(scene.get(&scene.of("mandates")).await["items"][0]["ended_because"], "revoked");
        let (other, _) = scene.site.fixture.customer().await;
        scene.site.delete(&scene.finance, &format!("/api/v1/customers/{other}/mandates/{id}")).await.problem(404, "not-found");
    }
}

on_both! {
    under crate::common::POLICY;
    async fn pol_3_a_provider_that_collects_nothing_has_no_word_of_it(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let finance = scene.browser(Some(StaffRole::Finance), None).await;
        let page = finance.get(&format!("/customers/{}/invoices", scene.customer)).await;
        assert!(texts(&page, "#mandates").is_empty());
        assert!(!texts(&finance.get("/finance").await, ".subnav a").contains(&"Stornering".to_owned()));
        let new = json!({ "iban": "NL91ABNA0417164300", "debtor_name": "x", "signed_on": "2026-03-01" });
        scene.post(&scene.of("mandates"), new).await.problem(409, "no-direct-debits");
    }
}

/// Submits commands to these doors all at once, turn by turn.
async fn at_once(services: &[Service], commands: Vec<(Target, Act)>) -> Vec<Reply> {
    let mut asked = JoinSet::new();
    for (at, (target, act)) in commands.into_iter().enumerate() {
        let service = services[at % services.len()].clone();
        let actor = Actor::Staff(crate::common::AGENT);
        let command = Command {
            id: service.clock.id(),
            actor,
            key: None,
            salt: service.clock.salt(),
            target,
            act,
            bank_line: None,
        };
        asked.spawn(async move { service.door.submit(command).await });
    }
    asked.join_all().await
}

/// The doors of a race: one on SQLite; on PostgreSQL two, as of two servers.
async fn doors(fixture: &Fixture) -> Vec<Service> {
    let mut services = vec![fixture.service.clone()];
    if matches!(fixture.service.db, Db::Postgres { .. }) {
        let db = Db::open(&fixture.address).await.unwrap();
        let (second, _writer) = Service::start(db, fixture.clock.clone(), None).await.unwrap();
        services.push(second);
    }
    services
}

/// `count` customers, imported, so that nothing else is booked.
async fn customers(services: &[Service], count: usize) -> Vec<CustomerId> {
    let ids: Vec<CustomerId> = (0..count).map(|_| services[0].clock.id()).collect();
    let made = ids.iter().enumerate().map(|(number, id)| {
        let (name, email) = (format!("Customer {number}"), format!("c{number}@example.org"));
        let act = Act::CreateCustomer {
            name,
            email,
            locale: Locale::Nl,
            monthly_amount: None,
            contract_start: None,
            imported: true,
        };
        (Target::Customer(*id), act)
    });
    for reply in at_once(services, made.collect()).await {
        reply.unwrap();
    }
    ids
}

/// `2026-0001` up to `count`, in order.
fn first_numbers(year: &str, count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("{year}-{number:04}")).collect()
}

/// A line that makes a draft.
fn line() -> Act {
    Act::WriteLine(NewLine { description: "Work".to_owned(), quantity: Quantity::Pieces(1), unit_price: Cents(10_000) })
}

on_both! {
    under POLICY;
    async fn pay_1_two_hundred_orders_at_once_are_numbered_1_to_200(fixture: Fixture) {
        let services = doors(&fixture).await;
        let ids = customers(&services, 200).await;
        let orders = ids.iter().map(|id| (Target::Customer(*id), Act::order("10h"))).collect();
        let numbers: BTreeSet<String> = at_once(&services, orders).await.into_iter().map(|reply| match reply {
            Ok(Receipt::Card(_, Some(invoice))) => invoice.number().to_owned(),
            other => panic!("{other:?}"),
        }).collect();
        assert_eq!(Vec::from_iter(numbers), first_numbers("2026", 200));
        verify(&fixture.service.db, |_, _| {}).await.unwrap();
    }
}

on_both! {
    under POLICY;
    async fn pay_1_two_hundred_drafts_issued_at_once_are_numbered_1_to_200(fixture: Fixture) {
        let services = doors(&fixture).await;
        let ids = customers(&services, 200).await;
        let drafts = at_once(&services, ids.iter().map(|id| (Target::Customer(*id), line())).collect()).await;
        let drafts: Vec<InvoiceId> = drafts.into_iter().map(|reply| match reply {
            Ok(Receipt::Invoice(draft)) => draft.id,
            other => panic!("{other:?}"),
        }).collect();
        // Each one twice: the second is refused, and takes no number.
        let twice = drafts.iter().chain(&drafts).map(|id| (Target::Invoice(*id), Act::IssueInvoice(*id))).collect();
        let (issued, refused): (Vec<Reply>, Vec<Reply>) = at_once(&services, twice).await.into_iter().partition(Result::is_ok);
        assert_eq!((issued.len(), refused.len()), (200, 200));
        let numbers: BTreeSet<String> = issued.into_iter().map(|reply| match reply {
            Ok(Receipt::Invoice(invoice)) => invoice.number().to_owned(),
            other => panic!("{other:?}"),
        }).collect();
        assert_eq!(Vec::from_iter(numbers), first_numbers("2026", 200));
        verify(&fixture.service.db, |_, _| {}).await.unwrap();
    }
}

/// How often the server is killed while it issues.
const CRASHES: usize = 4;
/// How many drafts are issued in each round.
const DRAFTS: usize = 50;

/// Drafts of as many customers.
async fn drafts(live: &Live, round: usize) -> Vec<InvoiceId> {
    let mut drafts = Vec::new();
    for number in 0..DRAFTS {
        let new = NewCustomer {
            name: format!("Customer {round} {number}"),
            email: "c@example.org".to_owned(),
            locale: Locale::Nl,
            monthly_amount: None,
            contract_start: None,
            imported: true,
        };
        let customer = live.service.create_customer(live.by(), new).await.unwrap().id;
        let Act::WriteLine(written) = line() else { unreachable!() };
        drafts.push(live.service.write_line(live.by(), customer, written).await.unwrap().id);
    }
    drafts
}

/// Asks for all of them at once; gives the number of those that were answered.
async fn issue_at(server: &str, token: &str, drafts: &[InvoiceId]) -> BTreeMap<InvoiceId, String> {
    let client = reqwest::Client::new();
    let mut asked = JoinSet::new();
    for draft in drafts {
        let request = client.post(format!("{server}/api/v1/invoices/{draft}/issue")).bearer_auth(token);
        let (draft, request) = (*draft, request.header("Idempotency-Key", draft.to_string()).json(&json!({})));
        asked.spawn(async move {
            let answer = request.send().await.ok()?;
            assert_eq!(answer.status(), 201);
            let body: Value = answer.json().await.ok()?;
            Some((draft, text(&body["number"]).to_owned()))
        });
    }
    asked.join_all().await.into_iter().flatten().collect()
}

/// Kills the server while it issues, again and again.
async fn crashes(live: Live) {
    let mut all = BTreeMap::new();
    for round in 0..CRASHES {
        let drafts = drafts(&live, round).await;
        let server = Server::start(&live.address);
        let (url, token, asked) = (server.url.clone(), live.token.clone(), drafts.clone());
        let asking = tokio::spawn(async move { issue_at(&url, &token, &asked).await });
        tokio::time::sleep(Duration::from_millis(rand::random_range(5..60))).await;
        server.kill();
        let before = asking.await.unwrap();
        let server = Server::start(&live.address);
        let after = issue_at(&server.url, &live.token, &drafts).await;
        assert_eq!(after.len(), DRAFTS);
        for (draft, number) in before {
            assert_eq!(after[&draft], number, "what was acknowledged stands");
        }
        all.extend(after);
    }
    let year = live.service.policies.day(live.service.clock.now()).format("%Y").to_string();
    let numbers: BTreeSet<String> = all.into_values().collect();
    assert_eq!(Vec::from_iter(numbers), first_numbers(&year, CRASHES * DRAFTS));
    verify(&live.service.db, |_, _| {}).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pay_1_a_crash_while_issuing_leaves_no_gap_on_sqlite() {
    crashes(Live::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(no_postgres, ignore = "initdb not found")]
async fn pay_1_a_crash_while_issuing_leaves_no_gap_on_postgres() {
    let _cluster = cluster::database().await;
    crashes(Live::postgres().await).await;
}

/// The command line, beside a server that runs.
async fn commands(live: Live) {
    let drafts = drafts(&live, 0).await;
    let _server = Server::start(&live.address);
    let invoice = |rest: &[&str]| {
        let acting = ["--database", &live.address, "--as", "admin@example.org"];
        let (verb, rest) = rest.split_first().unwrap();
        says(&[&["invoice", verb], &acting[..], rest].concat(), "")
    };
    let year = live.service.policies.day(live.service.clock.now()).format("%Y").to_string();
    let one = invoice(&["issue", &drafts[0].to_string()]);
    assert_eq!(one.trim(), format!("Issued as {year}-0001, 121.00 to be paid."));
    let all = invoice(&["issue", "--all-drafts"]);
    assert_eq!(all.trim(), format!("Issued {}: {year}-0002 to {year}-{DRAFTS:04}.", DRAFTS - 1));
    assert_eq!(invoice(&["issue", "--all-drafts"]).trim(), "There were no drafts to issue.");
    let first = format!("{year}-0001");
    assert_eq!(
        invoice(&["pay", &first, "--amount", "21.00"]).trim(),
        format!("Recorded 21.00 on {first}: 100.00 is open.")
    );
    let kept = invoice(&["pay", &first, "--amount", "105.00", "--keep-surplus"]);
    assert_eq!(kept.trim(), format!("Recorded 105.00 on {first}: 0.00 is open, 5.00 kept as credit."));
    let second = format!("{year}-0002");
    let credited = invoice(&["credit", &second, "--reason", "Korting", "--line", "1", "--net", "10.00"]);
    assert_eq!(credited.trim(), format!("Credit note C{year}-0001 of 12.10."));
    let shown = invoice(&["show", &second]);
    assert!(shown.contains("credit_note") && shown.contains("108.90"), "{shown}");
    let list = invoice(&["list", "--which", "open", "--limit", "3"]);
    assert_eq!(list.lines().count(), 4, "{list}");
    assert!(list.starts_with("number") && list.contains("partly_paid") || list.contains("open"), "{list}");
    let acting = ["--database", &live.address, "--as", "admin@example.org"];
    let (code, said) = complains(&[&["invoice", "remind"], &acting[..], &[&second]].concat(), "");
    assert!(code == Some(1) && said.contains("not overdue"), "{said}");
    let (code, said) = complains(&[&["invoice", "show"], &acting[..], &["2019-0001"]].concat(), "");
    assert!(code == Some(1) && said.contains("2019-0001 was not found"), "{said}");
    let nobody = ["--database", &live.address, "--as", "nobody@example.org"];
    assert_eq!(complains(&[&["invoice", "list"], &nobody[..]].concat(), "").0, Some(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_works_on_invoices_beside_a_server_on_sqlite() {
    commands(Live::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(no_postgres, ignore = "initdb not found")]
async fn the_command_line_works_on_invoices_beside_a_server_on_postgres() {
    commands(Live::postgres().await).await;
}
