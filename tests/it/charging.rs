//! What an entry costs, as programs are told it, and ticket-days on both databases (TIME-2, TIME-3).

use crate::common::http::{Site, text};
use crate::common::on_both;
use serde_json::{Value, json};
use strippenkaart::domain::{Act, Minutes, Receipt, Target, TicketKind};
use strippenkaart::service::verify::verify;
use strippenkaart::store::users::StaffRole;

/// Sheet D, with its factors and its surcharge.
pub const FACTORS: &str = include_str!("terms/d_it_support.toml");

/// The shipped terms, but all work of a ticket and day counts together and needs no agreement.
fn together() -> String {
    include_str!("../../policies/openedu.toml")
        .replace("rounding = \"up\"", "rounding = \"up\"\nper = \"ticket_day\"")
        .replace("agreement = \"required\"", "agreement = \"not_required\"")
}

on_both! {
    under FACTORS;
    async fn time_3_an_entry_answers_with_its_arithmetic(fixture: Fixture) {
        let (customer, owner) = fixture.customer().await;
        let ticket = fixture.ticket(customer, Some(owner), TicketKind::Question).await;
        let site = Site::new(fixture);
        let agent = site.staff(StaffRole::Agent).await;
        let path = format!("/api/v1/tickets/{}/time-entries", ticket.id);
        let mut work = json!({
            "worked_minutes": 40, "description": "Helped", "started_at": "2026-03-09T07:40:00+01:00",
            "surcharges": ["call_out"], "uncovered": true,
        });
        let logged = site.post_with_key(&agent, &path, "one", &work).await.expect(201);
        assert_eq!(logged["charged_minutes"], 90);
        let told: Vec<&str> = logged["arithmetic"].as_array().unwrap().iter().map(|step| text(&step["text"])).collect();
        assert_eq!(
            told,
            [
                "07:40–08:00, Before 8:00 or after 17:00: 20 × 1.5 = 30",
                "08:00–08:20: 20 × 1 = 20",
                "50 minutes, rounded 1:00",
                "Call on site: +0:30",
            ]
        );
        let first = &logged["arithmetic"][0];
        assert_eq!([&first["step"], &first["factor"], &first["counts"]], ["part", "1.5", "30"]);
        assert_eq!((&first["minutes"], &first["from"]), (&json!(20), &json!("07:40:00")));
        assert_eq!(site.post_with_key(&agent, &path, "one", &work).await.expect(201), logged, "the same again");

        work["surcharges"] = json!(["call_out", "call_out"]);
        assert_eq!(site.post(&agent, &path, &work).await.pointers(), ["/surcharges"]);
        work["surcharges"] = json!([]);
        work["started_at"] = Value::Null;
        let logged = site.post(&agent, &path, &work).await.expect(201);
        assert_eq!(logged["arithmetic"][0]["step"], "no_start");
    }
}

on_both! {
    async fn time_2_short_entries_that_cost_more_apart_are_told(fixture: Fixture) {
        let (customer, owner) = fixture.customer().await;
        let ticket = fixture.ticket(customer, Some(owner), TicketKind::Question).await;
        let site = Site::new(fixture);
        let agent = site.staff(StaffRole::Agent).await;
        let path = format!("/api/v1/tickets/{}/time-entries", ticket.id);
        let work = json!({ "worked_minutes": 5, "description": "Helped", "uncovered": true });
        assert_eq!(site.post(&agent, &path, &work).await.expect(201)["hint"], Value::Null);
        site.post(&agent, &path, &work).await.expect(201);
        let third = site.post(&agent, &path, &work).await.expect(201);
        let told = "3 short entries of 15 minutes in all cost 45 minutes; as one entry they would cost 15.";
        assert_eq!(third["hint"], told);
    }
}

on_both! {
    under together();
    async fn time_2_a_reversal_prices_the_rest_of_the_day_again(fixture: Fixture) {
        let (customer, owner) = fixture.customer().await;
        let ticket = fixture.ticket(customer, Some(owner), TicketKind::Question).await;
        let mut entries = Vec::new();
        for (minutes, charged) in [(5, 15), (5, 0), (5, 0), (1, 15)] {
            let logged = fixture.log(ticket.id, minutes).await;
            assert_eq!(logged.entry.charged, Minutes(charged));
            entries.push(logged.entry.id);
        }
        let reverse = |entry| Act::ReverseEntry { entry, reason: "The wrong ticket".to_owned() };
        let target = Target::TimeEntry(entries[3]);
        fixture.submit(target, reverse(entries[3])).await.unwrap();
        let target = Target::TimeEntry(entries[0]);
        let first = fixture.submit_with_key(target, reverse(entries[0]), "k", "r").await.unwrap();
        let Receipt::Correction(correction) = &first else { panic!("{first:?}") };
        assert_eq!((correction.repriced, correction.available_after), (Minutes(15), Minutes(165)));
        assert_eq!(fixture.submit_with_key(target, reverse(entries[0]), "k", "r").await.unwrap(), first);
        verify(&fixture.service.db, |_, _| {}).await.unwrap();
        for entry in [entries[2], entries[1]] {
            fixture.submit(Target::TimeEntry(entry), reverse(entry)).await.unwrap();
        }
        let balance = fixture.log(ticket.id, 1).await.available_after;
        assert_eq!(balance, Minutes(165), "all but the quarter of this last minute is back");
        verify(&fixture.service.db, |_, _| {}).await.unwrap();
    }
}
