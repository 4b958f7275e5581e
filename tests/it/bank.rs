//! Files of the bank through the service, the API and the pages, on both databases (PAY-2, PAY-5).

use crate::common::http::{Site, text};
use crate::common::{Fixture, day, on_both};
use crate::pages;
use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{Days, NaiveDate};
use serde_json::json;
use std::path::{Path, PathBuf};
use strippenkaart::domain::bank::{
    BankDetail, BankEntry, BankFile, BankFileKind, BankStatement, CollectionReport, Direction,
};
use strippenkaart::domain::bank_statement::{Contents, Statement, StatementKind};
use strippenkaart::domain::command::NewLine;
use strippenkaart::domain::document::Quantity;
use strippenkaart::domain::export::ExportKind;
use strippenkaart::domain::matching::{Hint, LineState, Outcome, Teller};
use strippenkaart::domain::references::{creditor_reference, normalise};
use strippenkaart::domain::{
    Act, BankLineId, Cents, Collection, CustomerId, Invoice, Policy, Receipt, Refusal, Target,
};
use strippenkaart::exchange::bank::{Upload, read, sent, write};
use strippenkaart::service::Error;
use strippenkaart::service::access::{Caller, Request};
use strippenkaart::service::bank::{Assignment, BankImport, BankNotice, Queued};
use strippenkaart::service::exports::Asked;
use strippenkaart::service::verify::verify;
use strippenkaart::store::bank::{self, FileRow};
use strippenkaart::store::users::{self, StaffRole, User};
use strippenkaart::store::{Record, Statements as _};

/// Our account.
pub const OURS: &str = "NL91ABNA0417164300";
/// Accounts of customers.
pub const THEIRS: [&str; 2] = ["NL20INGB0001234567", "NL44RABO0123456789"];
/// The terms: direct debits, a fee from the second reversal on.
pub const TERMS: &str = "standard";

pub fn euros(amount: &str) -> Cents {
    amount.parse().unwrap()
}

/// A customer that pays, with finance at the other side.
pub struct Books {
    pub fixture: Fixture,
    pub finance: Caller,
}

impl Books {
    pub async fn new(fixture: Fixture) -> Self {
        let role = Some(StaffRole::Finance);
        let (id, created_at) = (fixture.clock.id(), fixture.clock.now());
        let (email, name) = ("money@provider.example".to_owned(), "Money".to_owned());
        let user = User::new(id, email, name, role, created_at);
        let mut tx = fixture.service.db.begin().await.unwrap();
        assert!(users::add(&mut tx, &user).await.unwrap());
        tx.commit().await.unwrap();
        let finance = fixture.service.caller_by_id(user.id).await.unwrap();
        Self { fixture, finance }
    }

    pub async fn act(&self, target: Target, act: Act) -> Receipt {
        self.fixture.submit(target, act).await.unwrap()
    }

    /// An invoice of so much ex VAT.
    pub async fn invoice(&self, customer: CustomerId, net: &str) -> Invoice {
        let (description, quantity, unit_price) = ("Work".to_owned(), Quantity::Pieces(1), euros(net));
        let line = NewLine { description, quantity, unit_price };
        let Receipt::Invoice(draft) = self.act(Target::Customer(customer), Act::WriteLine(line)).await else {
            panic!()
        };
        match self.act(Target::Invoice(draft.id), Act::IssueInvoice(draft.id)).await {
            Receipt::Invoice(invoice) => *invoice,
            other => panic!("{other:?}"),
        }
    }

    pub async fn mandate(&self, customer: CustomerId, iban: &str) {
        let act = Act::RecordMandate {
            reference: None,
            scheme: None,
            signed_on: day("2026-01-05"),
            debtor_name: "School".to_owned(),
            iban: iban.to_owned(),
        };
        self.act(Target::Customer(customer), act).await;
    }

    pub async fn plan(&self, invoice: &Invoice) -> Collection {
        let act = Act::PlanCollection { invoice: invoice.id, collect_on: day("2026-03-09") };
        match self.act(Target::Invoice(invoice.id), act).await {
            Receipt::Collection(collection) => *collection,
            other => panic!("{other:?}"),
        }
    }

    /// A customer with a mandate and a collection of an invoice.
    pub async fn collected(&self, net: &str, iban: &str) -> (CustomerId, Invoice, Collection) {
        let (customer, _) = self.fixture.customer().await;
        self.mandate(customer, iban).await;
        let invoice = self.invoice(customer, net).await;
        let collection = self.plan(&invoice).await;
        (customer, invoice, collection)
    }

    pub async fn import(&self, file: &BankFile) -> BankImport {
        self.try_import(write(file).as_bytes()).await.unwrap()
    }

    pub async fn try_import(&self, bytes: &[u8]) -> Result<BankImport, Error> {
        let name = "bank.xml";
        self.fixture.service.import_bank(&self.finance, name, bytes.to_vec(), |_, _| {}).await
    }

    pub async fn reload(&self, invoice: &Invoice) -> Invoice {
        self.fixture.service.invoice(&self.finance, invoice.id).await.unwrap().invoice
    }

    pub async fn queue(&self) -> Vec<Queued> {
        self.fixture.service.bank_lines(&self.finance, LineState::Open, None, 100).await.unwrap()
    }

    pub async fn all<T: Record>(&self, sql: &'static str) -> Vec<T> {
        self.fixture.service.db.reader().await.unwrap().query(sql).all().await.unwrap()
    }

    /// What of a customer money did: documents as `gross paid open`, reversals as `code amount charge rejected`.
    pub async fn money_of(&self, customer: CustomerId) -> Vec<String> {
        let rows =
            "SELECT CAST(gross AS TEXT) || ' paid ' || CAST(paid AS TEXT) || ' credited ' || CAST(credited AS TEXT)
                    FROM invoices WHERE customer_id = $1 AND number IS NOT NULL ORDER BY gross, paid";
        let reversals =
            "SELECT code || ' ' || CAST(amount AS TEXT) || ' charge ' || CAST(charge AS TEXT) || ' rejected '
                         || CAST(rejected AS TEXT) || ' counted ' || CAST(counted AS TEXT)
                         FROM reversals WHERE customer_id = $1 ORDER BY amount, code";
        let credit = "SELECT 'credit ' || CAST(credit AS TEXT) FROM customers WHERE id = $1";
        let postings = "SELECT account || ' ' || CAST(CAST(SUM(amount) AS BIGINT) AS TEXT) FROM postings
                        WHERE customer_id = $1 GROUP BY account HAVING SUM(amount) <> 0 ORDER BY account";
        let mut told = Vec::new();
        let mut on = self.fixture.service.db.reader().await.unwrap();
        for sql in [rows, reversals, credit, postings] {
            let found: Vec<(String,)> = on.query(sql).bind(customer).all().await.unwrap();
            told.extend(found.into_iter().map(|(row,)| row));
        }
        told
    }

    /// The balance of an account.
    pub async fn balance(&self, account: &str) -> Cents {
        let rows: Vec<(String, i64)> =
            self.all("SELECT account, CAST(SUM(debit - credit) AS BIGINT) FROM account_days GROUP BY account").await;
        rows.into_iter().find(|(name, _)| name == account).map_or(Cents::ZERO, |(_, sum)| Cents(sum))
    }

    /// The balance of every account by day, and how every invoice stands, in the order of what it is about.
    pub async fn sums(&self) -> Vec<String> {
        let days = "SELECT account || ' ' || day || ' ' || CAST(CAST(SUM(debit - credit) AS BIGINT) AS TEXT)
                    FROM account_days GROUP BY account, day HAVING SUM(debit - credit) <> 0 ORDER BY account, day";
        let invoices =
            "SELECT CAST(customers.number AS TEXT) || ' ' || CAST(gross AS TEXT) || ' ' || CAST(paid AS TEXT)
                        FROM invoices JOIN customers ON customers.id = customer_id WHERE invoices.number IS NOT NULL
                        ORDER BY customers.number, gross, paid";
        let lines = "SELECT state || ' ' || CAST(COUNT(*) AS TEXT) || ' ' || CAST(CAST(SUM(amount) AS BIGINT) AS TEXT)
                     FROM bank_lines WHERE state <> 'again' GROUP BY state ORDER BY state";
        let mut told = Vec::new();
        for sql in [days, invoices, lines] {
            let found: Vec<(String,)> = self.all(sql).await;
            told.extend(found.into_iter().map(|(row,)| row));
        }
        told
    }
}

pub fn detail(amount: &str, end_to_end_id: &str) -> BankDetail {
    BankDetail {
        amount: euros(amount),
        end_to_end_id: Some(end_to_end_id.to_owned()).filter(|id| !id.is_empty()),
        ..BankDetail::default()
    }
}

/// A transfer with a text.
pub fn transfer(amount: &str, said: &str, iban: Option<&str>, reference: &str) -> BankEntry {
    let detail = BankDetail {
        text: Some(said.to_owned()).filter(|text| !text.is_empty()),
        iban: iban.map(str::to_owned),
        name: Some("J. Jansen".to_owned()),
        ..detail(amount, "")
    };
    entry(Direction::Credit, amount, reference, vec![detail])
}

pub fn returned(amount: &str, id: &str, code: &str) -> BankDetail {
    BankDetail { return_reason: Some(code.to_owned()), ..detail(amount, id) }
}

pub fn entry(direction: Direction, amount: &str, reference: &str, details: Vec<BankDetail>) -> BankEntry {
    BankEntry {
        servicer_reference: None,
        entry_reference: None,
        reversal: false,
        line: 1,
        reference: Some(reference.to_owned()).filter(|text| !text.is_empty()),
        amount: euros(amount),
        currency: "EUR".to_owned(),
        direction,
        booked: true,
        booked_on: day("2026-03-09"),
        valued_on: day("2026-03-09"),
        code: None,
        batch: None,
        batch_message: None,
        text: None,
        details,
    }
}

/// A statement that adds up, from an opening balance.
pub fn statement(id: &str, on: NaiveDate, opening: Cents, entries: Vec<BankEntry>) -> BankStatement {
    let booked = entries.iter().filter(|entry| entry.booked);
    let moved: Cents =
        booked.map(|entry| if entry.direction == Direction::Credit { entry.amount } else { -entry.amount }).sum();
    BankStatement {
        id: id.to_owned(),
        account: OURS.to_owned(),
        currency: Some("EUR".to_owned()),
        opening: Some((on, opening)),
        closing: Some((on, opening + moved)),
        entries,
    }
}

pub fn file(kind: BankFileKind, id: &str, statements: Vec<BankStatement>) -> BankFile {
    let version = format!("{kind}.001.08");
    BankFile { kind, version, message_id: id.to_owned(), statements, reports: Vec::new() }
}

/// The day of a file by the number in its id, so that statements of different files are of different days.
fn day_of(id: &str) -> NaiveDate {
    let digits: String = id.chars().filter(char::is_ascii_digit).collect();
    day("2026-02-20") + Days::new(digits.parse::<u64>().unwrap_or_default() % 17)
}

/// Entries that the bank booked on a day.
pub fn booked(on: NaiveDate, entries: Vec<BankEntry>) -> Vec<BankEntry> {
    entries.into_iter().map(|entry| BankEntry { booked_on: on, valued_on: on, ..entry }).collect()
}

pub fn camt053(id: &str, entries: Vec<BankEntry>) -> BankFile {
    let on = day_of(id);
    file(BankFileKind::Camt053, id, vec![statement(id, on, Cents(0), booked(on, entries))])
}

/// A statement with one payment that nobody is known for.
pub fn a_payment(amount: &str) -> String {
    write(&camt053(&format!("of-{amount}"), vec![transfer(amount, "thanks", None, "")]))
}

pub fn camt054(id: &str, entries: Vec<BankEntry>) -> BankFile {
    let on = day_of(id);
    let entries = booked(on, entries);
    let notice = BankStatement { opening: None, closing: None, ..statement(id, on, Cents(0), entries) };
    file(BankFileKind::Camt054, id, vec![notice])
}

pub fn rejected(id: &str, collection: &Collection, code: &str) -> BankFile {
    let report = CollectionReport {
        line: 1,
        message_id: "SK-1".to_owned(),
        batch: Some("SK-1-1".to_owned()),
        end_to_end_id: Some(collection.end_to_end_id.clone()),
        rejected: true,
        status: "RJCT".to_owned(),
        reason: Some(code.to_owned()),
        text: None,
        amount: Some(collection.amount),
    };
    BankFile {
        kind: BankFileKind::Pain002,
        version: "pain.002.001.10".to_owned(),
        message_id: id.to_owned(),
        statements: Vec::new(),
        reports: vec![report],
    }
}

on_both! {
    under TERMS;
    async fn pay_2_one_batch_of_returns_is_two_reversals_of_two_customers_and_its_cost_is_booked(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let (one, first, a) = books.collected("800.00", THEIRS[0]).await;
        let (other, second, b) = books.collected("98.00", THEIRS[1]).await;
        assert_eq!((first.gross, second.gross), (euros("968.00"), euros("118.58")));
        let came = vec![detail("968.00", &a.end_to_end_id), detail("118.58", &b.end_to_end_id)];
        let batch = entry(Direction::Credit, "1086.58", "BATCH-IN-1", came);
        let import = books.import(&camt053("day-1", vec![batch])).await;
        assert_eq!((import.tally.settled.count, import.tally.settled.sum), (2, euros("1086.58")));
        assert_eq!(books.reload(&first).await.open(), Cents::ZERO);
        assert_eq!(books.balance("receivable").await, Cents::ZERO);

        let back = vec![
            returned("968.00", &a.end_to_end_id, "AM04"),
            returned("118.58", &b.end_to_end_id, "MD06"),
        ];
        let entry = entry(Direction::Debit, "1116.58", "BATCH-OUT-1", back);
        let mut statement = statement("day-2", day("2026-03-09"), euros("1086.58"), vec![entry]);
        statement.opening = Some((day("2026-03-09"), euros("1086.58")));
        let import = books.import(&file(BankFileKind::Camt053, "day-2", vec![statement])).await;
        assert_eq!((import.tally.reversed.count, import.tally.reversed.sum), (2, euros("1086.58")));
        assert_eq!(import.notices, [], "it follows on the day before");
        assert_eq!(books.reload(&first).await.open(), euros("968.00"));
        assert_eq!(books.reload(&second).await.open(), euros("118.58"));
        assert_eq!(books.balance("bank").await, -euros("30.00"));
        assert_eq!(books.balance("bank_charges").await, euros("30.00"));
        assert_eq!(books.balance("receivable").await, euros("1086.58"));
        let counted: Vec<(String,)> = books.all("SELECT code FROM reversals ORDER BY code").await;
        assert_eq!(counted, [("AM04".to_owned(),), ("MD06".to_owned(),)]);
        let fees: Vec<(i64,)> = books.all("SELECT COUNT(*) FROM invoices WHERE series = 'fee'").await;
        assert_eq!(fees, [(0,)], "the first of each is free");
        assert_ne!(one, other);
        verify(&books.fixture.service.db, |_, _| {}).await.unwrap();
    }
}

on_both! {
    under TERMS;
    async fn pay_2_the_same_reversal_told_three_ways_in_any_order_and_twice_counts_once(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        let mut ends: Vec<Vec<String>> = Vec::new();
        for (round, order) in orders.iter().enumerate() {
            let (customer, _, first) = books.collected("800.00", THEIRS[0]).await;
            // The first reversal is free; the second one, told three ways, costs one fee.
            books.import(&rejected(&format!("R0-{round}"), &first, "AM04")).await;
            let invoice = books.invoice(customer, "98.00").await;
            let second = books.plan(&invoice).await;
            let id = &second.end_to_end_id;
            let came = entry(Direction::Credit, "118.58", &format!("IN-{round}-0001"), vec![detail("118.58", id)]);
            books.import(&camt054(&format!("in-{round}"), vec![came])).await;
            let back = |reference: &str, name: Option<&str>| {
                let mut back = returned("118.58", id, "MD06");
                back.name = name.map(str::to_owned);
                entry(Direction::Debit, "133.58", reference, vec![back])
            };
            let files = [
                rejected(&format!("R1-{round}"), &second, "MD06"),
                camt054(&format!("n-{round}"), vec![back("", Some("School"))]),
                camt053(&format!("s-{round}"), vec![back(&format!("OUT-{round}-0001"), None)]),
            ];
            for at in order.iter().chain(order) {
                let again = books.import(&files[*at]).await;
                let before = books.money_of(customer).await;
                assert!(books.import(&files[*at]).await.seen, "{again:?}");
                assert_eq!(books.money_of(customer).await, before);
            }
            ends.push(books.money_of(customer).await);
        }
        assert!(ends.iter().all(|end| *end == ends[0]), "{ends:#?}");
        for told in ["8250 paid 0 credited 0", "MD06 11858 charge 1500 rejected 0 counted 1", "bank_charges 1500"] {
            assert_eq!(ends[0].iter().filter(|row| *row == told).count(), 1, "{told}: {:#?}", ends[0]);
        }
        verify(&books.fixture.service.db, |_, _| {}).await.unwrap();
    }
}

/// The examples of the project and of others.
fn examples() -> Vec<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = ["../shared", "../../shared"].iter().map(|up| here.join(up).join("finance/bank-examples"));
    let folders = shared.filter(|path| path.is_dir()).flat_map(|path| std::fs::read_dir(path).unwrap());
    let folders = folders.map(|folder| folder.unwrap().path()).chain([here.join("tests/fixtures/bank")]);
    let files = folders.flat_map(|folder| std::fs::read_dir(folder).unwrap()).map(|file| file.unwrap().path());
    let mut files: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|end| end == "xml")).collect();
    files.sort();
    files
}

/// The same terms, of a provider that does not say which account is its own.
pub fn any_account() -> String {
    let text = Policy::shipped("openedu").unwrap();
    text.lines().filter(|line| !line.starts_with("iban = ")).collect::<Vec<_>>().join("\n")
}

on_both! {
    under any_account();
    async fn every_example_is_read_or_refused_with_a_reason_and_changes_nothing_the_second_time(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let (mut stored, mut refused) = (0, 0);
        for path in examples() {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let bytes = std::fs::read(&path).unwrap();
            let preview = books.fixture.service.preview_bank(&books.finance, &name, bytes.clone()).await;
            match books.try_import(&bytes).await {
                Ok(import) => {
                    stored += 1;
                    let preview = preview.unwrap_or_else(|error| panic!("{name}: {error}"));
                    assert_eq!(preview.tally, import.tally, "{name} {:#?} {:#?}", preview.notices, import.notices);
                    let before = books.sums().await;
                    assert!(books.try_import(&bytes).await.unwrap().seen, "{name}");
                    assert_eq!(books.sums().await, before, "{name}");
                }
                Err(Error::BankFile(fault)) => {
                    refused += 1;
                    assert!(fault.line > 0 && !fault.reason().is_empty(), "{name}: {fault}");
                    assert_eq!(preview, Err(Error::BankFile(fault)), "{name}");
                }
                Err(other) => panic!("{name}: {other:?}"),
            }
        }
        assert!(stored >= 7 && stored + refused == examples().len(), "{stored} {refused}");
        let new: Vec<(i64,)> = books.all("SELECT COUNT(*) FROM bank_lines WHERE state IN ('new', 'booked')").await;
        assert_eq!(new, [(0,)], "nothing is left, and nobody here owes anything");
    }
}

on_both! {
    under TERMS;
    async fn a_broken_file_leaves_nothing_and_one_of_another_account_is_refused(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let good = camt053("s-1", vec![transfer("10.00", "x", None, "REF-00001")]);
        let mut off = good.clone();
        off.statements[0].closing = Some((day("2026-03-09"), euros("11.00")));
        let mut other = good.clone();
        THEIRS[0].clone_into(&mut other.statements[0].account);
        let cut = write(&good);
        let files = [write(&off), write(&other), cut[..cut.len() - 40].to_owned(), "camt".to_owned(), String::new()];
        for (bytes, said) in files.iter().zip(["add up", "NL91ABNA0417164300", "", "", ""]) {
            let Err(Error::BankFile(fault)) = books.try_import(bytes.as_bytes()).await else { panic!("{said}") };
            assert!(fault.reason().contains(said), "{fault}");
        }
        for table in [
            "SELECT COUNT(*) FROM bank_files",
            "SELECT COUNT(*) FROM bank_lines",
            "SELECT COUNT(*) FROM bank_statements",
        ] {
            assert_eq!(books.all::<(i64,)>(table).await, [(0,)], "{table}");
        }
        let agent = User { role: Some(StaffRole::Agent), ..books.finance.user.clone() };
        let agent = Caller { user: agent, contacts: Vec::new(), handed_over: None, today: day("2026-03-09") };
        let answer = books.fixture.service.preview_bank(&agent, "x", Vec::new()).await;
        assert_eq!(answer, Err(Error::Forbidden));
    }
}

on_both! {
    under TERMS;
    async fn pay_5_partial_over_and_combined_payments_find_their_invoices(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let (customer, _) = books.fixture.customer().await;
        let mut invoices = Vec::new();
        for net in ["100.00", "50.00", "200.00", "10.00"] {
            invoices.push(books.invoice(customer, net).await);
        }
        let [a, b, c, d] = &invoices[..] else { panic!() };
        let reference = c.issued().unwrap().reference.clone();
        let digits: String = d.number().chars().filter(char::is_ascii_digit).collect();
        let rf = creditor_reference(&digits).unwrap();
        let spaced = reference.as_bytes().chunks(4).map(|part| std::str::from_utf8(part).unwrap()).collect::<Vec<_>>();
        let both = format!("fact. {} en {}", a.number(), b.number());
        let entries = vec![
            transfer("181.50", &both, Some(THEIRS[0]), "PAY-000001"),
            transfer("42.00", &spaced.join(" "), Some(THEIRS[0]), "PAY-000002"),
            transfer("13.10", &format!("kenmerk {}", rf.to_lowercase()), Some(THEIRS[0]), "PAY-000003"),
            transfer("200.00", "", Some(THEIRS[0]), "PAY-000004"),
        ];
        assert_eq!(normalise(&spaced.join(" ")), reference);
        let import = books.import(&camt053("s-1", entries)).await;
        assert_eq!((import.tally.paid.count, import.tally.queued.count), (3, 1), "{import:?}");
        let open = [(a, "0.00"), (b, "0.00"), (c, "200.00"), (d, "0.00")];
        for (invoice, left) in open {
            assert_eq!(books.reload(invoice).await.open(), euros(left), "{}", invoice.number());
        }
        assert!(books.money_of(customer).await.contains(&"credit 100".to_owned()), "1.00 was paid too much");

        // The account is known now, and exactly one invoice of that customer is open with that amount: a proposal, no proof.
        let queue = books.queue().await;
        let hints: Vec<Hint> = queue[0].proposals.iter().map(|proposal| proposal.hint).collect();
        assert_eq!(hints, [Hint::SameAccountAndAmount]);
        let later = camt053("s-2", vec![transfer("200.00", c.number(), Some(THEIRS[0]), "PAY-000005")]);
        let import = books.import(&later).await;
        assert_eq!(import.tally.paid.count, 1, "{import:?}");
        assert_eq!(books.reload(c).await.open(), Cents::ZERO);
        assert_eq!(books.balance("receivable").await, Cents::ZERO);
        let sum: Cents = euros("181.50") + euros("42.00") + euros("13.10") + euros("200.00");
        assert_eq!(books.balance("bank").await, sum, "what waits is not in the books yet");
    }
}

on_both! {
    under TERMS;
    async fn pay_5_what_waits_is_booked_by_a_person_once_or_set_aside_with_a_reason(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let (service, finance) = (&books.fixture.service, &books.finance);
        let (customer, invoice, collection) = books.collected("100.00", THEIRS[0]).await;
        let spent = entry(Direction::Debit, "50.00", "OUT-000001", vec![BankDetail { name: Some("Rent".to_owned()), ..detail("50.00", "") }]);
        let unknown = entry(Direction::Debit, "9.00", "OUT-000002", vec![returned("9.00", "NOT-OURS", "AM04")]);
        let entries = vec![
            transfer("121.00", "thank you", None, "IN-0000001"),
            transfer("75.00", "a gift", None, "IN-0000002"),
            spent,
            unknown,
        ];
        let import = books.import(&camt053("s-1", entries)).await;
        assert_eq!((import.tally.queued.count, import.tally.outside.count), (3, 1));
        let queue = books.queue().await;
        let of = |amount: &str| queue.iter().find(|row| row.line.amount == euros(amount)).unwrap();
        let why = |amount: &str| of(amount).line.why.clone().unwrap_or_default();
        assert_eq!((why("121.00"), why("9.00")), ("no_reference".to_owned(), "unknown_collection".to_owned()));
        let proposal = of("121.00").proposals.first().unwrap().clone();
        assert_eq!((proposal.customer_id, proposal.hint, &*proposal.about), (customer, Hint::SameAmount, invoice.number()));
        let id = of("121.00").line.id;
        let line = service.assign_line(finance, id, proposal.assignment.clone()).await.unwrap();
        assert_eq!((line.state, line.decided_by, line.customer_id), (LineState::Booked, Some(finance.user.id), Some(customer)));
        assert_eq!(service.assign_line(finance, id, proposal.assignment).await.unwrap(), line, "the same again");
        let otherwise = Assignment::Repayment(customer);
        assert_eq!(service.assign_line(finance, id, otherwise).await, Err(Refusal::LineBooked.into()), "B10");
        assert_eq!(books.reload(&invoice).await.open(), Cents::ZERO);
        assert_eq!(service.set_line_aside(finance, id, "no").await, Err(Refusal::LineBooked.into()));

        let gift = of("75.00").line.id;
        let wrong = service.assign_line(finance, gift, Assignment::Repayment(customer)).await;
        assert!(matches!(wrong, Err(Error::Fields(_))), "{wrong:?}");
        let aside = service.set_line_aside(finance, gift, "For the foundation").await.unwrap();
        assert_eq!((aside.state, aside.why.as_deref()), (LineState::SetAside, Some("For the foundation")));
        assert_eq!(service.set_line_aside(finance, gift, "Again").await.unwrap(), aside, "kept as it was said");

        // Paid twice: the collection comes as well. Then the customer gets it back.
        let came = entry(Direction::Credit, "121.00", "IN-0000003", vec![detail("121.00", &collection.end_to_end_id)]);
        books.import(&camt054("n-1", vec![came])).await;
        assert!(books.money_of(customer).await.contains(&"credit 12100".to_owned()));
        let given = BankDetail { iban: Some(THEIRS[0].to_owned()), ..detail("121.00", "") };
        let given = entry(Direction::Debit, "121.00", "OUT-000003", vec![given]);
        books.import(&camt054("n-2", vec![given])).await;
        let queue = books.queue().await;
        let row = queue.iter().find(|row| row.line.why.as_deref() == Some("repayment")).unwrap();
        assert_eq!(row.proposals[0].assignment, Assignment::Repayment(customer));
        service.assign_line(finance, row.line.id, Assignment::Repayment(customer)).await.unwrap();
        service.assign_line(finance, row.line.id, Assignment::Repayment(customer)).await.unwrap();
        assert!(books.money_of(customer).await.contains(&"credit 0".to_owned()));
        assert_eq!(books.balance("bank").await, euros("121.00"));
        let missing = BankLineId::from(uuid::Uuid::from_u128(7));
        assert_eq!(service.set_line_aside(finance, missing, "x").await, Err(Error::NotFound("bank line")));
    }
}

on_both! {
    under TERMS;
    async fn a_statement_seen_before_changes_nothing_and_a_gap_is_told(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let (customer, _) = books.fixture.customer().await;
        let invoice = books.invoice(customer, "100.00").await;
        let entries = vec![transfer("121.00", invoice.number(), None, "IN-0000001")];
        let first = camt053("s-1", entries.clone());
        books.import(&first).await;
        let before = books.sums().await;
        assert!(books.import(&first).await.seen);
        let renamed = BankFile { message_id: "another".to_owned(), ..first.clone() };
        let import = books.import(&renamed).await;
        let seen = BankNotice::SeenStatement { account: OURS.to_owned(), id: "s-1".to_owned() };
        assert_eq!((import.seen, &import.notices[..], import.tally.fresh()), (false, &[seen][..], 0));
        assert_eq!(books.sums().await, before);

        // The same entry in a notice, without its details: told again.
        let bare = BankDetail { amount: euros("121.00"), ..BankDetail::default() };
        let import = books.import(&camt054("n-1", vec![entry(Direction::Credit, "121.00", "IN-0000001", vec![bare])])).await;
        assert_eq!((import.tally.known, import.tally.fresh()), (1, 0));
        assert_eq!(books.sums().await, before);

        let mut pending = transfer("5.00", "later", None, "IN-0000009");
        pending.booked = false;
        let mut gap = statement("s-3", day("2026-03-09"), euros("500.00"), vec![pending]);
        gap.opening = Some((day("2026-03-09"), euros("500.00")));
        let gap = file(BankFileKind::Camt053, "s-3", vec![gap]);
        let expected = [
            BankNotice::Gap {
                account: OURS.to_owned(),
                id: "s-3".to_owned(),
                closed: euros("121.00"),
                opens: euros("500.00"),
            },
            BankNotice::Pending(1),
        ];
        let preview = books.fixture.service.preview_bank(&books.finance, "x", write(&gap).into_bytes()).await.unwrap();
        assert_eq!(preview.notices, expected);
        assert_eq!(books.import(&gap).await.notices, expected);
    }
}

/// Hands out the collections that are planned; gives the message, and the group that they are in.
async fn send(books: &Books) -> (String, String) {
    let service = &books.fixture.service;
    let asked = Asked { up_to: Some(day("2026-03-09")), ..Asked::of(ExportKind::Collection) };
    let export = service.make_export(Request { caller: &books.finance, key: None }, &asked).await.unwrap();
    let file = service.export_file(&books.finance, export.number).await.unwrap();
    let sent = sent(&file.bytes).unwrap();
    let [(group, _)] = &sent.groups[..] else { panic!("{sent:?}") };
    (sent.message_id, group.clone())
}

on_both! {
    under TERMS;
    async fn pay_2_a_batch_without_details_settles_the_group_that_was_sent_without_what_was_rejected(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let (_, first, _) = books.collected("800.00", THEIRS[0]).await;
        let (_, second, b) = books.collected("98.00", THEIRS[1]).await;
        let (_, third, _) = books.collected("10.00", THEIRS[1]).await;
        let (message, group) = send(&books).await;
        books.import(&rejected("R-1", &b, "AC04")).await;
        let lump = |amount: &str, id: &str| BankEntry {
            batch: Some(group.clone()),
            batch_message: Some(message.clone()),
            ..entry(Direction::Credit, amount, id, vec![BankDetail { amount: euros(amount), ..BankDetail::default() }])
        };
        let off = books.import(&camt053("s-0", vec![lump("5.00", "LUMP-0000")])).await;
        assert_eq!(off.tally.queued.count, 1);
        assert_eq!(books.queue().await[0].line.why.as_deref(), Some("amount_differs"));
        let import = books.import(&camt053("s-1", vec![lump("980.10", "LUMP-0001")])).await;
        assert_eq!(import.tally.settled.count, 1, "{import:?}");
        assert_eq!(books.reload(&first).await.open(), Cents::ZERO);
        assert_eq!(books.reload(&third).await.open(), Cents::ZERO);
        assert_eq!(books.reload(&second).await.open(), second.gross);
        assert_eq!(books.balance("bank").await, euros("980.10"));

        // A report about a whole message rejects all that it holds.
        let (_, fourth, d) = books.collected("20.00", THEIRS[1]).await;
        let (message, _) = send(&books).await;
        let mut whole = rejected("R-2", &d, "FF01");
        let report = CollectionReport { message_id: message, batch: None, end_to_end_id: None, amount: None, ..whole.reports[0].clone() };
        whole.reports = vec![report];
        let import = books.import(&whole).await;
        assert_eq!((import.tally.reversed.count, import.tally.reversed.sum), (1, fourth.gross));
        let told: Vec<(String, i64)> = books.all("SELECT code, rejected FROM reversals ORDER BY code").await;
        assert_eq!(told, [("AC04".to_owned(), 1), ("FF01".to_owned(), 1)]);
    }
}

on_both! {
    under TERMS;
    async fn a_crash_in_the_middle_is_finished_by_the_same_file_or_by_itself(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let service = &books.fixture.service;
        let (customer, _) = books.fixture.customer().await;
        let (one, other) = (books.invoice(customer, "100.00").await, books.invoice(customer, "50.00").await);
        let entries = vec![
            transfer("121.00", one.number(), Some(THEIRS[0]), "IN-0000001"),
            transfer("60.50", "", Some(THEIRS[0]), "IN-0000002"),
        ];
        let told = camt053("s-1", entries);
        let bytes = write(&told);

        // It ends after the lines were stored, before the first was booked.
        let parsed = read(bytes.as_bytes()).unwrap();
        let row = FileRow {
            id: books.fixture.clock.id(),
            digest: Upload::open("bank.xml", bytes.clone().into_bytes()).unwrap().members[0].digest.clone(),
            name: "bank.xml".to_owned(),
            kind: parsed.kind,
            version: parsed.version.clone(),
            message_id: parsed.message_id.clone(),
            lines: 2,
            received_at: books.fixture.clock.now(),
            received_by: None,
        };
        let told = &parsed.statements[0];
        let kept = Statement {
            id: books.fixture.clock.id(),
            file_id: row.id,
            kind: StatementKind::Statement,
            account: OURS.to_owned(),
            told_id: told.id.clone(),
            page: None,
            last_page: None,
            sequence: None,
            made_at: None,
            from_day: day_of("s-1"),
            to_day: day_of("s-1"),
            first_day: day_of("s-1"),
            last_day: day_of("s-1"),
            opening: told.opening.map(|(_, amount)| amount),
            closing: told.closing.map(|(_, amount)| amount),
            entries: 2,
            credits: euros("181.50"),
            debits: Cents::ZERO,
            contents: Contents::default(),
        };
        let teller = Teller::new(&kept);
        let entries = told.entries.iter();
        let lines: Vec<_> = entries.flat_map(|entry| teller.entry(entry, || books.fixture.clock.id())).collect();
        let mut tx = service.db.begin().await.unwrap();
        assert!(bank::add_file(&mut tx, &row).await.unwrap());
        bank::add_statements(&mut tx, &[kept]).await.unwrap();
        assert_eq!(bank::add_lines(&mut tx, &lines).await.unwrap(), 2);
        tx.commit().await.unwrap();
        let import = books.try_import(bytes.as_bytes()).await.unwrap();
        assert!(import.seen);
        assert_eq!((import.tally.paid.count, import.tally.queued.count), (1, 1), "{import:?}");
        let line = &books.queue().await[0].line;
        let to = Assignment::Invoices { invoices: vec![other.id], keep_surplus: false };
        service.assign_line(&books.finance, line.id, to).await.unwrap();
        let before = books.sums().await;
        assert_eq!(books.reload(&other).await.open(), Cents::ZERO);

        // It ends after they were booked, before they were marked.
        let mut tx = service.db.begin().await.unwrap();
        let forgotten = "UPDATE bank_lines SET state = 'new', customer_id = NULL, payment_id = NULL, decided_at = NULL";
        assert_eq!(tx.query(forgotten).execute().await.unwrap(), 2);
        tx.commit().await.unwrap();
        assert_eq!(service.finish_bank().await.unwrap(), 2);
        assert_eq!(books.sums().await, before, "booked once");
        let marked: Vec<(i64,)> = books.all("SELECT COUNT(*) FROM bank_lines WHERE payment_id IS NOT NULL AND customer_id IS NOT NULL").await;
        assert_eq!(marked, [(2,)]);
        assert_eq!(service.finish_bank().await.unwrap(), 0);
    }
}

/// How many customers the month has.
const CUSTOMERS: u64 = 12;

/// What was promised of a month: statements and notices, the balance that they end with, and what is not in our books.
struct Month {
    files: Vec<BankFile>,
    closing: Cents,
    elsewhere: Cents,
    open: Cents,
}

/// A month of collections, returns, transfers and other things. The same commands in every world.
async fn month(books: &Books) -> Month {
    let (mut files, mut balance) = (Vec::new(), euros("1000.00"));
    let (mut elsewhere, mut open) = (balance, Cents::ZERO);
    let first = day("2026-02-09");
    let mut days: Vec<Vec<BankEntry>> = vec![Vec::new(); 28];
    for at in 0..CUSTOMERS {
        let (customer, _) = books.fixture.customer().await;
        books.mandate(customer, THEIRS[0]).await;
        let net = |extra: u64| format!("{}.{:02}", 100 + at * 7 + extra, (at * 13 + extra) % 100);
        let (one, two) = (books.invoice(customer, &net(0)).await, books.invoice(customer, &net(3)).await);
        let nth = usize::try_from(at).unwrap();
        let collection = books.plan(&one).await;
        let id = &collection.end_to_end_id;
        let sum = one.gross.to_string();
        days[nth].push(entry(Direction::Credit, &sum, &format!("COL-{at:06}"), vec![detail(&sum, id)]));
        if at % 3 == 0 {
            let cost = one.gross + euros("3.50");
            let back = vec![returned(&sum, id, "AM04")];
            days[nth + 5].push(entry(Direction::Debit, &cost.to_string(), &format!("RET-{at:06}"), back));
            open += one.gross;
        }
        if at % 6 == 0 {
            let second = books.plan(&two).await;
            let sum = two.gross.to_string();
            let (id, cost) = (&second.end_to_end_id, two.gross + euros("3.50"));
            days[nth + 2].push(entry(Direction::Credit, &sum, &format!("CO2-{at:06}"), vec![detail(&sum, id)]));
            let back = vec![returned(&sum, id, "MD06")];
            days[nth + 8].push(entry(Direction::Debit, &cost.to_string(), &format!("RE2-{at:06}"), back));
            open += two.gross + euros("82.50");
            continue;
        }
        let part = Cents(two.gross.0 / 3);
        let rest = two.gross - part;
        let reference = two.issued().unwrap().reference.clone();
        let said = [format!("{} {reference}", two.number()), reference][nth % 2].clone();
        days[nth + 3].push(transfer(&part.to_string(), &said, None, &format!("PA1-{at:06}")));
        days[nth + 9].push(transfer(&rest.to_string(), &said, None, &format!("PA2-{at:06}")));
    }
    days[4].push(transfer("12.34", "unknown", None, "UNKNOWN-01"));
    days[7].push(entry(Direction::Debit, "650.00", "RENT-000001", vec![detail("650.00", "")]));
    elsewhere += euros("12.34") - euros("650.00");
    for (nth, mut entries) in days.into_iter().enumerate() {
        let on = first + Days::new(u64::try_from(nth).unwrap());
        for entry in &mut entries {
            (entry.booked_on, entry.valued_on) = (on, on);
        }
        let returns: Vec<BankEntry> =
            entries.iter().filter(|entry| entry.direction == Direction::Debit).cloned().collect();
        if !returns.is_empty() {
            let notice =
                BankStatement { opening: None, closing: None, ..statement(&format!("N{nth}"), on, balance, returns) };
            files.push(file(BankFileKind::Camt054, &format!("N{nth}"), vec![notice]));
        }
        let told = statement(&format!("S{nth}"), on, balance, entries);
        balance = told.closing.unwrap().1;
        files.push(file(BankFileKind::Camt053, &format!("S{nth}"), vec![told]));
    }
    Month { files, closing: balance, elsewhere, open }
}

on_both! {
    under TERMS;
    async fn pay_7_a_month_of_statements_books_to_the_cent_and_shuffled_and_repeated_ends_the_same(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let told = month(&books).await;
        for file in &told.files {
            let import = books.import(file).await;
            assert_eq!(import.notices, [], "each follows on the one before");
        }
        assert_eq!(books.balance("bank").await, told.closing - told.elsewhere);
        assert_eq!(books.balance("receivable").await, told.open);
        let open: Vec<(i64,)> = books.all("SELECT CAST(SUM(gross - paid - credited) AS BIGINT) FROM invoices WHERE number IS NOT NULL").await;
        assert_eq!(Cents(open[0].0), told.open);
        let returns = books.all::<(i64,)>("SELECT COUNT(*) FROM reversals").await[0].0;
        assert_eq!(returns, 6);
        assert_eq!(books.balance("bank_charges").await, Cents(350 * returns));
        verify(&books.fixture.service.db, |_, _| {}).await.unwrap();

        let other = Books::new(Fixture::sqlite_with(TERMS).await).await;
        let again = month(&other).await;
        let mut order: Vec<usize> = (0..again.files.len()).chain(0..again.files.len()).collect();
        order.sort_by_key(|at| (at * 7919 + 13) % 31);
        for (nth, at) in order.into_iter().enumerate() {
            let message_id = format!("{}-{nth}", again.files[at].message_id);
            other.import(&BankFile { message_id, ..again.files[at].clone() }).await;
        }
        assert_eq!(other.sums().await, books.sums().await);
    }
}

on_both! {
    under TERMS;
    async fn the_api_takes_a_file_shows_what_waits_and_books_it(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let (customer, _) = books.fixture.customer().await;
        let invoice = books.invoice(customer, "100.00").await;
        let told = camt053("s-1", vec![transfer("121.00", "thanks", None, "IN-0000001")]);
        let site = Site::new(books.fixture);
        let finance = site.staff(StaffRole::Finance).await;
        let agent = site.staff(StaffRole::Agent).await;
        let files = "/api/v1/bank/files";
        site.raw("POST", &agent, files, None, write(&told)).await.problem(403, "forbidden");
        let refused = site.raw("POST", &finance, files, None, write(&told).replace("<Amt Ccy=\"EUR\">121.00", "<Amt Ccy=\"EUR\">12x.00")).await;
        let refused = refused.problem(422, "bank-file");
        assert!(refused["line"].is_number() && text(&refused["detail"]).starts_with("line "), "{refused}");
        let preview = site.raw("POST", &finance, &format!("{files}?preview=true"), None, write(&told)).await.expect(200);
        assert_eq!((&preview["file"], &preview["tally"]["queued"]["sum"]), (&json!(null), &json!("121.00")));
        assert_eq!((&preview["lines"][0]["outcome"], &preview["lines"][0]["why"]), (&json!("queue"), &json!("no_reference")));
        assert_eq!(site.get(&finance, files).await.expect(200)["items"], json!([]));
        let import = site.raw("POST", &finance, &format!("{files}?name=march.xml"), None, write(&told)).await.expect(201);
        assert_eq!(import["file"]["statements"][0]["closing"], "121.00");
        let seen = site.raw("POST", &finance, files, None, write(&told)).await.expect(200);
        assert_eq!(seen["seen"], true);
        assert_eq!(site.get(&finance, files).await.expect(200)["items"][0]["name"], "march.xml");
        let lines = site.get(&finance, "/api/v1/bank/lines").await.expect(200);
        let line = &lines["items"][0];
        assert_eq!(line["proposals"][0]["invoice_ids"], json!([invoice.id]));
        let path = format!("/api/v1/bank/lines/{}", text(&line["id"]));
        assert_eq!(site.post(&finance, &format!("{path}/assign"), &json!({})).await.pointers(), [""]);
        let body = json!({ "invoice_ids": [invoice.id] });
        let booked = site.post(&finance, &format!("{path}/assign"), &body).await.expect(200);
        assert_eq!((&booked["state"], &booked["customer_id"]), (&json!("booked"), &json!(customer)));
        assert_eq!(site.post(&finance, &format!("{path}/assign"), &body).await.expect(200), booked);
        assert_eq!(site.get(&finance, &path).await.expect(200), booked);
        assert_eq!(site.post(&finance, &format!("{path}/set-aside"), &json!({ "reason": "x" })).await.status, StatusCode::CONFLICT);
        assert_eq!(site.get(&finance, "/api/v1/bank/lines").await.expect(200)["items"], json!([]));
        let kept = site.get(&finance, "/api/v1/bank/lines?state=booked").await.expect(200);
        assert_eq!(kept["items"].as_array().unwrap().len(), 1);
    }
}

on_both! {
    under TERMS;
    async fn the_pages_look_at_a_file_book_it_and_sort_out_what_waits(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let (customer, _) = books.fixture.customer().await;
        let (one, other) = (books.invoice(customer, "100.00").await, books.invoice(customer, "50.00").await);
        let entries = vec![
            transfer("121.00", one.number(), None, "IN-0000001"),
            transfer("60.50", "thanks", None, "IN-0000002"),
            transfer("7.00", "<b>gift</b>", None, "IN-0000003"),
        ];
        let told = write(&camt053("s-1", entries));
        let site = pages::Site::new(books.fixture);
        site.staff(StaffRole::Finance).await;
        site.staff(StaffRole::Agent).await;
        let mut agent = site.login("agent@provider.example").await;
        assert_eq!(agent.get("/finance/bank").await.status, StatusCode::FORBIDDEN);
        let mut finance = site.login("finance@provider.example").await;
        assert!(finance.get("/finance").await.text.contains("/finance/bank"));
        let page = finance.get("/finance/bank").await;
        assert_eq!((page.status, page.texts("h1")), (StatusCode::OK, vec!["Bank".to_owned()]));

        let broken = finance.upload("/finance/bank", &[("file", Some("b.xml"), "<x>"), ("act", None, "preview")]).await;
        assert_eq!(broken.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(broken.texts("#main .alert")[0].starts_with("Dit bestand is geweigerd en er is niets geboekt. Regel 1: "), "{}", broken.text);
        let none = finance.upload("/finance/bank", &[("file", Some(""), ""), ("act", None, "preview")]).await;
        assert_eq!(none.texts("#file-error"), ["Kies een bestand van hooguit 200 MiB."]);
        let empty = finance.upload("/finance/bank", &[("file", Some("a.xml"), ""), ("act", None, "preview")]).await;
        let said = "Dit bestand is geweigerd en er is niets geboekt: het bestand is leeg; download het opnieuw";
        assert_eq!(empty.texts("#main .alert"), [said]);

        let preview = finance.upload("/finance/bank", &[("file", Some("march.xml"), &told), ("act", None, "preview")]).await;
        assert_eq!((preview.status, preview.texts("h1")), (StatusCode::OK, vec!["Zo wordt het geboekt".to_owned()]));
        assert_eq!(preview.texts("tbody tr").len(), 4, "a statement and three lines");
        assert!(preview.text.contains(&format!("betaling {}", one.number())), "{}", preview.text);
        let carried = STANDARD.encode(&told);
        assert!(preview.text.contains(&carried));
        let parts = [("name", None, "march.xml"), ("content", None, &*carried), ("act", None, "book")];
        let booked = finance.upload("/finance/bank", &parts).await;
        assert_eq!(booked.texts("#notice"), ["march.xml: 1 geboekt, 2 uit te zoeken, 0 niet voor deze boeken, 0 al eerder ingelezen."]);
        let again = finance.upload("/finance/bank", &parts).await;
        assert!(again.texts("#notice")[0].starts_with("Dit bestand is al ingelezen op 9 maart 2026"), "{:?}", again.texts("#notice"));

        let page = finance.get("/finance/bank").await;
        let buttons = page.texts("#main form button");
        let offer = format!("Factuur {} van ", other.number());
        assert!(buttons.iter().any(|button| button.starts_with(&offer)), "{buttons:?}");
        assert!(page.text.contains("&#60;b&#62;gift"), "what others wrote is escaped");
        let lines = site.fixture.service.bank_lines(&books.finance, LineState::Open, None, 10).await.unwrap();
        let id = |amount: &str| lines.iter().find(|row| row.line.amount == euros(amount)).unwrap().line.id;
        let path = |amount: &str, what: &str| format!("/finance/bank/lines/{}/{what}", id(amount));
        let refused = finance.post(&path("7.00", "assign"), &[("numbers", "2026-9999")]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        let at = format!("#line-{}-numbers-error", id("7.00"));
        assert_eq!(refused.texts(&at), ["Vul nummers van verstuurde facturen in, zoals 2026-0042."]);
        assert!(refused.text.contains("value=\"2026-9999\""), "what was typed stays");
        let done = finance.post(&path("60.50", "assign"), &[("numbers", other.number())]).await;
        let page = finance.get(done.location()).await;
        assert_eq!(page.texts("#notice p"), ["€ 60,50 is geboekt."]);
        assert!(page.texts("#notice li")[0].starts_with(&format!("€ 60,50: factuur {}, ", other.number())), "{}", page.text);
        let done = finance.post(&path("7.00", "set-aside"), &[("reason", "Cadeau")]).await;
        assert_eq!(finance.get(done.location()).await.texts("#notice"), ["€ 7,00 is opzij gezet."]);
        finance.lang = "en";
        let page = finance.get("/finance/bank").await;
        assert_eq!(page.texts(".empty"), ["There is nothing to sort out."]);

        finance.lang = "nl";
        let known = finance.upload("/finance/bank", &[("file", Some("march.xml"), &told), ("act", None, "preview")]).await;
        assert_eq!(known.texts("main .actions"), ["Terug"], "what is known is not booked again");
        let page = finance.get("/finance/bank?state=again").await;
        assert_eq!(page.texts("[aria-labelledby=decided] .empty"), ["In deze lijst staat niets."]);
        assert_eq!(finance.get("/finance/bank?state=zzz").await.status, StatusCode::OK);
        let done = finance.post(&path("60.50", "undo"), &[]).await;
        let said = finance.get(done.location()).await.texts("#notice");
        assert!(said[0].starts_with("Ongedaan gemaakt: de boeking van € 60,50, "), "{said:?}");
    }
}

on_both! {
    under TERMS;
    async fn a_preview_says_what_the_import_does(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let told = month(&books).await;
        for file in &told.files {
            let bytes = write(file).into_bytes();
            let preview = books.fixture.service.preview_bank(&books.finance, "x", bytes.clone()).await.unwrap();
            let import = books.try_import(&bytes).await.unwrap();
            assert_eq!((preview.tally, preview.notices), (import.tally, import.notices));
            let reversed = preview.lines.iter().filter(|row| matches!(row.outcome, Outcome::Reverse { .. })).count();
            assert_eq!(reversed, preview.tally.reversed.count);
        }
    }
}
