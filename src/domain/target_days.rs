//! Days on which banks settle euros: the TARGET calendar (T2). Not on Saturdays and Sundays, 1 January, Good Friday, Easter
//! Monday, 1 May, 25 and 26 December. National holidays such as King's Day are ordinary days here.

use chrono::{Datelike as _, Days, NaiveDate, Weekday};

/// Whether banks settle on `day`.
#[must_use]
pub fn is_bank_day(day: NaiveDate) -> bool {
    let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
    let fixed = matches!((day.month(), day.day()), (1 | 5, 1) | (12, 25 | 26));
    let easter = easter(day.year()).is_some_and(|sunday| {
        let good_friday = sunday.checked_sub_days(Days::new(2));
        let monday = sunday.checked_add_days(Days::new(1));
        good_friday == Some(day) || monday == Some(day)
    });
    !(weekend || fixed || easter)
}

/// `day` itself where banks settle on it, else the next day on which they do.
#[must_use]
pub fn next_bank_day(day: NaiveDate) -> NaiveDate {
    day.iter_days().find(|day| is_bank_day(*day)).unwrap_or(day)
}

/// Easter Sunday of a year, by the Gregorian computus.
fn easter(year: i32) -> Option<NaiveDate> {
    let golden = year.rem_euclid(19);
    let (century, rest) = (year.div_euclid(100), year.rem_euclid(100));
    let moon = (century - (8 * century + 13) / 25 - century / 4 + 19 * golden + 15).rem_euclid(30);
    let full = moon - (golden + 11 * moon) / 319;
    let sunday = (2 * (century % 4) + 2 * (rest / 4) - rest % 4 - full + 32).rem_euclid(7);
    let month = (full + sunday + 90) / 25;
    let day = (full + sunday + month + 19) % 32;
    NaiveDate::from_ymd_opt(year, u32::try_from(month).ok()?, u32::try_from(day).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn easter_is_where_the_church_has_it() {
        for sunday in [
            "1961-04-02",
            "1981-04-19",
            "2000-04-23",
            "2008-03-23",
            "2024-03-31",
            "2025-04-20",
            "2026-04-05",
            "2027-03-28",
            "2028-04-16",
            "2038-04-25",
            "2049-04-18",
            "2076-04-19",
            "2100-03-28",
        ] {
            assert_eq!(easter(day(sunday).year()), Some(day(sunday)), "{sunday}");
        }
    }

    #[test]
    fn pay_2_the_next_bank_day_skips_weekends_and_the_closing_days_of_target() {
        for (asked, settled) in [
            ("2026-12-04", "2026-12-04"), // a Friday
            ("2026-12-05", "2026-12-07"), // Saturday
            ("2026-12-06", "2026-12-07"), // Sunday
            ("2026-12-24", "2026-12-24"),
            ("2026-12-25", "2026-12-28"), // Christmas on Friday and Saturday, then Sunday
            ("2025-12-25", "2025-12-29"), // on Thursday and Friday, then a weekend
            ("2027-01-01", "2027-01-04"),
            ("2026-04-02", "2026-04-02"), // Maundy Thursday
            ("2026-04-03", "2026-04-07"), // Good Friday to Tuesday after Easter
            ("2026-04-06", "2026-04-07"),
            ("2026-05-01", "2026-05-04"), // a Friday
            ("2026-04-27", "2026-04-27"), // King's Day is a bank day
            ("2026-05-05", "2026-05-05"), // and so is Liberation Day
            ("2026-05-14", "2026-05-14"), // Ascension Day
            ("2026-12-31", "2026-12-31"),
        ] {
            assert_eq!(next_bank_day(day(asked)), day(settled), "{asked}");
        }
    }

    #[test]
    fn a_year_has_no_run_of_more_than_five_closed_days() {
        let first = day("1950-01-01");
        for day in first.iter_days().take(366 * 150) {
            let next = next_bank_day(day);
            assert!(is_bank_day(next) && (next - day).num_days() <= 5, "{day}");
        }
    }
}
