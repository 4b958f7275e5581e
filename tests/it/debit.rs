//! Direct debits as they go out (PAY-2): references that are given once, mandates that go on with another account, what is
//! called off, days on which banks are closed, names of every script; and reminders by their days (PAY-4).

use crate::common::http::text;
use crate::common::{Fixture, day, noon, on_both};
use crate::exports::{keep, pdf_text};
use crate::invoices::{Browser, Scene, texts, value};
use axum::http::StatusCode;
use serde_json::{Value, json};
use strippenkaart::domain::{
    Act, Actor, Cents, CollectionId, InvoiceId, Locale, Receipt, Refusal, Target, command::Undone,
};
use strippenkaart::service::Service;
use strippenkaart::service::access::Caller;
use strippenkaart::service::ledger::Failure;
use strippenkaart::service::verify::verify;
use strippenkaart::store::Db;
use strippenkaart::store::users::StaffRole;
use tokio::task::JoinSet;

/// Sells 10 hours for 800.00 and collects; pain.008.001.08.
const POLICY: &str = "standard";

/// The same with the older format.
fn older() -> String {
    let policy = include_str!("../../policies/standard.toml");
    let older = policy.replace("\"pain.008.001.08\"", "\"pain.008.001.02\"");
    assert_ne!(older, policy, "the standard terms collect in the newer format");
    older
}

/// A mandate as typed, under this reference.
fn leave(reference: &str, name: &str) -> Value {
    json!({ "reference": reference, "iban": "NL91 ABNA 0417 1643 00", "debtor_name": name, "signed_on": "2026-03-01" })
}

impl Scene {
    /// A mandate of the customer, by its id.
    async fn signed(&self, reference: &str) -> String {
        let made = self.post(&self.of("mandates"), leave(reference, "Stichting De Eik")).await.expect(201);
        text(&made["id"]).to_owned()
    }

    async fn plan(&self, invoice: &str, on: &str) -> Value {
        self.post(&format!("invoices/{invoice}/collections"), json!({ "collect_on": on })).await.expect(201)
    }

    async fn cancel(&self, collection: &Value) -> crate::common::http::Answer {
        let path = format!("collections/{}/cancellation", text(&collection["id"]));
        self.post(&path, json!({ "reason": "Klant maakt zelf over" })).await
    }

    /// A file of what is planned up to a day: its number, its text, and what a person should know of it.
    async fn file(&self, up_to: &str, name: &str) -> (String, Value) {
        let asked = json!({ "kind": "collection", "up_to": up_to });
        let made = self.post("exports", asked).await.expect(201);
        let path = format!("/api/v1/exports/{}/file", made["number"]);
        let file = self.site.get(&self.finance, &path).await;
        keep(&format!("debit-{name}-{}.pain008.xml", self.site.fixture.service.db.name()), file.text.as_bytes());
        (file.text, made["left_out"].clone())
    }

    async fn of_invoice(&self, invoice: &str) -> Value {
        self.get(&format!("invoices/{invoice}/collections")).await["items"].clone()
    }

    /// What came back of a collection.
    async fn refused(&self, collection: &Value, code: &str, rejected: bool) {
        let id: CollectionId = text(&collection["id"]).parse().unwrap();
        let valued_on = self.site.fixture.service.policies.day(self.site.fixture.clock.now());
        let undone = Undone { code: code.to_owned(), valued_on, rejected, charge: Cents::ZERO };
        let act = Act::ReverseCollection { collection: id, undone };
        self.site.fixture.submit(Target::Collection(id), act).await.unwrap();
    }

    async fn settled(&self, collection: &Value, on: &str) {
        let id: CollectionId = text(&collection["id"]).parse().unwrap();
        let act = Act::SettleCollection { collection: id, settled_on: day(on), bank_line: None };
        self.site.fixture.submit(Target::Collection(id), act).await.unwrap();
    }

    fn today(&self, year: i32, month: u32, day: u32) {
        self.site.fixture.clock.set(noon(year, month, day));
    }

    async fn finance_browser(&self, lang: &'static str) -> Browser<'_> {
        let mut browser = self.browser(Some(StaffRole::Finance), None).await;
        browser.lang = lang;
        browser
    }
}

/// How often a text stands in another.
fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

on_both! {
    under POLICY;
    async fn pay_2_a_reference_that_exists_is_refused_at_its_field(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let first = scene.signed("MND-0001").await;
        let (other, _) = scene.site.fixture.customer().await;
        let others = format!("customers/{other}/mandates");
        for (path, reference) in [(&scene.of("mandates"), "MND-0001"), (&others, "MND-0001"), (&others, "mnd-0001")] {
            let body = scene.post(path, leave(reference, "De Beuk")).await.problem(409, "mandate-exists");
            assert_eq!(body["errors"][0]["pointer"], "/reference", "{body}");
            assert_eq!(body["reference"], reference);
        }
        let end = format!("/api/v1/{}/{first}", scene.of("mandates"));
        scene.site.delete(&scene.finance, &end).await.expect(204);
        scene.post(&others, leave("MND-0001", "De Beuk")).await.problem(409, "mandate-exists");
        scene.post(&others, leave("MND-0002", "De Beuk")).await.expect(201);
        let known = scene.get(&scene.of("mandates")).await;
        assert_eq!(known["items"].as_array().unwrap().len(), 1, "nothing was replaced by what was refused");

        for (lang, said) in [("nl", "Er is al een machtiging met kenmerk MND-0001"), ("en", "A mandate with reference MND-0001 exists already")] {
            let finance = scene.finance_browser(lang).await;
            let path = format!("/customers/{other}/mandates");
            let typed = [("reference", "MND-0001"), ("iban", "NL20 INGB 0001 2345 67"), ("debtor_name", "De Beuk & Zn."), ("signed_on", "2026-03-02"), ("scheme", "b2b")];
            let page = finance.post(&path, &typed).await;
            assert_eq!(page.status, StatusCode::CONFLICT);
            for (field, typed) in &typed[..4] {
                assert_eq!(value(&page, &format!("#mandate-{field}")), *typed, "{field} is still there");
            }
            assert!(texts(&page, "#mandate-reference-error")[0].starts_with(said), "{:?}", texts(&page, ".error"));
        }
        verify(&scene.site.fixture.service.db, |_, _| {}).await.unwrap();
    }
}

/// A mandate for each of these, all at once, over all services.
async fn recorded_at_once(fixture: &Fixture, services: &[Service], reference: &str) -> (usize, usize) {
    let mut customers = Vec::new();
    for _ in 0..8 {
        customers.push(fixture.customer().await.0);
    }
    let mut asked = JoinSet::new();
    for (at, customer) in customers.into_iter().enumerate() {
        let (service, reference) = (services[at % services.len()].clone(), reference.to_owned());
        let act = Act::RecordMandate {
            reference: Some(if at % 2 == 0 { reference } else { reference.to_lowercase() }),
            scheme: None,
            signed_on: day("2026-03-01"),
            debtor_name: "School".to_owned(),
            iban: "NL91ABNA0417164300".to_owned(),
        };
        let command = fixture.command(Target::Customer(customer), act);
        asked.spawn(async move { service.door.submit(command).await });
    }
    let (mut made, mut refused) = (0, 0);
    while let Some(reply) = asked.join_next().await {
        match reply.unwrap() {
            Ok(Receipt::Mandate(_)) => made += 1,
            Err(Failure::Refused(Refusal::MandateExists { .. })) => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    (made, refused)
}

on_both! {
    under POLICY;
    async fn pay_2_of_mandates_recorded_at_once_one_has_the_reference(fixture: Fixture) {
        let services = [fixture.service.clone()];
        for round in 0..5 {
            assert_eq!(recorded_at_once(&fixture, &services, &format!("MND-{round}")).await, (1, 7));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(no_postgres, ignore = "initdb not found")]
async fn pay_2_of_mandates_recorded_at_once_on_two_doors_one_has_the_reference() {
    let fixture = Fixture::postgres_with(POLICY).await;
    let second = Db::open(&fixture.address).await.unwrap();
    let (other, _writer) = Service::start(second, fixture.clock.clone(), None).await.unwrap();
    let services = [fixture.service.clone(), other];
    for round in 0..10 {
        assert_eq!(recorded_at_once(&fixture, &services, &format!("MND-{round}")).await, (1, 7));
    }
}

/// A relative: names that are given once are refused as such, whoever was first, also between two doors.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(no_postgres, ignore = "initdb not found")]
async fn card_2_of_customers_made_at_once_on_two_doors_one_has_the_name() {
    let fixture = Fixture::postgres_with(POLICY).await;
    let second = Db::open(&fixture.address).await.unwrap();
    let (other, _writer) = Service::start(second, fixture.clock.clone(), None).await.unwrap();
    let services = [fixture.service.clone(), other];
    for round in 0..10 {
        let mut asked = JoinSet::new();
        for at in 0..8_usize {
            let act = Act::CreateCustomer {
                name: format!("School {round}"),
                email: "school@example.org".to_owned(),
                locale: Locale::Nl,
                monthly_amount: None,
                contract_start: None,
                imported: false,
            };
            let command = fixture.command(Target::Customer(fixture.clock.id()), act);
            let service = services[at % 2].clone();
            asked.spawn(async move { service.door.submit(command).await });
        }
        let replies: Vec<_> = asked.join_all().await;
        let made = replies.iter().filter(|reply| reply.is_ok()).count();
        let refused = replies
            .iter()
            .filter(|reply| matches!(reply, Err(Failure::Refused(Refusal::CustomerExists { .. }))))
            .count();
        assert_eq!((made, refused), (1, 7), "{replies:?}");
    }
}

/// The story of one mandate with two accounts: the next collection after the change says so, once.
async fn amended(fixture: Fixture, format: &str) {
    let scene = Scene::new(fixture).await;
    let mandate = scene.signed("MND-0001").await;
    let first = scene.card().await;
    let one = scene.plan(&first, "2026-03-16").await;
    let (file, _) = scene.file("2026-03-16", &format!("{format}-a")).await;
    assert!(file.contains("<SeqTp>FRST</SeqTp>") && !file.contains("AmdmntInd"), "{file}");
    scene.today(2026, 3, 17);
    scene.settled(&one, "2026-03-16").await;

    let (second, third, fourth) = (scene.card().await, scene.card().await, scene.card().await);
    scene.plan(&second, "2026-03-24").await;
    let path = scene.of(&format!("mandates/{mandate}/amendments"));
    let wrong = scene.post(&path, json!({ "iban": "NL20 INGB 0001 2345 68" })).await;
    assert_eq!(wrong.pointers(), ["/iban"]);
    scene.post(&path, json!({ "iban": "NL91 ABNA 0417 1643 00" })).await.problem(409, "nothing-to-amend");
    let new = json!({ "iban": "NL20 INGB 0001 2345 67", "debtor_name": "Stichting De Eik en De Linde" });
    let goes_on = scene.post(&path, new.clone()).await.expect(201);
    assert_eq!((&goes_on["reference"], &goes_on["signed_on"]), (&json!("MND-0001"), &json!("2026-03-01")));
    assert_eq!((&goes_on["amends"], text(&goes_on["iban"])), (&json!(mandate), "NL•• INGB •••• ••45 67"));
    scene.post(&path, new).await.problem(409, "mandate-ended");
    let known = scene.get(&scene.of("mandates")).await["items"].clone();
    assert_eq!((&known[0]["ended_at"], &known[1]["ended_because"]), (&Value::Null, &json!("amended")));
    assert_eq!(known[1]["iban"], "NL•• ABNA •••• ••43 00", "the account before stays to be seen");

    scene.plan(&third, "2026-03-24").await;
    let (file, _) = scene.file("2026-03-24", &format!("{format}-b")).await;
    assert!(file.contains(&format!("urn:iso:std:iso:20022:tech:xsd:{format}")), "{file}");
    assert_eq!(
        (count(&file, "<MndtId>MND-0001</MndtId>"), count(&file, "NL20INGB0001234567")),
        (2, 2),
        "what was planned went along"
    );
    assert!(!file.contains("NL91ABNA0417164300") || count(&file, "<DbtrAcct><Id><IBAN>NL91ABNA0417164300") == 0);
    assert_eq!(count(&file, "AmdmntInd>true<"), 1, "said once: {file}");
    let flat: String = file.split_whitespace().collect();
    assert!(flat.contains("<AmdmntInd>true</AmdmntInd><AmdmntInfDtls><OrgnlDbtrAcct><Id><Othr><Id>SMNDA</Id></Othr></Id></OrgnlDbtrAcct></AmdmntInfDtls>"), "{flat}");
    assert!(file.contains("<SeqTp>RCUR</SeqTp>") && !file.contains("<SeqTp>FRST</SeqTp>"));
    assert!(file.contains("Stichting De Eik en De Linde"));

    scene.plan(&fourth, "2026-03-31").await;
    let (file, _) = scene.file("2026-03-31", &format!("{format}-c")).await;
    assert!(file.contains("NL20INGB0001234567") && !file.contains("AmdmntInd"), "later ones are ordinary: {file}");
    verify(&scene.site.fixture.service.db, |_, _| {}).await.unwrap();
}

on_both! {
    under POLICY;
    async fn pay_2_an_amended_mandate_is_told_to_the_bank_once(fixture: Fixture) {
        amended(fixture, "pain.008.001.08").await;
    }
}

on_both! {
    under older();
    async fn pay_2_an_amended_mandate_is_told_to_the_bank_once_in_the_older_format(fixture: Fixture) {
        amended(fixture, "pain.008.001.02").await;
    }
}

on_both! {
    under POLICY;
    async fn pay_2_an_amendment_that_the_bank_refused_is_told_again(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let mandate = scene.signed("MND-0001").await;
        let never_sent = scene.post(&scene.of(&format!("mandates/{mandate}/amendments")), json!({ "iban": "DE89 3704 0044 0532 0130 00" })).await.expect(201);
        let first = scene.card().await;
        let one = scene.plan(&first, "2026-03-16").await;
        let (file, _) = scene.file("2026-03-16", "fresh").await;
        assert!(!file.contains("AmdmntInd") && file.contains("DE89370400440532013000"), "the bank never saw the account before");
        scene.today(2026, 3, 17);
        scene.settled(&one, "2026-03-16").await;
        let path = scene.of(&format!("mandates/{}/amendments", text(&never_sent["id"])));
        scene.post(&path, json!({ "iban": "NL20 INGB 0001 2345 67" })).await.expect(201);
        let second = scene.card().await;
        let two = scene.plan(&second, "2026-03-20").await;
        let (file, _) = scene.file("2026-03-20", "told").await;
        assert_eq!(count(&file, "SMNDA"), 1);
        scene.refused(&two, "AM04", true).await;
        scene.plan(&second, "2026-03-27").await;
        let (file, _) = scene.file("2026-03-27", "again").await;
        assert_eq!(count(&file, "SMNDA"), 1, "nothing had moved: {file}");
    }
}

on_both! {
    under POLICY;
    async fn pay_2_the_account_is_changed_on_the_page_in_both_languages(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let mut mandate = scene.signed("MND-0001").await;
        let at = format!("/customers/{}", scene.customer);
        let mut march = 10..;
        for (lang, iban, said, tag) in [
            ("nl", "NL20 INGB 0001 2345 67", "De machtiging staat op de nieuwe rekening.", "beëindigd: rekening gewijzigd"),
            ("en", "DE89 3704 0044 0532 0130 00", "The mandate is for the new account.", "ended: account changed"),
        ] {
            scene.today(2026, 3, march.next().unwrap());
            let finance = scene.finance_browser(lang).await;
            let wrong = [("mandate", mandate.as_str()), ("iban", "NL00 INGB 0001 2345 67"), ("debtor_name", "De Linde")];
            let page = finance.post(&format!("{at}/mandates/amend"), &wrong).await;
            assert_eq!((page.status, value(&page, "#amend-iban")), (StatusCode::UNPROCESSABLE_ENTITY, wrong[1].1.to_owned()));
            assert_eq!(value(&page, "#amend-debtor_name"), "De Linde");
            let right = [("mandate", mandate.as_str()), ("iban", iban), ("debtor_name", "De Linde")];
            let page = finance.done(&format!("{at}/mandates/amend"), &right).await;
            assert!(texts(&page, ".alert.ok")[0].starts_with(said), "{:?}", texts(&page, ".alert"));
            assert_eq!(texts(&page, "#mandates ~ .rows .tag")[1], tag);
            let arrears = finance.get(&format!("/finance{at}")).await;
            assert!(texts(&arrears, "#mandates ~ .rows .meta").iter().any(|line| line.ends_with(&tag[tag.find(": ").unwrap() + 2..])), "{:?}", texts(&arrears, "#mandates ~ .rows .meta"));
            text(&scene.get(&scene.of("mandates")).await["items"][0]["id"]).clone_into(&mut mandate);
        }
        let viewer = scene.browser(None, Some(scene.owner)).await;
        let refused = viewer.post(&format!("{at}/mandates/amend"), &[("mandate", &mandate), ("iban", "NL20INGB0001234567")]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
    }
}

on_both! {
    under POLICY;
    async fn pay_2_what_is_planned_can_be_called_off_until_it_is_sent(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        scene.signed("MND-0001").await;
        let invoice = scene.card().await;
        let first = scene.plan(&invoice, "2026-03-16").await;
        let called_off = scene.cancel(&first).await.expect(201);
        assert_eq!((&called_off["end_to_end_id"], &called_off["reason"]), (&json!("2026-0001-1"), &json!("Klant maakt zelf over")));
        assert_eq!(scene.cancel(&first).await.expect(201), called_off, "twice changes nothing");
        let nothing = scene.post("exports", json!({ "kind": "collection", "up_to": "2026-03-31" })).await;
        nothing.problem(409, "nothing-to-export");
        assert!(scene.get(&scene.of("mandates")).await["items"][0]["last_used_on"].is_null(), "never used after all");

        let second = scene.plan(&invoice, "2026-03-17").await;
        assert_eq!((&second["attempt"], &second["end_to_end_id"]), (&json!(2), &json!("2026-0001-2")), "an id is never used again");
        let (file, _) = scene.file("2026-03-17", "called-off").await;
        assert!(file.contains("2026-0001-2") && !file.contains("2026-0001-1<") && file.contains("FRST"), "{file}");
        let sent = scene.cancel(&second).await.problem(409, "collection-sent");
        assert!(text(&sent["detail"]).contains("ask the bank"), "{sent}");
        let statuses: Vec<Value> = scene.of_invoice(&invoice).await.as_array().unwrap().iter().map(|row| row["status"].clone()).collect();
        assert_eq!(statuses, ["cancelled", "sent"]);
        scene.today(2026, 3, 18);
        scene.settled(&second, "2026-03-17").await;
        scene.cancel(&second).await.problem(409, "collection-answered");
        verify(&scene.site.fixture.service.db, |_, _| {}).await.unwrap();
    }
}

on_both! {
    under POLICY;
    async fn pay_2_a_collection_is_called_off_on_the_page_in_both_languages(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        scene.signed("MND-0001").await;
        let invoice = scene.card().await;
        let at = format!("/invoices/{invoice}");
        for (lang, said, step) in [
            ("nl", "De incasso is afgezegd.", "Incasso afgezegd"),
            ("en", "The collection was called off.", "Collection called off"),
        ] {
            let finance = scene.finance_browser(lang).await;
            let planned = scene.plan(&invoice, "2026-03-16").await;
            let id = text(&planned["id"]);
            let page = finance.get(&at).await;
            assert_eq!(value(&page, "form[action$=\"collections/cancel\"] [name=collection]"), id);
            let empty = finance.post(&format!("{at}/collections/cancel"), &[("collection", id), ("reason", "")]).await;
            assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
            let page = finance.done(&format!("{at}/collections/cancel"), &[("collection", id), ("reason", "Zelf betaald")]).await;
            assert_eq!(texts(&page, ".alert.ok"), [said]);
            assert!(texts(&page, ".timeline b").contains(&step.to_owned()), "{:?}", texts(&page, ".timeline"));
            assert!(page.text.contains("collect_on"), "it can be planned again");
        }
        let planned = scene.plan(&invoice, "2026-03-16").await;
        scene.file("2026-03-16", "page").await;
        for (lang, said) in [("nl", "Vraag de bank om hem in te trekken"), ("en", "ask the bank to withdraw it")] {
            let finance = scene.finance_browser(lang).await;
            let values = [("collection", text(&planned["id"])), ("reason", "Te laat")];
            let page = finance.post(&format!("{at}/collections/cancel"), &values).await;
            assert_eq!(page.status, StatusCode::CONFLICT);
            assert!(page.text.contains(said), "{}", page.text);
        }
    }
}

on_both! {
    under POLICY;
    async fn pay_2_a_day_on_which_banks_are_closed_moves_to_the_next_bank_day(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        scene.signed("MND-0001").await;
        let invoice = scene.card().await;
        for (asked, on) in [("2026-12-06", "2026-12-07"), ("2026-04-03", "2026-04-07"), ("2026-12-25", "2026-12-28"), ("2026-05-01", "2026-05-04")] {
            let planned = scene.plan(&invoice, asked).await;
            assert_eq!((&planned["asked_on"], &planned["collect_on"]), (&json!(asked), &json!(on)));
            assert!(text(&planned["moved"]).contains(on), "{planned}");
            scene.cancel(&planned).await.expect(201);
        }
        let planned = scene.plan(&invoice, "2026-12-04").await;
        assert_eq!((&planned["collect_on"], &planned["moved"]), (&json!("2026-12-04"), &Value::Null));
        scene.cancel(&planned).await.expect(201);

        for (lang, said) in [
            ("nl", "Zondag 6 december 2026 is geen bankdag: er wordt afgeschreven op maandag 7 december 2026."),
            ("en", "Sunday 6 December 2026 is no bank day: it is collected on Monday 7 December 2026."),
        ] {
            let finance = scene.finance_browser(lang).await;
            let page = finance.done(&format!("/invoices/{invoice}/collections"), &[("collect_on", "2026-12-06")]).await;
            assert_eq!(texts(&page, ".alert.ok"), [said]);
            let planned = scene.of_invoice(&invoice).await.as_array().unwrap().last().unwrap().clone();
            scene.cancel(&planned).await.expect(201);
            let page = finance.done("/finance/exports/collections", &[("collect_on", "2026-12-06")]).await;
            assert!(texts(&page, ".alert.ok")[0].ends_with(said), "{:?}", texts(&page, ".alert.ok"));
            let planned = scene.of_invoice(&invoice).await.as_array().unwrap().last().unwrap().clone();
            assert_eq!(planned["collect_on"], "2026-12-07");
            scene.cancel(&planned).await.expect(201);
        }
        verify(&scene.site.fixture.service.db, |_, _| {}).await.unwrap();
    }
}

on_both! {
    under POLICY;
    async fn pay_2_a_file_made_later_has_no_day_that_is_past_or_no_bank_day(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        scene.signed("MND-0001").await;
        let (late, in_time) = (scene.card().await, scene.card().await);
        let planned = scene.plan(&late, "2026-04-02").await;
        scene.plan(&in_time, "2026-04-10").await;
        scene.today(2026, 4, 4); // the Saturday before Easter
        let (file, told) = scene.file("2026-04-10", "late").await;
        assert!(file.contains("<ReqdColltnDt>2026-04-07</ReqdColltnDt>") && file.contains("<ReqdColltnDt>2026-04-10</ReqdColltnDt>"), "{file}");
        assert!(!file.contains("2026-04-02"), "{file}");
        let [row] = &told.as_array().unwrap()[..] else { panic!("{told}") };
        assert_eq!((&row["what"], &row["included"]), (&planned["end_to_end_id"], &json!(true)));
        assert_eq!(row["why"], "gaat mee op 07-04-2026 in plaats van 02-04-2026");
        assert_eq!(scene.of_invoice(&late).await[0]["collect_on"], "2026-04-07", "the books know the day that was sent");
        let exports = scene.finance_browser("nl").await.get("/finance/exports").await;
        assert!(texts(&exports, ".tag").contains(&"1 op een andere dag".to_owned()), "{:?}", texts(&exports, ".tag"));
        verify(&scene.site.fixture.service.db, |_, _| {}).await.unwrap();
    }
}

on_both! {
    under POLICY;
    async fn pay_2_planning_up_to_a_sunday_and_making_the_file_go_together(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        scene.signed("MND-0001").await;
        scene.card().await;
        let made = scene.post("exports", json!({ "kind": "collection", "up_to": "2026-12-06", "plan": true })).await.expect(201);
        assert_eq!((&made["items"], &made["to"]), (&json!(1), &json!("2026-12-07")));
    }
}

on_both! {
    under POLICY;
    async fn pay_2_a_mandate_that_came_after_the_invoice_makes_it_collectable(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let (by_api, by_page) = (scene.card().await, scene.card().await);
        let plan = format!("invoices/{by_api}/collections");
        scene.post(&plan, json!({ "collect_on": "2026-03-24" })).await.problem(409, "no-mandate");
        scene.signed("MND-0001").await;
        assert_eq!(scene.post(&plan, json!({ "collect_on": "2026-03-08" })).await.pointers(), ["/collect_on"]);
        let planned = scene.plan(&by_api, "2026-03-24").await;
        assert_eq!(planned["amount"], "968.00");
        let finance = scene.finance_browser("nl").await;
        let page = finance.get(&format!("/invoices/{by_page}")).await;
        assert!(page.text.contains("De factuur vroeg om een overboeking."), "who plans it is told to announce it");
        let page = finance.done(&format!("/invoices/{by_page}/collections"), &[("collect_on", "2026-03-24")]).await;
        let pay = &texts(&page, ".pay")[0];
        assert!(pay.contains("schrijven dit bedrag af van NL•• ABNA •••• ••43 00, machtiging MND-0001, op 24 maart 2026"), "{pay}");
        assert!(!page.text.contains("<svg class=\"qr\""), "nobody pays it twice");
        let (file, told) = scene.file("2026-03-24", "after").await;
        assert_eq!((count(&file, "<EndToEndId>"), told), (2, json!([])));
    }
}

on_both! {
    under POLICY;
    async fn pay_2_a_round_collects_what_the_invoice_announced_and_leaves_the_rest_to_a_person(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let before = scene.card().await;
        scene.signed("MND-0001").await;
        let announced = scene.card().await;
        let service = &scene.site.fixture.service;
        let round = |on: &'static str| async move {
            let planned = service.plan_as(Actor::Service, day(on)).await.unwrap();
            planned.into_iter().map(|row| row.invoice_id.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(round("2026-03-24").await, [announced], "what asked for a transfer is not debited unannounced");
        // Planned by a person, who announces it; what comes back of it is again for a person.
        let by_hand = scene.plan(&before, "2026-03-24").await;
        scene.settled(&by_hand, "2026-03-09").await;
        scene.refused(&by_hand, "AM04", false).await;
        assert_eq!(round("2026-03-25").await, [String::new(); 0]);
        assert_eq!(scene.plan(&before, "2026-03-25").await["attempt"], 2);
    }
}

on_both! {
    under POLICY;
    async fn pay_2_nothing_can_come_of_what_was_called_off(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        scene.signed("MND-0001").await;
        let invoice = scene.card().await;
        let planned = scene.plan(&invoice, "2026-03-24").await;
        scene.cancel(&planned).await.expect(201);
        let id: CollectionId = text(&planned["id"]).parse().unwrap();
        let told = |rejected| Undone { code: "AM04".to_owned(), valued_on: day("2026-03-09"), rejected, charge: Cents::ZERO };
        for act in [
            Act::SettleCollection { collection: id, settled_on: day("2026-03-09"), bank_line: None },
            Act::ReverseCollection { collection: id, undone: told(false) },
            Act::ReverseCollection { collection: id, undone: told(true) },
        ] {
            let name = act.name();
            let refused = scene.site.fixture.submit(Target::Collection(id), act).await;
            let end_to_end_id = text(&planned["end_to_end_id"]).to_owned();
            let expected = Failure::Refused(Refusal::CollectionCalledOff { end_to_end_id });
            assert_eq!(refused, Err(expected), "{name}");
        }
        let path = format!("collections/{id}/return");
        let undone = json!({ "code": "AM04", "valued_on": "2026-03-09", "refused": true });
        let problem = scene.post(&path, undone).await.problem(409, "collection-called-off");
        assert_eq!(problem["end_to_end_id"], planned["end_to_end_id"]);
        assert_eq!(scene.of_invoice(&invoice).await[0]["status"], "cancelled");
        scene.plan(&invoice, "2026-03-24").await;
        verify(&scene.site.fixture.service.db, |_, _| {}).await.unwrap();
    }
}

on_both! {
    under POLICY;
    async fn pay_2_a_return_ends_the_mandate_as_it_is_now(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        // The reason, whether the account was changed meanwhile, and whether the mandate ends.
        for (at, (code, amended, ends)) in
            [("MD01", true, true), ("AC04", true, false), ("AC04", false, true), ("MD01", false, true), ("MD07", true, true)]
                .into_iter()
                .enumerate()
        {
            let reference = format!("MND-000{at}");
            let id = scene.signed(&reference).await;
            let planned = scene.plan(&scene.card().await, "2026-03-24").await;
            scene.file("2026-03-24", "ends").await;
            scene.settled(&planned, "2026-03-09").await;
            if amended {
                let change = json!({ "iban": "NL20INGB0001234567" });
                scene.post(&scene.of(&format!("mandates/{id}/amendments")), change).await.expect(201);
            }
            scene.refused(&planned, code, false).await;
            let rows = scene.get(&scene.of("mandates")).await["items"].clone();
            let holds = |row: &&Value| row["reference"] == reference && row["ended_at"].is_null();
            assert_eq!(rows.as_array().unwrap().iter().find(holds).is_none(), ends, "{code} {amended}: {rows}");
        }
    }
}

on_both! {
    under POLICY;
    async fn pay_2_a_name_of_which_a_bank_reads_nothing_is_refused_at_its_field(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        for name in ["😀🎉", "…", "- -"] {
            assert_eq!(scene.post(&scene.of("mandates"), leave("MND-9", name)).await.pointers(), ["/debtor_name"], "{name}");
        }
        let finance = scene.finance_browser("nl").await;
        let typed = [("iban", "NL91 ABNA 0417 1643 00"), ("debtor_name", "🎉"), ("signed_on", "2026-03-01"), ("scheme", "core")];
        let page = finance.post(&format!("/customers/{}/mandates", scene.customer), &typed).await;
        assert_eq!(texts(&page, "#mandate-debtor_name-error"), ["Vul een naam in met letters of cijfers die een bank kan lezen."]);
        scene.post(&scene.of("mandates"), leave("MND-1", "Γιώργος Παπαδόπουλος & Юлия")).await.expect(201);
        let invoice = scene.card().await;
        scene.plan(&invoice, "2026-03-16").await;
        let (file, _) = scene.file("2026-03-16", "greek").await;
        assert!(file.contains("<Nm>Giorgos Papadopoylos + Yuliya</Nm>"), "{file}");
    }
}

on_both! {
    under POLICY;
    async fn pay_1_addressees_of_every_script_are_on_paper(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let at = scene.of("billing");
        for (name, printed) in [
            ("Δημοτικό Σχολείο Θεσσαλονίκης", "Δημοτικό Σχολείο Θεσσαλονίκης"),
            ("Ἀθηνᾶ", "Ἀθηνᾶ"),
            ("Школа № 5 «Юность»", "Школа № 5 «Юность»"),
            ("Trường Tiểu học Nguyễn Ưu", "Trường Tiểu học Nguyễn Ưu"),
            ("Հայկական դպրոց", "Հայկական դպրոց"),
            ("ქართული სკოლა", "ქართული სკოლა"),
            ("北京小学", "Bei Jing Xiao Xue"),
            ("Școala Łódź ĳ", "Școala Łódź ĳ"),
        ] {
            let billing = json!({ "name": name, "street": "Kade 1", "postcode": "3511 AA", "city": "Utrecht" });
            let path = format!("/api/v1/{at}");
            scene.site.raw("PUT", &scene.finance, &path, None, billing.to_string()).await.expect(200);
            let invoice: InvoiceId = scene.card().await.parse().unwrap();
            let caller: Caller = scene.site.fixture.service.caller_by_token(&scene.finance).await.unwrap();
            let service = &scene.site.fixture.service;
            let pdf = service.document_pdf(&caller, invoice).await.unwrap();
            keep(&format!("script-{}.pdf", printed.len()), &pdf.bytes);
            if let Some(text) = pdf_text(&pdf.bytes) {
                let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                assert!(text.contains(printed), "{name}: {text}");
                assert!(!text.contains('?') && !text.contains(".."), "{name}: {text}");
            }
        }
    }
}

on_both! {
    under POLICY;
    async fn pay_4_a_second_reminder_waits_for_its_day(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let invoice = scene.card().await;
        let due = text(&scene.get(&format!("invoices/{invoice}")).await["due_on"]).parse::<chrono::NaiveDate>().unwrap();
        let on = |days: i64| {
            let moment = (due + chrono::TimeDelta::days(days)).and_hms_opt(12, 0, 0).unwrap().and_utc();
            scene.site.fixture.clock.set(moment);
        };
        let path = format!("invoices/{invoice}/reminders");
        on(7);
        scene.post(&path, json!({})).await.expect(201);
        let soon = scene.post(&path, json!({})).await.problem(409, "reminder-too-soon");
        let (last, from) = (due + chrono::TimeDelta::days(7), due + chrono::TimeDelta::days(21));
        assert_eq!((&soon["last"], &soon["from"]), (&json!(last.to_string()), &json!(from.to_string())));
        for (lang, refused, hint) in [
            ("nl", "De vorige herinnering ging uit op", "De volgende herinnering kan vanaf"),
            ("en", "The last reminder went out on", "The next reminder may go out from"),
        ] {
            let finance = scene.finance_browser(lang).await;
            let page = finance.post(&format!("/invoices/{invoice}/remind"), &[]).await;
            assert_eq!(page.status, StatusCode::CONFLICT);
            assert!(page.text.contains(refused), "{}", page.text);
            assert!(finance.get(&format!("/invoices/{invoice}")).await.text.contains(hint));
            let letter = finance.post(&format!("/finance/reminders/{invoice}"), &[("sent", "1")]).await;
            assert_eq!(letter.status, StatusCode::CONFLICT);
            assert!(letter.text.contains(refused) && texts(&letter, "form[action^=\"/finance/reminders\"]").is_empty());
        }
        on(20);
        scene.post(&path, json!({})).await.problem(409, "reminder-too-soon");
        assert_eq!(scene.get("reminders").await["items"], json!([]));
        on(21);
        let round = scene.get("reminders").await["items"].clone();
        assert_eq!(round[0]["reminder"], 2, "the round of 21 days is not skipped");
        scene.post(&path, json!({})).await.expect(201);
        assert_eq!(scene.get("reminders").await["items"], json!([]));
    }
}

on_both! {
    under POLICY;
    async fn pay_4_the_round_waits_as_long_after_a_late_first_reminder(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let invoice = scene.card().await;
        let due = text(&scene.get(&format!("invoices/{invoice}")).await["due_on"]).parse::<chrono::NaiveDate>().unwrap();
        let on = |days: i64| {
            let moment = (due + chrono::TimeDelta::days(days)).and_hms_opt(12, 0, 0).unwrap().and_utc();
            scene.site.fixture.clock.set(moment);
        };
        let path = format!("invoices/{invoice}/reminders");
        on(20);
        scene.post(&path, json!({})).await.expect(201);
        for (days, due) in [(21, 0), (33, 0), (34, 1)] {
            on(days);
            assert_eq!(scene.get("reminders").await["items"].as_array().unwrap().len(), due, "{days}");
            let status = scene.post(&path, json!({})).await.status.as_u16();
            assert_eq!(status, if due == 1 { 201 } else { 409 }, "{days}: the list and the rule are one");
        }
    }
}
