//! The money ledger as journal entries: for the bookkeeper, each once, and for the tax auditor (XAF).

use super::{ExportKind, JournalFormat, Marks, Prepared, Progress, cannot, length};
use crate::domain::audit_file::{
    AuditCustomer, AuditFile, AuditJournal, AuditPeriod, AuditVatCode, JournalKind, OpeningBalance,
};
use crate::domain::document::{DocumentKind, VatCategory};
use crate::domain::journal::{ChartAccount, JournalEntry, JournalLine, JournalVat};
use crate::domain::policy::Accounts;
use crate::domain::{
    Cents, Invoice, InvoiceId, InvoiceLine, LineSource, Minutes, MoneyAccount, PaymentMethod, Policies, Posting,
    TransactionKind,
};
use crate::exchange::{
    journal::{self, JournalProfile},
    xaf,
    zip::archive,
};
use crate::service::{Error, Result, Service, ledger::Failure};
use crate::store::{Tx, exports};
use chrono::{Datelike, NaiveDate};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How many entries are read at a time.
const PAGE: usize = 1000;
/// The most entries in one journal; what is left comes with the next.
const MOST: usize = 50_000;
/// What a file of comma separated text is.
const CSV: &str = "text/csv; charset=utf-8";
/// What a workbook is.
pub(super) const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// What an archive is.
pub(super) const ZIP: &str = "application/zip";

/// Entries of a period, ready to be written.
#[derive(Debug, Default)]
pub(super) struct Journal {
    /// The entries, by day.
    pub(super) entries: Vec<JournalEntry>,
    /// Where each of them is found, in the same order.
    pub(super) keys: Vec<exports::EntryKey>,
    /// The export that has each of them, in the same order.
    pub(super) exported: Vec<Option<i64>>,
    /// Every account that a line is on.
    pub(super) chart: Vec<ChartAccount>,
    /// What was posted on each account, debit and credit.
    pub(super) sums: BTreeMap<MoneyAccount, (Cents, Cents)>,
}

impl Journal {
    /// As CSV.
    pub(super) fn csv(&self, columns: JournalProfile) -> Result<Vec<u8>> {
        journal::csv(&self.entries, &self.chart, columns).map_err(cannot)
    }

    /// As a workbook.
    pub(super) fn xlsx(&self, columns: JournalProfile) -> Result<Vec<u8>> {
        journal::xlsx(&self.entries, &self.chart, columns).map_err(cannot)
    }

    /// What of it no export has yet: the entries, and where each is found. The chart is that of the whole; the sums are left
    /// out, which are those of the whole too.
    pub(super) fn waiting(&self) -> Self {
        let new = |at: &usize| self.exported[*at].is_none();
        let places: Vec<usize> = (0..self.entries.len()).filter(new).collect();
        Self {
            entries: places.iter().map(|at| self.entries[*at].clone()).collect(),
            keys: places.iter().map(|at| self.keys[*at]).collect(),
            exported: vec![None; places.len()],
            chart: self.chart.clone(),
            sums: BTreeMap::new(),
        }
    }

    /// Sum of the debit side, which is that of the credit side.
    pub(super) fn total(&self) -> Cents {
        self.sums.values().map(|(debit, _)| *debit).sum()
    }
}

/// A journal of everything booked up to a day that was not exported yet.
pub(super) async fn prepare(
    service: &Service,
    tx: &mut Tx,
    up_to: NaiveDate,
    (format, columns): (JournalFormat, JournalProfile),
    progress: Progress<'_>,
) -> Result<Prepared> {
    let total = u64::try_from(exports::count_entries(tx, up_to).await?).unwrap_or(0).min(length(MOST));
    let asked = Asked { days: (NaiveDate::default(), up_to), waiting: true, most: MOST };
    let found = read(&service.policies, tx, asked, &|done| progress(done, total.max(done))).await?;
    if found.entries.is_empty() {
        return Err(crate::domain::Refusal::NothingToExport.into());
    }
    let name = format!("journaal-tm-{up_to}");
    let (name, media_type, bytes) = match format {
        JournalFormat::Csv => (format!("{name}.csv"), CSV, found.csv(columns)?),
        JournalFormat::Xlsx => (format!("{name}.xlsx"), XLSX, found.xlsx(columns)?),
        JournalFormat::Zip => {
            let files = [(format!("{name}.csv"), found.csv(columns)?), (format!("{name}.xlsx"), found.xlsx(columns)?)];
            (format!("{name}.zip"), ZIP, archive(&files).map_err(cannot)?)
        }
    };
    Ok(Prepared {
        kind: ExportKind::Journal,
        provisional: false,
        title: format!("Journaalposten geboekt t/m {}", up_to.format("%d-%m-%Y")),
        from_day: found.entries.first().map(|entry| entry.date),
        to_day: Some(up_to),
        items: found.entries.len(),
        name,
        media_type,
        bytes,
        left_out: Vec::new(),
        marks: Marks { entries: found.keys, ..Marks::default() },
        number: None,
    })
}

/// Which entries are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    /// Booked from and to these days.
    pub(super) days: (NaiveDate, NaiveDate),
    /// Only those that no export has.
    pub(super) waiting: bool,
    /// So many at most.
    pub(super) most: usize,
}

/// Reads entries with everything that is said about them. Memory grows with their number.
pub(super) async fn read(
    policies: &Policies,
    tx: &mut Tx,
    asked: Asked,
    progress: &(dyn Fn(u64) + Send + Sync),
) -> Result<Journal> {
    let mut journal = Journal::default();
    let mut after = (String::new(), String::new(), 0);
    let mut terms: BTreeMap<i64, &Accounts> = BTreeMap::new();
    loop {
        let limit = PAGE.min(asked.most - journal.entries.len());
        let page = exports::entries(tx, asked.days, asked.waiting, &after, super::count(limit)).await?;
        let Some(last) = page.last() else { break };
        after = (last.booked_on.to_string(), last.customer_id.to_string(), last.seq);
        let keys: Vec<exports::EntryKey> = page.iter().map(exports::Entry::key).collect();
        let mut postings: HashMap<exports::EntryKey, Vec<Posting>> = HashMap::new();
        for posting in exports::postings(tx, &keys).await? {
            let sums = journal.sums.entry(posting.account).or_default();
            sums.0 += posting.amount.max(Cents::ZERO);
            sums.1 += (Cents::ZERO - posting.amount).max(Cents::ZERO);
            postings.entry((posting.customer_id, posting.seq)).or_default().push(posting);
        }
        let ids: BTreeSet<InvoiceId> = postings.values().flatten().filter_map(|posting| posting.invoice_id).collect();
        let invoices: HashMap<InvoiceId, Invoice> =
            exports::invoices(tx, &ids).await?.into_iter().map(|invoice| (invoice.id, invoice)).collect();
        for row in &page {
            let (version, policy) = policies.at(row.booked_on);
            terms.insert(version, &policy.accounts);
            let booked = Booked { row, postings: postings.get(&row.key()).map_or(&[][..], Vec::as_slice) };
            journal.entries.push(booked.entry(policies, &policy.accounts, &invoices));
            journal.keys.push(row.key());
            journal.exported.push(row.export);
        }
        progress(length(journal.entries.len()));
        if page.len() < PAGE || journal.entries.len() >= asked.most {
            break;
        }
    }
    journal.chart = chart(terms.into_values().rev());
    Ok(journal)
}

/// Every account of these terms, the newest terms first; of two with the same number or the same reference the newest one
/// says what it is.
fn chart<'a>(terms: impl Iterator<Item = &'a Accounts>) -> Vec<ChartAccount> {
    let mut chart: Vec<ChartAccount> = Vec::new();
    for account in terms.flat_map(Accounts::every) {
        if chart.iter().any(|known| known.number == account.number) {
            continue;
        }
        let taken = chart.iter().any(|known| known.rgs.is_some() && known.rgs == account.rgs);
        let rgs = account.rgs.clone().filter(|_| !taken);
        chart.push(ChartAccount { rgs, ..account.clone() });
    }
    chart.sort_by(|one, other| one.number.cmp(&other.number));
    chart
}

/// A transaction with its postings.
struct Booked<'a> {
    row: &'a exports::Entry,
    postings: &'a [Posting],
}

impl Booked<'_> {
    fn entry(&self, policies: &Policies, accounts: &Accounts, invoices: &HashMap<InvoiceId, Invoice>) -> JournalEntry {
        let row = self.row;
        let issued = self.issues(invoices);
        let journals = &accounts.journals;
        let journal = match row.kind {
            _ if issued.is_some() => &journals.sales,
            TransactionKind::Payment
            | TransactionKind::PaymentReversal
            | TransactionKind::Repayment
            | TransactionKind::Costs
            | TransactionKind::Payout
            | TransactionKind::Unmatch => &journals.bank,
            _ => &journals.memo,
        };
        let mut about: Vec<&str> = self
            .postings
            .iter()
            .filter_map(|posting| posting.invoice_id)
            .collect::<BTreeSet<_>>()
            .iter()
            .filter_map(|id| invoices.get(id))
            .map(Invoice::number)
            .collect();
        about.sort_unstable();
        let plain = |posting: &Posting| JournalLine {
            account: accounts.of(posting.account, row.own_account.as_deref()).number.clone(),
            amount: posting.amount,
            vat: None,
        };
        let lines = match issued {
            Some(document) => document_lines(document, self.postings, accounts),
            None => self.postings.iter().map(plain).collect(),
        };
        JournalEntry {
            journal: journal.clone(),
            number: format!("{journal}-{}-{:05}", row.customer_number, row.seq),
            date: row.booked_on,
            recorded_on: policies.day(row.recorded_at),
            description: describe(row, issued, &about),
            user: row.by_name.clone(),
            customer: Some((row.customer_number, row.customer_name.clone())),
            document: if let [number] = about[..] { Some(number.to_owned()) } else { None },
            lines,
        }
    }

    /// The document that this transaction issued: a line of revenue or prepayment, against what is owed or owing.
    fn issues<'i>(&self, invoices: &'i HashMap<InvoiceId, Invoice>) -> Option<&'i Invoice> {
        use MoneyAccount::{CustomerCredit, Receivable, Vat};
        let against = |posting: &&Posting| matches!(posting.account, Receivable | CustomerCredit | Vat);
        let document = self.postings.iter().filter(against).find_map(|posting| posting.invoice_id)?;
        self.postings.iter().any(is_base).then(|| invoices.get(&document)).flatten()
    }
}

/// Whether VAT is taken of a posting.
fn is_base(posting: &Posting) -> bool {
    use MoneyAccount::{Deferred, FeeOutside, FeeRevenue, HoursRevenue};
    matches!(posting.account, Deferred | HoursRevenue | FeeRevenue | FeeOutside)
}

/// The lines of an entry that issued a document. Its postings are sums per account; one that holds several rates is taken
/// apart again. VAT of each rate is divided over its lines, so that they add up to it to the cent.
fn document_lines(document: &Invoice, postings: &[Posting], accounts: &Accounts) -> Vec<JournalLine> {
    let mut lines = Vec::new();
    let mut shares: Vec<(i128, i128)> = vec![(0, 0); document.vat_totals.len()];
    for posting in postings {
        let account = &accounts.get(posting.account).number;
        if !is_base(posting) {
            lines.push(JournalLine { account: account.clone(), amount: posting.amount, vat: None });
            continue;
        }
        for (at, amount) in by_rate(document, posting) {
            let vat = document.vat_totals.get(at).map(|total| {
                let (done, told) = &mut shares[at];
                *done += i128::from(amount.0.abs());
                let (vat, whole) = (i128::from(total.vat.0), i128::from(total.net.0).max(1));
                let share = (2 * vat * *done + whole) / (2 * whole) - *told;
                *told += share;
                let code = match total.category {
                    VatCategory::Standard => &accounts.vat_codes.standard,
                    VatCategory::Outside => &accounts.vat_codes.outside,
                };
                let amount = Cents(i64::try_from(share).unwrap_or_default() * amount.0.signum());
                JournalVat { code: code.clone(), rate: total.rate, amount }
            });
            lines.push(JournalLine { account: account.clone(), amount, vat });
        }
    }
    lines
}

/// What of a posting is at which rate, by the place of the rate in the totals of the document.
fn by_rate(document: &Invoice, posting: &Posting) -> Vec<(usize, Cents)> {
    let card = |line: &InvoiceLine| match line.source {
        LineSource::Card(card) => Some(card),
        _ => None,
    };
    let of = |line: &&InvoiceLine| line.account == posting.account && card(line) == posting.card_id;
    let sums = document.vat_totals.iter().enumerate().map(|(at, total)| {
        let same = |line: &&InvoiceLine| (line.printed.category, line.printed.rate) == (total.category, total.rate);
        let net: Cents = document.lines.iter().filter(of).filter(same).map(|line| line.printed.net).sum();
        (at, Cents(net.0 * posting.amount.0.signum()))
    });
    let parts: Vec<(usize, Cents)> = sums.filter(|(_, net)| *net != Cents::ZERO).collect();
    // What the minutes of a card posted themselves need not be what a line says.
    let whole: Cents = parts.iter().map(|(_, net)| *net).sum();
    if whole == posting.amount { parts } else { vec![(parts.first().map_or(0, |part| part.0), posting.amount)] }
}

/// What an entry is about, for a bookkeeper.
fn describe(row: &exports::Entry, issued: Option<&Invoice>, about: &[&str]) -> String {
    let numbers = match about {
        [] => String::new(),
        [number] => format!(" factuur {number}"),
        several => format!(" facturen {}", several.join(", ")),
    };
    let ticket = row.ticket.map_or_else(String::new, |number| format!(" melding {number}"));
    if let Some(document) = issued {
        return describe_document(document);
    }
    match row.kind {
        TransactionKind::Payment => match row.method {
            Some(PaymentMethod::DirectDebit) => format!("Incasso{numbers}"),
            _ => format!("Ontvangst{numbers}"),
        },
        TransactionKind::PaymentReversal if about.is_empty() => "Stornering, kosten van de bank".to_owned(),
        TransactionKind::PaymentReversal => {
            format!("Stornering{}{numbers}", row.code.as_ref().map_or_else(String::new, |code| format!(" {code}")))
        }
        TransactionKind::SetOff => format!("Verrekening{numbers}"),
        TransactionKind::Repayment => "Terugbetaling".to_owned(),
        TransactionKind::Costs => "Kosten van de bank".to_owned(),
        TransactionKind::Payout => "Uitbetaling door betaaldienst".to_owned(),
        TransactionKind::Unmatch => format!("Koppeling bankregel ongedaan{numbers}"),
        TransactionKind::Time => format!("Verbruik {}{ticket}", row.used),
        TransactionKind::Cover => format!("Alsnog van kaart {}{ticket}", row.used),
        TransactionKind::Reversal => format!("Correctie verbruik {}{ticket}", minus(row.used)),
        TransactionKind::Repricing => format!("Herberekening verbruik {}{ticket}", minus(row.used)),
        TransactionKind::Expiry => "Verlopen tegoed".to_owned(),
        TransactionKind::Release => "Vrijgevallen reservering, verlopen tegoed".to_owned(),
        TransactionKind::Conversion => "Omrekening strippenkaart naar nieuw tarief".to_owned(),
        other => format!("Boeking strippenkaart ({other}){numbers}"),
    }
}

/// Hours with their sign.
fn minus(minutes: Minutes) -> String {
    if minutes.0 < 0 { format!("-{}", Minutes(-minutes.0)) } else { minutes.to_string() }
}

fn describe_document(document: &Invoice) -> String {
    let what = document.lines.first().map_or("", |line| line.printed.description.as_str());
    let number = document.number();
    match document.kind {
        DocumentKind::CreditNote => {
            let of = document.issued().and_then(|issued| issued.facts.credits.as_ref());
            let of = of.map_or_else(String::new, |(invoice, _)| format!(" bij {invoice}"));
            format!("Creditfactuur {number}{of}: {what}")
        }
        DocumentKind::Invoice if document.lines.iter().any(|line| matches!(line.source, LineSource::Reversal(_))) => {
            format!("Kosten {number}: {what}")
        }
        DocumentKind::Invoice => format!("Factuur {number}: {what}"),
    }
}

/// The audit file of a period: what accounts stood at before it, and every entry in it. It is checked against the sums that
/// are kept of each account, so an entry that was left behind shows.
pub(super) async fn audit_file(
    service: &Service,
    tx: &mut Tx,
    (from, to): (NaiveDate, NaiveDate),
    progress: Progress<'_>,
) -> Result<Prepared> {
    let asked = Asked { days: (from, to), waiting: false, most: usize::MAX };
    let found = read(&service.policies, tx, asked, &|done| progress(done, done)).await?;
    if found.entries.is_empty() {
        return Err(crate::domain::Refusal::NothingToExport.into());
    }
    agrees(tx, &found, (from, to)).await?;
    let before = from.pred_opt().unwrap_or(from);
    let sums = exports::account_sums(tx, NaiveDate::default(), before).await?;
    let own = exports::own_sums(tx, NaiveDate::default(), before).await?;
    let today = service.policies.day(service.clock.now());
    let file = compose(&service.policies, &found, (sums, own), (from, to), today)?;
    let bytes = xaf::write(&file).map_err(cannot)?.into_bytes();
    Ok(Prepared {
        kind: ExportKind::Xaf,
        provisional: false,
        title: format!("Auditfile {} t/m {}", from.format("%d-%m-%Y"), to.format("%d-%m-%Y")),
        from_day: Some(from),
        to_day: Some(to),
        items: found.entries.len(),
        name: format!("auditfile-{from}-{to}.xaf"),
        media_type: "application/xml",
        bytes,
        left_out: Vec::new(),
        marks: Marks::default(),
        number: None,
    })
}

/// Whether the entries are all that was posted on each account.
pub(super) async fn agrees(tx: &mut Tx, found: &Journal, (from, to): (NaiveDate, NaiveDate)) -> Result<()> {
    let sums = exports::account_sums(tx, from, to).await?;
    let kept: BTreeMap<MoneyAccount, (Cents, Cents)> =
        sums.into_iter().map(|sum| (sum.account, (sum.debit, sum.credit))).collect();
    if kept == found.sums {
        return Ok(());
    }
    tracing::error!(%from, %to, "the journal is not what the sums of its accounts say; run `strippenkaart verify`");
    Err(Error::Ledger(Failure::Broken))
}

fn compose(
    policies: &Policies,
    found: &Journal,
    (sums, own): (Vec<exports::AccountSum>, Vec<(String, Cents, Cents)>),
    (from, to): (NaiveDate, NaiveDate),
    today: NaiveDate,
) -> Result<AuditFile> {
    let policy = policies.at(to).1;
    let (provider, accounts) = (&policy.provider, &policy.accounts);
    let vat_number = provider.vat_number.clone().ok_or_else(|| cannot("the policy has no provider.vat_number"))?;
    let versions: BTreeMap<i64, &Accounts> = [from, to]
        .into_iter()
        .chain(found.entries.iter().map(|entry| entry.date))
        .map(|day| policies.at(day))
        .map(|(version, policy)| (version, &policy.accounts))
        .collect();
    let years = (from.year(), to.year());
    let (first, last) = match years {
        (start, end) if start == end => {
            let of = |month, day| NaiveDate::from_ymd_opt(start, month, day);
            (of(1, 1).unwrap_or(from), of(12, 31).unwrap_or(to))
        }
        _ => (from, to),
    };
    let customers: BTreeMap<i64, String> = found.entries.iter().filter_map(|entry| entry.customer.clone()).collect();
    Ok(AuditFile {
        company: provider.name.clone(),
        registration: provider.registration.clone(),
        country: provider.country.clone(),
        vat_number,
        fiscal_year: if years.0 == years.1 { years.0.to_string() } else { format!("{}-{}", years.0, years.1) },
        start: from,
        end: to,
        created_on: today,
        software: "Strippenkaart".to_owned(),
        software_version: env!("CARGO_PKG_VERSION").to_owned(),
        rgs_version: None,
        chart: chart(versions.values().rev().copied()),
        customers: customers.into_iter().map(|(number, name)| AuditCustomer { number, name }).collect(),
        vat_codes: vat_codes(versions.values().rev().copied()),
        periods: AuditPeriod::months(first, last),
        opening: opening(sums, &own, accounts),
        journals: journals(versions.values().copied()),
        entries: found.entries.clone(),
    })
}

/// What each account stood at; those that stood at nothing are left out. `own`: what of the bank was posted for lines of our
/// accounts there, of which some have an account of their own.
fn opening(sums: Vec<exports::AccountSum>, own: &[(String, Cents, Cents)], accounts: &Accounts) -> Vec<OpeningBalance> {
    let apart = |(iban, debit, credit): &(String, Cents, Cents)| {
        let account = accounts.of_own(iban)?.number.clone();
        Some(OpeningBalance { account, amount: *debit - *credit })
    };
    let apart: Vec<OpeningBalance> = own.iter().filter_map(apart).collect();
    let elsewhere: Cents = apart.iter().map(|balance| balance.amount).sum();
    let of_role = sums.into_iter().map(|sum| {
        let less = if sum.account == MoneyAccount::Bank { elsewhere } else { Cents::ZERO };
        OpeningBalance { account: accounts.get(sum.account).number.clone(), amount: sum.debit - sum.credit - less }
    });
    of_role.chain(apart).filter(|balance| balance.amount != Cents::ZERO).collect()
}

fn vat_codes<'a>(terms: impl Iterator<Item = &'a Accounts>) -> Vec<AuditVatCode> {
    let mut codes: Vec<AuditVatCode> = Vec::new();
    for accounts in terms {
        let to_pay = Some(accounts.get(MoneyAccount::Vat).number.clone());
        let standard = (&accounts.vat_codes.standard, "Btw hoog", to_pay);
        for (code, description, to_pay) in [standard, (&accounts.vat_codes.outside, "Buiten de btw", None)] {
            if !codes.iter().any(|known| known.code == *code) {
                let (code, description) = (code.clone(), description.to_owned());
                codes.push(AuditVatCode { code, description, to_pay, to_claim: None });
            }
        }
    }
    codes
}

fn journals<'a>(terms: impl Iterator<Item = &'a Accounts>) -> Vec<AuditJournal> {
    let mut journals: Vec<AuditJournal> = Vec::new();
    for accounts in terms {
        let codes = &accounts.journals;
        for (code, name, kind) in [
            (&codes.sales, "Verkoop", JournalKind::Sales),
            (&codes.bank, "Ontvangsten en storneringen", JournalKind::Memo),
            (&codes.memo, "Memoriaal", JournalKind::Memo),
        ] {
            if !journals.iter().any(|known| known.code == *code) {
                journals.push(AuditJournal { code: code.clone(), name: name.to_owned(), kind });
            }
        }
    }
    journals
}
