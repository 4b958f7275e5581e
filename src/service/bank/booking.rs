//! What lines become, booked through the door, each once (BANK-5).

use super::{AT_ONCE, BANK, BankTally, CHUNK, Groups, NO_REASON, sent_groups};
use crate::domain::{
    Act, Actor, BankFileId, BankLineId, Cents, CollectionId, Command, CustomerId, InvoiceId, Key, PaymentMethod,
    Receipt, Target,
    bank::Direction,
    command::{Receiving, Undone},
    matching::{BankLine, Doubt, Known, LineState, Numbering, Outcome, Proof, is_collective},
};
use crate::service::ledger::{Answer, Door, Failure, Reply, Stopped};
use crate::service::{Result, Service};
use crate::store::Statements;
use crate::store::bank::{self, Mark};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;
use tokio::task::JoinSet;

impl Service {
    pub(super) fn mark_line(&self, id: BankLineId, state: LineState, why: Option<&str>) -> Mark {
        Mark {
            id,
            state,
            why: why.map(str::to_owned),
            customer: None,
            payment: None,
            collection: None,
            at: self.clock.now(),
            by: None,
            proof: None,
            divided: false,
        }
    }

    /// Books what is new of a file, or of all.
    pub(super) async fn book_lines(
        &self,
        file: Option<BankFileId>,
        mut progress: impl FnMut(u64, u64) + Send,
    ) -> Result<BankTally> {
        let total = match file {
            Some(file) => bank::count_new(&mut self.db.reader().await?, file).await?,
            None => 0,
        };
        let total = u64::try_from(total).unwrap_or(0);
        let (mut tally, mut groups, mut done) = (BankTally::default(), None, 0);
        let mut last = (0, BankLineId::from(uuid::Uuid::nil()));
        progress(done, total);
        loop {
            let mut on = self.db.reader().await?;
            let many = i64::try_from(CHUNK).unwrap_or(i64::MAX);
            let lines = match file {
                Some(file) => bank::new_of(&mut on, file, last, many).await?,
                None => bank::new_of_all(&mut on, many).await?,
            };
            last = lines.last().map_or(last, |line| (line.line, line.id));
            if lines.is_empty() {
                if file.is_none() || tally.reversed.count > 0 {
                    self.book_batches().await?;
                }
                return Ok(tally);
            }
            let booked = bank::booked_for(&mut on, &lines, BANK).await?;
            let booked: HashMap<String, bank::BookedFor> =
                booked.into_iter().map(|row| (row.line.clone(), row)).collect();
            let known = self.known(&mut on, &lines, &mut groups).await?;
            drop(on);
            done += u64::try_from(lines.len()).unwrap_or(0);
            self.book_some(lines, &booked, known, &mut tally).await?;
            progress(done, total.max(done));
        }
    }

    /// Books batches of which the sum is explained by what came undone since they were told: any order of messages ends the
    /// same (BANK-3, PAY-2).
    async fn book_batches(&self) -> Result<()> {
        let mut on = self.db.reader().await?;
        let mut lines = bank::waiting_batches(&mut on, i64::try_from(CHUNK).unwrap_or(i64::MAX)).await?;
        if lines.is_empty() {
            return Ok(());
        }
        let known = self.known(&mut on, &lines, &mut None).await?;
        drop(on);
        lines.retain(|line| matches!(known.decide(line), Outcome::Settle(_)));
        self.book_some(lines, &HashMap::new(), known, &mut BankTally::default()).await
    }

    /// Decides and books some lines, and marks them.
    async fn book_some(
        &self,
        lines: Vec<BankLine>,
        booked: &HashMap<String, bank::BookedFor>,
        mut known: Known,
        tally: &mut BankTally,
    ) -> Result<()> {
        let mut marks: Vec<Option<Mark>> = vec![None; lines.len()];
        let mut outcomes = Vec::with_capacity(lines.len());
        let mut plan: BTreeMap<CustomerId, Vec<(usize, Command)>> = BTreeMap::new();
        // What is of several customers is booked for all of them or for none (BANK-6).
        let mut bundles: Vec<(usize, Vec<Command>)> = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            let outcome = known.settle(line);
            let mark = Mark { proof: proof_of(&outcome), ..self.mark_line(line.id, LineState::Booked, None) };
            if let Some(before) = booked.get(&line.key()) {
                let (customer, payment) = (Some(before.customer_id), before.payment_id);
                marks[at] = Some(Mark { customer, payment, collection: before.collection_id, ..mark });
            } else {
                match &outcome {
                    Outcome::Queue(doubt) => marks[at] = Some(waits(mark, *doubt)),
                    Outcome::Outside => marks[at] = Some(Mark { state: LineState::Outside, ..mark }),
                    Outcome::Settle(_) | Outcome::Reverse { .. } | Outcome::Pay { .. } => {
                        let mut commands = self.commands(line, &outcome, &known);
                        match commands.len() {
                            0 => marks[at] = Some(waits(mark, Doubt::UnknownCollection)),
                            1 => {
                                let (customer, command) = commands.remove(0);
                                plan.entry(customer).or_default().push((at, command));
                            }
                            _ => bundles.push((at, commands.into_iter().map(|(_, command)| command).collect())),
                        }
                    }
                }
            }
            outcomes.push(outcome);
        }
        let mut lost = None;
        let mut answers: BTreeMap<usize, Vec<Reply>> = BTreeMap::new();
        for (at, reply) in self.submit_all(plan).await {
            answers.entry(at).or_default().push(reply);
        }
        for (at, commands) in bundles {
            let replies = match together(&self.door, commands).await {
                Ok(receipts) => receipts.into_iter().map(Ok).collect(),
                Err(stopped) => vec![Err(stopped.failure)],
            };
            answers.insert(at, replies);
        }
        for (at, replies) in answers {
            match self.judge(&lines[at], replies) {
                Ok(mark) => {
                    let proof = proof_of(&outcomes[at]).filter(|_| mark.state == LineState::Booked);
                    if mark.state == LineState::Open {
                        outcomes[at] = Outcome::Queue(Doubt::NoReference);
                    }
                    marks[at] = Some(Mark { proof, ..mark });
                }
                Err(failure) => lost = Some(failure),
            }
        }
        for ((line, outcome), _) in lines.iter().zip(&outcomes).zip(&marks).filter(|(_, mark)| mark.is_some()) {
            tally.add(line, outcome);
        }
        let marks: Vec<Mark> = marks.into_iter().flatten().collect();
        let mut tx = self.db.begin().await?;
        bank::mark(&mut tx, &marks).await?;
        tx.commit().await?;
        lost.map_or(Ok(()), |failure| Err(failure.into()))
    }

    /// The commands that book a line, each with its customer: together they move exactly what the line moved.
    fn commands(&self, line: &BankLine, outcome: &Outcome, known: &Known) -> Vec<(CustomerId, Command)> {
        let whose = |id: &CollectionId| known.collections.values().find(|row| row.id == *id).map(|row| row.customer_id);
        let mut acts: Vec<(CustomerId, Target, Act)> = match outcome {
            Outcome::Settle(collections) => {
                let of = |id: &CollectionId| Some((whose(id)?, Target::Collection(*id), self.settles(line, *id)));
                collections.iter().filter_map(of).collect()
            }
            Outcome::Reverse { collection, charge } => {
                let act = Act::ReverseCollection { collection: *collection, undone: self.undone(line, *charge) };
                whose(collection).map(|customer| (customer, Target::Collection(*collection), act)).into_iter().collect()
            }
            Outcome::Pay { customer, invoices, keep_surplus, .. } => {
                vec![(*customer, Target::Customer(*customer), self.receives(line, invoices.clone(), *keep_surplus))]
            }
            Outcome::Queue(_) | Outcome::Outside => Vec::new(),
        };
        if let (Outcome::Settle(_), Some((customer, ..))) = (outcome, acts.first())
            && line.charge > Cents::ZERO
        {
            acts.push((*customer, Target::Customer(*customer), self.costs(line, line.charge)));
        }
        let booked = acts
            .into_iter()
            .enumerate()
            .map(|(at, (customer, target, act))| (customer, self.of_line(Actor::Service, line, at, (target, act))));
        booked.collect()
    }

    /// A command that a line is the cause of, one of several. The first of them has the line's own key: whoever books it,
    /// however, and however often, it is booked once. Those of the others are no key of the line after an undo.
    pub(super) fn of_line(&self, actor: Actor, line: &BankLine, at: usize, (target, act): (Target, Act)) -> Command {
        let key = if at == 0 { line.key() } else { format!("{} part {at}", line.key()) };
        let key = Key { caller: BANK.to_owned(), key, request: BANK.to_owned() };
        self.command(actor, Some(key), target, act).from_line(line.id)
    }

    /// What the bank kept or charged, beside what a line is for (BANK-7).
    pub(super) fn costs(&self, line: &BankLine, amount: Cents) -> Act {
        Act::BookCosts { amount, valued_on: self.valued(line) }
    }

    /// The value date, which may lie ahead of us.
    pub(super) fn valued(&self, line: &BankLine) -> NaiveDate {
        line.valued_on.min(self.policies.day(self.clock.now()))
    }

    pub(super) fn settles(&self, line: &BankLine, collection: CollectionId) -> Act {
        Act::SettleCollection { collection, settled_on: self.valued(line), bank_line: Some(line.id) }
    }

    pub(super) fn undone(&self, line: &BankLine, charge: Cents) -> Undone {
        let code = line.return_reason.clone().unwrap_or_else(|| NO_REASON.to_owned());
        Undone { code, valued_on: self.valued(line), rejected: line.rejected, charge }
    }

    pub(super) fn receives(&self, line: &BankLine, invoices: Vec<InvoiceId>, keep_surplus: bool) -> Act {
        Act::RecordPayment(Receiving {
            amount: line.amount,
            paid_on: self.valued(line),
            method: PaymentMethod::Bank,
            note: line.structured.clone().or_else(|| line.text.clone()),
            bank_line: Some(line.id),
            invoices,
            keep_surplus,
            costs: line.charge,
        })
    }

    /// Submits commands: of one customer one after the other, of different ones side by side.
    async fn submit_all(&self, plan: BTreeMap<CustomerId, Vec<(usize, Command)>>) -> Vec<(usize, Reply)> {
        let (mut running, mut answers) = (JoinSet::new(), Vec::new());
        for commands in plan.into_values() {
            if running.len() >= AT_ONCE
                && let Some(Ok(some)) = running.join_next().await
            {
                answers.extend::<Vec<(usize, Reply)>>(some);
            }
            let door = self.door.clone();
            running.spawn(async move {
                let mut answers = Vec::with_capacity(commands.len());
                for (at, command) in commands {
                    answers.push((at, patiently(&door, command).await));
                }
                answers
            });
        }
        while let Some(some) = running.join_next().await {
            answers.extend(some.unwrap_or_default());
        }
        answers
    }

    /// What answers make of a line: booked, or for a person; or nothing yet, when the ledger could not be written.
    fn judge(&self, line: &BankLine, replies: Vec<Reply>) -> Result<Mark, Failure> {
        let mut mark = self.mark_line(line.id, LineState::Booked, None);
        for reply in replies {
            match reply {
                Ok(receipt) => mark = booked(mark, &receipt),
                Err(Failure::Refused(refusal)) => {
                    mark.state = LineState::Open;
                    mark.why = Some(refusal.to_string());
                }
                Err(Failure::Broken) => {
                    mark.state = LineState::Open;
                    mark.why = Some(Failure::Broken.to_string());
                }
                Err(lost) => return Err(lost),
            }
        }
        if mark.state == LineState::Open {
            (mark.customer, mark.payment, mark.collection) = (None, None, None);
        }
        Ok(mark)
    }

    /// Looks up, all at once, what is known about lines.
    pub(super) async fn known(
        &self,
        on: &mut impl Statements,
        lines: &[BankLine],
        groups: &mut Option<Groups>,
    ) -> Result<Known> {
        let mut known = Known { numbering: self.numbering(), ..Known::default() };
        let mut ids: BTreeSet<String> = lines.iter().filter_map(|line| line.end_to_end_id.clone()).collect();
        let batches: BTreeSet<&String> = lines
            .iter()
            .filter(|line| line.direction == Direction::Credit && line.end_to_end_id.is_none())
            .flat_map(|line| [&line.batch, &line.batch_message])
            .flatten()
            .collect();
        if !batches.is_empty() {
            if groups.is_none() {
                *groups = Some(sent_groups(on).await?);
            }
            let found = batches.into_iter().filter_map(|id| Some((id.clone(), groups.as_ref()?.get(id)?.clone())));
            known.groups = found.collect();
            ids.extend(known.groups.values().flatten().cloned());
        }
        let nameless = |line: &&BankLine| line.end_to_end_id.is_none() && line.direction == Direction::Debit;
        let mandates = lines.iter().filter(nameless).filter_map(|line| line.mandate.clone()).collect();
        for (reference, id) in bank::under_mandates(on, &mandates).await? {
            ids.insert(id.clone());
            known.mandates.entry(reference).or_default().push(id);
        }
        let collections = bank::collections(on, &ids).await?;
        let undone = collections.iter().filter(|row| row.reversal_id.is_some()).map(|row| row.id).collect::<Vec<_>>();
        known.refused = bank::refused(on, &undone).await?;
        known.collections = collections.into_iter().map(|row| (row.end_to_end_id.clone(), row)).collect();
        self.know_payers(on, lines, &mut known).await?;
        Ok(known)
    }

    /// Looks up whose accounts and which invoices lines are about.
    async fn know_payers(&self, on: &mut impl Statements, lines: &[BankLine], known: &mut Known) -> Result<()> {
        let ibans: BTreeSet<String> = lines.iter().filter_map(|line| line.iban.clone()).collect();
        for (iban, customer) in bank::payers(on, &ibans).await? {
            known.payers.entry(iban).or_default().insert(customer);
        }
        known.shared = bank::shared(on, &ibans).await?;
        known.shared.extend(lines.iter().filter(|line| is_collective(line)).filter_map(|line| line.iban.clone()));
        let customers: BTreeSet<CustomerId> = known.payers.values().flatten().copied().collect();
        for (customer, credit, _) in bank::credits(on, &customers).await? {
            known.credits.insert(customer, credit);
        }
        let credits = lines.iter().filter(|line| line.direction == Direction::Credit);
        let numbers: BTreeSet<String> = credits.flat_map(|line| known.numbering.numbers_in(&line.words())).collect();
        let mut found = bank::numbered(on, &numbers).await?;
        found.extend(bank::open_of(on, &customers).await?);
        for invoice in found {
            known.numbers.insert(invoice.number.clone(), invoice.id);
            known.invoices.insert(invoice.id, invoice);
        }
        Ok(())
    }

    /// How documents are numbered, now and under the newest terms.
    pub(super) fn numbering(&self) -> Numbering {
        let today = self.policies.day(self.clock.now());
        let rules = [&self.policies.at(today).1.invoices, &self.policies.newest().invoices];
        let series =
            rules.iter().flat_map(|rules| [&rules.series.invoice, &rules.series.credit_note, &rules.series.fee]);
        let prefixes: BTreeSet<String> = series.cloned().collect();
        let digits = rules.iter().map(|rules| rules.digits).min().unwrap_or(4);
        Numbering { prefixes: prefixes.into_iter().collect(), digits: usize::try_from(digits).unwrap_or(4) }
    }
}

/// What proves an outcome (BANK-5).
const fn proof_of(outcome: &Outcome) -> Option<Proof> {
    match outcome {
        Outcome::Settle(_) | Outcome::Reverse { .. } => Some(Proof::Collection),
        Outcome::Pay { proof, .. } => Some(*proof),
        Outcome::Queue(_) | Outcome::Outside => None,
    }
}

/// Submits commands that stand or fall together, and waits for room in the queue.
pub(super) async fn together(door: &Door, commands: Vec<Command>) -> Answer {
    for _ in 0..500 {
        match door.submit_parts(commands.clone()).await {
            Err(Stopped { failure: Failure::Busy, .. }) => tokio::time::sleep(Duration::from_millis(20)).await,
            answer => return answer,
        }
    }
    Err(Failure::Busy.into())
}

/// Submits a command, and waits for room in the queue.
async fn patiently(door: &Door, command: Command) -> Reply {
    for _ in 0..500 {
        match door.submit(command.clone()).await {
            Err(Failure::Busy) => tokio::time::sleep(Duration::from_millis(20)).await,
            answer => return answer,
        }
    }
    Err(Failure::Busy)
}

/// A mark with what was booked.
pub(super) fn booked(mark: Mark, receipt: &Receipt) -> Mark {
    match receipt {
        Receipt::Payment(receipt) => {
            Mark { customer: Some(receipt.payment.customer_id), payment: Some(receipt.payment.id), ..mark }
        }
        Receipt::Collection(row) => {
            Mark { customer: Some(row.customer_id), payment: row.payment_id, collection: Some(row.id), ..mark }
        }
        Receipt::Reversal(row) => {
            Mark { customer: Some(row.customer_id), payment: row.payment_id, collection: row.collection_id, ..mark }
        }
        Receipt::Repayment(row) => Mark { customer: Some(row.customer_id), ..mark },
        // Of no payment and no collection.
        Receipt::Customer(..)
        | Receipt::Contact(..)
        | Receipt::Removed(..)
        | Receipt::Installation(..)
        | Receipt::Consent(..)
        | Receipt::Card(..)
        | Receipt::Invoice(..)
        | Receipt::Allocation(..)
        | Receipt::Costs(..)
        | Receipt::PaidOut(..)
        | Receipt::Unmatched(..)
        | Receipt::Mandate(..)
        | Receipt::Arrears(..)
        | Receipt::Billing(..)
        | Receipt::Ticket(..)
        | Receipt::TicketEvent(..)
        | Receipt::Coverage(..)
        | Receipt::AddOn(..)
        | Receipt::ContractEnd(..)
        | Receipt::Conversation(..)
        | Receipt::Estimate(..)
        | Receipt::Time(..)
        | Receipt::Correction(..)
        | Receipt::Settled => mark,
    }
}

/// A line that waits for a person.
fn waits(mut mark: Mark, doubt: Doubt) -> Mark {
    (mark.state, mark.why) = (LineState::Open, Some(doubt.to_string()));
    mark
}
