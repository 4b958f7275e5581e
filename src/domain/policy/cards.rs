//! `[cards]`: what is sold, what it pays for, for how long it is valid, and what becomes of it (CARD-1 to CARD-10).

use super::reader::{ANY, Kind, MOST_HOURS, Reader, flag, id, minutes, money, number, per_cent, product_id, word};
use crate::domain::{Cents, Minutes, TicketKind, WorkScope};
use chrono::{Datelike, Months, NaiveDate};
use rust_decimal::Decimal;

/// The longest time, in days, that a policy can leave for late work (CARD-5): cards that expired longer ago need not be
/// looked at any more.
pub const MOST_LATE_DAYS: u32 = 366;

/// What cards there are and what holds for them (CARD-1 to CARD-10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardRules {
    /// The cards for sale, in the order of the file. Empty only where hours or strips are for sale.
    pub products: Vec<Product>,
    /// The price of an hour, ex VAT, where any whole number of hours is for sale (CARD-1).
    pub hourly_price: Option<Cents>,
    /// The price of one strip, ex VAT, where any whole number of strips is for sale (CARD-1).
    pub strip_price: Option<Cents>,
    /// What one strip holds: the increment of `[time]`.
    pub strip: Minutes,
    /// The least that the first purchase holds (zero for any), and what later ones wait for.
    pub minimum_first: Minutes,
    /// When a customer that has bought before may buy again.
    pub top_up: TopUp,
    /// What hours and strips, and products that do not say otherwise, pay for (CARD-8).
    pub scope: SoldFor,
    /// Whether a card that is used up is ordered again for a customer that consents (CARD-9).
    pub auto_renew: bool,
    /// What becomes of unspent minutes on a date of each year; `None` leaves them as they are (CARD-10).
    pub conversion: Option<Conversion>,
    /// Whether available minutes can be given back for money (CARD-7).
    pub refundable: bool,
    /// The owner is told when available and held minutes together come down to this; `None` for no alert.
    pub alert_below: Option<Minutes>,
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
    /// What it would cost without the discount, shown beside the price; more than the price.
    pub list_price: Option<Cents>,
    /// What a card of it pays for (CARD-8).
    pub scope: SoldFor,
}

/// What a card is sold for (CARD-8).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SoldFor {
    /// Each card is bought for one installation of the customer.
    pub per_installation: bool,
    /// The kinds of work that it pays for.
    pub work: WorkScope,
}

/// When a customer that has bought before may buy again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TopUp {
    /// At any time.
    Any,
    /// While at least one strip is available or held; after that an order is a first purchase again.
    WhileLeft,
}

/// What becomes of unspent minutes on one date of each year (CARD-10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conversion {
    /// Into what.
    pub into: ConvertsInto,
    /// Month and day of that date, one that every year has.
    pub on: (u32, u32),
}

/// What unspent minutes are converted into (CARD-10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConvertsInto {
    /// Minutes at the rate of that date, for the same money.
    NewRate,
    /// Money to give back by credit note.
    Credit,
}

impl Conversion {
    /// The first such date after `day`.
    #[must_use]
    pub fn next_after(self, day: NaiveDate) -> Option<NaiveDate> {
        let (month, date) = self.on;
        (day.year()..).take(2).filter_map(|year| NaiveDate::from_ymd_opt(year, month, date)).find(|next| *next > day)
    }
}

/// What minutes cost, as an exact fraction: `price` for `minutes` (CARD-10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// What they cost, ex VAT; more than nothing.
    pub price: Cents,
    /// How many; more than nothing.
    pub minutes: Minutes,
}

impl Rate {
    /// A rate, unless it is for nothing or for no minutes.
    #[must_use]
    pub fn new(price: Cents, minutes: Minutes) -> Option<Self> {
        (price > Cents::ZERO && minutes.is_positive()).then_some(Self { price, minutes })
    }

    /// How many whole minutes `money` buys: floor(money ÷ price per minute).
    ///
    /// # Panics
    /// When that is beyond an `i64`, which no card's money reaches.
    #[must_use]
    pub fn minutes_for(self, money: Cents) -> Minutes {
        let minutes = i128::from(money.0) * i128::from(self.minutes.0) / i128::from(self.price.0);
        Minutes(i64::try_from(minutes).expect("minutes fit an i64"))
    }

    /// Whether a minute costs exactly the same.
    #[must_use]
    pub fn is_same(self, other: Self) -> bool {
        i128::from(self.price.0) * i128::from(other.minutes.0) == i128::from(other.price.0) * i128::from(self.minutes.0)
    }
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
    /// For this many months from the day it was ordered; at least one.
    MonthsFromOrder(u32),
    /// To the end of the year, this many calendar years counted with the one it became active in; at least one.
    CalendarYears(u32),
}

impl CardRules {
    /// What an order for `id` sells: one of the products or, where any number is for sale, `7h` for seven hours or
    /// `32s` for 32 strips (CARD-1). `None` when nothing goes by that name, or when it asks for more than 10 000 hours.
    #[must_use]
    pub fn product(&self, id: &str) -> Option<Product> {
        let listed = self.products.iter().find(|product| product.id == id).cloned();
        listed
            .or_else(|| self.any_number(id, 'h', Minutes(60), self.hourly_price?))
            .or_else(|| self.any_number(id, 's', self.strip, self.strip_price?))
    }

    /// A product sold by the piece.
    fn any_number(&self, id: &str, unit: char, minutes: Minutes, price: Cents) -> Option<Product> {
        let count: i64 = id.strip_suffix(unit)?.parse().ok()?;
        let most = MOST_HOURS * 60 / minutes.0;
        // Only `7h`, not `07h` or `+7h`: one product has one name.
        let named = (1..=most).contains(&count) && id == format!("{count}{unit}");
        named.then(|| Product {
            id: id.to_owned(),
            minutes: Minutes(count * minutes.0),
            price: Cents(count * price.0),
            list_price: None,
            scope: self.scope.clone(),
        })
    }

    /// What minutes of `product` cost today: as that product is sold, else by the hour, else by the strip (CARD-10).
    /// `None` where none of them has a price.
    #[must_use]
    pub fn rate(&self, product: &str) -> Option<Rate> {
        let same = self.product(product).and_then(|product| Rate::new(product.price, product.minutes));
        let hours = || Rate::new(self.hourly_price?, Minutes(60));
        let strips = || Rate::new(self.strip_price?, self.strip);
        same.or_else(hours).or_else(strips)
    }

    pub(super) fn read(keys: &mut Reader<'_>, increment: Minutes, topics: &[String]) -> Self {
        let mut taken = Vec::new();
        let scope = SoldFor::read(keys, &SoldFor::default(), topics);
        let products = keys.tables("products", |keys| Product::read(keys, increment, &mut taken, &scope, topics));
        if products.is_empty() && !keys.has("hourly_price") && !keys.has("strip_price") {
            keys.fault("products", "at least one [[cards.products]], or hourly_price or strip_price");
        }
        let hourly_price = keys.optional("hourly_price", money());
        if hourly_price.is_some() && 60 % increment.0 != 0 {
            keys.fault("hourly_price", format!("an hour to be a multiple of the increment ({} minutes)", increment.0));
        }
        let activations = [("payment", ActivateOn::Payment), ("order", ActivateOn::Order)];
        let renewals = [("never", false), ("with_consent", true)];
        Self {
            products,
            hourly_price,
            strip_price: keys.optional("strip_price", money()),
            strip: increment,
            minimum_first: keys.or("minimum_first_minutes", Minutes::ZERO, minutes(0..=MOST_HOURS * 60, increment)),
            top_up: keys.or("top_up", TopUp::Any, word([("any", TopUp::Any), ("while_left", TopUp::WhileLeft)])),
            scope,
            auto_renew: keys.or("auto_renew", false, word(renewals)),
            conversion: Conversion::read(keys),
            refundable: keys.or("refundable", true, flag()),
            alert_below: keys.optional("alert_below_minutes", minutes(0..=MOST_HOURS * 60, ANY)),
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
    pub(super) fn read(
        keys: &mut Reader<'_>,
        increment: Minutes,
        taken: &mut Vec<String>,
        scope: &SoldFor,
        topics: &[String],
    ) -> Self {
        let id = keys.required("id", product_id());
        if taken.contains(&id) {
            keys.fault("id", "an id that no other product has");
        } else if !id.is_empty() {
            taken.push(id.clone());
        }
        let minutes = keys.required("minutes", minutes(1..=MOST_HOURS * 60, increment));
        let price = keys.required("price", money());
        let list_price = keys.optional("list_price", money());
        if list_price.is_some_and(|list_price| list_price <= price) {
            keys.fault("list_price", "more than the price beside it");
        }
        Self { id, minutes, price, list_price, scope: SoldFor::read(keys, scope, topics) }
    }
}

impl SoldFor {
    /// What is not told here is as in `general`.
    fn read(keys: &mut Reader<'_>, general: &Self, topics: &[String]) -> Self {
        let work = work(topics);
        let only = keys.list("pays_for", general.work.only.clone(), &work);
        let never = keys.list("not_for", general.work.never.clone(), &work);
        let told_here = ["not_for", "pays_for"].into_iter().find(|key| keys.has(key));
        if let Some(key) = told_here.filter(|_| only.iter().any(|word| never.contains(word))) {
            keys.fault(key, "work that pays_for and not_for do not both name");
        }
        Self {
            per_installation: keys.or("per_installation", general.per_installation, flag()),
            work: WorkScope { only, never },
        }
    }
}

/// A kind of work: a topic of the policy, or a kind of ticket that may cost something.
fn work(topics: &[String]) -> Kind<String> {
    let kinds = TicketKind::ALL.iter().filter(|kind| !kind.is_free()).map(|kind| kind.as_str().to_owned());
    let known: Vec<String> = kinds.chain(topics.iter().cloned()).collect();
    let expected = format!("the id of one of the [[topics]], or a kind of ticket: {}", known.join(", "));
    Kind::new(expected, move |value| (id().read)(value).filter(|word| known.contains(word)))
}

impl Conversion {
    fn read(keys: &mut Reader<'_>) -> Option<Self> {
        let words = [("none", None), ("new_rate", Some(ConvertsInto::NewRate)), ("credit", Some(ConvertsInto::Credit))];
        let into = keys.or("conversion", None, word(words));
        if into.is_none() && keys.has("conversion_on") {
            keys.fault("conversion_on", "to stand only beside conversion = \"new_rate\" or \"credit\"");
        }
        let on = keys.or("conversion_on", (1, 1), month_day());
        into.map(|into| Self { into, on })
    }
}

/// A day that every year has.
fn month_day() -> Kind<(u32, u32)> {
    Kind::new("a month and a day in quotes, such as \"01-01\"; not 29 February", |value| {
        let text = value.as_str().filter(|text| text.len() == 5 && !text.contains('+'))?;
        let (month, day) = text.split_once('-')?;
        let on = (month.parse().ok()?, day.parse().ok()?);
        NaiveDate::from_ymd_opt(2001, on.0, on.1).map(|_| on)
    })
}

/// A validity of so many months.
type OfMonths = fn(u32) -> Validity;

impl Validity {
    /// The last day of a validity that began on `activated` (or on the day that it counts from); `None` when it never expires (CARD-5).
    ///
    /// Months run to the day before the same date: from 15 January, one month ends on 14 February. Where that falls
    /// beyond the end of the month it is the month's last day: from 31 January, one month ends on 28 February.
    #[must_use]
    pub fn last_day(self, activated: NaiveDate) -> Option<NaiveDate> {
        let last = match self {
            Self::Never => return None,
            Self::Months(months) | Self::MonthsFromOrder(months) => {
                activated.checked_add_months(Months::new(months)).and_then(|same| {
                    let clamped = same.day() != activated.day();
                    if clamped { Some(same) } else { same.pred_opt() }
                })
            }
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
        let starts: [(_, OfMonths); 2] = [("activation", Self::Months), ("order", Self::MonthsFromOrder)];
        let (given, from, months, years) = keys.table("validity", |keys| {
            let months = keys.optional("months", number("months", 1..=1_200));
            let years = keys.optional("calendar_years", number("years", 1..=100));
            if keys.has("from") && years.is_some() {
                keys.fault("from", "to stand only beside months: calendar years count from the year of the order");
            }
            let from = keys.or("from", starts[0].1, word(starts));
            (keys.len().saturating_sub(usize::from(keys.has("from"))), from, months, years)
        });
        if given != 1 {
            keys.fault("validity", EXPECTED);
        }
        months.map(from).or(years.map(Self::CalendarYears)).unwrap_or(Self::Never)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::{Policy, PolicyErrors};

    /// A policy whose `[cards]` section is `cards`.
    fn policy(cards: &str) -> Result<CardRules, PolicyErrors> {
        let text = format!(
            "name = \"t\"\neffective_from = 2026-01-01\n[provider]\nname = \"T\"\nemail = \"a@t.example\"\n[cards]\n{cards}"
        );
        Policy::parse(&text).map(|policy| policy.cards.unwrap())
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn card_1_any_number_of_strips() {
        let cards = policy("strip_price = \"20.00\"").unwrap();
        let product = |id: &str| cards.product(id).map(|product| (product.minutes, product.price));
        assert_eq!(product("32s"), Some((Minutes(480), Cents(64_000))));
        assert_eq!(product("40000s"), Some((Minutes(600_000), Cents(80_000_000))));
        for id in ["0s", "032s", "+1s", "40001s", "32", "s", "2h", "99999999999999999999s"] {
            assert_eq!(product(id), None, "{id}");
        }
    }

    #[test]
    fn card_8_a_product_says_what_it_pays_for_or_follows_the_section() {
        let product = "[[cards.products]]\nminutes = 60\nprice = \"50\"\n";
        let cards = policy(&format!(
            "hourly_price = \"60\"\nper_installation = true\nnot_for = [\"change\"]
             {product}id = \"plain\"\n{product}id = \"other\"\nper_installation = false\npays_for = [\"question\"]\nnot_for = []\n"
        ))
        .unwrap();
        let of = |id: &str| cards.product(id).unwrap().scope;
        assert_eq!((of("plain").per_installation, of("plain").work.to_string()), (true, "-change".to_owned()));
        assert_eq!(of("7h"), of("plain"));
        assert_eq!((of("other").per_installation, of("other").work.to_string()), (false, "question".to_owned()));
    }

    #[test]
    fn card_10_dates_and_rates_are_exact() {
        let newyear = Conversion { into: ConvertsInto::NewRate, on: (1, 1) };
        for (after, next) in [("2026-06-01", "2027-01-01"), ("2027-01-01", "2028-01-01"), ("2026-12-31", "2027-01-01")]
        {
            assert_eq!(newyear.next_after(day(after)), Some(day(next)), "after {after}");
        }
        let july = Conversion { on: (7, 1), ..newyear };
        assert_eq!(july.next_after(day("2026-06-30")), Some(day("2026-07-01")));

        let cards = policy("hourly_price = \"80\"\n[[cards.products]]\nid = \"10h\"\nminutes = 600\nprice = \"700\"\n")
            .unwrap();
        let third = Rate::new(Cents(40_000), Minutes(300)).unwrap();
        assert_eq!(third.minutes_for(Cents(26_667)), Minutes(200), "200.0025");
        assert_eq!(third.minutes_for(Cents(26_666)), Minutes(199), "199.995");
        assert_eq!(cards.rate("10h"), Rate::new(Cents(70_000), Minutes(600)), "the same product");
        assert_eq!(cards.rate("gone"), Rate::new(Cents(8_000), Minutes(60)), "else by the hour");
        assert!(third.is_same(Rate::new(Cents(8_000), Minutes(60)).unwrap()));
        assert_eq!(Rate::new(Cents::ZERO, Minutes(60)), None);
    }

    #[test]
    fn card_every_key_of_the_terms_is_read() {
        let cards = policy(
            "strip_price = \"20\"\nminimum_first_minutes = 480\ntop_up = \"while_left\"\nauto_renew = \"with_consent\"
             conversion = \"credit\"\nconversion_on = \"07-01\"\nrefundable = false\nalert_below_minutes = 0
             validity = { months = 12, from = \"order\" }",
        )
        .unwrap();
        assert_eq!((cards.strip, cards.minimum_first, cards.top_up), (Minutes(15), Minutes(480), TopUp::WhileLeft));
        assert!(cards.auto_renew && !cards.refundable);
        assert_eq!(cards.conversion, Some(Conversion { into: ConvertsInto::Credit, on: (7, 1) }));
        assert_eq!((cards.alert_below, cards.validity), (Some(Minutes::ZERO), Validity::MonthsFromOrder(12)));
        let plain = policy("strip_price = \"20\"\nvalidity = { months = 12, from = \"activation\" }").unwrap();
        assert_eq!((plain.validity, plain.conversion), (Validity::Months(12), None));
    }

    #[test]
    fn card_faults_name_key_and_what_was_expected() {
        let product = "[[cards.products]]\nid = \"p\"\nminutes = 60\nprice = \"50\"\n";
        for (keys, key, expected) in [
            ("strip_price = 20", "cards.strip_price", "an amount in euros in quotes"),
            ("minimum_first_minutes = 100", "cards.minimum_first_minutes", "a multiple of the increment (15)"),
            ("top_up = \"never\"", "cards.top_up", "\"any\" or \"while_left\""),
            ("auto_renew = true", "cards.auto_renew", "\"never\" or \"with_consent\""),
            ("conversion = \"newrate\"", "cards.conversion", "\"new_rate\" or \"credit\""),
            ("conversion_on = \"01-01\"", "cards.conversion_on", "only beside conversion"),
            ("conversion = \"credit\"\nconversion_on = \"02-29\"", "cards.conversion_on", "not 29 February"),
            ("conversion = \"credit\"\nconversion_on = \"1-1\"", "cards.conversion_on", "such as \"01-01\""),
            ("conversion = \"credit\"\nconversion_on = \"+1-01\"", "cards.conversion_on", "such as \"01-01\""),
            ("refundable = \"no\"", "cards.refundable", "true or false"),
            ("alert_below_minutes = -1", "cards.alert_below_minutes", "from 0 to"),
            ("per_installation = 1", "cards.per_installation", "true or false"),
            ("pays_for = [\"traning\"]", "cards.pays_for[0]", "one of the [[topics]]"),
            ("not_for = [\"defect\"]", "cards.not_for[0]", "question, third_party, change"),
            ("pays_for = [\"change\"]\nnot_for = [\"change\"]", "cards.not_for", "do not both name"),
            ("validity = { calendar_years = 3, from = \"order\" }", "cards.validity.from", "only beside months"),
            ("validity = { from = \"order\" }", "cards.validity", "{ months = 12 }"),
            ("validity = { months = 12, from = \"payment\" }", "cards.validity.from", "\"activation\" or \"order\""),
        ] {
            let PolicyErrors(faults) = policy(&format!("{keys}\n{product}")).expect_err(keys);
            let [fault] = &faults[..] else { panic!("one fault for {keys}, not {faults:#?}") };
            assert_eq!(fault.key, key, "{fault}");
            assert!(fault.expected.contains(expected), "{fault}");
        }
        let PolicyErrors(faults) = policy(&format!("{product}list_price = \"50\"")).unwrap_err();
        assert_eq!(faults[0].key, "cards.products[0].list_price");
    }
}
