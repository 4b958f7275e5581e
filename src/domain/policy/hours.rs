//! `[hours]`: when the provider is there (SLA-3, SLA-4).

use super::reader::{ANY, Kind, Reader, minutes, text};
use crate::domain::Minutes;
use crate::domain::hours::{Country, OpeningHours, SEARCH_DAYS, holidays_known_until};
use chrono::{NaiveDate, NaiveTime};
use std::sync::LazyLock;

/// When the provider is there, and how much of it makes a working day (SLA-3, SLA-4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoursRules {
    /// The service hours, in naive local time.
    pub service: OpeningHours,
    /// The country whose public holidays `PH` means, here and wherever else the policy names hours.
    pub holidays: Country,
    /// How much service time makes one working day of a target: more than nothing, at most a day.
    pub working_day: Minutes,
}

/// What a policy that names no hours has: always there, and a working day of a whole day.
static ALWAYS: LazyLock<HoursRules> = LazyLock::new(|| HoursRules {
    service: OpeningHours::always(),
    holidays: Calendar::DEFAULT_COUNTRY,
    working_day: Minutes::DAY,
});

impl HoursRules {
    /// Always there: what holds where a policy names no hours.
    #[must_use]
    pub fn always() -> &'static Self {
        &ALWAYS
    }

    pub(super) fn read(keys: &mut Reader<'_>, calendar: &Calendar) -> Self {
        Self {
            service: calendar.required(keys, "service"),
            holidays: keys.or("holidays", calendar.holidays, country()),
            working_day: keys.or("working_day_minutes", Minutes(480), minutes(1..=Minutes::DAY.0, ANY)),
        }
    }
}

/// What hours of a policy are read against: whose holidays `PH` means, and the day from which they have to open.
pub(super) struct Calendar {
    holidays: Country,
    from: NaiveDate,
}

impl Calendar {
    const DEFAULT_COUNTRY: Country = Country::NL;

    /// The calendar of a policy that counts from `from`, out of the section `[hours]` if there is one.
    pub(super) fn read(keys: &mut Reader<'_>, from: NaiveDate) -> Self {
        let holidays = keys.peek("hours", |keys| keys.or("holidays", Self::DEFAULT_COUNTRY, country()));
        Self { holidays, from }
    }

    /// The first day that the policy counts for.
    pub(super) const fn from(&self) -> NaiveDate {
        self.from
    }

    /// The hours under `key`, if it is there: readable, real, and opening within [`SEARCH_DAYS`].
    pub(super) fn optional(&self, keys: &mut Reader<'_>, key: &'static str) -> Option<OpeningHours> {
        let written = keys.optional(key, text())?;
        match OpeningHours::parse(&written, Some(self.holidays)) {
            Ok(hours) => {
                self.check(keys, key, &hours);
                Some(hours)
            }
            Err(error) => {
                keys.fault(key, format!("opening hours: {error}"));
                None
            }
        }
    }

    /// The hours under `key`, which has to be there.
    pub(super) fn required(&self, keys: &mut Reader<'_>, key: &'static str) -> OpeningHours {
        if !keys.has(key) {
            keys.fault(key, "opening hours in quotes, such as \"Mo-Fr 08:30-18:00; PH off\"");
        }
        self.optional(keys, key).unwrap_or_else(OpeningHours::always)
    }

    fn check(&self, keys: &mut Reader<'_>, key: &'static str, hours: &OpeningHours) {
        // A policy that does not say from when it counts has that fault already.
        if self.from == NaiveDate::default() {
            return;
        }
        if hours.next_opening(self.from.and_time(NaiveTime::MIN)).is_none() {
            keys.fault(key, format!("opening hours that open within {SEARCH_DAYS} days of {}", self.from));
        } else if hours.names_holidays() && holidays_known_until(self.holidays).is_none_or(|last| last < self.from) {
            keys.fault(key, format!("opening hours without PH: the holidays of {} are not known", self.from));
        }
    }
}

fn country() -> Kind<Country> {
    Kind::new("a country by its two capitals whose public holidays are known, such as \"NL\"", |value| {
        let country: Country = value.as_str()?.parse().ok()?;
        holidays_known_until(country).map(|_| country)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::{Policy, PolicyErrors};

    const LEAST: &str = "name = \"least\"\neffective_from = 2026-01-01\n\
                         [provider]\nname = \"Least\"\nemail = \"desk@least.example\"\n";

    fn policy(hours: &str) -> Result<Policy, PolicyErrors> {
        Policy::parse(&format!("{LEAST}{hours}"))
    }

    #[test]
    fn sla_3_hours_are_read_and_left_out_means_always() {
        let read = policy("[hours]\nservice = \"Mo-Fr 08:30-18:00; PH off\"\nworking_day_minutes = 570\n").unwrap();
        let hours = read.hours();
        assert_eq!(hours.service.as_str(), "Mo-Fr 08:30-18:00; PH off");
        assert_eq!((hours.holidays, hours.working_day), (Country::NL, Minutes(570)));
        assert_eq!(policy("[hours]\nservice = \"Mo-Fr\"\n").unwrap().hours().working_day, Minutes(480));
        let none = policy("").unwrap();
        assert_eq!((none.hours.as_ref(), none.hours().working_day), (None, Minutes::DAY));
        assert!(none.hours().service.is_open(NaiveDate::default().and_time(NaiveTime::MIN)));
    }

    #[test]
    fn sla_4_holidays_are_those_of_the_country() {
        let of = |country: &str| {
            let text = format!("[hours]\nservice = \"Mo-Fr 09:00-17:00; PH off\"\nholidays = \"{country}\"\n");
            policy(&text).unwrap().hours.unwrap()
        };
        let noon = NaiveDate::from_ymd_opt(2027, 4, 27).unwrap().and_hms_opt(12, 0, 0).unwrap();
        assert!(!of("NL").service.is_open(noon) && of("BE").service.is_open(noon));
    }

    #[test]
    fn pol_impossible_hours_are_faults() {
        for (hours, line, key, value, expected) in [
            ("", 6, "hours.service", "", "opening hours in quotes"),
            ("service = 9", 7, "hours.service", "9", "a text in quotes"),
            (
                "service = \"Mo-Fr 9-17\"",
                7,
                "hours.service",
                "\"Mo-Fr 9-17\"",
                "`Mo-Fr 9-17` is not in the opening_hours",
            ),
            ("service = \"Mo-Fr; Feb 30 off\"", 7, "hours.service", "\"Mo-Fr; Feb 30 off\"", "there is no Feb 30"),
            ("service = \"off\"", 7, "hours.service", "\"off\"", "open within 400 days of 2026-01-01"),
            ("service = \"2025 Mo-Fr\"", 7, "hours.service", "\"2025 Mo-Fr\"", "open within 400 days of 2026-01-01"),
            ("service = \"24/7\"\nholidays = \"XX\"", 8, "hours.holidays", "\"XX\"", "a country by its two capitals"),
            ("service = \"PH\"\nholidays = \"XX\"", 8, "hours.holidays", "\"XX\"", "a country by its two capitals"),
            ("service = \"24/7\"\nworking_day_minutes = 0", 8, "hours.working_day_minutes", "0", "from 1 to 1440"),
            (
                "service = \"24/7\"\nworking_day_minutes = 1441",
                8,
                "hours.working_day_minutes",
                "1441",
                "from 1 to 1440",
            ),
            ("service = \"24/7\"\nservices = \"24/7\"", 8, "hours.services", "\"24/7\"", "did you mean service?"),
        ] {
            let PolicyErrors(faults) = policy(&format!("[hours]\n{hours}\n")).expect_err(hours);
            let [fault] = &faults[..] else { panic!("one fault for {hours:?}, not {faults:#?}") };
            assert_eq!((fault.line, fault.key.as_str(), fault.value.as_str()), (line, key, value), "{fault}");
            assert!(fault.expected.contains(expected), "{fault}");
        }
        let beyond = LEAST.replace("2026", "2077") + "[hours]\nservice = \"Mo-Fr 09:00-17:00; PH off\"\n";
        let PolicyErrors(faults) = Policy::parse(&beyond).unwrap_err();
        assert!(faults[0].expected.contains("the holidays of 2077-01-01 are not known"), "{}", faults[0]);
    }
}
