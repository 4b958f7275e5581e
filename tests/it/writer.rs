//! The one door: what it books, on both databases.

use crate::common::on_both;
use strippenkaart::domain::{Balance, Excess, Minutes, Receipt, Refusal, Target, TicketKind};
use strippenkaart::service::ledger::Failure;

on_both! {
    async fn time_1_fifty_minutes_are_charged_as_sixty(fixture: Fixture) {
        let (customer, owner) = fixture.customer().await;
        let ticket = fixture.ticket(customer, Some(owner), TicketKind::Question).await;
        let estimate = fixture.propose(ticket.id, 100).await;
        assert_eq!(estimate.minutes, Minutes(105), "SPEND-3: rounded up to the increment");
        fixture.accept(estimate.id, owner).await.unwrap();
        let time = fixture.log(ticket.id, 50).await;
        assert_eq!((time.entry.charged, time.uncovered, time.available_after), (Minutes(60), Minutes::ZERO, Minutes(75)));

        let too_much = fixture.submit(Target::Ticket(ticket.id), fixture.time(ticket.id, 46, Excess::Refuse)).await;
        let refusal =
            Refusal::BeyondAgreement { agreed: Minutes(105), left: Minutes(45), asked: Minutes(60), tolerance: Minutes(15) };
        assert_eq!(too_much, Err(Failure::Refused(refusal)));

        let rest = fixture.submit(Target::Ticket(ticket.id), fixture.time(ticket.id, 46, Excess::Uncovered)).await;
        let Ok(Receipt::Time(rest)) = rest else { panic!("{rest:?}") };
        assert_eq!((rest.draws[0].minutes, rest.uncovered), (Minutes(45), Minutes(15)));
        let balance = Balance {
            available: Minutes(75),
            used: Minutes(105),
            uncovered: Minutes(15),
            ..Balance::default()
        };
        let mut tx = fixture.service.db.snapshot().await.unwrap();
        let ledger = strippenkaart::store::books::read(&mut tx, customer, crate::common::day("2026-03-09")).await.unwrap();
        assert_eq!(ledger.unwrap().rows.customer.unwrap().balance(), balance);
    }
}
