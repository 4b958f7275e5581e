//! What a line of a bank file becomes (BANK-5, PAY-2, PAY-5): a settled or reversed collection, a payment of invoices, or work
//! for a person. Pure: who asks puts together what is [`Known`], and books the [`Outcome`].
//!
//! Only on proof is a line booked by itself: a reference with check digits of ours, a direct debit of ours, or the number of
//! an invoice together with its amount or with an account known to be that customer's. All else is proposed.

use super::{
    BankEntryId, BankFileId, BankLineId, Cents, Collection, CollectionId, CustomerId, InvoiceId, PaymentId,
    StatementId, UserId,
    bank::{BankDetail, BankEntry, Direction},
    bank_statement::{Statement, StatementKind},
    document::DocumentKind,
    reading::ReadingDoubt,
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
        /// Another line tells the same money: no movement of its own (BANK-1 to BANK-3).
        Again = "again",
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
        /// It names an invoice, but neither the amount nor the account fits (BANK-5).
        NotCertain = "not_certain",
        /// Money that we sent came back.
        CameBack = "came_back",
        /// It may be money that we gave back to a customer.
        Repayment = "repayment",
        /// It names a collection of ours, but nothing says that it is the return of one.
        MaybeReturn = "maybe_return",
        /// Statements of the same day do not agree on how many such entries there were (BANK-2).
        Surplus = "surplus",
        /// Nothing tells whether it is another entry or the same (BANK-1).
        Unclear = "unclear",
        /// It looks like something that was announced before (BANK-3).
        ToldBefore = "told_before",
        /// What it was booked as was undone by a person (BANK-9).
        Undone = "undone",
    }
}

impl Doubt {
    /// The doubt of the reading that this is, if it is one.
    #[must_use]
    pub const fn of_reading(self) -> Option<ReadingDoubt> {
        match self {
            Self::Surplus => Some(ReadingDoubt::Surplus),
            Self::Unclear => Some(ReadingDoubt::Unclear),
            Self::ToldBefore => Some(ReadingDoubt::Again),
            Self::UnknownCollection
            | Self::AmountDiffers
            | Self::SeveralCustomers
            | Self::OtherPayer
            | Self::NoReference
            | Self::NotCertain
            | Self::CameBack
            | Self::Repayment
            | Self::MaybeReturn
            | Self::Undone => None,
        }
    }
}

impl From<ReadingDoubt> for Doubt {
    fn from(doubt: ReadingDoubt) -> Self {
        match doubt {
            ReadingDoubt::Surplus => Self::Surplus,
            ReadingDoubt::Unclear => Self::Unclear,
            ReadingDoubt::Again => Self::ToldBefore,
        }
    }
}

words! {
    /// What proved that a line is what it was booked as (BANK-5).
    pub enum Proof {
        /// A reference with check digits of ours.
        Reference = "reference",
        /// The number of an invoice, with its amount or a known account.
        Number = "number",
        /// A direct debit of ours.
        Collection = "collection",
        /// A person.
        Person = "person",
    }
}

/// Something that the bank told, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankLine {
    /// Identity.
    pub id: BankLineId,
    /// The file that told it first.
    pub file_id: BankFileId,
    /// Of a report about collections: the same whenever the same thing is told.
    pub identity: Option<String>,
    /// The telling that it is part of: one entry of a statement or notice.
    pub entry_id: BankEntryId,
    /// The telling that bears the movement, or the first of those that bear parts of it: its own, unless it repeats another.
    pub movement_id: BankEntryId,
    /// The statement or notice that told it; none in a report about collections.
    pub told_in: Option<StatementId>,
    /// The notice that announced it.
    pub announced_in: Option<StatementId>,
    /// The statement that told it: from then on it is proved.
    pub stated_in: Option<StatementId>,
    /// The day on which it counts in the balances of that statement.
    pub stated_on: Option<NaiveDate>,
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
    /// The bank's reference of it (`AcctSvcrRef`).
    pub reference: Option<String>,
    /// `TxId`.
    pub transaction_reference: Option<String>,
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
    /// Line of the file on which its entry begins.
    pub entry_line: i64,
    /// The bank's reference of its entry (`AcctSvcrRef`).
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
    /// What proved what it was booked as.
    pub proof: Option<Proof>,
    /// It was divided over several (BANK-6).
    pub divided: bool,
    /// How often a match of it was undone (BANK-9).
    pub undone: i64,
}

impl BankLine {
    /// A new line of which nothing is told but the way its money went and its day.
    #[must_use]
    pub fn bare(
        (entry_id, id): (BankEntryId, BankLineId),
        file_id: BankFileId,
        direction: Direction,
        day: NaiveDate,
    ) -> Self {
        Self {
            id,
            file_id,
            identity: None,
            entry_id,
            movement_id: entry_id,
            told_in: None,
            announced_in: None,
            stated_in: None,
            stated_on: None,
            line: 0,
            account: String::new(),
            direction,
            amount: Cents::ZERO,
            charge: Cents::ZERO,
            booked_on: day,
            valued_on: day,
            name: None,
            iban: None,
            end_to_end_id: None,
            mandate: None,
            reference: None,
            transaction_reference: None,
            structured: None,
            text: None,
            code: None,
            return_reason: None,
            rejected: false,
            batch: None,
            batch_message: None,
            entry_line: 0,
            entry_reference: None,
            state: LineState::New,
            why: None,
            customer_id: None,
            payment_id: None,
            collection_id: None,
            decided_at: None,
            decided_by: None,
            proof: None,
            divided: false,
            undone: 0,
        }
    }

    /// The key under which it is booked: once, and anew after a match of it was undone (BANK-9).
    #[must_use]
    pub fn key(&self) -> String {
        if self.undone == 0 { self.id.to_string() } else { format!("{} {}", self.id, self.undone) }
    }

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
    #[must_use]
    pub const fn is_bare(&self) -> bool {
        self.name.is_none() && self.iban.is_none() && self.end_to_end_id.is_none() && self.return_reason.is_none()
    }

    /// How much moved on the account, whichever way: what the bank kept of a credit did not come, what it charged for a debit
    /// went as well (BANK-7).
    #[must_use]
    pub fn moved(&self) -> Cents {
        match self.direction {
            Direction::Credit => self.amount - self.charge,
            Direction::Debit => self.amount + self.charge,
        }
    }

    /// What it did to the balance of the account; nothing for a report about collections (BANK-4).
    #[must_use]
    pub fn effect(&self) -> Cents {
        if self.account.is_empty() { Cents::ZERO } else { self.way() }
    }

    /// How much moved, with its way: negative what went.
    #[must_use]
    pub fn way(&self) -> Cents {
        match self.direction {
            Direction::Credit => self.moved(),
            Direction::Debit => -self.moved(),
        }
    }

    /// The doubt of the reading for which it waits.
    #[must_use]
    pub fn reading_doubt(&self) -> Option<ReadingDoubt> {
        let doubt: Doubt = self.why.as_deref()?.parse().ok()?;
        doubt.of_reading().filter(|_| self.state == LineState::Open)
    }

    /// Whether the bank says that it is a transfer: then an id of ours in it was written by the payer.
    fn is_transfer(&self) -> bool {
        let family = self.code.as_deref().and_then(|code| code.split('/').nth(1));
        matches!(family, Some("RCDT" | "ICDT" | "RRCT" | "IRCT" | "CCRD" | "MCRD" | "CNTR"))
    }
}

/// `PMNT/IDDT/UPDD` and its like: an unpaid, returned or reversed direct debit.
fn is_return_code(code: Option<&str>) -> bool {
    let Some([domain, family, sub]) = code.map(|code| code.split('/').collect::<Vec<_>>()).and_then(to_three) else {
        return false;
    };
    domain == "PMNT" && family.ends_with("DDT") && matches!(sub, "UPDD" | "RRTN" | "PRDD" | "RCDD")
}

/// `PMNT/IDDT/ESDD` and its like: direct debits that we sent, but no charge for them.
fn is_of_collections(code: Option<&str>) -> bool {
    let Some([domain, family, sub]) = code.map(|code| code.split('/').collect::<Vec<_>>()).and_then(to_three) else {
        return false;
    };
    domain == "PMNT" && family == "IDDT" && !matches!(sub, "CHRG" | "COMM" | "FEES" | "TAXE" | "INTR")
}

fn to_three(parts: Vec<&str>) -> Option<[&str; 3]> {
    parts.try_into().ok()
}

/// Makes lines of the entries of one statement or notice.
#[derive(Debug)]
pub struct Teller {
    file: BankFileId,
    account: String,
    notice: Option<StatementId>,
    statement: Option<StatementId>,
    from_day: NaiveDate,
}

impl Teller {
    /// For a statement of a file.
    #[must_use]
    pub fn new(statement: &Statement) -> Self {
        let (notice, stated) = match statement.kind {
            StatementKind::Notice => (Some(statement.id), None),
            StatementKind::Statement => (None, Some(statement.id)),
        };
        Self {
            file: statement.file_id,
            account: statement.account.clone(),
            notice,
            statement: stated,
            from_day: statement.from_day,
        }
    }

    /// The lines of an entry: one per detail, which together move what the entry moves. What the bank took beyond the details
    /// goes with the first return, by its id; where they do not add up otherwise the entry is not taken apart.
    pub fn entry(&self, entry: &BankEntry, mut id: impl FnMut() -> uuid::Uuid) -> Vec<BankLine> {
        let entry_id = BankEntryId(id());
        let mut lines: Vec<BankLine> =
            entry.details.iter().map(|detail| self.line(entry, detail, (entry_id, BankLineId(id())))).collect();
        let effect = match entry.direction {
            Direction::Credit => entry.amount,
            Direction::Debit => -entry.amount,
        };
        let rest = lines.iter().map(BankLine::way).sum::<Cents>() - effect;
        if rest == Cents::ZERO && !lines.is_empty() {
            return lines;
        }
        let first = lines
            .iter_mut()
            .filter(|line| line.is_return())
            .min_by(|one, other| (&one.end_to_end_id, one.line).cmp(&(&other.end_to_end_id, other.line)));
        match first {
            Some(first) if rest > Cents::ZERO => {
                first.charge += rest;
                lines
            }
            _ => {
                let whole = match &entry.details[..] {
                    [one] => BankDetail { amount: entry.amount, charge: Cents::ZERO, opposite: false, ..one.clone() },
                    _ => BankDetail { line: entry.line, amount: entry.amount, ..BankDetail::default() },
                };
                vec![self.line(entry, &whole, (entry_id, BankLineId(id())))]
            }
        }
    }

    fn line(&self, entry: &BankEntry, detail: &BankDetail, ids: (BankEntryId, BankLineId)) -> BankLine {
        let direction = if detail.opposite { entry.direction.opposite() } else { entry.direction };
        BankLine {
            told_in: self.notice.or(self.statement),
            announced_in: self.notice,
            stated_in: self.statement,
            // An entry that the bank booked for an earlier day counts from the day of its statement.
            stated_on: self.statement.map(|_| entry.booked_on.max(self.from_day)),
            line: number(detail.line),
            account: self.account.clone(),
            amount: detail.amount,
            charge: Cents(detail.charge.0.max(0)),
            valued_on: entry.valued_on,
            name: detail.name.clone(),
            iban: detail.iban.clone(),
            end_to_end_id: detail.end_to_end_id.clone(),
            mandate: detail.mandate.clone(),
            reference: detail.servicer_reference.clone(),
            transaction_reference: detail.transaction_id.clone(),
            structured: detail.structured.clone(),
            text: detail.text.clone().or_else(|| entry.text.clone()),
            code: detail.code.clone().or_else(|| entry.code.clone()),
            return_reason: detail.return_reason.clone(),
            batch: entry.batch.clone(),
            batch_message: entry.batch_message.clone(),
            entry_line: number(entry.line),
            entry_reference: entry.servicer_reference.clone(),
            ..BankLine::bare(ids, self.file, direction, entry.booked_on)
        }
    }
}

fn number(line: usize) -> i64 {
    i64::try_from(line).unwrap_or(i64::MAX)
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
    /// Under which numbers a document may be known that is meant in `text`, each with the reference with check digits that
    /// stands for it, where one does. In the order of their place.
    #[must_use]
    pub fn named_in(&self, text: &str) -> Vec<(String, Option<String>)> {
        let prefixes: Vec<&str> = self.prefixes.iter().map(String::as_str).collect();
        let mut named: Vec<(String, Option<String>)> = Vec::new();
        for found in find_references(text, &prefixes, self.digits) {
            let numbers = match found.strip_prefix("RF").and_then(|rest| rest.get(2..)) {
                Some(body) if references::is_creditor_reference(&found) => self.numbers_of(body),
                _ if is_payment_reference(&found) => self.numbers_of(&found),
                _ => {
                    named.push((found, None));
                    continue;
                }
            };
            named.extend(numbers.into_iter().map(|number| (number, Some(found.clone()))));
        }
        let mut kept: Vec<(String, Option<String>)> = Vec::new();
        for (number, reference) in named {
            match kept.iter_mut().find(|(known, _)| *known == number) {
                Some((_, known)) => *known = known.take().or(reference),
                None => kept.push((number, reference)),
            }
        }
        kept
    }

    /// The same without the references.
    #[must_use]
    pub fn numbers_in(&self, text: &str) -> Vec<String> {
        self.named_in(text).into_iter().map(|(number, _)| number).collect()
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
    /// Those that came undone without that money moved on our account: the bank refused them beforehand.
    pub refused: BTreeSet<CollectionId>,
    /// The end-to-end ids in each payment group and message that we sent.
    pub groups: HashMap<String, Vec<String>>,
    /// The end-to-end ids under each mandate, where a return names no other.
    pub mandates: HashMap<String, Vec<String>>,
    /// Documents by identity.
    pub invoices: HashMap<InvoiceId, Payable>,
    /// Documents by number.
    pub numbers: HashMap<String, InvoiceId>,
    /// Whose account is whose, by what a person confirmed or a reference proved.
    pub payers: HashMap<String, BTreeSet<CustomerId>>,
    /// Accounts that many pay by, or of which a line was divided: never known to be one customer's (BANK-5).
    pub shared: BTreeSet<String>,
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
        /// What proves it.
        proof: Proof,
    },
    /// A person looks.
    Queue(Doubt),
    /// Not for these books.
    Outside,
}

/// The most that a return may be larger than the collection, for the bank's charge within it.
const MOST_CHARGE: Cents = Cents(10_000);

/// Of how many collections that came undone all sets are looked at, to find those that a batch is without.
const MOST_UNDONE: usize = 12;

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
            // A supplier may number as we do: without the bank's word that something came back, a person looks.
            Direction::Debit if self.collection(line).is_some_and(|row| row.settled_on.is_some()) => {
                Outcome::Queue(Doubt::MaybeReturn)
            }
            // Within what we collected: it is no purchase.
            Direction::Debit if is_of_collections(line.code.as_deref()) => Outcome::Queue(Doubt::UnknownCollection),
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
        if line.is_transfer() {
            return None;
        }
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
            all.iter().filter(|row| row.settled_on.is_some() || !self.refused.contains(&row.id)).copied().collect();
        let sum = |rows: &[&Collection]| rows.iter().map(|row| row.amount).sum::<Cents>();
        let known = [&all, &went].into_iter().find(|rows| sum(rows) == line.amount).cloned();
        let found = known.or_else(|| self.without_some_refused(&all, sum(&all) - line.amount));
        Some(match found {
            Some(rows) if !rows.is_empty() => Outcome::Settle(rows.iter().map(|row| row.id).collect()),
            _ => Outcome::Queue(Doubt::AmountDiffers),
        })
    }

    /// A batch without those of its collections that the bank refused and that make `rest`. What came back was in the sum, and
    /// went off again by itself (PAY-2). Nothing where more than one set would do.
    fn without_some_refused<'a>(&self, all: &[&'a Collection], rest: Cents) -> Option<Vec<&'a Collection>> {
        let is_refused = |row: &Collection| self.refused.contains(&row.id) && row.settled_on.is_none();
        let refused: Vec<usize> = (0..all.len()).filter(|at| is_refused(all[*at])).collect();
        if rest <= Cents::ZERO || refused.len() > MOST_UNDONE {
            return None;
        }
        let chosen = |set: u32| (0..refused.len()).filter(move |bit| set >> bit & 1 == 1);
        let makes_rest = |set: &u32| chosen(*set).map(|bit| all[refused[bit]].amount).sum::<Cents>() == rest;
        let mut sets = (0..1_u32 << refused.len()).filter(makes_rest);
        let set = sets.next().filter(|_| sets.next().is_none())?;
        let missing: BTreeSet<usize> = chosen(set).map(|bit| refused[bit]).collect();
        Some((0..all.len()).filter(|at| !missing.contains(at)).map(|at| all[at]).collect())
    }

    /// The collections of a batch that make the amount of a line, where at most `most` of its group are missing from it: those
    /// that came undone go first, then the fewest (BANK-6). Nothing where that is not certain.
    #[must_use]
    pub fn batch_without(&self, line: &BankLine, most: usize) -> Option<Vec<&Collection>> {
        let group = [&line.batch, &line.batch_message].into_iter().flatten().find_map(|id| self.groups.get(id))?;
        let rows: Vec<&Collection> = group.iter().filter_map(|id| self.collections.get(id)).collect();
        let rest = rows.iter().map(|row| row.amount).sum::<Cents>() - line.amount;
        if rest <= Cents::ZERO {
            return None;
        }
        for many in 1..=most.min(rows.len()) {
            let mut found: Vec<Vec<usize>> = Vec::new();
            choose(&rows, rest, many, 0, &mut Vec::new(), &mut found);
            let undone = |chosen: &&Vec<usize>| chosen.iter().all(|at| rows[*at].reversal_id.is_some());
            let known: Vec<&Vec<usize>> = found.iter().filter(undone).collect();
            let chosen = match (&known[..], &found[..]) {
                ([one], _) => *one,
                ([], [one]) => one,
                ([], []) => continue,
                _ => return None,
            };
            return Some((0..rows.len()).filter(|at| !chosen.contains(at)).map(|at| rows[at]).collect());
        }
        None
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
        self.named_by(line).into_iter().map(|(invoice, _)| invoice).collect()
    }

    /// The invoices that a line names, each with whether a reference with check digits of ours does.
    fn named_by(&self, line: &BankLine) -> Vec<(&Payable, bool)> {
        let named = self.numbering.named_in(&line.words());
        let invoice = |number: &String| self.numbers.get(number).and_then(|id| self.invoices.get(id));
        let known: Vec<(&Payable, &Option<String>)> = named
            .iter()
            .filter_map(|(number, reference)| Some((invoice(number)?, reference)))
            .filter(|(invoice, _)| invoice.kind == DocumentKind::Invoice)
            .collect();
        let stands_for = |invoice: &Payable, reference: &String| {
            let others = known.iter().filter(|(_, other)| other.as_ref() == Some(reference)).count();
            invoice.reference == *reference || (reference.starts_with("RF") && others == 1)
        };
        // A payment reference tells the series as well: what another series has under the same digits is not meant.
        let meant = known.iter().filter(|(invoice, reference)| {
            reference.as_ref().is_none_or(|reference| reference.starts_with("RF") || invoice.reference == *reference)
        });
        meant
            .map(|(invoice, reference)| (*invoice, reference.as_ref().is_some_and(|told| stands_for(invoice, told))))
            .collect()
    }

    /// Whose account a line came from, where that is known and certain (BANK-5).
    #[must_use]
    pub fn owner(&self, line: &BankLine) -> Option<CustomerId> {
        let iban = line.iban.as_ref().filter(|iban| !self.shared.contains(*iban))?;
        let mut owners = self.payers.get(iban)?.iter();
        owners.next().copied().filter(|_| owners.next().is_none())
    }

    /// A payment of whatever kind, on proof alone (BANK-5).
    fn paid(&self, line: &BankLine) -> Outcome {
        let named = self.named_by(line);
        let Some((first, _)) = named.first() else { return Outcome::Queue(Doubt::NoReference) };
        let customer = first.customer_id;
        if named.iter().any(|(invoice, _)| invoice.customer_id != customer) {
            return Outcome::Queue(Doubt::SeveralCustomers);
        }
        let owner = self.owner(line);
        if owner.is_some_and(|owner| owner != customer) {
            return Outcome::Queue(Doubt::OtherPayer);
        }
        let pay = |rows: &[&Payable], proof| {
            let open: Cents = rows.iter().map(|row| row.open).sum();
            let invoices = rows.iter().map(|row| row.id).collect();
            Outcome::Pay { customer, invoices, keep_surplus: line.amount > open, proof }
        };
        let all: Vec<&Payable> = named.iter().map(|(invoice, _)| *invoice).collect();
        let proven: Vec<&Payable> = named.iter().filter(|(_, proven)| *proven).map(|(invoice, _)| *invoice).collect();
        let open: Cents = all.iter().map(|invoice| invoice.open).sum();
        if proven.len() == all.len() {
            return pay(&all, Proof::Reference);
        }
        if open == line.amount || owner.is_some() {
            let exact = all.iter().find(|invoice| invoice.open == line.amount && open != line.amount);
            return pay(exact.map_or(&all[..], std::slice::from_ref), Proof::Number);
        }
        if let Some(exact) = all.iter().find(|invoice| invoice.open == line.amount) {
            return pay(&[*exact], Proof::Number);
        }
        if proven.is_empty() { Outcome::Queue(Doubt::NotCertain) } else { pay(&proven, Proof::Reference) }
    }
}

/// Finds sets of `many` of `rows`, from `from` on, that make `rest`; stops at a few.
fn choose(
    rows: &[&Collection],
    rest: Cents,
    many: usize,
    from: usize,
    chosen: &mut Vec<usize>,
    found: &mut Vec<Vec<usize>>,
) {
    if many == 0 {
        found.extend((rest == Cents::ZERO).then(|| chosen.clone()));
        return;
    }
    // Large batches have too many sets to look through for more than one or two.
    let last = if many > 2 { rows.len().min(200) } else { rows.len().min(2_000) };
    for at in from..last {
        if found.len() > 8 {
            return;
        }
        if rows[at].amount <= rest {
            chosen.push(at);
            choose(rows, rest - rows[at].amount, many - 1, at + 1, chosen, found);
            chosen.pop();
        }
    }
}

/// Whether the name of the other side says that many pay by its account: a provider of payments, or its foundation that keeps
/// the money of others (BANK-5). Boards are told by a person, or by the first line that is divided.
#[must_use]
pub fn is_collective(line: &BankLine) -> bool {
    const NAMES: [&str; 19] = [
        "mollie",
        "stripe",
        "adyen",
        "buckaroo",
        "multisafepay",
        "paypal",
        "pay.nl",
        "paynl",
        "icepay",
        "worldline",
        "ccv",
        "sumup",
        "klarna",
        "riverty",
        "afterpay",
        "sisow",
        "tikkie",
        "derdengelden",
        "beheer derden",
    ];
    let name = line.name.as_deref().unwrap_or_default().to_lowercase();
    let words: Vec<&str> = name.split(|letter: char| !letter.is_alphanumeric() && letter != '.').collect();
    NAMES.iter().any(|known| if known.contains(' ') { name.contains(known) } else { words.contains(known) })
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
            servicer_reference: None,
            entry_reference: None,
            reversal: false,
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

    fn statement() -> Statement {
        Statement {
            id: Uuid::nil().into(),
            file_id: Uuid::nil().into(),
            kind: StatementKind::Statement,
            account: "NL91ABNA0417164300".to_owned(),
            told_id: "1".to_owned(),
            page: None,
            last_page: None,
            sequence: None,
            made_at: None,
            from_day: day("2026-03-05"),
            to_day: day("2026-03-05"),
            first_day: day("2026-03-05"),
            last_day: day("2026-03-05"),
            opening: None,
            closing: None,
            entries: 1,
            credits: Cents::ZERO,
            debits: Cents::ZERO,
            contents: crate::domain::bank_statement::Contents::default(),
        }
    }

    fn lines(entry: &BankEntry) -> Vec<BankLine> {
        Teller::new(&statement()).entry(entry, Uuid::nil)
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

    fn pay(customer: u128, invoices: &[u128], keep_surplus: bool, proof: Proof) -> Outcome {
        let invoices = invoices.iter().map(|id| Uuid::from_u128(*id).into()).collect();
        Outcome::Pay { customer: Uuid::from_u128(customer).into(), invoices, keep_surplus, proof }
    }

    #[test]
    fn bank_5_a_credit_is_booked_on_proof_alone() {
        use Proof::{Number, Reference};
        let reference = references::of_document(0, "2026-0002");
        let international = references::creditor_reference("20260001").unwrap();
        let both = format!("{reference} en 2026-0001");
        for (amount, text, iban, expected) in [
            // (b) the number of an invoice with exactly what is open …
            (10_000, "factuur 2026-0001", None, pay(1, &[11], false, Number)),
            (15_000, "2026-0001 en 2026-0002", None, pay(1, &[11, 12], false, Number)),
            (5_000, "2026-0001 of 2026-0002", None, pay(1, &[12], false, Number)),
            // … or an account known to be that customer's.
            (4_000, "2026 0001", Some("NL1"), pay(1, &[11], false, Number)),
            (12_000, "2026-0001 en 2026-0002", Some("NL1"), pay(1, &[11, 12], false, Number)),
            (10_001, "2026-0001", Some("NL1"), pay(1, &[11], true, Number)),
            // B3: a supplier's number is no proof.
            (1_210, "creditnota 2026-0001", None, Outcome::Queue(Doubt::NotCertain)),
            (4_000, "2026-0001", Some("NL9"), Outcome::Queue(Doubt::NotCertain)),
            (10_001, "2026-0001", None, Outcome::Queue(Doubt::NotCertain)),
            // (a) a reference with check digits of ours, whatever the amount.
            (5_000, reference.as_str(), None, pay(1, &[12], false, Reference)),
            (1_000, reference.as_str(), None, pay(1, &[12], false, Reference)),
            (6_000, reference.as_str(), Some("NL9"), pay(1, &[12], true, Reference)),
            (10_000, international.as_str(), None, pay(1, &[11], false, Reference)),
            (15_000, both.as_str(), None, pay(1, &[12, 11], false, Number)),
            (1_000, both.as_str(), None, pay(1, &[12], false, Reference)),
            // Another customer's account, or several customers: a person looks.
            (20_000, "2026-0001 2026-0003", None, Outcome::Queue(Doubt::SeveralCustomers)),
            (10_000, "2026-0001", Some("NL2"), Outcome::Queue(Doubt::OtherPayer)),
            (5_000, reference.as_str(), Some("NL2"), Outcome::Queue(Doubt::OtherPayer)),
            // Nothing but an account and an amount is no proof.
            (10_000, "", Some("NL2"), Outcome::Queue(Doubt::NoReference)),
            (10_000, "2026-9999", None, Outcome::Queue(Doubt::NoReference)),
        ] {
            assert_eq!(known().decide(&credit(amount, text, iban)), expected, "{amount} {text} {iban:?}");
        }
    }

    #[test]
    fn bank_5_an_account_by_which_many_pay_is_nobodys() {
        let mut known = known();
        let line = credit(4_000, "2026-0001", Some("NL1"));
        assert_eq!(known.decide(&line), pay(1, &[11], false, Proof::Number));
        known.shared.insert("NL1".to_owned());
        assert_eq!(known.decide(&line), Outcome::Queue(Doubt::NotCertain), "a board's account");
        known.shared.clear();
        known
            .payers
            .insert("NL1".to_owned(), BTreeSet::from([uuid::<CustomerId>(1).into(), uuid::<CustomerId>(2).into()]));
        assert_eq!(known.decide(&line), Outcome::Queue(Doubt::NotCertain), "of two customers");
        let named = |name: &str| BankLine { name: Some(name.to_owned()), ..line.clone() };
        for (name, expected) in [
            ("Stichting Mollie Payments", true),
            ("MOLLIE B.V.", true),
            ("Stichting Derdengelden Buckaroo", true),
            ("Pay.nl", true),
            ("Bakkerij De Molliestraat", false),
            ("Basisschool De Regenboog", false),
        ] {
            assert_eq!(is_collective(&named(name)), expected, "{name}");
        }
    }

    #[test]
    fn pay_5_what_was_paid_before_in_the_same_file_counts() {
        let mut known = known();
        let first = credit(6_000, "2026-0001", Some("NL1"));
        assert_eq!(known.settle(&first), pay(1, &[11], false, Proof::Number));
        assert_eq!(known.settle(&first), pay(1, &[11], true, Proof::Number), "40.00 is open");
        assert_eq!(known.settle(&credit(10_000, "", Some("NL1"))), Outcome::Queue(Doubt::NoReference));
    }

    #[test]
    fn bank_4_lines_move_what_their_entry_moved() {
        let part = |amount: i64, charge: i64| BankDetail {
            amount: Cents(amount),
            charge: Cents(charge),
            ..BankDetail::default()
        };
        let moved = |entry: &BankEntry| lines(entry).iter().map(BankLine::effect).sum::<Cents>();
        // BANK-7: what was kept back did not come.
        assert_eq!(moved(&entry(Direction::Credit, 13_000, vec![part(13_500, 500)])), Cents(13_000));
        assert_eq!(moved(&entry(Direction::Debit, 1_300, vec![part(1_000, 300)])), Cents(-1_300));
        // What does not add up is not taken apart.
        let odd = entry(Direction::Credit, 10_000, vec![part(6_000, 0), part(3_000, 0)]);
        assert_eq!((lines(&odd).len(), moved(&odd)), (1, Cents(10_000)));
        let mut back = entry(Direction::Debit, 1_500, vec![part(700, 0), part(500, 0)]);
        back.code = Some("PMNT/IDDT/UPDD".to_owned());
        let told = lines(&back);
        assert_eq!((told.len(), told[0].charge, moved(&back)), (2, Cents(300), Cents(-1_500)), "the cost of returns");
    }

    #[test]
    fn pay_2_a_debit_is_a_return_a_repayment_or_not_ours() {
        let reverse = |id, charge| Outcome::Reverse { collection: Uuid::from_u128(id).into(), charge: Cents(charge) };
        for (amount, id, reason, expected) in [
            (10_000, "A-1", Some("AM04"), reverse(21, 0)),
            (13_000, "A-1", Some("AM04"), reverse(21, 3_000)),
            (9_000, "A-1", Some("AM04"), Outcome::Queue(Doubt::AmountDiffers)),
            (10_000, "A-1", None, Outcome::Outside),
            (5_000, "B-1", None, Outcome::Queue(Doubt::MaybeReturn)),
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
        assert_eq!(
            without.decide(&batch(5_000)),
            Outcome::Queue(Doubt::AmountDiffers),
            "what came back was in the sum"
        );
        without.refused.insert(Uuid::from_u128(21).into());
        assert_eq!(without.decide(&batch(5_000)), ids(&[22]), "the other was rejected beforehand");
        // One was rejected, the other came back before the money of the batch was told.
        let mut both = without.clone();
        let other = both.collections.get_mut("B-1").unwrap();
        (other.reversal_id, other.settled_on) = (Some(Uuid::nil().into()), None);
        assert_eq!(both.decide(&batch(5_000)), ids(&[22]));
        assert_eq!(both.decide(&batch(10_000)), Outcome::Queue(Doubt::AmountDiffers), "it was in the sum");
        both.refused.insert(Uuid::from_u128(22).into());
        assert_eq!(both.decide(&batch(10_000)), ids(&[21]));
        assert_eq!(both.decide(&batch(14_000)), Outcome::Queue(Doubt::AmountDiffers));
        both.collections.get_mut("A-1").unwrap().amount = Cents(5_000);
        assert_eq!(both.decide(&batch(5_000)), Outcome::Queue(Doubt::AmountDiffers), "either may be missing");
        let one = BankLine { end_to_end_id: Some("A-1".to_owned()), ..credit(10_000, "", None) };
        assert_eq!(known().decide(&one), ids(&[21]));
    }

    #[test]
    fn bank_5_an_id_of_ours_in_a_transfer_was_written_by_the_payer() {
        let mut line = BankLine { end_to_end_id: Some("A-1".to_owned()), ..credit(10_000, "", None) };
        assert_eq!(known().decide(&line), Outcome::Settle(vec![uuid::<CollectionId>(21).into()]));
        line.code = Some("PMNT/RCDT/ESCT".to_owned());
        assert_eq!(known().decide(&line), Outcome::Queue(Doubt::NoReference));
        line.code = Some("PMNT/IDDT/ESDD".to_owned());
        assert_eq!(known().decide(&line), Outcome::Settle(vec![uuid::<CollectionId>(21).into()]));
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
