//! What waits for a person: proposals, and what a person says (BANK-5, BANK-6, BANK-9).

use super::*;

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
        caller.staff(caller.is_finance())?;
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
        caller.staff(caller.is_finance())?;
        let mut on = self.db.snapshot().await?;
        let after = after.unwrap_or((NaiveDate::default(), uuid::Uuid::nil().into()));
        let lines = bank::lines(&mut on, state, after, limit).await?;
        if state != LineState::Open {
            return Ok(lines.into_iter().map(|line| Queued { line, proposals: Vec::new() }).collect());
        }
        self.propose_for(&mut on, lines).await
    }

    /// How many lines wait, and their sums in and out: for finance.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn bank_waiting(&self, caller: &Caller) -> Result<(i64, Cents, Cents)> {
        caller.staff(caller.is_finance())?;
        Ok(bank::waiting(&mut self.db.reader().await?).await?)
    }

    /// One line, with proposals while it waits: for finance.
    ///
    /// # Errors
    /// Forbidden for others; not found.
    pub async fn bank_line(&self, caller: &Caller, id: BankLineId) -> Result<Queued> {
        caller.staff(caller.is_finance())?;
        let mut on = self.db.snapshot().await?;
        let line = bank::line(&mut on, id).await?.ok_or(Error::NotFound("bank line"))?;
        if line.state != LineState::Open {
            return Ok(Queued { line, proposals: Vec::new() });
        }
        self.propose_for(&mut on, vec![line]).await?.pop().ok_or(Error::NotFound("bank line"))
    }

    async fn propose_for(&self, on: &mut Tx, lines: Vec<BankLine>) -> Result<Vec<Queued>> {
        let known = self.known(on, &lines, &mut None).await?;
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
        let propose = |line: BankLine| {
            let mut proposals = match line.direction {
                Direction::Credit => invoices_for(&line, &known, &open),
                Direction::Debit if line.is_return() => returns_for(&line, &known, &like, &customers),
                Direction::Debit => repayments_for(&line, &known, &customers),
            };
            proposals.sort_by_key(|proposal| proposal.hint);
            proposals.truncate(PROPOSALS);
            Queued { line, proposals }
        };
        Ok(lines.into_iter().map(propose).collect())
    }

    /// The invoices that a person names, in the order in which they are named: for finance.
    ///
    /// # Errors
    /// Forbidden for others; a field error when one of them is not there, or nothing is named.
    pub async fn named_invoices(&self, caller: &Caller, text: &str, field: &str) -> Result<Vec<InvoiceId>> {
        caller.staff(caller.is_finance())?;
        let mut ids = Vec::new();
        for word in text.split([',', ';', ' ', '\n']).filter(|word| !word.is_empty()) {
            let numbers: BTreeSet<String> = self.numbering().numbers_in(word).into_iter().collect();
            let found = bank::numbered(&mut self.db.reader().await?, &numbers).await?;
            let found = found.into_iter().find(|row| row.kind == DocumentKind::Invoice);
            ids.extend(Some(found.ok_or_else(|| fault(field, NUMBERS))?.id));
        }
        if ids.is_empty() { Err(fault(field, NUMBERS)) } else { Ok(ids) }
    }

    /// A person says what a line is; it is booked so. Asked again, it changes nothing. For finance.
    ///
    /// # Errors
    /// Forbidden for others; not found; as the rules say.
    pub async fn assign_line(&self, caller: &Caller, id: BankLineId, to: Assignment) -> Result<BankLine> {
        let actor = caller.staff(caller.is_finance())?;
        let line = bank::line(&mut self.db.reader().await?, id).await?.ok_or(Error::NotFound("bank line"))?;
        if line.state == LineState::Booked {
            return Ok(line);
        }
        let (target, act) = self.assigned(&line, to).await?;
        // The line's own key: whoever books it, and however often, it is booked once.
        let key = Key { caller: BANK.to_owned(), key: line.id.to_string(), request: BANK.to_owned() };
        let receipt = self.submit(self.command(actor, Some(key), target, act)).await?;
        let mark = Mark { by: actor.user(), ..self.mark_line(line.id, LineState::Booked, None) };
        self.decided(booked(mark, &receipt)).await
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
        }
    }

    /// A person says that a line is not for these books, and why. It stays to be seen. For finance.
    ///
    /// # Errors
    /// Forbidden for others; not found; a line that was booked.
    pub async fn set_line_aside(&self, caller: &Caller, id: BankLineId, reason: &str) -> Result<BankLine> {
        let actor = caller.staff(caller.is_finance())?;
        let line = bank::line(&mut self.db.reader().await?, id).await?.ok_or(Error::NotFound("bank line"))?;
        match line.state {
            LineState::SetAside => Ok(line),
            LineState::Booked => Err(Refusal::LineBooked.into()),
            _ => {
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
