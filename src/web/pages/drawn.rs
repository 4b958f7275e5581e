//! The cards of a customer as its pages draw and name them.

use super::words::{either, kind_of_work};
use crate::domain::{Card, CardId, CardStatus, Installation, Minutes, Origin, Policies, WorkScope};
use crate::service::balance::{self, BalanceView};
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
pub fn cards(balance: &BalanceView, policies: &Policies, lang: Lang) -> (Vec<CardView>, Vec<CardView>) {
    let drawn = (1..).zip(&balance.cards).map(|(nth, seen)| card(nth, seen, policies, &balance.installations, lang));
    drawn.partition(|card| {
        let over = matches!(card.status, "used-up" | "expired" | "refunded" | "converted");
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

fn card(
    nth: usize,
    seen: &balance::CardView,
    policies: &Policies,
    installations: &[Installation],
    lang: Lang,
) -> CardView {
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
        converted: card.converted,
        scope: scope(card, installations, lang),
    }
}

fn status(seen: &balance::CardView) -> &'static str {
    let card: &Card = &seen.card;
    match seen.status {
        CardStatus::Ordered => "pending",
        CardStatus::Cancelled | CardStatus::Credited => "refunded",
        CardStatus::Frozen => "frozen",
        CardStatus::UsedUp if card.refunded.is_positive() => "refunded",
        CardStatus::UsedUp => "used-up",
        CardStatus::Expired => "expired",
        CardStatus::Converted => "converted",
        CardStatus::Active => "active",
    }
}

/// CARD-5 in words.
fn validity(seen: &balance::CardView, lang: Lang) -> String {
    match (seen.card.expires_on, seen.status) {
        (_, CardStatus::Cancelled) => either(lang, "bestelling geannuleerd", "order cancelled").to_owned(),
        (_, CardStatus::Frozen) => {
            either(lang, "bevroren tot de betaling terug is", "frozen until it is paid again").to_owned()
        }
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

/// CARD-8 in words: "alleen voor dorpsschool.nl, niet voor training"; empty for a card that pays for everything.
fn scope(card: &Card, installations: &[Installation], lang: Lang) -> String {
    let place = card.installation_id.and_then(|id| installations.iter().find(|place| place.id == id));
    scope_words(place.map(|place| place.name.as_str()), &card.work, lang)
}

/// What cards of a scope pay for, in words; empty for everything.
#[must_use]
pub fn scope_words(place: Option<&str>, work: &WorkScope, lang: Lang) -> String {
    let words = |words: &[String]| words.iter().map(|word| kind_of_work(word, lang)).collect::<Vec<_>>().join(", ");
    let mut parts = Vec::new();
    let only: Vec<String> =
        place.map(str::to_owned).into_iter().chain((!work.only.is_empty()).then(|| words(&work.only))).collect();
    if !only.is_empty() {
        parts.push(format!("{} {}", either(lang, "alleen voor", "only for"), only.join(": ")));
    }
    if !work.never.is_empty() {
        parts.push(format!("{} {}", either(lang, "niet voor", "not for"), words(&work.never)));
    }
    parts.join(", ")
}
