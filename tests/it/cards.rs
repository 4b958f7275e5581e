//! Cards for one installation, ordered again, converted: at the door, on both databases.

use crate::common::{Fixture, day, noon, on_both};
use crate::story;
use strippenkaart::domain::command::Receiving;
use strippenkaart::domain::{
    Act, Actor, Card, ContactId, CustomerId, Excess, Installation, InstallationId, Minutes, NoticeKind, PaymentMethod,
    Receipt, Refusal, Report, Target, TicketKind, UserId,
};
use strippenkaart::service::{jobs, ledger::Failure, verify::verify};
use strippenkaart::store::{books, cards, installations, invoices, notices, renewal};

/// OpenEdu's terms without a welcome card and without agreement beforehand, with these lines in `[cards]`.
fn policy(cards: &str) -> String {
    include_str!("../../policies/openedu.toml")
        .replace("welcome_minutes = 180", &format!("welcome_minutes = 0\n{cards}"))
        .replace("agreement = \"required\"", "agreement = \"not_required\"")
}

/// The owner, logged in.
fn owner_of(contact: ContactId) -> Actor {
    Actor::Contact(UserId(contact.0), contact, None)
}

async fn as_owner(fixture: &Fixture, customer: CustomerId, owner: ContactId, act: Act) -> Result<Receipt, Failure> {
    let mut command = fixture.command(Target::Customer(customer), act);
    command.actor = owner_of(owner);
    fixture.service.door.submit(command).await
}

/// Orders five hours and pays them.
async fn buy(fixture: &Fixture, customer: CustomerId, installation: Option<InstallationId>) -> Card {
    let order = Act::OrderCard { product: "5h".to_owned(), installation, renew: false, billing: None };
    let Receipt::Card(card, Some(invoice)) = fixture.submit(Target::Customer(customer), order).await.unwrap() else {
        panic!("the policy sells 5h")
    };
    let (amount, paid_on, method) = (invoice.gross, day("2026-03-09"), PaymentMethod::Bank);
    let act = Act::RecordPayment(Receiving::of(invoice.id, amount, paid_on, method));
    fixture.submit(Target::Invoice(invoice.id), act).await.unwrap();
    *card
}

async fn install(fixture: &Fixture, customer: CustomerId, name: &str) -> Installation {
    let act = Act::AddInstallation { name: name.to_owned() };
    match fixture.submit(Target::Customer(customer), act).await.unwrap() {
        Receipt::Installation(installation) => installation,
        other => panic!("{other:?}"),
    }
}

/// The cards, those that were used or converted first.
async fn cards_of(fixture: &Fixture, customer: CustomerId) -> Vec<Card> {
    let mut cards = cards::of(&mut fixture.service.db.reader().await.unwrap(), customer).await.unwrap();
    cards.sort_by_key(|card| std::cmp::Reverse(card.used + card.converted));
    cards
}

on_both! {
    async fn card_8_installations_are_kept_and_answered_again(fixture: Fixture) {
        let (customer, _) = fixture.customer().await;
        let target = Target::Customer(customer);
        let add = Act::AddInstallation { name: " primary.example ".to_owned() };
        let first = fixture.submit_with_key(target, add.clone(), "k", "r").await.unwrap();
        assert_eq!(fixture.submit_with_key(target, add.clone(), "k", "r").await.unwrap(), first);
        let Receipt::Installation(made) = &first else { panic!("{first:?}") };
        assert_eq!(made.name, "primary.example");
        assert!(matches!(
            fixture.submit(target, Act::AddInstallation { name: "PRIMARY.example".to_owned() }).await,
            Err(Failure::Refused(Refusal::InstallationExists { .. }))
        ));

        let remove = Act::RemoveInstallation(made.id);
        let removed = fixture.submit_with_key(target, remove.clone(), "l", "r").await.unwrap();
        assert_eq!(fixture.submit_with_key(target, remove, "l", "r").await.unwrap(), removed);
        assert_eq!(fixture.submit_with_key(target, add.clone(), "k", "r").await.unwrap(), first, "as it was added");
        fixture.submit(target, add).await.unwrap();
        let mut reader = fixture.service.db.reader().await.unwrap();
        let all = installations::of(&mut reader, customer).await.unwrap();
        assert_eq!(all.iter().filter(|one| one.is_active()).count(), 1);
        assert_eq!(all.len(), 2, "a removed one stays");
    }
}

on_both! {
    async fn card_8_somebody_elses_installation_is_none_of_this_customers(fixture: Fixture) {
        let (customer, owner) = fixture.customer().await;
        let (other, _) = fixture.customer().await;
        let its_id = install(&fixture, other, "theirs.example").await.id;
        let theirs = Some(its_id);
        let target = Target::Customer(customer);
        let order = Act::OrderCard { product: "5h".to_owned(), installation: theirs, renew: false, billing: None };
        let refused = fixture.submit(target, order).await.unwrap_err();
        assert!(matches!(refused, Failure::Refused(Refusal::Invalid { field: "installation_id", .. })), "{refused:?}");
        let act = Act::OpenTicket(Report { requester: Some(owner), installation: theirs, ..Report::default() });
        let refused = fixture.submit(target, act).await.unwrap_err();
        assert!(matches!(refused, Failure::Refused(Refusal::Invalid { field: "installation_id", .. })), "{refused:?}");
        let refused = fixture.submit(target, Act::RemoveInstallation(its_id)).await.unwrap_err();
        assert_eq!(refused, Failure::Refused(Refusal::NotFound("installation")));
    }
}

on_both! {
    under policy("auto_renew = \"with_consent\"");
    async fn card_9_consent_is_recorded_with_who_and_when(fixture: Fixture) {
        let (customer, owner) = fixture.customer().await;
        let target = Target::Customer(customer);
        let refused = fixture.submit(target, Act::GiveConsent).await.unwrap_err();
        assert_eq!(refused, Failure::Refused(Refusal::ConsentByOwner), "an agent cannot");
        let given = as_owner(&fixture, customer, owner, Act::GiveConsent).await.unwrap();
        let again = as_owner(&fixture, customer, owner, Act::GiveConsent).await.unwrap();
        assert_eq!(given, again, "once");
        fixture.clock.set(noon(2026, 3, 10));
        let withdrawn = as_owner(&fixture, customer, owner, Act::WithdrawConsent).await.unwrap();
        let Receipt::Consent(withdrawn) = withdrawn else { panic!("{withdrawn:?}") };
        assert_eq!(withdrawn.withdrawn_at, Some(noon(2026, 3, 10)));
        as_owner(&fixture, customer, owner, Act::GiveConsent).await.unwrap();

        let last = renewal::last(&mut fixture.service.db.reader().await.unwrap(), customer).await.unwrap().unwrap();
        assert_eq!((last.given_by_name.as_str(), last.withdrawn_by_name), ("Jo Jansen", None));
        assert_eq!((last.consent.contact_id, last.consent.given_at), (owner, noon(2026, 3, 10)));
    }
}

on_both! {
    under policy("auto_renew = \"with_consent\"");
    async fn card_9_two_at_once_make_one_order(fixture: Fixture) {
        let (customer, owner) = fixture.customer().await;
        buy(&fixture, customer, None).await;
        as_owner(&fixture, customer, owner, Act::GiveConsent).await.unwrap();
        let ticket = fixture.ticket(customer, Some(owner), TicketKind::Question).await.id;
        // 20 entries of a quarter of an hour use up five hours; ten more at the same time find nothing.
        let mut waiting = tokio::task::JoinSet::new();
        for _ in 0..30 {
            let command = fixture.command(Target::Ticket(ticket), fixture.time(ticket, 15, Excess::Uncovered));
            let door = fixture.service.door.clone();
            waiting.spawn(async move { door.submit(command).await });
        }
        assert!(waiting.join_all().await.iter().all(Result::is_ok));
        let cards = cards_of(&fixture, customer).await;
        assert_eq!(cards.len(), 2, "{cards:?}");
        assert_eq!((cards[0].used, cards[1].activated_on), (Minutes(300), None));
        let mut reader = fixture.service.db.reader().await.unwrap();
        let told = notices::since(&mut reader, customer, noon(2026, 1, 1), 10).await.unwrap();
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!((told[0].kind, told[0].card_id), (NoticeKind::Renewed, Some(cards[1].id)));
        let invoices = invoices::of(&mut reader, customer).await.unwrap();
        assert_eq!(invoices.len(), 2);
        assert_ne!(invoices[0].number(), invoices[1].number());
        drop(reader);
        verify(&fixture.service.db, |_, _| {}).await.unwrap();
    }
}

on_both! {
    under policy("auto_renew = \"with_consent\"\nactivate_on = \"order\"").replace("activate_on = \"payment\"", "");
    async fn card_9_an_unpaid_order_that_is_used_up_is_still_open(fixture: Fixture) {
        let (customer, owner) = fixture.customer().await;
        let order = Act::OrderCard { product: "5h".to_owned(), installation: None, renew: true, billing: None };
        let Receipt::Card(_, Some(invoice)) = as_owner(&fixture, customer, owner, order).await.unwrap() else {
            panic!("the policy sells 5h")
        };
        let ticket = fixture.ticket(customer, Some(owner), TicketKind::Question).await.id;
        let used = fixture.log(ticket, 300).await;
        assert_eq!(cards_of(&fixture, customer).await.len(), 1, "its own invoice is open");

        let act = Act::ReverseEntry { entry: used.entry.id, reason: "Typed wrong".to_owned() };
        fixture.submit(Target::TimeEntry(used.entry.id), act).await.unwrap();
        let (amount, paid_on, method) = (invoice.gross, day("2026-03-09"), PaymentMethod::Bank);
        let act = Act::RecordPayment(Receiving::of(invoice.id, amount, paid_on, method));
        fixture.submit(Target::Invoice(invoice.id), act).await.unwrap();
        fixture.log(ticket, 300).await;
        let cards = cards_of(&fixture, customer).await;
        assert_eq!(cards.len(), 2);
        assert_eq!(cards[1].available, Minutes(300), "active on order");
    }
}

on_both! {
    under policy("conversion = \"credit\"");
    async fn card_10_the_job_converts_once_and_so_does_a_command(fixture: Fixture) {
        let (by_job, _) = fixture.customer().await;
        let (by_command, owner) = fixture.customer().await;
        buy(&fixture, by_job, None).await;
        buy(&fixture, by_command, None).await;
        fixture.clock.set(noon(2026, 12, 31));
        let due = books::due(&mut fixture.service.db.reader().await.unwrap(), day("2026-12-31")).await.unwrap();
        assert_eq!(due.len(), 0, "not yet");
        fixture.clock.set(noon(2027, 1, 1));
        fixture.ticket(by_command, Some(owner), TicketKind::Question).await;
        assert_eq!(jobs::settle(&fixture.service).await.unwrap(), 1, "the other one was done by its command");
        assert_eq!(jobs::settle(&fixture.service).await.unwrap(), 0);
        for customer in [by_job, by_command] {
            let cards = cards_of(&fixture, customer).await;
            assert_eq!(cards.len(), 1);
            assert_eq!((cards[0].refunded, cards[0].credit.to_string()), (Minutes(300), "400.00".to_owned()));
        }
        verify(&fixture.service.db, |_, _| {}).await.unwrap();
    }
}

on_both! {
    under story::policy();
    async fn card_10_verify_knows_what_is_to_be_given_back(fixture: Fixture) {
        story::play(&fixture).await;
        story::give_back(&fixture).await;
        verify(&fixture.service.db, |_, _| {}).await.unwrap();
        story::tamper(&fixture.service.db, "UPDATE cards SET credit = credit - 100 WHERE credit > 0").await;
        let error = verify(&fixture.service.db, |_, _| {}).await.unwrap_err().to_string();
        assert!(error.contains("customer 4, card ") && error.contains("credit: expected 400.00, found 399.00"), "{error}");
    }
}

/// A card at 80 an hour that goes on at 90.
async fn converted(fixture: &Fixture) -> CustomerId {
    let (customer, owner) = fixture.customer().await;
    let order = Act::order("7h");
    let Receipt::Card(_, Some(invoice)) = fixture.submit(Target::Customer(customer), order).await.unwrap() else {
        panic!("the policy sells hours")
    };
    let (amount, paid_on, method) = (invoice.gross, day("2026-03-09"), PaymentMethod::Bank);
    let act = Act::RecordPayment(Receiving::of(invoice.id, amount, paid_on, method));
    fixture.submit(Target::Invoice(invoice.id), act).await.unwrap();
    let ticket = fixture.ticket(customer, Some(owner), TicketKind::Question).await.id;
    fixture.log(ticket, 45).await;
    fixture.clock.set(noon(2027, 1, 1));
    assert_eq!(jobs::settle(&fixture.service).await.unwrap(), 1);
    customer
}

/// Two versions: 80 an hour, and 90 from 2027 on.
fn two_rates() -> [String; 2] {
    let terms = |price: &str| policy(&format!("conversion = \"new_rate\"\nhourly_price = \"{price}\""));
    [terms("80.00"), terms("90.00").replace("effective_from = 2020-01-01", "effective_from = 2027-01-01")]
}

mod card_10_verify_knows_whose_money_a_card_took_over {
    use super::*;

    async fn test(fixture: Fixture) {
        let customer = converted(&fixture).await;
        let cards = cards_of(&fixture, customer).await;
        let [old, new] = &cards[..] else { panic!("{cards:?}") };
        // 375 of 420 minutes of 560.00 are left: 500.00, at 1.50 a minute 333.
        assert_eq!(
            (old.converted, new.price.to_string(), new.granted),
            (Minutes(375), "500.00".to_owned(), Minutes(333))
        );
        assert_eq!(new.converted_from, Some(old.id));
        verify(&fixture.service.db, |_, _| {}).await.unwrap();
        for (sql, said) in [
            // The money of the card no longer agrees with what was posted, before it is asked from which card it came.
            (
                "UPDATE cards SET price = price + 1 WHERE converted_from IS NOT NULL",
                "deferred: expected 500.00, found 500.01",
            ),
            (
                "UPDATE cards SET price = price - 1, converted_from = NULL WHERE converted_from IS NOT NULL",
                "money taken over: expected 500.00 of card ",
            ),
        ] {
            story::tamper(&fixture.service.db, sql).await;
            let error = verify(&fixture.service.db, |_, _| {}).await.unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn sqlite() {
        test(Fixture::sqlite_under(&two_rates()).await).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[cfg_attr(no_postgres, ignore = "initdb not found")]
    async fn postgres() {
        test(Fixture::postgres_under(&two_rates()).await).await;
    }
}

on_both! {
    under policy("auto_renew = \"with_consent\"");
    async fn card_8_verify_knows_whose_installation_it_is(fixture: Fixture) {
        let (customer, _) = fixture.customer().await;
        let (other, _) = fixture.customer().await;
        let own = install(&fixture, customer, "own.example").await;
        install(&fixture, other, "theirs.example").await;
        buy(&fixture, customer, Some(own.id)).await;
        verify(&fixture.service.db, |_, _| {}).await.unwrap();
        let sql = "UPDATE cards SET installation_id = (SELECT id FROM installations WHERE name = 'theirs.example')";
        story::tamper(&fixture.service.db, sql).await;
        let error = verify(&fixture.service.db, |_, _| {}).await.unwrap_err().to_string();
        assert!(error.contains("card for an installation") && error.contains("expected 1, found 0"), "{error}");
    }
}

on_both! {
    under policy("alert_below_minutes = 0");
    async fn what_was_told_cannot_be_changed(fixture: Fixture) {
        let (customer, owner) = fixture.customer().await;
        buy(&fixture, customer, None).await;
        let ticket = fixture.ticket(customer, Some(owner), TicketKind::Question).await.id;
        fixture.log(ticket, 300).await;
        for sql in ["UPDATE notices SET kind = 'renewed'", "DELETE FROM notices"] {
            let said = story::run_raw(&fixture.service.db, sql).await.expect_err(sql).to_string();
            assert!(said.contains("notices is append-only"), "{said}");
        }
    }
}
