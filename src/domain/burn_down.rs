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

/// CARD-4's order, as a sort key: bought for something in particular, soonest expiry (never last), free before paid,
/// oldest activation, id.
#[must_use]
pub fn order(card: &Card) -> (bool, NaiveDate, Origin, DateTime<Utc>, CardId) {
    let last_day = card.expires_on.unwrap_or(NaiveDate::MAX);
    let activated = card.activated_at.unwrap_or(DateTime::<Utc>::MAX_UTC);
    (!card.is_scoped(), last_day, card.origin, activated, card.id)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Cents, CustomerId, InstallationId, WorkScope};
    use chrono::TimeZone as _;
    use uuid::Uuid;

    /// A card by the four things that CARD-4 looks at; days are in March 2026.
    fn card(id: u128, origin: Origin, expires: Option<u32>, activated: u32) -> Card {
        let day = |day| NaiveDate::from_ymd_opt(2026, 3, day).unwrap();
        Card {
            id: CardId(Uuid::from_u128(id)),
            customer_id: CustomerId(Uuid::nil()),
            product: "5h".to_owned(),
            origin,
            minutes: Minutes(300),
            granted: Minutes(300),
            price: Cents::ZERO,
            vat: Cents::ZERO,
            ordered_on: day(1),
            activated_at: Some(Utc.with_ymd_and_hms(2026, 3, activated, 9, 0, 0).unwrap()),
            activated_on: Some(day(activated)),
            expires_on: expires.map(day),
            late_days: 0,
            invoice_id: None,
            installation_id: None,
            work: WorkScope::default(),
            converts_on: None,
            converted_from: None,
            credit: Cents::ZERO,
            frozen_on: None,
            credited_from: None,
            invoiced_on: None,
            cancelled_on: None,
            available: Minutes(300),
            held: Minutes::ZERO,
            used: Minutes::ZERO,
            expired: Minutes::ZERO,
            frozen: Minutes::ZERO,
            refunded: Minutes::ZERO,
            converted: Minutes::ZERO,
        }
    }

    #[test]
    fn card_4_what_was_bought_for_this_work_goes_first() {
        let one_site =
            Card { installation_id: Some(InstallationId(Uuid::from_u128(7))), ..card(1, Origin::Bought, None, 9) };
        let one_kind = Card { work: "change".parse().unwrap(), ..card(2, Origin::Bought, None, 10) };
        let all_but_one = Card { work: "-change".parse().unwrap(), ..card(3, Origin::Bought, Some(20), 1) };
        let sources = [&all_but_one, &one_kind, &one_site].map(|card| (card, Minutes(10))).to_vec();
        let paid: Vec<u128> = burn_down(sources, Minutes(30)).iter().map(|draw| draw.card.0.as_u128()).collect();
        assert_eq!(paid, [1, 2, 3]);
    }

    #[test]
    fn card_4_soonest_expiry_then_free_then_oldest_then_id() {
        use Origin::{Bought, Welcome};
        // In the order in which they pay; each differs from the one before by the next rule.
        let cards = [
            card(9, Bought, Some(20), 9),
            card(8, Welcome, Some(30), 8),
            card(7, Bought, Some(30), 3),
            card(6, Bought, Some(30), 4),
            card(5, Welcome, None, 7),
            card(3, Bought, None, 5),
            card(4, Bought, None, 5),
        ];
        let sources = cards.iter().rev().map(|card| (card, Minutes(10))).collect();
        let draws = burn_down(sources, Minutes(65));
        let paid: Vec<(CardId, i64)> = draws.iter().map(|draw| (draw.card, draw.minutes.0)).collect();
        let expected: Vec<(CardId, i64)> = cards.iter().map(|card| card.id).zip([10, 10, 10, 10, 10, 10, 5]).collect();
        assert_eq!(paid, expected);
        assert_eq!(total(&draws), Minutes(65));
    }

    #[test]
    fn draws_stop_at_what_there_is() {
        let card = card(1, Origin::Bought, None, 1);
        assert_eq!(total(&burn_down(vec![(&card, Minutes(45))], Minutes(60))), Minutes(45));
        assert_eq!(burn_down(vec![(&card, Minutes::ZERO)], Minutes(60)), []);
    }
}
