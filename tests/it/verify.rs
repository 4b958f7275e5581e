//! `verify`: a ledger made through the door passes, and whatever is changed behind its back is named.

use crate::common::{Fixture, on_both};
use crate::story;
use strippenkaart::service::verify::{Report, verify};

on_both! {
    under story::policy();
    async fn every_kind_of_transaction_verifies(fixture: Fixture) {
        story::play(&fixture).await;
        let mut told = Vec::new();
        let report = verify(&fixture.service.db, |done, total| told.push((done, total))).await.unwrap();
        assert_eq!((report.customers, report.transactions, report.erased), (3, 18, 0));
        assert_eq!(told, [(18, 18)]);

        story::run_raw(&fixture.service.db, "DELETE FROM notes").await.unwrap();
        let erased = verify(&fixture.service.db, |_, _| {}).await.unwrap();
        assert_eq!(erased, Report { erased: 12, ..report }, "a text may go, its digest stays");
    }
}

on_both! {
    async fn an_empty_ledger_verifies(fixture: Fixture) {
        let report = verify(&fixture.service.db, |_, _| {}).await.unwrap();
        assert_eq!((report.customers, report.transactions, report.movements), (0, 0, 0));
        assert_eq!(&report.digest[..16], "e3b0c44298fc1c14", "SHA-256 of nothing");
    }
}

on_both! {
    async fn a_chain_longer_than_a_page_verifies(fixture: Fixture) {
        let (customer, owner) = fixture.customer().await;
        let ticket = fixture.ticket(customer, Some(owner), strippenkaart::domain::TicketKind::Defect).await;
        let act = fixture.time(ticket.id, 5, strippenkaart::domain::Excess::Refuse);
        let target = strippenkaart::domain::Target::Ticket(ticket.id);
        let commands: Vec<_> = (0..2100).map(|_| fixture.command(target, act.clone())).collect();
        for batch in commands.chunks(500) {
            let mut waiting = tokio::task::JoinSet::new();
            for command in batch.iter().cloned() {
                let door = fixture.service.door.clone();
                waiting.spawn(async move { door.submit(command).await });
            }
            assert!(waiting.join_all().await.iter().all(Result::is_ok));
        }
        let mut told = Vec::new();
        let report = verify(&fixture.service.db, |done, total| told.push((done, total))).await.unwrap();
        assert_eq!(report.transactions, 2101);
        assert_eq!(told, [(1000, 2101), (2000, 2101), (2101, 2101)]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(no_postgres, ignore = "initdb not found")]
async fn both_databases_hold_the_same_ledger() {
    let mut reports = Vec::new();
    for fixture in [Fixture::sqlite_with(&story::policy()).await, Fixture::postgres_with(&story::policy()).await] {
        story::play(&fixture).await;
        reports.push(verify(&fixture.service.db, |_, _| {}).await.unwrap());
    }
    assert_eq!(reports[0], reports[1], "postgres");
}

/// Plays the story, tampers, and expects `verify` to say where.
macro_rules! tampering {
    ($($name:ident: $sql:literal => $said:literal;)+) => { $(
        on_both! {
            under story::policy();
            async fn $name(fixture: Fixture) {
                story::play(&fixture).await;
                story::tamper(&fixture.service.db, &$sql.replace("{one}", "(SELECT id FROM customers WHERE number = 1)")).await;
                let error = verify(&fixture.service.db, |_, _| {}).await.unwrap_err().to_string();
                let said = error.strip_prefix("the ledger differs from what was booked: ").expect(&error);
                let mut rest = said;
                for part in $said.split('*') {
                    let at = rest.find(part).unwrap_or_else(|| panic!("{said}"));
                    rest = &rest[at + part.len()..];
                }
            }
        }
    )+ };
}

tampering! {
    tamper_a_minute_is_changed:
        "UPDATE movements SET minutes = minutes + 15 WHERE customer_id = {one} AND seq = 4"
        => "customer 1, transaction 4, movement 1: totals after it: held minutes: expected 30, found 45";
    tamper_a_minute_is_changed_with_the_totals_of_the_customer:
        "UPDATE movements SET minutes = minutes + 15, held = held - 15, used = used + 15 WHERE customer_id = {one} AND seq = 4"
        => "customer 1, transaction 4, movement 1: card after it: held minutes: expected 30, found 45";
    tamper_a_minute_is_changed_with_all_totals:
        "UPDATE movements SET minutes = minutes + 15, held = held - 15, used = used + 15,
                card_held = card_held - 15, card_used = card_used + 15 WHERE customer_id = {one} AND seq = 4"
        => "customer 1, transaction 4, hash: expected *, found *";
    tamper_a_day_is_changed:
        "UPDATE transactions SET booked_on = '2026-01-01' WHERE customer_id = {one} AND seq = 2"
        => "customer 1, transaction 2, hash: expected *, found *";
    tamper_the_last_transaction_is_removed:
        "DELETE FROM movements WHERE customer_id = {one} AND seq = 15; DELETE FROM transactions WHERE customer_id = {one} AND seq = 15"
        => "customer 1, number of its last transaction: expected 15, found 14";
    tamper_the_last_transaction_is_removed_from_the_customer_too:
        "DELETE FROM movements WHERE customer_id = {one} AND seq = 15; DELETE FROM transactions WHERE customer_id = {one} AND seq = 15;
         UPDATE customers SET seq = 14, head = (SELECT hash FROM transactions WHERE customer_id = customers.id AND seq = 14) WHERE number = 1"
        => "customer 1, totals: used minutes: expected *, found *";
    tamper_a_transaction_in_the_middle_is_removed:
        "DELETE FROM transactions WHERE customer_id = {one} AND seq = 6"
        => "customer 1, transaction 7, number, without gaps: expected 6, found 7";
    tamper_two_hashes_are_swapped:
        "UPDATE transactions SET seq = seq + 1000 WHERE customer_id = {one} AND seq IN (4, 5);
         UPDATE transactions SET hash = (SELECT other.hash FROM transactions AS other WHERE other.customer_id = transactions.customer_id AND other.seq = 1005),
                seq = 4 WHERE customer_id = {one} AND seq = 1004;
         UPDATE transactions SET hash = prev_hash, seq = 5 WHERE customer_id = {one} AND seq = 1005"
        => "customer 1, transaction 4, hash: expected *, found *";
    tamper_a_movement_is_deleted:
        "DELETE FROM movements WHERE customer_id = {one} AND seq = 5 AND line = 2"
        => "customer 1, transaction 5, hash: expected *, found *";
    tamper_the_first_movement_of_two_is_deleted:
        "DELETE FROM movements WHERE customer_id = {one} AND seq = 5 AND line = 1"
        => "customer 1, transaction 5, movement 1: line: expected 1, found 2";
    tamper_a_movement_is_moved_in_time:
        "UPDATE movements SET recorded_at = recorded_at - 1 WHERE customer_id = {one} AND seq = 5"
        => "customer 1, transaction 5, movement 1: recorded_at: expected 2026-03-10 12:00:00 UTC, found 2026-03-10 11:59:59.999999 UTC";
    tamper_a_movement_is_moved_before_others:
        "UPDATE movements SET recorded_at = recorded_at - 172800000000 WHERE customer_id = {one} AND seq = 5"
        => "customer 1, transaction 5, movement 1 recorded at *: expected a transaction of that number and instant, found none";
    tamper_a_movement_of_no_transaction_is_added:
        "INSERT INTO movements SELECT customer_id, recorded_at + 1, seq + 1, line, card_id, estimate_id, from_account, to_account, minutes, basis,
                available, held, used, expired, frozen, refunded, converted, uncovered,
                card_available, card_held, card_used, card_expired, card_frozen, card_refunded, card_converted
         FROM movements WHERE customer_id = {one} AND seq = 15 AND line = 1"
        => "customer 1, transaction 16, movement 1 recorded at *: expected a transaction of that number and instant, found none";
    tamper_the_clock_runs_back:
        "UPDATE transactions SET recorded_at = recorded_at - 86400000000 WHERE customer_id = {one} AND seq = 12"
        => "customer 1, transaction 12, recorded_at: expected 2026-03-10 12:00:00 UTC or later, found 2026-03-09 12:00:00 UTC";
    tamper_a_customer_counter_is_changed:
        "UPDATE customers SET uncovered = 15 WHERE number = 1"
        => "customer 1, totals: uncovered minutes: expected 0, found 15";
    tamper_a_card_counter_is_changed:
        "UPDATE cards SET expired = expired - 15, available = available + 15 WHERE customer_id = {one} AND product = '5h'"
        => "customer 1, card *: available minutes: expected 0, found 15";
    tamper_a_card_is_granted_more:
        "UPDATE cards SET granted = granted + 60, available = available + 60 WHERE product = 'welcome' AND customer_id <> {one}"
        => "customer 2, card *: available minutes: expected 180, found 240";
    tamper_a_card_is_removed:
        "DELETE FROM cards WHERE customer_id = {one} AND product = '5h'"
        => "customer 1, card * of its movements: expected a card of this customer, found none";
    tamper_a_hold_is_changed:
        "UPDATE holds SET minutes = 30"
        => "customer 1, hold of estimate and card *: minutes: expected 0, found 30";
    tamper_an_estimates_held_is_changed:
        "UPDATE estimates SET held = 30"
        => "customer 1, estimate *: held: expected 0, found 30";
    tamper_an_estimates_used_is_changed:
        "UPDATE estimates SET used = used - 15"
        => "customer 1, estimate *: used: expected 90, found 75";
    tamper_an_estimates_correctable_is_changed:
        "UPDATE estimates SET correctable = 300"
        => "customer 1, estimate or ticket *: correctable minutes: expected 15, found 300";
    tamper_a_correctable_is_taken_away:
        "UPDATE estimates SET correctable = 0"
        => "customer 1, estimate or ticket *: correctable minutes: expected 15, found 0";
    tamper_a_notes_text_is_changed:
        "UPDATE notes SET text = 'Something else' WHERE transaction_id = (SELECT id FROM transactions WHERE customer_id = {one} AND seq = 4)"
        => "customer 1, transaction 4, digest of the note: expected *, found *";
    tamper_a_note_is_added:
        "INSERT INTO notes (transaction_id, customer_id, salt, text) SELECT id, customer_id, '', 'Free' FROM transactions WHERE customer_id = {one} AND seq = 1"
        => "customer 1, transaction 1, digest of the note: expected no note, found *";
    tamper_a_note_of_nothing_is_added:
        "INSERT INTO notes (transaction_id, customer_id, salt, text) VALUES ('0', 'x', '', 'Free')"
        => "unknown customer, note without transaction 0: count: expected 0, found 1";
    tamper_a_payment_is_changed:
        "UPDATE payments SET amount = amount - 100 WHERE open_after = 0"
        => "customer 1, invoice *: paid: expected 48300, found 48400";
    tamper_a_payment_is_removed:
        "DELETE FROM payments"
        => "customer 1, invoice *: paid: expected 0, found 48400";
    tamper_a_tickets_charged_is_changed:
        "UPDATE tickets SET charged = 0 WHERE kind = 'change'"
        => "customer 1, ticket *: charged: expected 45, found 0";
    tamper_a_time_entry_is_removed:
        "DELETE FROM time_entries WHERE worked = 20"
        => "customer 1, time entry and its transaction *: count: expected 1, found 0";
    tamper_a_time_entry_without_a_transaction_is_added:
        "INSERT INTO time_entries (id, customer_id, ticket_id, coverage_id, transaction_id, worked, charged, counted, policy_version, weighted, surcharged, worked_on, covered_by, recorded_at, uncovered, repriced, invoiced)
         SELECT '0', customer_id, ticket_id, coverage_id, '1', 5, 0, 0, 1, 0, 0, worked_on, 'free', recorded_at, 0, 0, 0 FROM time_entries WHERE worked = 20"
        => "customer 1, time entry and its transaction 0 1: count: expected 0, found 1";
    tamper_an_entry_is_priced_again:
        "UPDATE time_entries SET repriced = 15 WHERE worked = 50"
        => "customer 1, time entry *: repriced: expected 0, found 15";
    tamper_the_sum_of_a_day_is_changed:
        "UPDATE ticket_days SET charged = charged + 15"
        => "ticket, day and version *: charged: expected *, found *";
    tamper_the_work_of_a_day_is_changed:
        "UPDATE ticket_days SET weighted = weighted + 1"
        => "ticket, day and version *: weighted: expected *, found *";
    tamper_worked_minutes_are_changed:
        "UPDATE time_entries SET worked = 51 WHERE worked = 50"
        => "customer 1, time entry *: worked: expected 50, found 51";
    tamper_charged_minutes_are_changed:
        "UPDATE time_entries SET charged = 15 WHERE worked = 20"
        => "customer 1, time entry *: charged: expected 0, found 15";
    tamper_uncovered_minutes_are_changed:
        "UPDATE time_entries SET uncovered = 15 WHERE worked = 10"
        => "customer 1, time entry *: uncovered: expected 0, found 15";
    tamper_agreed_minutes_are_changed:
        "UPDATE time_entries SET invoiced = 30 WHERE worked = 40"
        => "customer 2, time entry *: invoiced: expected 45, found 30";
    tamper_a_ticket_is_free_after_all:
        "UPDATE tickets SET cover = 'goodwill' WHERE number = 1"
        => "customer 1, ticket and its decision about who pays * card: count: expected 1, found 0";
    tamper_a_reversal_is_forgotten:
        "UPDATE time_entries SET reversed_by = NULL"
        => "customer 1, time entry and its reversal *: count: expected 1, found 0";
    tamper_a_customer_is_removed:
        "DELETE FROM customers WHERE number = 2"
        => "unknown customer, transaction 1, transaction of a customer: expected a customer *, found none";
    tamper_the_last_customer_is_removed:
        "DELETE FROM customers WHERE number >= 2"
        => "unknown customer, transaction 1, transaction of a customer: expected a customer *, found none";
}
