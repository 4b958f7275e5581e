//! Files out: what a bookkeeper, a bank, an auditor and a customer get, made of what real commands booked.
//!
//! With `FINANCE_OUT` set, every file is also written there, for the official validators.

use crate::common::http::{Site, text};
use crate::common::server::{complains, says};
use crate::common::{Fixture, day, noon, on_both};
use calamine::{Data, Reader as _, Xlsx};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{Cursor, Read as _};
use std::process::Command;
use strippenkaart::domain::command::{Receiving, Undone};
use strippenkaart::domain::export::{Export, ExportKind};
use strippenkaart::domain::{
    Act, Billing, CardId, Cents, Collection, ContactId, CustomerId, Invoice, InvoiceId, Locale, Minutes, PaymentMethod,
    Receipt, Role, Target, TicketKind,
};
use strippenkaart::exchange::ubl::Profile;
use strippenkaart::service::access::{Caller, Request};
use strippenkaart::service::exports::{Asked, JournalFormat, Maker};
use strippenkaart::service::{Error, Service};
use strippenkaart::store::users::StaffRole;

/// The standard terms, with cards that expire.
fn policy() -> String {
    include_str!("../../policies/standard.toml").replace("validity = \"never\"", "validity = { months = 2 }")
}

/// Keeps a file for the official validators.
pub fn keep(name: &str, bytes: &[u8]) {
    if let Some(folder) = std::env::var_os("FINANCE_OUT").map(std::path::PathBuf::from) {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(name), bytes).unwrap();
    }
}

/// Two customers, what they bought, and what became of it.
struct Story {
    customer: CustomerId,
    owner: ContactId,
    other: CustomerId,
    other_owner: ContactId,
    card: CardId,
    invoice: InvoiceId,
    ticket: i64,
}

/// A login of finance.
async fn finance(service: &Service, site: &Site) -> Caller {
    let id = site.user("books@provider.example", "Fien Boek", Some(StaffRole::Finance)).await;
    service.caller_by_id(id).await.unwrap()
}

fn request(caller: &Caller) -> Request<'_> {
    Request { caller, key: None }
}

async fn customer(fixture: &Fixture, name: &str, billed: bool) -> (CustomerId, ContactId) {
    let id: CustomerId = fixture.clock.id();
    let act = Act::CreateCustomer {
        name: name.to_owned(),
        email: "administratie@example.org".to_owned(),
        locale: Locale::Nl,
        monthly_amount: Some(Cents(2_500)),
        contract_start: Some(day("2025-01-01")),
        imported: true,
    };
    fixture.submit(Target::Customer(id), act).await.unwrap();
    if billed {
        let billing = Billing {
            street: Some("Dorpsstraat 12".to_owned()),
            postcode: Some("3511 AA".to_owned()),
            city: Some("Utrecht".to_owned()),
            registration: Some("87654321".to_owned()),
            ..Billing::default()
        };
        fixture.submit(Target::Customer(id), Act::SetBilling(billing)).await.unwrap();
    }
    let owner = fixture.contact(id, "Jo Jansen", &format!("jo@{}.example", &id.to_string()[28..]), Role::Owner).await;
    (id, owner.id)
}

async fn mandate(fixture: &Fixture, customer: CustomerId) {
    let act = Act::RecordMandate {
        reference: None,
        scheme: None,
        signed_on: day("2026-01-05"),
        debtor_name: "Bakkerij Bäcker & Zn.".to_owned(),
        iban: "NL91 ABNA 0417 1643 00".to_owned(),
    };
    fixture.submit(Target::Customer(customer), act).await.unwrap();
}

async fn buy(fixture: &Fixture, customer: CustomerId) -> (CardId, Invoice) {
    match fixture.submit(Target::Customer(customer), Act::order("10h")).await.unwrap() {
        Receipt::Card(card, Some(invoice)) => (card.id, *invoice),
        other => panic!("{other:?}"),
    }
}

async fn pay(fixture: &Fixture, invoice: InvoiceId, amount: Cents) {
    let on = fixture.service.policies.day(fixture.clock.now());
    let act = Act::RecordPayment(Receiving::of(invoice, amount, on, PaymentMethod::Bank));
    fixture.submit(Target::Invoice(invoice), act).await.unwrap();
}

/// Works 3:15 on an estimate; gives the number of the ticket.
async fn work(fixture: &Fixture, customer: CustomerId, owner: ContactId) -> i64 {
    let ticket = fixture.ticket(customer, Some(owner), TicketKind::Change).await;
    let estimate = fixture.propose(ticket.id, 195).await;
    fixture.accept(estimate.id, owner).await.unwrap();
    assert_eq!(fixture.log(ticket.id, 195).await.draws.iter().map(|draw| draw.minutes).sum::<Minutes>(), Minutes(195));
    ticket.number
}

async fn reverse(fixture: &Fixture, collection: &Collection, code: &str, on: &str, charge: Cents) {
    let undone = Undone { code: code.to_owned(), valued_on: day(on), rejected: false, charge };
    let act = Act::ReverseCollection { collection: collection.id, undone };
    fixture.submit(Target::Collection(collection.id), act).await.unwrap();
}

async fn settle(fixture: &Fixture, collection: &Collection, on: &str) {
    let act = Act::SettleCollection { collection: collection.id, settled_on: day(on), bank_line: None };
    fixture.submit(Target::Collection(collection.id), act).await.unwrap();
}

/// Plans, sends and settles what is due on a day.
async fn collect(fixture: &Fixture, caller: &Caller, on: &str, name: &str) -> Collection {
    let service = &fixture.service;
    let planned = service.plan_collections(request(caller), day(on)).await.unwrap();
    let [collection] = &planned[..] else { panic!("{planned:?}") };
    assert!(service.plan_collections(request(caller), day(on)).await.unwrap().is_empty(), "one attempt at a time");
    let asked = Asked { up_to: Some(day(on)), ..Asked::of(ExportKind::Collection) };
    let export = service.make_export(request(caller), &asked).await.unwrap();
    assert_eq!(export.items, 1);
    keep(&format!("{name}.pain008.xml"), &service.export_file(caller, export.number).await.unwrap().bytes);
    assert!(nothing(service.make_export(request(caller), &asked).await), "sent once");
    collection.clone()
}

/// The cases of notes section 4: sale, collection, reversal, fee, use, credit, expiry.
async fn play(fixture: &Fixture, caller: &Caller, name: &str) -> Story {
    let (customer, owner) = customer(fixture, "Bakkerij Bäcker & Zn.", true).await;
    mandate(fixture, customer).await;
    let (card, invoice) = buy(fixture, customer).await;
    fixture.clock.set(noon(2026, 3, 20));
    let first = collect(fixture, caller, "2026-03-24", &format!("{name}-first")).await;
    fixture.clock.set(noon(2026, 3, 26));
    settle(fixture, &first, "2026-03-24").await;
    reverse(fixture, &first, "AM04", "2026-03-26", Cents(350)).await;
    let second = collect(fixture, caller, "2026-03-31", &format!("{name}-again")).await;
    assert_eq!((second.attempt, second.end_to_end_id == first.end_to_end_id), (2, false));
    fixture.clock.set(noon(2026, 4, 2));
    settle(fixture, &second, "2026-03-31").await;
    reverse(fixture, &second, "MD06", "2026-04-02", Cents::ZERO).await;
    let more = fixture.service.plan_collections(request(caller), day("2026-05-20")).await.unwrap();
    assert!(more.iter().all(|row| row.invoice_id != invoice.id), "no more than one retry, and none after MD06");
    pay(fixture, invoice.id, invoice.gross).await;
    let ticket = work(fixture, customer, owner).await;
    let act = Act::RefundCard { card, minutes: None, reason: "Stopt ermee".to_owned() };
    fixture.submit(Target::Card(card), act).await.unwrap();

    let (other, other_owner) = self::customer(fixture, "=School", false).await;
    let (_, expiring) = buy(fixture, other).await;
    pay(fixture, expiring.id, expiring.gross).await;
    work(fixture, other, other_owner).await;
    fixture.clock.set(noon(2026, 6, 30));
    fixture.submit(Target::Customer(other), Act::Settle).await.unwrap();
    Story { customer, owner, other, other_owner, card, invoice: invoice.id, ticket }
}

/// Whether an export said that there is nothing to export.
fn nothing(made: Result<Export, Error>) -> bool {
    made.is_err_and(|error| error.to_string().starts_with("there is nothing to export"))
}

/// Lines of one entry by its description: journal, account, debit, credit, VAT code, VAT; sorted.
fn lines(csv: &str, description: &str) -> Vec<String> {
    let mut reader =
        csv::ReaderBuilder::new().delimiter(b';').from_reader(csv.trim_start_matches('\u{feff}').as_bytes());
    let rows = reader.records().map(Result::unwrap).filter(|row| row[9].starts_with(description));
    let mut found: Vec<String> =
        rows.map(|row| [&row[0], &row[4], &row[10], &row[11], &row[12], &row[13]].join(" ")).collect();
    found.sort();
    found
}

fn sheet(bytes: &[u8]) -> Vec<Vec<Data>> {
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes.to_vec())).unwrap();
    let range = book.worksheet_range_at(0).unwrap().unwrap();
    range.rows().map(<[Data]>::to_vec).collect()
}

fn unzip(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes.to_vec())).unwrap();
    let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    let read = |name: String| {
        let mut bytes = Vec::new();
        archive.by_name(&name).unwrap().read_to_end(&mut bytes).unwrap();
        (name, bytes)
    };
    names.into_iter().map(read).collect()
}

/// The text of a PDF; none where the program that reads it is not installed.
pub fn pdf_text(bytes: &[u8]) -> Option<String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let Ok(output) = Command::new("pdftotext").args(["-layout"]).arg(file.path()).arg("-").output() else {
        // The library's own tests read the file; `.ci/run` installs the program.
        return None;
    };
    assert!(output.status.success(), "{output:?}");
    Some(String::from_utf8(output.stdout).unwrap())
}

on_both! {
    under policy();
    async fn pay_7_the_golden_journals_of_real_commands_are_exported_once(fixture: Fixture) {
        let site = Site::new(fixture);
        let (fixture, service) = (&site.fixture, &site.fixture.service);
        let caller = finance(service, &site).await;
        let story = play(fixture, &caller, service.db.name()).await;
        let asked = Asked { up_to: Some(day("2026-06-30")), ..Asked::of(ExportKind::Journal) };
        let export = service.make_export(request(&caller), &asked).await.unwrap();
        assert_eq!(export.number, 3, "two files of collections came first");
        let file = service.export_file(&caller, export.number).await.unwrap();
        assert_eq!(file.bytes, service.export_file(&caller, export.number).await.unwrap().bytes);
        assert_eq!(i64::try_from(file.bytes.len()).unwrap(), export.size);
        keep(&format!("story-{}.csv", service.db.name()), &file.bytes);
        let csv = String::from_utf8(file.bytes).unwrap();
        let golden = [
            ("Factuur 2026-0001", vec!["VRK 1300 968,00   ", "VRK 1500  168,00  ", "VRK 1700  800,00 1 -168,00"]),
            ("Stornering AM04 factuur 2026-0001", vec!["BNK 1100  968,00  ", "BNK 1300 968,00   "]),
            ("Stornering, kosten van de bank", vec!["BNK 1100  3,50  ", "BNK 4500 3,50   "]),
            ("Stornering MD06 factuur 2026-0001", vec!["BNK 1100  968,00  ", "BNK 1300 968,00   "]),
            ("Kosten F2026-0001", vec!["VRK 1300 82,50   ", "VRK 8900  82,50 0 0,00"]),
            ("Ontvangst factuur 2026-0001", vec!["BNK 1100 968,00   ", "BNK 1300  968,00  "]),
            ("Verlopen tegoed", vec!["MEM 1700 540,00   ", "MEM 8005  540,00  "]),
            (
                "Creditfactuur C2026-0001 bij 2026-0001",
                vec![ "VRK 1310  653,40  ", "VRK 1500 113,40   ",
                    "VRK 1700 540,00  1 113,40"],
            ),
        ];
        for (description, expected) in golden {
            assert_eq!(lines(&csv, description), expected, "{description}");
        }
        let collected = lines(&csv, "Incasso factuur 2026-0001");
        assert_eq!(collected.len(), 4, "twice");
        assert_eq!(collected[0], "BNK 1100 968,00   ");
        let used = format!("Verbruik 3:15 melding {}", story.ticket);
        assert_eq!(lines(&csv, &used), ["MEM 1700 260,00   ", "MEM 8000  260,00  "]);
        assert!(!csv.contains(";=School"), "a stranger's name is no formula");

        assert!(nothing(service.make_export(request(&caller), &asked).await));
        let (_, invoice) = buy(fixture, story.other).await;
        let zip = Asked { format: Some(JournalFormat::Zip), ..asked };
        let second = service.make_export(request(&caller), &zip).await.unwrap();
        assert_eq!((second.number, second.items), (4, 1), "only what is new, and no number was lost");
        let files = unzip(&service.export_file(&caller, 4).await.unwrap().bytes);
        let [(_, csv), (_, xlsx)] = &files[..] else { panic!("{files:?}") };
        let of = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        assert_eq!(lines(&of(csv), &format!("Factuur {}", invoice.number())).len(), 3);
        let rows = sheet(xlsx);
        assert_eq!((rows.len(), &rows[1][10]), (1 + 3 + 2, &Data::Float(968.0)));
        keep(&format!("story-{}.xlsx", service.db.name()), xlsx);
    }
}

on_both! {
    under policy();
    async fn every_document_is_made_in_every_form(fixture: Fixture) {
        let site = Site::new(fixture);
        let (fixture, service) = (&site.fixture, &site.fixture.service);
        let caller = finance(service, &site).await;
        let story = play(fixture, &caller, &format!("forms-{}", service.db.name())).await;
        let kind = service.db.name();
        let documents = service.invoices_of(&caller, story.customer).await.unwrap();
        let numbers: BTreeSet<&str> = documents.iter().map(Invoice::number).collect();
        assert_eq!(numbers, BTreeSet::from(["2026-0001", "C2026-0001", "F2026-0001"]));
        for document in &documents {
            for profile in [Profile::Peppol, Profile::Nlcius] {
                let file = service.document_ubl(&caller, document.id, profile).await.unwrap();
                keep(&format!("{}-{kind}.{profile}.xml", document.number()), &file.bytes);
            }
            let file = service.document_pdf(&caller, document.id).await.unwrap();
            assert_eq!(file.name, format!("{}.pdf", document.number()));
            assert_eq!(file.bytes, service.document_pdf(&caller, document.id).await.unwrap().bytes);
            keep(&format!("{}-{kind}.pdf", document.number()), &file.bytes);
            if let Some(text) = pdf_text(&file.bytes) {
                assert!(text.contains(document.number()) && text.contains("Bakkerij Bäcker & Zn."), "{text}");
            }
        }
        let card = service.card_statement(&caller, story.card).await.unwrap();
        keep(&format!("card-{kind}.pdf"), &card.bytes);
        if let Some(text) = pdf_text(&card.bytes) {
            assert!(text.contains("3:15") && text.contains("Terugbetaald") && text.contains("Bevroren"), "{text}");
        }

        let asked = Asked { up_to: Some(day("2026-06-30")), ..Asked::of(ExportKind::Ubl) };
        let batch = service.make_export(request(&caller), &asked).await.unwrap();
        assert_eq!((batch.items, batch.left_out.len()), (3, 1));
        assert!(batch.left_out[0].why.contains("KvK-nummer of btw-id van de klant"), "{:?}", batch.left_out);
        let files = unzip(&service.export_file(&caller, batch.number).await.unwrap().bytes);
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names.len(), 4);
        assert!(names.contains(&"C2026-0001.xml") && names.contains(&"ONTBREEKT.txt"), "{names:?}");
        let lacking = service.make_export(request(&caller), &asked).await.unwrap_err().to_string();
        assert!(lacking.contains("KvK-nummer of btw-id van de klant"), "what is left lacks something: {lacking}");
        let asked = Asked { up_to: Some(day("2026-06-30")), ..Asked::of(ExportKind::Pdf) };
        assert_eq!(service.make_export(request(&caller), &asked).await.unwrap().items, 4);
        assert!(nothing(service.make_export(request(&caller), &asked).await));
    }
}

on_both! {
    under policy();
    async fn a_month_and_an_audit_file_agree_with_the_books(fixture: Fixture) {
        let site = Site::new(fixture);
        let (fixture, service) = (&site.fixture, &site.fixture.service);
        let caller = finance(service, &site).await;
        let kind = service.db.name();
        let story = play(fixture, &caller, &format!("month-{kind}")).await;
        let asked = Asked { month: Some(day("2026-04-15")), ..Asked::of(ExportKind::Month) };
        let month = service.make_export(request(&caller), &asked).await.unwrap();
        let files = unzip(&service.export_file(&caller, month.number).await.unwrap().bytes);
        let file = |name: &str| &files.iter().find(|(known, _)| known == name).expect(name).1;
        let readme = String::from_utf8(file("README.txt").clone()).unwrap();
        assert!(readme.matches("  klopt").count() == 2 && !readme.contains("KLOPT NIET"), "{readme}");
        assert!(readme.contains("Niet als UBL") && files.iter().any(|(name, _)| name == "pdf/C2026-0001.pdf"));
        let rows = sheet(file("vooruitontvangen-2026-04-30.xlsx"));
        assert_eq!(rows[1][8], Data::Float(540.0), "the card of the other customer: {rows:?}");
        assert_eq!(rows.len(), 3, "the first one was given back");

        // March was not exported: the journal takes it, and nothing of April again.
        let asked = Asked { up_to: Some(day("2026-04-30")), ..Asked::of(ExportKind::Journal) };
        let journal = service.make_export(request(&caller), &asked).await.unwrap();
        let csv = String::from_utf8(service.export_file(&caller, journal.number).await.unwrap().bytes).unwrap();
        assert!(csv.contains(";2026-03;") && !csv.contains(";2026-04;"), "{csv}");
        let again = Asked { month: Some(day("2026-04-01")), ..Asked::of(ExportKind::Month) };
        let again = service.make_export(request(&caller), &again).await.unwrap();
        assert_eq!(again.items, 0, "a month may be had again, and holds nothing twice");
        let names: Vec<String> = archived(service, &again).await.into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["overzicht-hele-maand-niet-boeken.xlsx", "vooruitontvangen-2026-04-30.xlsx", "README.txt"]);

        for (from, to, name) in [("2026-01-01", "2026-06-30", "half"), ("2026-04-01", "2026-06-30", "quarter")] {
            let asked = Asked { from: Some(day(from)), to: Some(day(to)), ..Asked::of(ExportKind::Xaf) };
            let export = service.make_export(request(&caller), &asked).await.unwrap();
            let file = service.export_file(&caller, export.number).await.unwrap();
            keep(&format!("{name}-{kind}.xaf"), &file.bytes);
        }

        let account = service.account(&caller, story.customer, (None, None)).await.unwrap();
        // 82.50 of the fee is open, 653.40 of the credit note is the customer's.
        assert_eq!(account.closing(), Cents(8_250 - 65_340));
        let file = service.account_file(&caller, story.customer, (Some(day("2026-04-01")), None)).await.unwrap();
        keep(&format!("account-{kind}.xlsx"), &file.bytes);
        let rows = sheet(&file.bytes);
        assert_eq!(rows[1][7], Data::Float(0.0), "what it owed on 1 April: the second collection stood");
        assert_eq!(rows[rows.len() - 2][7], Data::Float(-570.9), "{rows:?}");
    }
}

on_both! {
    under policy();
    async fn exports_at_once_take_each_entry_once_and_numbers_without_gaps(fixture: Fixture) {
        let (customer, _) = customer(&fixture, "Druk", true).await;
        let mut made = Vec::new();
        let mut booked = 0;
        for _ in 0..3 {
            for _ in 0..4 {
                buy(&fixture, customer).await;
                booked += 1;
            }
            let mut tasks = tokio::task::JoinSet::new();
            for at in 0..6 {
                let service = fixture.service.clone();
                tasks.spawn(async move {
                    let kind = if at % 2 == 0 { ExportKind::Journal } else { ExportKind::Pdf };
                    let asked = Asked { up_to: Some(day("2026-03-09")), ..Asked::of(kind) };
                    service.export_with(&Maker::default(), &asked, &|_, _| {}).await
                });
            }
            for result in tasks.join_all().await {
                match result {
                    Ok(export) => made.push(export),
                    Err(error) => assert!(nothing(Err(error.clone())), "{error:?}"),
                }
            }
        }
        let sum = |kind: ExportKind| made.iter().filter(|export| export.kind == kind).map(|export| export.items).sum::<i64>();
        assert_eq!((sum(ExportKind::Journal), sum(ExportKind::Pdf)), (booked, booked));
        let mut numbers: Vec<i64> = made.iter().map(|export| export.number).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=i64::try_from(made.len()).unwrap()).collect::<Vec<_>>());
        let mut boxes = BTreeSet::new();
        for export in made.iter().filter(|export| export.kind == ExportKind::Journal) {
            let csv = String::from_utf8(fixture.service.stored_file(export.number).await.unwrap().bytes).unwrap();
            let entries: BTreeSet<String> = csv.lines().skip(1).map(|line| line.split(';').nth(1).unwrap().to_owned()).collect();
            assert!(entries.into_iter().all(|entry| boxes.insert(entry)), "an entry stands in one file");
        }
        assert_eq!(i64::try_from(boxes.len()).unwrap(), booked);
    }
}

/// What is in the archive of a batch.
async fn archived(service: &Service, export: &Export) -> Vec<(String, Vec<u8>)> {
    unzip(&service.stored_file(export.number).await.unwrap().bytes)
}

/// The entries of a batch that can be booked, by number; every line of an entry once.
async fn bookable(service: &Service, export: &Export) -> Vec<String> {
    let csv = match export.kind {
        ExportKind::Journal => service.stored_file(export.number).await.unwrap().bytes,
        _ => match archived(service, export).await.into_iter().find(|(name, _)| name == "journaal.csv") {
            Some((_, bytes)) => bytes,
            None => return Vec::new(),
        },
    };
    let csv = String::from_utf8(csv).unwrap();
    let numbers: BTreeSet<&str> = csv.lines().skip(1).filter_map(|line| line.split(';').nth(1)).collect();
    numbers.into_iter().map(str::to_owned).collect()
}

/// The file of an archive that tells what is in it.
async fn contents(service: &Service, export: &Export) -> String {
    let files = archived(service, export).await;
    String::from_utf8(files.into_iter().find(|(name, _)| name == "README.txt").unwrap().1).unwrap()
}

async fn make(service: &Service, asked: Asked) -> Result<Export, Error> {
    service.export_with(&Maker::default(), &asked, &|_, _| {}).await
}

fn of_march() -> Asked {
    Asked { month: Some(day("2026-03-01")), ..Asked::of(ExportKind::Month) }
}

on_both! {
    under policy();
    async fn b8_an_entry_that_a_journal_took_is_not_in_the_month_and_the_month_says_where_it_is(fixture: Fixture) {
        let service = &fixture.service;
        let (customer, _) = customer(&fixture, "Eenmaal", true).await;
        buy(&fixture, customer).await;
        let (_, invoice) = buy(&fixture, customer).await;
        let up_to = Some(day("2026-03-09"));
        let journal = make(service, Asked { up_to, ..Asked::of(ExportKind::Journal) }).await.unwrap();
        pay(&fixture, invoice.id, invoice.gross).await;
        let month = make(service, of_march()).await.unwrap();
        let (first, second) = (bookable(service, &journal).await, bookable(service, &month).await);
        assert_eq!((first.len(), second.len(), month.items), (2, 1, 1 + 2), "{first:?} {second:?}");
        assert!(second.iter().all(|entry| !first.contains(entry)), "{first:?} {second:?}");
        let said = contents(service, &month).await;
        assert!(said.contains("2 journaalposten zijn eerder geëxporteerd, in bestand 1."), "{said}");
        assert!(said.matches("  klopt").count() == 2, "the totals are those of the whole month: {said}");

        let files = archived(service, &month).await;
        let (_, bytes) = files.iter().find(|(name, _)| name == "overzicht-hele-maand-niet-boeken.xlsx").unwrap();
        let rows = sheet(bytes);
        let places: Vec<String> = rows[1..4].iter().map(|row| row[0].to_string()).collect();
        assert_eq!(places, ["bestand 1", "bestand 1", "dit bestand"]);
        let title = |cell: &Data| cell.to_string();
        let titles: Vec<String> = rows[0].iter().map(title).collect();
        assert_eq!(titles, ["Staat in", "Boekstuk", "Datum", "Omschrijving", "Bedrag"], "no account to book it on");

        let again = make(service, of_march()).await.unwrap();
        assert_eq!((bookable(service, &again).await, again.items), (Vec::new(), 0));
        let said = contents(service, &again).await;
        for line in [
            "(geen journaal)",
            "2 journaalposten zijn eerder geëxporteerd, in bestand 1.",
            "1 journaalpost is eerder geëxporteerd, in bestand 2.",
            "2 documenten zijn eerder geëxporteerd als UBL, in bestand 2.",
            "2 documenten zijn eerder geëxporteerd als PDF, in bestand 2.",
        ] {
            assert!(said.contains(line), "{said}");
        }
        assert!(nothing(make(service, Asked { up_to, ..Asked::of(ExportKind::Journal) }).await));
    }
}

on_both! {
    under policy();
    async fn b8_a_document_is_exported_once_in_each_form_also_across_months_and_batches(fixture: Fixture) {
        let service = &fixture.service;
        let (customer, _) = customer(&fixture, "Document", true).await;
        buy(&fixture, customer).await;
        let up_to = Some(day("2026-03-09"));
        make(service, Asked { up_to, ..Asked::of(ExportKind::Ubl) }).await.unwrap();
        buy(&fixture, customer).await;
        let month = make(service, of_march()).await.unwrap();
        let mut names: Vec<String> = archived(service, &month).await.into_iter().map(|(name, _)| name).collect();
        names.retain(|name| name.contains('/'));
        names.sort();
        assert_eq!(names, ["pdf/2026-0001.pdf", "pdf/2026-0002.pdf", "ubl/2026-0002.xml"]);
        assert_eq!(month.items, 2 + 2, "two entries, two documents");
        let said = contents(service, &month).await;
        assert!(said.contains("1 document is eerder geëxporteerd als UBL, in bestand 1."), "{said}");
        for kind in [ExportKind::Ubl, ExportKind::Pdf] {
            assert!(nothing(make(service, Asked { up_to, ..Asked::of(kind) }).await), "{kind}");
        }
    }
}

on_both! {
    under policy();
    async fn b8_a_month_that_is_not_closed_is_provisional_and_what_comes_later_is_in_the_next(fixture: Fixture) {
        let site = Site::new(fixture);
        let (fixture, service) = (&site.fixture, &site.fixture.service);
        let (customer, _) = customer(fixture, "Voorlopig", true).await;
        let (_, invoice) = buy(fixture, customer).await;
        let token = site.staff(StaffRole::Finance).await;
        let first = site.post(&token, "/api/v1/exports", &json!({ "kind": "month", "month": "2026-03" })).await.expect(201);
        assert_eq!(first["provisional"], true);
        assert_eq!((text(&first["title"]), text(&first["file_name"])), ("Maand 2026-03 (voorlopig)", "00001-maand-2026-03-voorlopig.zip"));
        assert_eq!(site.get(&token, "/api/v1/exports/1").await.expect(200), first);
        let provisional = service.stored_file(1).await.unwrap();
        let said = String::from_utf8(unzip(&provisional.bytes).pop().unwrap().1).unwrap();
        assert!(said.starts_with("Maand 03-2026 - VOORLOPIG\r\n"), "{said}");

        // Later in the same month, and then the month is closed: only that is new.
        fixture.clock.set(noon(2026, 3, 20));
        pay(fixture, invoice.id, invoice.gross).await;
        fixture.clock.set(noon(2026, 4, 2));
        let still = make(service, of_march()).await.unwrap();
        assert!(still.provisional && still.items == 1, "over is not closed: {still:?}");
        service.close_month_by(None, "2026-03".parse().unwrap(), None).await.unwrap();
        let closed = make(service, of_march()).await.unwrap();
        assert_eq!((closed.provisional, closed.items, closed.title.as_str()), (false, 0, "Maand 2026-03"));
        assert_eq!(closed.file_name, "00003-maand-2026-03.zip");
        let said = contents(service, &closed).await;
        assert!(said.starts_with("Maand 03-2026\r\n") && !said.contains("VOORLOPIG"), "{said}");
        assert!(said.contains("1 journaalpost is eerder geëxporteerd, in bestand 1."), "{said}");
        assert!(said.contains("1 journaalpost is eerder geëxporteerd, in bestand 2."), "{said}");

        // A correction lands in the open month (TIME-4), and in its export.
        let (_, more) = buy(fixture, customer).await;
        let april = Asked { month: Some(day("2026-04-01")), ..Asked::of(ExportKind::Month) };
        let april = make(service, april).await.unwrap();
        assert!(april.provisional && bookable(service, &april).await.len() == 1, "{} {april:?}", more.number());
        assert_eq!(service.stored_file(1).await.unwrap(), provisional, "the same bytes when asked for again");
        site.post(&token, "/api/v1/exports", &json!({ "kind": "journal", "up_to": "2026-04-02" })).await.problem(409, "nothing-to-export");
    }
}

on_both! {
    under policy();
    async fn b8_journals_and_months_made_at_once_never_both_take_an_entry_or_a_document(fixture: Fixture) {
        let (customer, _) = customer(&fixture, "Gelijk", true).await;
        let mut made = Vec::new();
        let mut booked = 0;
        for _ in 0..3 {
            for _ in 0..4 {
                buy(&fixture, customer).await;
                booked += 1;
            }
            let mut tasks = tokio::task::JoinSet::new();
            for at in 0..6 {
                let service = fixture.service.clone();
                let up_to = Some(day("2026-03-09"));
                let asked = match at % 3 {
                    0 => Asked { up_to, ..Asked::of(ExportKind::Journal) },
                    1 => Asked { up_to, ..Asked::of(ExportKind::Ubl) },
                    _ => of_march(),
                };
                tasks.spawn(async move { service.export_with(&Maker::default(), &asked, &|_, _| {}).await });
            }
            for result in tasks.join_all().await {
                match result {
                    Ok(export) => made.push(export),
                    Err(error) => assert!(nothing(Err(error.clone())), "{error:?}"),
                }
            }
        }
        let (mut entries, mut documents) = (Vec::new(), Vec::new());
        for export in &made {
            if matches!(export.kind, ExportKind::Journal | ExportKind::Month) {
                entries.extend(bookable(&fixture.service, export).await);
            }
            if matches!(export.kind, ExportKind::Ubl | ExportKind::Month) {
                let files = archived(&fixture.service, export).await.into_iter().map(|(name, _)| name);
                documents.extend(files.filter(|name| name.starts_with("ubl/") || export.kind == ExportKind::Ubl).map(|name| name.replace("ubl/", "")));
            }
        }
        let each_once = |all: &[String]| all.iter().collect::<BTreeSet<_>>().len() == all.len();
        assert!(each_once(&entries) && entries.len() == booked, "{booked}: {entries:?}");
        assert!(each_once(&documents) && documents.len() == booked, "{booked}: {documents:?}");
    }
}

on_both! {
    under policy();
    async fn keep_2_a_contact_gets_its_own_documents_and_nobody_elses(fixture: Fixture) {
        let site = Site::new(fixture);
        let (fixture, service) = (&site.fixture, &site.fixture.service);
        let caller = finance(service, &site).await;
        let story = play(fixture, &caller, &format!("own-{}", service.db.name())).await;
        let own = site.token_of(story.owner, "own@example.org").await;
        let other = site.token_of(story.other_owner, "other@example.org").await;
        for (path, kind) in [
            (format!("/api/v1/invoices/{}/pdf", story.invoice), "application/pdf"),
            (format!("/api/v1/invoices/{}/ubl", story.invoice), "application/xml"),
            (format!("/api/v1/invoices/{}/ubl?profile=nlcius", story.invoice), "application/xml"),
            (format!("/api/v1/customers/{}/account", story.customer), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ] {
            let answer = site.get(&own, &path).await;
            assert_eq!(answer.status, 200, "{path} {}", answer.text);
            assert_eq!(answer.headers["content-type"], kind);
            assert_eq!(answer.headers["x-content-type-options"], "nosniff");
            let disposition = answer.headers["content-disposition"].to_str().unwrap();
            assert!(disposition.starts_with("attachment; filename=\"") && !disposition.contains('/'), "{disposition}");
            site.get(&other, &path).await.problem(404, "not-found");
        }
        let caller_of = async |token: &str| service.caller_by_token(token).await.unwrap();
        assert!(service.card_statement(&caller_of(&own).await, story.card).await.is_ok());
        let refused = service.card_statement(&caller_of(&other).await, story.card).await;
        assert_eq!(refused, Err(Error::NotFound("card")));
        for path in ["/api/v1/exports", "/api/v1/exports/1", "/api/v1/exports/1/file"] {
            site.get(&own, path).await.problem(403, "forbidden");
        }
    }
}

on_both! {
    under policy();
    async fn the_api_makes_the_same_export_once_under_a_key(fixture: Fixture) {
        let site = Site::new(fixture);
        let (customer, _) = customer(&site.fixture, "Sleutel", true).await;
        buy(&site.fixture, customer).await;
        let token = site.staff(StaffRole::Finance).await;
        let body = json!({ "kind": "journal", "up_to": "2026-03-09", "columns": "snelstart" });
        let first = site.post_with_key(&token, "/api/v1/exports", "a", &body).await.expect(201);
        assert_eq!(site.post_with_key(&token, "/api/v1/exports", "a", &body).await.expect(201), first);
        site.post(&token, "/api/v1/exports", &body).await.problem(409, "nothing-to-export");
        let other = json!({ "kind": "pdf", "up_to": "2026-03-09" });
        site.post_with_key(&token, "/api/v1/exports", "a", &other).await.problem(422, "idempotency-key-reused");
        assert_eq!(first["number"], 1);
        let file = site.get(&token, "/api/v1/exports/1/file").await;
        assert!(file.text.starts_with("\u{feff}Dagboek;Boekingcode;Datum;"), "{}", file.text);
        assert_eq!(site.get(&token, "/api/v1/exports/1").await.expect(200), first);
        let second = site.post(&token, "/api/v1/exports", &other).await.expect(201);
        let list = site.get(&token, "/api/v1/exports?limit=1").await.expect(200);
        assert_eq!(list["items"], Value::from(vec![second]));
        let next = format!("/api/v1/exports?limit=1&cursor={}", text(&list["next_cursor"]));
        assert_eq!(site.get(&token, &next).await.expect(200)["items"], Value::from(vec![first]));
        for (body, pointer) in [
            (json!({ "kind": "journal", "up_to": "2026-03-10" }), "/up_to"),
            (json!({ "kind": "month", "month": "march" }), "/month"),
            (json!({ "kind": "xaf", "from": "2026-03-02", "to": "2026-03-01" }), "/from"),
            (json!({ "kind": "books" }), "/kind"),
        ] {
            assert_eq!(site.post(&token, "/api/v1/exports", &body).await.pointers(), [pointer], "{body}");
        }
        site.get(&token, "/api/v1/exports/99").await.problem(404, "not-found");
    }
}

on_both! {
    under policy();
    async fn the_command_line_writes_files_and_overwrites_none(fixture: Fixture) {
        let (customer, _) = customer(&fixture, "Regel", true).await;
        buy(&fixture, customer).await;
        let dir = tempfile::tempdir().unwrap();
        let (folder, database) = (dir.path().to_str().unwrap(), fixture.address.as_str());
        let said = says(&["export", "month", "2026-03", "--out", folder, "--database", database], "");
        assert!(said.contains("Export 1 of 2 items is in "), "{said}");
        assert!(said.contains("provisional: the month is not closed"), "{said}");
        let path = dir.path().join("00001-maand-2026-03-voorlopig.zip");
        let bytes = std::fs::read(&path).unwrap();
        let file = ["export", "file", "1", "--database", database, "--out"];
        let (code, said) = complains(&[&file[..], &[path.to_str().unwrap()]].concat(), "");
        assert!(code == Some(1) && said.contains("--force"), "{said}");
        std::fs::write(&path, "x").unwrap();
        says(&[&file[..], &[path.to_str().unwrap(), "--force"]].concat(), "");
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "the same to the byte");
        let (code, said) = complains(&["export", "journal", "--up-to", "2026-03-31", "--out", folder, "--database", database], "");
        assert!(code == Some(1) && said.contains("nothing to export"), "{said}");
        says(&["export", "xaf", "--year", "2026", "--out", folder, "--database", database], "");
        assert!(dir.path().join("00002-auditfile-2026-01-01-2026-12-31.xaf").exists());
    }
}

on_both! {
    under policy();
    async fn a7_files_that_commands_write_are_for_their_user_alone(fixture: Fixture) {
        use std::os::unix::fs::PermissionsExt as _;
        let (customer, _) = customer(&fixture, "Rechten", true).await;
        buy(&fixture, customer).await;
        let dir = tempfile::tempdir().unwrap();
        let (folder, database) = (dir.path().to_str().unwrap(), fixture.address.as_str());
        let to = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
        says(&["export", "month", "2026-03", "--out", folder, "--database", database], "");
        says(&["export", "xaf", "--year", "2026", "--out", &to("year.xaf"), "--database", database], "");
        says(&["export", "hledger", "--out", &to("books.journal"), "--database", database], "");
        // What others could read before is not left so.
        std::fs::write(to("again.zip"), "x").unwrap();
        std::fs::set_permissions(to("again.zip"), std::fs::Permissions::from_mode(0o666)).unwrap();
        says(&["export", "file", "1", "--out", &to("again.zip"), "--force", "--database", database], "");
        let files: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap()).collect();
        assert_eq!(files.len(), 4);
        for file in files {
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
        }
    }
}

on_both! {
    under policy();
    async fn the_page_offers_every_kind_in_both_languages_and_downloads_it(fixture: Fixture) {
        let site = crate::pages::Site::new(fixture);
        let (customer, _) = customer(&site.fixture, "Pagina", false).await;
        buy(&site.fixture, customer).await;
        site.staff(StaffRole::Finance).await;
        site.fixture.clock.set(noon(2026, 4, 1));
        let mut browser = site.login("finance@provider.example").await;
        let words = [("en", "Cannot be an electronic invoice yet"), ("nl", "Nog geen elektronische factuur mogelijk")];
        for (lang, words) in words {
            browser.lang = lang;
            let page = browser.get("/finance/exports").await;
            assert_eq!(page.status, 200, "{}", page.text);
            assert!(page.text.contains(words) && page.text.contains("value=\"2026-03\""), "{}", page.text);
        }
        let sent = browser.post("/finance/exports", &[("kind", "journal"), ("up_to", "2026-04-02")]).await;
        assert_eq!(sent.status, 422);
        assert!(sent.text.contains("value=\"2026-04-02\"") && sent.text.contains("aria-invalid"), "{}", sent.text);
        for _ in 0..2 {
            let month = [("kind", "month"), ("month", "2026-03"), ("key", "a")];
            let sent = browser.post("/finance/exports", &month).await;
            assert_eq!((sent.status.as_u16(), sent.location()), (303, "/finance/exports?made=1"), "{}", sent.text);
        }
        let page = browser.get("/finance/exports?made=1").await;
        assert!(page.text.contains("Bestand 1 is gemaakt. Het is voorlopig:"), "{}", page.text);
        assert!(page.text.contains("Niet meegenomen: 1."), "{}", page.text);
        assert!(page.texts(".tag").contains(&"voorlopig".to_owned()), "{:?}", page.texts(".tag"));
        browser.lang = "en";
        let page = browser.get("/finance/exports?made=1").await;
        assert!(page.text.contains("File 1 was made. It is provisional:"), "{}", page.text);
        assert!(page.texts(".tag").contains(&"provisional".to_owned()), "{:?}", page.texts(".tag"));
        let file = browser.get("/finance/exports/1/file").await;
        assert_eq!(file.headers["content-disposition"], "attachment; filename=\"00001-maand-2026-03-voorlopig.zip\"");
    }
}
