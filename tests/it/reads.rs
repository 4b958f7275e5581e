//! Reads of the store on both databases: what they find in the story, and what they leave out.

use crate::common::{day, noon, on_both};
use crate::story;
use strippenkaart::domain::{Account, Cents, EstimateStatus, Minutes, TransactionKind, UserId};
use strippenkaart::store::tickets::Filter;
use strippenkaart::store::users::{Invitation, LinksOf, Purpose, StaffRole, Token, User, Whose};
use strippenkaart::store::{
    books, cards, contacts, customers, estimates, invoices, ledger, tickets, time_entries, users,
};
use uuid::Uuid;

on_both! {
    under story::policy();
    async fn customers_and_what_they_bought_are_found(fixture: Fixture) {
        story::play(&fixture).await;
        let on = &mut fixture.service.db.reader().await.unwrap();
        let all = customers::list(on, "", 0, 50).await.unwrap();
        assert_eq!(all.iter().map(|customer| customer.number).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(customers::list(on, "", 1, 1).await.unwrap(), all[1..2]);
        assert_eq!(customers::list(on, "IMPORTED@", 0, 50).await.unwrap(), all[2..]);
        assert_eq!(customers::list(on, "_", 0, 50).await.unwrap(), [], "a wildcard is a letter");
        let customer = &all[0];
        assert_eq!(customers::get(on, customer.id).await.unwrap().as_ref(), Some(customer));
        assert_eq!(customers::get(on, fixture.clock.id()).await.unwrap(), None);

        let persons = contacts::of(on, customer.id).await.unwrap();
        assert_eq!(persons.len(), 1);
        assert_eq!(persons[0].user_id, None);
        let owner = persons[0].contact.clone();
        assert_eq!(contacts::get(on, owner.id).await.unwrap(), Some(owner));

        let own = cards::of(on, customer.id).await.unwrap();
        assert_eq!(own.iter().map(|card| card.granted).sum::<Minutes>(), Minutes(480));
        let figures = books::figures(&mut fixture.service.db.snapshot().await.unwrap(), customer.id).await.unwrap();
        let rows = figures.unwrap().rows;
        assert_eq!((rows.customer.as_ref(), rows.cards.into_values().collect::<Vec<_>>()), (Some(customer), own.clone()));
        let sold = cards::sold(on, None, 50).await.unwrap();
        assert_eq!((sold.len(), sold[0].minutes, sold[0].open), (1, Minutes(300), Cents(0)));
        assert_eq!(cards::sold(on, Some(&sold[0].invoice_number), 50).await.unwrap(), []);

        let bills = invoices::of(on, customer.id).await.unwrap();
        assert_eq!((bills.len(), bills[0].paid(), bills[0].card_id), (1, bills[0].gross, Some(sold[0].id)));
        assert_eq!(invoices::get(on, bills[0].id).await.unwrap(), Some(bills[0].clone()));
        let settled = invoices::settled(on, bills[0].id).await.unwrap();
        assert_eq!(settled.iter().map(|row| row.open_after).collect::<Vec<_>>(), [Cents(28_400), Cents(0)]);
        assert_eq!(invoices::open(on, "", 50).await.unwrap(), [], "it is paid");
        assert_eq!(invoices::owed(on, day("2100-01-01")).await.unwrap(), (Cents(0), Cents(0)), "all is paid");
    }
}

on_both! {
    under story::policy();
    async fn tickets_with_their_estimates_and_entries_are_found(fixture: Fixture) {
        story::play(&fixture).await;
        let on = &mut fixture.service.db.reader().await.unwrap();
        let customer = customers::list(on, "", 0, 1).await.unwrap().remove(0);
        let newest = tickets::newest(on, &Filter::default(), 4, 2).await.unwrap();
        assert_eq!(newest.iter().map(|row| row.ticket.number).collect::<Vec<_>>(), [3, 2]);
        let own = tickets::of(on, customer.id, &Filter::default(), 2, 50).await.unwrap();
        assert_eq!(own.iter().map(|row| row.ticket.number).collect::<Vec<_>>(), [1]);
        let ticket = own[0].ticket.clone();
        assert_eq!(tickets::get(on, ticket.id).await.unwrap(), Some(ticket.clone()));
        assert_eq!(tickets::by_number(on, 1).await.unwrap(), Some(ticket.clone()));
        assert_eq!(tickets::by_number(on, 99).await.unwrap(), None);
        let mut kinds = Vec::new();
        for row in &newest {
            kinds.extend(time_entries::corrections(on, row.ticket.id).await.unwrap().into_iter().map(|row| row.kind));
        }
        kinds.extend(time_entries::corrections(on, ticket.id).await.unwrap().into_iter().map(|row| row.kind));
        for kind in [TransactionKind::Reversal, TransactionKind::Cover, TransactionKind::Goodwill] {
            assert!(kinds.contains(&kind), "{kind} is found on its ticket: {kinds:?}");
        }
        let whole = ledger::transactions(on, customer.id, i64::MAX, 200).await.unwrap();
        for row in &whole {
            let at = row.transaction.recorded_at;
            let last = whole.iter().map(|row| &row.transaction).filter(|other| other.recorded_at <= at);
            let last = last.map(|transaction| transaction.seq).max().unwrap();
            assert_eq!(ledger::last_seq(on, customer.id, at).await.unwrap(), last);
        }
        assert_eq!(ledger::last_seq(on, customer.id, noon(2000, 1, 1)).await.unwrap(), 0);

        let asked = estimates::of_ticket(on, ticket.id).await.unwrap();
        assert_eq!((asked.len(), asked[0].estimate.status), (1, EstimateStatus::Closed));
        assert_eq!(asked[0].answered_by_name.as_deref(), Some("Jo Jansen"));
        let estimate = asked[0].estimate.clone();
        assert_eq!(estimates::get(on, estimate.id).await.unwrap(), Some(estimate));
        assert_eq!(estimates::open_of(on, customer.id).await.unwrap(), []);
        assert_eq!(estimates::waiting(on, 50).await.unwrap(), []);

        let entries = time_entries::of_ticket(on, ticket.id, 50).await.unwrap();
        let worked: Vec<i64> = entries.iter().map(|row| row.entry.worked.0).collect();
        assert_eq!((worked.len(), worked[2]), (3, 50), "the newest first");
        assert_eq!(entries[2].description.as_deref(), Some("Helped"));
        let entry = entries[0].entry.clone();
        assert_eq!(time_entries::get(on, entry.id).await.unwrap(), Some(entry));

        let raised = fixture.propose(ticket.id, 30).await;
        assert_eq!(estimates::open_of(on, customer.id).await.unwrap()[0].estimate, raised);
        assert_eq!(estimates::waiting(on, 50).await.unwrap()[0].estimate, raised);
    }
}

on_both! {
    under story::policy();
    async fn the_ledger_is_read_as_it_was(fixture: Fixture) {
        story::play(&fixture).await;
        let on = &mut fixture.service.db.reader().await.unwrap();
        let customer = customers::list(on, "", 0, 1).await.unwrap().remove(0).id;
        let booked = ledger::transactions(on, customer, 13, 2).await.unwrap();
        let kinds: Vec<TransactionKind> = booked.iter().map(|row| row.transaction.kind).collect();
        assert_eq!(kinds, [TransactionKind::Reversal, TransactionKind::Goodwill]);
        assert_eq!(booked[0].text.as_deref(), Some("The wrong ticket"));

        let lines = ledger::lines(on, customer, None, 3).await.unwrap();
        let places: Vec<_> = lines.iter().map(|row| (row.movement.seq, row.movement.line)).collect();
        assert_eq!(places, [(18, 2), (18, 1), (17, 1)]);
        let next = ledger::lines(on, customer, Some((17, 1)), 1).await.unwrap();
        assert_eq!((next[0].movement.seq, next[0].kind), (16, TransactionKind::Expiry));
        let since = noon(2026, 3, 9);
        let movements = ledger::movements(on, customer, since, 7, 8).await.unwrap();
        assert_eq!(movements.iter().map(|row| (row.seq, row.line)).collect::<Vec<_>>(), [(8, 1), (8, 2)], "7 was before noon");

        let then = ledger::last_before(on, customer, since).await.unwrap().unwrap();
        assert_eq!((then.seq, then.after.available, then.after.held), (7, Minutes(375), Minutes(45)));
        assert_eq!(ledger::last_before(on, customer, noon(2026, 3, 8)).await.unwrap(), None);
        let card = ledger::last_of_card(on, then.card_id.unwrap(), noon(2026, 6, 1)).await.unwrap().unwrap();
        assert_eq!((card.from_account, card.to_account, card.card_after.expired), (Account::Expired, Account::Used, Minutes(60)));
        assert_eq!(ledger::uncovered(on, customer).await.unwrap(), []);
        let open = strippenkaart::domain::Excess::Uncovered;
        let ticket = tickets::of(on, customer, &Filter::default(), 3, 1).await.unwrap()[0].ticket.id;
        fixture.submit(strippenkaart::domain::Target::Ticket(ticket), fixture.time(ticket, 20, open)).await.unwrap();
        let uncovered = ledger::uncovered(on, customer).await.unwrap();
        assert_eq!((uncovered.len(), uncovered[0].uncovered, uncovered[0].worked_on), (1, Minutes(30), day("2026-05-20")));
    }
}

on_both! {
    async fn a_login_comes_and_goes(fixture: Fixture) {
        let (_, owner) = fixture.customer().await;
        let (now, later) = (fixture.clock.now(), noon(2026, 3, 10));
        let id = fixture.clock.id::<UserId>();
        let user = User::new(id, "ann@example.org".to_owned(), "Ann".to_owned(), Some(StaffRole::Agent), now);
        let jti = fixture.clock.id();
        let mut tx = fixture.service.db.begin().await.unwrap();
        assert!(users::add(&mut tx, &user).await.unwrap());
        assert!(!users::add(&mut tx, &User { id: fixture.clock.id(), ..user.clone() }).await.unwrap(), "one per address");
        users::set_password(&mut tx, user.id, "hash", now).await.unwrap();
        users::start_session(&mut tx, "cookie", user.id, now, later).await.unwrap();
        users::touch_session(&mut tx, "cookie", noon(2026, 3, 9), now).await.unwrap();
        assert_eq!(users::session_seen(&mut tx, "cookie").await.unwrap(), Some(now), "it was noted a moment ago");
        users::touch_session(&mut tx, "cookie", noon(2026, 3, 9), later).await.unwrap();
        let row = |jti: Uuid, keeps: bool| Token {
            jti,
            user_id: user.id,
            digest: "digest".to_owned(),
            keeps,
            created_at: now,
            expires_at: later,
            revoked_at: None,
        };
        let kept: Uuid = fixture.clock.id();
        for token in [row(jti, false), row(kept, true)] {
            users::add_token(&mut tx, &token).await.unwrap();
        }
        assert_eq!(users::token(&mut tx, jti).await.unwrap(), Some(row(jti, false)));
        assert_eq!(users::tokens(&mut tx, now).await.unwrap().len(), 2);
        assert_eq!(users::tokens(&mut tx, later).await.unwrap(), []);
        users::attach(&mut tx, owner, user.id, now).await.unwrap();
        users::attach(&mut tx, owner, fixture.clock.id(), now).await.unwrap();
        tx.commit().await.unwrap();

        let user = User { password: Some("hash".to_owned()), seen_at: Some(noon(2026, 3, 9)), ..user };
        let on = &mut fixture.service.db.reader().await.unwrap();
        assert_eq!(users::count(on).await.unwrap(), 1);
        let list = users::list(on, Whose::Staff, "ann", None, 9).await.unwrap();
        assert_eq!(list, std::slice::from_ref(&user), "by a part of its address");
        assert_eq!(users::by_ids(on, &[user.id]).await.unwrap(), std::slice::from_ref(&user));
        assert_eq!(users::by_email(on, "ann@example.org").await.unwrap().as_ref(), Some(&user));
        assert_eq!(users::by_id(on, user.id).await.unwrap().as_ref(), Some(&user));
        let other = fixture.clock.id();
        assert_eq!(
            users::by_tokens(on, &[other, jti]).await.unwrap(),
            [users::ByToken { jti, digest: "digest".to_owned(), user: user.clone() }]
        );
        assert_eq!(users::by_session(on, "cookie", now, now).await.unwrap().as_ref(), Some(&user));
        assert_eq!(users::by_session(on, "cookie", later, now).await.unwrap(), None, "it ends");
        assert_eq!(users::by_session(on, "cookie", now, noon(2026, 3, 9)).await.unwrap(), None, "it was not used since");
        let own = contacts::of_login(on, user.id).await.unwrap();
        assert_eq!(own.iter().map(|contact| contact.id).collect::<Vec<_>>(), [owner]);

        let mut tx = fixture.service.db.begin().await.unwrap();
        assert!(users::revoke_token(&mut tx, jti, now).await.unwrap());
        assert!(!users::revoke_token(&mut tx, jti, now).await.unwrap(), "once");
        assert_eq!(users::end_session(&mut tx, "cookie").await.unwrap(), Some(user.id));
        assert_eq!(users::session_seen(&mut tx, "cookie").await.unwrap(), None);
        users::set_password(&mut tx, user.id, "other", now).await.unwrap();
        assert_eq!(users::tokens(&mut tx, now).await.unwrap(), [row(kept, true)], "kept on purpose");
        users::end_sessions(&mut tx, user.id).await.unwrap();
        users::set_disabled(&mut tx, user.id, true, now).await.unwrap();
        assert_eq!(users::by_tokens(&mut tx, &[jti, kept]).await.unwrap(), []);
        users::set_disabled(&mut tx, user.id, false, now).await.unwrap();
        assert_eq!(users::by_tokens(&mut tx, &[jti, kept]).await.unwrap(), [], "they do not come back");
        tx.commit().await.unwrap();
    }
}

on_both! {
    async fn an_invitation_works_once_and_in_time(fixture: Fixture) {
        let (now, later) = (fixture.clock.now(), noon(2026, 3, 10));
        let invitation = Invitation {
            digest: "link".to_owned(),
            purpose: Purpose::Staff,
            email: Some("ann@example.org".to_owned()),
            name: None,
            user_id: None,
            contact_id: None,
            role: Some(StaffRole::Finance),
            created_by: None,
            created_at: now,
            expires_at: later,
            used_at: None,
            ended_at: None,
        };
        let again = invitation.clone();
        let mut tx = fixture.service.db.begin().await.unwrap();
        users::add_invitation(&mut tx, &invitation).await.unwrap();
        assert_eq!(users::invitation(&mut tx, "link", later).await.unwrap(), None, "too late");
        assert_eq!(users::invitation(&mut tx, "link", now).await.unwrap(), Some(invitation));
        assert!(users::use_invitation(&mut tx, "link", now).await.unwrap());
        assert!(!users::use_invitation(&mut tx, "link", now).await.unwrap(), "once");
        assert_eq!(users::invitation(&mut tx, "link", now).await.unwrap(), None);
        assert_eq!(users::links(&mut tx, now).await.unwrap(), []);
        let another = Invitation { digest: "another".to_owned(), ..again };
        users::add_invitation(&mut tx, &another).await.unwrap();
        assert_eq!(users::links(&mut tx, now).await.unwrap(), [another]);
        assert_eq!(users::end_links(&mut tx, LinksOf::Staff("ann@example.org"), now).await.unwrap(), 1);
        assert_eq!(users::end_links(&mut tx, LinksOf::Digest("another"), now).await.unwrap(), 0, "it has ended");
        assert!(!users::use_invitation(&mut tx, "another", now).await.unwrap());
        tx.commit().await.unwrap();
    }
}
