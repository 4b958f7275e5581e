//! What the trial found, each made as small as it goes, with the rule that was broken. Every order of the files is tried.

use super::history::{History, Movement, Part, Plan, Slim};
use super::shelf::Store;
use super::{story, trial};
use chrono::{NaiveDate, NaiveDateTime};
use strippenkaart::domain::Cents;
use strippenkaart::domain::bank::{Direction, OpeningKind};
use strippenkaart::domain::bank_statement::StatementKind;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A credit of the second of that number: the later numbers come later on their day.
fn paid(id: usize, on: &str, amount: i64) -> Movement {
    let part = Part { amount: Cents(amount), iban: Some("NL20INGB0001234567".to_owned()), ..Part::default() };
    Movement {
        id,
        day: day(on),
        told_on: day(on),
        minute: u32::try_from(100 * (id + 1)).unwrap(),
        direction: Direction::Credit,
        amount: Cents(amount),
        parts: vec![part],
        servicer: None,
        code: None,
        batch: None,
    }
}

impl Movement {
    fn spent(self) -> Self {
        Self { direction: Direction::Debit, ..self }
    }

    /// Part of the balance of a later day than it is booked for.
    fn late(self, told_on: &str) -> Self {
        Self { told_on: day(told_on), ..self }
    }

    fn batch(self, amounts: &[i64]) -> Self {
        let part = |amount: &i64| Part { amount: Cents(*amount), ..self.parts[0].clone() };
        Self { parts: amounts.iter().map(part).collect(), batch: Some("GROUP".to_owned()), ..self }
    }
}

/// A statement, made in the night after its last day.
pub fn told(file: usize, from: &str, to: &str) -> Plan {
    let made = day(to).succ_opt().unwrap().and_hms_opt(6, file.try_into().unwrap(), 0).unwrap();
    Plan {
        kind: StatementKind::Statement,
        file,
        id: format!("S{file}"),
        from: day(from),
        to: day(to),
        since: None,
        until: None,
        made,
        tells_made: true,
        tells_period: true,
        opening: OpeningKind::Opbd,
        sequence: None,
        pages: 1,
        apart: false,
        lacks: None,
        lump: false,
        slim: Slim::Full,
        about: Vec::new(),
        shift: 0,
        separate: false,
        again: false,
    }
}

fn notice(file: usize, on: &str, about: &[usize]) -> Plan {
    let kind = StatementKind::Notice;
    Plan { kind, about: about.to_vec(), ..told(file, on, on) }
}

impl Plan {
    fn number(self, number: i64) -> Self {
        Self { sequence: Some(number), ..self }
    }

    fn pages(self, pages: usize) -> Self {
        Self { pages, ..self }
    }

    /// It tells no period, and opens with the closing balance of the day before.
    fn by_balances(self) -> Self {
        Self { tells_period: false, opening: OpeningKind::Prcd, ..self }
    }

    /// What came after a minute, until another.
    fn within(self, since: Option<u32>, until: Option<u32>) -> Self {
        let at = |minute: u32| self.to.and_hms_opt(minute / 60, minute % 60, 59).unwrap();
        let made: NaiveDateTime = until.map_or(self.made, at);
        Self { since, until, made, ..self }
    }
}

#[track_caller]
fn holds(movements: Vec<Movement>, plans: Vec<Plan>) {
    let history = History { seed: 0, first: Cents(100_000), movements, plans };
    if let Some(fault) = trial(&history) {
        panic!("{}", story(&history, &fault));
    }
}

#[test]
fn bank_4_a_page_is_not_a_statement_of_its_own() {
    holds(
        vec![paid(0, "2024-06-28", 5_514), paid(1, "2024-06-28", 700)],
        vec![told(0, "2024-06-28", "2024-06-28").pages(2)],
    );
}

#[test]
fn bank_2_an_entry_booked_for_an_earlier_day_is_one_in_overlapping_statements() {
    let late = paid(0, "2024-11-07", 8_933).late("2024-11-09");
    holds(vec![late], vec![told(0, "2024-11-09", "2024-11-09"), told(1, "2024-11-01", "2024-11-30")]);
}

#[test]
fn bank_2_an_entry_booked_for_an_earlier_day_than_either_period_does_not_wait() {
    let late = paid(0, "2025-06-24", 39_544).late("2025-06-26");
    let plans = vec![
        told(0, "2025-06-24", "2025-06-24"),
        told(1, "2025-06-26", "2025-06-26"),
        told(2, "2025-06-26", "2025-06-30"),
    ];
    holds(vec![late], plans);
}

#[test]
fn bank_4_an_entry_booked_for_an_earlier_day_counts_on_the_day_of_its_statement() {
    let late = paid(0, "2024-09-06", 17_142).late("2024-09-09");
    let plans =
        vec![told(0, "2024-09-08", "2024-09-08").by_balances(), told(1, "2024-09-09", "2024-09-09").by_balances()];
    holds(vec![late], plans);
}

#[test]
fn bank_4_an_entry_counts_on_the_day_that_the_narrowest_statement_tells() {
    let late = paid(0, "2024-07-30", 26_803).late("2024-08-01");
    let plans = vec![
        told(0, "2024-07-30", "2024-07-30"),
        told(1, "2024-08-01", "2024-08-01"),
        told(2, "2024-07-29", "2024-08-04"),
    ];
    holds(vec![late], plans);
}

#[test]
fn bank_3_parts_that_are_announced_apart_meet_a_batch_that_was_stated_before() {
    let batch = paid(0, "2024-06-25", 231_258).batch(&[88_946, 68_750, 73_562]);
    let parts = Plan { separate: true, ..notice(1, "2024-06-25", &[0]) };
    holds(vec![batch], vec![told(0, "2024-06-25", "2024-06-25"), parts]);
}

#[test]
fn bank_3_a_notice_that_comes_again_after_its_statement_counts_once() {
    let mut named = paid(0, "2024-01-24", 35_755);
    named.parts[0].text = Some("klant 4".to_owned());
    let less = |file| Plan { slim: Slim::NoText, ..notice(file, "2024-01-24", &[0]) };
    let plans = vec![told(0, "2024-01-24", "2024-01-24"), less(1), Plan { again: true, ..less(2) }];
    holds(vec![named], plans);
}

#[test]
fn bank_1_a_statement_that_links_two_others_makes_their_day_read_anew() {
    let plans = vec![
        told(0, "2024-07-05", "2024-07-05").number(501).within(None, Some(150)),
        told(1, "2024-07-05", "2024-07-05").number(502).within(Some(150), Some(160)),
        told(2, "2024-07-05", "2024-07-05").number(503).within(Some(160), None),
    ];
    holds(vec![paid(0, "2024-07-05", 32_154), paid(1, "2024-07-05", 32_154)], plans);
}

#[test]
fn bank_1_what_followed_by_balances_only_after_all_came_does_not_wait() {
    let late = paid(2, "2024-09-17", 80_241).late("2024-09-20");
    let plans = vec![
        told(0, "2024-09-17", "2024-09-17"),
        told(1, "2024-09-18", "2024-09-18"),
        told(2, "2024-09-20", "2024-09-20"),
    ];
    holds(vec![paid(0, "2024-09-17", 32_442), paid(1, "2024-09-18", 77_613), late], plans);
}

#[test]
fn bank_1_the_last_statement_of_a_day_tells_a_part_of_it_though_it_was_made_at_night() {
    let plans = vec![
        told(0, "2024-02-01", "2024-02-01").number(501).within(None, Some(150)),
        told(1, "2024-02-01", "2024-02-01").number(502).within(Some(150), Some(160)),
        told(2, "2024-02-01", "2024-02-01").number(503).within(Some(160), None),
    ];
    holds(vec![paid(0, "2024-02-01", 4_299).spent(), paid(1, "2024-02-01", 4_299)], plans);
}

#[test]
fn bank_1_a_statement_without_a_number_waits_whichever_comes_first() {
    let plans = vec![
        told(0, "2024-12-23", "2024-12-23").within(None, Some(150)),
        Plan { made: day("2024-12-23").and_hms_opt(23, 59, 0).unwrap(), ..told(1, "2024-12-23", "2024-12-23") }
            .within(Some(150), None),
    ];
    let movements = vec![paid(0, "2024-12-23", 20_846), paid(1, "2024-12-23", 57_620)];
    let history = History { seed: 0, first: Cents(100_000), movements, plans };
    let files = history.files();
    for order in [[0, 1], [1, 0]] {
        let mut store = Store::default();
        for place in order {
            store.import(&files[place]);
        }
        let waiting = store.bearers().filter(|(.., waits)| *waits).count();
        assert_eq!(waiting, 1, "{order:?}: the one that came last waits for a person");
    }
}

#[test]
fn bank_1_a_statement_without_a_number_that_goes_on_within_a_day_waits() {
    let plans = vec![
        told(0, "2024-04-18", "2024-04-18").within(None, Some(150)),
        told(1, "2024-04-18", "2024-04-18").within(Some(150), None),
    ];
    holds(vec![paid(0, "2024-04-18", 33_221), paid(1, "2024-04-18", 33_221)], plans);
}

#[test]
fn bank_1_the_next_number_does_not_make_a_download_of_the_same_days_follow() {
    let twice = || vec![paid(0, "2024-06-25", 60_030).spent(), paid(1, "2024-06-25", 60_030)];
    holds(
        twice(),
        vec![told(0, "2024-06-24", "2024-06-30").number(15), told(1, "2024-06-25", "2024-07-01").number(16)],
    );
    let paged = told(0, "2024-06-25", "2024-06-25").number(15).pages(2);
    holds(twice(), vec![paged, told(1, "2024-06-25", "2024-06-25").number(16)]);
}

#[test]
fn bank_3_what_waited_and_is_clear_meets_its_notice() {
    let plans = vec![
        notice(0, "2024-12-24", &[0]),
        told(1, "2024-12-24", "2024-12-24").number(501).within(None, Some(150)),
        told(2, "2024-12-24", "2024-12-24").number(502).within(Some(150), Some(250)),
        told(3, "2024-12-24", "2024-12-24").number(503).within(Some(250), None),
    ];
    holds(vec![paid(0, "2024-12-24", 14_853), paid(1, "2024-12-24", 700), paid(2, "2024-12-24", 800)], plans);
}

#[test]
fn bank_2_equal_entries_pair_with_what_is_booked() {
    let mut equal = vec![paid(0, "2024-02-24", 85_279), paid(1, "2024-02-24", 85_279)];
    for row in &mut equal {
        row.parts[0].text = Some("factuur 6".to_owned());
    }
    let plans = vec![
        told(0, "2024-02-24", "2024-02-24").number(501).within(None, Some(150)),
        told(1, "2024-02-24", "2024-02-24").number(502).within(Some(150), None),
        told(2, "2024-02-01", "2024-02-29"),
    ];
    holds(equal, plans);
}

#[test]
fn bank_2_statements_on_demand_that_begin_on_different_days_tell_the_same() {
    let noon = |plan: Plan| plan.within(None, Some(720));
    let plans = vec![noon(told(0, "2024-06-18", "2024-06-18")), noon(told(1, "2024-06-14", "2024-06-18"))];
    holds(vec![paid(0, "2024-06-18", 73_429)], plans);
}

#[test]
fn bank_2_references_that_differ_tell_apart_on_pages_that_come_in_any_order() {
    let mut equal = vec![paid(0, "2024-09-02", 72_572), paid(1, "2024-09-02", 72_572)];
    for row in &mut equal {
        row.parts[0].end_to_end_id = Some(format!("E2E-{}", row.id));
    }
    let paged = |file| Plan { apart: true, ..told(file, "2024-09-02", "2024-09-08").pages(2) };
    holds(equal, vec![paged(0).number(6), paged(1).number(8)]);
}

#[test]
fn bank_3_any_order_of_statements_meets_the_same_notice() {
    let mut alike = vec![paid(0, "2024-01-10", 21_544), paid(1, "2024-01-11", 21_544)];
    for row in &mut alike {
        row.parts[0].text = Some(format!("factuur {}", row.id));
    }
    let plans =
        vec![notice(0, "2024-01-10", &[0]), told(1, "2024-01-10", "2024-01-10"), told(2, "2024-01-11", "2024-01-11")];
    holds(alike, plans);
}

#[test]
fn bank_3_a_notice_meets_within_three_days_in_any_order() {
    let day = |number| format!("2024-10-{number:02}");
    // The same payment twice in a week, announced some days before.
    let rows = vec![paid(0, &day(7), 17_983), paid(1, &day(9), 17_983)];
    let plans = vec![
        Plan { shift: -3, ..notice(0, &day(4), &[0]) },
        Plan { shift: -2, ..notice(1, &day(7), &[1]) },
        told(2, &day(7), &day(7)),
        told(3, &day(9), &day(9)),
    ];
    holds(rows, plans);
}

#[test]
fn bank_3_a_notice_of_another_batch_is_not_met() {
    let mut batches = vec![
        paid(0, "2024-02-23", 26_712).batch(&[14_630, 12_082]),
        paid(1, "2024-02-24", 26_712).batch(&[14_630, 12_082]),
    ];
    for row in &mut batches {
        row.batch = Some(format!("GROUP-{}", row.id));
    }
    batches[1].parts[1].iban = Some("NL44RABO0123456789".to_owned());
    let lump = Plan { lump: true, ..told(1, "2024-02-23", "2024-02-27") };
    let early = Plan { shift: -1, ..notice(0, "2024-02-23", &[1]) };
    holds(batches, vec![early, lump]);
}

#[test]
fn bank_1_balances_that_come_back_within_a_day_do_not_make_two_statements_one() {
    let day = "2024-04-01";
    let plans = vec![
        told(0, day, day).number(501).within(None, Some(150)),
        told(1, day, day).number(502).within(Some(150), Some(250)),
        told(2, day, day).number(503).within(Some(250), None),
        Plan {
            made: super::history::days_after(self::day(day), 9).and_hms_opt(9, 0, 0).unwrap(),
            ..told(3, day, "2024-04-07")
        },
    ];
    holds(vec![paid(0, day, 72_258), paid(1, day, 72_258).spent(), paid(2, day, 72_258)], plans);
}

#[test]
fn bank_1_a_download_that_begins_with_the_day_does_not_go_on_where_another_ended_as_it_began() {
    let day = "2024-04-09";
    let both = vec![paid(0, day, 67_447), paid(1, day, 67_447).spent()];
    holds(both, vec![told(0, day, day).number(1).within(None, Some(900)), told(1, day, day).number(2)]);
}

#[test]
fn bank_2_two_late_entries_that_look_the_same_are_placed_by_what_each_statement_tells() {
    let rows = vec![paid(0, "2024-05-01", 1_000).late("2024-05-03"), paid(1, "2024-05-01", 1_000)];
    let plans = vec![
        told(0, "2024-05-01", "2024-05-01"),
        told(1, "2024-05-02", "2024-05-02"),
        told(2, "2024-05-01", "2024-05-05"),
        told(3, "2024-05-03", "2024-05-06"),
    ];
    holds(rows, plans);
}

#[test]
fn bank_4_balances_place_a_late_entry_that_only_a_wide_statement_tells() {
    let late = paid(0, "2025-12-22", 57_055).late("2025-12-24");
    holds(vec![late], vec![told(0, "2025-12-23", "2025-12-23"), told(1, "2025-12-21", "2026-01-03")]);
}

#[test]
fn bank_3_a_copy_of_a_notice_does_not_stand_for_another_payment() {
    let alike = vec![paid(0, "2024-07-02", 80_228), paid(1, "2024-07-03", 80_228)];
    let early = Plan { shift: 2, ..notice(0, "2024-07-04", &[0]) };
    let again = Plan {
        file: 1,
        id: "S1".to_owned(),
        again: true,
        made: early.made + chrono::Duration::minutes(90),
        ..early.clone()
    };
    let plans =
        vec![early, again, Plan { shift: 3, ..notice(2, "2024-07-06", &[1]) }, told(3, "2024-06-22", "2024-07-05")];
    holds(alike, plans);
}

#[test]
fn bank_3_of_two_equal_batches_each_meets_its_own_notice_in_parts_or_as_a_sum() {
    let batches = vec![
        paid(0, "2024-05-10", 115_596).batch(&[64_893, 40_613, 10_090]),
        paid(1, "2024-05-11", 115_596).batch(&[64_893, 40_613, 10_090]),
    ];
    let plans = vec![
        told(0, "2024-05-10", "2024-05-10"),
        Plan { lump: true, ..notice(1, "2024-05-11", &[1]) },
        Plan { separate: true, ..notice(2, "2024-05-10", &[0]) },
        told(3, "2024-05-11", "2024-05-11"),
    ];
    holds(batches, plans);
}

/// Whole histories of which something went wrong once: seeds of the trial, with what it was.
#[test]
fn bank_2_bank_3_histories_that_went_wrong_once_hold() {
    let seeds = [
        (2_092, "references that come with a second download tell which of two a notice was about"),
        (7_998, "what only a wide statement places lies where a later one of one day tells it"),
        (21_531, "a day is told to its end by the balance with which the next one begins"),
        (21_976, "statements within a day that left the balance as it was: the next one may tell the day again"),
        (23_429, "a copy of a notice that was booked stands for what nothing announced, before any other"),
        (24_476, "of what one notice tells again, what says the same repeats the same"),
        (25_693, "a download with references where the first one had none is read"),
        (26_771, "a notice that fits two that are alike shows of neither that it is another one"),
        (27_317, "a copy does not take the place of what is booked"),
        (28_559, "nor what is in doubt"),
        (28_671, "it stands for what it is most like"),
        (31_164, "the same with references that recur"),
        (34_553, "an entry with another payer is not one with it because no other place is left"),
        (35_106, "what was one before a statement came is read anew with it"),
        (37_258, "what waited comes in no other order than what did not"),
        (38_702, "a copy with another text does not take the place of what says the same"),
        (39_698, "a part of a day goes with what is not booked, where a whole statement tells as many"),
    ];
    for (seed, what) in seeds {
        let history = History::new(seed);
        if let Some(fault) = trial(&history) {
            panic!("{what}\n{}", story(&history, &fault));
        }
    }
}
