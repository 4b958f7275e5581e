//! The answer of a command that was booked before, rebuilt from its rows: facts as the command left them, whatever
//! happened since.

use super::books::CommandRow;
use super::{Result, Statements, Tx};
use crate::domain::{
    Account, Card, Contact, Customer, Estimate, EstimateStatus, Invoice, Minutes, Movement, Payment, Receipt, Ticket,
    TimeEntry, Transaction, TransactionKind,
    burn_down::Draw,
    decide::{Correction, TimeReceipt},
};

/// The receipt of `command`.
///
/// # Errors
/// What the database says.
pub async fn load(tx: &mut Tx, command: &CommandRow) -> Result<Receipt> {
    let id = command.subject.as_str();
    Ok(match command.act.as_str() {
        "create_customer" => {
            Receipt::Customer(tx.query("SELECT * FROM customers WHERE id = $1").bind(id).one::<Customer>().await?)
        }
        "add_contact" => Receipt::Contact(contact(tx, id).await?),
        "remove_contact" => Receipt::Removed(contact(tx, id).await?),
        "order_card" => ordered(tx, command).await?,
        "record_payment" => {
            Receipt::Payment(tx.query("SELECT * FROM payments WHERE id = $1").bind(id).one::<Payment>().await?)
        }
        "open_ticket" => {
            Receipt::Ticket(tx.query("SELECT * FROM tickets WHERE id = $1").bind(id).one::<Ticket>().await?)
        }
        "log_time" => logged(tx, id).await?,
        "reverse_entry" | "cover_entry" => corrected(tx, id).await?,
        "settle" => Receipt::Settled,
        act => {
            let found: Estimate = tx.query("SELECT * FROM estimates WHERE id = $1").bind(id).one().await?;
            Receipt::Estimate(as_left_by(act, found))
        }
    })
}

async fn contact(tx: &mut Tx, id: &str) -> Result<Contact> {
    tx.query("SELECT * FROM contacts WHERE id = $1").bind(id).one().await
}

/// A card as it was ordered: active only if it became so in the same command.
async fn ordered(tx: &mut Tx, command: &CommandRow) -> Result<Receipt> {
    let sql = "SELECT * FROM cards WHERE id = $1";
    let mut card: Card = tx.query(sql).bind(command.subject.as_str()).one().await?;
    let invoice: Option<Invoice> = tx
        .query("SELECT * FROM invoices WHERE card_id = $1 AND customer_id = $2")
        .bind(card.id)
        .bind(card.customer_id)
        .optional()
        .await?;
    if card.activated_at.is_some_and(|at| at > command.recorded_at) {
        card.activated_at = None;
        card.activated_on = None;
        card.expires_on = None;
        card.granted = Minutes::ZERO;
    }
    Ok(Receipt::Card(card, invoice))
}

/// An estimate as the act left it.
fn as_left_by(act: &str, mut estimate: Estimate) -> Estimate {
    match act {
        "propose_estimate" => {
            estimate.status = EstimateStatus::Proposed;
            estimate.answered_by = None;
            estimate.answered_at = None;
            estimate.answered_via = None;
            estimate.answer_note = None;
            estimate.recorded_by = None;
            estimate.closed_at = None;
            estimate.held = Minutes::ZERO;
            estimate.used = Minutes::ZERO;
        }
        "accept_estimate" => {
            estimate.status = EstimateStatus::Accepted;
            estimate.closed_at = None;
            estimate.held = estimate.minutes;
            estimate.used = Minutes::ZERO;
        }
        _ => {}
    }
    estimate
}

async fn logged(tx: &mut Tx, id: &str) -> Result<Receipt> {
    let sql = "SELECT * FROM time_entries WHERE id = $1";
    let mut entry: TimeEntry = tx.query(sql).bind(id).one().await?;
    let booked = booked(tx, &entry.transaction_id.to_string()).await?;
    let uncovered = booked.1.iter().filter(|row| row.to_account == Account::Uncovered).map(|row| row.minutes).sum();
    entry.uncovered = uncovered;
    entry.reversed_by = None;
    Ok(Receipt::Time(TimeReceipt { entry, draws: draws(&booked.1), uncovered, available_after: booked.2 }))
}

async fn corrected(tx: &mut Tx, id: &str) -> Result<Receipt> {
    let (transaction, movements, available_after) = booked(tx, id).await?;
    let entry = transaction.time_entry_id.ok_or(sqlx::Error::RowNotFound)?;
    let cards = if transaction.kind == TransactionKind::Goodwill { Vec::new() } else { draws(&movements) };
    Ok(Receipt::Correction(Correction { id: transaction.id, entry, kind: transaction.kind, cards, available_after }))
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
