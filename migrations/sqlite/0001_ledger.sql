-- The whole schema: see docs/architecture.md. Storage types are the same on both databases: ids are UUID v7 as text,
-- instants are microseconds since 1970 in UTC, dates are ISO 8601 text, minutes and cents are integers.

-- Values the service keeps for itself, such as the key that signs tokens.
CREATE TABLE settings (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (name)
) STRICT, WITHOUT ROWID;

-- The versions of the policy (POL-1): the text as it was given, and the day from which it holds.
CREATE TABLE policies (
    version INTEGER NOT NULL,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    text TEXT NOT NULL,
    effective_from TEXT NOT NULL,
    applied_at INTEGER NOT NULL,
    PRIMARY KEY (version)
) STRICT;

-- Incidents and maintenance, of which the availability of a month is made (SLA-8). Append-only: a record that was wrong is
-- replaced by another one, at most once.
CREATE TABLE incidents (
    id TEXT NOT NULL,
    product TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    cause TEXT NOT NULL,
    announced_at INTEGER,
    note TEXT,
    replaces TEXT,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT,
    caller TEXT,
    "key" TEXT,
    request TEXT,
    PRIMARY KEY (id),
    UNIQUE (replaces),
    UNIQUE (caller, "key"),
    FOREIGN KEY (replaces) REFERENCES incidents (id),
    CHECK (ended_at > started_at),
    CHECK (cause IN ('outage', 'planned_maintenance', 'urgent_maintenance', 'force_majeure', 'misuse', 'customer_side', 'supplier', 'mistake'))
) STRICT;

-- The next free number of each series; locked after customers (PAY-1).
CREATE TABLE counters (
    name TEXT NOT NULL,
    next INTEGER NOT NULL,
    PRIMARY KEY (name),
    CHECK (next >= 1)
) STRICT, WITHOUT ROWID;

-- Logins. A login without a role belongs to a customer's contact. Its address is proved by an administrator, or by mail; until then
-- somebody of the provider can take it over (A4): the login then has lost it, and stays for what it did.
CREATE TABLE users (
    id TEXT NOT NULL,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT,
    password TEXT,
    link_by TEXT,
    link_at INTEGER,
    created_at INTEGER NOT NULL,
    disabled_at INTEGER,
    proved_by TEXT,
    proved_at INTEGER,
    lost_at INTEGER,
    seen_at INTEGER,
    PRIMARY KEY (id),
    CHECK (role IN ('admin', 'finance', 'agent')),
    CHECK (proved_by IN ('administrator', 'mail')),
    CHECK ((proved_by IS NULL) = (proved_at IS NULL)),
    CHECK (role IS NULL OR proved_at IS NOT NULL),
    CHECK (lost_at IS NULL OR (role IS NULL AND proved_at IS NULL AND disabled_at IS NOT NULL))
) STRICT;

-- A signed-in browser: the digest of its cookie, never the cookie.
CREATE TABLE sessions (
    digest TEXT NOT NULL,
    user_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (digest),
    FOREIGN KEY (user_id) REFERENCES users (id)
) STRICT;

-- Browsers in which an account has signed in with its password or a link, by the digest of their cookie: attempts from elsewhere do
-- not lock them out. They open nothing.
CREATE TABLE devices (
    digest TEXT NOT NULL,
    user_id TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (digest, user_id),
    FOREIGN KEY (user_id) REFERENCES users (id)
) STRICT, WITHOUT ROWID;

-- API tokens by their jti, each with the digest of the secret in it, so that who reads this cannot make one; a revoked one is
-- refused. Those that `keeps` outlive a new password.
CREATE TABLE tokens (
    jti TEXT NOT NULL,
    user_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    keeps INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER,
    PRIMARY KEY (jti),
    FOREIGN KEY (user_id) REFERENCES users (id)
) STRICT;

-- A customer, its running totals and the head of its chain.
CREATE TABLE customers (
    id TEXT NOT NULL,
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    identity TEXT NOT NULL,
    locale TEXT NOT NULL,
    monthly_amount INTEGER,
    billing TEXT,
    credit INTEGER NOT NULL,
    paused_on TEXT,
    arranged_until TEXT,
    contract_start TEXT NOT NULL,
    contract_end TEXT,
    created_at INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    head TEXT NOT NULL,
    last_recorded_at INTEGER NOT NULL,
    available INTEGER NOT NULL,
    held INTEGER NOT NULL,
    used INTEGER NOT NULL,
    expired INTEGER NOT NULL,
    frozen INTEGER NOT NULL,
    refunded INTEGER NOT NULL,
    converted INTEGER NOT NULL,
    uncovered INTEGER NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (number),
    UNIQUE (identity),
    CHECK (locale IN ('nl', 'en')),
    CHECK (contract_end >= contract_start),
    CHECK (seq >= 0),
    CHECK (available >= 0 AND held >= 0 AND used >= 0 AND expired >= 0 AND frozen >= 0 AND refunded >= 0 AND converted >= 0 AND uncovered >= 0)
) STRICT;

-- Ends of contracts and their undoing; the one recorded last holds, and stands on the customer. Append-only.
CREATE TABLE contract_ends (
    id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    last_day TEXT,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT,
    PRIMARY KEY (id),
    FOREIGN KEY (customer_id) REFERENCES customers (id)
) STRICT;

-- Fair use (FAIR-2, FAIR-3), kept in the commit of each booking; all minutes in hundredths. What each customer used by day.
CREATE TABLE fair_use_days (
    customer_id TEXT NOT NULL,
    day TEXT NOT NULL,
    counted INTEGER NOT NULL,
    PRIMARY KEY (customer_id, day)
) STRICT, WITHOUT ROWID;

-- One row per day for all customers: contracts that begin on it and end with it, and what was used. `number` is the day as
-- days since 1970, to reckon with.
CREATE TABLE fair_use_calendar (
    day TEXT NOT NULL,
    number INTEGER NOT NULL,
    joined INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    counted INTEGER NOT NULL,
    PRIMARY KEY (day)
) STRICT, WITHOUT ROWID;

-- Per customer the first and last day of its contract, as days since 1970, and what it used after the floor of the window.
CREATE TABLE fair_use_customers (
    customer_id TEXT NOT NULL,
    first_day INTEGER NOT NULL,
    last_day INTEGER,
    counted INTEGER NOT NULL,
    PRIMARY KEY (customer_id)
) STRICT, WITHOUT ROWID;

-- One row: the day after which fair_use_customers counts. Locked after customers and counters, before the three above.
CREATE TABLE fair_use_window (
    id INTEGER NOT NULL,
    floor TEXT NOT NULL,
    PRIMARY KEY (id),
    CHECK (id = 1)
) STRICT;

-- Conversations about fair use and what they came to (FAIR-6). Append-only.
CREATE TABLE fair_use_conversations (
    id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    outcome TEXT,
    starts_on TEXT NOT NULL,
    note TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT,
    PRIMARY KEY (id),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    CHECK (outcome IN ('card', 'proposal', 'leave'))
) STRICT;

-- The persons of a customer (SPEND-1). Revoked ones stay, with the moment of revocation.
CREATE TABLE contacts (
    id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    role TEXT NOT NULL,
    ceiling INTEGER,
    valid_from TEXT,
    valid_until TEXT,
    asked_by TEXT,
    asked_via TEXT,
    added_by TEXT,
    added_at INTEGER NOT NULL,
    removed_at INTEGER,
    removed_by TEXT,
    PRIMARY KEY (id),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    CHECK (role IN ('owner', 'spender', 'viewer')),
    CHECK (ceiling > 0)
) STRICT;

-- The installations of a customer, such as websites: what a card is bought for and a ticket is about (CARD-8).
CREATE TABLE installations (
    id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    name TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    added_by TEXT,
    removed_at INTEGER,
    removed_by TEXT,
    PRIMARY KEY (id),
    FOREIGN KEY (customer_id) REFERENCES customers (id)
) STRICT;

-- An owner's consent that cards are ordered again when they are used up, and its withdrawal (CARD-9).
CREATE TABLE consents (
    id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    given_at INTEGER NOT NULL,
    given_by TEXT,
    link_by TEXT,
    link_on TEXT,
    withdrawn_at INTEGER,
    withdrawn_by TEXT,
    PRIMARY KEY (id),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    FOREIGN KEY (contact_id) REFERENCES contacts (id)
) STRICT;

-- Which login is which contact: made when an invitation is accepted.
CREATE TABLE contact_logins (
    contact_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (contact_id),
    FOREIGN KEY (contact_id) REFERENCES contacts (id),
    FOREIGN KEY (user_id) REFERENCES users (id)
) STRICT, WITHOUT ROWID;

-- Links that are valid once: a first administrator, a contact's login, a new password.
CREATE TABLE invitations (
    digest TEXT NOT NULL,
    purpose TEXT NOT NULL,
    email TEXT,
    name TEXT,
    user_id TEXT,
    contact_id TEXT,
    role TEXT,
    created_by TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    ended_at INTEGER,
    PRIMARY KEY (digest),
    CHECK (purpose IN ('first_admin', 'staff', 'contact', 'reset'))
) STRICT;

-- Invoices and credit notes (PAY-1, PAY-6). A draft has no number. What was issued never changes, but for what settles it;
-- lines, VAT per rate and what is printed besides are JSON.
CREATE TABLE invoices (
    id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    series TEXT NOT NULL,
    card_id TEXT,
    credits TEXT,
    lines TEXT NOT NULL,
    vat_totals TEXT NOT NULL,
    net INTEGER NOT NULL,
    vat INTEGER NOT NULL,
    gross INTEGER NOT NULL,
    waits_for TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT,
    number TEXT,
    reference TEXT,
    issued_on TEXT,
    due_on TEXT,
    supplied_on TEXT,
    facts TEXT,
    paid INTEGER NOT NULL,
    credited INTEGER NOT NULL,
    reversed INTEGER NOT NULL,
    reminders INTEGER NOT NULL,
    reminded_on TEXT,
    PRIMARY KEY (id),
    UNIQUE (number),
    UNIQUE (reference),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    FOREIGN KEY (credits) REFERENCES invoices (id),
    CHECK (kind IN ('invoice', 'credit_note')),
    CHECK (series IN ('invoice', 'credit_note', 'fee')),
    CHECK (gross = net + vat),
    CHECK (paid >= 0 AND credited >= 0 AND paid + credited <= gross AND reversed >= 0),
    CHECK ((kind = 'credit_note') = (credits IS NOT NULL)),
    CHECK ((number IS NULL) = (facts IS NULL) AND (number IS NULL) = (issued_on IS NULL))
) STRICT;

-- Money that came in. `reversed` is what of it came undone (PAY-2), `costs` what banks kept of it (BANK-7); what came in
-- elsewhere is paid out to the bank once (BANK-6). A payment whose line was undone counts nowhere (BANK-9).
CREATE TABLE payments (
    id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    amount INTEGER NOT NULL,
    paid_on TEXT NOT NULL,
    method TEXT NOT NULL,
    note TEXT,
    bank_line_id TEXT,
    collection_id TEXT,
    reversed INTEGER NOT NULL,
    costs INTEGER NOT NULL,
    ended_pause TEXT,
    paid_out INTEGER NOT NULL,
    paid_out_on TEXT,
    paid_out_line TEXT,
    undone INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT,
    transaction_id TEXT NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    CHECK (amount > 0 AND reversed BETWEEN 0 AND amount AND costs BETWEEN 0 AND amount AND paid_out >= 0),
    CHECK (undone IN (0, 1) AND (undone = 0 OR reversed = 0)),
    CHECK (method IN ('bank', 'direct_debit', 'other'))
) STRICT;

-- A card and its counters: kept in the commit that books the movements, and never out of balance (CARD-6).
CREATE TABLE cards (
    id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    product TEXT NOT NULL,
    origin TEXT NOT NULL,
    minutes INTEGER NOT NULL,
    granted INTEGER NOT NULL,
    price INTEGER NOT NULL,
    vat INTEGER NOT NULL,
    ordered_on TEXT NOT NULL,
    activated_at INTEGER,
    activated_on TEXT,
    expires_on TEXT,
    late_days INTEGER NOT NULL,
    invoice_id TEXT,
    invoiced_on TEXT,
    installation_id TEXT,
    work TEXT NOT NULL,
    converts_on TEXT,
    converted_from TEXT,
    credit INTEGER NOT NULL,
    frozen_on TEXT,
    credited_from TEXT,
    cancelled_on TEXT,
    available INTEGER NOT NULL,
    held INTEGER NOT NULL,
    used INTEGER NOT NULL,
    expired INTEGER NOT NULL,
    frozen INTEGER NOT NULL,
    refunded INTEGER NOT NULL,
    converted INTEGER NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    FOREIGN KEY (invoice_id) REFERENCES invoices (id),
    FOREIGN KEY (installation_id) REFERENCES installations (id),
    CHECK (credit BETWEEN 0 AND price),
    CHECK (origin IN ('welcome', 'bought')),
    CHECK (minutes > 0),
    CHECK (granted = available + held + used + expired + frozen + refunded + converted),
    CHECK (available >= 0 AND held >= 0 AND used >= 0 AND expired >= 0 AND frozen >= 0 AND refunded >= 0 AND converted >= 0)
) STRICT;

-- What owners are told about their cards. Append-only.
CREATE TABLE notices (
    id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    installation_id TEXT,
    card_id TEXT,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    FOREIGN KEY (card_id) REFERENCES cards (id),
    CHECK (kind IN ('low', 'renewed', 'not_renewed', 'converted', 'credited'))
) STRICT;

-- A report of a customer, where it stands and what its clocks say (SLA-1 to SLA-7). `due_at` is the largest number
-- where nothing is due, so that one index has the order of the desk.
CREATE TABLE tickets (
    id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    subject TEXT NOT NULL,
    description TEXT NOT NULL,
    requester_id TEXT,
    kind TEXT NOT NULL,
    installation_id TEXT,
    topic TEXT,
    urgency TEXT,
    coverage_id TEXT NOT NULL,
    cover TEXT NOT NULL,
    fair_use_weight INTEGER,
    agreed_rate INTEGER,
    channel TEXT NOT NULL,
    product TEXT,
    intake TEXT NOT NULL,
    impact TEXT,
    reach TEXT,
    data_leak INTEGER NOT NULL,
    priority TEXT,
    status TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT,
    response_due_at INTEGER,
    resolution_due_at INTEGER,
    responded_at INTEGER,
    resolved_at INTEGER,
    pauses TEXT NOT NULL,
    response_expected_at INTEGER,
    resolution_expected_at INTEGER,
    stalled_at INTEGER,
    due_at INTEGER NOT NULL,
    charged INTEGER NOT NULL,
    correctable INTEGER NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (number),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    FOREIGN KEY (requester_id) REFERENCES contacts (id),
    FOREIGN KEY (installation_id) REFERENCES installations (id),
    CHECK (kind IN ('defect', 'question', 'third_party', 'change')),
    CHECK (cover IN ('safety', 'defect', 'included', 'add_on', 'yearly_urgent', 'fair_use', 'card', 'invoice', 'goodwill', 'uncovered')),
    CHECK (channel IN ('portal', 'mail', 'chat', 'phone', 'voice_message', 'in_person')),
    CHECK (status IN ('new', 'waiting_for_customer', 'in_progress', 'resolved', 'closed')),
    CHECK (data_leak IN (0, 1)),
    CHECK (received_at <= created_at),
    CHECK (charged >= 0 AND correctable >= 0)
) STRICT;

-- What was said and done on a ticket. Append-only.
CREATE TABLE ticket_events (
    id TEXT NOT NULL,
    ticket_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    actor_id TEXT,
    contact_id TEXT,
    text TEXT,
    was TEXT,
    became TEXT,
    expected_at INTEGER,
    PRIMARY KEY (id),
    FOREIGN KEY (ticket_id) REFERENCES tickets (id),
    CHECK (kind IN ('acknowledged', 'message', 'note', 'status', 'priority', 'stalled', 'explained'))
) STRICT;

-- The words by which a ticket is found: of its subject, its report and what else was said when it came in.
CREATE TABLE ticket_words (
    word TEXT NOT NULL,
    ticket_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    PRIMARY KEY (word, ticket_id),
    FOREIGN KEY (ticket_id) REFERENCES tickets (id)
) STRICT, WITHOUT ROWID;

-- Who pays for a ticket: each decision with its reason, the last one in force (COVER-1). Sentence, reason and offer are
-- JSON with `nl` and `en`. Append-only; a decision is replaced at most once.
CREATE TABLE coverage_decisions (
    id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    ticket_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    topic TEXT,
    asked TEXT,
    urgency TEXT,
    cover TEXT NOT NULL,
    sentence TEXT NOT NULL,
    source TEXT,
    reason TEXT NOT NULL,
    offer TEXT,
    fair_use_weight TEXT,
    hourly_rate INTEGER,
    agreed_by TEXT,
    policy_version INTEGER NOT NULL,
    decided_by TEXT,
    decided_at INTEGER NOT NULL,
    replaces TEXT,
    override_reason TEXT,
    PRIMARY KEY (id),
    UNIQUE (replaces),
    FOREIGN KEY (ticket_id) REFERENCES tickets (id),
    FOREIGN KEY (policy_version) REFERENCES policies (version),
    CHECK (kind IN ('defect', 'question', 'third_party', 'change')),
    CHECK (cover IN ('safety', 'defect', 'included', 'add_on', 'yearly_urgent', 'fair_use', 'card', 'invoice', 'goodwill', 'uncovered'))
) STRICT;

-- The add-on for urgent tickets (URG-2): the term with the highest number of its customer holds. Append-only.
CREATE TABLE urgent_add_ons (
    id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    nr INTEGER NOT NULL,
    since TEXT NOT NULL,
    until TEXT,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT,
    PRIMARY KEY (id),
    UNIQUE (customer_id, nr),
    FOREIGN KEY (customer_id) REFERENCES customers (id)
) STRICT;

-- Hours asked for beforehand, and what became of them (SPEND-3 to SPEND-6).
CREATE TABLE estimates (
    id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    ticket_id TEXT NOT NULL,
    minutes INTEGER NOT NULL,
    description TEXT NOT NULL,
    proposed_at INTEGER NOT NULL,
    proposed_by TEXT,
    answer_by TEXT NOT NULL,
    work_until TEXT NOT NULL,
    status TEXT NOT NULL,
    answered_by TEXT,
    answered_at INTEGER,
    answered_via TEXT,
    answer_note TEXT,
    recorded_by TEXT,
    link_by TEXT,
    link_on TEXT,
    closed_at INTEGER,
    held INTEGER NOT NULL,
    used INTEGER NOT NULL,
    correctable INTEGER NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    FOREIGN KEY (ticket_id) REFERENCES tickets (id),
    CHECK (minutes > 0),
    CHECK (status IN ('proposed', 'accepted', 'declined', 'lapsed', 'closed')),
    CHECK (held >= 0 AND used >= 0 AND correctable >= 0)
) STRICT;

-- What an estimate still holds of each card.
CREATE TABLE holds (
    estimate_id TEXT NOT NULL,
    card_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    minutes INTEGER NOT NULL,
    frozen INTEGER NOT NULL,
    PRIMARY KEY (estimate_id, card_id),
    FOREIGN KEY (estimate_id) REFERENCES estimates (id),
    FOREIGN KEY (card_id) REFERENCES cards (id),
    CHECK (minutes >= 0 AND frozen >= 0)
) STRICT, WITHOUT ROWID;

-- The ledger: one booking each, gapless per customer, each with the hash of the one before. Append-only.
CREATE TABLE transactions (
    customer_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    policy_version INTEGER NOT NULL,
    worked_on TEXT,
    booked_on TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    actor_id TEXT,
    link_by TEXT,
    link_on TEXT,
    reverses TEXT,
    time_entry_id TEXT,
    ticket_id TEXT,
    worked INTEGER,
    bank_line_id TEXT,
    note_digest TEXT,
    prev_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (customer_id, seq),
    UNIQUE (id),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    FOREIGN KEY (policy_version) REFERENCES policies (version),
    CHECK (kind IN ('welcome', 'activation', 'acceptance', 'release', 'time', 'reversal', 'cover', 'goodwill', 'invoiced', 'repricing', 'expiry', 'conversion', 'invoice', 'credit_note', 'payment', 'payment_reversal', 'set_off', 'repayment', 'costs', 'payout', 'unmatch', 'freeze', 'thaw')),
    CHECK (seq >= 1)
) STRICT;

-- The truth: minutes of one card from one account to another, with the totals after it. Append-only.
CREATE TABLE movements (
    customer_id TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    line INTEGER NOT NULL,
    card_id TEXT,
    estimate_id TEXT,
    from_account TEXT NOT NULL,
    to_account TEXT NOT NULL,
    minutes INTEGER NOT NULL,
    basis TEXT,
    available INTEGER NOT NULL,
    held INTEGER NOT NULL,
    used INTEGER NOT NULL,
    expired INTEGER NOT NULL,
    frozen INTEGER NOT NULL,
    refunded INTEGER NOT NULL,
    converted INTEGER NOT NULL,
    uncovered INTEGER NOT NULL,
    card_available INTEGER NOT NULL,
    card_held INTEGER NOT NULL,
    card_used INTEGER NOT NULL,
    card_expired INTEGER NOT NULL,
    card_frozen INTEGER NOT NULL,
    card_refunded INTEGER NOT NULL,
    card_converted INTEGER NOT NULL,
    PRIMARY KEY (customer_id, recorded_at, seq, line),
    FOREIGN KEY (customer_id, seq) REFERENCES transactions (customer_id, seq),
    FOREIGN KEY (card_id) REFERENCES cards (id),
    CHECK (minutes > 0),
    CHECK (from_account <> to_account),
    CHECK (from_account IN ('issued', 'available', 'held', 'used', 'expired', 'frozen', 'refunded', 'converted', 'uncovered')),
    CHECK (to_account IN ('issued', 'available', 'held', 'used', 'expired', 'frozen', 'refunded', 'converted', 'uncovered')),
    CHECK ((card_id IS NULL) = (from_account = 'uncovered' OR to_account = 'uncovered'))
) STRICT, WITHOUT ROWID;

-- What agents worked. Facts never change; `uncovered`, `repriced` and `reversed_by` are the marks that later bookings leave.
-- `weighted` counts hundredths of a minute; `arithmetic` tells how the charge came about, and is empty where nothing is charged.
CREATE TABLE time_entries (
    id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    ticket_id TEXT NOT NULL,
    coverage_id TEXT NOT NULL,
    estimate_id TEXT,
    transaction_id TEXT NOT NULL,
    agent_id TEXT,
    worked INTEGER NOT NULL,
    charged INTEGER NOT NULL,
    counted INTEGER NOT NULL,
    policy_version INTEGER NOT NULL,
    weighted INTEGER NOT NULL,
    surcharged INTEGER NOT NULL,
    arithmetic TEXT,
    worked_on TEXT NOT NULL,
    started_at INTEGER,
    covered_by TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    uncovered INTEGER NOT NULL,
    repriced INTEGER NOT NULL,
    invoiced INTEGER NOT NULL,
    hourly_rate INTEGER,
    reversed_by TEXT,
    PRIMARY KEY (id),
    FOREIGN KEY (ticket_id) REFERENCES tickets (id),
    CHECK (worked BETWEEN 1 AND 1440),
    CHECK (charged >= 0),
    CHECK (counted >= 0),
    CHECK (weighted >= 0 AND surcharged BETWEEN 0 AND charged),
    CHECK (uncovered BETWEEN 0 AND charged + repriced),
    CHECK (invoiced BETWEEN 0 AND charged + repriced),
    CHECK (invoiced = 0 OR hourly_rate IS NOT NULL),
    CHECK (covered_by IN ('safety', 'defect', 'included', 'add_on', 'yearly_urgent', 'fair_use', 'card', 'invoice', 'goodwill', 'free', 'uncovered'))
) STRICT;

-- What stands of one ticket and day under one version of the policy: sums over its entries that are priced (TIME-2).
CREATE TABLE ticket_days (
    ticket_id TEXT NOT NULL,
    worked_on TEXT NOT NULL,
    policy_version INTEGER NOT NULL,
    customer_id TEXT NOT NULL,
    per TEXT NOT NULL,
    entries INTEGER NOT NULL,
    worked INTEGER NOT NULL,
    weighted INTEGER NOT NULL,
    surcharged INTEGER NOT NULL,
    charged INTEGER NOT NULL,
    PRIMARY KEY (ticket_id, worked_on, policy_version),
    FOREIGN KEY (ticket_id) REFERENCES tickets (id),
    CHECK (per IN ('entry', 'ticket_day')),
    CHECK (entries >= 0 AND worked >= 0 AND weighted >= 0 AND surcharged >= 0 AND charged >= 0)
) STRICT, WITHOUT ROWID;

-- Free text of transactions: may be erased, its salted digest stays in the chain.
CREATE TABLE notes (
    transaction_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    salt TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (transaction_id)
) STRICT, WITHOUT ROWID;

-- Every business write that was booked: who asked what, and the keys that make a repetition harmless. Append-only.
CREATE TABLE commands (
    id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    act TEXT NOT NULL,
    actor_id TEXT,
    recorded_at INTEGER NOT NULL,
    caller TEXT,
    "key" TEXT,
    request TEXT,
    subject TEXT NOT NULL,
    PRIMARY KEY (id)
) STRICT;

CREATE INDEX contacts_of ON contacts (customer_id);
CREATE INDEX contacts_ending ON contacts (valid_until) WHERE role = 'owner' AND removed_at IS NULL AND valid_until IS NOT NULL;
CREATE INDEX installations_of ON installations (customer_id);
CREATE INDEX consents_of ON consents (customer_id) WHERE withdrawn_at IS NULL;
CREATE INDEX notices_of ON notices (customer_id, recorded_at);
CREATE INDEX contact_logins_of ON contact_logins (user_id);
CREATE UNIQUE INDEX users_of_address ON users (email) WHERE lost_at IS NULL;
CREATE INDEX users_by_name ON users (name, id);
CREATE INDEX sessions_of ON sessions (user_id);
CREATE INDEX devices_of ON devices (user_id);
CREATE INDEX incidents_until ON incidents (COALESCE(ended_at, 9223372036854775807));
CREATE INDEX incidents_since ON incidents (started_at, id);
CREATE INDEX invoices_of ON invoices (customer_id, number);
CREATE INDEX invoices_open ON invoices (number) WHERE number IS NOT NULL AND paid + credited < gross;
CREATE INDEX invoices_unsettled ON invoices (customer_id) WHERE number IS NULL OR paid + credited < gross;
CREATE INDEX cards_of ON cards (customer_id);
CREATE INDEX cards_by_invoice ON cards (invoice_id) WHERE invoice_id IS NOT NULL;
CREATE INDEX cards_expiring ON cards (expires_on) WHERE expires_on IS NOT NULL;
CREATE INDEX cards_converting ON cards (converts_on) WHERE converts_on IS NOT NULL;
CREATE INDEX tickets_of ON tickets (customer_id, number);
CREATE INDEX tickets_due ON tickets (due_at, number) WHERE status IN ('new', 'waiting_for_customer', 'in_progress');
CREATE INDEX tickets_stalled ON tickets (stalled_at) WHERE stalled_at IS NOT NULL;
CREATE INDEX ticket_events_of ON ticket_events (ticket_id, recorded_at);
CREATE INDEX ticket_words_of ON ticket_words (customer_id, word);
CREATE INDEX tickets_urgent ON tickets (customer_id, created_at) WHERE cover = 'yearly_urgent';
CREATE INDEX coverage_decisions_of ON coverage_decisions (ticket_id, id);
CREATE INDEX estimates_of ON estimates (customer_id, status);
CREATE INDEX estimates_for ON estimates (ticket_id);
CREATE INDEX estimates_unanswered ON estimates (answer_by) WHERE status = 'proposed';
CREATE INDEX estimates_running ON estimates (work_until) WHERE status = 'accepted';
CREATE INDEX holds_of ON holds (customer_id) WHERE minutes > 0 OR frozen > 0;
CREATE INDEX movements_of_card ON movements (card_id, recorded_at, seq, line);
CREATE INDEX time_entries_counted ON time_entries (customer_id, worked_on, id) WHERE counted > 0;
CREATE INDEX fair_use_days_on ON fair_use_days (day);
CREATE INDEX fair_use_conversations_of ON fair_use_conversations (customer_id, id);
CREATE INDEX contract_ends_of ON contract_ends (customer_id);
CREATE INDEX time_entries_under ON time_entries (coverage_id);
CREATE INDEX time_entries_invoiced ON time_entries (customer_id, id) WHERE invoiced > 0;
CREATE INDEX time_entries_of ON time_entries (ticket_id, recorded_at);
CREATE INDEX time_entries_on ON time_entries (ticket_id, worked_on) WHERE reversed_by IS NULL;
CREATE UNIQUE INDEX transactions_reversed ON transactions (reverses) WHERE reverses IS NOT NULL;
CREATE UNIQUE INDEX commands_under ON commands (caller, "key") WHERE "key" IS NOT NULL;
CREATE INDEX transactions_of_line ON transactions (bank_line_id) WHERE bank_line_id IS NOT NULL;
CREATE INDEX transactions_about ON transactions (time_entry_id) WHERE time_entry_id IS NOT NULL;
CREATE INDEX time_entries_uncovered ON time_entries (customer_id) WHERE uncovered > 0;

-- The ledger is append-only, and the database says so itself. REPLACE is caught before it deletes, on any connection.
CREATE TRIGGER transactions_no_update BEFORE UPDATE ON transactions BEGIN SELECT RAISE(ABORT, 'transactions is append-only: UPDATE refused'); END;
CREATE TRIGGER transactions_no_delete BEFORE DELETE ON transactions BEGIN SELECT RAISE(ABORT, 'transactions is append-only: DELETE refused'); END;
CREATE TRIGGER transactions_no_replace BEFORE INSERT ON transactions WHEN EXISTS (SELECT 1 FROM transactions WHERE id = NEW.id OR (customer_id = NEW.customer_id AND seq = NEW.seq) OR reverses = NEW.reverses)
BEGIN SELECT RAISE(ABORT, 'transactions is append-only: REPLACE refused'); END;
CREATE TRIGGER movements_no_update BEFORE UPDATE ON movements BEGIN SELECT RAISE(ABORT, 'movements is append-only: UPDATE refused'); END;
CREATE TRIGGER movements_no_delete BEFORE DELETE ON movements BEGIN SELECT RAISE(ABORT, 'movements is append-only: DELETE refused'); END;
CREATE TRIGGER movements_no_replace BEFORE INSERT ON movements WHEN EXISTS (SELECT 1 FROM movements WHERE customer_id = NEW.customer_id AND recorded_at = NEW.recorded_at AND seq = NEW.seq AND line = NEW.line)
BEGIN SELECT RAISE(ABORT, 'movements is append-only: REPLACE refused'); END;
CREATE TRIGGER notices_no_update BEFORE UPDATE ON notices BEGIN SELECT RAISE(ABORT, 'notices is append-only: UPDATE refused'); END;
CREATE TRIGGER notices_no_delete BEFORE DELETE ON notices BEGIN SELECT RAISE(ABORT, 'notices is append-only: DELETE refused'); END;
CREATE TRIGGER notices_no_replace BEFORE INSERT ON notices WHEN EXISTS (SELECT 1 FROM notices WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'notices is append-only: REPLACE refused'); END;
CREATE TRIGGER ticket_events_no_update BEFORE UPDATE ON ticket_events BEGIN SELECT RAISE(ABORT, 'ticket_events is append-only: UPDATE refused'); END;
CREATE TRIGGER ticket_events_no_delete BEFORE DELETE ON ticket_events BEGIN SELECT RAISE(ABORT, 'ticket_events is append-only: DELETE refused'); END;
CREATE TRIGGER ticket_events_no_replace BEFORE INSERT ON ticket_events WHEN EXISTS (SELECT 1 FROM ticket_events WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'ticket_events is append-only: REPLACE refused'); END;
CREATE TRIGGER coverage_decisions_no_update BEFORE UPDATE ON coverage_decisions BEGIN SELECT RAISE(ABORT, 'coverage_decisions is append-only: UPDATE refused'); END;
CREATE TRIGGER coverage_decisions_no_delete BEFORE DELETE ON coverage_decisions BEGIN SELECT RAISE(ABORT, 'coverage_decisions is append-only: DELETE refused'); END;
CREATE TRIGGER coverage_decisions_no_replace BEFORE INSERT ON coverage_decisions WHEN EXISTS (SELECT 1 FROM coverage_decisions WHERE id = NEW.id OR replaces = NEW.replaces)
BEGIN SELECT RAISE(ABORT, 'coverage_decisions is append-only: REPLACE refused'); END;
CREATE TRIGGER urgent_add_ons_no_update BEFORE UPDATE ON urgent_add_ons BEGIN SELECT RAISE(ABORT, 'urgent_add_ons is append-only: UPDATE refused'); END;
CREATE TRIGGER urgent_add_ons_no_delete BEFORE DELETE ON urgent_add_ons BEGIN SELECT RAISE(ABORT, 'urgent_add_ons is append-only: DELETE refused'); END;
CREATE TRIGGER urgent_add_ons_no_replace BEFORE INSERT ON urgent_add_ons WHEN EXISTS (SELECT 1 FROM urgent_add_ons WHERE id = NEW.id OR (customer_id = NEW.customer_id AND nr = NEW.nr))
BEGIN SELECT RAISE(ABORT, 'urgent_add_ons is append-only: REPLACE refused'); END;
CREATE TRIGGER commands_no_update BEFORE UPDATE ON commands BEGIN SELECT RAISE(ABORT, 'commands is append-only: UPDATE refused'); END;
CREATE TRIGGER commands_no_delete BEFORE DELETE ON commands BEGIN SELECT RAISE(ABORT, 'commands is append-only: DELETE refused'); END;
CREATE TRIGGER commands_no_replace BEFORE INSERT ON commands WHEN EXISTS (SELECT 1 FROM commands WHERE id = NEW.id OR (caller = NEW.caller AND "key" = NEW."key"))
BEGIN SELECT RAISE(ABORT, 'commands is append-only: REPLACE refused'); END;
CREATE TRIGGER contract_ends_no_update BEFORE UPDATE ON contract_ends BEGIN SELECT RAISE(ABORT, 'contract_ends is append-only: UPDATE refused'); END;
CREATE TRIGGER contract_ends_no_delete BEFORE DELETE ON contract_ends BEGIN SELECT RAISE(ABORT, 'contract_ends is append-only: DELETE refused'); END;
CREATE TRIGGER contract_ends_no_replace BEFORE INSERT ON contract_ends WHEN EXISTS (SELECT 1 FROM contract_ends WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'contract_ends is append-only: REPLACE refused'); END;
CREATE TRIGGER fair_use_conversations_no_update BEFORE UPDATE ON fair_use_conversations BEGIN SELECT RAISE(ABORT, 'fair_use_conversations is append-only: UPDATE refused'); END;
CREATE TRIGGER fair_use_conversations_no_delete BEFORE DELETE ON fair_use_conversations BEGIN SELECT RAISE(ABORT, 'fair_use_conversations is append-only: DELETE refused'); END;
CREATE TRIGGER fair_use_conversations_no_replace BEFORE INSERT ON fair_use_conversations WHEN EXISTS (SELECT 1 FROM fair_use_conversations WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'fair_use_conversations is append-only: REPLACE refused'); END;
CREATE TRIGGER incidents_no_update BEFORE UPDATE ON incidents BEGIN SELECT RAISE(ABORT, 'incidents is append-only: UPDATE refused'); END;
CREATE TRIGGER incidents_no_delete BEFORE DELETE ON incidents BEGIN SELECT RAISE(ABORT, 'incidents is append-only: DELETE refused'); END;
CREATE TRIGGER incidents_no_replace BEFORE INSERT ON incidents WHEN EXISTS (SELECT 1 FROM incidents WHERE id = NEW.id OR replaces = NEW.replaces OR (caller = NEW.caller AND "key" = NEW."key"))
BEGIN SELECT RAISE(ABORT, 'incidents is append-only: REPLACE refused'); END;

INSERT INTO counters (name, next) VALUES ('customer', 1), ('ticket', 1);
INSERT INTO fair_use_window (id, floor) VALUES (1, '1970-01-01');
-- The key that signs API tokens: random, made here, so that tokens survive restarts without a setting.
INSERT INTO settings (name, value) VALUES ('token_key', lower(hex(randomblob(32))));
