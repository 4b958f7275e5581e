//! What waits for a person: proposals, and what a person says (BANK-5, BANK-6, BANK-9).

use super::booking::{booked, together};
use super::{
    Assignment, BANK, BankLine, FileView, LOOKED_THROUGH, NUMBERS, NotBooked, PROPOSALS, Part, PartOf, Proposal,
    Queued, fault,
};
use crate::domain::{
    Act, Actor, BankFileId, BankLineId, Cents, Collection, Command, CustomerId, Doing, InvoiceId, PaymentId, Refusal,
    Target,
    bank::Direction,
    document::DocumentKind,
    matching::{Hint, Known, LineState, Payable, Proof, hint},
};
use crate::service::access::Caller;
use crate::service::ledger::{Failure, Stopped};
use crate::service::{Error, Result, Service};
use crate::store::Tx;
use crate::store::bank::{self, FileRow, Mark, Recorded};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::{BTreeSet, HashMap};

impl Service {
    /// Files of the bank, the newest first, with their statements: for finance.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn bank_files(
        &self,
        caller: &Caller,
        before: Option<(DateTime<Utc>, BankFileId)>,
        limit: i64,
    ) -> Result<Vec<FileView>> {
        caller.may(Doing::KeepBooks)?;
        let mut on = self.db.snapshot().await?;
        let before = before.unwrap_or((DateTime::<Utc>::MAX_UTC, uuid::Uuid::max().into()));
        let rows = bank::files(&mut on, before, limit).await?;
        let ids: Vec<BankFileId> = rows.iter().map(|row| row.id).collect();
        let statements = bank::statements_in(&mut on, &ids).await?;
        let of = |file: FileRow| {
            let own = statements.iter().filter(|row| row.file_id == file.id).cloned().collect();
            FileView { file, statements: own }
        };
        Ok(rows.into_iter().map(of).collect())
    }

    /// Lines in one state, the oldest first: for finance. Lines that wait come with proposals.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn bank_lines(
        &self,
        caller: &Caller,
        state: LineState,
        after: Option<(NaiveDate, BankLineId)>,
        limit: i64,
    ) -> Result<Vec<Queued>> {
        caller.may(Doing::KeepBooks)?;
        let mut on = self.db.snapshot().await?;
        let after = after.unwrap_or((NaiveDate::default(), uuid::Uuid::nil().into()));
        let lines = bank::lines(&mut on, state, after, limit).await?;
        if state != LineState::Open {
            return Ok(lines.into_iter().map(|line| Queued { line, proposals: Vec::new() }).collect());
        }
        self.propose_for(&mut on, lines).await
    }

    /// Lines in one state, those that were decided last first: for finance.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn latest_lines(
        &self,
        caller: &Caller,
        state: LineState,
        before: Option<(DateTime<Utc>, NaiveDate, BankLineId)>,
        limit: i64,
    ) -> Result<Vec<BankLine>> {
        caller.may(Doing::KeepBooks)?;
        let newest = (DateTime::<Utc>::MAX_UTC, NaiveDate::default(), BankLineId::from(uuid::Uuid::nil()));
        Ok(bank::latest(&mut self.db.reader().await?, state, before.unwrap_or(newest), limit).await?)
    }

    /// How many lines wait, and their sums in and out: for finance.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn bank_waiting(&self, caller: &Caller) -> Result<(i64, Cents, Cents)> {
        caller.may(Doing::KeepBooks)?;
        Ok(bank::waiting(&mut self.db.reader().await?).await?)
    }

    /// One line, with proposals while it waits: for finance.
    ///
    /// # Errors
    /// Forbidden for others; not found.
    pub async fn bank_line(&self, caller: &Caller, id: BankLineId) -> Result<Queued> {
        caller.may(Doing::KeepBooks)?;
        let mut on = self.db.snapshot().await?;
        let line = bank::line(&mut on, id).await?.ok_or(Error::NotFound("bank line"))?;
        if line.state != LineState::Open {
            return Ok(Queued { line, proposals: Vec::new() });
        }
        self.propose_for(&mut on, vec![line]).await?.pop().ok_or(Error::NotFound("bank line"))
    }

    async fn propose_for(&self, on: &mut Tx, lines: Vec<BankLine>) -> Result<Vec<Queued>> {
        let around = self.around(on, &lines).await?;
        let propose = |line: BankLine| {
            let mut proposals = around.proposals(&line);
            proposals.truncate(PROPOSALS);
            Queued { line, proposals }
        };
        Ok(lines.into_iter().map(propose).collect())
    }

    /// Looks up what lines that wait may be about.
    pub(super) async fn around(&self, on: &mut Tx, lines: &[BankLine]) -> Result<Around> {
        let known = self.known(on, lines, &mut None).await?;
        let mut open = bank::open_all(on, LOOKED_THROUGH).await?;
        open.retain(|row| !known.invoices.contains_key(&row.id));
        open.extend(known.invoices.values().cloned());
        open.sort_by(|one, other| (one.due_on, &one.number).cmp(&(other.due_on, &other.number)));
        let amounts: BTreeSet<i64> = lines.iter().filter(|line| line.is_return()).map(|line| line.amount.0).collect();
        let like = bank::collections_like(on, &amounts).await?;
        let mut customers: BTreeSet<CustomerId> = known.payers.values().flatten().copied().collect();
        customers.extend(like.iter().map(|row| row.customer_id));
        let customers: HashMap<CustomerId, (Cents, String)> = bank::credits(on, &customers)
            .await?
            .into_iter()
            .map(|(customer, credit, name)| (customer, (credit, name)))
            .collect();
        let moved: BTreeSet<i64> = lines.iter().map(|line| line.effect().0).filter(|moved| *moved > 0).collect();
        let by_hand = bank::by_hand(on, &moved).await?;
        let elsewhere = bank::elsewhere(on, LOOKED_THROUGH).await?;
        Ok(Around { known, open, like, customers, by_hand, elsewhere })
    }

    /// The invoices that a person names, in the order in which they are named: for finance.
    ///
    /// # Errors
    /// Forbidden for others; a field error when one of them is not there, or nothing is named.
    pub async fn named_invoices(&self, caller: &Caller, text: &str, field: &str) -> Result<Vec<InvoiceId>> {
        caller.may(Doing::KeepBooks)?;
        let mut ids = Vec::new();
        for word in text.split([',', ';', ' ', '\n']).filter(|word| !word.is_empty()) {
            let numbers: BTreeSet<String> = self.numbering().numbers_in(word).into_iter().collect();
            let found = bank::numbered(&mut self.db.reader().await?, &numbers).await?;
            let found = found.into_iter().find(|row| row.kind == DocumentKind::Invoice);
            ids.extend(Some(found.ok_or_else(|| fault(field, NUMBERS))?.id));
        }
        if ids.is_empty() { Err(fault(field, NUMBERS)) } else { Ok(ids) }
    }

    /// A person says what a line is; it is booked so. The same said again changes nothing. For finance.
    ///
    /// # Errors
    /// Forbidden for others; not found; a line that is booked as something else, which is undone first (BANK-9); as the
    /// rules say.
    pub async fn assign_line(&self, caller: &Caller, id: BankLineId, to: Assignment) -> Result<BankLine> {
        self.assign(caller, id, to).await.map_err(|not_booked| not_booked.error)
    }

    /// The same, and says at which part of a division it stopped.
    pub(super) async fn assign(&self, caller: &Caller, id: BankLineId, to: Assignment) -> Result<BankLine, NotBooked> {
        let actor = caller.may(Doing::KeepBooks)?;
        let line = bank::line(&mut self.db.reader().await?, id).await?.ok_or(Error::NotFound("bank line"))?;
        if line.state == LineState::Booked {
            return if self.is_booked_as(&line, &to, true).await? { Ok(line) } else { Err(Refusal::LineBooked.into()) };
        }
        if line.state == LineState::Again {
            return Err(Refusal::LineRepeats.into());
        }
        let parts = match &to {
            Assignment::Division(parts) => return self.divide(actor, line, parts.clone()).await,
            Assignment::Proof(payment) => return Ok(self.prove(actor, line, *payment).await?),
            Assignment::Invoices { .. }
            | Assignment::Collection(_)
            | Assignment::Payment(_)
            | Assignment::Repayment(_) => vec![self.assigned(&line, to.clone()).await?],
        };
        let booked = self.book_by_person(actor, &line, parts, false).await?;
        // Somebody else said something else at the same moment, and was first.
        if self.is_booked_as(&booked, &to, false).await? { Ok(booked) } else { Err(Refusal::LineBooked.into()) }
    }

    /// Books what a person said, and marks the line.
    async fn book_by_person(
        &self,
        actor: Actor,
        line: &BankLine,
        mut acts: Vec<(Target, Act)>,
        divided: bool,
    ) -> Result<BankLine, NotBooked> {
        let costs = acts.iter().any(|(_, act)| tells_charge(act)) || divided || line.charge == Cents::ZERO;
        if !costs {
            // What the bank kept goes with what it was kept of (BANK-7).
            let target = acts.first().map(|(target, _)| *target).ok_or(Failure::Broken)?;
            acts.push((target, self.costs(line, line.charge)));
        }
        let commands: Vec<Command> =
            acts.into_iter().enumerate().map(|(at, act)| self.of_line(actor, line, at, act)).collect();
        let receipts = match together(&self.door, commands).await {
            Ok(receipts) => receipts,
            // Somebody else booked it meanwhile, as something else.
            Err(Stopped { failure: Failure::Broken, .. }) => {
                let now = bank::line(&mut self.db.reader().await?, line.id).await?;
                let taken = now.is_some_and(|now| now.state == LineState::Booked);
                return Err(if taken { Refusal::LineBooked.into() } else { Failure::Broken.into() });
            }
            Err(Stopped { at, failure }) => {
                return Err(NotBooked { part: divided.then_some(at), error: failure.into() });
            }
        };
        let mark = self.mark_line(line.id, LineState::Booked, None);
        let mut mark = Mark { by: actor.user(), proof: Some(Proof::Person), ..mark };
        let mut customers = BTreeSet::new();
        for receipt in &receipts {
            let part = booked(Mark { customer: None, ..mark.clone() }, receipt);
            customers.extend(part.customer);
            mark = Mark {
                customer: mark.customer.or(part.customer),
                payment: mark.payment.or(part.payment),
                collection: mark.collection.or(part.collection),
                ..mark
            };
        }
        if customers.len() > 1 {
            // Of several: whose account it came from is not known from it, nor ever again (BANK-5).
            mark = Mark { customer: None, payment: None, collection: None, divided: true, ..mark };
        }
        Ok(self.decided(mark).await?)
    }

    /// Whether a booked line is for what is asked, or for some of it; with `all`, no more may have been asked than it is for.
    async fn is_booked_as(&self, line: &BankLine, to: &Assignment, all: bool) -> Result<bool> {
        Ok(match to {
            Assignment::Invoices { invoices, .. } => match line.payment_id {
                Some(payment) => {
                    let mut on = self.db.reader().await?;
                    let paid: BTreeSet<InvoiceId> = bank::paid_by(&mut on, payment).await?.into_iter().collect();
                    let asked: BTreeSet<InvoiceId> = invoices.iter().copied().collect();
                    let of: BTreeSet<CustomerId> = line.customer_id.into_iter().collect();
                    (if all { paid == asked } else { paid.is_subset(&asked) })
                        && bank::customers_of(&mut on, invoices).await? == of
                }
                None => false,
            },
            Assignment::Collection(collection) => line.collection_id == Some(*collection),
            Assignment::Payment(payment) | Assignment::Proof(payment) => line.payment_id == Some(*payment),
            Assignment::Repayment(customer) => line.customer_id == Some(*customer) && line.payment_id.is_none(),
            Assignment::Division(_) => false,
        })
    }

    /// The act that an assignment is.
    async fn assigned(&self, line: &BankLine, to: Assignment) -> Result<(Target, Act)> {
        let only = |way: Direction, field: &str| {
            let expected = match way {
                Direction::Credit => "expected money that came in",
                Direction::Debit => "expected money that went out",
            };
            if line.direction == way { Ok(()) } else { Err(fault(field, expected)) }
        };
        match to {
            Assignment::Invoices { invoices, keep_surplus } => {
                only(Direction::Credit, "invoice_ids")?;
                let first = *invoices.first().ok_or_else(|| fault("invoice_ids", "expected at least one invoice"))?;
                if bank::customers_of(&mut self.db.reader().await?, &invoices).await?.len() > 1 {
                    return Err(fault(
                        "invoice_ids",
                        "expected invoices of one customer: divide the line over several",
                    ));
                }
                Ok((Target::Invoice(first), self.receives(line, invoices, keep_surplus)))
            }
            Assignment::Collection(collection) => {
                let found = bank::collection(&mut self.db.reader().await?, collection).await?;
                let found = found.ok_or(Refusal::NotFound("collection"))?;
                let target = Target::Collection(collection);
                if line.direction == Direction::Credit {
                    return if found.amount == line.amount {
                        Ok((target, self.settles(line, collection)))
                    } else {
                        Err(fault("collection_id", "expected a collection with the amount of the line"))
                    };
                }
                let within = line.amount - found.amount;
                if within < Cents::ZERO {
                    return Err(fault("collection_id", "expected a collection with the amount of the line"));
                }
                let undone = self.undone(line, line.charge + within);
                Ok((target, Act::ReverseCollection { collection, undone }))
            }
            Assignment::Payment(payment) => {
                only(Direction::Debit, "payment_id")?;
                let undone = self.undone(line, line.charge);
                Ok((Target::Payment(payment), Act::ReversePayment { payment, amount: Some(line.amount), undone }))
            }
            Assignment::Repayment(customer) => {
                only(Direction::Debit, "repaid_to")?;
                let note = line.text.clone();
                let act =
                    Act::Repay { amount: line.amount, paid_on: self.valued(line), note, bank_line: Some(line.id) };
                Ok((Target::Customer(customer), act))
            }
            Assignment::Division(_) | Assignment::Proof(_) => Err(Failure::Broken.into()),
        }
    }

    /// A line is divided over several (BANK-6): the parts add up to what moved, and are booked together or not at all.
    async fn divide(&self, actor: Actor, line: BankLine, parts: Vec<Part>) -> Result<BankLine, NotBooked> {
        let sum: Cents = parts.iter().map(|part| part.amount).sum();
        if sum != line.effect() {
            return Err(fault("parts", "expected parts that add up to what the line moved").into());
        }
        if parts.is_empty() || parts.iter().any(|part| part.amount == Cents::ZERO) {
            return Err(fault("parts", "expected parts, none of them 0.00").into());
        }
        let mut acts = Vec::with_capacity(parts.len());
        for (at, part) in parts.iter().enumerate() {
            let act = self.part(&line, part).await;
            acts.push(act.map_err(|error| NotBooked { part: Some(at), error: at_part(error, at) })?);
        }
        // Costs are nobody's debt: they are booked beside the first part that is somebody's.
        let Some(beside) = acts.iter().find_map(|(target, _)| *target) else {
            return Err(fault("parts", "expected a part of a customer; set aside what is costs alone").into());
        };
        let acts = acts.into_iter().map(|(target, act)| (target.unwrap_or(beside), act)).collect();
        self.book_by_person(actor, &line, acts, true).await
    }

    /// The act that a part is; without a target for costs.
    async fn part(&self, line: &BankLine, part: &Part) -> Result<(Option<Target>, Act)> {
        let comes = |field: &str| {
            let said = "expected an amount above 0.00: money that came in";
            if part.amount > Cents::ZERO { Ok(()) } else { Err(fault(field, said)) }
        };
        let goes = |field: &str| {
            let said = "expected an amount below 0.00: money that went out";
            if part.amount < Cents::ZERO { Ok(-part.amount) } else { Err(fault(field, said)) }
        };
        Ok(match &part.of {
            PartOf::Invoice(invoice) => {
                comes("amount")?;
                let one = BankLine { amount: part.amount, charge: Cents::ZERO, ..line.clone() };
                (Some(Target::Invoice(*invoice)), self.receives(&one, vec![*invoice], false))
            }
            PartOf::Credit(customer) => {
                comes("amount")?;
                let one = BankLine { amount: part.amount, charge: Cents::ZERO, ..line.clone() };
                (Some(Target::Customer(*customer)), self.receives(&one, Vec::new(), true))
            }
            PartOf::Collection(collection) => {
                let found = bank::collection(&mut self.db.reader().await?, *collection).await?;
                let found = found.ok_or(Refusal::NotFound("collection"))?;
                let act = match part.amount {
                    amount if amount == found.amount => self.settles(line, *collection),
                    amount if amount == -found.amount => {
                        Act::ReverseCollection { collection: *collection, undone: self.undone(line, Cents::ZERO) }
                    }
                    _ => return Err(fault("amount", "expected the amount of the collection, or that with a minus")),
                };
                (Some(Target::Collection(*collection)), act)
            }
            PartOf::Payment(payment) => {
                let amount = Some(goes("amount")?);
                let undone = self.undone(line, Cents::ZERO);
                (Some(Target::Payment(*payment)), Act::ReversePayment { payment: *payment, amount, undone })
            }
            PartOf::Repayment(customer) => {
                let (amount, note) = (goes("amount")?, line.text.clone());
                let act = Act::Repay { amount, paid_on: self.valued(line), note, bank_line: Some(line.id) };
                (Some(Target::Customer(*customer)), act)
            }
            PartOf::PayOut(payment) => {
                comes("amount")?;
                (Some(Target::Payment(*payment)), Act::PayOut { payment: *payment, paid_on: self.valued(line) })
            }
            PartOf::Costs => (None, self.costs(line, -part.amount)),
        })
    }

    /// A line proves a payment that finance recorded before it came: nothing is booked for it.
    async fn prove(&self, actor: Actor, line: BankLine, payment: PaymentId) -> Result<BankLine> {
        let mut tx = self.db.begin().await?;
        let found = bank::recorded(&mut tx, payment).await?.ok_or(Refusal::NotFound("payment"))?;
        if found.bank_line_id.is_some() || found.amount - found.reversed != line.effect() {
            let expected = "expected a payment of the line's amount that was recorded by hand";
            return Err(fault("recorded_payment_id", expected));
        }
        let now = bank::line(&mut tx, line.id).await?.ok_or(Error::NotFound("bank line"))?;
        if now.state == LineState::Booked || !bank::prove(&mut tx, line.id, payment).await? {
            return Err(Refusal::LineBooked.into());
        }
        let mark = Mark {
            by: actor.user(),
            proof: Some(Proof::Person),
            customer: Some(found.customer_id),
            payment: Some(payment),
            ..self.mark_line(line.id, LineState::Booked, None)
        };
        bank::mark(&mut tx, &[mark]).await?;
        let line = bank::line(&mut tx, line.id).await?.ok_or(Error::NotFound("bank line"))?;
        tx.commit().await?;
        Ok(line)
    }

    /// A wrong match is undone (BANK-9): everything that was booked for the line is taken back, and the line waits again. A
    /// line that was set aside, or is not for these books, waits again as well. For finance.
    ///
    /// # Errors
    /// Forbidden for others; not found; as the rules say.
    pub async fn undo_line(&self, caller: &Caller, id: BankLineId) -> Result<BankLine> {
        let actor = caller.may(Doing::KeepBooks)?;
        let mut on = self.db.reader().await?;
        let line = bank::line(&mut on, id).await?.ok_or(Error::NotFound("bank line"))?;
        match line.state {
            LineState::New | LineState::Open => return Ok(line),
            LineState::Again => return Err(Refusal::LineRepeats.into()),
            LineState::Booked | LineState::SetAside | LineState::Outside => {}
        }
        let customers = bank::booked_of(&mut on, id).await?;
        drop(on);
        let commands = customers.into_iter().enumerate().map(|(at, customer)| {
            let key = crate::domain::Key {
                caller: BANK.to_owned(),
                key: format!("{} undo {at}", line.key()),
                request: BANK.to_owned(),
            };
            self.command(actor, Some(key), Target::Customer(customer), Act::UndoLine { line: id }).from_line(id)
        });
        let commands: Vec<Command> = commands.collect();
        if !commands.is_empty() {
            together(&self.door, commands).await.map_err(Failure::from)?;
        }
        let mut tx = self.db.begin().await?;
        bank::reopen(&mut tx, (id, line.undone), (self.clock.now(), actor.user())).await?;
        let line = bank::line(&mut tx, id).await?.ok_or(Error::NotFound("bank line"))?;
        tx.commit().await?;
        Ok(line)
    }

    /// A person says that a line is not for these books, and why. It stays to be seen. For finance.
    ///
    /// # Errors
    /// Forbidden for others; not found; a line that was booked.
    pub async fn set_line_aside(&self, caller: &Caller, id: BankLineId, reason: &str) -> Result<BankLine> {
        let actor = caller.may(Doing::KeepBooks)?;
        let line = bank::line(&mut self.db.reader().await?, id).await?.ok_or(Error::NotFound("bank line"))?;
        match line.state {
            LineState::SetAside => Ok(line),
            LineState::Booked => Err(Refusal::LineBooked.into()),
            LineState::Again => Err(Refusal::LineRepeats.into()),
            LineState::New | LineState::Open | LineState::Outside => {
                let mark = self.mark_line(id, LineState::SetAside, Some(reason));
                self.decided(Mark { by: actor.user(), ..mark }).await
            }
        }
    }

    async fn decided(&self, mark: Mark) -> Result<BankLine> {
        let id = mark.id;
        let mut tx = self.db.begin().await?;
        bank::mark(&mut tx, &[mark]).await?;
        let line = bank::line(&mut tx, id).await?.ok_or(Error::NotFound("bank line"))?;
        tx.commit().await?;
        Ok(line)
    }
}

/// What lines that wait may be about.
pub(super) struct Around {
    pub known: Known,
    /// Invoices, the first due first.
    pub open: Vec<Payable>,
    /// Collections of the same amount that can have come undone.
    pub like: Vec<Collection>,
    /// What customers paid too much, and their names.
    pub customers: HashMap<CustomerId, (Cents, String)>,
    by_hand: Vec<Recorded>,
    /// Payments that a provider of payments has still to pay out.
    pub elsewhere: Vec<Recorded>,
}

impl Around {
    /// What a line may be, the best first.
    pub fn proposals(&self, line: &BankLine) -> Vec<Proposal> {
        let mut proposals = by_hand_for(line, &self.by_hand);
        proposals.extend(divisions_for(line, &self.known, &self.elsewhere));
        proposals.extend(match line.direction {
            Direction::Credit => invoices_for(line, &self.known, &self.open),
            Direction::Debit if line.is_return() => returns_for(line, &self.known, &self.like, &self.customers),
            Direction::Debit => repayments_for(line, &self.known, &self.customers),
        });
        proposals.sort_by_key(|proposal| proposal.hint);
        proposals
    }
}

/// The most that a provider of payments may keep of a payout, of what was paid: a twentieth.
const MOST_KEPT: i64 = 20;
/// The most collections of a batch that may be missing from it.
const MOST_MISSING: usize = 3;

/// Payments that finance recorded before the line came, and that it proves: of the same amount, at most ten days apart.
fn by_hand_for(line: &BankLine, recorded: &[Recorded]) -> Vec<Proposal> {
    let fits = |row: &&Recorded| row.amount == line.effect() && (row.paid_on - line.booked_on).num_days().abs() <= 10;
    let propose = |row: &Recorded| Proposal {
        assignment: Assignment::Proof(row.payment_id),
        about: String::new(),
        customer_id: row.customer_id,
        customer_name: row.customer_name.clone(),
        amount: row.amount,
        hint: if row.paid_on == line.booked_on { Hint::Named } else { Hint::SameAmount },
    };
    recorded.iter().filter(fits).map(propose).collect()
}

/// Into what a line may be divided (BANK-6): what it names of several customers, a batch without what is missing from it, a
/// payout less what was kept.
fn divisions_for(line: &BankLine, known: &Known, elsewhere: &[Recorded]) -> Vec<Proposal> {
    let moved = line.effect();
    if moved <= Cents::ZERO {
        return Vec::new();
    }
    let costs = |kept: Cents| (kept > Cents::ZERO).then_some(Part { of: PartOf::Costs, amount: -kept });
    let may_be_kept = |whole: Cents| whole >= moved && (whole - moved).0 * MOST_KEPT <= whole.0;
    let mut proposals = Vec::new();
    let named: Vec<&Payable> = known.named(line).into_iter().filter(|row| row.open > Cents::ZERO).collect();
    let open: Cents = named.iter().map(|row| row.open).sum();
    let several = named.iter().any(|row| row.customer_id != named[0].customer_id);
    if named.len() > 1 && (several || open > moved) && may_be_kept(open) {
        let parts = named.iter().map(|row| Part { of: PartOf::Invoice(row.id), amount: row.open });
        let about: Vec<&str> = named.iter().map(|row| row.number.as_str()).collect();
        proposals.push(Proposal {
            assignment: Assignment::Division(parts.chain(costs(open - moved)).collect()),
            about: about.join(" + "),
            customer_id: named[0].customer_id,
            customer_name: named[0].customer_name.clone(),
            amount: moved,
            hint: Hint::Named,
        });
    }
    proposals.extend(known.batch_without(line, MOST_MISSING).and_then(|rows| {
        let first = *rows.first()?;
        let parts = rows.iter().map(|row| Part { of: PartOf::Collection(row.id), amount: row.amount });
        let about: Vec<&str> = rows.iter().map(|row| row.end_to_end_id.as_str()).collect();
        Some(Proposal {
            assignment: Assignment::Division(parts.collect()),
            about: about.join(" + "),
            customer_id: first.customer_id,
            customer_name: String::new(),
            amount: moved,
            hint: Hint::Named,
        })
    }));
    // What a provider told and did not pay out yet, the oldest first, as far as it makes the payout and what may be kept.
    let (mut whole, mut paid_out) = (Cents::ZERO, Vec::new());
    for row in elsewhere.iter().filter(|row| row.paid_on <= line.booked_on) {
        if whole >= moved {
            break;
        }
        whole += row.amount;
        paid_out.push(row);
    }
    if let Some(first) = paid_out.first().filter(|_| may_be_kept(whole)) {
        let parts = paid_out.iter().map(|row| Part { of: PartOf::PayOut(row.payment_id), amount: row.amount });
        proposals.push(Proposal {
            assignment: Assignment::Division(parts.chain(costs(whole - moved)).collect()),
            about: paid_out.iter().map(|row| row.customer_name.as_str()).collect::<Vec<_>>().join(" + "),
            customer_id: first.customer_id,
            customer_name: first.customer_name.clone(),
            amount: moved,
            hint: if whole == moved { Hint::SameAmount } else { Hint::SimilarName },
        });
    }
    proposals
}

/// Whether an act has a place for what the bank charged.
const fn tells_charge(act: &Act) -> bool {
    matches!(act, Act::RecordPayment(_) | Act::ReverseCollection { .. } | Act::ReversePayment { .. })
}

/// A field error that is about one of several parts.
fn at_part(error: Error, at: usize) -> Error {
    match error {
        Error::Fields(fields) => {
            let named = |field: crate::service::FieldError| crate::service::FieldError {
                field: format!("parts[{at}].{}", field.field),
                ..field
            };
            Error::Fields(fields.into_iter().map(named).collect())
        }
        other => other,
    }
}

/// Invoices that money may be for.
fn invoices_for(line: &BankLine, known: &Known, open: &[Payable]) -> Vec<Proposal> {
    let named: Vec<InvoiceId> = known.named(line).iter().map(|invoice| invoice.id).collect();
    let payers = line.iban.as_ref().and_then(|iban| known.payers.get(iban));
    let mut proposals = Vec::new();
    for customer in payers.into_iter().flatten() {
        let theirs: Vec<&Payable> =
            open.iter().filter(|row| row.customer_id == *customer && row.open > Cents::ZERO).collect();
        if theirs.len() > 1 && theirs.iter().map(|row| row.open).sum::<Cents>() == line.amount {
            proposals.extend(pays(line, &theirs, Hint::SameAccountAndAmount));
        }
    }
    for invoice in open.iter().filter(|row| row.kind == DocumentKind::Invoice) {
        let theirs = payers.is_some_and(|payers| payers.contains(&invoice.customer_id));
        let named = named.contains(&invoice.id);
        if !named && invoice.open <= Cents::ZERO {
            continue;
        }
        let fit = (theirs, invoice.open, invoice.customer_name.as_str());
        proposals.extend(hint(line, fit, named).and_then(|hint| pays(line, &[invoice], hint)));
    }
    proposals
}

fn pays(line: &BankLine, invoices: &[&Payable], hint: Hint) -> Option<Proposal> {
    let first = invoices.first()?;
    let amount: Cents = invoices.iter().map(|row| row.open).sum();
    let numbers: Vec<&str> = invoices.iter().map(|row| row.number.as_str()).collect();
    let ids = invoices.iter().map(|row| row.id).collect();
    Some(Proposal {
        assignment: Assignment::Invoices { invoices: ids, keep_surplus: line.amount > amount },
        about: numbers.join(", "),
        customer_id: first.customer_id,
        customer_name: first.customer_name.clone(),
        amount,
        hint,
    })
}

/// Collections that may have come undone.
fn returns_for(
    line: &BankLine,
    known: &Known,
    sent: &[Collection],
    customers: &HashMap<CustomerId, (Cents, String)>,
) -> Vec<Proposal> {
    let payers = line.iban.as_ref().and_then(|iban| known.payers.get(iban));
    let fits = |row: &&Collection| row.amount == line.amount;
    let propose = |row: &Collection| {
        let name = customers.get(&row.customer_id).map(|(_, name)| name.clone()).unwrap_or_default();
        let theirs = payers.is_some_and(|payers| payers.contains(&row.customer_id));
        let hint = hint(line, (theirs, row.amount, &name), false)?;
        Some(Proposal {
            assignment: Assignment::Collection(row.id),
            about: row.end_to_end_id.clone(),
            customer_id: row.customer_id,
            customer_name: name,
            amount: row.amount,
            hint,
        })
    };
    sent.iter().filter(fits).filter_map(propose).collect()
}

/// Customers that money may have been given back to.
fn repayments_for(line: &BankLine, known: &Known, customers: &HashMap<CustomerId, (Cents, String)>) -> Vec<Proposal> {
    let payers = line.iban.as_ref().and_then(|iban| known.payers.get(iban));
    let enough = |customer: &&CustomerId| customers.get(customer).is_some_and(|(credit, _)| *credit >= line.amount);
    let propose = |customer: &CustomerId| {
        let (credit, name) = customers.get(customer)?.clone();
        let exact = credit == line.amount;
        Some(Proposal {
            assignment: Assignment::Repayment(*customer),
            about: String::new(),
            customer_id: *customer,
            customer_name: name,
            amount: credit,
            hint: if exact { Hint::SameAccountAndAmount } else { Hint::SameAccount },
        })
    };
    payers.into_iter().flatten().filter(enough).filter_map(propose).collect()
}
