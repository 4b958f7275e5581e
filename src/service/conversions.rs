//! Whether the money of converted cards is what their movements say (CARD-10): folded along with the rest by `verify`.

use crate::domain::{Account, Card, CardId, Cents, Minutes, Movement};
use std::collections::BTreeMap;

/// Minutes of a card that were converted in one transaction.
struct Part {
    /// Used, expired, refunded or converted before it.
    gone: Minutes,
    minutes: Minutes,
    /// The card that took over its money; none when that is given back.
    successor: Option<CardId>,
}

/// The conversions of one customer.
#[derive(Default)]
pub struct Conversions {
    parts: BTreeMap<CardId, Vec<Part>>,
    /// For each card that took over money: whose, and how much, as its row says.
    found: BTreeMap<CardId, (CardId, Cents)>,
    expected: BTreeMap<CardId, (CardId, Cents)>,
}

/// A figure of a card that is not what follows from its movements.
#[derive(Debug)]
pub struct Wrong {
    /// Which card and figure.
    pub what: String,
    /// What follows from the movements.
    pub expected: String,
    /// What its row says.
    pub found: String,
}

impl Conversions {
    /// The movements of one conversion: minutes that leave a card, and perhaps minutes of the one that goes on.
    pub fn booked(&mut self, movements: &[Movement]) {
        let successor = movements.iter().find(|line| line.from_account == Account::Issued);
        for line in movements.iter().filter(|line| line.from_account == Account::Available) {
            let after = line.card_after;
            let gone = after.used + after.expired + after.refunded + after.converted - line.minutes;
            let part = Part { gone, minutes: line.minutes, successor: successor.and_then(|line| line.card_id) };
            self.parts.entry(line.card_id.unwrap_or(CardId(uuid::Uuid::nil()))).or_default().push(part);
        }
    }

    /// A card's row, with its counters known to be right.
    ///
    /// # Errors
    /// When it gives back other money than what its movements say.
    pub fn card(&mut self, card: &Card) -> Result<(), Wrong> {
        let mut credit = Cents::ZERO;
        for part in self.parts.remove(&card.id).unwrap_or_default() {
            let money = card.deferred(part.gone) - card.deferred(part.gone + part.minutes);
            match part.successor {
                Some(successor) => drop(self.expected.insert(successor, (card.id, money))),
                None => credit += money,
            }
        }
        if let Some(old) = card.converted_from {
            self.found.insert(card.id, (old, card.price));
        }
        same(format!("card {}: credit", card.id), &credit, &card.credit)
    }

    /// After the last card.
    ///
    /// # Errors
    /// When a card took over other money than what its movements say, or money of a card that gave none.
    pub fn end(&self) -> Result<(), Wrong> {
        let all = self.expected.keys().chain(self.found.keys());
        for id in all {
            let text = |told: Option<&(CardId, Cents)>| {
                told.map_or("nothing".to_owned(), |(old, money)| format!("{money} of card {old}"))
            };
            same(format!("card {id}: money taken over"), &text(self.expected.get(id)), &text(self.found.get(id)))?;
        }
        Ok(())
    }
}

fn same<T: PartialEq + ToString>(what: String, expected: &T, found: &T) -> Result<(), Wrong> {
    if expected == found {
        return Ok(());
    }
    Err(Wrong { what, expected: expected.to_string(), found: found.to_string() })
}
