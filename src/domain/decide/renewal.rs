//! Cards that are used up: ordered again with the owner's consent (CARD-9), and told to the owner.

use super::{Case, Receipt};
use crate::domain::{
    Actor, Card, CardId, Consent, InstallationId, Minutes, Notice, NoticeKind, Origin, Refusal, WorkScope,
};

/// The cards that are counted together: of one product and scope, or of one scope.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    product: Option<String>,
    installation: Option<InstallationId>,
    work: WorkScope,
}

impl Group {
    fn by_product(card: &Card) -> Self {
        Self { product: Some(card.product.clone()), ..Self::by_scope(card) }
    }

    fn by_scope(card: &Card) -> Self {
        Self { product: None, installation: card.installation_id, work: card.work.clone() }
    }

    fn has(&self, card: &Card) -> bool {
        self.installation == card.installation_id
            && self.work == card.work
            && self.product.as_ref().is_none_or(|product| *product == card.product)
    }
}

impl Case<'_> {
    /// CARD-9: an owner who is logged in consents, once.
    pub(super) fn give_consent(&mut self) -> Result<Receipt, Refusal> {
        if !self.at.policy().cards.as_ref().is_some_and(|terms| terms.auto_renew) {
            return Err(Refusal::NoRenewal);
        }
        let Actor::Contact(user, contact_id, link) = self.actor() else { return Err(Refusal::ConsentByOwner) };
        if let Some(given) = self.draft.consents().find(|consent| consent.holds()) {
            return Ok(Receipt::Consent(given.clone()));
        }
        let consent = Consent {
            id: self.draft.fresh.id(),
            customer_id: self.customer().id,
            contact_id,
            given_at: self.recorded_at(),
            given_by: Some(user),
            link_by: link.map(|link| link.by),
            link_on: link.map(|link| link.on),
            withdrawn_at: None,
            withdrawn_by: None,
        };
        self.draft.changes.consents.insert(consent.id, consent.clone());
        Ok(Receipt::Consent(consent))
    }

    /// CARD-9: from now on nothing is ordered by itself; orders that were made stand.
    pub(super) fn withdraw_consent(&mut self) -> Result<Receipt, Refusal> {
        let given = self.draft.consents().find(|consent| consent.holds()).map(|consent| consent.id);
        let id = given.ok_or(Refusal::NotFound("consent"))?;
        let (at, by) = (self.recorded_at(), self.actor().user());
        let consent = self.draft.consent_mut(id).expect("found above");
        consent.withdrawn_at = Some(at);
        consent.withdrawn_by = by;
        Ok(Receipt::Consent(consent.clone()))
    }

    /// After everything else of a command: orders again what it used up, and tells the owner what has become of the
    /// cards.
    pub(super) fn follow_up(&mut self) {
        if self.draft.changes.cards.is_empty() {
            return;
        }
        for group in self.groups(Group::by_product) {
            self.renew(&group);
        }
        for group in self.groups(Group::by_scope) {
            self.warn(&group);
        }
    }

    /// The groups of the cards that this command changed, in the order of their cards.
    fn groups(&self, of: fn(&Card) -> Group) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        for card in self.draft.changes.cards.values() {
            let group = of(card);
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
        groups
    }

    /// What was left of a group before this command, and what is left now; `None` when money of it is given back, which
    /// is no reason to order or to warn.
    fn left(&self, group: &Group) -> Option<(Minutes, Minutes)> {
        let (mut before, mut now) = (Minutes::ZERO, Minutes::ZERO);
        for card in self.draft.cards().filter(|card| group.has(card)) {
            let was = self.draft.card_before(card.id);
            if was.is_some_and(|was| was.credit < card.credit) {
                return None;
            }
            before += was.map(Card::left).unwrap_or_default();
            now += card.left();
        }
        Some((before, now))
    }

    /// CARD-9: one order each time the last minute of a product and scope goes, none while one is open.
    fn renew(&mut self, group: &Group) {
        let Some(terms) = self.at.policy().cards.as_ref().filter(|terms| terms.auto_renew) else { return };
        let used_up = self.left(group).is_some_and(|(before, now)| before.is_positive() && now.is_zero());
        let consents = self.draft.consents().any(Consent::holds);
        let bought = |card: &&Card| group.has(card) && card.origin == Origin::Bought;
        let is_sold = self.draft.cards().any(|card| bought(&card));
        let is_ordered = self.draft.cards().filter(bought).any(|card| self.is_open(card));
        if !used_up || !consents || !is_sold || is_ordered {
            return;
        }
        match group.product.as_ref().and_then(|product| terms.product(product)) {
            Some(product) => {
                let (card, _) = self.sell(&product, group.installation, terms);
                self.tell(NoticeKind::Renewed, group.installation, Some(card.id));
            }
            None => self.tell(NoticeKind::NotRenewed, group.installation, None),
        }
    }

    /// Whether the order of a card is not paid in full.
    fn is_open(&self, card: &Card) -> bool {
        let unpaid = card.invoice_id.and_then(|id| self.draft.invoice(id)).is_some_and(|invoice| !invoice.is_paid());
        card.activated_on.is_none() || unpaid
    }

    fn warn(&mut self, group: &Group) {
        let limit = self.at.policy().cards.as_ref().and_then(|terms| terms.alert_below);
        let fell = |limit| self.left(group).is_some_and(|(before, now)| before > limit && now <= limit);
        if limit.is_some_and(fell) {
            self.tell(NoticeKind::Low, group.installation, None);
        }
    }

    /// Tells the owner something about cards.
    pub(super) fn tell(&mut self, kind: NoticeKind, installation_id: Option<InstallationId>, card_id: Option<CardId>) {
        let id = self.draft.fresh.id();
        let (customer_id, recorded_at) = (self.customer().id, self.recorded_at());
        let notice = Notice { id, customer_id, kind, installation_id, card_id, recorded_at };
        self.draft.changes.notices.push(notice);
    }
}
