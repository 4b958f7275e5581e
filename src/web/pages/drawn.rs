//! The cards of a customer as its pages draw and name them.

use super::words::either;
use crate::domain::{Card, CardId, CardStatus, Minutes, Origin, Policies};
use crate::service::balance;
use crate::web::strips::CardView;
use crate::web::text::{Lang, date, hours_words};
use std::collections::BTreeMap;

/// What a card of these minutes is called: "10 uur", "10 hours"; the free one "Welkomstkaart".
#[must_use]
pub fn card_name(product: &str, minutes: Minutes, lang: Lang) -> String {
    if product == "welcome" {
        return either(lang, "Welkomstkaart", "Welcome card").to_owned();
    }
    hours_words(minutes, lang)
}

/// The cards to draw, the oldest order first: those that matter now, then those that are over.
#[must_use]
pub fn cards(cards: &[balance::CardView], policies: &Policies, lang: Lang) -> (Vec<CardView>, Vec<CardView>) {
    (1..).zip(cards).map(|(nth, seen)| card(nth, seen, policies, lang)).partition(|card| {
        let over = matches!(card.status, "used-up" | "expired" | "refunded");
        !over || card.held.is_positive()
    })
}

/// What each card is called in a list: "kaart 2 (10 uur)".
#[must_use]
pub fn names(cards: &[balance::CardView], lang: Lang) -> BTreeMap<CardId, String> {
    let name = |(nth, seen): (usize, &balance::CardView)| {
        let name = card_name(&seen.card.product, seen.card.minutes, lang);
        (seen.card.id, format!("{} ({name})", reference(nth, lang)))
    };
    (1..).zip(cards).map(name).collect()
}

fn reference(nth: usize, lang: Lang) -> String {
    either(lang, format!("kaart {nth}"), format!("card {nth}"))
}

fn card(nth: usize, seen: &balance::CardView, policies: &Policies, lang: Lang) -> CardView {
    let card = &seen.card;
    CardView {
        name: card_name(&card.product, card.minutes, lang),
        reference: reference(nth, lang),
        free: card.origin == Origin::Welcome,
        status: status(seen),
        validity: validity(seen, lang),
        increment: policies.at(card.ordered_on).1.time.increment,
        minutes: card.minutes,
        used: card.used,
        held: card.held,
        available: card.available,
        frozen: card.frozen,
        expired: card.expired,
        refunded: card.refunded,
    }
}

fn status(seen: &balance::CardView) -> &'static str {
    let card: &Card = &seen.card;
    match seen.status {
        CardStatus::Ordered => "pending",
        CardStatus::UsedUp if card.refunded.is_positive() => "refunded",
        CardStatus::UsedUp => "used-up",
        CardStatus::Expired => "expired",
        CardStatus::Active if card.frozen.is_positive() => "frozen",
        CardStatus::Active => "active",
    }
}

/// CARD-5 in words.
fn validity(seen: &balance::CardView, lang: Lang) -> String {
    match (seen.card.expires_on, seen.status) {
        (_, CardStatus::Ordered) => either(lang, "actief na betaling", "active once paid").to_owned(),
        (None, _) => either(lang, "verloopt niet", "does not expire").to_owned(),
        (Some(last), CardStatus::Expired) => {
            let last = date(last, lang);
            either(lang, format!("was geldig t/m {last}"), format!("was valid up to and including {last}"))
        }
        (Some(last), _) => {
            let last = date(last, lang);
            either(lang, format!("geldig t/m {last}"), format!("valid up to and including {last}"))
        }
    }
}
