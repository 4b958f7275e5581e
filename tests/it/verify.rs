//! `verify`: a ledger made through the door passes, and whatever is changed behind its back is named.

use crate::common::{Fixture, on_both};
use crate::story;
use strippenkaart::service::verify::{Report, verify};
use strippenkaart::store::Db;

on_both! {
    under story::policy();
    async fn every_kind_of_transaction_verifies(fixture: Fixture) {
        story::play(&fixture).await;
        let mut told = Vec::new();
        let report = verify(&fixture.service.db, |done, total| told.push((done, total))).await.unwrap();
        assert_eq!((report.customers, report.transactions, report.erased), (3, 21, 0));
        assert_eq!(told, [(21, 21)]);

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

/// Tampers with money as well: what is booked and issued of it is guarded like the ledger.
async fn tamper(db: &Db, sql: &str) {
    let mut drops = String::new();
    if matches!(db, Db::Sqlite { .. }) {
        for trigger in ["invoices_issued", "invoices_no_delete"] {
            drops.extend([format!("DROP TRIGGER IF EXISTS {trigger};\n")]);
        }
        for table in ["postings", "allocations", "repayments", "closings"] {
            for act in ["update", "delete", "replace"] {
                drops.extend([format!("DROP TRIGGER IF EXISTS {table}_no_{act};\n")]);
            }
        }
    }
    story::tamper(db, &format!("{drops}{sql}")).await;
}

/// Plays the story, tampers, and expects `verify` to say where.
macro_rules! tampering {
    ($($name:ident: $sql:literal => $said:literal;)+) => { $(
        on_both! {
            under story::policy();
            async fn $name(fixture: Fixture) {
                story::play(&fixture).await;
                tamper(&fixture.service.db, &$sql.replace("{one}", "(SELECT id FROM customers WHERE number = 1)")).await;
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
        "UPDATE movements SET minutes = minutes + 15 WHERE customer_id = {one} AND seq = 7"
        => "customer 1, transaction 7, movement 1: totals after it: held minutes: expected 30, found 45";
    tamper_a_minute_is_changed_with_the_totals_of_the_customer:
        "UPDATE movements SET minutes = minutes + 15, held = held - 15, used = used + 15 WHERE customer_id = {one} AND seq = 7"
        => "customer 1, transaction 7, movement 1: card after it: held minutes: expected 30, found 45";
    tamper_a_minute_is_changed_with_all_totals:
        "UPDATE movements SET minutes = minutes + 15, held = held - 15, used = used + 15,
                card_held = card_held - 15, card_used = card_used + 15 WHERE customer_id = {one} AND seq = 7"
        => "customer 1, transaction 7, hash: expected *, found *";
    tamper_a_day_is_changed:
        "UPDATE transactions SET booked_on = '2026-01-01' WHERE customer_id = {one} AND seq = 5"
        => "customer 1, transaction 5, hash: expected *, found *";
    tamper_the_last_transaction_is_removed:
        "DELETE FROM movements WHERE customer_id = {one} AND seq = 18; DELETE FROM transactions WHERE customer_id = {one} AND seq = 18"
        => "customer 1, number of its last transaction: expected 18, found 17";
    tamper_the_last_transaction_is_removed_from_the_customer_too:
        "DELETE FROM movements WHERE customer_id = {one} AND seq = 18; DELETE FROM transactions WHERE customer_id = {one} AND seq = 18;
         UPDATE customers SET seq = 17, head = (SELECT hash FROM transactions WHERE customer_id = customers.id AND seq = 17) WHERE number = 1"
        => "customer 1, totals: used minutes: expected *, found *";
    tamper_a_transaction_in_the_middle_is_removed:
        "DELETE FROM transactions WHERE customer_id = {one} AND seq = 9"
        => "customer 1, transaction 10, number, without gaps: expected 9, found 10";
    tamper_two_hashes_are_swapped:
        "UPDATE transactions SET seq = seq + 1000 WHERE customer_id = {one} AND seq IN (7, 8);
         UPDATE transactions SET hash = (SELECT other.hash FROM transactions AS other WHERE other.customer_id = transactions.customer_id AND other.seq = 1008),
                seq = 7 WHERE customer_id = {one} AND seq = 1007;
         UPDATE transactions SET hash = prev_hash, seq = 8 WHERE customer_id = {one} AND seq = 1008"
        => "customer 1, transaction 7, hash: expected *, found *";
    tamper_a_movement_is_deleted:
        "DELETE FROM movements WHERE customer_id = {one} AND seq = 8 AND line = 2"
        => "customer 1, transaction 8, hash: expected *, found *";
    tamper_the_first_movement_of_two_is_deleted:
        "DELETE FROM movements WHERE customer_id = {one} AND seq = 8 AND line = 1"
        => "customer 1, transaction 8, movement 1: line: expected 1, found 2";
    tamper_a_movement_is_moved_in_time:
        "UPDATE movements SET recorded_at = recorded_at - 1 WHERE customer_id = {one} AND seq = 8"
        => "customer 1, transaction 8, movement 1: recorded_at: expected 2026-03-10 12:00:00 UTC, found 2026-03-10 11:59:59.999999 UTC";
    tamper_a_movement_is_moved_before_others:
        "UPDATE movements SET recorded_at = recorded_at - 172800000000 WHERE customer_id = {one} AND seq = 8"
        => "customer 1, transaction 8, movement 1 recorded at *: expected a transaction of that number and instant, found none";
    tamper_a_movement_of_no_transaction_is_added:
        "INSERT INTO movements SELECT customer_id, recorded_at + 1, seq + 1, line, card_id, estimate_id, from_account, to_account, minutes, basis,
                available, held, used, expired, frozen, refunded, converted, uncovered,
                card_available, card_held, card_used, card_expired, card_frozen, card_refunded, card_converted
         FROM movements WHERE customer_id = {one} AND seq = 18 AND line = 1"
        => "customer 1, transaction 19, movement 1 recorded at *: expected a transaction of that number and instant, found none";
    tamper_the_clock_runs_back:
        "UPDATE transactions SET recorded_at = recorded_at - 86400000000 WHERE customer_id = {one} AND seq = 15"
        => "customer 1, transaction 15, recorded_at: expected 2026-03-10 12:00:00 UTC or later, found 2026-03-09 12:00:00 UTC";
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
        => "customer 1, transaction 16, card *: breakage: expected 0.00, found -400.00";
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
        "UPDATE notes SET text = 'Something else' WHERE transaction_id = (SELECT id FROM transactions WHERE customer_id = {one} AND seq = 7)"
        => "customer 1, transaction 7, digest of the note: expected *, found *";
    tamper_a_note_is_added:
        "INSERT INTO notes (transaction_id, customer_id, salt, text) SELECT id, customer_id, '', 'Free' FROM transactions WHERE customer_id = {one} AND seq = 1"
        => "customer 1, transaction 1, digest of the note: expected no note, found *";
    tamper_a_note_of_nothing_is_added:
        "INSERT INTO notes (transaction_id, customer_id, salt, text) VALUES ('0', 'x', '', 'Free')"
        => "unknown customer, note without transaction 0: count: expected 0, found 1";
    tamper_a_payment_is_changed:
        "UPDATE payments SET amount = amount - 100 WHERE amount = 28400"
        => "customer 1, customer *: money at the bank: expected 48400, found 48300";
    tamper_a_payment_is_removed:
        "DELETE FROM payments"
        => "customer 1, customer *: money at the bank: expected 48400, found 0";
    tamper_a_payment_comes_undone:
        "UPDATE payments SET reversed = 100 WHERE amount = 20000"
        => "customer 1, payment *: reversed: expected 0, found 100";
    tamper_a_payment_came_otherwise:
        "UPDATE payments SET method = 'other' WHERE amount = 20000"
        => "customer 1, customer *: money at the bank: expected 48400, found 28400";
    tamper_an_allocation_is_changed:
        "UPDATE allocations SET amount = amount - 100 WHERE open_after = 0"
        => "customer 1, invoice *: paid: expected 48300, found 48400";
    tamper_an_invoice_is_paid_less:
        "UPDATE invoices SET paid = paid - 100 WHERE paid > 0"
        => "customer 1, invoice *: paid: expected 48400, found 48300";
    tamper_an_invoice_is_credited:
        "UPDATE invoices SET paid = paid - 100, credited = 100 WHERE paid > 0; UPDATE allocations SET amount = amount - 100 WHERE open_after = 0"
        => "customer 1, invoice *: credited: expected 0, found 100";
    tamper_an_invoice_was_reversed:
        "UPDATE invoices SET reversed = 5 WHERE number IS NOT NULL"
        => "customer 1, invoice *: reversed: expected 0, found 5";
    tamper_an_invoice_is_open_again:
        "UPDATE invoices SET paid = paid - 100 WHERE paid > 0; UPDATE allocations SET amount = amount - 100 WHERE open_after = 0"
        => "customer 1, invoice *: open, on receivable: expected 0, found 100";
    tamper_a_credit_is_given:
        "UPDATE customers SET credit = 500 WHERE number = 1"
        => "customer 1, customer *: credit: expected 0, found 500";
    tamper_vat_of_an_invoice_is_changed:
        "UPDATE invoices SET vat = vat + 100, net = net - 100 WHERE number IS NOT NULL"
        => "customer 1, customer *: VAT of its documents: expected 8400, found 8500";
    tamper_a_reversal_of_no_collection_is_added:
        "INSERT INTO reversals (id, customer_id, collection_id, amount, code, valued_on, rejected, charge, money_back, by_hand, hand_charge, fee_freed, undone,
                                recorded_at)
         SELECT 'r', id, 'c', 100, 'AM04', '2026-03-09', 1, 0, 0, 0, 0, 0, 0, 0 FROM customers WHERE number = 1"
        => "customer 1, collection and its reversal c r: count: expected 1, found 0";
    tamper_a_payment_of_no_collection:
        "UPDATE payments SET collection_id = 'c' WHERE amount = 20000"
        => "customer 1, collection and its payment c *: count: expected 1, found 0";
    tamper_a_reversal_of_a_payment_is_added:
        "INSERT INTO reversals (id, customer_id, payment_id, amount, code, valued_on, rejected, charge, money_back, by_hand, hand_charge, fee_freed, undone,
                                recorded_at)
         SELECT 'r', customer_id, id, 100, 'AM04', '2026-03-09', 0, 0, 0, 0, 0, 0, 0, 0 FROM payments WHERE amount = 20000"
        => "customer 1, payment *: reversed: expected 100, found 0";
    tamper_a_hold_is_frozen:
        "UPDATE holds SET frozen = 15"
        => "customer 1, hold of estimate and card *: frozen: expected 0, found 15";
    tamper_an_entry_of_the_journal_is_removed:
        "DELETE FROM journal_entries WHERE seq = 2"
        => "customer 1, transaction and its entry in the journal 2 2026-03-09: count: expected 1, found 0";
    tamper_the_debit_of_a_day_is_changed:
        "UPDATE account_days SET debit = debit + 1 WHERE account = 'bank'"
        => "all customers, account and day bank 2026-03-09: debit: expected 48400, found 48401";
    tamper_the_credit_of_a_day_is_changed:
        "UPDATE account_days SET credit = credit + 1 WHERE account = 'vat'"
        => "all customers, account and day vat 2026-03-09: credit: expected 8400, found 8401";
    tamper_a_posting_is_changed:
        "UPDATE postings SET amount = amount + 100 WHERE customer_id = {one} AND seq = 2 AND line = 1"
        => "customer 1, transaction 2, hash: expected *, found *";
    tamper_a_posting_is_removed:
        "DELETE FROM postings WHERE customer_id = {one} AND seq = 3 AND line = 1"
        => "customer 1, transaction 3, hash: expected *, found *";
    tamper_a_posting_of_no_transaction_is_added:
        "INSERT INTO postings SELECT customer_id, 99, line, account, amount, booked_on, card_id, invoice_id
         FROM postings WHERE customer_id = {one} AND seq = 3 AND line = 1"
        => "customer 1, transaction 99, posting 1: expected a transaction of that number, found none in its place";
    tamper_a_card_was_dearer:
        "UPDATE cards SET price = price + 100 WHERE product = '5h'"
        => "customer 1, transaction *, card *: expected *, found *";
    tamper_the_lines_of_an_invoice_are_removed:
        "UPDATE invoices SET lines = '[]' WHERE number IS NOT NULL"
        => "customer 1, invoice *: net, the sum of its lines: expected 0.00, found 400.00";
    tamper_the_rates_of_an_invoice_are_removed:
        "UPDATE invoices SET vat_totals = '[]' WHERE number IS NOT NULL"
        => "customer 1, invoice *: net, the sum over the rates of VAT: expected 0.00, found 400.00";
    tamper_a_number_is_skipped:
        "UPDATE counters SET next = 7 WHERE name = 'invoice-2026'"
        => "all customers, documents, series invoice of 2026: next number: expected 2, found 7";
    tamper_a_number_is_changed:
        "UPDATE invoices SET number = '2026-0003' WHERE number IS NOT NULL"
        => "all customers, documents, series invoice of 2026: how often number 1 was given out: expected 1, found 0";
    tamper_the_books_are_closed:
        "UPDATE closed_books SET through = '2026-03-31'"
        => "all customers, closed months: the last day: expected none, found 2026-03-31";
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
