//! Arrears (PAY-4): pause, arrangement, reactivation fee and reminders, straight on the decision and through both databases.

use crate::common::http::{Site, text};
use crate::common::{day, noon, on_both};
use crate::reversals::{Till, terms};
use rust_decimal::Decimal;
use serde_json::json;
use strippenkaart::domain::command::Receiving;
use strippenkaart::domain::{
    Act, ArrearsEventKind, AskedVia, Cents, Excess, InvoiceId, Minutes, PaymentMethod, Receipt, Refusal, Standing,
    Target,
};
use strippenkaart::store::users::StaffRole;

impl Till {
    fn pause(&mut self) -> Result<Receipt, Refusal> {
        self.ask(Act::PauseAccount { reason: "Two invoices".to_owned() })
    }

    fn arrange(&mut self, until: &str) -> Result<Receipt, Refusal> {
        let reason = "In three parts".to_owned();
        self.ask(Act::Arrange { until: day(until), asked_via: AskedVia::Mail, reason })
    }

    fn reactivate(&mut self, factor: &str) -> Result<Option<InvoiceId>, Refusal> {
        let factor: Decimal = factor.parse().unwrap();
        match self.ask(Act::ChargeReactivation { factor, reason: "Cooperative".to_owned() })? {
            Receipt::Arrears(event) => Ok(event.invoice_id),
            other => panic!("{other:?}"),
        }
    }

    fn is_paused(&self) -> bool {
        self.rows().customer.as_ref().unwrap().is_paused()
    }

    /// A customer with a paid card and an invoice that is late.
    fn late() -> (Self, InvoiceId) {
        let mut till = Self::under(&[]);
        let (_, paid) = till.buy("10h");
        till.pay(paid, 96_800);
        let (_, late) = till.buy("5h");
        till.on("2026-04-01");
        (till, late)
    }
}

#[test]
fn pay_4_a_pause_is_refused_without_arrears_and_with_an_arrangement() {
    let mut till = Till::under(&[]);
    let (_, invoice) = till.buy("5h");
    assert_eq!(till.pause(), Err(Refusal::NoArrears));
    assert_eq!(till.on("2026-03-23").pause(), Err(Refusal::NoArrears), "due today is not late");
    till.on("2026-03-24").arrange("2026-04-30").unwrap();
    assert_eq!(till.pause(), Err(Refusal::Arranged { until: day("2026-04-30") }));
    till.ask(Act::EndArrangement { reason: "Not kept".to_owned() }).unwrap();
    till.pause().unwrap();
    assert_eq!(till.pause(), Err(Refusal::AlreadyPaused { since: day("2026-03-24") }));
    till.arrange("2026-04-30").unwrap();
    assert!(!till.is_paused(), "an arrangement ends the pause");
    assert_eq!(till.on("2026-04-30").pause(), Err(Refusal::Arranged { until: day("2026-04-30") }));
    till.on("2026-05-01").pause().unwrap();
    assert_eq!(till.ask(Act::EndArrangement { reason: "Over".to_owned() }), Err(Refusal::NotArranged));
    till.pay(invoice, 48_400);
    assert_eq!(till.arrange("2026-06-01"), Err(Refusal::NoArrears));
}

#[test]
fn pay_4_a_paused_account_agrees_to_nothing_draws_nothing_and_keeps_the_rest() {
    let (mut till, late) = Till::late();
    let ticket = till.ticket();
    let (agreed, open) = (till.propose(ticket, 60), till.propose(ticket, 60));
    till.accept(agreed).unwrap();
    till.pause().unwrap();
    let paused = Refusal::AccountPaused { since: day("2026-04-01") };
    assert_eq!(till.accept(open), Err(paused.clone()));
    assert_eq!(till.log(ticket, 30, Excess::Refuse), Err(paused));
    let Receipt::Time(time) = till.log(ticket, 30, Excess::Uncovered).unwrap() else { panic!("time was logged") };
    assert_eq!((time.uncovered, time.draws.len()), (Minutes(30), 0));
    till.ticket();
    let (card, invoice) = till.buy("5h");
    till.pay(invoice, 48_400);
    assert_eq!(till.card(card).activated_at, None, "no card becomes active");
    assert_eq!(till.invoice(invoice).standing(), Standing::Paid);

    till.pay(late, 10_000);
    assert!(till.is_paused());
    till.pay(late, 38_400);
    assert!(!till.is_paused(), "paying what is overdue ends it");
    assert!(till.card(card).activated_at.is_some(), "and makes paid cards active");
    till.log(ticket, 30, Excess::Refuse).unwrap();
}

#[test]
fn pay_4_the_reactivation_fee_does_not_hold_it_up() {
    let (mut till, late) = Till::late();
    till.pause().unwrap();
    let fee = till.reactivate("2").unwrap().unwrap();
    assert_eq!((till.invoice(fee).net, till.invoice(fee).gross), (Cents(20_000), Cents(24_200)));
    till.on("2026-06-01");
    assert!(till.invoice(fee).is_overdue(till.today));
    till.pay(late, 48_400);
    assert!(!till.is_paused());
    assert_eq!(till.pause(), Err(Refusal::NoArrears));
}

/// What is credited is not overdue any more, whatever it is credited for.
#[test]
fn pay_4_a_pause_ends_when_the_work_of_the_late_invoice_is_taken_back() {
    let mut till = Till::under(&[]);
    let ticket = till.ticket();
    till.log(ticket, 300, Excess::Uncovered).unwrap();
    let Receipt::Time(time) = till.log(ticket, 30, Excess::Uncovered).unwrap() else { panic!("time was logged") };
    let entry = time.entry.id;
    let (contact, reason) = (till.owner, "Agreed by phone".to_owned());
    let act = Act::InvoiceEntry { entry, contact, hourly_rate: Some(Cents(9_500)), reason };
    till.act(Target::TimeEntry(entry), act).unwrap();
    let invoice = till.rows().invoices.values().find(|row| row.issued().is_none()).unwrap().id;
    till.act(Target::Invoice(invoice), Act::IssueInvoice(invoice)).unwrap();
    till.on("2026-06-01").pause().unwrap();
    till.act(Target::TimeEntry(entry), Act::ReverseEntry { entry, reason: "Not ours".to_owned() }).unwrap();
    assert_eq!(till.invoice(invoice).open(), Cents::ZERO);
    assert!(!till.is_paused());
}

#[test]
fn pay_4_the_factor_is_0_to_6_with_at_most_2_decimals() {
    let mut till = Till::under(&[]);
    for (factor, gross) in [("0.5", 6_050), ("6", 72_600), ("6.00", 72_600), ("0.25", 3_025), ("1.10", 13_310)] {
        let invoice = till.reactivate(factor).unwrap().unwrap();
        assert_eq!(till.invoice(invoice).gross, Cents(gross), "{factor}");
    }
    assert_eq!(till.reactivate("0").unwrap(), None, "nothing, and still recorded");
    for factor in ["6.01", "-1", "1.234", "7", "0.001"] {
        assert!(matches!(till.reactivate(factor), Err(Refusal::Invalid { .. })), "{factor}");
    }
}

#[test]
fn pay_4_no_part_of_the_policy_no_fee() {
    let mut till = Till::under(&[("[reactivation]\nmost = 6\nvat = \"standard_ex\"\n", "")]);
    assert_eq!(till.reactivate("1"), Err(Refusal::NoReactivation));
}

async fn late_customer(site: &Site, finance: &str) -> (String, String) {
    let (customer, _) = site.fixture.customer().await;
    let cards = format!("/api/v1/customers/{customer}/cards");
    let card = site.post(finance, &cards, &json!({ "product": "10h" })).await.expect(201);
    (customer.to_string(), text(&card["invoice_id"]).to_owned())
}

on_both! {
    under terms(&[]);
    async fn pay_4_arrears_through_the_api(fixture: Fixture) {
        let site = Site::new(fixture);
        let finance = site.staff(StaffRole::Finance).await;
        let (customer, invoice) = late_customer(&site, &finance).await;
        let own = format!("/api/v1/customers/{customer}/arrears");
        site.post(&finance, &format!("{own}/pause"), &json!({ "reason": "x" })).await.problem(409, "no-arrears");
        site.fixture.clock.set(noon(2026, 4, 1));
        let late = site.get(&finance, "/api/v1/arrears?which=open").await.expect(200);
        assert_eq!((&late["items"][0]["overdue"], &late["items"][0]["invoices"]), (&json!("968.00"), &json!(1)));
        let paused = site.post(&finance, &format!("{own}/pause"), &json!({ "reason": "Unpaid" })).await.expect(201);
        assert_eq!((&paused["kind"], &paused["overdue"]), (&json!("paused"), &json!("968.00")));
        let seen = site.get(&finance, &own).await.expect(200);
        assert_eq!((&seen["paused_on"], &seen["why_paused"]), (&json!("2026-04-01"), &json!("Unpaid")));
        assert_eq!(site.get(&finance, "/api/v1/arrears?which=open").await.expect(200)["items"], json!([]));
        let fee = json!({ "factor": "1.234", "reason": "x" });
        assert_eq!(site.post(&finance, &format!("{own}/reactivation"), &fee).await.pointers(), ["/factor"]);
        site.fixture.clock.set(noon(2026, 4, 2));
        let fee = json!({ "factor": "0", "reason": "Cooperative" });
        let charged = site.post(&finance, &format!("{own}/reactivation"), &fee).await.expect(201);
        assert_eq!((&charged["kind"], &charged["invoice_id"]), (&json!("reactivated"), &json!(null)));
        site.fixture.clock.set(noon(2026, 4, 3));
        let pay = json!({ "amount": "968.00", "paid_on": "2026-04-01", "method": "bank" });
        site.post(&finance, &format!("/api/v1/invoices/{invoice}/payments"), &pay).await.expect(201);
        let seen = site.get(&finance, &own).await.expect(200);
        let kinds: Vec<&str> = seen["events"].as_array().unwrap().iter().map(|event| text(&event["kind"])).collect();
        assert_eq!((kinds, &seen["paused_on"]), (vec!["resumed", "reactivated", "paused"], &json!(null)));
    }
}

on_both! {
    under terms(&[]);
    async fn pay_4_a_pause_that_is_ended_by_hand_makes_paid_cards_active(fixture: Fixture) {
        let site = Site::new(fixture);
        let finance = site.staff(StaffRole::Finance).await;
        for end in ["resume", "arrangement"] {
            site.fixture.clock.set(noon(2026, 3, 9));
            let (customer, _) = late_customer(&site, &finance).await;
            site.fixture.clock.set(noon(2026, 4, 1));
            let own = format!("/api/v1/customers/{customer}/arrears");
            site.post(&finance, &format!("{own}/pause"), &json!({ "reason": "Unpaid" })).await.expect(201);
            let cards = format!("/api/v1/customers/{customer}/cards");
            let card = site.post(&finance, &cards, &json!({ "product": "5h" })).await.expect(201);
            let invoice: InvoiceId = text(&card["invoice_id"]).parse().unwrap();
            let received = Receiving::of(invoice, Cents(48_400), day("2026-04-01"), PaymentMethod::Bank);
            site.fixture.submit(Target::Invoice(invoice), Act::RecordPayment(received)).await.unwrap();
            let balance = format!("/api/v1/customers/{customer}/balance");
            assert_eq!(site.get(&finance, &balance).await.expect(200)["available_minutes"], 180, "the welcome card");
            let body = match end {
                "resume" => json!({ "reason": "Promised" }),
                _ => json!({ "until": "2026-05-01", "asked_via": "mail", "reason": "In parts" }),
            };
            site.post(&finance, &format!("{own}/{end}"), &body).await.expect(201);
            assert_eq!(site.get(&finance, &balance).await.expect(200)["available_minutes"], 480, "{end}");
        }
    }
}

on_both! {
    under terms(&[]);
    async fn pay_4_reminders_follow_the_days_of_the_policy_and_count_once(fixture: Fixture) {
        let site = Site::new(fixture);
        let finance = site.staff(StaffRole::Finance).await;
        let caller = site.fixture.service.caller_by_token(&finance).await.unwrap();
        let (customer, invoice) = late_customer(&site, &finance).await;
        let id: InvoiceId = invoice.parse().unwrap();
        for (today, due) in [((2026, 3, 29), None), ((2026, 3, 30), Some(1))] {
            site.fixture.clock.set(noon(today.0, today.1, today.2));
            let seen = site.get(&finance, "/api/v1/reminders").await.expect(200);
            assert_eq!(seen["items"][0]["reminder"].as_i64(), due, "{today:?}");
        }
        let service = &site.fixture.service;
        service.mark_reminder(&caller, id, 0).await.unwrap();
        service.mark_reminder(&caller, id, 0).await.unwrap();
        assert_eq!(service.mark_reminders(&caller).await.unwrap(), 0, "the next one is for later");
        site.fixture.clock.set(noon(2026, 4, 13));
        assert_eq!(service.mark_reminders(&caller).await.unwrap(), 1);
        assert_eq!(service.mark_reminders(&caller).await.unwrap(), 0, "there are two");
        let own = format!("/api/v1/customers/{customer}/arrears");
        assert_eq!(site.get(&finance, &own).await.expect(200)["invoices"][0]["reminders"], 2);
    }
}

on_both! {
    under terms(&[]);
    async fn pay_4_pages_for_finance_and_what_the_customer_reads(fixture: Fixture) {
        let (customer, owner) = fixture.customer().await;
        fixture.submit(Target::Customer(customer), Act::order("10h")).await.unwrap();
        fixture.clock.set(noon(2026, 4, 1));
        let site = crate::pages::Site::new(fixture);
        let admin = site.staff(StaffRole::Admin).await;
        site.staff(StaffRole::Finance).await;
        let mut finance = site.login("finance@provider.example").await;
        let list = finance.get("/finance/arrears").await;
        assert!(list.text.contains("€ 968,00") && list.text.contains("Markeer alles als verstuurd"), "{}", list.text);
        assert!(list.text.contains("verstuurt zelf nog geen mail"));
        let path = format!("/finance/customers/{customer}");
        let page = finance.get(&path).await;
        let refused = finance.post(&format!("{path}/pause"), &[("key", &page.key()), ("reason", "")]).await;
        assert_eq!(refused.status.as_u16(), 422, "{}", refused.text);
        let sent = [("key", &*page.key()), ("reason", "Niet betaald")];
        assert_eq!(finance.post(&format!("{path}/pause"), &sent).await.location(), path);
        let page = finance.get(&path).await;
        assert!(page.text.contains("gepauzeerd sinds 01-04-2026") && page.text.contains("Niet betaald"), "{}", page.text);
        assert!(page.text.contains("Van deze klant is geen maandbedrag bekend."));
        let until = [("until", "2026-05-01"), ("asked_via", "chat"), ("reason", "")];
        let refused = finance.post(&format!("{path}/arrangement"), &until).await;
        assert!(refused.text.contains("value=\"2026-05-01\""), "{}", refused.text);

        let mut contact = site.contact(&admin, owner).await;
        let own = contact.get(&format!("/customers/{customer}")).await;
        for said in ["gepauzeerd sinds 1 april 2026", "Niet betaald", "€ 968,00", "downloaden kan gewoon"] {
            assert!(own.text.contains(said), "{said}: {}", own.text);
        }
        let late = site.fixture.service.arrears_of(&admin, customer).await.unwrap();
        assert_eq!(late.events[0].event.kind, ArrearsEventKind::Paused);
        let letter = format!("/finance/reminders/{}", late.late[0].id);
        let page = finance.get(&letter).await;
        assert!(page.text.contains("Geachte heer of mevrouw") && page.text.contains("mailto:"), "{}", page.text);
        let page = finance.get(&format!("{letter}?lang=en")).await;
        assert!(page.text.contains("Dear Sir or Madam"), "{}", page.text);
        assert_eq!(finance.post(&letter, &[("sent", "0")]).await.location(), "/finance/arrears#reminders");
        assert_eq!(contact.get(&letter).await.status.as_u16(), 403);
        assert_eq!(contact.get("/finance/arrears").await.status.as_u16(), 403);
    }
}

on_both! {
    under terms(&[("example = true", "\"example\" = \"demo\"")]);
    async fn pay_1a_a_reminder_of_an_example_says_so_and_names_no_account(fixture: Fixture) {
        let (customer, _) = fixture.customer().await;
        fixture.submit(Target::Customer(customer), Act::order("10h")).await.unwrap();
        fixture.clock.set(noon(2026, 4, 1));
        let site = crate::pages::Site::new(fixture);
        let admin = site.staff(StaffRole::Admin).await;
        site.staff(StaffRole::Finance).await;
        let mut finance = site.login("finance@provider.example").await;
        let late = site.fixture.service.arrears_of(&admin, customer).await.unwrap();
        let page = finance.get(&format!("/finance/reminders/{}", late.late[0].id)).await;
        assert!(page.text.contains("VOORBEELD") && !page.text.contains("betalingskenmerk"), "{}", page.text);
        assert!(!page.text.contains(crate::bank::OURS));
    }
}
