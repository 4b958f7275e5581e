//! Which cards pay, in which order, and how much each (CARD-4).

use super::{Card, CardId, Minutes, Origin};
use chrono::{DateTime, NaiveDate, Utc};

/// A proposal: so many minutes from this card. It becomes a movement when it is booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    /// The card that pays.
    pub card: CardId,
    /// How much; more than zero.
    pub minutes: Minutes,
}

/// CARD-4's order, as a sort key: soonest expiry (never last), free before paid, oldest activation, id.
#[must_use]
pub fn order(card: &Card) -> (NaiveDate, Origin, DateTime<Utc>, CardId) {
    let last_day = card.expires_on.unwrap_or(NaiveDate::MAX);
    let activated = card.activated_at.unwrap_or(DateTime::<Utc>::MAX_UTC);
    (last_day, card.origin, activated, card.id)
}

/// Takes up to `asked` from `sources` (a card and what it can give), in CARD-4's order.
/// The draws add up to `asked`, or to all there is.
#[must_use]
pub fn burn_down(mut sources: Vec<(&Card, Minutes)>, asked: Minutes) -> Vec<Draw> {
    sources.sort_by_key(|(card, _)| order(card));
    let mut left = asked;
    let mut draws = Vec::new();
    for (card, can_give) in sources {
        let minutes = can_give.min(left);
        if minutes.is_positive() {
            draws.push(Draw { card: card.id, minutes });
            left -= minutes;
        }
    }
    draws
}

/// What a list of draws adds up to.
#[must_use]
pub fn total(draws: &[Draw]) -> Minutes {
    draws.iter().map(|draw| draw.minutes).sum()
}
