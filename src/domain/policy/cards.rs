//! `[cards]`: what is sold, and for how long it is valid (CARD-1 to CARD-5).

use super::reader::{Kind, MOST_HOURS, Reader, minutes, money, number, per_cent, product_id, word};
use crate::domain::{Cents, Minutes};
use chrono::{Datelike, Months, NaiveDate};
use rust_decimal::Decimal;

/// The longest time, in days, that a policy can leave for late work (CARD-5): cards that expired longer ago need not be
/// looked at any more.
pub const MOST_LATE_DAYS: u32 = 366;

/// What cards there are and what holds for them (CARD-1 to CARD-5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardRules {
    /// The cards for sale, in the order of the file. Empty only where there is an hourly price.
    pub products: Vec<Product>,
    /// The price of an hour, ex VAT, where any whole number of hours is for sale (CARD-1).
    pub hourly_price: Option<Cents>,
    /// The free card of each new customer (CARD-2); zero for none.
    pub welcome: Minutes,
    /// What makes a bought card active.
    pub activate_on: ActivateOn,
    /// How long a card is valid.
    pub validity: Validity,
    /// For how many days after expiry work done in time may still be logged (CARD-5).
    pub late_days: u32,
    /// VAT on the price, in per cent: 0 to 100 (PAY-6).
    pub vat_rate: Decimal,
    /// The term of an invoice, in days.
    pub payment_days: u32,
}

/// A card that is for sale (CARD-1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// How orders name it, such as `10h`.
    pub id: String,
    /// What it holds: a multiple of the increment, more than nothing.
    pub minutes: Minutes,
    /// What it costs, ex VAT; never negative.
    pub price: Cents,
}

/// What makes a bought card active (CARD-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActivateOn {
    /// Its invoice is paid in full.
    Payment,
    /// It is ordered.
    Order,
}

/// How long a card is valid (CARD-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// For ever.
    Never,
    /// For this many months from the day it became active; at least one.
    Months(u32),
    /// To the end of the year, this many calendar years counted with the one it became active in; at least one.
    CalendarYears(u32),
}

impl CardRules {
    /// What an order for `id` sells: one of the products or, where there is an hourly price, `7h` for seven hours
    /// (CARD-1). `None` when nothing goes by that name, or when it asks for more than 10 000 hours.
    #[must_use]
    pub fn product(&self, id: &str) -> Option<Product> {
        self.products.iter().find(|product| product.id == id).cloned().or_else(|| self.hours(id))
    }

    fn hours(&self, id: &str) -> Option<Product> {
        let price = self.hourly_price?;
        let hours = id.strip_suffix('h')?.parse().ok().filter(|hours| (1..=MOST_HOURS).contains(hours))?;
        let minutes = Minutes(hours * 60);
        // Only `7h`, not `07h` or `+7h`: one product has one name.
        (id == format!("{hours}h")).then(|| Product { id: id.to_owned(), minutes, price: price.per_hour(minutes) })
    }

    pub(super) fn read(keys: &mut Reader<'_>, increment: Minutes) -> Self {
        let mut taken = Vec::new();
        let products = keys.tables("products", |keys| Product::read(keys, increment, &mut taken));
        if products.is_empty() && !keys.has("hourly_price") {
            keys.fault("products", "at least one [[cards.products]], or hourly_price");
        }
        let hourly_price = keys.optional("hourly_price", money());
        if hourly_price.is_some() && 60 % increment.0 != 0 {
            keys.fault("hourly_price", format!("an hour to be a multiple of the increment ({} minutes)", increment.0));
        }
        let activations = [("payment", ActivateOn::Payment), ("order", ActivateOn::Order)];
        Self {
            products,
            hourly_price,
            welcome: keys.or("welcome_minutes", Minutes::ZERO, minutes(0..=MOST_HOURS * 60, increment)),
            activate_on: keys.or("activate_on", ActivateOn::Payment, word(activations)),
            validity: Validity::read(keys),
            late_days: keys.or("late_days", 31, number("days", 0..=MOST_LATE_DAYS)),
            vat_rate: keys.or("vat_rate", Decimal::from(21), per_cent()),
            payment_days: keys.or("payment_days", 14, number("days", 0..=365)),
        }
    }
}

impl Product {
    pub(super) fn read(keys: &mut Reader<'_>, increment: Minutes, taken: &mut Vec<String>) -> Self {
        let id = keys.required("id", product_id());
        if taken.contains(&id) {
            keys.fault("id", "an id that no other product has");
        } else if !id.is_empty() {
            taken.push(id.clone());
        }
        let minutes = keys.required("minutes", minutes(1..=MOST_HOURS * 60, increment));
        Self { id, minutes, price: keys.required("price", money()) }
    }
}

impl Validity {
    /// The last day on which a card that became active on `activated` is valid; `None` when it never expires (CARD-5).
    ///
    /// Months run to the day before the same date: from 15 January, one month ends on 14 February. Where that falls
    /// beyond the end of the month it is the month's last day: from 31 January, one month ends on 28 February.
    #[must_use]
    pub fn last_day(self, activated: NaiveDate) -> Option<NaiveDate> {
        let last = match self {
            Self::Never => return None,
            Self::Months(months) => activated.checked_add_months(Months::new(months)).and_then(|same| {
                let clamped = same.day() != activated.day();
                if clamped { Some(same) } else { same.pred_opt() }
            }),
            Self::CalendarYears(years) => i32::try_from(years)
                .ok()
                .and_then(|years| activated.year().checked_add(years - 1))
                .and_then(|year| NaiveDate::from_ymd_opt(year, 12, 31)),
        };
        Some(last.unwrap_or(NaiveDate::MAX))
    }

    pub(super) fn read(keys: &mut Reader<'_>) -> Self {
        const EXPECTED: &str = r#""never", { months = 12 } or { calendar_years = 3 }"#;
        if !keys.is_table("validity") {
            let never = Kind { expected: EXPECTED.to_owned(), ..word([("never", Self::Never)]) };
            return keys.or("validity", Self::Never, never);
        }
        let (given, months, years) = keys.table("validity", |keys| {
            let months = keys.optional("months", number("months", 1..=1_200));
            let years = keys.optional("calendar_years", number("years", 1..=100));
            (keys.len(), months, years)
        });
        if given != 1 {
            keys.fault("validity", EXPECTED);
        }
        months.map(Self::Months).or(years.map(Self::CalendarYears)).unwrap_or(Self::Never)
    }
}
