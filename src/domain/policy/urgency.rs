//! `[urgency]`: which tickets can be urgent, and what that costs (URG-1, URG-2).

use super::Bilingual;
use super::coverage::known_id;
use super::reader::{Reader, bilingual, id, money, number};
use crate::domain::{Cents, coverage::Urgency};

/// How urgent tickets are treated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UrgencyRules {
    /// The sentence for safety incidents, which are always free and never counted (URG-1).
    pub safety: Bilingual,
    /// The priority of a safety incident.
    pub safety_priority: Option<String>,
    /// What is no safety incident, shown beside the choice.
    pub not_safety: Vec<Bilingual>,
    /// How many urgent tickets are free per window (URG-2); 0 for none.
    pub free_per_window: u32,
    /// The window, in months.
    pub window_months: u32,
    /// The sentence for the free ones.
    pub sentence: Bilingual,
    /// What the agent offers once they are used up.
    pub offer: Option<Bilingual>,
    /// What the add-on costs, where there is one.
    pub add_on: Option<AddOn>,
    /// What can be chosen besides a safety incident; at least one.
    pub levels: Vec<UrgencyLevel>,
}

/// The prices of the add-on for urgent tickets, ex VAT (URG-2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddOn {
    /// Per month.
    pub monthly: Cents,
    /// Per hour of an urgent ticket.
    pub hourly: Cents,
}

/// A degree of urgency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UrgencyLevel {
    /// How tickets and factors name it; never `safety`.
    pub id: String,
    /// How people name it.
    pub name: Bilingual,
    /// The priority of a ticket while the urgency stands.
    pub priority: Option<String>,
}

/// The ids of the levels, for sections that are read before this one.
pub(super) fn level_ids(keys: &mut Reader<'_>) -> Vec<String> {
    keys.peek("urgency", |keys| keys.tables("levels", |keys| keys.or("id", String::new(), id())))
}

impl UrgencyRules {
    /// The longest window, in months.
    pub const MOST_MONTHS: u32 = 120;

    /// Whether urgency is rationed: some are free, or an add-on pays for them. Else every ticket may be urgent, and
    /// factors say what that costs (TIME-3).
    #[must_use]
    pub const fn is_rationed(&self) -> bool {
        self.free_per_window > 0 || self.offer.is_some() || self.add_on.is_some()
    }

    /// A level by its id.
    #[must_use]
    pub fn level(&self, id: &str) -> Option<&UrgencyLevel> {
        self.levels.iter().find(|level| level.id == id)
    }

    /// The priority that a ticket gets while this urgency stands.
    #[must_use]
    pub fn priority(&self, urgency: &Urgency) -> Option<&str> {
        match urgency {
            Urgency::Safety => self.safety_priority.as_deref(),
            Urgency::Level(id) => self.level(id)?.priority.as_deref(),
        }
    }

    /// Reads the section; `priorities` are the ids of those that there are.
    pub(super) fn read(keys: &mut Reader<'_>, priorities: &[String]) -> Self {
        let mut taken = vec![Urgency::SAFETY.to_owned()];
        let levels = keys.tables("levels", |keys| UrgencyLevel::read(keys, priorities, &mut taken));
        if levels.is_empty() && !keys.has("levels") {
            keys.fault("levels", "at least one [[urgency.levels]]");
        }
        let free_per_window = keys.or("free_per_window", 1, number("tickets", 0..=1_000));
        let sentence = keys.optional("sentence", bilingual());
        if sentence.is_none() && free_per_window > 0 && !keys.has("sentence") {
            keys.fault("sentence", "the sentence for the urgent ticket that is free, in both languages");
        }
        let add_on = keys.has("add_on").then(|| keys.table("add_on", AddOn::read));
        Self {
            safety: keys.required("safety", bilingual()),
            safety_priority: keys.optional("safety_priority", known_id("priority", priorities.to_vec())),
            not_safety: keys.list("not_safety", vec![], &bilingual()),
            free_per_window,
            window_months: keys.or("window_months", 12, number("months", 1..=Self::MOST_MONTHS)),
            sentence: sentence.unwrap_or_default(),
            offer: keys.optional("offer", bilingual()),
            add_on,
            levels,
        }
    }
}

impl AddOn {
    fn read(keys: &mut Reader<'_>) -> Self {
        Self { monthly: keys.required("monthly", money()), hourly: keys.required("hourly", money()) }
    }
}

impl UrgencyLevel {
    fn read(keys: &mut Reader<'_>, priorities: &[String], taken: &mut Vec<String>) -> Self {
        let level = Self {
            id: keys.required("id", id()),
            name: keys.required("name", bilingual()),
            priority: keys.optional("priority", known_id("priority", priorities.to_vec())),
        };
        if taken.contains(&level.id) {
            keys.fault("id", "an id that no other level has, and not \"safety\"");
        } else if !level.id.is_empty() {
            taken.push(level.id.clone());
        }
        level
    }
}
