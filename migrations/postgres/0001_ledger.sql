-- The whole schema: see docs/architecture.md. Storage types are the same on both databases: ids are UUID v7 as text,
-- instants are microseconds since 1970 in UTC, dates are ISO 8601 text, minutes and cents are integers. Tables whose rows
-- change with every booking leave half of each page free, so that a new version of a row stays beside the old one.

-- Values the service keeps for itself, such as the key that signs tokens.
CREATE TABLE settings (
    name TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (name)
);

-- The versions of the policy (POL-1): the text as it was given, and the day from which it holds.
CREATE TABLE policies (
    version BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    effective_from TEXT COLLATE "C" NOT NULL,
    applied_at BIGINT NOT NULL,
    PRIMARY KEY (version)
);

-- Incidents and maintenance, of which the availability of a month is made (SLA-8). Append-only: a record that was wrong is
-- replaced by another one, at most once.
CREATE TABLE incidents (
    id TEXT COLLATE "C" NOT NULL,
    product TEXT COLLATE "C" NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    cause TEXT COLLATE "C" NOT NULL,
    announced_at BIGINT,
    note TEXT COLLATE "C",
    replaces TEXT COLLATE "C",
    recorded_at BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C",
    caller TEXT COLLATE "C",
    "key" TEXT COLLATE "C",
    request TEXT COLLATE "C",
    PRIMARY KEY (id),
    UNIQUE (replaces),
    UNIQUE (caller, "key"),
    FOREIGN KEY (replaces) REFERENCES incidents (id),
    CHECK (ended_at > started_at),
    CHECK (cause IN ('outage', 'planned_maintenance', 'urgent_maintenance', 'force_majeure', 'misuse', 'customer_side', 'supplier', 'mistake'))
);

-- The next free number of each series; locked after customers (PAY-1).
CREATE TABLE counters (
    name TEXT COLLATE "C" NOT NULL,
    next BIGINT NOT NULL,
    PRIMARY KEY (name),
    CHECK (next >= 1)
) WITH (fillfactor = 50);

-- Logins. A login without a role belongs to a customer's contact. Its address is proved by an administrator, or by mail; until then
-- somebody of the provider can take it over (A4): the login then has lost it, and stays for what it did.
CREATE TABLE users (
    id TEXT COLLATE "C" NOT NULL,
    email TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C",
    password TEXT COLLATE "C",
    link_by TEXT COLLATE "C",
    link_at BIGINT,
    created_at BIGINT NOT NULL,
    disabled_at BIGINT,
    proved_by TEXT COLLATE "C",
    proved_at BIGINT,
    lost_at BIGINT,
    seen_at BIGINT,
    PRIMARY KEY (id),
    CHECK (role IN ('admin', 'finance', 'agent')),
    CHECK (proved_by IN ('administrator', 'mail')),
    CHECK ((proved_by IS NULL) = (proved_at IS NULL)),
    CHECK (role IS NULL OR proved_at IS NOT NULL),
    CHECK (lost_at IS NULL OR (role IS NULL AND proved_at IS NULL AND disabled_at IS NOT NULL))
);

-- A signed-in browser: the digest of its cookie, never the cookie.
CREATE TABLE sessions (
    digest TEXT COLLATE "C" NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (digest),
    FOREIGN KEY (user_id) REFERENCES users (id)
);

-- Browsers in which an account has signed in with its password or a link, by the digest of their cookie: attempts from elsewhere do
-- not lock them out. They open nothing.
CREATE TABLE devices (
    digest TEXT COLLATE "C" NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (digest, user_id),
    FOREIGN KEY (user_id) REFERENCES users (id)
);

-- API tokens by their jti, each with the digest of the secret in it, so that who reads this cannot make one; a revoked one is
-- refused. Those that `keeps` outlive a new password.
CREATE TABLE tokens (
    jti TEXT COLLATE "C" NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    keeps BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    PRIMARY KEY (jti),
    FOREIGN KEY (user_id) REFERENCES users (id)
);

-- A customer, its running totals and the head of its chain.
CREATE TABLE customers (
    id TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    email TEXT COLLATE "C" NOT NULL,
    identity TEXT COLLATE "C" NOT NULL,
    locale TEXT COLLATE "C" NOT NULL,
    monthly_amount BIGINT,
    billing TEXT COLLATE "C",
    credit BIGINT NOT NULL,
    paused_on TEXT COLLATE "C",
    arranged_until TEXT COLLATE "C",
    contract_start TEXT COLLATE "C" NOT NULL,
    contract_end TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    head TEXT COLLATE "C" NOT NULL,
    last_recorded_at BIGINT NOT NULL,
    available BIGINT NOT NULL,
    held BIGINT NOT NULL,
    used BIGINT NOT NULL,
    expired BIGINT NOT NULL,
    frozen BIGINT NOT NULL,
    refunded BIGINT NOT NULL,
    converted BIGINT NOT NULL,
    uncovered BIGINT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (number),
    UNIQUE (identity),
    CHECK (locale IN ('nl', 'en')),
    CHECK (contract_end >= contract_start),
    CHECK (seq >= 0),
    CHECK (available >= 0 AND held >= 0 AND used >= 0 AND expired >= 0 AND frozen >= 0 AND refunded >= 0 AND converted >= 0 AND uncovered >= 0)
) WITH (fillfactor = 50);

-- Ends of contracts and their undoing; the one recorded last holds, and stands on the customer. Append-only.
CREATE TABLE contract_ends (
    id TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL,
    last_day TEXT COLLATE "C",
    recorded_at BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C",
    PRIMARY KEY (id),
    FOREIGN KEY (customer_id) REFERENCES customers (id)
);

-- Fair use (FAIR-2, FAIR-3), kept in the commit of each booking; all minutes in hundredths. What each customer used by day.
CREATE TABLE fair_use_days (
    customer_id TEXT COLLATE "C" NOT NULL,
    day TEXT COLLATE "C" NOT NULL,
    counted BIGINT NOT NULL,
    PRIMARY KEY (customer_id, day)
);

-- One row per day for all customers: contracts that begin on it and end with it, and what was used. `number` is the day as
-- days since 1970, to reckon with.
CREATE TABLE fair_use_calendar (
    day TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    joined BIGINT NOT NULL,
    ended BIGINT NOT NULL,
    counted BIGINT NOT NULL,
    PRIMARY KEY (day)
);

-- Per customer the first and last day of its contract, as days since 1970, and what it used after the floor of the window.
CREATE TABLE fair_use_customers (
    customer_id TEXT COLLATE "C" NOT NULL,
    first_day BIGINT NOT NULL,
    last_day BIGINT,
    counted BIGINT NOT NULL,
    PRIMARY KEY (customer_id)
);

-- One row: the day after which fair_use_customers counts. Locked after customers and counters, before the three above.
CREATE TABLE fair_use_window (
    id BIGINT NOT NULL,
    floor TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    CHECK (id = 1)
);

-- Conversations about fair use and what they came to (FAIR-6). Append-only.
CREATE TABLE fair_use_conversations (
    id TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL,
    outcome TEXT COLLATE "C",
    starts_on TEXT COLLATE "C" NOT NULL,
    note TEXT COLLATE "C" NOT NULL,
    recorded_at BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C",
    PRIMARY KEY (id),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    CHECK (outcome IN ('card', 'proposal', 'leave'))
);

-- The persons of a customer (SPEND-1). Revoked ones stay, with the moment of revocation.
CREATE TABLE contacts (
    id TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    email TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    ceiling BIGINT,
    valid_from TEXT COLLATE "C",
    valid_until TEXT COLLATE "C",
    asked_by TEXT COLLATE "C",
    asked_via TEXT COLLATE "C",
    added_by TEXT COLLATE "C",
    added_at BIGINT NOT NULL,
    removed_at BIGINT,
    removed_by TEXT COLLATE "C",
    PRIMARY KEY (id),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    CHECK (role IN ('owner', 'spender', 'viewer')),
    CHECK (ceiling > 0)
);

-- The installations of a customer, such as websites: what a card is bought for and a ticket is about (CARD-8).
CREATE TABLE installations (
    id TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    added_at BIGINT NOT NULL,
    added_by TEXT COLLATE "C",
    removed_at BIGINT,
    removed_by TEXT COLLATE "C",
    PRIMARY KEY (id),
    FOREIGN KEY (customer_id) REFERENCES customers (id)
);

-- An owner's consent that cards are ordered again when they are used up, and its withdrawal (CARD-9).
CREATE TABLE consents (
    id TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL,
    contact_id TEXT COLLATE "C" NOT NULL,
    given_at BIGINT NOT NULL,
    given_by TEXT COLLATE "C",
    link_by TEXT COLLATE "C",
    link_on TEXT COLLATE "C",
    withdrawn_at BIGINT,
    withdrawn_by TEXT COLLATE "C",
    PRIMARY KEY (id),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    FOREIGN KEY (contact_id) REFERENCES contacts (id)
);

-- Which login is which contact: made when an invitation is accepted.
CREATE TABLE contact_logins (
    contact_id TEXT COLLATE "C" NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (contact_id),
    FOREIGN KEY (contact_id) REFERENCES contacts (id),
    FOREIGN KEY (user_id) REFERENCES users (id)
);

-- Links that are valid once: a first administrator, a contact's login, a new password.
CREATE TABLE invitations (
    digest TEXT COLLATE "C" NOT NULL,
    purpose TEXT COLLATE "C" NOT NULL,
    email TEXT COLLATE "C",
    name TEXT COLLATE "C",
    user_id TEXT COLLATE "C",
    contact_id TEXT COLLATE "C",
    role TEXT COLLATE "C",
    created_by TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    ended_at BIGINT,
    PRIMARY KEY (digest),
    CHECK (purpose IN ('first_admin', 'staff', 'contact', 'reset'))
);

-- Invoices and credit notes (PAY-1, PAY-6). A draft has no number. What was issued never changes, but for what settles it;
-- lines, VAT per rate and what is printed besides are JSON.
CREATE TABLE invoices (
    id TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    series TEXT COLLATE "C" NOT NULL,
    card_id TEXT COLLATE "C",
    credits TEXT COLLATE "C",
    lines TEXT COLLATE "C" NOT NULL,
    vat_totals TEXT COLLATE "C" NOT NULL,
    net BIGINT NOT NULL,
    vat BIGINT NOT NULL,
    gross BIGINT NOT NULL,
    waits_for TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT COLLATE "C",
    number TEXT COLLATE "C",
    reference TEXT COLLATE "C",
    issued_on TEXT COLLATE "C",
    due_on TEXT COLLATE "C",
    supplied_on TEXT COLLATE "C",
    facts TEXT COLLATE "C",
    paid BIGINT NOT NULL,
    credited BIGINT NOT NULL,
    reversed BIGINT NOT NULL,
    reminders BIGINT NOT NULL,
    reminded_on TEXT COLLATE "C",
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
);

-- Money that came in. `reversed` is what of it came undone (PAY-2), `costs` what banks kept of it (BANK-7); what came in
-- elsewhere is paid out to the bank once (BANK-6). A payment whose line was undone counts nowhere (BANK-9).
CREATE TABLE payments (
    id TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL,
    amount BIGINT NOT NULL,
    paid_on TEXT COLLATE "C" NOT NULL,
    method TEXT COLLATE "C" NOT NULL,
    note TEXT COLLATE "C",
    bank_line_id TEXT COLLATE "C",
    collection_id TEXT COLLATE "C",
    reversed BIGINT NOT NULL,
    costs BIGINT NOT NULL,
    ended_pause TEXT COLLATE "C",
    paid_out BIGINT NOT NULL,
    paid_out_on TEXT COLLATE "C",
    paid_out_line TEXT COLLATE "C",
    undone BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C",
    transaction_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    CHECK (amount > 0 AND reversed BETWEEN 0 AND amount AND costs BETWEEN 0 AND amount AND paid_out >= 0),
    CHECK (undone IN (0, 1) AND (undone = 0 OR reversed = 0)),
    CHECK (method IN ('bank', 'direct_debit', 'other'))
);

-- A card and its counters: kept in the commit that books the movements, and never out of balance (CARD-6).
CREATE TABLE cards (
    id TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL,
    product TEXT COLLATE "C" NOT NULL,
    origin TEXT COLLATE "C" NOT NULL,
    minutes BIGINT NOT NULL,
    granted BIGINT NOT NULL,
    price BIGINT NOT NULL,
    vat BIGINT NOT NULL,
    ordered_on TEXT COLLATE "C" NOT NULL,
    activated_at BIGINT,
    activated_on TEXT COLLATE "C",
    expires_on TEXT COLLATE "C",
    late_days BIGINT NOT NULL,
    invoice_id TEXT COLLATE "C",
    invoiced_on TEXT COLLATE "C",
    installation_id TEXT COLLATE "C",
    work TEXT COLLATE "C" NOT NULL,
    converts_on TEXT COLLATE "C",
    converted_from TEXT COLLATE "C",
    credit BIGINT NOT NULL,
    frozen_on TEXT COLLATE "C",
    credited_from TEXT COLLATE "C",
    cancelled_on TEXT COLLATE "C",
    available BIGINT NOT NULL,
    held BIGINT NOT NULL,
    used BIGINT NOT NULL,
    expired BIGINT NOT NULL,
    frozen BIGINT NOT NULL,
    refunded BIGINT NOT NULL,
    converted BIGINT NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    FOREIGN KEY (invoice_id) REFERENCES invoices (id),
    FOREIGN KEY (installation_id) REFERENCES installations (id),
    CHECK (credit BETWEEN 0 AND price),
    CHECK (origin IN ('welcome', 'bought')),
    CHECK (minutes > 0),
    CHECK (granted = available + held + used + expired + frozen + refunded + converted),
    CHECK (available >= 0 AND held >= 0 AND used >= 0 AND expired >= 0 AND frozen >= 0 AND refunded >= 0 AND converted >= 0)
) WITH (fillfactor = 50);

-- What owners are told about their cards. Append-only.
CREATE TABLE notices (
    id TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    installation_id TEXT COLLATE "C",
    card_id TEXT COLLATE "C",
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    FOREIGN KEY (card_id) REFERENCES cards (id),
    CHECK (kind IN ('low', 'renewed', 'not_renewed', 'converted', 'credited'))
);

-- A report of a customer, where it stands and what its clocks say (SLA-1 to SLA-7). `due_at` is the largest number
-- where nothing is due, so that one index has the order of the desk.
CREATE TABLE tickets (
    id TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    description TEXT COLLATE "C" NOT NULL,
    requester_id TEXT COLLATE "C",
    kind TEXT COLLATE "C" NOT NULL,
    installation_id TEXT COLLATE "C",
    topic TEXT COLLATE "C",
    urgency TEXT COLLATE "C",
    coverage_id TEXT COLLATE "C" NOT NULL,
    cover TEXT COLLATE "C" NOT NULL,
    fair_use_weight BIGINT,
    agreed_rate BIGINT,
    channel TEXT COLLATE "C" NOT NULL,
    product TEXT COLLATE "C",
    intake TEXT COLLATE "C" NOT NULL,
    impact TEXT COLLATE "C",
    reach TEXT COLLATE "C",
    data_leak BIGINT NOT NULL,
    priority TEXT COLLATE "C",
    status TEXT COLLATE "C" NOT NULL,
    received_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT COLLATE "C",
    response_due_at BIGINT,
    resolution_due_at BIGINT,
    responded_at BIGINT,
    resolved_at BIGINT,
    pauses TEXT COLLATE "C" NOT NULL,
    response_expected_at BIGINT,
    resolution_expected_at BIGINT,
    stalled_at BIGINT,
    due_at BIGINT NOT NULL,
    charged BIGINT NOT NULL,
    correctable BIGINT NOT NULL,
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
);

-- What was said and done on a ticket. Append-only.
CREATE TABLE ticket_events (
    id TEXT COLLATE "C" NOT NULL,
    ticket_id TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    recorded_at BIGINT NOT NULL,
    actor_id TEXT COLLATE "C",
    contact_id TEXT COLLATE "C",
    text TEXT COLLATE "C",
    was TEXT COLLATE "C",
    became TEXT COLLATE "C",
    expected_at BIGINT,
    PRIMARY KEY (id),
    FOREIGN KEY (ticket_id) REFERENCES tickets (id),
    CHECK (kind IN ('acknowledged', 'message', 'note', 'status', 'priority', 'stalled', 'explained'))
);

-- The words by which a ticket is found: of its subject, its report and what else was said when it came in.
CREATE TABLE ticket_words (
    word TEXT COLLATE "C" NOT NULL,
    ticket_id TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (word, ticket_id),
    FOREIGN KEY (ticket_id) REFERENCES tickets (id)
);

-- Who pays for a ticket: each decision with its reason, the last one in force (COVER-1). Sentence, reason and offer are
-- JSON with `nl` and `en`. Append-only; a decision is replaced at most once.
CREATE TABLE coverage_decisions (
    id TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL,
    ticket_id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    topic TEXT COLLATE "C",
    asked TEXT COLLATE "C",
    urgency TEXT COLLATE "C",
    cover TEXT COLLATE "C" NOT NULL,
    sentence TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C",
    reason TEXT COLLATE "C" NOT NULL,
    offer TEXT COLLATE "C",
    fair_use_weight TEXT COLLATE "C",
    hourly_rate BIGINT,
    agreed_by TEXT COLLATE "C",
    policy_version BIGINT NOT NULL,
    decided_by TEXT COLLATE "C",
    decided_at BIGINT NOT NULL,
    replaces TEXT COLLATE "C",
    override_reason TEXT COLLATE "C",
    PRIMARY KEY (id),
    UNIQUE (replaces),
    FOREIGN KEY (ticket_id) REFERENCES tickets (id),
    FOREIGN KEY (policy_version) REFERENCES policies (version),
    CHECK (kind IN ('defect', 'question', 'third_party', 'change')),
    CHECK (cover IN ('safety', 'defect', 'included', 'add_on', 'yearly_urgent', 'fair_use', 'card', 'invoice', 'goodwill', 'uncovered'))
);

-- The add-on for urgent tickets (URG-2): the term with the highest number of its customer holds. Append-only.
CREATE TABLE urgent_add_ons (
    id TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL,
    nr BIGINT NOT NULL,
    since TEXT COLLATE "C" NOT NULL,
    until TEXT COLLATE "C",
    recorded_at BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C",
    PRIMARY KEY (id),
    UNIQUE (customer_id, nr),
    FOREIGN KEY (customer_id) REFERENCES customers (id)
);

-- Hours asked for beforehand, and what became of them (SPEND-3 to SPEND-6).
CREATE TABLE estimates (
    id TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL,
    ticket_id TEXT COLLATE "C" NOT NULL,
    minutes BIGINT NOT NULL,
    description TEXT COLLATE "C" NOT NULL,
    proposed_at BIGINT NOT NULL,
    proposed_by TEXT COLLATE "C",
    answer_by TEXT COLLATE "C" NOT NULL,
    work_until TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    answered_by TEXT COLLATE "C",
    answered_at BIGINT,
    answered_via TEXT COLLATE "C",
    answer_note TEXT COLLATE "C",
    recorded_by TEXT COLLATE "C",
    link_by TEXT COLLATE "C",
    link_on TEXT COLLATE "C",
    closed_at BIGINT,
    held BIGINT NOT NULL,
    used BIGINT NOT NULL,
    correctable BIGINT NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    FOREIGN KEY (ticket_id) REFERENCES tickets (id),
    CHECK (minutes > 0),
    CHECK (status IN ('proposed', 'accepted', 'declined', 'lapsed', 'closed')),
    CHECK (held >= 0 AND used >= 0 AND correctable >= 0)
) WITH (fillfactor = 50);

-- What an estimate still holds of each card.
CREATE TABLE holds (
    estimate_id TEXT COLLATE "C" NOT NULL,
    card_id TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL,
    minutes BIGINT NOT NULL,
    frozen BIGINT NOT NULL,
    PRIMARY KEY (estimate_id, card_id),
    FOREIGN KEY (estimate_id) REFERENCES estimates (id),
    FOREIGN KEY (card_id) REFERENCES cards (id),
    CHECK (minutes >= 0 AND frozen >= 0)
) WITH (fillfactor = 50);

-- The ledger: one booking each, gapless per customer, each with the hash of the one before. Append-only.
CREATE TABLE transactions (
    customer_id TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    policy_version BIGINT NOT NULL,
    worked_on TEXT COLLATE "C",
    booked_on TEXT COLLATE "C" NOT NULL,
    recorded_at BIGINT NOT NULL,
    actor_id TEXT COLLATE "C",
    link_by TEXT COLLATE "C",
    link_on TEXT COLLATE "C",
    reverses TEXT COLLATE "C",
    time_entry_id TEXT COLLATE "C",
    ticket_id TEXT COLLATE "C",
    worked BIGINT,
    bank_line_id TEXT COLLATE "C",
    note_digest TEXT COLLATE "C",
    prev_hash TEXT COLLATE "C" NOT NULL,
    hash TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (customer_id, seq),
    UNIQUE (id),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    FOREIGN KEY (policy_version) REFERENCES policies (version),
    CHECK (kind IN ('welcome', 'activation', 'acceptance', 'release', 'time', 'reversal', 'cover', 'goodwill', 'invoiced', 'repricing', 'expiry', 'conversion', 'invoice', 'credit_note', 'payment', 'payment_reversal', 'set_off', 'repayment', 'costs', 'payout', 'unmatch', 'freeze', 'thaw')),
    CHECK (seq >= 1)
);

-- The truth: minutes of one card from one account to another, with the totals after it. Append-only.
CREATE TABLE movements (
    customer_id TEXT COLLATE "C" NOT NULL,
    recorded_at BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    line BIGINT NOT NULL,
    card_id TEXT COLLATE "C",
    estimate_id TEXT COLLATE "C",
    from_account TEXT COLLATE "C" NOT NULL,
    to_account TEXT COLLATE "C" NOT NULL,
    minutes BIGINT NOT NULL,
    basis TEXT COLLATE "C",
    available BIGINT NOT NULL,
    held BIGINT NOT NULL,
    used BIGINT NOT NULL,
    expired BIGINT NOT NULL,
    frozen BIGINT NOT NULL,
    refunded BIGINT NOT NULL,
    converted BIGINT NOT NULL,
    uncovered BIGINT NOT NULL,
    card_available BIGINT NOT NULL,
    card_held BIGINT NOT NULL,
    card_used BIGINT NOT NULL,
    card_expired BIGINT NOT NULL,
    card_frozen BIGINT NOT NULL,
    card_refunded BIGINT NOT NULL,
    card_converted BIGINT NOT NULL,
    PRIMARY KEY (customer_id, recorded_at, seq, line),
    FOREIGN KEY (customer_id, seq) REFERENCES transactions (customer_id, seq),
    FOREIGN KEY (card_id) REFERENCES cards (id),
    CHECK (minutes > 0),
    CHECK (from_account <> to_account),
    CHECK (from_account IN ('issued', 'available', 'held', 'used', 'expired', 'frozen', 'refunded', 'converted', 'uncovered')),
    CHECK (to_account IN ('issued', 'available', 'held', 'used', 'expired', 'frozen', 'refunded', 'converted', 'uncovered')),
    CHECK ((card_id IS NULL) = (from_account = 'uncovered' OR to_account = 'uncovered'))
);

-- What agents worked. Facts never change; `uncovered`, `repriced` and `reversed_by` are the marks that later bookings leave.
-- `weighted` counts hundredths of a minute; `arithmetic` tells how the charge came about, and is empty where nothing is charged.
CREATE TABLE time_entries (
    id TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL,
    ticket_id TEXT COLLATE "C" NOT NULL,
    coverage_id TEXT COLLATE "C" NOT NULL,
    estimate_id TEXT COLLATE "C",
    transaction_id TEXT COLLATE "C" NOT NULL,
    agent_id TEXT COLLATE "C",
    worked BIGINT NOT NULL,
    charged BIGINT NOT NULL,
    counted BIGINT NOT NULL,
    policy_version BIGINT NOT NULL,
    weighted BIGINT NOT NULL,
    surcharged BIGINT NOT NULL,
    arithmetic TEXT COLLATE "C",
    worked_on TEXT COLLATE "C" NOT NULL,
    started_at BIGINT,
    covered_by TEXT COLLATE "C" NOT NULL,
    recorded_at BIGINT NOT NULL,
    uncovered BIGINT NOT NULL,
    repriced BIGINT NOT NULL,
    invoiced BIGINT NOT NULL,
    hourly_rate BIGINT,
    reversed_by TEXT COLLATE "C",
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
);

-- What stands of one ticket and day under one version of the policy: sums over its entries that are priced (TIME-2).
CREATE TABLE ticket_days (
    ticket_id TEXT COLLATE "C" NOT NULL,
    worked_on TEXT COLLATE "C" NOT NULL,
    policy_version BIGINT NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL,
    per TEXT COLLATE "C" NOT NULL,
    entries BIGINT NOT NULL,
    worked BIGINT NOT NULL,
    weighted BIGINT NOT NULL,
    surcharged BIGINT NOT NULL,
    charged BIGINT NOT NULL,
    PRIMARY KEY (ticket_id, worked_on, policy_version),
    FOREIGN KEY (ticket_id) REFERENCES tickets (id),
    CHECK (per IN ('entry', 'ticket_day')),
    CHECK (entries >= 0 AND worked >= 0 AND weighted >= 0 AND surcharged >= 0 AND charged >= 0)
);

-- Free text of transactions: may be erased, its salted digest stays in the chain.
CREATE TABLE notes (
    transaction_id TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL,
    salt TEXT COLLATE "C" NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (transaction_id)
);

-- Every business write that was booked: who asked what, and the keys that make a repetition harmless. Append-only.
CREATE TABLE commands (
    id TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL,
    act TEXT COLLATE "C" NOT NULL,
    actor_id TEXT COLLATE "C",
    recorded_at BIGINT NOT NULL,
    caller TEXT COLLATE "C",
    "key" TEXT COLLATE "C",
    request TEXT COLLATE "C",
    subject TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id)
);

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

-- The ledger is append-only, and the database says so itself.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP;
END
$$;

CREATE TRIGGER transactions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON transactions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER movements_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON movements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER notices_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON notices FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ticket_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ticket_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER coverage_decisions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON coverage_decisions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER urgent_add_ons_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON urgent_add_ons FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER commands_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON commands FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER contract_ends_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON contract_ends FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER fair_use_conversations_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON fair_use_conversations FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER incidents_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON incidents FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

INSERT INTO counters (name, next) VALUES ('customer', 1), ('ticket', 1);
INSERT INTO fair_use_window (id, floor) VALUES (1, '1970-01-01');
-- The key that signs API tokens: random, made here, so that tokens survive restarts without a setting.
INSERT INTO settings (name, value)
VALUES ('token_key', encode(sha256((gen_random_uuid()::text || gen_random_uuid()::text || gen_random_uuid()::text)::bytea), 'hex'));
