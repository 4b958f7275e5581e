//! Mistakes and late agreements: an entry is reversed, uncovered minutes find cover (TIME-5, TIME-7).

use super::{
    Case, Correction, Receipt,
    customers::invalid,
    settle::home_of,
    time::{draws_of, uncovered_line},
};
use crate::domain::{
    Account, CardId, ContactId, Minutes, Movement, Refusal, TicketId, TimeEntryId, TransactionId, TransactionKind,
    burn_down::Draw, ledger::Line,
};

impl Case<'_> {
    /// TIME-5: minutes go back to the very cards they came from.
    pub(super) fn reverse_entry(&mut self, id: TimeEntryId, reason: &str) -> Result<Receipt, Refusal> {
        let entry = self.draft.entry(id).ok_or(Refusal::NotFound("time entry"))?.clone();
        if entry.reversed_by.is_some() {
            return Err(Refusal::AlreadyReversed);
        }
        let drawn = self.drawn_by(id);
        let refunded: Vec<CardId> =
            drawn.iter().filter_map(|row| row.card_id).filter(|id| self.was_refunded(*id)).collect();
        let mut lines: Vec<Line> = drawn.iter().filter_map(|movement| self.way_back(movement)).collect();
        let cards = draws_of(&lines);
        lines.push(uncovered_line(Account::Uncovered, Account::Issued, entry.uncovered));
        self.count_returned(entry.ticket_id, entry.charged_now(), &drawn);
        // FAIR-2: reversed entries count nowhere.
        self.draft.changes.tally.on(entry.worked_on).counted += -entry.counted;

        let mut transaction = self.transaction(TransactionKind::Reversal);
        transaction.policy_version = self.at.policies.at(entry.worked_on).0;
        transaction.worked_on = Some(entry.worked_on);
        transaction.booked_on = self.at.books(entry.worked_on);
        transaction.reverses = Some(entry.transaction_id);
        transaction.time_entry_id = Some(id);
        transaction.ticket_id = Some(entry.ticket_id);
        let transaction_id = transaction.id;
        let reversed = self.draft.entry_mut(id).expect("found above");
        reversed.reversed_by = Some(transaction_id);
        reversed.uncovered = Minutes::ZERO;
        reversed.invoiced = Minutes::ZERO;
        self.unbill_entry(&entry, reason);
        self.book_with_note(transaction, reason, &lines);
        let repriced = self.reprice_day(&entry, &drawn, reason);
        self.refund_again(&refunded, reason);
        Ok(self.correction(transaction_id, id, TransactionKind::Reversal, (cards, repriced)))
    }

    fn was_refunded(&self, id: CardId) -> bool {
        self.draft.card(id).is_some_and(crate::domain::Card::is_refunded)
    }

    /// TIME-5, CARD-7: what comes back to a card that was given back is given back as well.
    fn refund_again(&mut self, cards: &[CardId], reason: &str) {
        for id in cards {
            let available = self.draft.card(*id).map_or(Minutes::ZERO, |card| card.available);
            self.refund_parts(*id, &[(Account::Available, None, available)], (TransactionKind::CreditNote, reason));
        }
    }

    /// One drawn line backwards: into the hold while the estimate is open, else to the card, or to *expired*.
    pub(super) fn way_back(&self, movement: &Movement) -> Option<Line> {
        let card = self.draft.card(movement.card_id?)?;
        let open =
            movement.estimate_id.and_then(|id| self.draft.estimate(id)).is_some_and(crate::domain::Estimate::is_open);
        let to = if movement.from_account != Account::Held || !open {
            home_of(card, self.at.today())
        } else if card.frozen_on.is_some() {
            Account::Frozen
        } else {
            Account::Held
        };
        Some(Line {
            card: Some(card.id),
            estimate: movement.estimate_id,
            from: Account::Used,
            to,
            minutes: movement.minutes,
            basis: None,
        })
    }

    /// The other half of counting drawn minutes: what was reversed may be used again under the same agreement.
    pub(super) fn count_returned(&mut self, ticket: TicketId, charged: Minutes, drawn: &[Movement]) {
        if let Some(ticket) = self.draft.ticket_mut(ticket) {
            ticket.charged -= charged;
        }
        for movement in drawn {
            match movement.estimate_id.and_then(|id| self.draft.estimate_mut(id)) {
                Some(estimate) => {
                    estimate.used -= movement.minutes;
                    estimate.correctable += movement.minutes;
                }
                None => {
                    if let Some(ticket) = self.draft.ticket_mut(ticket) {
                        ticket.correctable += movement.minutes;
                    }
                }
            }
        }
    }

    /// TIME-7: to a card only on a spender's agreement, else given away with a reason.
    pub(super) fn cover_entry(
        &mut self,
        id: TimeEntryId,
        by_card: Option<ContactId>,
        reason: &str,
    ) -> Result<Receipt, Refusal> {
        let entry = self.draft.entry(id).ok_or(Refusal::NotFound("time entry"))?.clone();
        if entry.reversed_by.is_some() {
            return Err(Refusal::AlreadyReversed);
        }
        if entry.uncovered.is_zero() {
            return Err(Refusal::NothingUncovered);
        }
        let Some(contact) = by_card else {
            self.give_away(id, reason);
            let given = self.draft.changes.transactions.last().expect("just booked").id;
            return Ok(self.correction(given, id, TransactionKind::Goodwill, (Vec::new(), Minutes::ZERO)));
        };
        let contact =
            self.draft.contact(contact).ok_or_else(|| invalid("contact_id", "expected a contact of this customer"))?;
        self.check_spender(contact, entry.uncovered, self.at.now)?;
        self.check_not_paused()?;
        let ticket = self.ticket(entry.ticket_id)?;
        let cover = self.draw_on_cards(entry.uncovered, entry.worked_on, ticket.work());
        if cover.total() < entry.uncovered {
            return Err(self.too_few(cover.total(), entry.uncovered, ticket.work()));
        }
        let cards = draws_of(&cover.lines);
        let mut lines = cover.lines;
        lines.insert(0, uncovered_line(Account::Uncovered, Account::Issued, entry.uncovered));
        let mut transaction = self.transaction(TransactionKind::Cover);
        transaction.policy_version = self.at.policies.at(entry.worked_on).0;
        transaction.worked_on = Some(entry.worked_on);
        transaction.time_entry_id = Some(id);
        transaction.ticket_id = Some(entry.ticket_id);
        let transaction_id = transaction.id;
        self.draft.entry_mut(id).expect("found above").uncovered = Minutes::ZERO;
        self.book_with_note(transaction, reason, &lines);
        Ok(self.correction(transaction_id, id, TransactionKind::Cover, (cards, Minutes::ZERO)))
    }

    pub(super) fn correction(
        &self,
        id: TransactionId,
        entry: TimeEntryId,
        kind: TransactionKind,
        (cards, repriced): (Vec<Draw>, Minutes),
    ) -> Receipt {
        let available_after = self.customer().available;
        Receipt::Correction(Correction { id, entry, kind, cards, repriced, available_after })
    }
}
