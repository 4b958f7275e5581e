//! At new year unspent minutes go on at the new rate, for the same money, or are given back (CARD-10).

use super::Case;
use crate::domain::{
    Account, Actor, Card, CardId, Cents, Minutes, MoneyAccount, NoticeKind, Policies, Post, TransactionKind,
    ledger::Line,
    policy::{Conversion, ConvertsInto, Rate},
};
use chrono::NaiveDate;

/// What becomes of the available minutes of a card on its next date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upcoming {
    /// They are worth as many minutes as before.
    Unchanged,
    /// Minutes at another rate.
    Minutes {
        /// The money that goes on, ex VAT.
        money: Cents,
        /// What it buys from then on, at least one minute.
        minutes: Minutes,
        /// At which rate.
        rate: Rate,
    },
    /// Money that is to be given back, ex VAT.
    Credit(Cents),
}

/// What would become of the available minutes of `card` on the day it converts, as far as the policies say today.
/// `None` for a card that never converts.
#[must_use]
pub fn upcoming(card: &Card, policies: &Policies) -> Option<(NaiveDate, Upcoming)> {
    let on = card.converts_on.filter(|on| !card.is_past(*on))?;
    let money = card.deferred(card.gone()) - card.deferred(card.gone() + card.available);
    let into = conversion_of(card, policies)?.into;
    let rate_on = |day| policies.at(day).1.cards.as_ref().and_then(|terms| terms.rate(&card.product));
    // Compared with the rate of its order, not with the card's own: a card that was converted before has its money
    // rounded down to whole minutes.
    let (rate, before) = (rate_on(on), rate_on(card.ordered_on));
    Some((
        on,
        match (into, rate) {
            (ConvertsInto::Credit, _) => Upcoming::Credit(money),
            (ConvertsInto::NewRate, Some(rate)) if before.is_none_or(|before| !before.is_same(rate)) => {
                match rate.minutes_for(money) {
                    minutes if minutes.is_positive() => Upcoming::Minutes { money, minutes, rate },
                    _ => Upcoming::Credit(money),
                }
            }
            (ConvertsInto::NewRate, _) => Upcoming::Unchanged,
        },
    ))
}

/// The terms under which the card was ordered (POL-1).
fn conversion_of(card: &Card, policies: &Policies) -> Option<Conversion> {
    policies.at(card.ordered_on).1.cards.as_ref()?.conversion
}

/// The first date on which a card that is active from `first` converts; a card without value never does (CARD-2).
pub(super) fn first_date(card: &Card, policies: &Policies, first: NaiveDate) -> Option<NaiveDate> {
    let conversion = conversion_of(card, policies).filter(|_| card.price > Cents::ZERO)?;
    conversion.next_after(first)
}

impl Case<'_> {
    /// Converts what is due, date by date. Held minutes wait: once their estimate is closed they are available, and due.
    pub(super) fn convert_cards(&mut self) {
        while let Some((id, upcoming)) = self.next_due() {
            self.convert(id, upcoming);
        }
    }

    fn next_due(&self) -> Option<(CardId, Upcoming)> {
        let today = self.at.today();
        // PAY-1a: what was not invoiced yet has no money to go on with; it converts once that is done.
        let can = |card: &&Card| card.available.is_positive() && !card.waits_for_invoice();
        let due = self.draft.cards().filter(can).filter_map(|card| {
            let (on, upcoming) = upcoming(card, self.at.policies)?;
            (on <= today).then_some((on, card.id, upcoming))
        });
        due.min_by_key(|(on, id, _)| (*on, *id)).map(|(_, id, upcoming)| (id, upcoming))
    }

    fn convert(&mut self, id: CardId, upcoming: Upcoming) {
        let card = self.draft.card(id).expect("found among the cards of this draft").clone();
        let on = card.converts_on.expect("what is due has a date");
        match upcoming {
            Upcoming::Unchanged => {
                let next = conversion_of(&card, self.at.policies).and_then(|conversion| conversion.next_after(on));
                self.draft.card_mut(id).expect("found above").converts_on = next;
            }
            Upcoming::Credit(money) => {
                let kept = self.draft.card_mut(id).expect("found above");
                kept.credit += money;
                self.refund_parts(
                    id,
                    &[(Account::Available, None, card.available)],
                    (TransactionKind::Conversion, "conversion"),
                );
                self.tell(NoticeKind::Credited, card.installation_id, Some(id));
            }
            Upcoming::Minutes { money, minutes, .. } => {
                let next = self.successor(&card, on, money, minutes);
                let lines = [
                    line(&card, Account::Available, Account::Converted, card.available),
                    line(&next, Account::Issued, Account::Available, minutes),
                ];
                let (place, next_id) = (next.installation_id, next.id);
                self.draft.changes.cards.insert(next_id, next);
                let carried = Post::credit(MoneyAccount::Deferred, money).card(Some(next_id));
                self.book_conversion(on, &lines, carried);
                self.tell(NoticeKind::Converted, place, Some(next_id));
            }
        }
    }

    /// The card that goes on with the money of another one: valid as long, for the same work.
    fn successor(&mut self, old: &Card, on: NaiveDate, money: Cents, minutes: Minutes) -> Card {
        let mut card = Card {
            id: self.draft.fresh.id(),
            minutes,
            granted: Minutes::ZERO,
            price: money,
            vat: old.deferred_vat(old.gone()) - old.deferred_vat(old.gone() + old.available),
            ordered_on: on,
            activated_at: Some(self.recorded_at()),
            activated_on: Some(on),
            converted_from: Some(old.id),
            converts_on: None,
            credit: Cents::ZERO,
            ..old.clone()
        };
        card.set_balance(&crate::domain::Balance::default());
        card.converts_on = first_date(&card, self.at.policies, on);
        card
    }

    fn book_conversion(&mut self, on: NaiveDate, lines: &[Line], carried: Post) {
        let mut transaction = self.transaction(TransactionKind::Conversion).by(Actor::Service);
        transaction.policy_version = self.at.policies.at(on).0;
        self.draft.book_with(transaction, lines, &[carried]);
    }
}

fn line(card: &Card, from: Account, to: Account, minutes: Minutes) -> Line {
    Line { card: Some(card.id), estimate: None, from, to, minutes, basis: None }
}
