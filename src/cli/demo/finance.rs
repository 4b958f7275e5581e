//! The story of finance, month by month: drafts become invoices, what is due is collected, the bank's statement is read,
//! what came undone is followed, and the month before is closed. At the end something is left of everything.

use super::stage::{Step, workday};
use super::story::{World, by};
use crate::domain::arrears::ArrearsEventKind;
use crate::domain::bank::{BankDetail, BankEntry, BankFile, BankFileKind, BankStatement, Direction};
use crate::domain::closing::BookMonth;
use crate::domain::command::Undone;
use crate::domain::export::ExportKind;
use crate::domain::policy::Part;
use crate::domain::{AskedVia, Billing, Cents, Collection, CustomerId, InvoiceId, Minutes};
use crate::exchange::bank;
use crate::service::accounting::MonthState;
use crate::service::balance::AsOf;
use crate::service::exports::Asked;
use crate::service::invoices::{Filter, Settled};
use crate::service::mandates::NewMandate;
use crate::store::arrears::WhichLate;
use crate::store::invoices::{Owed, Which};
use chrono::{Days, NaiveDate};
use std::collections::BTreeSet;

/// How often finance sits down, in days.
const EVERY: u64 = 30;
/// More than a page of anything in the demo.
const ALL: i64 = 10_000;

/// The statements that the bank made so far.
#[derive(Default)]
struct Bank {
    statements: u32,
    balance: Cents,
}

/// Plays it to its end.
pub(super) async fn play(world: &World, days: u64) -> Step {
    let first = world.stage.today();
    let mut bank = Bank::default();
    for month in 1..days / EVERY {
        let day = workday(first + Days::new(month * EVERY));
        world.stage.until(world.stage.moment(day, 2)).await?;
        mandates(world).await?;
        issue(world, 0).await?;
        let collected = collect(world).await?;
        world.stage.until(world.stage.moment(workday(day + Days::new(8)), 2)).await?;
        bank.statement(world, &collected, month).await?;
        undo(world, month).await?;
        close(world).await?;
    }
    end(world, &mut bank).await
}

/// One customer in three has a mandate from its second month on, where the provider collects.
async fn mandates(world: &World) -> Step {
    if !world.service.collects() {
        return Ok(());
    }
    let today = world.stage.today();
    for customer in world.service.customers(&world.finance, "", 0, ALL).await? {
        let known = world.service.mandates(&world.finance, customer.id).await?;
        if customer.number % 3 != 0 || !known.is_empty() {
            continue;
        }
        let new = NewMandate {
            reference: None,
            scheme: None,
            signed_on: today,
            debtor_name: customer.name.clone(),
            iban: account(customer.number),
        };
        world.service.record_mandate(by(&world.finance), customer.id, new).await?;
    }
    Ok(())
}

/// An account of a customer, made up, with the right check digits.
fn account(number: i64) -> String {
    let national = format!("{:010}", 100_000_000 + number * 7_654_321 % 800_000_000);
    // INGB as digits is 18231611, NL is 2321 (ISO 13616).
    let digits = format!("18231611{national}232100");
    let rest = digits.bytes().fold(0_u32, |rest, digit| (rest * 10 + u32::from(digit - b'0')) % 97);
    format!("NL{:02}INGB{national}", 98 - rest)
}

/// Drafts become invoices, but for the newest few.
async fn issue(world: &World, keep: usize) -> Step {
    let drafts = Filter { which: Which::Drafts, after: String::new() };
    let found = world.service.invoices(&world.finance, &drafts, ALL).await?;
    for draft in found.iter().take(found.len().saturating_sub(keep)) {
        let known = world.service.billing(&world.finance, draft.invoice.customer_id).await?;
        if known.street.is_none() {
            // PAY-1a: finance asks by telephone, and writes it down.
            let told = |text: &str| Some(text.to_owned());
            let (street, postcode, city) = (told("Dorpsstraat 1"), told("3511 AA"), told("Utrecht"));
            let billing = Billing { street, postcode, city, ..known };
            world.service.set_billing(by(&world.finance), draft.invoice.customer_id, billing).await?;
        }
        world.service.issue_invoice(by(&world.finance), draft.invoice.id).await?;
    }
    Ok(())
}

/// What is due soon is collected from those who have a mandate; gives what was sent to the bank.
async fn collect(world: &World) -> Step<Vec<Collection>> {
    if !world.service.collects() {
        return Ok(Vec::new());
    }
    let on = world.stage.today() + Days::new(5);
    let planned = world.service.plan_collections(by(&world.finance), on).await?;
    if planned.is_empty() {
        return Ok(planned);
    }
    let asked = Asked { up_to: Some(on), ..Asked::of(ExportKind::Collection) };
    world.service.make_export(by(&world.finance), &asked).await?;
    Ok(planned)
}

impl Bank {
    /// The bank's statement of what was collected and transferred, read as a person would: some of it comes undone, some
    /// payers write something else than they were asked.
    async fn statement(&mut self, world: &World, collected: &[Collection], month: u64) -> Step {
        let today = world.stage.today();
        let mut entries: Vec<BankEntry> =
            collected.iter().map(|row| entry(today, row.amount, Direction::Credit, of_collection(row))).collect();
        // Of every fourth statement the last collection comes back.
        if let Some(row) = collected.last().filter(|_| month % 4 == 2) {
            let code = if month % 8 == 2 { "AM04" } else { "MD06" };
            let detail = BankDetail { return_reason: Some(code.to_owned()), ..of_collection(row) };
            let entry = BankEntry {
                code: Some("PMNT/IDDT/UPDD".to_owned()),
                ..entry(today, row.amount, Direction::Debit, detail)
            };
            entries.push(entry);
        }
        entries.extend(self.transfers(world, collected, today).await?);
        self.read(world, entries).await
    }

    /// Invoices that were sent some days ago are paid, by most.
    async fn transfers(&self, world: &World, collected: &[Collection], today: NaiveDate) -> Step<Vec<BankEntry>> {
        let being_collected: BTreeSet<InvoiceId> = collected.iter().map(|row| row.invoice_id).collect();
        let open = world.service.open_invoices(&world.finance, "", ALL).await?;
        let due = open.iter().filter(|owed| owed.invoice.issued_on() + Days::new(6) < today);
        let transferred =
            due.filter(|owed| owed.customer_number % 8 != 5 && !being_collected.contains(&owed.invoice.id));
        Ok(transferred
            .map(|owed| {
                let name = Some(owed.customer_name.clone());
                let iban = Some(account(owed.customer_number));
                let (structured, text) = match (owed.invoice.issued(), owed.customer_number % 4) {
                    (Some(issued), 1) => (None, Some(format!("factuur {}", issued.number))),
                    (Some(issued), _) => (Some(issued.reference.clone()), None),
                    (None, _) => (None, None),
                };
                let detail = BankDetail { name, iban, structured, text, ..BankDetail::default() };
                entry(today, owed.invoice.open(), Direction::Credit, detail)
            })
            .collect())
    }

    /// Writes a statement of these entries and reads it.
    async fn read(&mut self, world: &World, mut entries: Vec<BankEntry>) -> Step {
        let today = world.stage.today();
        let Some(own) = world.service.policies.at(today).1.provider.iban.clone() else { return Ok(()) };
        if entries.is_empty() {
            return Ok(());
        }
        self.statements += 1;
        let opening = self.balance;
        for (entry, nr) in entries.iter_mut().zip(1..) {
            let reference = format!("{}{:03}", today.format("%y%m%d"), nr);
            entry.reference = Some(reference.clone());
            for detail in &mut entry.details {
                detail.reference = Some(reference.clone());
            }
            match entry.direction {
                Direction::Credit => self.balance += entry.amount,
                Direction::Debit => self.balance -= entry.amount,
            }
        }
        let statement = BankStatement {
            id: format!("AFSCHRIFT-{:04}", self.statements),
            account: own,
            currency: Some("EUR".to_owned()),
            opening: Some((today, opening)),
            closing: Some((today, self.balance)),
            entries,
        };
        let file = BankFile {
            kind: BankFileKind::Camt053,
            version: "camt.053.001.08".to_owned(),
            message_id: format!("DEMO-{:04}", self.statements),
            statements: vec![statement],
            reports: Vec::new(),
        };
        let name = format!("camt053-{today}.xml");
        let bytes = bank::write_at(&file, world.stage.now()).into_bytes();
        world.service.import_bank(&world.finance, &name, bytes, |_, _| ()).await?;
        Ok(())
    }
}

fn of_collection(row: &Collection) -> BankDetail {
    BankDetail { end_to_end_id: Some(row.end_to_end_id.clone()), ..BankDetail::default() }
}

fn entry(day: NaiveDate, amount: Cents, direction: Direction, detail: BankDetail) -> BankEntry {
    BankEntry {
        servicer_reference: None,
        entry_reference: None,
        reversal: false,
        line: 0,
        reference: None,
        amount,
        currency: "EUR".to_owned(),
        direction,
        booked: true,
        booked_on: day,
        valued_on: day,
        code: Some("PMNT/RCDT/ESCT".to_owned()),
        batch: None,
        batch_message: None,
        text: None,
        details: vec![BankDetail { amount, ..detail }],
    }
}

/// Two customers let a payment of a card come undone, one of them twice: there is a fee, and the card waits (PAY-2, PAY-3).
async fn undo(world: &World, month: u64) -> Step {
    let today = world.stage.today();
    if !world.service.policies.at(today).1.has(Part::Reversals) {
        return Ok(());
    }
    let numbers: &[i64] = match month {
        5 | 9 => &[7, 10, 13, 16],
        8 => &[11, 14, 18],
        _ => return Ok(()),
    };
    let code = if month == 9 { "MD06" } else { "AM04" };
    let customers = world.service.customers(&world.finance, "", 0, ALL).await?;
    for customer in customers.iter().filter(|customer| numbers.contains(&customer.number)) {
        if comes_undone(world, customer.id, code).await? {
            break;
        }
    }
    Ok(())
}

/// A payment of a card comes undone, unless work that was agreed on still needs the card; says whether it did.
async fn comes_undone(world: &World, customer: CustomerId, code: &str) -> Step<bool> {
    let balance = world.service.balance(&world.finance, customer, AsOf::Now).await?;
    if balance.total.held > Minutes::ZERO {
        return Ok(false);
    }
    for invoice in world.service.invoices_of(&world.finance, customer).await? {
        if invoice.card_id.is_none() || !invoice.is_paid() || invoice.gross <= Cents::ZERO {
            continue;
        }
        let view = world.service.invoice(&world.finance, invoice.id).await?;
        let stands = |row: &&Settled| row.method.is_some() && row.standing.is_some_and(|left| left > Cents::ZERO);
        let paid = view.settled.iter().find(stands);
        let Some(payment) = paid.and_then(|row| row.payment_id) else { continue };
        let (code, valued_on) = (code.to_owned(), world.stage.today());
        let undone = Undone { code, valued_on, rejected: false, charge: Cents(350) };
        world.service.reverse_payment(by(&world.finance), payment, None, undone).await?;
        return Ok(true);
    }
    Ok(false)
}

/// The month before the one that just ended is closed; what is open in it is written down with it.
async fn close(world: &World) -> Step {
    let today = world.stage.today();
    let months = world.service.months(&world.finance).await?;
    let over = BookMonth::of(today - Days::new(31));
    let open = months.iter().rev().filter(|row| row.state == MonthState::Open).map(|row| row.month);
    for month in open.filter(|month| *month <= over) {
        let reason = Some("Wat nog openstaat is bekend en loopt mee in de volgende maand.".to_owned());
        world.service.close_month(&world.finance, month, reason).await?;
    }
    Ok(())
}

/// What is left for the visitor to find: payments that nobody recognises, a reversal to judge, a customer in arrears whose
/// account is paused, another one with an arrangement, drafts to issue.
async fn end(world: &World, bank: &mut Bank) -> Step {
    let day = workday(world.stage.last_day() - Days::new(5));
    world.stage.until(world.stage.moment(day, 2)).await?;
    let today = world.stage.today();
    issue(world, 2).await?;
    let unknown = |text: &str, name: &str, cents| {
        let (text, name, iban) = (Some(text.to_owned()), Some(name.to_owned()), Some(account(903)));
        entry(today, Cents(cents), Direction::Credit, BankDetail { name, iban, text, ..BankDetail::default() })
    };
    let mut entries = vec![unknown("uren maart", "Stichting De Regenboog", 14_500), unknown("", "J. Pietersen", 2_500)];
    let open = world.service.open_invoices(&world.finance, "", ALL).await?;
    // One pays too much for its last invoice.
    if let Some(owed) = open.iter().find(|owed| owed.customer_number % 8 != 5 && owed.invoice.open() > Cents::ZERO) {
        let structured = owed.invoice.issued().map(|issued| issued.reference.clone());
        let (name, iban) = (Some(owed.customer_name.clone()), Some(account(owed.customer_number)));
        let detail = BankDetail { name, iban, structured, ..BankDetail::default() };
        entries.push(entry(today, owed.invoice.open() + Cents(1_000), Direction::Credit, detail));
    }
    bank.read(world, entries).await?;
    unjudged(world, &open).await?;
    arrears(world).await
}

/// A payment came undone for a reason that no list knows.
async fn unjudged(world: &World, open: &[Owed]) -> Step {
    let today = world.stage.today();
    if !world.service.policies.at(today).1.has(Part::Reversals) {
        return Ok(());
    }
    let busy: BTreeSet<i64> = open.iter().map(|owed| owed.customer_number).collect();
    for customer in world.service.customers(&world.finance, "", 0, ALL).await? {
        let can = customer.number % 5 == 4 && !busy.contains(&customer.number);
        if can && comes_undone(world, customer.id, "ZZ01").await? {
            break;
        }
    }
    Ok(())
}

/// The first that is late for longest is paused, the second asked for more time.
async fn arrears(world: &World) -> Step {
    let late = world.service.arrears(&world.finance, WhichLate::Open, None, ALL).await?;
    let mut late = late.iter();
    if let Some(first) = late.next() {
        let reason = "Drie herinneringen, geen reactie.".to_owned();
        let paused = world.service.pause_account(by(&world.finance), first.id, reason).await?;
        debug_assert_eq!(paused.kind, ArrearsEventKind::Paused);
    }
    if let Some(second) = late.next() {
        let until = world.stage.today() + Days::new(30);
        let reason = "In twee delen, gevraagd per mail.".to_owned();
        let asked = (until, AskedVia::Mail);
        world.service.arrange_payment(by(&world.finance), second.id, asked, reason).await?;
    }
    Ok(())
}
