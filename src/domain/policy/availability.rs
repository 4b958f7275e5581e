//! `[availability]`: what is promised of a month, and when maintenance may be done (SLA-8).

use super::hours::Calendar;
use super::reader::{ANY, Kind, Reader, minutes, per_cent, text};
use crate::domain::Minutes;
use crate::domain::hours::OpeningHours;
use rust_decimal::Decimal;

/// What the provider promises of the availability of a calendar month (SLA-8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AvailabilityRules {
    /// What is promised, in per cent: more than 0, at most 100.
    pub promised: Decimal,
    /// What is aimed for, in per cent: at least what is promised.
    pub aimed: Option<Decimal>,
    /// When announced planned maintenance is left out; `None` for never.
    pub planned: Option<OpeningHours>,
    /// How long planned maintenance is meant to last at most; shown, and no limit to what is left out.
    pub planned_minutes: Option<Minutes>,
    /// When announced urgent maintenance is left out; `None` for never.
    pub urgent: Option<OpeningHours>,
    /// What is promised about: an incident of anything else is left out. Empty when all that is recorded counts.
    pub products: Vec<String>,
}

impl AvailabilityRules {
    pub(super) fn read(keys: &mut Reader<'_>, calendar: &Calendar) -> Self {
        let promised = keys.required("promised", positive_per_cent());
        let aimed = keys.optional("aimed", per_cent());
        if aimed.is_some_and(|aimed| aimed < promised) {
            keys.fault("aimed", format!("at least what is promised ({promised})"));
        }
        let planned = calendar.optional(keys, "planned");
        let planned_minutes = keys.optional("planned_minutes", minutes(1..=Minutes::DAY.0, ANY));
        if planned_minutes.is_some() && !keys.has("planned") {
            keys.fault("planned_minutes", "this key only beside planned");
        }
        let products = keys.list("products", Vec::new(), &text());
        if let Some(twice) = (1..products.len()).find(|at| products[..*at].contains(&products[*at])) {
            keys.fault("products", format!("each product once; \"{}\" stands there twice", products[twice]));
        }
        Self { promised, aimed, planned, planned_minutes, urgent: calendar.optional(keys, "urgent"), products }
    }
}

/// A promise of nothing is none.
fn positive_per_cent() -> Kind<Decimal> {
    Kind::new("a percentage above 0 up to 100 without quotes, such as 99 or 99.5", |value| {
        (per_cent().read)(value).filter(|rate| !rate.is_zero())
    })
}
