//! What a line of a bank file becomes (PAY-2, PAY-5): a settled or reversed collection, a payment of invoices, or work for a
//! person. Pure: who asks puts together what is [`Known`], and books the [`Outcome`].
//!
//! The bank tells the same thing more than once: a notice (camt.054), then a statement (camt.053), then the file again. A
//! line has an *identity* that is the same each time. Where the bank gives less the second time, whole entries are compared
//! ([`again`]).

use super::{
    BankFileId, BankLineId, Cents, Collection, CollectionId, CustomerId, InvoiceId, PaymentId, UserId,
    bank::{BankDetail, BankEntry, Direction},
    document::DocumentKind,
    policy::Policy,
    references::{self, find_references, is_payment_reference},
    words::words,
};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::{BTreeSet, HashMap};

words! {
    /// What became of a line.
    pub enum LineState {
        /// Stored, not looked at yet.
        New = "new",
        /// Waits for a person.
        Open = "open",
        /// Booked.
        Booked = "booked",
        /// A person said that it is not for these books.
        SetAside = "set_aside",
        /// Money that we spent on something else: not for these books.
        Outside = "outside",
    }
}

words! {
    /// Why a line waits for a person.
    pub enum Doubt {
        /// No collection of ours has this id.
        UnknownCollection = "unknown_collection",
        /// The amount is not that of the collection or the batch.
        AmountDiffers = "amount_differs",
        /// It names invoices of several customers.
        SeveralCustomers = "several_customers",
        /// It names an invoice of another customer than the account is of, and the amount does not fit.
        OtherPayer = "other_payer",
        /// Nothing tells for which invoice it is.
        NoReference = "no_reference",
        /// Money that we sent came back.
        CameBack = "came_back",
        /// It may be money that we gave back to a customer.
        Repayment = "repayment",
    }
}

/// Something that the bank told, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankLine {
    /// Identity.
    pub id: BankLineId,
    /// The file that told it first.
    pub file_id: BankFileId,
    /// The same whenever the same thing is told.
    pub identity: String,
    /// Line of the file, from 1.
    pub line: i64,
    /// Our account; empty in a report about collections.
    pub account: String,
    /// Which way the money went.
    pub direction: Direction,
    /// How much, without the bank's charge.
    pub amount: Cents,
    /// What the bank charged for it.
    pub charge: Cents,
    /// Day on which the bank booked it.
    pub booked_on: NaiveDate,
    /// Value date.
    pub valued_on: NaiveDate,
    /// The other side's name.
    pub name: Option<String>,
    /// The other side's account.
    pub iban: Option<String>,
    /// The id that came with it: ours, for a collection.
    pub end_to_end_id: Option<String>,
    /// Reference of the mandate.
    pub mandate: Option<String>,
    /// The bank's reference.
    pub reference: Option<String>,
    /// Structured reference.
    pub structured: Option<String>,
    /// Free text.
    pub text: Option<String>,
    /// The bank transaction code.
    pub code: Option<String>,
    /// Why it came back.
    pub return_reason: Option<String>,
    /// Refused before settlement (pain.002): no money moved.
    pub rejected: bool,
    /// The payment group that a batch answers.
    pub batch: Option<String>,
    /// The message that a batch answers.
    pub batch_message: Option<String>,
    /// What entries that may be the same have in common.
    pub entry: String,
    /// Line of the file on which its entry begins.
    pub entry_line: i64,
    /// The bank's reference of its entry.
    pub entry_reference: Option<String>,
    /// What became of it.
    pub state: LineState,
    /// Why it waits or was set aside: a [`Doubt`], a refusal, or a person's words.
    pub why: Option<String>,
    /// Whose it turned out to be.
    pub customer_id: Option<CustomerId>,
    /// The payment that it became.
    pub payment_id: Option<PaymentId>,
    /// The collection that it is about.
    pub collection_id: Option<CollectionId>,
    /// When that was decided.
    pub decided_at: Option<DateTime<Utc>>,
    /// By whom; nobody when the rules did.
    pub decided_by: Option<UserId>,
}

impl BankLine {
    /// Whether a collection or payment came undone with it.
    #[must_use]
    pub fn is_return(&self) -> bool {
        self.direction == Direction::Debit && (self.return_reason.is_some() || is_return_code(self.code.as_deref()))
    }

    /// Everything that a payer may have written a reference in.
    #[must_use]
    pub fn words(&self) -> String {
        let parts = [&self.structured, &self.text, &self.end_to_end_id];
        parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" | ")
    }

    /// Whether it tells nothing but an amount: an entry without details.
    const fn is_bare(&self) -> bool {
        self.name.is_none() && self.iban.is_none() && self.end_to_end_id.is_none() && self.return_reason.is_none()
    }
}

/// `PMNT/IDDT/UPDD` and its like: an unpaid, returned or reversed direct debit.
fn is_return_code(code: Option<&str>) -> bool {
    let Some([domain, family, sub]) = code.map(|code| code.split('/').collect::<Vec<_>>()).and_then(to_three) else {
        return false;
    };
    domain == "PMNT" && family.ends_with("DDT") && matches!(sub, "UPDD" | "RRTN" | "PRDD" | "RCDD")
}

fn to_three(parts: Vec<&str>) -> Option<[&str; 3]> {
    parts.try_into().ok()
}

/// Tells what entries of one statement or notice are, line by line.
#[derive(Debug)]
pub struct Teller {
    file: BankFileId,
    account: String,
    /// How often each content was told so far: equal ones are told apart by their number.
    told: HashMap<String, u32>,
}

impl Teller {
    /// For one statement of `account`.
    #[must_use]
    pub fn new(file: BankFileId, account: &str) -> Self {
        Self { file, account: account.to_owned(), told: HashMap::new() }
    }

    /// The lines of an entry: one per detail. `cost` is what the bank took beyond the details; it goes with the first
    /// return, by its id.
    pub fn entry(&mut self, entry: &BankEntry, cost: Cents, mut id: impl FnMut() -> BankLineId) -> Vec<BankLine> {
        let mut lines: Vec<BankLine> = entry.details.iter().map(|detail| self.line(entry, detail, id())).collect();
        let first = lines
            .iter_mut()
            .filter(|line| line.is_return())
            .min_by(|one, other| (&one.end_to_end_id, &one.identity).cmp(&(&other.end_to_end_id, &other.identity)));
        if let Some(first) = first.filter(|_| cost > Cents::ZERO) {
            first.charge += cost;
        }
        lines
    }

    fn line(&mut self, entry: &BankEntry, detail: &BankDetail, id: BankLineId) -> BankLine {
        let content = content(&self.account, entry, detail);
        let nth = self.told.entry(content.clone()).or_default();
        *nth += 1;
        BankLine {
            id,
            file_id: self.file,
            identity: Policy::digest(&format!("{content}\n{nth}")),
            line: number(detail.line),
            account: self.account.clone(),
            direction: entry.direction,
            amount: detail.amount,
            charge: Cents(detail.charge.0.max(0)),
            booked_on: entry.booked_on,
            valued_on: entry.valued_on,
            name: detail.name.clone(),
            iban: detail.iban.clone(),
            end_to_end_id: detail.end_to_end_id.clone(),
            mandate: detail.mandate.clone(),
            reference: detail.reference.clone(),
            structured: detail.structured.clone(),
            text: detail.text.clone().or_else(|| entry.text.clone()),
            code: entry.code.clone(),
            return_reason: detail.return_reason.clone(),
            rejected: false,
            batch: entry.batch.clone(),
            batch_message: entry.batch_message.clone(),
            entry: format!("{} {} {} {}", self.account, entry.direction, entry.amount, entry.valued_on),
            entry_line: number(entry.line),
            entry_reference: entry.reference.clone(),
            state: LineState::New,
            why: None,
            customer_id: None,
            payment_id: None,
            collection_id: None,
            decided_at: None,
            decided_by: None,
        }
    }
}

fn number(line: usize) -> i64 {
    i64::try_from(line).unwrap_or(i64::MAX)
}

/// The bank's reference where there is one, else everything that is told.
fn content(account: &str, entry: &BankEntry, detail: &BankDetail) -> String {
    let own = detail.reference.as_deref().filter(|reference| is_strong(reference)).map(|own| ("detail", own));
    let whole = || entry.reference.as_deref().filter(|reference| is_strong(reference)).map(|own| ("entry", own));
    let text = |told: &Option<String>| told.clone().unwrap_or_default();
    let mut parts = vec![account.to_owned(), entry.direction.to_string(), detail.amount.to_string()];
    parts.push(text(&detail.end_to_end_id));
    if let Some((level, reference)) = own.or_else(whole) {
        parts.extend([level.to_owned(), reference.to_owned()]);
    } else {
        parts.push(entry.valued_on.to_string());
        parts.extend([&detail.iban, &detail.name, &detail.structured, &detail.text].map(text));
    }
    parts.join("\n")
}

/// Whether a reference of the bank tells one thing from another: a counter within a statement does not.
fn is_strong(reference: &str) -> bool {
    let letters = reference.chars().filter(char::is_ascii_alphanumeric);
    letters.clone().count() >= 6
        && letters.clone().any(|letter| letter != '0')
        && !matches!(reference, "NOTPROVIDED" | "NONREF")
}

/// Whether an entry was told before by a file of another kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// It is another one.
    No,
    /// It was: nothing new.
    Same,
    /// It was told as a lump, and is told in parts now.
    InParts,
}

/// Compares an entry with one of the same account, direction, amount and value date that a file of another kind told.
#[must_use]
pub fn again(now: &[BankLine], earlier: &[&BankLine]) -> Again {
    let differ = |one: Option<&String>, other: Option<&String>| {
        let strong = |text: Option<&String>| text.filter(|text| is_strong(text)).cloned();
        strong(one).zip(strong(other)).is_some_and(|(one, other)| one != other)
    };
    let ([first, ..], [before, ..]) = (now, earlier) else { return Again::No };
    if differ(first.entry_reference.as_ref(), before.entry_reference.as_ref()) {
        return Again::No;
    }
    let waits = matches!(before.state, LineState::New | LineState::Open | LineState::Outside);
    let parts = if waits { Again::InParts } else { Again::Same };
    match (now.len(), earlier.len()) {
        (1, 1) => {
            let apart = |one: &Option<String>, other: &Option<String>| {
                one.as_ref().zip(other.as_ref()).is_some_and(|(one, other)| one != other)
            };
            let other = apart(&first.iban, &before.iban)
                || apart(&first.end_to_end_id, &before.end_to_end_id)
                || differ(first.reference.as_ref(), before.reference.as_ref());
            match (other, before.is_bare() && !first.is_bare()) {
                (true, _) => Again::No,
                (false, true) => parts,
                (false, false) => Again::Same,
            }
        }
        (_, 1) if before.is_bare() => parts,
        (1, _) if first.is_bare() => Again::Same,
        (many, before) if many == before => {
            let ids = |lines: Vec<&BankLine>| {
                let mut ids: Vec<_> = lines.iter().map(|line| (line.amount, line.end_to_end_id.clone())).collect();
                ids.sort();
                ids
            };
            if ids(now.iter().collect()) == ids(earlier.to_vec()) { Again::Same } else { Again::No }
        }
        _ => Again::No,
    }
}

/// A document that a payment may be for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payable {
    /// Identity.
    pub id: InvoiceId,
    /// Whose.
    pub customer_id: CustomerId,
    /// Name of the customer.
    pub customer_name: String,
    /// Invoice or credit note; only the first is paid.
    pub kind: DocumentKind,
    /// Its number.
    pub number: String,
    /// Its payment reference.
    pub reference: String,
    /// Last day to pay.
    pub due_on: NaiveDate,
    /// What is still to be paid.
    pub open: Cents,
}

/// How documents are numbered, for finding them in what payers write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbering {
    /// What numbers begin with.
    pub prefixes: Vec<String>,
    /// How many digits a number has at least after the year.
    pub digits: usize,
}

impl Numbering {
    /// Under which numbers a document may be known that is meant in `text`: numbers as they are, and those that payment
    /// references and international references stand for. In the order of their place.
    #[must_use]
    pub fn numbers_in(&self, text: &str) -> Vec<String> {
        let prefixes: Vec<&str> = self.prefixes.iter().map(String::as_str).collect();
        let mut numbers: Vec<String> = Vec::new();
        for found in find_references(text, &prefixes, self.digits) {
            let meant = match found.strip_prefix("RF").and_then(|rest| rest.get(2..)) {
                Some(body) if references::is_creditor_reference(&found) => self.numbers_of(body),
                _ if is_payment_reference(&found) => self.numbers_of(&found),
                _ => vec![found],
            };
            numbers.extend(meant);
        }
        let mut seen = BTreeSet::new();
        numbers.retain(|number| seen.insert(number.clone()));
        numbers
    }

    /// The numbers that a reference may stand for: its digits are year and counter, with any of the prefixes.
    fn numbers_of(&self, reference: &str) -> Vec<String> {
        let digits = if is_payment_reference(reference) { &reference[2..] } else { reference };
        let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
        let digits = digits.trim_start_matches('0');
        let Some((year, counter)) = digits.split_at_checked(4).filter(|(_, counter)| counter.len() >= self.digits)
        else {
            return Vec::new();
        };
        self.prefixes.iter().map(|prefix| format!("{prefix}{year}-{counter}")).collect()
    }
}

/// What is known about the lines of a file.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Collections by their end-to-end id.
    pub collections: HashMap<String, Collection>,
    /// The end-to-end ids in each payment group and message that we sent.
    pub groups: HashMap<String, Vec<String>>,
    /// The end-to-end ids under each mandate, where a return names no other.
    pub mandates: HashMap<String, Vec<String>>,
    /// Documents by identity.
    pub invoices: HashMap<InvoiceId, Payable>,
    /// Documents by number.
    pub numbers: HashMap<String, InvoiceId>,
    /// Whose account is whose.
    pub payers: HashMap<String, BTreeSet<CustomerId>>,
    /// What customers paid too much.
    pub credits: HashMap<CustomerId, Cents>,
    /// How documents are numbered.
    pub numbering: Numbering,
}

/// What a line becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The money of these collections came.
    Settle(Vec<CollectionId>),
    /// A collection was refused or came undone.
    Reverse {
        /// Which.
        collection: CollectionId,
        /// What the bank charged.
        charge: Cents,
    },
    /// A payment.
    Pay {
        /// Whose.
        customer: CustomerId,
        /// Of which invoices, in this order.
        invoices: Vec<InvoiceId>,
        /// What is left over stays as the customer's credit.
        keep_surplus: bool,
    },
    /// A person looks.
    Queue(Doubt),
    /// Not for these books.
    Outside,
}

/// The most that a return may be larger than the collection, for the bank's charge within it.
const MOST_CHARGE: Cents = Cents(10_000);

impl Known {
    /// What a line becomes, and notes that for the lines after it.
    pub fn settle(&mut self, line: &BankLine) -> Outcome {
        let outcome = self.decide(line);
        match &outcome {
            Outcome::Pay { invoices, .. } => {
                let mut left = line.amount;
                for id in invoices {
                    if let Some(invoice) = self.invoices.get_mut(id) {
                        let part = invoice.open.min(left);
                        invoice.open -= part;
                        left -= part;
                    }
                }
            }
            Outcome::Settle(ids) => {
                for collection in self.collections.values().filter(|row| ids.contains(&row.id)) {
                    if let Some(invoice) =
                        self.invoices.get_mut(&collection.invoice_id).filter(|_| collection.settled_on.is_none())
                    {
                        invoice.open -= collection.amount.min(invoice.open);
                    }
                }
            }
            _ => {}
        }
        outcome
    }

    /// What a line becomes.
    #[must_use]
    pub fn decide(&self, line: &BankLine) -> Outcome {
        match line.direction {
            _ if line.rejected => self.reverse(line),
            _ if line.amount == Cents::ZERO => Outcome::Outside,
            Direction::Credit if line.return_reason.is_some() => Outcome::Queue(Doubt::CameBack),
            Direction::Credit => self.collected(line).unwrap_or_else(|| self.paid(line)),
            Direction::Debit if line.is_return() => self.reverse(line),
            Direction::Debit if self.collection(line).is_some_and(|row| row.settled_on.is_some()) => self.reverse(line),
            Direction::Debit if self.may_be_repayment(line) => Outcome::Queue(Doubt::Repayment),
            Direction::Debit => Outcome::Outside,
        }
    }

    /// The collection that a line is about: by its id, else the only one under its mandate with its amount that can come
    /// undone.
    fn collection(&self, line: &BankLine) -> Option<&Collection> {
        if let Some(id) = &line.end_to_end_id {
            return self.collections.get(id);
        }
        let ids = self.mandates.get(line.mandate.as_ref()?)?;
        let fits = |row: &&Collection| row.amount == line.amount && row.reversal_id.is_none();
        let mut fitting = ids.iter().filter_map(|id| self.collections.get(id)).filter(fits);
        fitting.next().filter(|_| fitting.next().is_none())
    }

    fn reverse(&self, line: &BankLine) -> Outcome {
        let Some(collection) = self.collection(line) else { return Outcome::Queue(Doubt::UnknownCollection) };
        let within = line.amount - collection.amount;
        if within < Cents::ZERO || within > MOST_CHARGE || (line.rejected && within != Cents::ZERO) {
            return Outcome::Queue(Doubt::AmountDiffers);
        }
        Outcome::Reverse { collection: collection.id, charge: line.charge + within }
    }

    /// Money that we collected: by the id of the collection, or of the batch.
    fn collected(&self, line: &BankLine) -> Option<Outcome> {
        if let Some(collection) = line.end_to_end_id.as_ref().and_then(|id| self.collections.get(id)) {
            let same = collection.amount == line.amount;
            return Some(if same {
                Outcome::Settle(vec![collection.id])
            } else {
                Outcome::Queue(Doubt::AmountDiffers)
            });
        }
        let group = [&line.batch, &line.batch_message].into_iter().flatten().find_map(|id| self.groups.get(id))?;
        let all: Vec<&Collection> = group.iter().filter_map(|id| self.collections.get(id)).collect();
        // The bank may have taken out what it rejected beforehand.
        let went: Vec<&Collection> =
            all.iter().filter(|row| row.settled_on.is_some() || row.reversal_id.is_none()).copied().collect();
        let fits = |rows: &&Vec<&Collection>| rows.iter().map(|row| row.amount).sum::<Cents>() == line.amount;
        let found = [&all, &went].into_iter().find(fits);
        Some(match found {
            Some(rows) if !rows.is_empty() => Outcome::Settle(rows.iter().map(|row| row.id).collect()),
            _ => Outcome::Queue(Doubt::AmountDiffers),
        })
    }

    fn may_be_repayment(&self, line: &BankLine) -> bool {
        let customers = line.iban.as_ref().and_then(|iban| self.payers.get(iban));
        customers.is_some_and(|customers| {
            customers.iter().any(|customer| self.credits.get(customer).is_some_and(|credit| *credit >= line.amount))
        })
    }

    /// The invoices that a line names, in the order of their place.
    #[must_use]
    pub fn named(&self, line: &BankLine) -> Vec<&Payable> {
        let numbers = self.numbering.numbers_in(&line.words());
        let ids = numbers.iter().filter_map(|number| self.numbers.get(number));
        let found = ids.filter_map(|id| self.invoices.get(id));
        found.filter(|invoice| invoice.kind == DocumentKind::Invoice).collect()
    }

    /// A payment of whatever kind.
    fn paid(&self, line: &BankLine) -> Outcome {
        let named = self.named(line);
        let Some(first) = named.first() else { return self.paid_without_reference(line) };
        let customer = first.customer_id;
        if named.iter().any(|invoice| invoice.customer_id != customer) {
            return Outcome::Queue(Doubt::SeveralCustomers);
        }
        let pay = |invoices: Vec<InvoiceId>, keep_surplus| Outcome::Pay { customer, invoices, keep_surplus };
        let all: Vec<InvoiceId> = named.iter().map(|invoice| invoice.id).collect();
        let open: Cents = named.iter().map(|invoice| invoice.open).sum();
        if open == line.amount {
            return pay(all, false);
        }
        if let Some(one) = named.iter().find(|invoice| invoice.open == line.amount) {
            return pay(vec![one.id], false);
        }
        let payers = line.iban.as_ref().and_then(|iban| self.payers.get(iban));
        if payers.is_some_and(|payers| !payers.contains(&customer)) {
            return Outcome::Queue(Doubt::OtherPayer);
        }
        pay(all, line.amount > open)
    }

    /// Exactly one open invoice with that amount, of a customer who is known by that account.
    fn paid_without_reference(&self, line: &BankLine) -> Outcome {
        let payers = line.iban.as_ref().and_then(|iban| self.payers.get(iban));
        let theirs = |invoice: &&Payable| payers.is_some_and(|payers| payers.contains(&invoice.customer_id));
        let mut fitting = self.invoices.values().filter(theirs).filter(|invoice| {
            invoice.kind == DocumentKind::Invoice && invoice.open == line.amount && line.amount > Cents::ZERO
        });
        match (fitting.next(), fitting.next()) {
            (Some(one), None) => {
                Outcome::Pay { customer: one.customer_id, invoices: vec![one.id], keep_surplus: false }
            }
            _ => Outcome::Queue(Doubt::NoReference),
        }
    }
}

words! {
    /// Why something is proposed, the best reason first.
    pub enum Hint {
        /// The line names it.
        Named = "named",
        /// Same account and same amount.
        SameAccountAndAmount = "same_account_and_amount",
        /// Same account.
        SameAccount = "same_account",
        /// Same amount, and a name that looks like it.
        SimilarNameAndAmount = "similar_name_and_amount",
        /// Same amount.
        SameAmount = "same_amount",
        /// A name that looks like it.
        SimilarName = "similar_name",
    }
}

/// How well a customer with an open amount fits a line; nothing when it does not.
#[must_use]
pub fn hint(line: &BankLine, (same_account, open, name): (bool, Cents, &str), named: bool) -> Option<Hint> {
    let amount = open == line.amount;
    let similar = line.name.as_deref().is_some_and(|told| similar(told, name));
    match (named, same_account, amount, similar) {
        (true, ..) => Some(Hint::Named),
        (_, true, true, _) => Some(Hint::SameAccountAndAmount),
        (_, true, false, _) => Some(Hint::SameAccount),
        (_, _, true, true) => Some(Hint::SimilarNameAndAmount),
        (_, _, true, false) => Some(Hint::SameAmount),
        (_, _, false, true) => Some(Hint::SimilarName),
        _ => None,
    }
}

/// Whether two names may be of the same: half of the words of the shorter one are in the other.
#[must_use]
pub fn similar(one: &str, other: &str) -> bool {
    const COMMON: [&str; 16] = [
        "bv",
        "nv",
        "vof",
        "stichting",
        "st",
        "de",
        "het",
        "van",
        "der",
        "den",
        "en",
        "the",
        "of",
        "and",
        "school",
        "te",
    ];
    let words = |text: &str| -> BTreeSet<String> {
        let text = text.to_lowercase().replace('.', "");
        let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| word.chars().count() > 1);
        words.filter(|word| !COMMON.contains(word)).map(str::to_owned).collect()
    };
    let (one, other) = (words(one), words(other));
    let shared = one.intersection(&other).count();
    shared > 0 && shared * 2 >= one.len().min(other.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn entry(direction: Direction, amount: i64, details: Vec<BankDetail>) -> BankEntry {
        BankEntry {
            line: 10,
            reference: None,
            amount: Cents(amount),
            currency: "EUR".to_owned(),
            direction,
            booked: true,
            booked_on: day("2026-03-05"),
            valued_on: day("2026-03-05"),
            code: None,
            batch: None,
            batch_message: None,
            text: None,
            details,
        }
    }

    fn lines(entry: &BankEntry) -> Vec<BankLine> {
        Teller::new(Uuid::nil().into(), "NL91ABNA0417164300").entry(entry, Cents::ZERO, || Uuid::nil().into())
    }

    fn credit(amount: i64, text: &str, iban: Option<&str>) -> BankLine {
        let detail = BankDetail {
            line: 11,
            amount: Cents(amount),
            text: Some(text.to_owned()).filter(|text| !text.is_empty()),
            iban: iban.map(str::to_owned),
            ..BankDetail::default()
        };
        lines(&entry(Direction::Credit, amount, vec![detail])).remove(0)
    }

    fn debit(amount: i64, id: &str, reason: Option<&str>) -> BankLine {
        let detail = BankDetail {
            amount: Cents(amount),
            end_to_end_id: Some(id.to_owned()),
            return_reason: reason.map(str::to_owned),
            ..BankDetail::default()
        };
        lines(&entry(Direction::Debit, amount, vec![detail])).remove(0)
    }

    const fn uuid<T: From<Uuid>>(number: u128) -> Uuid {
        let _ = size_of::<T>();
        Uuid::from_u128(number)
    }

    fn collection(number: u128, id: &str, amount: i64, settled: bool) -> Collection {
        Collection {
            id: uuid::<CollectionId>(number).into(),
            customer_id: uuid::<CustomerId>(1).into(),
            invoice_id: uuid::<InvoiceId>(11).into(),
            mandate_id: Uuid::nil().into(),
            attempt: 1,
            end_to_end_id: id.to_owned(),
            amount: Cents(amount),
            asked_on: day("2026-03-02"),
            collect_on: day("2026-03-02"),
            sequence: crate::domain::bank::Sequence::First,
            created_at: DateTime::UNIX_EPOCH,
            created_by: None,
            batch: Some(1),
            settled_on: settled.then(|| day("2026-03-02")),
            payment_id: None,
            reversal_id: None,
            cancelled_at: None,
            cancelled_by: None,
            cancelled_because: None,
        }
    }

    /// Two customers: 1 with 2026-0001 (100.00) and 2026-0002 (50.00), 2 with 2026-0003 (100.00).
    fn known() -> Known {
        let mut known = Known {
            numbering: Numbering { prefixes: vec![String::new(), "C".to_owned()], digits: 4 },
            ..Known::default()
        };
        for (id, customer, number, open) in [(11, 1, 1, 10_000), (12, 1, 2, 5_000), (13, 2, 3, 10_000)] {
            let number = format!("2026-{number:04}");
            let invoice = Payable {
                id: uuid::<InvoiceId>(id).into(),
                customer_id: uuid::<CustomerId>(customer).into(),
                customer_name: "Café Zoë".to_owned(),
                kind: DocumentKind::Invoice,
                reference: references::of_document(0, &number),
                number: number.clone(),
                due_on: day("2026-03-31"),
                open: Cents(open),
            };
            known.numbers.insert(number, invoice.id);
            known.invoices.insert(invoice.id, invoice);
        }
        known.payers.insert("NL1".to_owned(), BTreeSet::from([uuid::<CustomerId>(1).into()]));
        known.payers.insert("NL2".to_owned(), BTreeSet::from([uuid::<CustomerId>(2).into()]));
        known.credits.insert(uuid::<CustomerId>(2).into(), Cents(3_000));
        for row in [collection(21, "A-1", 10_000, false), collection(22, "B-1", 5_000, true)] {
            known.collections.insert(row.end_to_end_id.clone(), row);
        }
        known.groups.insert("G-1".to_owned(), vec!["A-1".to_owned(), "B-1".to_owned()]);
        known.mandates.insert("M1".to_owned(), vec!["A-1".to_owned(), "B-1".to_owned()]);
        known
    }

    fn pay(customer: u128, invoices: &[u128], keep_surplus: bool) -> Outcome {
        let invoices = invoices.iter().map(|id| Uuid::from_u128(*id).into()).collect();
        Outcome::Pay { customer: Uuid::from_u128(customer).into(), invoices, keep_surplus }
    }

    #[test]
    fn pay_5_a_credit_pays_what_it_names_or_waits() {
        let reference = references::of_document(0, "2026-0002");
        let international = references::creditor_reference("20260001").unwrap();
        for (amount, text, iban, expected) in [
            (10_000, "factuur 2026-0001", None, pay(1, &[11], false)),
            (4_000, "2026 0001", None, pay(1, &[11], false)),
            (15_000, "2026-0001 en 2026-0002", None, pay(1, &[11, 12], false)),
            (12_000, "2026-0001 en 2026-0002", None, pay(1, &[11, 12], false)),
            (5_000, "2026-0001 of 2026-0002", None, pay(1, &[12], false)),
            (10_001, "2026-0001", None, pay(1, &[11], true)),
            (5_000, reference.as_str(), None, pay(1, &[12], false)),
            (10_000, international.as_str(), None, pay(1, &[11], false)),
            (20_000, "2026-0001 2026-0003", None, Outcome::Queue(Doubt::SeveralCustomers)),
            (10_000, "2026-0001", Some("NL2"), pay(1, &[11], false)),
            (9_000, "2026-0001", Some("NL2"), Outcome::Queue(Doubt::OtherPayer)),
            (10_000, "", Some("NL2"), pay(2, &[13], false)),
            (10_001, "", Some("NL2"), Outcome::Queue(Doubt::NoReference)),
            (10_000, "", Some("NL9"), Outcome::Queue(Doubt::NoReference)),
            (10_000, "2026-9999", None, Outcome::Queue(Doubt::NoReference)),
        ] {
            assert_eq!(known().decide(&credit(amount, text, iban)), expected, "{amount} {text} {iban:?}");
        }
    }

    #[test]
    fn pay_5_what_was_paid_before_in_the_same_file_counts() {
        let mut known = known();
        let first = credit(6_000, "2026-0001", None);
        assert_eq!(known.settle(&first), pay(1, &[11], false));
        assert_eq!(known.settle(&first), pay(1, &[11], true), "40.00 is open");
        assert_eq!(known.settle(&credit(10_000, "", Some("NL1"))), Outcome::Queue(Doubt::NoReference));
    }

    #[test]
    fn pay_2_a_debit_is_a_return_a_repayment_or_not_ours() {
        let reverse = |id, charge| Outcome::Reverse { collection: Uuid::from_u128(id).into(), charge: Cents(charge) };
        for (amount, id, reason, expected) in [
            (10_000, "A-1", Some("AM04"), reverse(21, 0)),
            (13_000, "A-1", Some("AM04"), reverse(21, 3_000)),
            (9_000, "A-1", Some("AM04"), Outcome::Queue(Doubt::AmountDiffers)),
            (5_000, "B-1", None, reverse(22, 0)),
            (10_000, "A-1", None, Outcome::Outside),
            (10_000, "X-1", Some("AM04"), Outcome::Queue(Doubt::UnknownCollection)),
        ] {
            assert_eq!(known().decide(&debit(amount, id, reason)), expected, "{amount} {id} {reason:?}");
        }
        let mut coded = debit(10_000, "A-1", None);
        for (code, expected) in
            [("PMNT/IDDT/UPDD", true), ("PMNT/RDDT/RRTN", true), ("PMNT/RCDT/ESCT", false), ("N245", false)]
        {
            coded.code = Some(code.to_owned());
            assert_eq!(coded.is_return(), expected, "{code}");
        }
        let by_mandate =
            BankLine { end_to_end_id: None, mandate: Some("M1".to_owned()), ..debit(5_000, "", Some("MD06")) };
        assert_eq!(known().decide(&by_mandate), reverse(22, 0));
        let to = |iban: &str, amount| BankLine {
            end_to_end_id: None,
            iban: Some(iban.to_owned()),
            ..debit(amount, "", None)
        };
        assert_eq!(known().decide(&to("NL2", 3_000)), Outcome::Queue(Doubt::Repayment));
        assert_eq!(known().decide(&to("NL2", 3_001)), Outcome::Outside);
        assert_eq!(known().decide(&to("NL1", 3_000)), Outcome::Outside);
    }

    #[test]
    fn pay_2_a_batch_settles_all_of_its_collections_when_the_sum_is_right() {
        let batch = |amount| BankLine { batch: Some("G-1".to_owned()), ..credit(amount, "", None) };
        let ids = |numbers: &[u128]| Outcome::Settle(numbers.iter().map(|id| Uuid::from_u128(*id).into()).collect());
        assert_eq!(known().decide(&batch(15_000)), ids(&[21, 22]));
        assert_eq!(known().decide(&batch(14_000)), Outcome::Queue(Doubt::AmountDiffers));
        let mut without = known();
        without.collections.get_mut("A-1").unwrap().reversal_id = Some(Uuid::nil().into());
        assert_eq!(without.decide(&batch(5_000)), ids(&[22]), "the other was rejected beforehand");
        let one = BankLine { end_to_end_id: Some("A-1".to_owned()), ..credit(10_000, "", None) };
        assert_eq!(known().decide(&one), ids(&[21]));
    }

    #[test]
    fn an_identity_is_the_same_whenever_the_same_is_told() {
        let detail = |reference: Option<&str>, text: &str| BankDetail {
            amount: Cents(100),
            reference: reference.map(str::to_owned),
            text: Some(text.to_owned()),
            ..BankDetail::default()
        };
        let told = |details: Vec<BankDetail>, reference: Option<&str>| {
            let reference = reference.map(str::to_owned);
            let entry = BankEntry { reference, ..entry(Direction::Credit, 100, details) };
            lines(&entry).into_iter().map(|line| line.identity).collect::<Vec<_>>()
        };
        assert_eq!(
            told(vec![detail(Some("BANK-0001"), "a")], None),
            told(vec![detail(Some("BANK-0001"), "b")], Some("1"))
        );
        assert_ne!(told(vec![detail(None, "a")], None), told(vec![detail(None, "b")], None));
        assert_eq!(told(vec![detail(None, "a")], Some("17")), told(vec![detail(None, "a")], Some("18")), "a counter");
        assert_ne!(told(vec![detail(None, "a")], Some("BANK-17")), told(vec![detail(None, "a")], Some("BANK-18")));
        let twice = told(vec![detail(None, "a"), detail(None, "a")], None);
        assert_ne!(twice[0], twice[1], "two equal payments are two");
    }

    #[test]
    fn an_entry_told_with_less_is_told_again_and_one_told_with_more_comes_in_parts() {
        let bare = lines(&entry(
            Direction::Credit,
            15_000,
            vec![BankDetail { amount: Cents(15_000), ..BankDetail::default() }],
        ));
        let part = |amount, id: &str| BankDetail {
            amount: Cents(amount),
            end_to_end_id: Some(id.to_owned()),
            ..BankDetail::default()
        };
        let parts = lines(&entry(Direction::Credit, 15_000, vec![part(10_000, "A-1"), part(5_000, "B-1")]));
        let refs = |lines: &'static [BankLine]| lines.iter().collect::<Vec<_>>();
        let (bare, parts): (&'static [BankLine], &'static [BankLine]) = (bare.leak(), parts.leak());
        assert_eq!(again(parts, &refs(bare)), Again::InParts);
        assert_eq!(again(bare, &refs(parts)), Again::Same);
        assert_eq!(again(parts, &refs(parts)), Again::Same);
        let booked: Vec<BankLine> =
            bare.iter().map(|line| BankLine { state: LineState::Booked, ..line.clone() }).collect();
        assert_eq!(again(parts, &booked.iter().collect::<Vec<_>>()), Again::Same, "the lump was booked");
        let (one, other) = (credit(100, "a", Some("NL1")), credit(100, "a", Some("NL2")));
        assert_eq!(again(std::slice::from_ref(&one), &[&other]), Again::No, "another payer");
        let other = credit(100, "b", Some("NL1"));
        assert_eq!(again(&[one], &[&other]), Again::Same);
    }

    #[test]
    fn names_are_similar_by_their_words() {
        for (one, other, expected) in [
            ("STICHTING CAFE ZOE", "Cafe Zoe B.V.", true),
            ("Basisschool De Regenboog", "de regenboog", true),
            ("J. Jansen", "Jo Jansen e/o P. Jansen", true),
            ("School 1", "School 2", false),
            ("", "Zoe", false),
        ] {
            assert_eq!(similar(one, other), expected, "{one} {other}");
        }
        let line = BankLine { name: Some("Zoe".to_owned()), ..credit(100, "", None) };
        for (fit, named, expected) in [
            ((false, Cents(1), "Bob"), false, None),
            ((false, Cents(1), "Bob"), true, Some(Hint::Named)),
            ((true, Cents(100), "Bob"), false, Some(Hint::SameAccountAndAmount)),
            ((true, Cents(1), "Bob"), false, Some(Hint::SameAccount)),
            ((false, Cents(100), "Zoe"), false, Some(Hint::SimilarNameAndAmount)),
            ((false, Cents(100), "Bob"), false, Some(Hint::SameAmount)),
            ((false, Cents(1), "Zoe"), false, Some(Hint::SimilarName)),
        ] {
            assert_eq!(hint(&line, fit, named), expected);
        }
    }
}
