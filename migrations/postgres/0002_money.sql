-- The money ledger and what goes with it. Storage types as in 0001.

-- The money side of transactions: debit is positive, and each transaction sums to zero (PAY-7). Append-only.
CREATE TABLE postings (
    customer_id TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    line BIGINT NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    amount BIGINT NOT NULL,
    booked_on TEXT COLLATE "C" NOT NULL,
    card_id TEXT COLLATE "C",
    invoice_id TEXT COLLATE "C",
    PRIMARY KEY (customer_id, seq, line),
    FOREIGN KEY (customer_id, seq) REFERENCES transactions (customer_id, seq),
    FOREIGN KEY (card_id) REFERENCES cards (id),
    FOREIGN KEY (invoice_id) REFERENCES invoices (id),
    CHECK (amount <> 0),
    CHECK (account IN ('receivable', 'bank', 'other_money', 'in_transit', 'customer_credit', 'deferred', 'vat', 'card_revenue', 'breakage', 'hours_revenue', 'fee_revenue', 'fee_outside', 'bank_charges'))
);

-- What was posted on each account by day, kept in the commit that posts: a balance of any day without the postings.
CREATE TABLE account_days (
    account TEXT COLLATE "C" NOT NULL,
    day TEXT COLLATE "C" NOT NULL,
    debit BIGINT NOT NULL,
    credit BIGINT NOT NULL,
    PRIMARY KEY (account, day),
    CHECK (debit >= 0 AND credit >= 0)
);

-- The transactions that moved money, and the export that took them to the bookkeeper. Only that mark changes.
CREATE TABLE journal_entries (
    customer_id TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    booked_on TEXT COLLATE "C" NOT NULL,
    export BIGINT,
    PRIMARY KEY (customer_id, seq),
    FOREIGN KEY (customer_id, seq) REFERENCES transactions (customer_id, seq)
);

-- Money that we gave back (PAY-5). Append-only.
CREATE TABLE repayments (
    id TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL,
    amount BIGINT NOT NULL,
    paid_on TEXT COLLATE "C" NOT NULL,
    note TEXT COLLATE "C",
    bank_line_id TEXT COLLATE "C",
    recorded_at BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C",
    transaction_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    CHECK (amount > 0)
);

-- What banks and providers of payments kept or gave back beside payments (BANK-6). Append-only.
CREATE TABLE bank_costs (
    id TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL,
    amount BIGINT NOT NULL,
    valued_on TEXT COLLATE "C" NOT NULL,
    bank_line_id TEXT COLLATE "C",
    recorded_at BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C",
    transaction_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    CHECK (amount <> 0)
);

-- What a line of the bank had booked and was undone, each once (BANK-9). Append-only.
CREATE TABLE unmatched (
    id TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL,
    command_id TEXT COLLATE "C" NOT NULL,
    bank_line_id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    amount BIGINT NOT NULL,
    transaction_id TEXT COLLATE "C",
    recorded_at BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C",
    PRIMARY KEY (id),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    CHECK (kind IN ('payment', 'reversal', 'refusal', 'repayment', 'costs', 'payout'))
);

-- Which time entries are on which documents (TIME-7). Append-only.
CREATE TABLE invoiced_entries (
    time_entry_id TEXT COLLATE "C" NOT NULL,
    invoice_id TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (time_entry_id, invoice_id),
    FOREIGN KEY (time_entry_id) REFERENCES time_entries (id),
    FOREIGN KEY (invoice_id) REFERENCES invoices (id)
);

-- A customer's leave to collect from an account.
CREATE TABLE mandates (
    id TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL,
    reference TEXT COLLATE "C" NOT NULL,
    scheme TEXT COLLATE "C" NOT NULL,
    signed_on TEXT COLLATE "C" NOT NULL,
    debtor_name TEXT COLLATE "C" NOT NULL,
    iban TEXT COLLATE "C" NOT NULL,
    recorded_at BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C",
    last_used_on TEXT COLLATE "C",
    ended_at BIGINT,
    ended_because TEXT COLLATE "C",
    amends TEXT COLLATE "C",
    PRIMARY KEY (id),
    UNIQUE (amends),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    FOREIGN KEY (amends) REFERENCES mandates (id),
    CHECK (scheme IN ('core', 'b2b'))
);

-- One attempt each to collect an invoice (PAY-2).
CREATE TABLE collections (
    id TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL,
    invoice_id TEXT COLLATE "C" NOT NULL,
    mandate_id TEXT COLLATE "C" NOT NULL,
    attempt BIGINT NOT NULL,
    end_to_end_id TEXT COLLATE "C" NOT NULL,
    amount BIGINT NOT NULL,
    asked_on TEXT COLLATE "C" NOT NULL,
    collect_on TEXT COLLATE "C" NOT NULL,
    sequence TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT COLLATE "C",
    batch BIGINT,
    settled_on TEXT COLLATE "C",
    payment_id TEXT COLLATE "C",
    reversal_id TEXT COLLATE "C",
    cancelled_at BIGINT,
    cancelled_by TEXT COLLATE "C",
    cancelled_because TEXT COLLATE "C",
    PRIMARY KEY (id),
    UNIQUE (end_to_end_id),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    FOREIGN KEY (invoice_id) REFERENCES invoices (id),
    FOREIGN KEY (mandate_id) REFERENCES mandates (id),
    CHECK (amount > 0 AND collect_on >= asked_on),
    CHECK ((cancelled_at IS NULL) = (cancelled_because IS NULL)),
    CHECK (cancelled_at IS NULL OR batch IS NULL),
    CHECK (sequence IN ('first', 'recurring', 'final', 'one_off'))
);

-- Payments that came undone, and collections that were refused (PAY-2). `bank_line_id` told that our account was debited, and
-- `refused_line` that it was refused; a reversal that was itself undone counts nowhere (BANK-9).
CREATE TABLE reversals (
    id TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL,
    payment_id TEXT COLLATE "C",
    collection_id TEXT COLLATE "C",
    amount BIGINT NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    valued_on TEXT COLLATE "C" NOT NULL,
    rejected BIGINT NOT NULL,
    charge BIGINT NOT NULL,
    counted BIGINT,
    counted_because TEXT COLLATE "C",
    fee_invoice_id TEXT COLLATE "C",
    fee_freed BIGINT NOT NULL,
    waived_because TEXT COLLATE "C",
    recorded_at BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C",
    bank_line_id TEXT COLLATE "C",
    money_back BIGINT NOT NULL,
    by_hand BIGINT NOT NULL,
    hand_charge BIGINT NOT NULL,
    refused_line TEXT COLLATE "C",
    refused_code TEXT COLLATE "C",
    refused_on TEXT COLLATE "C",
    ended_mandate TEXT COLLATE "C",
    undone BIGINT NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    FOREIGN KEY (payment_id) REFERENCES payments (id),
    FOREIGN KEY (collection_id) REFERENCES collections (id),
    FOREIGN KEY (fee_invoice_id) REFERENCES invoices (id),
    CHECK (amount > 0 AND charge >= 0 AND hand_charge >= 0 AND fee_freed >= 0),
    CHECK (rejected IN (0, 1) AND counted IN (0, 1) AND money_back IN (0, 1) AND by_hand IN (0, 1) AND undone IN (0, 1)),
    CHECK (undone = 0 OR (money_back = 0 AND charge = 0 AND counted = 0))
);

-- Amounts set against invoices: money, credit, credit notes; negative where money came undone. Append-only.
CREATE TABLE allocations (
    id TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL,
    invoice_id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    payment_id TEXT COLLATE "C",
    credit_note_id TEXT COLLATE "C",
    reversal_id TEXT COLLATE "C",
    amount BIGINT NOT NULL,
    open_after BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    transaction_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    FOREIGN KEY (invoice_id) REFERENCES invoices (id),
    FOREIGN KEY (payment_id) REFERENCES payments (id),
    FOREIGN KEY (credit_note_id) REFERENCES invoices (id),
    FOREIGN KEY (reversal_id) REFERENCES reversals (id),
    CHECK (kind IN ('payment', 'reversal', 'credit', 'credit_note', 'unmatch')),
    CHECK (amount <> 0 AND (kind = 'unmatch' OR (kind = 'reversal') = (amount < 0))),
    CHECK (CASE kind WHEN 'reversal' THEN reversal_id IS NOT NULL WHEN 'unmatch' THEN true ELSE reversal_id IS NULL END),
    CHECK (open_after >= 0)
);

-- Pauses, arrangements and reactivations (PAY-4). Append-only.
CREATE TABLE arrears_events (
    id TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    overdue BIGINT NOT NULL,
    until TEXT COLLATE "C",
    asked_via TEXT COLLATE "C",
    factor TEXT COLLATE "C",
    invoice_id TEXT COLLATE "C",
    recorded_at BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C",
    PRIMARY KEY (id),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    FOREIGN KEY (invoice_id) REFERENCES invoices (id),
    CHECK (kind IN ('paused', 'resumed', 'arranged', 'arrangement_ended', 'reactivated'))
);

-- Files of the bank, each once. Append-only, but for the number of lines.
CREATE TABLE bank_files (
    id TEXT COLLATE "C" NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    version TEXT COLLATE "C" NOT NULL,
    message_id TEXT COLLATE "C" NOT NULL,
    lines BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    received_by TEXT COLLATE "C",
    PRIMARY KEY (id),
    UNIQUE (digest),
    CHECK (kind IN ('camt.052', 'camt.053', 'camt.054', 'pain.002'))
);

-- The bytes of files of the bank as they came, compressed (gzip), in parts of base 64, so that they can be read again.
-- Append-only.
CREATE TABLE bank_contents (
    file_id TEXT COLLATE "C" NOT NULL,
    part BIGINT NOT NULL,
    content TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (file_id, part),
    FOREIGN KEY (file_id) REFERENCES bank_files (id)
);

-- Statements and notices about our accounts, page by page (BANK-1). Append-only.
CREATE TABLE bank_statements (
    id TEXT COLLATE "C" NOT NULL,
    file_id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    told_id TEXT COLLATE "C" NOT NULL,
    page BIGINT,
    last_page BIGINT,
    sequence BIGINT,
    made_at TEXT COLLATE "C",
    from_day TEXT COLLATE "C" NOT NULL,
    to_day TEXT COLLATE "C" NOT NULL,
    first_day TEXT COLLATE "C" NOT NULL,
    last_day TEXT COLLATE "C" NOT NULL,
    opening BIGINT,
    closing BIGINT,
    entries BIGINT NOT NULL,
    credits BIGINT NOT NULL,
    debits BIGINT NOT NULL,
    contents TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (file_id) REFERENCES bank_files (id),
    CHECK (kind IN ('statement', 'notice')),
    CHECK (from_day <= to_day AND first_day <= from_day AND to_day <= last_day)
);

-- What the bank told, line by line. What tells a movement that is known is kept as well, in state 'again': only what became
-- of a line changes, and which statement tells it (BANK-2, BANK-3).
CREATE TABLE bank_lines (
    id TEXT COLLATE "C" NOT NULL,
    file_id TEXT COLLATE "C" NOT NULL,
    identity TEXT COLLATE "C",
    entry_id TEXT COLLATE "C" NOT NULL,
    movement_id TEXT COLLATE "C" NOT NULL,
    told_in TEXT COLLATE "C",
    announced_in TEXT COLLATE "C",
    stated_in TEXT COLLATE "C",
    stated_on TEXT COLLATE "C",
    line BIGINT NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    direction TEXT COLLATE "C" NOT NULL,
    amount BIGINT NOT NULL,
    charge BIGINT NOT NULL,
    booked_on TEXT COLLATE "C" NOT NULL,
    valued_on TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C",
    iban TEXT COLLATE "C",
    end_to_end_id TEXT COLLATE "C",
    mandate TEXT COLLATE "C",
    reference TEXT COLLATE "C",
    transaction_reference TEXT COLLATE "C",
    structured TEXT COLLATE "C",
    text TEXT COLLATE "C",
    code TEXT COLLATE "C",
    return_reason TEXT COLLATE "C",
    rejected BIGINT NOT NULL,
    batch TEXT COLLATE "C",
    batch_message TEXT COLLATE "C",
    entry_line BIGINT NOT NULL,
    entry_reference TEXT COLLATE "C",
    state TEXT COLLATE "C" NOT NULL,
    why TEXT COLLATE "C",
    customer_id TEXT COLLATE "C",
    payment_id TEXT COLLATE "C",
    collection_id TEXT COLLATE "C",
    decided_at BIGINT,
    decided_by TEXT COLLATE "C",
    proof TEXT COLLATE "C",
    divided BIGINT NOT NULL,
    undone BIGINT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (identity),
    FOREIGN KEY (file_id) REFERENCES bank_files (id),
    FOREIGN KEY (told_in) REFERENCES bank_statements (id),
    FOREIGN KEY (announced_in) REFERENCES bank_statements (id),
    FOREIGN KEY (stated_in) REFERENCES bank_statements (id),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    CHECK (direction IN ('credit', 'debit')),
    CHECK (amount >= 0 AND charge >= 0),
    CHECK (rejected IN (0, 1) AND divided IN (0, 1) AND undone >= 0),
    CHECK (state IN ('new', 'open', 'booked', 'set_aside', 'outside', 'again')),
    CHECK (proof IN ('reference', 'number', 'collection', 'person'))
);

-- What our accounts stood at before the first day that is reconciled (BANK-4), each once. Append-only.
CREATE TABLE bank_first_balances (
    account TEXT COLLATE "C" NOT NULL,
    day TEXT COLLATE "C" NOT NULL,
    amount BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C",
    PRIMARY KEY (account)
);

-- Accounts of others by which many pay: boards, providers of payments (BANK-5). Everything that was said of one is kept; the
-- last thing counts. Append-only.
CREATE TABLE bank_collective_accounts (
    iban TEXT COLLATE "C" NOT NULL,
    nr BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    note TEXT COLLATE "C" NOT NULL,
    marked BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C",
    PRIMARY KEY (iban, nr),
    CHECK (nr > 0 AND marked IN (0, 1)),
    CHECK (kind IN ('provider', 'board', 'clearing', 'other'))
);

-- Payments that finance recorded, and the line by which the bank proved them later: nothing is booked for such a line.
CREATE TABLE bank_proofs (
    line_id TEXT COLLATE "C" NOT NULL,
    payment_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (line_id),
    UNIQUE (payment_id),
    FOREIGN KEY (line_id) REFERENCES bank_lines (id),
    FOREIGN KEY (payment_id) REFERENCES payments (id)
);

-- Files that were handed out, numbered without gaps; the bytes are kept, so that each is the same whenever it is asked for.
-- Append-only.
CREATE TABLE exports (
    number BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    provisional BIGINT NOT NULL,
    from_day TEXT COLLATE "C",
    to_day TEXT COLLATE "C",
    items BIGINT NOT NULL,
    file_name TEXT COLLATE "C" NOT NULL,
    media_type TEXT COLLATE "C" NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    size BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    made_by TEXT COLLATE "C",
    left_out TEXT COLLATE "C" NOT NULL,
    caller TEXT COLLATE "C",
    "key" TEXT COLLATE "C",
    request TEXT COLLATE "C",
    PRIMARY KEY (number),
    UNIQUE (caller, "key"),
    CHECK (provisional IN (0, 1))
);

-- Their bytes, in base 64. Append-only.
CREATE TABLE export_files (
    number BIGINT NOT NULL,
    content TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (number),
    FOREIGN KEY (number) REFERENCES exports (number)
);

-- Which documents are in which export, each once per kind. Append-only.
CREATE TABLE exported_documents (
    kind TEXT COLLATE "C" NOT NULL,
    invoice_id TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (kind, invoice_id),
    FOREIGN KEY (invoice_id) REFERENCES invoices (id),
    FOREIGN KEY (number) REFERENCES exports (number)
);

-- Months that were closed and opened again (TIME-6), with what was still open then, as JSON. Append-only.
CREATE TABLE closings (
    id TEXT COLLATE "C" NOT NULL,
    month TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C",
    findings TEXT COLLATE "C" NOT NULL,
    recorded_at BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C",
    PRIMARY KEY (id),
    CHECK (kind IN ('closed', 'reopened'))
);

-- One row: the last day of the last closed month. Read under a shared lock by every booking, changed by a closing.
CREATE TABLE closed_books (
    id BIGINT NOT NULL,
    through TEXT COLLATE "C",
    PRIMARY KEY (id),
    CHECK (id = 1)
);

CREATE INDEX postings_on ON postings (account, booked_on);
CREATE INDEX postings_of_card ON postings (card_id, booked_on) WHERE card_id IS NOT NULL;
CREATE INDEX journal_entries_waiting ON journal_entries (booked_on, customer_id, seq) WHERE export IS NULL;
CREATE INDEX journal_entries_in ON journal_entries (export) WHERE export IS NOT NULL;
CREATE INDEX journal_entries_on ON journal_entries (booked_on, customer_id, seq);
CREATE INDEX allocations_of ON allocations (invoice_id);
CREATE INDEX allocations_from ON allocations (payment_id) WHERE payment_id IS NOT NULL;
CREATE INDEX payments_by ON payments (customer_id, paid_on);
CREATE INDEX repayments_to ON repayments (customer_id, paid_on);
CREATE INDEX payments_of_line ON payments (bank_line_id) WHERE bank_line_id IS NOT NULL;
CREATE INDEX payments_paid_out_by ON payments (paid_out_line) WHERE paid_out_line IS NOT NULL;
CREATE INDEX repayments_of_line ON repayments (bank_line_id) WHERE bank_line_id IS NOT NULL;
CREATE INDEX bank_costs_of_line ON bank_costs (bank_line_id) WHERE bank_line_id IS NOT NULL;
CREATE INDEX unmatched_of_line ON unmatched (bank_line_id);
CREATE INDEX unmatched_by ON unmatched (command_id);
CREATE INDEX mandates_of ON mandates (customer_id);
-- A bank does not tell capitals from small letters; an amended mandate keeps its reference.
CREATE UNIQUE INDEX mandates_reference ON mandates (UPPER(reference)) WHERE amends IS NULL;
CREATE INDEX mandates_called ON mandates (UPPER(reference));
CREATE INDEX collections_of ON collections (invoice_id);
CREATE INDEX collections_under ON collections (mandate_id);
CREATE INDEX collections_planned ON collections (collect_on, id) WHERE batch IS NULL AND cancelled_at IS NULL;
CREATE INDEX collections_in ON collections (batch) WHERE batch IS NOT NULL;
CREATE UNIQUE INDEX reversals_of_collection ON reversals (collection_id) WHERE undone = 0;
CREATE INDEX reversals_of ON reversals (customer_id);
CREATE INDEX reversals_waiting ON reversals (id) WHERE counted IS NULL;
CREATE INDEX arrears_events_of ON arrears_events (customer_id, id);
CREATE INDEX customers_paused ON customers (paused_on) WHERE paused_on IS NOT NULL;
CREATE INDEX customers_in_credit ON customers (number) WHERE credit <> 0;
CREATE INDEX invoices_on ON invoices (issued_on, number) WHERE number IS NOT NULL;
CREATE INDEX invoices_due ON invoices (due_on, number) WHERE number IS NOT NULL AND paid + credited < gross;
CREATE INDEX invoices_drafts ON invoices (created_at) WHERE number IS NULL;
CREATE INDEX invoices_crediting ON invoices (credits) WHERE credits IS NOT NULL;
CREATE INDEX cards_deferred ON cards (id) WHERE price > 0;
CREATE INDEX cards_frozen ON cards (credited_from) WHERE credited_from IS NOT NULL;
CREATE INDEX bank_lines_open ON bank_lines (booked_on, id) WHERE state IN ('new', 'open');
CREATE INDEX bank_lines_on ON bank_lines (account, booked_on);
CREATE INDEX bank_lines_unmet ON bank_lines (account, direction, booked_on) WHERE announced_in IS NOT NULL AND stated_in IS NULL;
CREATE INDEX bank_lines_told ON bank_lines (entry_id);
CREATE INDEX bank_statements_of ON bank_statements (account, last_day);
CREATE INDEX bank_statements_in ON bank_statements (file_id);
CREATE INDEX mandates_from ON mandates (iban);
CREATE INDEX bank_lines_of ON bank_lines (file_id, line);
CREATE INDEX bank_lines_from ON bank_lines (iban, customer_id) WHERE iban IS NOT NULL AND customer_id IS NOT NULL;
CREATE INDEX closings_of ON closings (month, id);

INSERT INTO closed_books (id, through) VALUES (1, NULL);

-- Append-only, and what was issued stands still (PAY-1): the database says so itself.
CREATE TRIGGER postings_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON postings FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER allocations_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON allocations FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER repayments_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON repayments FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bank_costs_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bank_costs FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER unmatched_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON unmatched FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER arrears_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON arrears_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER closings_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON closings FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER exports_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON exports FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER export_files_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON export_files FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER exported_documents_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON exported_documents FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- What the bank told never changes (BANK-1 to BANK-5): of a file only how many lines it told first, of a line only what became
-- of it and which statement tells it. A proof is taken back whole when the match of its line is undone (BANK-9).
CREATE TRIGGER bank_files_append_only BEFORE UPDATE OF id, digest, name, kind, version, message_id, received_at, received_by OR DELETE OR TRUNCATE ON bank_files FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bank_contents_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bank_contents FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bank_statements_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bank_statements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bank_lines_append_only BEFORE UPDATE OF id, file_id, identity, entry_id, told_in, line, account, direction, amount, charge, booked_on, valued_on, name, iban, end_to_end_id, mandate, reference, transaction_reference, structured, text, code, return_reason, rejected, batch, batch_message, entry_line, entry_reference OR DELETE OR TRUNCATE ON bank_lines FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bank_first_balances_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bank_first_balances FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bank_collective_accounts_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bank_collective_accounts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bank_proofs_append_only BEFORE UPDATE OR TRUNCATE ON bank_proofs FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_change_of_issued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an issued invoice never changes: % refused', TG_OP;
END
$$;
CREATE TRIGGER invoices_issued BEFORE UPDATE ON invoices FOR EACH ROW WHEN (OLD.number IS NOT NULL AND (NEW.customer_id IS DISTINCT FROM OLD.customer_id OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.series IS DISTINCT FROM OLD.series OR NEW.card_id IS DISTINCT FROM OLD.card_id OR NEW.credits IS DISTINCT FROM OLD.credits OR NEW.net IS DISTINCT FROM OLD.net OR NEW.vat IS DISTINCT FROM OLD.vat OR NEW.gross IS DISTINCT FROM OLD.gross OR NEW.vat_totals IS DISTINCT FROM OLD.vat_totals OR NEW.number IS DISTINCT FROM OLD.number OR NEW.reference IS DISTINCT FROM OLD.reference OR NEW.issued_on IS DISTINCT FROM OLD.issued_on OR NEW.due_on IS DISTINCT FROM OLD.due_on OR NEW.supplied_on IS DISTINCT FROM OLD.supplied_on OR NEW.facts IS DISTINCT FROM OLD.facts OR NEW.created_at IS DISTINCT FROM OLD.created_at)) EXECUTE FUNCTION refuse_change_of_issued();
CREATE TRIGGER invoices_kept BEFORE DELETE OR TRUNCATE ON invoices FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
