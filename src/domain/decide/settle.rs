//! What follows from dates alone: estimates that lapse or end, cards that expire. Booked before every command of the
//! customer, and by a job for customers nobody asks about; shown at once on every page.

use super::{Case, Circumstances};
use crate::domain::{
    Account, Actor, Card, CardId, Command, CommandId, CustomerId, EstimateId, EstimateStatus, Ledger, Target,
    TransactionKind, command::Act, ledger::Line,
};
use uuid::Uuid;

/// The ledger as it stands once everything due is booked; for reading, so the made-up ids go nowhere.
#[must_use]
pub fn settled(ledger: &Ledger, customer: CustomerId, at: Circumstances) -> Ledger {
    let command = Command {
        id: CommandId(Uuid::nil()),
        actor: Actor::Service,
        key: None,
        salt: String::new(),
        target: Target::Customer(customer),
        act: Act::Settle,
        bank_line: None,
    };
    let mut seen = ledger.clone();
    if let Ok(decision) = super::decide(ledger, customer, &command, at) {
        seen.apply(&decision.changes);
    }
    seen
}

impl Case<'_> {
    /// Books what is due today (SPEND-5, CARD-10, CARD-5).
    pub(super) fn settle(&mut self) {
        let today = self.at.today();
        let due: Vec<(EstimateId, EstimateStatus)> = self
            .draft
            .estimates()
            .filter(|estimate| estimate.status != estimate.status_on(today))
            .map(|estimate| (estimate.id, estimate.status_on(today)))
            .collect();
        for (id, status) in due {
            self.end_estimate(id, status, Actor::Service);
        }
        // A card that converts on a day on which it was still valid goes on as another one, which may expire since.
        self.convert_cards();
        self.expire_cards();
        self.credit_frozen();
    }

    /// Ends an estimate and releases what it still holds: to its cards, or to *expired* where the card is past.
    pub(super) fn end_estimate(&mut self, id: EstimateId, status: EstimateStatus, actor: Actor) {
        let at = self.recorded_at();
        let today = self.at.today();
        let lines: Vec<Line> = self
            .draft
            .held_for(id)
            .into_iter()
            .map(|(card, minutes)| Line {
                card: Some(card.id),
                estimate: Some(id),
                from: Account::Held,
                to: home_of(card, today),
                minutes,
                basis: None,
            })
            .chain(self.frozen_past(id))
            .collect();
        if let Some(estimate) = self.draft.estimate_mut(id) {
            estimate.status = status;
            estimate.closed_at = Some(at);
        }
        if !lines.is_empty() {
            let mut transaction = self.transaction(TransactionKind::Release).by(actor);
            transaction.ticket_id = self.draft.estimate(id).map(|estimate| estimate.ticket_id);
            self.draft.book(transaction, &lines);
        }
    }

    /// What is frozen for an estimate of cards that were past already when they were frozen: when it ends nothing is left of it.
    fn frozen_past(&self, id: EstimateId) -> Vec<Line> {
        let holds = self.draft.holds().filter(|hold| hold.estimate_id == id && hold.frozen.is_positive());
        let was_past =
            |card: CardId| self.draft.card(card).is_some_and(|card| card.frozen_on.is_some_and(|on| card.is_past(on)));
        holds
            .filter(|hold| was_past(hold.card_id))
            .map(|hold| Line {
                card: Some(hold.card_id),
                estimate: Some(id),
                from: Account::Frozen,
                to: Account::Expired,
                minutes: hold.frozen,
                basis: None,
            })
            .collect()
    }

    fn expire_cards(&mut self) {
        let today = self.at.today();
        let past: Vec<CardId> = self
            .draft
            .cards()
            .filter(|card| card.is_past(today) && card.available.is_positive())
            .map(|card| card.id)
            .collect();
        if past.is_empty() {
            return;
        }
        let transaction = self.transaction(TransactionKind::Expiry).by(Actor::Service);
        let lines: Vec<Line> = past
            .into_iter()
            .filter_map(|id| self.draft.card(id))
            .map(|card| Line {
                card: Some(card.id),
                estimate: None,
                from: Account::Available,
                to: Account::Expired,
                minutes: card.available,
                basis: None,
            })
            .collect();
        self.draft.book(transaction, &lines);
    }
}

/// Where minutes of a card go back to: *frozen* while its payment is undone, unless it was past by then; *expired* once its last
/// day is over; else *available* (TIME-5, CARD-5, PAY-3).
pub(super) fn home_of(card: &Card, today: chrono::NaiveDate) -> Account {
    match () {
        () if card.frozen_on.is_some_and(|on| !card.is_past(on)) => Account::Frozen,
        () if card.is_past(today) => Account::Expired,
        () => Account::Available,
    }
}
