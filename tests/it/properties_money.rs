//! Random steps about money for `properties`, and what always holds of the money ledger (PAY-1 to PAY-7).

use crate::common::pure::Books;
use chrono::{Days, NaiveDate};
use proptest::prelude::*;
use proptest::sample::select;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};
use strippenkaart::domain::{
    Act, Actor, AllocationKind, AskedVia, BankLineId, Billing, CardId, Cents, Collection, CollectionId, Command,
    CustomerId, Invoice, InvoiceId, Ledger, Minutes, MoneyAccount, PaymentMethod, Reversal, Series, Target,
    command::{Crediting, NewLine, Receiving, Undone},
    document::{DocumentKind, Quantity},
};

/// What a policy says so that all of it can happen.
pub const SECTIONS: &str = r#"
[reversals]
fee = "82.50"
vat = "VAT"
charge_first_when_exceeded = FIRST
count_rejects = FIRST
freeze_on_reversal = FREEZE
dunning_days = 20

[reactivation]

[collection]
creditor_id = "NL69ZZZ123456780000"
"#;

/// One step about money; numbers pick from what exists by then.
#[derive(Clone, Debug)]
pub enum Money {
    PayOver {
        invoice: usize,
        extra: i64,
    },
    PayAll(usize),
    Line(usize),
    Erase(usize),
    Issue(usize),
    Credit(usize),
    CreditPart(usize, i64),
    Refund(usize, Option<i64>),
    Remind(usize),
    SetOff(usize),
    Repay(usize, i64),
    Costs(usize, i64),
    PayOut(usize),
    /// One line, divided over two customers and costs.
    Divide {
        invoice: usize,
        other: usize,
        costs: i64,
    },
    UndoLine(usize),
    Mandate(usize),
    EndMandate(usize),
    Amend(usize),
    Plan(usize),
    CallOff(usize),
    Settle(usize),
    Return {
        collection: usize,
        code: &'static str,
        rejected: bool,
        charge: i64,
    },
    Undo {
        payment: usize,
        quarters: Option<i64>,
        code: &'static str,
    },
    Judge(usize, bool),
    Waive(usize),
    Pause(usize),
    Resume(usize),
    Arrange(usize, u64),
    EndArrangement(usize),
    Reactivate(usize, i64),
    Billing(usize),
}

fn index() -> std::ops::Range<usize> {
    0..1000
}

/// Any step about money.
pub fn steps() -> impl Strategy<Value = Money> {
    let code = || select(vec!["AM04", "AM04", "MD06", "MS03", "MD01", "AC04", "AG02", "XX99"]);
    prop_oneof![
        2 => (index(), 0_i64..5000).prop_map(|(invoice, extra)| Money::PayOver { invoice, extra }),
        2 => index().prop_map(Money::PayAll),
        1 => index().prop_map(Money::Line),
        1 => index().prop_map(Money::Erase),
        3 => index().prop_map(Money::Issue),
        2 => index().prop_map(Money::Credit),
        1 => (index(), 1_i64..20_000).prop_map(|(invoice, net)| Money::CreditPart(invoice, net)),
        3 => (index(), proptest::option::of(1_i64..500)).prop_map(|(card, minutes)| Money::Refund(card, minutes)),
        1 => index().prop_map(Money::Remind),
        2 => index().prop_map(Money::SetOff),
        1 => (index(), 1_i64..5000).prop_map(|(customer, amount)| Money::Repay(customer, amount)),
        1 => (index(), -500_i64..500).prop_map(|(customer, amount)| Money::Costs(customer, amount)),
        2 => index().prop_map(Money::PayOut),
        1 => (index(), index(), -300_i64..300)
            .prop_map(|(invoice, other, costs)| Money::Divide { invoice, other, costs }),
        5 => index().prop_map(Money::UndoLine),
        2 => index().prop_map(Money::Mandate),
        1 => index().prop_map(Money::EndMandate),
        2 => index().prop_map(Money::Amend),
        4 => index().prop_map(Money::Plan),
        1 => index().prop_map(Money::CallOff),
        4 => index().prop_map(Money::Settle),
        4 => (index(), code(), any::<bool>(), select(vec![0, 0, 350])).prop_map(|(collection, code, rejected, charge)| {
            Money::Return { collection, code, rejected, charge }
        }),
        3 => (index(), proptest::option::of(1_i64..4), code())
            .prop_map(|(payment, quarters, code)| Money::Undo { payment, quarters, code }),
        2 => (index(), any::<bool>()).prop_map(|(reversal, counts)| Money::Judge(reversal, counts)),
        1 => index().prop_map(Money::Waive),
        2 => index().prop_map(Money::Pause),
        2 => index().prop_map(Money::Resume),
        1 => (index(), 0_u64..30).prop_map(|(customer, days)| Money::Arrange(customer, days)),
        1 => index().prop_map(Money::EndArrangement),
        1 => (index(), 0_i64..700).prop_map(|(customer, factor)| Money::Reactivate(customer, factor)),
        1 => index().prop_map(Money::Billing),
    ]
}

fn pick<T>(books: &Books, index: usize, all: impl Fn(&Ledger) -> Vec<T>) -> Option<T> {
    let mut found: Vec<T> = books.ledgers.values().flat_map(all).collect();
    if found.is_empty() { None } else { Some(found.swap_remove(index % found.len())) }
}

fn customer(books: &Books, index: usize) -> Option<CustomerId> {
    pick(books, index, |ledger| ledger.rows.customer.iter().map(|customer| customer.id).collect())
}

/// Mostly an invoice for which `wanted` holds.
fn invoice(books: &Books, index: usize, wanted: impl Fn(&Invoice) -> bool) -> Option<Invoice> {
    let all = |books: &Books, index| pick(books, index, |ledger| ledger.rows.invoices.values().cloned().collect());
    if index.is_multiple_of(5) {
        return all(books, index);
    }
    (index..index + 40).filter_map(|at| all(books, at)).find(wanted).or_else(|| all(books, index))
}

fn is_open(invoice: &Invoice) -> bool {
    invoice.open() > Cents::ZERO
}

fn collection(books: &Books, index: usize) -> Option<Collection> {
    pick(books, index, |ledger| ledger.rows.collections.values().cloned().collect())
}

fn reversal(books: &Books, index: usize) -> Option<Reversal> {
    pick(books, index, |ledger| ledger.rows.reversals.values().cloned().collect())
}

fn today(books: &Books) -> NaiveDate {
    books.policies.day(books.clock.now())
}

/// The command of a step; none where there is nothing yet to do it to.
pub fn command(books: &Books, step: &Money) -> Option<(Target, Act)> {
    let reason = || "because".to_owned();
    Some(match step {
        Money::Return { .. } | Money::Undo { .. } | Money::Judge(..) | Money::Waive(_) => undone(books, step)?,
        Money::PayOver { .. }
        | Money::PayAll(_)
        | Money::SetOff(_)
        | Money::Repay(..)
        | Money::Costs(..)
        | Money::PayOut(_) => paid(books, step)?,
        Money::Divide { .. } => return None,
        Money::UndoLine(at) => {
            let lines: Vec<_> = books.lines.keys().copied().collect();
            let (line, customer) = *lines.get(at % lines.len().max(1))?;
            (Target::Customer(customer), Act::UndoLine { line })
        }
        Money::Line(at) => {
            let (description, unit_price) = ("Advice".to_owned(), Cents(3_335));
            let line =
                NewLine { description, quantity: Quantity::Pieces(1 + i64::try_from(at % 3).unwrap()), unit_price };
            (Target::Customer(customer(books, *at)?), Act::WriteLine(line))
        }
        Money::Erase(at) => {
            let draft = invoice(books, *at, |invoice| invoice.issued().is_none())?;
            (Target::Invoice(draft.id), Act::EraseLine { invoice: draft.id, line: at % 3 })
        }
        Money::Issue(at) => {
            let draft = invoice(books, *at, |invoice| invoice.issued().is_none() && !invoice.lines.is_empty())?;
            (Target::Invoice(draft.id), Act::IssueInvoice(draft.id))
        }
        Money::Credit(at) => {
            let id = invoice(books, *at, |invoice| invoice.kind == DocumentKind::Invoice)?.id;
            let act = Act::CreditInvoice { invoice: id, crediting: Crediting::Whole, reason: reason() };
            (Target::Invoice(id), act)
        }
        Money::CreditPart(at, net) => {
            let id = invoice(books, *at, |invoice| invoice.card_id.is_none() && invoice.issued().is_some())?.id;
            let crediting = Crediting::Part { line: at % 2, net: Cents(*net) };
            (Target::Invoice(id), Act::CreditInvoice { invoice: id, crediting, reason: reason() })
        }
        Money::Refund(at, minutes) => {
            let card = pick(books, *at, |ledger| ledger.rows.cards.keys().copied().collect::<Vec<CardId>>())?;
            (Target::Card(card), Act::RefundCard { card, minutes: minutes.map(Minutes), reason: reason() })
        }
        Money::Remind(at) => {
            let id = invoice(books, *at, is_open)?.id;
            (Target::Invoice(id), Act::RemindInvoice(id))
        }
        Money::Mandate(at) => {
            let act = Act::RecordMandate {
                reference: None,
                scheme: None,
                signed_on: today(books) - Days::new(10),
                debtor_name: "School".to_owned(),
                iban: if at % 7 == 6 { "NL46ABNA0499998748" } else { "NL20 INGB 0001 2345 67" }.to_owned(),
            };
            (Target::Customer(customer(books, *at)?), act)
        }
        Money::EndMandate(at) => {
            let mandate = pick(books, *at, |ledger| ledger.rows.mandates.keys().copied().collect())?;
            (Target::Mandate(mandate), Act::EndMandate { mandate, reason: reason() })
        }
        Money::Amend(at) => {
            let mandate = pick(books, *at, |ledger| ledger.rows.mandates.keys().copied().collect())?;
            let iban = if at % 2 == 0 { "NL91ABNA0417164300" } else { "NL20INGB0001234567" }.to_owned();
            (Target::Mandate(mandate), Act::AmendMandate { mandate, debtor_name: None, iban })
        }
        Money::CallOff(at) => {
            let id = collection(books, *at)?.id;
            (Target::Collection(id), Act::CancelCollection { collection: id, reason: reason() })
        }
        Money::Plan(at) => {
            let id = invoice(books, *at, is_open)?.id;
            let collect_on = today(books) + Days::new(5);
            (Target::Invoice(id), Act::PlanCollection { invoice: id, collect_on })
        }
        Money::Settle(at) => {
            let id = collection(books, *at)?.id;
            let settled_on = today(books);
            (Target::Collection(id), Act::SettleCollection { collection: id, settled_on, bank_line: None })
        }
        Money::Pause(at) => (Target::Customer(customer(books, *at)?), Act::PauseAccount { reason: reason() }),
        Money::Resume(at) => {
            let paused = |ledger: &Ledger| {
                ledger.rows.customer.iter().filter(|row| row.is_paused()).map(|row| row.id).collect::<Vec<_>>()
            };
            let customer = pick(books, *at, paused).or_else(|| customer(books, *at))?;
            (Target::Customer(customer), Act::ResumeAccount { reason: reason() })
        }
        Money::Arrange(at, days) => {
            let until = today(books) + Days::new(*days);
            let act = Act::Arrange { until, asked_via: AskedVia::Mail, reason: reason() };
            (Target::Customer(customer(books, *at)?), act)
        }
        Money::EndArrangement(at) => {
            (Target::Customer(customer(books, *at)?), Act::EndArrangement { reason: reason() })
        }
        Money::Reactivate(at, hundredths) => {
            let act = Act::ChargeReactivation { factor: Decimal::new(*hundredths, 2), reason: reason() };
            (Target::Customer(customer(books, *at)?), act)
        }
        Money::Billing(at) => {
            let billing = Billing {
                street: Some(format!("Street {at}")),
                // PAY-1a: some are complete, and some wait.
                postcode: (at % 2 == 0).then(|| "1234 AB".to_owned()),
                city: (at % 2 == 0).then(|| "Town".to_owned()),
                registration: (at % 3 == 0).then(|| "1234567".to_owned()),
                monthly_amount: Some(Cents(i64::try_from(*at).unwrap())),
                ..Billing::default()
            };
            (Target::Customer(customer(books, *at)?), Act::SetBilling(billing))
        }
    })
}

fn paid(books: &Books, step: &Money) -> Option<(Target, Act)> {
    Some(match step {
        Money::PayOver { invoice: at, extra } => {
            let open = invoice(books, *at, is_open)?;
            let amount = Cents(open.open().0 + extra);
            let received = Receiving::of(open.id, amount, today(books), PaymentMethod::Bank);
            let costs = if at % 4 == 1 { Cents(extra / 50) } else { Cents::ZERO };
            (Target::Invoice(open.id), Act::RecordPayment(Receiving { keep_surplus: true, costs, ..received }))
        }
        Money::PayAll(at) => {
            let customer = customer(books, *at)?;
            let rows = &books.ledgers[&customer].rows;
            let open: Vec<&Invoice> = rows.invoices.values().filter(|invoice| is_open(invoice)).collect();
            let amount: Cents = open.iter().map(|invoice| invoice.open()).sum();
            let invoices: Vec<InvoiceId> = open.iter().map(|invoice| invoice.id).collect();
            let paid_on = today(books) - Days::new(2);
            let (method, note) = (PaymentMethod::Bank, Some("all of it".to_owned()));
            let received = Receiving {
                amount,
                costs: Cents::ZERO,
                paid_on,
                method,
                note,
                bank_line: None,
                invoices,
                keep_surplus: false,
            };
            (Target::Customer(customer), Act::RecordPayment(received))
        }
        Money::SetOff(at) => {
            let id = invoice(books, *at, is_open)?.id;
            (Target::Invoice(id), Act::SetOff(id))
        }
        Money::Repay(at, amount) => {
            let paid_on = today(books);
            let act = Act::Repay { amount: Cents(*amount), paid_on, note: None, bank_line: None };
            (Target::Customer(customer(books, *at)?), act)
        }
        Money::Costs(at, amount) => {
            let act = Act::BookCosts { amount: Cents(*amount), valued_on: today(books) };
            (Target::Customer(customer(books, *at)?), act)
        }
        Money::PayOut(at) => {
            let all = |ledger: &Ledger| ledger.rows.payments.values().cloned().collect::<Vec<_>>();
            let waits =
                |row: &strippenkaart::domain::Payment| row.method == PaymentMethod::Other && row.paid_out_on.is_none();
            let found = (*at..at + 30).filter_map(|at| pick(books, at, all)).find(waits);
            let payment = found.or_else(|| pick(books, *at, all))?.id;
            (Target::Payment(payment), Act::PayOut { payment, paid_on: today(books) })
        }
        _ => return None,
    })
}

/// The commands of a step: mostly one, some of them told by a line of the bank; a divided line is several.
pub fn commands(books: &Books, step: &Money, actor: Actor) -> Vec<Command> {
    if let Money::Divide { invoice, other, costs } = step {
        return divided(books, (*invoice, *other, *costs), actor);
    }
    let Some((target, act)) = command(books, step) else { return Vec::new() };
    let line = line(books, step, &act);
    let command = books.command(actor, target, act);
    vec![match line {
        Some(line) => command.from_line(line),
        None => command,
    }]
}

/// A line that tells a step; what is told again of a collection is told by the same line.
fn line(books: &Books, step: &Money, act: &Act) -> Option<BankLineId> {
    let fresh = || Some(books.clock.id::<BankLineId>());
    let of = |id: &CollectionId, nr: u128| Some(BankLineId(uuid::Uuid::from_u128(id.0.as_u128() ^ (nr << 64))));
    match (step, act) {
        (
            Money::PayOver { invoice: at, .. }
            | Money::PayAll(at)
            | Money::Undo { payment: at, .. }
            | Money::Repay(at, _)
            | Money::PayOut(at),
            _,
        ) => (at % 3 != 0).then(fresh)?,
        (Money::Costs(..), _) => fresh(),
        (Money::Settle(at), Act::SettleCollection { collection, .. }) if at % 4 != 0 => of(collection, 1),
        (Money::Return { collection: at, rejected, .. }, Act::ReverseCollection { collection, .. }) if at % 3 != 0 => {
            of(collection, if *rejected { 2 } else { 3 + u128::from(at % 11 == 0) })
        }
        _ => None,
    }
}

/// One line for an invoice of each of two customers, less or more by costs.
fn divided(books: &Books, (one, other, costs): (usize, usize, i64), actor: Actor) -> Vec<Command> {
    let Some(first) = invoice(books, one, is_open) else { return Vec::new() };
    let elsewhere = |invoice: &Invoice| is_open(invoice) && invoice.customer_id != first.customer_id;
    let Some(second) = invoice(books, other, elsewhere) else { return Vec::new() };
    let line: BankLineId = books.clock.id();
    let pay = |invoice: &Invoice| {
        let received = Receiving::of(invoice.id, invoice.open(), today(books), PaymentMethod::Bank);
        books.command(actor, Target::Invoice(invoice.id), Act::RecordPayment(received)).from_line(line)
    };
    let act = Act::BookCosts { amount: Cents(costs), valued_on: today(books) };
    let costs = books.command(actor, Target::Customer(second.customer_id), act).from_line(line);
    vec![pay(&first), pay(&second), costs]
}

/// What a wrong match may not have changed once it is undone: accounts, open amounts, credit, pause, direct debits, counts
/// and fees.
pub fn balances(books: &Books, id: CustomerId) -> String {
    let rows = &books.ledgers[&id].rows;
    let mut accounts: BTreeMap<MoneyAccount, i64> = BTreeMap::new();
    for posting in books.postings.iter().filter(|row| row.customer_id == id) {
        *accounts.entry(posting.account).or_default() += posting.amount.0;
    }
    accounts.retain(|_, sum| *sum != 0);
    let open = rows.invoices.values().filter(|row| row.open() != Cents::ZERO);
    // A fee that is due again is another document, of its own day.
    let fees: BTreeSet<_> = rows.reversals.values().filter_map(|row| row.fee_invoice_id).collect();
    let known = |row: &Invoice| (!fees.contains(&row.id)).then(|| (row.id, row.due_on()));
    let mut open: Vec<_> = open.map(|row| (row.open(), known(row), format!("{:?}", row.standing()))).collect();
    open.sort();
    let customer = rows.customer.as_ref().unwrap();
    let counted: Vec<_> = {
        let stands = rows.reversals.values().filter(|row| !row.undone);
        stands.map(|row| (row.id, row.counted, row.charge, row.money_back, row.rejected, row.code.clone())).collect()
    };
    let fees = rows.reversals.values().filter(|row| row.fee_invoice_id.is_some()).count();
    let collections: Vec<_> = rows.collections.values().collect();
    let mandates: Vec<_> = rows.mandates.values().map(|row| (row.id, row.ended_at)).collect();
    let payments: Vec<_> = {
        let stands = rows.payments.values().filter(|row| !row.undone);
        stands.map(|row| (row.id, row.reversed, row.paid_out)).collect()
    };
    format!(
        "{accounts:?}\n{open:?}\n{:?}\n{counted:?} {fees}\n{collections:?}\n{mandates:?}\n{payments:?}",
        (customer.credit, customer.paused_on, customer.arranged_until)
    )
}

/// Steps that a line can tell.
pub fn told() -> impl Strategy<Value = Money> {
    steps().prop_filter("told by a line", |step| {
        matches!(
            step,
            Money::PayOver { .. }
                | Money::PayAll(_)
                | Money::Settle(_)
                | Money::Return { .. }
                | Money::Undo { .. }
                | Money::Repay(..)
                | Money::Costs(..)
                | Money::PayOut(_)
        )
    })
}

fn undone(books: &Books, step: &Money) -> Option<(Target, Act)> {
    Some(match step {
        Money::Return { collection: at, code, rejected, charge } => {
            let id = collection(books, *at)?.id;
            let (valued_on, charge) = (today(books), Cents(*charge));
            let undone = Undone { code: (*code).to_owned(), valued_on, rejected: *rejected, charge };
            (Target::Collection(id), Act::ReverseCollection { collection: id, undone })
        }
        Money::Undo { payment: at, quarters, code } => {
            let payment = pick(books, *at, |ledger| ledger.rows.payments.values().cloned().collect())?;
            let amount = quarters.map(|quarters| Cents(payment.amount.0 * quarters / 4));
            let (valued_on, charge) = (today(books), Cents::ZERO);
            let undone = Undone { code: (*code).to_owned(), valued_on, rejected: false, charge };
            (Target::Payment(payment.id), Act::ReversePayment { payment: payment.id, amount, undone })
        }
        Money::Judge(at, counted) => {
            let id = reversal(books, *at)?.id;
            let reason = "a person looked".to_owned();
            (Target::Reversal(id), Act::JudgeReversal { reversal: id, counted: *counted, reason })
        }
        Money::Waive(at) => {
            let id = reversal(books, *at)?.id;
            (Target::Reversal(id), Act::WaiveFee { reversal: id, reason: "our fault".to_owned() })
        }
        _ => return None,
    })
}

/// What always holds of the money of one customer.
pub fn check(books: &Books, id: CustomerId, ledger: &Ledger) {
    let rows = &ledger.rows;
    let mut accounts: BTreeMap<MoneyAccount, Cents> = BTreeMap::new();
    let mut deferred: BTreeMap<CardId, Cents> = BTreeMap::new();
    for posting in books.postings.iter().filter(|row| row.customer_id == id) {
        *accounts.entry(posting.account).or_default() += posting.amount;
        if let (MoneyAccount::Deferred, Some(card)) = (posting.account, posting.card_id) {
            *deferred.entry(card).or_default() -= posting.amount;
        }
    }
    let account = |account| accounts.get(&account).copied().unwrap_or_default();
    assert_eq!(accounts.values().copied().sum::<Cents>(), Cents::ZERO, "the journal sums to zero");
    let open: Cents = rows.invoices.values().map(Invoice::open).sum();
    assert_eq!(account(MoneyAccount::Receivable), open, "receivable is what is open");
    assert_eq!(
        -account(MoneyAccount::CustomerCredit),
        rows.customer.as_ref().unwrap().credit,
        "what was paid too much"
    );
    for card in rows.cards.values() {
        let booked = deferred.get(&card.id).copied().unwrap_or_default();
        assert_eq!(booked, card.deferred_now(), "PAY-7: what is deferred of {card:?}");
        assert!(card.frozen.is_zero() || card.frozen_on.is_some(), "{card:?}");
    }
    let reversals = || rows.reversals.values();
    let transit: i64 = reversals()
        .map(|row| {
            let at_bank = row.payment_id.is_some_and(|id| {
                row.money_back || rows.payments.get(&id).is_some_and(|paid| paid.method != PaymentMethod::Other)
            });
            let told = if row.money_back { row.amount.0 } else { 0 };
            told - if at_bank && !row.undone { row.amount.0 } else { 0 }
        })
        .sum();
    assert_eq!(account(MoneyAccount::InTransit).0, transit, "PAY-2: what only one side told");
    let elsewhere: i64 = {
        let other = rows.payments.values().filter(|row| row.method == PaymentMethod::Other && !row.undone);
        other.map(|row| row.amount.0 - row.costs.0 - row.paid_out.0).sum()
    };
    assert!((0..=elsewhere.max(0)).contains(&account(MoneyAccount::OtherMoney).0), "BANK-6: what stands elsewhere");
    check_lines(books, id);
    check_invoices(books, id, ledger);
    check_fees(books, ledger);
}

/// BANK-4: the transactions that name a line move exactly its money on our account.
fn check_lines(books: &Books, id: CustomerId) {
    let mut found: BTreeMap<BankLineId, Cents> = BTreeMap::new();
    let line_of: BTreeMap<i64, BankLineId> = {
        let own = books.transactions.iter().filter(|row| row.customer_id == id);
        own.filter_map(|row| Some((row.seq, row.bank_line_id?))).collect()
    };
    for posting in books.postings.iter().filter(|row| row.customer_id == id && row.account == MoneyAccount::Bank) {
        if let Some(line) = line_of.get(&posting.seq) {
            *found.entry(*line).or_default() += posting.amount;
        }
    }
    for ((line, customer), effect) in books.lines.iter().filter(|((_, customer), _)| *customer == id) {
        assert_eq!(found.remove(line).unwrap_or_default(), *effect, "BANK-4: {line} of {customer}");
    }
    assert!(found.is_empty(), "only lines that were told move money: {found:?}");
}

/// PAY-1, PAY-6: documents add up, what settled them adds up, and a credit never passes its invoice.
fn check_invoices(books: &Books, id: CustomerId, ledger: &Ledger) {
    let rows = &ledger.rows;
    for invoice in rows.invoices.values() {
        assert_eq!(invoice.gross, invoice.net + invoice.vat, "{invoice:?}");
        assert_eq!(invoice.net, invoice.lines.iter().map(|line| line.printed.net).sum(), "{invoice:?}");
        let of_kind = |kinds: &[AllocationKind]| -> Cents {
            let about =
                |row: &&strippenkaart::domain::Allocation| row.invoice_id == invoice.id && kinds.contains(&row.kind);
            books.allocations.iter().filter(about).map(|row| row.amount).sum()
        };
        let Some(issued) = invoice.issued() else { continue };
        if invoice.kind == DocumentKind::CreditNote {
            assert_eq!(invoice.open(), Cents::ZERO, "{invoice:?}");
            continue;
        }
        let money =
            [AllocationKind::Payment, AllocationKind::Reversal, AllocationKind::Credit, AllocationKind::Unmatch];
        assert_eq!(issued.paid, of_kind(&money), "{invoice:?}");
        assert_eq!(issued.credited, of_kind(&[AllocationKind::CreditNote]), "{invoice:?}");
        let stands = |row: &&strippenkaart::domain::Allocation| {
            row.payment_id.is_some_and(|id| rows.payments.get(&id).is_some_and(|payment| !payment.undone))
        };
        let undone = |row: &&strippenkaart::domain::Allocation| {
            row.kind == AllocationKind::Reversal || (row.kind == AllocationKind::Unmatch && row.amount > Cents::ZERO)
        };
        let of_it = books.allocations.iter().filter(|row| row.invoice_id == invoice.id);
        let reversed: Cents = of_it.filter(stands).filter(undone).map(|row| row.amount).sum();
        assert_eq!(issued.reversed, -reversed, "{invoice:?}");
        assert!(invoice.open() >= Cents::ZERO, "{invoice:?}");
        let notes = rows.invoices.values().filter(|note| note.credits == Some(invoice.id));
        let (net, gross) =
            notes.fold((Cents::ZERO, Cents::ZERO), |(net, gross), note| (net + note.net, gross + note.gross));
        assert_eq!(net, invoice.lines.iter().map(|line| line.credited).sum(), "{invoice:?}");
        assert!(net <= invoice.net && gross <= invoice.gross, "a credit never exceeds its invoice: {invoice:?}");
        assert!(net < invoice.net || gross == invoice.gross, "credited as a whole to the cent: {invoice:?}");
    }
    for payment in rows.payments.values() {
        let set = books.allocations.iter().filter(|row| row.payment_id == Some(payment.id));
        assert!(set.map(|row| row.amount).sum::<Cents>() <= payment.stands(), "{payment:?}");
    }
    let of_it = books.transactions.iter().filter(|row| row.customer_id == id);
    assert!(of_it.clone().all(|row| {
        books
            .postings
            .iter()
            .all(|posting| (posting.customer_id, posting.seq) != (id, row.seq) || posting.booked_on == row.booked_on)
    }));
}

/// PAY-2: fees owed and fees charged or waived are equal, as totals.
fn check_fees(books: &Books, ledger: &Ledger) {
    let all: Vec<Reversal> = ledger.rows.reversals.values().cloned().collect();
    let owed = strippenkaart::domain::decide::fees_owed(&all, &books.policies).len();
    let charged = all.iter().filter(|row| row.fee_invoice_id.is_some()).count();
    let waived = all.iter().filter(|row| row.waived_because.is_some() && row.counted == Some(true)).count();
    assert_eq!(charged, owed.saturating_sub(waived), "{owed} owed, {waived} waived");
}

/// PAY-1: every series has the numbers from 1 on, each once.
pub fn check_numbers(books: &Books) {
    for series in Series::ALL {
        let documents = books.ledgers.values().flat_map(|ledger| ledger.rows.invoices.values());
        let mut numbers: Vec<(i32, i64)> = documents
            .filter(|invoice| invoice.series == *series)
            .filter_map(Invoice::issued)
            .map(|issued| {
                let (year, counter) = issued.number.trim_start_matches(['C', 'F']).split_once('-').unwrap();
                (year.parse().unwrap(), counter.parse().unwrap())
            })
            .collect();
        numbers.sort_unstable();
        let mut expected = (0, 0);
        for (year, counter) in numbers {
            expected = if year == expected.0 { (year, expected.1 + 1) } else { (year, 1) };
            assert_eq!((year, counter), expected, "{series} without gaps");
        }
    }
}
