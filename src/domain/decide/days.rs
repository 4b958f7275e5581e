//! The work of one ticket on one day: what an entry is priced on top of, and what the rest costs once one of them is
//! reversed (TIME-2).
//!
//! Where the policy says so, a ticket-day costs what its standing entries cost together: an entry is charged the
//! difference to what the day was charged before it. When one is reversed, the rest is priced again in the same command.
//! What the rest still owes of the reversed minutes passes on to the oldest entry that stands, from the very cards and
//! holds to which they just went back; what it was charged too much goes back from the newest entries. Each is a
//! transaction of its own about that entry, of the kind `repricing`.

use super::Case;
use super::customers::invalid;
use super::time::uncovered_line;
use crate::domain::{
    Account, Act, CustomerId, Minutes, Movement, Refusal, Ticket, TimeEntry, TimeEntryId, TransactionKind, Urgency,
    charge::{Charge, TicketDay, TicketDayId, Work, charge},
    ledger::Line,
    policy::{Per, Surcharge, TimeRules},
};
use chrono::NaiveDate;

impl Case<'_> {
    /// Prices the work that is to be logged on a ticket: by the rules of its day, on top of what stands of that day.
    pub(super) fn price(&self, ticket: &Ticket, worked_on: NaiveDate) -> Result<Charge, Refusal> {
        let Act::LogTime { worked, started_at, surcharges, .. } = &self.command.act else {
            unreachable!("only time is priced");
        };
        let (version, policy) = self.at.policies.at(worked_on);
        let surcharges = chosen(&policy.time, surcharges)?;
        let urgency = ticket.urgency.as_ref().map(Urgency::as_str);
        let work = Work { worked: *worked, started: *started_at, urgency, surcharges: &surcharges };
        let day = self.day_so_far((ticket.id, worked_on, version), ticket.customer_id, &policy.time);
        Ok(charge(&policy.time, self.at.policies.time_zone(), work, &day))
    }

    fn day_so_far(&self, id: TicketDayId, customer: CustomerId, rules: &TimeRules) -> TicketDay {
        let nothing = || TicketDay::new(id, customer, rules.per);
        self.draft.day(id).cloned().unwrap_or_else(nothing)
    }

    /// Counts an entry that is booked.
    pub(super) fn count_on_day(&mut self, entry: &TimeEntry) {
        let Some(id) = entry.day() else { return };
        let rules = &self.at.policies.at(entry.worked_on).1.time;
        let mut day = self.day_so_far(id, entry.customer_id, rules);
        day.add(entry);
        self.draft.changes.days.insert(id, day);
    }

    /// Counts an entry no more, and prices the rest of its day again where they are priced together. `drawn` is what
    /// just went back. Gives by how much the rest is charged more, or less.
    pub(super) fn reprice_day(&mut self, reversed: &TimeEntry, drawn: &[Movement], reason: &str) -> Minutes {
        let Some(id) = reversed.day() else { return Minutes::ZERO };
        let rules = self.at.policies.version(id.2).map(|policy| &policy.time);
        let Some((day, rules)) = self.draft.day_mut(id).zip(rules) else { return Minutes::ZERO };
        day.remove(reversed);
        if day.per == Per::Entry {
            return Minutes::ZERO;
        }
        let change = day.price(rules) - day.charged;
        if change.is_positive() {
            let uncovered = self.pass_on(id, change, drawn);
            self.invoice_heir(id, uncovered, reversed, reason);
            return change;
        }
        Minutes(-self.give_back(id, Minutes(-change.0)).0)
    }

    /// The entries that stand of a ticket's day, the oldest first.
    fn standing(&self, id: TicketDayId) -> Vec<TimeEntry> {
        let of_day = |entry: &&TimeEntry| entry.day() == Some(id) && entry.reversed_by.is_none();
        let mut standing: Vec<TimeEntry> = self.draft.entries().filter(of_day).cloned().collect();
        standing.sort_by_key(|entry| (entry.recorded_at, entry.id));
        standing
    }

    /// Charges the oldest entry of the day so much more: from where `drawn` just went back to, and uncovered for what of
    /// it came from no card. Gives how much that is.
    ///
    /// # Panics
    /// When no other entry stands, or the reversed one was charged less: then nothing could be owed.
    fn pass_on(&mut self, id: TicketDayId, owed: Minutes, drawn: &[Movement]) -> Minutes {
        let heir = self.standing(id).into_iter().next().expect("what is owed is owed for work that stands");
        let mut left = owed;
        let mut lines = Vec::new();
        for movement in drawn {
            let Some(back) = self.way_back(movement) else { continue };
            let minutes = back.minutes.min(left);
            left -= minutes;
            lines.push(Line { from: back.to, to: Account::Used, minutes, basis: movement.basis, ..back });
        }
        lines.push(uncovered_line(Account::Issued, Account::Uncovered, left));
        self.count_drawn(heir.ticket_id, owed, &lines);
        self.book_repricing(&heir, owed, left, &lines);
        left
    }

    /// What passed on uncovered goes on an invoice when that was agreed for the reversed minutes (TIME-7).
    fn invoice_heir(&mut self, id: TicketDayId, uncovered: Minutes, reversed: &TimeEntry, reason: &str) {
        let Some(rate) = reversed.hourly_rate.filter(|_| uncovered.is_positive()) else { return };
        let Some(heir) = self.standing(id).into_iter().next() else { return };
        let same_rate = heir.invoiced.is_zero() || heir.hourly_rate == Some(rate);
        if same_rate && heir.uncovered == uncovered && uncovered <= reversed.invoiced {
            self.put_on_invoice(heir.id, rate, reason);
        }
    }

    /// Gives so much back from the newest entries of the day, as far as it was neither given away nor put on an invoice
    /// before: uncovered minutes first, then those of cards, last drawn first. Gives how much.
    fn give_back(&mut self, id: TicketDayId, excess: Minutes) -> Minutes {
        let mut left = excess;
        for entry in self.standing(id).iter().rev() {
            let most = left.min(entry.charged_now());
            let open = entry.uncovered.min(most);
            let mut lines = vec![uncovered_line(Account::Uncovered, Account::Issued, open)];
            let mut taken = open;
            let mut returned = Vec::new();
            for movement in self.drawn_by(entry.id).into_iter().rev() {
                let minutes = movement.minutes.min(most - taken);
                let part = Movement { minutes, ..movement };
                lines.extend(self.way_back(&part));
                taken += minutes;
                returned.push(part);
            }
            if taken.is_positive() {
                self.count_returned(entry.ticket_id, taken, &returned);
                self.book_repricing(entry, Minutes(-taken.0), Minutes(-open.0), &lines);
                left -= taken;
            }
        }
        excess - left
    }

    /// Books that an entry is charged so much more or less, and how much of it is uncovered.
    fn book_repricing(&mut self, entry: &TimeEntry, change: Minutes, uncovered: Minutes, lines: &[Line]) {
        let mut transaction = self.transaction(TransactionKind::Repricing);
        transaction.policy_version = entry.policy_version;
        transaction.worked_on = Some(entry.worked_on);
        transaction.booked_on = self.at.books(entry.worked_on);
        transaction.time_entry_id = Some(entry.id);
        transaction.ticket_id = Some(entry.ticket_id);
        self.draft.book(transaction, lines);
        let entry = self.draft.entry_mut(entry.id).expect("found among those that stand");
        entry.repriced += change;
        entry.uncovered += uncovered;
        let day = entry.day().and_then(|id| self.draft.day_mut(id)).expect("only entries of a day are priced again");
        day.charged += change;
    }

    /// What an entry draws from cards as things stand, in the order of drawing: what repricing gave back is left out.
    pub(super) fn drawn_by(&self, id: TimeEntryId) -> Vec<Movement> {
        let mut drawn: Vec<Movement> = Vec::new();
        for movement in self.draft.movements_of(id).iter().chain(self.draft.new_movements_of(id)) {
            if movement.to_account == Account::Used {
                drawn.push(movement.clone());
            } else if movement.from_account == Account::Used {
                let mut back = movement.minutes;
                let same =
                    |row: &&mut Movement| (row.card_id, row.estimate_id) == (movement.card_id, movement.estimate_id);
                for row in drawn.iter_mut().rev().filter(same) {
                    let minutes = row.minutes.min(back);
                    row.minutes -= minutes;
                    back -= minutes;
                }
            }
        }
        drawn.retain(|movement| movement.minutes.is_positive());
        drawn
    }
}

/// The surcharges of an entry, each at most once.
fn chosen<'p>(rules: &'p TimeRules, ids: &[String]) -> Result<Vec<&'p Surcharge>, Refusal> {
    let mut chosen: Vec<&Surcharge> = Vec::new();
    for id in ids {
        let found = rules.surcharge(id).filter(|found| !chosen.contains(found));
        chosen.push(found.ok_or_else(|| unknown(rules))?);
    }
    Ok(chosen)
}

fn unknown(rules: &TimeRules) -> Refusal {
    let known: Vec<&str> = rules.surcharges.iter().map(|surcharge| surcharge.id.as_str()).collect();
    if known.is_empty() {
        return invalid("surcharges", "leave it out: the policy has no surcharges");
    }
    invalid("surcharges", format!("each of these at most once: {}", known.join(", ")))
}
