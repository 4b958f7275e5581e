-- The money ledger and what goes with it. Storage types as in 0001.

-- The money side of transactions: debit is positive, and each transaction sums to zero (PAY-7). Append-only.
CREATE TABLE postings (
    customer_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    line INTEGER NOT NULL,
    account TEXT NOT NULL,
    amount INTEGER NOT NULL,
    booked_on TEXT NOT NULL,
    card_id TEXT,
    invoice_id TEXT,
    PRIMARY KEY (customer_id, seq, line),
    FOREIGN KEY (customer_id, seq) REFERENCES transactions (customer_id, seq),
    FOREIGN KEY (card_id) REFERENCES cards (id),
    FOREIGN KEY (invoice_id) REFERENCES invoices (id),
    CHECK (amount <> 0),
    CHECK (account IN ('receivable', 'bank', 'other_money', 'in_transit', 'customer_credit', 'deferred', 'vat', 'card_revenue', 'breakage', 'hours_revenue', 'fee_revenue', 'fee_outside', 'bank_charges'))
) STRICT, WITHOUT ROWID;

-- What was posted on each account by day, kept in the commit that posts: a balance of any day without the postings.
CREATE TABLE account_days (
    account TEXT NOT NULL,
    day TEXT NOT NULL,
    debit INTEGER NOT NULL,
    credit INTEGER NOT NULL,
    PRIMARY KEY (account, day),
    CHECK (debit >= 0 AND credit >= 0)
) STRICT, WITHOUT ROWID;

-- The transactions that moved money, and the export that took them to the bookkeeper. Only that mark changes.
CREATE TABLE journal_entries (
    customer_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    booked_on TEXT NOT NULL,
    export INTEGER,
    PRIMARY KEY (customer_id, seq),
    FOREIGN KEY (customer_id, seq) REFERENCES transactions (customer_id, seq)
) STRICT, WITHOUT ROWID;

-- Money that we gave back (PAY-5). Append-only.
CREATE TABLE repayments (
    id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    amount INTEGER NOT NULL,
    paid_on TEXT NOT NULL,
    note TEXT,
    bank_line_id TEXT,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT,
    transaction_id TEXT NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    CHECK (amount > 0)
) STRICT;

-- What banks and providers of payments kept or gave back beside payments (BANK-6). Append-only.
CREATE TABLE bank_costs (
    id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    amount INTEGER NOT NULL,
    valued_on TEXT NOT NULL,
    bank_line_id TEXT,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT,
    transaction_id TEXT NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    CHECK (amount <> 0)
) STRICT;

-- What a line of the bank had booked and was undone, each once (BANK-9). Append-only.
CREATE TABLE unmatched (
    id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    command_id TEXT NOT NULL,
    bank_line_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    amount INTEGER NOT NULL,
    transaction_id TEXT,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT,
    PRIMARY KEY (id),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    CHECK (kind IN ('payment', 'reversal', 'refusal', 'repayment', 'costs', 'payout'))
) STRICT;

-- Which time entries are on which documents (TIME-7). Append-only.
CREATE TABLE invoiced_entries (
    time_entry_id TEXT NOT NULL,
    invoice_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    PRIMARY KEY (time_entry_id, invoice_id),
    FOREIGN KEY (time_entry_id) REFERENCES time_entries (id),
    FOREIGN KEY (invoice_id) REFERENCES invoices (id)
) STRICT, WITHOUT ROWID;

-- A customer's leave to collect from an account.
CREATE TABLE mandates (
    id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    reference TEXT NOT NULL,
    scheme TEXT NOT NULL,
    signed_on TEXT NOT NULL,
    debtor_name TEXT NOT NULL,
    iban TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT,
    last_used_on TEXT,
    ended_at INTEGER,
    ended_because TEXT,
    amends TEXT,
    PRIMARY KEY (id),
    UNIQUE (amends),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    FOREIGN KEY (amends) REFERENCES mandates (id),
    CHECK (scheme IN ('core', 'b2b'))
) STRICT;

-- One attempt each to collect an invoice (PAY-2).
CREATE TABLE collections (
    id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    invoice_id TEXT NOT NULL,
    mandate_id TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    end_to_end_id TEXT NOT NULL,
    amount INTEGER NOT NULL,
    asked_on TEXT NOT NULL,
    collect_on TEXT NOT NULL,
    sequence TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT,
    batch INTEGER,
    settled_on TEXT,
    payment_id TEXT,
    reversal_id TEXT,
    cancelled_at INTEGER,
    cancelled_by TEXT,
    cancelled_because TEXT,
    PRIMARY KEY (id),
    UNIQUE (end_to_end_id),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    FOREIGN KEY (invoice_id) REFERENCES invoices (id),
    FOREIGN KEY (mandate_id) REFERENCES mandates (id),
    CHECK (amount > 0 AND collect_on >= asked_on),
    CHECK ((cancelled_at IS NULL) = (cancelled_because IS NULL)),
    CHECK (cancelled_at IS NULL OR batch IS NULL),
    CHECK (sequence IN ('first', 'recurring', 'final', 'one_off'))
) STRICT;

-- Payments that came undone, and collections that were refused (PAY-2). `bank_line_id` told that our account was debited, and
-- `refused_line` that it was refused; a reversal that was itself undone counts nowhere (BANK-9).
CREATE TABLE reversals (
    id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    payment_id TEXT,
    collection_id TEXT,
    amount INTEGER NOT NULL,
    code TEXT NOT NULL,
    valued_on TEXT NOT NULL,
    rejected INTEGER NOT NULL,
    charge INTEGER NOT NULL,
    counted INTEGER,
    counted_because TEXT,
    fee_invoice_id TEXT,
    fee_freed INTEGER NOT NULL,
    waived_because TEXT,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT,
    bank_line_id TEXT,
    money_back INTEGER NOT NULL,
    by_hand INTEGER NOT NULL,
    hand_charge INTEGER NOT NULL,
    refused_line TEXT,
    refused_code TEXT,
    refused_on TEXT,
    ended_mandate TEXT,
    undone INTEGER NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    FOREIGN KEY (payment_id) REFERENCES payments (id),
    FOREIGN KEY (collection_id) REFERENCES collections (id),
    FOREIGN KEY (fee_invoice_id) REFERENCES invoices (id),
    CHECK (amount > 0 AND charge >= 0 AND hand_charge >= 0 AND fee_freed >= 0),
    CHECK (rejected IN (0, 1) AND counted IN (0, 1) AND money_back IN (0, 1) AND by_hand IN (0, 1) AND undone IN (0, 1)),
    CHECK (undone = 0 OR (money_back = 0 AND charge = 0 AND counted = 0))
) STRICT;

-- Amounts set against invoices: money, credit, credit notes; negative where money came undone. Append-only.
CREATE TABLE allocations (
    id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    invoice_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    payment_id TEXT,
    credit_note_id TEXT,
    reversal_id TEXT,
    amount INTEGER NOT NULL,
    open_after INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    transaction_id TEXT NOT NULL,
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
) STRICT;

-- Pauses, arrangements and reactivations (PAY-4). Append-only.
CREATE TABLE arrears_events (
    id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    overdue INTEGER NOT NULL,
    until TEXT,
    asked_via TEXT,
    factor TEXT,
    invoice_id TEXT,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT,
    PRIMARY KEY (id),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    FOREIGN KEY (invoice_id) REFERENCES invoices (id),
    CHECK (kind IN ('paused', 'resumed', 'arranged', 'arrangement_ended', 'reactivated'))
) STRICT;

-- Files of the bank, each once. Append-only, but for the number of lines.
CREATE TABLE bank_files (
    id TEXT NOT NULL,
    digest TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    version TEXT NOT NULL,
    message_id TEXT NOT NULL,
    lines INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    received_by TEXT,
    PRIMARY KEY (id),
    UNIQUE (digest),
    CHECK (kind IN ('camt.052', 'camt.053', 'camt.054', 'pain.002'))
) STRICT;

-- The bytes of files of the bank as they came, compressed (gzip), in parts of base 64, so that they can be read again.
-- Append-only.
CREATE TABLE bank_contents (
    file_id TEXT NOT NULL,
    part INTEGER NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (file_id, part),
    FOREIGN KEY (file_id) REFERENCES bank_files (id)
) STRICT;

-- Statements and notices about our accounts, page by page (BANK-1). Append-only.
CREATE TABLE bank_statements (
    id TEXT NOT NULL,
    file_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    account TEXT NOT NULL,
    told_id TEXT NOT NULL,
    page INTEGER,
    last_page INTEGER,
    sequence INTEGER,
    made_at TEXT,
    from_day TEXT NOT NULL,
    to_day TEXT NOT NULL,
    first_day TEXT NOT NULL,
    last_day TEXT NOT NULL,
    opening INTEGER,
    closing INTEGER,
    entries INTEGER NOT NULL,
    credits INTEGER NOT NULL,
    debits INTEGER NOT NULL,
    contents TEXT NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (file_id) REFERENCES bank_files (id),
    CHECK (kind IN ('statement', 'notice')),
    CHECK (from_day <= to_day AND first_day <= from_day AND to_day <= last_day)
) STRICT;

-- What the bank told, line by line. What tells a movement that is known is kept as well, in state 'again': only what became
-- of a line changes, and which statement tells it (BANK-2, BANK-3).
CREATE TABLE bank_lines (
    id TEXT NOT NULL,
    file_id TEXT NOT NULL,
    identity TEXT,
    entry_id TEXT NOT NULL,
    movement_id TEXT NOT NULL,
    told_in TEXT,
    announced_in TEXT,
    stated_in TEXT,
    stated_on TEXT,
    line INTEGER NOT NULL,
    account TEXT NOT NULL,
    direction TEXT NOT NULL,
    amount INTEGER NOT NULL,
    charge INTEGER NOT NULL,
    booked_on TEXT NOT NULL,
    valued_on TEXT NOT NULL,
    name TEXT,
    iban TEXT,
    end_to_end_id TEXT,
    mandate TEXT,
    reference TEXT,
    transaction_reference TEXT,
    structured TEXT,
    text TEXT,
    code TEXT,
    return_reason TEXT,
    rejected INTEGER NOT NULL,
    batch TEXT,
    batch_message TEXT,
    entry_line INTEGER NOT NULL,
    entry_reference TEXT,
    state TEXT NOT NULL,
    why TEXT,
    customer_id TEXT,
    payment_id TEXT,
    collection_id TEXT,
    decided_at INTEGER,
    decided_by TEXT,
    proof TEXT,
    divided INTEGER NOT NULL,
    undone INTEGER NOT NULL,
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
) STRICT;

-- What our accounts stood at before the first day that is reconciled (BANK-4), each once. Append-only.
CREATE TABLE bank_first_balances (
    account TEXT NOT NULL,
    day TEXT NOT NULL,
    amount INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT,
    PRIMARY KEY (account)
) STRICT;

-- Accounts of others by which many pay: boards, providers of payments (BANK-5). Everything that was said of one is kept; the
-- last thing counts. Append-only.
CREATE TABLE bank_collective_accounts (
    iban TEXT NOT NULL,
    nr INTEGER NOT NULL,
    kind TEXT NOT NULL,
    note TEXT NOT NULL,
    marked INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT,
    PRIMARY KEY (iban, nr),
    CHECK (nr > 0 AND marked IN (0, 1)),
    CHECK (kind IN ('provider', 'board', 'clearing', 'other'))
) STRICT;

-- Payments that finance recorded, and the line by which the bank proved them later: nothing is booked for such a line.
CREATE TABLE bank_proofs (
    line_id TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    PRIMARY KEY (line_id),
    UNIQUE (payment_id),
    FOREIGN KEY (line_id) REFERENCES bank_lines (id),
    FOREIGN KEY (payment_id) REFERENCES payments (id)
) STRICT;

-- Files that were handed out, numbered without gaps; the bytes are kept, so that each is the same whenever it is asked for.
-- Append-only.
CREATE TABLE exports (
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    provisional INTEGER NOT NULL,
    from_day TEXT,
    to_day TEXT,
    items INTEGER NOT NULL,
    file_name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    digest TEXT NOT NULL,
    size INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    made_by TEXT,
    left_out TEXT NOT NULL,
    caller TEXT,
    "key" TEXT,
    request TEXT,
    PRIMARY KEY (number),
    UNIQUE (caller, "key"),
    CHECK (provisional IN (0, 1))
) STRICT;

-- Their bytes, in base 64. Append-only.
CREATE TABLE export_files (
    number INTEGER NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (number),
    FOREIGN KEY (number) REFERENCES exports (number)
) STRICT;

-- Which documents are in which export, each once per kind. Append-only.
CREATE TABLE exported_documents (
    kind TEXT NOT NULL,
    invoice_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (kind, invoice_id),
    FOREIGN KEY (invoice_id) REFERENCES invoices (id),
    FOREIGN KEY (number) REFERENCES exports (number)
) STRICT, WITHOUT ROWID;

-- Months that were closed and opened again (TIME-6), with what was still open then, as JSON. Append-only.
CREATE TABLE closings (
    id TEXT NOT NULL,
    month TEXT NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT,
    findings TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT,
    PRIMARY KEY (id),
    CHECK (kind IN ('closed', 'reopened'))
) STRICT;

-- One row: the last day of the last closed month. Read under a shared lock by every booking, changed by a closing.
CREATE TABLE closed_books (
    id INTEGER NOT NULL,
    through TEXT,
    PRIMARY KEY (id),
    CHECK (id = 1)
) STRICT;

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
CREATE TRIGGER postings_no_update BEFORE UPDATE ON postings BEGIN SELECT RAISE(ABORT, 'postings is append-only: UPDATE refused'); END;
CREATE TRIGGER postings_no_delete BEFORE DELETE ON postings BEGIN SELECT RAISE(ABORT, 'postings is append-only: DELETE refused'); END;
CREATE TRIGGER postings_no_replace BEFORE INSERT ON postings WHEN EXISTS (SELECT 1 FROM postings WHERE customer_id = NEW.customer_id AND seq = NEW.seq AND line = NEW.line)
BEGIN SELECT RAISE(ABORT, 'postings is append-only: REPLACE refused'); END;
CREATE TRIGGER allocations_no_update BEFORE UPDATE ON allocations BEGIN SELECT RAISE(ABORT, 'allocations is append-only: UPDATE refused'); END;
CREATE TRIGGER allocations_no_delete BEFORE DELETE ON allocations BEGIN SELECT RAISE(ABORT, 'allocations is append-only: DELETE refused'); END;
CREATE TRIGGER allocations_no_replace BEFORE INSERT ON allocations WHEN EXISTS (SELECT 1 FROM allocations WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'allocations is append-only: REPLACE refused'); END;
CREATE TRIGGER repayments_no_update BEFORE UPDATE ON repayments BEGIN SELECT RAISE(ABORT, 'repayments is append-only: UPDATE refused'); END;
CREATE TRIGGER repayments_no_delete BEFORE DELETE ON repayments BEGIN SELECT RAISE(ABORT, 'repayments is append-only: DELETE refused'); END;
CREATE TRIGGER repayments_no_replace BEFORE INSERT ON repayments WHEN EXISTS (SELECT 1 FROM repayments WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'repayments is append-only: REPLACE refused'); END;
CREATE TRIGGER bank_costs_no_update BEFORE UPDATE ON bank_costs BEGIN SELECT RAISE(ABORT, 'bank_costs is append-only: UPDATE refused'); END;
CREATE TRIGGER bank_costs_no_delete BEFORE DELETE ON bank_costs BEGIN SELECT RAISE(ABORT, 'bank_costs is append-only: DELETE refused'); END;
CREATE TRIGGER bank_costs_no_replace BEFORE INSERT ON bank_costs WHEN EXISTS (SELECT 1 FROM bank_costs WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'bank_costs is append-only: REPLACE refused'); END;
CREATE TRIGGER unmatched_no_update BEFORE UPDATE ON unmatched BEGIN SELECT RAISE(ABORT, 'unmatched is append-only: UPDATE refused'); END;
CREATE TRIGGER unmatched_no_delete BEFORE DELETE ON unmatched BEGIN SELECT RAISE(ABORT, 'unmatched is append-only: DELETE refused'); END;
CREATE TRIGGER unmatched_no_replace BEFORE INSERT ON unmatched WHEN EXISTS (SELECT 1 FROM unmatched WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'unmatched is append-only: REPLACE refused'); END;
CREATE TRIGGER arrears_events_no_update BEFORE UPDATE ON arrears_events BEGIN SELECT RAISE(ABORT, 'arrears_events is append-only: UPDATE refused'); END;
CREATE TRIGGER arrears_events_no_delete BEFORE DELETE ON arrears_events BEGIN SELECT RAISE(ABORT, 'arrears_events is append-only: DELETE refused'); END;
CREATE TRIGGER arrears_events_no_replace BEFORE INSERT ON arrears_events WHEN EXISTS (SELECT 1 FROM arrears_events WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'arrears_events is append-only: REPLACE refused'); END;
CREATE TRIGGER closings_no_update BEFORE UPDATE ON closings BEGIN SELECT RAISE(ABORT, 'closings is append-only: UPDATE refused'); END;
CREATE TRIGGER closings_no_delete BEFORE DELETE ON closings BEGIN SELECT RAISE(ABORT, 'closings is append-only: DELETE refused'); END;
CREATE TRIGGER closings_no_replace BEFORE INSERT ON closings WHEN EXISTS (SELECT 1 FROM closings WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'closings is append-only: REPLACE refused'); END;
CREATE TRIGGER exports_no_update BEFORE UPDATE ON exports BEGIN SELECT RAISE(ABORT, 'exports is append-only: UPDATE refused'); END;
CREATE TRIGGER exports_no_delete BEFORE DELETE ON exports BEGIN SELECT RAISE(ABORT, 'exports is append-only: DELETE refused'); END;
CREATE TRIGGER exports_no_replace BEFORE INSERT ON exports WHEN EXISTS (SELECT 1 FROM exports WHERE number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'exports is append-only: REPLACE refused'); END;
CREATE TRIGGER export_files_no_update BEFORE UPDATE ON export_files BEGIN SELECT RAISE(ABORT, 'export_files is append-only: UPDATE refused'); END;
CREATE TRIGGER export_files_no_delete BEFORE DELETE ON export_files BEGIN SELECT RAISE(ABORT, 'export_files is append-only: DELETE refused'); END;
CREATE TRIGGER export_files_no_replace BEFORE INSERT ON export_files WHEN EXISTS (SELECT 1 FROM export_files WHERE number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'export_files is append-only: REPLACE refused'); END;
CREATE TRIGGER exported_documents_no_update BEFORE UPDATE ON exported_documents BEGIN SELECT RAISE(ABORT, 'exported_documents is append-only: UPDATE refused'); END;
CREATE TRIGGER exported_documents_no_delete BEFORE DELETE ON exported_documents BEGIN SELECT RAISE(ABORT, 'exported_documents is append-only: DELETE refused'); END;
CREATE TRIGGER exported_documents_no_replace BEFORE INSERT ON exported_documents WHEN EXISTS (SELECT 1 FROM exported_documents WHERE kind = NEW.kind AND invoice_id = NEW.invoice_id)
BEGIN SELECT RAISE(ABORT, 'exported_documents is append-only: REPLACE refused'); END;
-- What the bank told never changes (BANK-1 to BANK-5): of a file only how many lines it told first, of a line only what became
-- of it and which statement tells it. A proof is taken back whole when the match of its line is undone (BANK-9).
CREATE TRIGGER bank_files_no_update BEFORE UPDATE OF id, digest, name, kind, version, message_id, received_at, received_by ON bank_files BEGIN SELECT RAISE(ABORT, 'bank_files is append-only: UPDATE refused'); END;
CREATE TRIGGER bank_files_no_delete BEFORE DELETE ON bank_files BEGIN SELECT RAISE(ABORT, 'bank_files is append-only: DELETE refused'); END;
CREATE TRIGGER bank_files_no_replace BEFORE INSERT ON bank_files WHEN EXISTS (SELECT 1 FROM bank_files WHERE id = NEW.id OR digest = NEW.digest)
BEGIN SELECT RAISE(ABORT, 'bank_files is append-only: REPLACE refused'); END;
CREATE TRIGGER bank_contents_no_update BEFORE UPDATE ON bank_contents BEGIN SELECT RAISE(ABORT, 'bank_contents is append-only: UPDATE refused'); END;
CREATE TRIGGER bank_contents_no_delete BEFORE DELETE ON bank_contents BEGIN SELECT RAISE(ABORT, 'bank_contents is append-only: DELETE refused'); END;
CREATE TRIGGER bank_contents_no_replace BEFORE INSERT ON bank_contents WHEN EXISTS (SELECT 1 FROM bank_contents WHERE file_id = NEW.file_id AND part = NEW.part)
BEGIN SELECT RAISE(ABORT, 'bank_contents is append-only: REPLACE refused'); END;
CREATE TRIGGER bank_statements_no_update BEFORE UPDATE ON bank_statements BEGIN SELECT RAISE(ABORT, 'bank_statements is append-only: UPDATE refused'); END;
CREATE TRIGGER bank_statements_no_delete BEFORE DELETE ON bank_statements BEGIN SELECT RAISE(ABORT, 'bank_statements is append-only: DELETE refused'); END;
CREATE TRIGGER bank_statements_no_replace BEFORE INSERT ON bank_statements WHEN EXISTS (SELECT 1 FROM bank_statements WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'bank_statements is append-only: REPLACE refused'); END;
CREATE TRIGGER bank_lines_no_update BEFORE UPDATE OF id, file_id, identity, entry_id, told_in, line, account, direction, amount, charge, booked_on, valued_on, name, iban, end_to_end_id, mandate, reference, transaction_reference, structured, text, code, return_reason, rejected, batch, batch_message, entry_line, entry_reference ON bank_lines BEGIN SELECT RAISE(ABORT, 'bank_lines is append-only: UPDATE refused'); END;
CREATE TRIGGER bank_lines_no_delete BEFORE DELETE ON bank_lines BEGIN SELECT RAISE(ABORT, 'bank_lines is append-only: DELETE refused'); END;
CREATE TRIGGER bank_lines_no_replace BEFORE INSERT ON bank_lines WHEN EXISTS (SELECT 1 FROM bank_lines WHERE id = NEW.id OR identity = NEW.identity)
BEGIN SELECT RAISE(ABORT, 'bank_lines is append-only: REPLACE refused'); END;
CREATE TRIGGER bank_first_balances_no_update BEFORE UPDATE ON bank_first_balances BEGIN SELECT RAISE(ABORT, 'bank_first_balances is append-only: UPDATE refused'); END;
CREATE TRIGGER bank_first_balances_no_delete BEFORE DELETE ON bank_first_balances BEGIN SELECT RAISE(ABORT, 'bank_first_balances is append-only: DELETE refused'); END;
CREATE TRIGGER bank_first_balances_no_replace BEFORE INSERT ON bank_first_balances WHEN EXISTS (SELECT 1 FROM bank_first_balances WHERE account = NEW.account)
BEGIN SELECT RAISE(ABORT, 'bank_first_balances is append-only: REPLACE refused'); END;
CREATE TRIGGER bank_collective_accounts_no_update BEFORE UPDATE ON bank_collective_accounts BEGIN SELECT RAISE(ABORT, 'bank_collective_accounts is append-only: UPDATE refused'); END;
CREATE TRIGGER bank_collective_accounts_no_delete BEFORE DELETE ON bank_collective_accounts BEGIN SELECT RAISE(ABORT, 'bank_collective_accounts is append-only: DELETE refused'); END;
CREATE TRIGGER bank_collective_accounts_no_replace BEFORE INSERT ON bank_collective_accounts WHEN EXISTS (SELECT 1 FROM bank_collective_accounts WHERE iban = NEW.iban AND nr = NEW.nr)
BEGIN SELECT RAISE(ABORT, 'bank_collective_accounts is append-only: REPLACE refused'); END;
CREATE TRIGGER bank_proofs_no_update BEFORE UPDATE ON bank_proofs BEGIN SELECT RAISE(ABORT, 'bank_proofs is append-only: UPDATE refused'); END;
CREATE TRIGGER bank_proofs_no_replace BEFORE INSERT ON bank_proofs WHEN EXISTS (SELECT 1 FROM bank_proofs WHERE line_id = NEW.line_id OR payment_id = NEW.payment_id)
BEGIN SELECT RAISE(ABORT, 'bank_proofs is append-only: REPLACE refused'); END;
CREATE TRIGGER invoices_issued BEFORE UPDATE ON invoices WHEN OLD.number IS NOT NULL AND (NEW.customer_id IS NOT OLD.customer_id OR NEW.kind IS NOT OLD.kind OR NEW.series IS NOT OLD.series OR NEW.card_id IS NOT OLD.card_id OR NEW.credits IS NOT OLD.credits OR NEW.net IS NOT OLD.net OR NEW.vat IS NOT OLD.vat OR NEW.gross IS NOT OLD.gross OR NEW.vat_totals IS NOT OLD.vat_totals OR NEW.number IS NOT OLD.number OR NEW.reference IS NOT OLD.reference OR NEW.issued_on IS NOT OLD.issued_on OR NEW.due_on IS NOT OLD.due_on OR NEW.supplied_on IS NOT OLD.supplied_on OR NEW.facts IS NOT OLD.facts OR NEW.created_at IS NOT OLD.created_at)
BEGIN SELECT RAISE(ABORT, 'an issued invoice never changes: UPDATE refused'); END;
CREATE TRIGGER invoices_no_delete BEFORE DELETE ON invoices BEGIN SELECT RAISE(ABORT, 'invoices are kept: DELETE refused'); END;
