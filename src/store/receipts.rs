//! The answer of a command that was booked before, rebuilt from its rows: facts as the command left them, whatever
//! happened since.

use super::books::CommandRow;
use super::{Result, Statements, Tx};
use crate::domain::{
    Account, AddOnTerm, Allocation, ArrearsEvent, Balance, BankCost, Card, Cents, Collection, Consent, Contact,
    Conversation, Coverage, Customer, Estimate, Fresh, Installation, Invoice, Mandate, Minutes, Movement, Payment,
    Receipt, Repayment, Reversal, Ticket, TicketEvent, TimeEntry, TimeEntryId, Transaction, TransactionId,
    TransactionKind, Unmatched,
    burn_down::Draw,
    customer::ContractEnd,
    decide::{Correction, CoverageReceipt, PaymentReceipt, TimeReceipt, Unmatching},
};

/// The receipt of `command`.
///
/// # Errors
/// What the database says.
pub async fn load(tx: &mut Tx, command: &CommandRow) -> Result<Receipt> {
    let id = command.subject.as_str();
    Ok(match command.act.as_str() {
        "create_customer" => {
            let found: Customer = tx.query("SELECT * FROM customers WHERE id = $1").bind(id).one().await?;
            Receipt::Customer(found.as_created())
        }
        "add_contact" => {
            let added = contact(tx, id).await?;
            Receipt::Contact(Contact { removed_at: None, removed_by: None, ..added })
        }
        "remove_contact" => Receipt::Removed(contact(tx, id).await?),
        "add_installation" => {
            let added = installation(tx, id).await?;
            Receipt::Installation(Installation { removed_at: None, removed_by: None, ..added })
        }
        "remove_installation" => Receipt::Installation(installation(tx, id).await?),
        "give_consent" => {
            let given = consent(tx, id).await?;
            Receipt::Consent(Consent { withdrawn_at: None, withdrawn_by: None, ..given })
        }
        "withdraw_consent" => Receipt::Consent(consent(tx, id).await?),
        "order_card" => ordered(tx, command).await?,
        "open_ticket" => {
            let found: Ticket = tx.query("SELECT * FROM tickets WHERE id = $1").bind(id).one().await?;
            let sql = "SELECT * FROM coverage_decisions WHERE ticket_id = $1 AND replaces IS NULL";
            let first: Coverage = tx.query(sql).bind(id).one().await?;
            Receipt::Ticket(found.as_opened(&first))
        }
        "decide_coverage" => decided(tx, id).await?,
        "record_add_on" => {
            Receipt::AddOn(tx.query("SELECT * FROM urgent_add_ons WHERE id = $1").bind(id).one::<AddOnTerm>().await?)
        }
        "end_contract" => {
            let sql = "SELECT * FROM contract_ends WHERE id = $1";
            Receipt::ContractEnd(tx.query(sql).bind(id).one::<ContractEnd>().await?)
        }
        "record_conversation" => {
            let sql = "SELECT * FROM fair_use_conversations WHERE id = $1";
            Receipt::Conversation(tx.query(sql).bind(id).one::<Conversation>().await?)
        }
        "handle_ticket" => {
            let found: TicketEvent = tx.query("SELECT * FROM ticket_events WHERE id = $1").bind(id).one().await?;
            Receipt::TicketEvent(found)
        }
        "log_time" => logged(tx, id).await?,
        "reverse_entry" | "cover_entry" | "invoice_entry" => corrected(tx, id).await?,
        "settle" => Receipt::Settled,
        "undo_line" => {
            let sql = "SELECT * FROM unmatched WHERE command_id = $1 ORDER BY id";
            let rows: Vec<Unmatched> = tx.query(sql).bind(command.id).all().await?;
            let line = id.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
            Receipt::Unmatched(Box::new(Unmatching { line, rows }))
        }
        act if act.ends_with("_estimate") => estimated(tx, act, id).await?,
        act => money(tx, act, id).await?,
    })
}

/// What a command on money left.
async fn money(tx: &mut Tx, act: &str, id: &str) -> Result<Receipt> {
    Ok(match act {
        "set_billing" => {
            let found: Customer = tx.query("SELECT * FROM customers WHERE id = $1").bind(id).one().await?;
            Receipt::Billing(Box::new(found.billing.unwrap_or_default()))
        }
        "record_payment" => {
            let payment: Payment = tx.query("SELECT * FROM payments WHERE id = $1").bind(id).one().await?;
            let sql = "SELECT * FROM allocations WHERE payment_id = $1 AND kind = 'payment' ORDER BY id";
            let allocations: Vec<Allocation> = tx.query(sql).bind(id).all().await?;
            let payment = payment.as_recorded();
            Receipt::Payment(Box::new(PaymentReceipt { payment, allocations }))
        }
        "set_off" => Receipt::Allocation(tx.query("SELECT * FROM allocations WHERE id = $1").bind(id).one().await?),
        "repay" => {
            Receipt::Repayment(tx.query("SELECT * FROM repayments WHERE id = $1").bind(id).one::<Repayment>().await?)
        }
        "book_costs" => {
            Receipt::Costs(tx.query("SELECT * FROM bank_costs WHERE id = $1").bind(id).one::<BankCost>().await?)
        }
        "pay_out" => {
            let paid: Payment = tx.query("SELECT * FROM payments WHERE id = $1").bind(id).one().await?;
            Receipt::PaidOut(Box::new(paid))
        }
        "record_mandate" | "amend_mandate" | "end_mandate" => {
            let found: Mandate = tx.query("SELECT * FROM mandates WHERE id = $1").bind(id).one().await?;
            Receipt::Mandate(Box::new(if act == "end_mandate" { found } else { found.as_recorded() }))
        }
        "plan_collection" | "settle_collection" | "cancel_collection" => {
            let found: Collection = tx.query("SELECT * FROM collections WHERE id = $1").bind(id).one().await?;
            Receipt::Collection(Box::new(if act == "plan_collection" { found.as_planned() } else { found }))
        }
        "reverse_collection" | "reverse_payment" | "judge_reversal" | "waive_fee" => {
            let found: Reversal = tx.query("SELECT * FROM reversals WHERE id = $1").bind(id).one().await?;
            Receipt::Reversal(Box::new(found))
        }
        "pause_account" | "resume_account" | "arrange" | "end_arrangement" | "charge_reactivation" => {
            let found: ArrearsEvent = tx.query("SELECT * FROM arrears_events WHERE id = $1").bind(id).one().await?;
            Receipt::Arrears(Box::new(found))
        }
        _ => {
            let found: Invoice = tx.query("SELECT * FROM invoices WHERE id = $1").bind(id).one().await?;
            let keeps = ["remind_invoice", "write_line", "erase_line"].contains(&act);
            Receipt::Invoice(Box::new(if keeps { found } else { found.as_issued() }))
        }
    })
}

/// A decision about who pays, and what its own command reversed under the one before it.
async fn decided(tx: &mut Tx, id: &str) -> Result<Receipt> {
    let coverage: Coverage = tx.query("SELECT * FROM coverage_decisions WHERE id = $1").bind(id).one().await?;
    let sql = "SELECT time_entries.id FROM time_entries JOIN transactions ON transactions.id = time_entries.reversed_by
               WHERE coverage_id = $1 AND transactions.recorded_at = $2 ORDER BY time_entries.id";
    let reversed: Vec<(TimeEntryId,)> = tx.query(sql).bind(coverage.replaces).bind(coverage.decided_at).all().await?;
    let reversed = reversed.into_iter().map(|(id,)| id).collect();
    Ok(Receipt::Coverage(Box::new(CoverageReceipt { coverage, reversed })))
}

async fn contact(tx: &mut Tx, id: &str) -> Result<Contact> {
    tx.query("SELECT * FROM contacts WHERE id = $1").bind(id).one().await
}

async fn installation(tx: &mut Tx, id: &str) -> Result<Installation> {
    tx.query("SELECT * FROM installations WHERE id = $1").bind(id).one().await
}

async fn consent(tx: &mut Tx, id: &str) -> Result<Consent> {
    tx.query("SELECT * FROM consents WHERE id = $1").bind(id).one().await
}

/// A card as it was ordered: with its minutes only if it became active in the same command, and nothing drawn or paid.
async fn ordered(tx: &mut Tx, command: &CommandRow) -> Result<Receipt> {
    let sql = "SELECT * FROM cards WHERE id = $1";
    let mut card: Card = tx.query(sql).bind(command.subject.as_str()).one().await?;
    let sql = "SELECT * FROM invoices WHERE id = $1";
    let invoice: Option<Invoice> = match card.invoice_id {
        Some(id) => tx.query(sql).bind(id).optional().await?,
        None => None,
    };
    // The booking of an order has its command's instant, and the one of a later payment at the earliest the same; but
    // then the transaction is not one that this command made.
    let sql = "SELECT id FROM transactions WHERE customer_id = $1 AND id = $2 AND kind = 'activation'";
    let mut fresh = Fresh::after(card.id);
    let made: Option<(TransactionId,)> =
        tx.query(sql).bind(card.customer_id).bind(fresh.id::<TransactionId>()).optional().await?;
    if made.is_none() {
        card.activated_at = None;
        card.activated_on = None;
        card.expires_on = None;
        card.converts_on = None;
        card.granted = Minutes::ZERO;
    }
    if invoice.as_ref().is_some_and(|invoice| !invoice.waits_for.is_empty()) {
        card.invoiced_on = None;
    }
    card.credit = Cents::ZERO;
    card.set_balance(&Balance { available: card.granted, ..Balance::default() });
    card.frozen_on = None;
    card.credited_from = None;
    card.cancelled_on = None;
    Ok(Receipt::Card(Box::new(card), invoice.map(|invoice| Box::new(invoice.as_ordered()))))
}

/// An estimate as the act left it.
async fn estimated(tx: &mut Tx, act: &str, id: &str) -> Result<Receipt> {
    let found: Estimate = tx.query("SELECT * FROM estimates WHERE id = $1").bind(id).one().await?;
    Ok(Receipt::Estimate(match act {
        "propose_estimate" => found.as_proposed(),
        "accept_estimate" => found.as_accepted(),
        "close_estimate" => {
            let released = released(tx, &found).await?;
            found.as_closed(released)
        }
        _ => found,
    }))
}

/// What went back when an estimate was closed.
async fn released(tx: &mut Tx, estimate: &Estimate) -> Result<Minutes> {
    let sql = "SELECT * FROM movements WHERE customer_id = $1 AND recorded_at = $2 AND estimate_id = $3
               AND from_account = 'held' AND to_account <> 'used'";
    let query = tx.query(sql).bind(estimate.customer_id).bind(estimate.closed_at).bind(estimate.id);
    Ok(query.all::<Movement>().await?.iter().map(|row| row.minutes).sum())
}

async fn logged(tx: &mut Tx, id: &str) -> Result<Receipt> {
    let sql = "SELECT * FROM time_entries WHERE id = $1";
    let mut entry: TimeEntry = tx.query(sql).bind(id).one().await?;
    let booked = booked(tx, &entry.transaction_id.to_string()).await?;
    // What became of the remainder at once is the transaction that this command made next.
    let at_once: Option<(TransactionKind,)> = tx
        .query("SELECT kind FROM transactions WHERE id = $1 AND kind IN ('goodwill', 'invoiced')")
        .bind(Fresh::after(entry.transaction_id).id::<TransactionId>())
        .optional()
        .await?;
    let open: Minutes = booked.1.iter().filter(|row| row.to_account == Account::Uncovered).map(|row| row.minutes).sum();
    let uncovered = if at_once.is_some() { Minutes::ZERO } else { open };
    let invoiced = at_once == Some((TransactionKind::Invoiced,));
    entry.invoiced = if invoiced { open } else { Minutes::ZERO };
    entry.hourly_rate = entry.hourly_rate.filter(|_| invoiced);
    entry.uncovered = uncovered;
    entry.repriced = Minutes::ZERO;
    entry.reversed_by = None;
    Ok(Receipt::Time(TimeReceipt { entry, draws: draws(&booked.1), uncovered, available_after: booked.2 }))
}

async fn corrected(tx: &mut Tx, id: &str) -> Result<Receipt> {
    let (transaction, movements, mut available_after) = booked(tx, id).await?;
    let (mut repriced, mut next) = (Minutes::ZERO, Fresh::after(transaction.id));
    if transaction.kind == TransactionKind::Reversal {
        while let Some((change, after)) = repricing(tx, next.id()).await? {
            repriced += change;
            available_after = after;
        }
    }
    let entry = transaction.time_entry_id.ok_or(sqlx::Error::RowNotFound)?;
    let none = [TransactionKind::Goodwill, TransactionKind::Invoiced].contains(&transaction.kind);
    let cards = if none { Vec::new() } else { draws(&movements) };
    Ok(Receipt::Correction(Correction {
        id: transaction.id,
        entry,
        kind: transaction.kind,
        cards,
        repriced,
        available_after,
    }))
}

/// By how much a transaction priced an entry again, and what the customer had left after it; none for another kind.
async fn repricing(tx: &mut Tx, id: TransactionId) -> Result<Option<(Minutes, Minutes)>> {
    let sql = "SELECT id FROM transactions WHERE id = $1 AND kind = 'repricing'";
    if tx.query(sql).bind(id).optional::<(TransactionId,)>().await?.is_none() {
        return Ok(None);
    }
    let (_, movements, available_after) = booked(tx, &id.to_string()).await?;
    let charges = |row: &Movement| matches!(row.to_account, Account::Used | Account::Uncovered);
    let change = movements.iter().map(|row| if charges(row) { row.minutes } else { Minutes(-row.minutes.0) }).sum();
    Ok(Some((change, available_after)))
}

/// A transaction, its movements, and what the customer had left after it.
async fn booked(tx: &mut Tx, id: &str) -> Result<(Transaction, Vec<Movement>, Minutes)> {
    let transaction: Transaction = tx.query("SELECT * FROM transactions WHERE id = $1").bind(id).one().await?;
    let sql = "SELECT * FROM movements WHERE customer_id = $1 AND recorded_at = $2 AND seq = $3 ORDER BY line";
    let movements: Vec<Movement> =
        tx.query(sql).bind(transaction.customer_id).bind(transaction.recorded_at).bind(transaction.seq).all().await?;
    let sql = "SELECT * FROM movements WHERE customer_id = $1 AND recorded_at <= $2 AND seq <= $3
               ORDER BY recorded_at DESC, seq DESC, line DESC LIMIT 1";
    let last: Option<Movement> = tx
        .query(sql)
        .bind(transaction.customer_id)
        .bind(transaction.recorded_at)
        .bind(transaction.seq)
        .optional()
        .await?;
    Ok((transaction, movements, last.map_or(Minutes::ZERO, |row| row.after.available)))
}

/// What each card paid or got back, in the order of booking.
fn draws(movements: &[Movement]) -> Vec<Draw> {
    let mut draws: Vec<Draw> = Vec::new();
    for row in movements {
        let Some(card) = row.card_id else { continue };
        match draws.iter_mut().find(|draw| draw.card == card) {
            Some(draw) => draw.minutes += row.minutes,
            None => draws.push(Draw { card, minutes: row.minutes }),
        }
    }
    draws
}
