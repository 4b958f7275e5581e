//! The bank (PAY-2, PAY-5): files are looked at and booked, and what waits is given its place.

use super::division::booked_in_words;
use super::forms::{self, Form, Forms};
use super::texts::texts;
use super::words::either;
use super::{Fault, Member, Page, Refused, Submission, Values, done, encode, show, show_with};
use crate::domain::matching::{BankLine, Doubt, Hint, LineState, Outcome};
use crate::domain::reconciliation::{Equation, Explanation};
use crate::domain::{BankLineId, Cents, Doing};
use crate::exchange::bank::{BankFault, BankFaultKind, Bytes, clean_name};
use crate::service::bank::{
    AccountCheck, Assignment, BankCheck, BankImport, BankNotice, BankPreview, FileView, PreviewLine, Proposal, Queued,
    Share,
};
use crate::service::{Error, FieldError, Result};
use crate::web::App;
use crate::web::api::bank::import_whole;
use crate::web::extract::{Id, Search, cursor, position};
use crate::web::fields::Fields;
use crate::web::problem::Problem;
use crate::web::text::{self, Lang};
use crate::web::upload;
use askama::Template;
use axum::Router;
use axum::extract::multipart::{Field, Multipart};
use axum::extract::{DefaultBodyLimit, FromRequest, FromRequestParts, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, NaiveDate};
use serde::Deserialize;
use std::borrow::Borrow;

/// How many lines of the queue a page holds.
const MANY: usize = 25;
/// How many lines that were decided are listed.
const LISTED: usize = 25;
/// How many files are listed.
const FILES: usize = 12;
/// The largest file that goes along with its preview, so that it need not be chosen again.
const CARRIED: u64 = 4 * 1024 * 1024;

texts! {
    /// The pages of the bank.
    pub struct BankTexts {
        title: "Bank", "Bank";
        import: "Bestand inlezen", "Import a file";
        file: "Bestand van de bank", "File of the bank";
        file_hint: "camt.053, camt.054 of pain.002; ook ingepakt (zip); hooguit 200 MiB", "camt.053, camt.054 or pain.002; also packed (zip); at most 200 MiB";
        look: "Controleer", "Preview";
        nothing_yet: "Er wordt nog niets geboekt.", "Nothing is booked yet.";
        waiting: "Wacht op u", "Waits for you";
        waiting_in: "Waarvan ontvangen", "Of which received";
        waiting_out: "Waarvan betaald", "Of which paid out";
        queue: "Uit te zoeken", "To be sorted out";
        none_waiting: "Er is niets uit te zoeken.", "There is nothing to sort out.";
        date: "Datum", "Date";
        other_side: "Tegenpartij", "Other side";
        told: "Omschrijving", "Description";
        amount: "Bedrag", "Amount";
        what_now: "Wat is het?", "What is it?";
        numbers: "Andere facturen", "Other invoices";
        numbers_hint: "nummers, in de volgorde waarin ze betaald worden", "numbers, in the order in which they are paid";
        surplus: "wat over is, blijft tegoed van de klant", "what is left over stays as the customer's credit";
        book: "Boek", "Book";
        aside: "Zet opzij", "Set aside";
        reason: "Waarom?", "Why?";
        other: "Iets anders", "Something else";
        files: "Ingelezen bestanden", "Imported files";
        none_imported: "Er is nog geen bestand ingelezen.", "No file was imported yet.";
        name: "Naam", "Name";
        kind: "Soort", "Kind";
        lines: "Regels", "Lines";
        statement: "Afschrift", "Statement";
        opening: "Beginsaldo", "Opening";
        closing: "Eindsaldo", "Closing";
        preview: "Zo wordt het geboekt", "What would be booked";
        settled: "Incasso's ontvangen", "Collections received";
        reversed: "Storneringen", "Reversals";
        paid: "Betalingen", "Payments";
        queued: "Uit te zoeken", "To be sorted out";
        outside: "Niet voor deze boeken", "Not for these books";
        known: "Al eerder ingelezen", "Imported before";
        becomes: "Wordt", "Becomes";
        more: "Alleen de eerste 500 regels staan hier; alle regels worden geboekt.", "Only the first 500 lines are shown; all lines are booked.";
        book_all: "Boeken", "Book";
        choose_again: "Dit bestand is groot: kies het nog eens om het te boeken.", "This file is large: choose it again to book it.";
        nothing_new: "In dit bestand staat niets nieuws.", "There is nothing new in this file.";
        division: "Verdelen over facturen, incasso's en kosten", "Divide over invoices, collections and costs";
        undo: "Ongedaan maken", "Undo";
        undo_what: "Wat voor deze regel geboekt is, wordt teruggedraaid; de regel wacht daarna weer.", "What was booked for this line is taken back; then the line waits again.";
        reopen: "Weer uitzoeken", "Sort out again";
        booked_lines: "Geboekte regels", "Booked lines";
        none_booked: "Er is nog niets geboekt.", "Nothing was booked yet.";
        of_state: "Toon", "Show";
        booked: "Geboekt", "Booked";
        set_aside: "Opzij gezet", "Set aside";
        again: "Al eerder ingelezen", "Imported before";
        none_of_state: "In deze lijst staat niets.", "There is nothing in this list.";
        back: "Terug", "Back";
        import_it: "Lees het in", "Import it";
        divided: "verdeeld", "divided";
        agrees: "Sluit aan?", "Does it agree?";
        account: "Rekening", "Account";
        first: "Beginstand", "First balance";
        of_first_statement: "volgens het eerste afschrift", "by the first statement";
        recorded: "vastgelegd", "recorded";
        none_known: "onbekend", "not known";
        waits: "Wacht", "Waits";
        expected: "Berekend saldo", "Calculated balance";
        bank_says: "Bank zegt", "The bank says";
        difference: "Verschil", "Difference";
        details: "Per afschrift", "By statement";
        all_agree: "Elk afschrift sluit aan.", "Every statement agrees.";
        day: "Dag", "Day";
        explanation: "Mogelijke verklaring", "What could explain it";
        unexplained: "nog geen verklaring gevonden", "no explanation found yet";
        record_first: "Beginstand vastleggen", "Record the first balance";
        record_hint: "het saldo vóór de eerste regel van die dag; eenmalig", "the balance before the first entry of that day; once";
        record: "Vastleggen", "Record";
        books_title: "De boeken", "The books";
        posted: "Geboekt in het grootboek", "Posted in the ledger";
        booked_sum: "Geboekte bankregels", "Booked bank lines";
        announced: "Waarvan aangekondigd, nog op geen afschrift", "Of which announced, on no statement yet";
        by_hand: "Met de hand geboekt, door geen regel bewezen", "Booked by hand, proved by no line";
        collective: "Verzamelrekeningen", "Collective accounts";
        is_collective: "Dit is een verzamelrekening", "This is a collective account";
        not_stated: "Aangekondigd, maar na vijf dagen op geen afschrift", "Announced, but on no statement after five days";
    }
}

#[derive(Debug, Default, Deserialize)]
struct BankQuery {
    /// Where the queue begins.
    from: Option<String>,
    /// The line that was just decided.
    done: Option<BankLineId>,
    /// The line whose booking was just undone.
    undone: Option<BankLineId>,
    /// The state of the lines that are listed below; what is none is left out.
    state: Option<String>,
    /// Where those lines go on.
    older: Option<String>,
    /// Where the files go on.
    files: Option<String>,
}

impl BankQuery {
    fn listed(&self) -> LineState {
        self.state.as_deref().and_then(|state| state.parse().ok()).unwrap_or(LineState::Booked)
    }
}

#[derive(Template)]
#[template(path = "bank/index.html")]
struct BankPage {
    page: Page,
    t: &'static BankTexts,
    waiting: (i64, Cents, Cents),
    queue: Vec<Queued>,
    /// The cursor of this page, which its forms carry.
    from: String,
    first: Option<&'static str>,
    more: Option<String>,
    files: Vec<FileView>,
    /// Addresses of the newest files and of older ones.
    files_pages: (Option<&'static str>, Option<String>),
    check: BankCheck,
    /// The lines that are listed below, and their state.
    listed: (LineState, Vec<BankLine>),
    /// Addresses of the newest of them and of older ones.
    listed_pages: (Option<String>, Option<String>),
    forms: Forms,
    notices: Vec<String>,
    booked: Option<Booked>,
}

/// Cuts a list to a page; gives its last row where more follows.
fn cut<T>(rows: &mut Vec<T>, many: usize) -> Option<&T> {
    let more = rows.len() > many;
    rows.truncate(many);
    rows.last().filter(|_| more)
}

/// One more than a page holds, so that it shows whether more follows.
fn one_more(many: usize) -> i64 {
    i64::try_from(many + 1).unwrap_or(i64::MAX)
}

/// A page of the files, and the addresses of the newest and of older ones.
async fn files(
    app: &App,
    member: &Member,
    asked: &BankQuery,
) -> Result<(Vec<FileView>, (Option<&'static str>, Option<String>)), Fault> {
    let before = position(asked.files.as_deref())?.and_then(|place| {
        let (at, id) = place.split_once(' ')?;
        Some((DateTime::from_timestamp_micros(at.parse().ok()?)?, id.parse().ok()?))
    });
    let mut rows = app.service.bank_files(&member.caller, before, one_more(FILES)).await?;
    let older = cut(&mut rows, FILES).map(|row| {
        let place = cursor(&format!("{} {}", row.file.received_at.timestamp_micros(), row.file.id));
        format!("/finance/bank?files={place}#files")
    });
    Ok((rows, (asked.files.as_ref().map(|_| "/finance/bank#files"), older)))
}

/// A page of the lines that were decided, and the addresses of the newest and of older ones.
async fn listed(
    app: &App,
    member: &Member,
    asked: &BankQuery,
) -> Result<(Vec<BankLine>, (Option<String>, Option<String>)), Fault> {
    let state = asked.listed();
    let before = position(asked.older.as_deref())?.and_then(|place| {
        let mut parts = place.split(' ');
        let at = DateTime::from_timestamp_micros(parts.next()?.parse().ok()?)?;
        Some((at, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    });
    let mut rows = app.service.latest_lines(&member.caller, state, before, one_more(LISTED)).await?;
    let older = cut(&mut rows, LISTED).map(|line| {
        let at = line.decided_at.map_or(0, |at| at.timestamp_micros());
        let place = cursor(&format!("{at} {} {}", line.booked_on, line.id));
        format!("/finance/bank?state={state}&older={place}#decided")
    });
    let newest = asked.older.as_ref().map(|_| format!("/finance/bank?state={state}#decided"));
    Ok((rows, (newest, older)))
}

/// The line that was just booked, in words: as what, with the way back.
struct Booked {
    line: BankLineId,
    said: String,
    parts: Vec<String>,
}

impl BankPage {
    async fn read(app: &App, member: &Member, asked: &BankQuery) -> Result<Self, Fault> {
        let (service, caller) = (&app.service, &member.caller);
        let after = position(asked.from.as_deref())?;
        let after = after.and_then(|place| {
            let (day, id) = place.split_once(' ')?;
            Some((day.parse().ok()?, id.parse().ok()?))
        });
        let limit = i64::try_from(MANY + 1).unwrap_or(i64::MAX);
        let mut queue = service.bank_lines(caller, LineState::Open, after, limit).await?;
        let more = queue.len() > MANY;
        queue.truncate(MANY);
        let last = queue.last().filter(|_| more).map(|row| cursor(&format!("{} {}", row.line.booked_on, row.line.id)));
        let (files, files_pages) = files(app, member, asked).await?;
        let (listed, listed_pages) = listed(app, member, asked).await?;
        Ok(Self {
            page: member.page().at("/finance/bank".to_owned()),
            t: BankTexts::of(member.lang()),
            waiting: service.bank_waiting(caller).await?,
            queue,
            from: asked.from.clone().unwrap_or_default(),
            first: asked.from.as_ref().map(|_| "/finance/bank"),
            more: last.map(|from| format!("/finance/bank?from={from}")),
            files,
            files_pages,
            check: service.check_bank(caller).await?,
            listed: (asked.listed(), listed),
            listed_pages,
            forms: Forms::default(),
            notices: Vec::new(),
            booked: None,
        })
    }

    /// Says what became of a line; what was booked for it can be undone there.
    async fn tell(&mut self, app: &App, member: &Member, id: BankLineId) -> Result<(), Fault> {
        let lang = member.lang();
        let line = app.service.bank_line(&member.caller, id).await?.line;
        let said = decided(&line, lang);
        if line.state == LineState::Booked {
            let parts = app.service.booked_parts(&member.caller, &line).await?;
            let parts = parts.iter().map(|part| booked_in_words(part, lang)).collect();
            self.booked = Some(Booked { line: id, said, parts });
        } else {
            self.notices.push(said);
        }
        Ok(())
    }

    /// Says which line waits again.
    async fn tell_undone(&mut self, app: &App, member: &Member, id: BankLineId) -> Result<(), Fault> {
        let line = app.service.bank_line(&member.caller, id).await?.line;
        if line.state != LineState::Open {
            return self.tell(app, member, id).await;
        }
        let (lang, amount) = (member.lang(), signed(&line, member.lang()));
        let (day, who) = (text::date_short(line.valued_on, lang), line.name.as_deref().unwrap_or("?"));
        let was_booked = line.why.as_deref().and_then(|why| why.parse().ok()) == Some(Doubt::Undone);
        self.notices.push(if was_booked {
            either(
                lang,
                format!("Ongedaan gemaakt: de boeking van {amount}, {who}, {day}. De regel wacht weer."),
                format!("Undone: the booking of {amount}, {who}, {day}. The line waits again."),
            )
        } else {
            either(lang, format!("{amount}, {who}, {day} wacht weer."), format!("{amount}, {who}, {day} waits again."))
        });
        Ok(())
    }

    /// What stands in the place of an empty list of decided lines.
    const fn none_listed(&self) -> &'static str {
        match self.listed.0 {
            LineState::Booked => self.t.none_booked,
            LineState::New | LineState::Open | LineState::Outside | LineState::SetAside | LineState::Again => {
                self.t.none_of_state
            }
        }
    }

    /// Which of the divisions of a line a proposal is, if it is one.
    #[expect(clippy::unused_self, reason = "a template calls methods")]
    fn division(&self, row: &Queued, proposal: &Proposal) -> Option<usize> {
        let mut divisions = row.proposals.iter().filter(|each| matches!(each.assignment, Assignment::Division(_)));
        divisions.position(|each| each == proposal)
    }

    fn money(&self, amount: impl Borrow<Cents>) -> String {
        text::money(*amount.borrow(), self.page.lang)
    }

    #[expect(clippy::ref_option, reason = "a template hands over references")]
    fn optional(&self, amount: &Option<Cents>) -> String {
        amount.map_or_else(String::new, |amount| text::money(amount, self.page.lang))
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "a template hands over references")]
    fn day(&self, day: &NaiveDate) -> String {
        text::date_short(*day, self.page.lang)
    }

    fn signed(&self, line: &BankLine) -> String {
        signed(line, self.page.lang)
    }

    fn why(&self, line: &BankLine) -> String {
        let said = line.why.as_deref().unwrap_or_default();
        // What a rule said is kept in English.
        if line.state == LineState::Open && self.page.lang == Lang::Nl && said.parse::<Doubt>().is_err() {
            return "kon niet vanzelf worden geboekt".to_owned();
        }
        why(said, self.page.lang)
    }

    #[expect(clippy::unused_self, reason = "a template calls methods")]
    fn told(&self, line: &BankLine) -> String {
        told(line)
    }

    /// The last statement of an account, with its equation.
    #[expect(clippy::unused_self, reason = "a template calls methods")]
    fn last<'a>(&self, account: &'a AccountCheck) -> Option<&'a Equation> {
        account.equations.last()
    }

    fn states(&self) -> [(LineState, &'static str); 4] {
        let t = self.t;
        [
            (LineState::Booked, t.booked),
            (LineState::Outside, t.outside),
            (LineState::SetAside, t.set_aside),
            (LineState::Again, t.again),
        ]
    }

    #[expect(clippy::unused_self, reason = "a template calls methods")]
    fn is_undone(&self, line: &BankLine) -> bool {
        matches!(line.state, LineState::Booked | LineState::SetAside | LineState::Outside)
    }

    /// Where the account of a line is marked as one by which many pay.
    #[expect(clippy::unused_self, reason = "a template calls methods")]
    fn mark(&self, line: &BankLine) -> Option<String> {
        let (iban, name) = (encode(line.iban.as_deref()?), encode(line.name.as_deref().unwrap_or_default()));
        Some(format!("/finance/bank/collective?iban={iban}&note={name}#mark"))
    }

    fn received(&self, view: &FileView) -> String {
        text::date_short(view.file.received_at.date_naive(), self.page.lang)
    }

    fn offer(&self, proposal: &Proposal) -> String {
        let (lang, name) = (self.page.lang, &proposal.customer_name);
        let amount = text::money(proposal.amount, lang);
        match &proposal.assignment {
            Assignment::Invoices { .. } => either(
                lang,
                format!("Factuur {} van {name}, open {amount}", proposal.about),
                format!("Invoice {} of {name}, open {amount}", proposal.about),
            ),
            Assignment::Collection(_) => either(
                lang,
                format!("Stornering van incasso {} bij {name}, {amount}", proposal.about),
                format!("Return of collection {} from {name}, {amount}", proposal.about),
            ),
            Assignment::Payment(_) => {
                either(lang, format!("Betaling van {name}, {amount}"), format!("Payment of {name}, {amount}"))
            }
            Assignment::Repayment(_) => either(
                lang,
                format!("Terugbetaald aan {name}, tegoed {amount}"),
                format!("Given back to {name}, credit {amount}"),
            ),
            Assignment::Division(_) => {
                either(lang, format!("Verdelen: {}", proposal.about), format!("Divide: {}", proposal.about))
            }
            Assignment::Proof(_) => either(
                lang,
                format!("Al met de hand geboekt: betaling van {name}, {amount}"),
                format!("Booked by hand before: payment of {name}, {amount}"),
            ),
        }
    }

    fn hint(&self, proposal: &Proposal) -> &'static str {
        match (proposal.hint, self.page.lang) {
            (Hint::Named, Lang::Nl) => "genoemd",
            (Hint::Named, Lang::En) => "named",
            (Hint::SameAccountAndAmount, Lang::Nl) => "zelfde rekening en bedrag",
            (Hint::SameAccountAndAmount, Lang::En) => "same account and amount",
            (Hint::SameAccount, Lang::Nl) => "zelfde rekening",
            (Hint::SameAccount, Lang::En) => "same account",
            (Hint::SimilarNameAndAmount, Lang::Nl) => "zelfde bedrag, naam lijkt erop",
            (Hint::SimilarNameAndAmount, Lang::En) => "same amount, similar name",
            (Hint::SameAmount, Lang::Nl) => "zelfde bedrag",
            (Hint::SameAmount, Lang::En) => "same amount",
            (Hint::SimilarName, Lang::Nl) => "naam lijkt erop",
            (Hint::SimilarName, Lang::En) => "similar name",
        }
    }

    /// The fields by which a proposal is sent.
    #[expect(clippy::unused_self, reason = "a template calls methods")]
    fn fields(&self, proposal: &Proposal) -> Vec<(&'static str, String)> {
        match &proposal.assignment {
            Assignment::Invoices { invoices, keep_surplus } => {
                let ids: Vec<String> = invoices.iter().map(ToString::to_string).collect();
                let mut fields = vec![("invoices", ids.join(" "))];
                fields.extend(keep_surplus.then(|| ("surplus", "1".to_owned())));
                fields
            }
            Assignment::Collection(id) => vec![("collection", id.to_string())],
            Assignment::Payment(id) => vec![("payment", id.to_string())],
            Assignment::Repayment(id) => vec![("repaid_to", id.to_string())],
            // Its amounts are looked at before they are booked: on the page of the division.
            Assignment::Division(_) => Vec::new(),
            Assignment::Proof(id) => vec![("recorded", id.to_string())],
        }
    }
}

/// What moved on the account; what a report about collections is about.
pub(super) fn signed(line: &BankLine, lang: Lang) -> String {
    let moved = if line.account.is_empty() { -line.amount } else { line.effect() };
    text::money(moved, lang)
}

/// What the bank told of a line.
pub(super) fn told(line: &BankLine) -> String {
    let parts = [&line.structured, &line.text, &line.end_to_end_id, &line.return_reason];
    parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" · ")
}

/// Why a line waits: our own word for it, or what was said.
fn why(said: &str, lang: Lang) -> String {
    let Ok(doubt) = said.parse::<Doubt>() else { return said.to_owned() };
    let text = match (doubt, lang) {
        (Doubt::UnknownCollection, Lang::Nl) => "geen incasso van ons",
        (Doubt::UnknownCollection, Lang::En) => "no collection of ours",
        (Doubt::AmountDiffers, Lang::Nl) => "het bedrag is anders dan geïncasseerd",
        (Doubt::AmountDiffers, Lang::En) => "the amount is not what was collected",
        (Doubt::SeveralCustomers, Lang::Nl) => "noemt facturen van verschillende klanten",
        (Doubt::SeveralCustomers, Lang::En) => "names invoices of several customers",
        (Doubt::OtherPayer, Lang::Nl) => "rekening van een andere klant, en het bedrag past niet",
        (Doubt::OtherPayer, Lang::En) => "account of another customer, and the amount does not fit",
        (Doubt::NoReference, Lang::Nl) => "noemt geen factuur",
        (Doubt::NoReference, Lang::En) => "names no invoice",
        (Doubt::CameBack, Lang::Nl) => "iets dat wij betaalden kwam terug",
        (Doubt::CameBack, Lang::En) => "something that we paid came back",
        (Doubt::Repayment, Lang::Nl) => "misschien een terugbetaling",
        (Doubt::Repayment, Lang::En) => "perhaps a repayment",
        (Doubt::NotCertain, Lang::Nl) => "noemt een factuur, maar bedrag en rekening bewijzen het niet",
        (Doubt::NotCertain, Lang::En) => "names an invoice, but neither amount nor account proves it",
        (Doubt::MaybeReturn, Lang::Nl) => "misschien een stornering; de bank noemt het geen terugboeking",
        (Doubt::MaybeReturn, Lang::En) => "perhaps a return; the bank does not call it one",
        (Doubt::Surplus, Lang::Nl) => "twee afschriften van deze dag spreken elkaar tegen: is dit er een te veel?",
        (Doubt::Surplus, Lang::En) => "two statements of this day contradict each other: is this one too many?",
        (Doubt::Unclear, Lang::Nl) => "afschriften binnen één dag: nieuw, of dezelfde betaling nog eens?",
        (Doubt::Unclear, Lang::En) => "statements within one day: new, or the same payment again?",
        (Doubt::ToldBefore, Lang::Nl) => "lijkt op wat al was aangekondigd",
        (Doubt::ToldBefore, Lang::En) => "looks like what was announced before",
        (Doubt::Undone, Lang::Nl) => "de boeking is ongedaan gemaakt",
        (Doubt::Undone, Lang::En) => "its booking was undone",
    };
    text.to_owned()
}

/// What is to be known about a file.
fn notice(notice: &BankNotice, lang: Lang) -> String {
    match notice {
        BankNotice::SeenFile { at } => {
            let day = text::date(at.date_naive(), lang);
            either(
                lang,
                format!("Dit bestand is al ingelezen op {day}; er verandert niets."),
                format!("This file was imported on {day}; nothing changes."),
            )
        }
        BankNotice::SeenStatement { account, id } => either(
            lang,
            format!("Afschrift {id} van {account} is al eerder ingelezen."),
            format!("Statement {id} of {account} was imported before."),
        ),
        BankNotice::Gap { account, id, closed, opens } => {
            let (closed, opens) = (text::money(*closed, lang), text::money(*opens, lang));
            either(
                lang,
                format!(
                    "Afschrift {id} van {account} begint met {opens}, maar het vorige eindigde met {closed}: er ontbreekt \
                     een afschrift."
                ),
                format!(
                    "Statement {id} of {account} opens with {opens}, but the one before closed with {closed}: a statement \
                     is missing."
                ),
            )
        }
        BankNotice::OnlyAnnounces => either(
            lang,
            "Dit is een tussentijds overzicht (camt.052). Daarvan wordt niets geboekt; lees het afschrift (camt.053) in zodra uw bank dat heeft gemaakt.".to_owned(),
            "This is a report of a day so far (camt.052). Nothing of it is booked; import the statement (camt.053) when your bank has made it.".to_owned(),
        ),
        BankNotice::OtherAccount { account, entries: 1 } => either(
            lang,
            format!("Rekening {account} is niet van deze administratie; 1 regel is overgeslagen."),
            format!("Account {account} is not ours; 1 entry was left out."),
        ),
        BankNotice::OtherAccount { account, entries } => either(
            lang,
            format!("Rekening {account} is niet van deze administratie; {entries} regels zijn overgeslagen."),
            format!("Account {account} is not ours; {entries} entries were left out."),
        ),
        BankNotice::BookedTwice => either(
            lang,
            "Twee geboekte regels blijken dezelfde betaling te zijn. Maak een van beide boekingen ongedaan.".to_owned(),
            "Two booked lines turn out to be one payment. Undo the booking of one of them.".to_owned(),
        ),
        BankNotice::Pending(count) => either(
            lang,
            format!("Alleen aangekondigd en overgeslagen: {count}."),
            format!("Only announced, and left out: {count}."),
        ),
        BankNotice::Foreign(count) => either(
            lang,
            format!("In een andere munt en overgeslagen: {count}."),
            format!("In another currency, and left out: {count}."),
        ),
    }
}

/// What could explain a difference, in words.
fn explains(account: &AccountCheck, explanation: &Explanation, lang: Lang) -> String {
    match explanation {
        Explanation::Gap { after, closed, opens } => {
            let (after, closed, opens) =
                (text::date_short(*after, lang), text::money(*closed, lang), text::money(*opens, lang));
            either(
                lang,
                format!(
                    "na {after} ontbreekt een afschrift: dat eindigde met {closed}, het volgende begint met {opens}"
                ),
                format!(
                    "a statement is missing after {after}: that closed with {closed}, the next one opens with {opens}"
                ),
            )
        }
        Explanation::Line(id) => match account.suspect(*id) {
            Some(line) => {
                let (day, amount) = (text::date_short(line.booked_on, lang), signed(line, lang));
                let who = line.name.as_deref().unwrap_or("?");
                either(
                    lang,
                    format!("deze regel telt misschien dubbel: {day}, {who}, {amount}"),
                    format!("this line may count twice: {day}, {who}, {amount}"),
                )
            }
            None => String::new(),
        },
    }
}

#[derive(Template)]
#[template(path = "bank/check.html")]
struct CheckPage {
    page: Page,
    t: &'static BankTexts,
    check: BankCheck,
    forms: Forms,
}

impl CheckPage {
    fn money(&self, amount: impl Borrow<Cents>) -> String {
        text::money(*amount.borrow(), self.page.lang)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "a template hands over references")]
    fn day(&self, day: &NaiveDate) -> String {
        text::date_short(*day, self.page.lang)
    }

    fn explains(&self, account: &AccountCheck, explanation: &Explanation) -> String {
        explains(account, explanation, self.page.lang)
    }

    fn signed(&self, line: &BankLine) -> String {
        signed(line, self.page.lang)
    }

    /// Since when a difference is there that did not begin with this statement.
    fn since(&self, account: &AccountCheck, row: &Equation) -> Option<String> {
        let before = account.equations.iter().take_while(|other| other.statement != row.statement);
        let began = before.filter(|other| other.is_new()).last().filter(|_| row.difference() != Cents::ZERO)?;
        let (day, lang) = (text::date(began.day, self.page.lang), self.page.lang);
        Some(either(lang, format!("zoals op {day}"), format!("as on {day}")))
    }

    #[expect(clippy::unused_self, reason = "a template calls methods")]
    fn is_missing(&self, explanation: &Explanation) -> bool {
        matches!(explanation, Explanation::Gap { .. })
    }

    /// Whether its first balance is still to be recorded.
    #[expect(clippy::unused_self, reason = "a template calls methods")]
    fn is_open(&self, account: &AccountCheck) -> bool {
        !account.first.is_some_and(|first| first.recorded)
    }

    /// The statements of an account, the newest first.
    #[expect(clippy::unused_self, reason = "a template calls methods")]
    fn newest<'a>(&self, account: &'a AccountCheck) -> Vec<&'a Equation> {
        account.equations.iter().rev().take(MOST_STATEMENTS).collect()
    }
}

/// How many statements of an account are shown.
const MOST_STATEMENTS: usize = 120;

async fn check(State(app): State<App>, member: Member) -> Result<Response, Fault> {
    check_page(&app, &member, Forms::default()).await.and_then(|page| show(&page))
}

async fn check_page(app: &App, member: &Member, forms: Forms) -> Result<CheckPage, Fault> {
    let check = app.service.check_bank(&member.caller).await?;
    let page = member.page().at("/finance/bank/check".to_owned());
    Ok(CheckPage { page, t: BankTexts::of(member.lang()), check, forms })
}

async fn record_first(State(app): State<App>, sent: Submission) -> Result<Response, Fault> {
    let caller = &sent.member.caller;
    let account = sent.values.get("account").to_owned();
    let mut fields = Fields::default();
    let day = fields.needed_date("day", sent.values.get("day"));
    let amount = forms::amount(&mut fields, "amount", &sent.values);
    let result = match fields.done() {
        Ok(()) => app.service.record_first_balance(caller, &account, (day, amount)).await,
        Err(error) => Err(error),
    };
    match result {
        Ok(_) => Ok(done("/finance/bank/check")),
        Err(error) => {
            let (status, refused) = Refused::with_status(error, sent.member.lang())?;
            let forms = Forms::sent(format!("first-{account}"), Form::sent(sent.values.clone(), refused));
            show_with(status, &check_page(&app, &sent.member, forms).await?)
        }
    }
}

#[derive(Template)]
#[template(path = "bank/preview.html")]
struct PreviewPage {
    page: Page,
    t: &'static BankTexts,
    preview: BankPreview,
    notices: Vec<String>,
    /// The file in base 64, where it is small enough to go along.
    content: Option<String>,
}

impl PreviewPage {
    fn shares(&self) -> [(&'static str, Share); 5] {
        let (t, tally) = (self.t, &self.preview.tally);
        [
            (t.settled, tally.settled),
            (t.reversed, tally.reversed),
            (t.paid, tally.paid),
            (t.queued, tally.queued),
            (t.outside, tally.outside),
        ]
    }

    fn money(&self, amount: impl Borrow<Cents>) -> String {
        text::money(*amount.borrow(), self.page.lang)
    }

    #[expect(clippy::ref_option, reason = "a template hands over references")]
    fn optional(&self, amount: &Option<Cents>) -> String {
        amount.map_or_else(String::new, |amount| text::money(amount, self.page.lang))
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "a template hands over references")]
    fn day(&self, day: &NaiveDate) -> String {
        text::date_short(*day, self.page.lang)
    }

    fn signed(&self, line: &BankLine) -> String {
        signed(line, self.page.lang)
    }

    #[expect(clippy::unused_self, reason = "a template calls methods")]
    fn told(&self, line: &BankLine) -> String {
        told(line)
    }

    fn becomes(&self, foreseen: &PreviewLine) -> String {
        let (lang, about) = (self.page.lang, foreseen.about.join(", "));
        match &foreseen.outcome {
            Outcome::Settle(_) => either(lang, format!("incasso {about}"), format!("collection {about}")),
            Outcome::Reverse { .. } => either(lang, format!("stornering {about}"), format!("reversal {about}")),
            Outcome::Pay { .. } => either(lang, format!("betaling {about}"), format!("payment {about}")),
            Outcome::Queue(doubt) => why(doubt.as_str(), lang),
            Outcome::Outside => self.t.outside.to_owned(),
        }
    }

    #[expect(clippy::unused_self, reason = "a template calls methods")]
    fn is_queued(&self, foreseen: &PreviewLine) -> bool {
        matches!(foreseen.outcome, Outcome::Queue(_))
    }

    /// Whether booking it would keep anything.
    fn is_new(&self) -> bool {
        self.preview.tally.fresh() > 0 || !self.preview.statements.is_empty()
    }

    fn is_cut(&self) -> bool {
        self.preview.tally.fresh() > self.preview.lines.len()
    }
}

/// A file that was chosen in a form.
struct Chosen {
    member: Member,
    name: String,
    file: Result<Bytes>,
    book: bool,
}

impl FromRequest<App> for Chosen {
    type Rejection = Fault;

    async fn from_request(request: Request, app: &App) -> Result<Self, Fault> {
        let (mut parts, body) = request.into_parts();
        let member = Member::from_request_parts(&mut parts, app).await?;
        member.caller.may(Doing::KeepBooks)?;
        let form = Multipart::from_request(Request::from_parts(parts, body), app).await;
        let mut form = form.map_err(|_| unreadable())?;
        let (mut name, mut file, mut book) = (String::new(), Ok(Bytes::from(Vec::new())), false);
        while let Some(mut field) = form.next_field().await.map_err(|_| unreadable())? {
            match field.name().unwrap_or_default() {
                "file" => {
                    name = field.file_name().unwrap_or_default().to_owned();
                    file = upload::of_field(&mut field, app.most_file_bytes).await?.whole().map_err(Into::into);
                    if file.is_err() {
                        break; // What comes after it does not matter, however much that is.
                    }
                }
                "name" => name = String::from_utf8(short(field).await?).unwrap_or_default(),
                "content" => file = Ok(STANDARD.decode(short(field).await?).map_err(|_| unreadable())?.into()),
                "act" => book = short(field).await? == b"book",
                _ => {}
            }
        }
        Ok(Self { member, name, file, book })
    }
}

/// A field that is at most a file that went along with its preview, in base 64.
async fn short(mut field: Field<'_>) -> Result<Vec<u8>, Fault> {
    let whole = upload::of_field(&mut field, 2 * CARRIED).await?.whole().map_err(|_| unreadable())?;
    whole.head(2 * CARRIED).map_err(|_| unreadable().into())
}

fn unreadable() -> Problem {
    let detail = "This form cannot be read. Choose the file again.";
    Problem::new(StatusCode::BAD_REQUEST, "unreadable", "Unreadable form", detail)
}

async fn index(State(app): State<App>, member: Member, Search(asked): Search<BankQuery>) -> Result<Response, Fault> {
    let mut page = BankPage::read(&app, &member, &asked).await?;
    if let Some(id) = asked.done {
        page.tell(&app, &member, id).await?;
    }
    if let Some(id) = asked.undone {
        page.tell_undone(&app, &member, id).await?;
    }
    show(&page)
}

fn decided(line: &BankLine, lang: Lang) -> String {
    let amount = text::money(line.amount, lang);
    match line.state {
        LineState::Booked => either(lang, format!("{amount} is geboekt."), format!("{amount} is booked.")),
        LineState::SetAside => either(lang, format!("{amount} is opzij gezet."), format!("{amount} is set aside.")),
        _ => either(lang, format!("{amount} wacht nog."), format!("{amount} still waits.")),
    }
}

/// Looks at a file, or books it.
async fn send(State(app): State<App>, chosen: Chosen) -> Result<Response, Fault> {
    let Chosen { member, name, file, book } = chosen;
    let result = match chosen_file(&name, file) {
        Ok(file) if book => match import_whole(&app, member.caller.clone(), name.clone(), file).await {
            Ok(import) => return imported(&app, &member, &name, &import).await,
            Err(error) => Err(error),
        },
        Ok(file) => {
            let carried = file.head(CARRIED).ok().filter(|_| file.size() <= CARRIED);
            let preview = app.service.preview_bank(&member.caller, &name, file).await;
            preview.map(|preview| (preview, carried.map(|bytes| STANDARD.encode(bytes))))
        }
        Err(error) => Err(error),
    };
    match result {
        Ok((preview, content)) => {
            let lang = member.lang();
            let notices = preview.notices.iter().map(|told| notice(told, lang)).collect();
            let page = member.page().at("/finance/bank".to_owned());
            show(&PreviewPage { page, t: BankTexts::of(lang), preview, notices, content })
        }
        Err(error) => refuse(&app, &member, "import".to_owned(), (Values::default(), error)).await,
    }
}

/// The file, where one was chosen.
fn chosen_file(name: &str, file: Result<Bytes>) -> Result<Bytes> {
    let file = file?;
    if file.size() == 0 && !name.is_empty() {
        return Err(BankFault::new(1, BankFaultKind::Empty).into());
    }
    if file.size() == 0 {
        let expected = "expected a file of at most 200 MiB".to_owned();
        return Err(Error::Fields(vec![FieldError { field: "file".to_owned(), expected }]));
    }
    Ok(file)
}

/// What was done with a file, above the queue.
async fn imported(app: &App, member: &Member, name: &str, import: &BankImport) -> Result<Response, Fault> {
    let lang = member.lang();
    let mut page = BankPage::read(app, member, &BankQuery::default()).await?;
    if !import.seen {
        page.notices.push(counted(name, import, lang));
    }
    page.notices.extend(import.notices.iter().map(|told| notice(told, lang)));
    show(&page)
}

/// How many lines of what was sent became what.
fn counted(name: &str, import: &BankImport, lang: Lang) -> String {
    let (tally, name, files) = (&import.tally, clean_name(name), 1 + import.others.len());
    let booked = tally.settled.count + tally.reversed.count + tally.paid.count;
    let (queued, outside, known) = (tally.queued.count, tally.outside.count, tally.known);
    let name = match files {
        1 => name,
        _ => either(lang, format!("{name} ({files} bestanden)"), format!("{name} ({files} files)")),
    };
    either(
        lang,
        format!(
            "{name}: {booked} geboekt, {queued} uit te zoeken, {outside} niet voor deze boeken, {known} al eerder ingelezen."
        ),
        format!(
            "{name}: {booked} booked, {queued} to be sorted out, {outside} not for these books, {known} imported before."
        ),
    )
}

/// The page again, with the form that was refused.
async fn refuse(app: &App, member: &Member, name: String, (values, error): (Values, Error)) -> Result<Response, Fault> {
    let (status, refused) = Refused::with_status(error, member.lang())?;
    let from = values.filled("from").map(str::to_owned);
    let mut page = BankPage::read(app, member, &BankQuery { from, ..BankQuery::default() }).await?;
    page.forms = Forms::sent(name, Form::sent(values, refused));
    show_with(status, &page)
}

async fn assign(State(app): State<App>, Id(id): Id<BankLineId>, sent: Submission) -> Result<Response, Fault> {
    let caller = &sent.member.caller;
    let line = match assignment(&app, &sent).await {
        Ok(to) => app.service.assign_line(caller, id, to).await,
        Err(error) => Err(error),
    };
    match line {
        Ok(_) => Ok(done(&format!("/finance/bank?done={id}"))),
        Err(error) => refuse(&app, &sent.member, format!("line-{id}"), (sent.values.clone(), error)).await,
    }
}

/// What a form says that a line is: a proposal, or invoices by their numbers.
async fn assignment(app: &App, sent: &Submission) -> Result<Assignment> {
    let values = &sent.values;
    let keep_surplus = values.filled("surplus").is_some();
    let unknown = || Error::NotFound("proposal");
    if let Some(ids) = values.filled("invoices") {
        let invoices: Result<Vec<_>, _> = ids.split_whitespace().map(str::parse).collect();
        return Ok(Assignment::Invoices { invoices: invoices.map_err(|_| unknown())?, keep_surplus });
    }
    if let Some(id) = values.filled("collection") {
        return id.parse().map(Assignment::Collection).map_err(|_| unknown());
    }
    if let Some(id) = values.filled("repaid_to") {
        return id.parse().map(Assignment::Repayment).map_err(|_| unknown());
    }
    if let Some(id) = values.filled("recorded") {
        return id.parse().map(Assignment::Proof).map_err(|_| unknown());
    }
    let caller = &sent.member.caller;
    let invoices = app.service.named_invoices(caller, values.get("numbers"), "numbers").await?;
    Ok(Assignment::Invoices { invoices, keep_surplus })
}

async fn set_aside(State(app): State<App>, Id(id): Id<BankLineId>, sent: Submission) -> Result<Response, Fault> {
    let caller = &sent.member.caller;
    caller.may(Doing::KeepBooks)?;
    let mut fields = Fields::default();
    let reason = fields.line("reason", sent.values.get("reason"));
    let line = match fields.done() {
        Ok(()) => app.service.set_line_aside(caller, id, &reason).await,
        Err(error) => Err(error),
    };
    match line {
        Ok(_) => Ok(done(&format!("/finance/bank?done={id}"))),
        Err(error) => refuse(&app, &sent.member, format!("line-{id}"), (sent.values.clone(), error)).await,
    }
}

async fn undo(State(app): State<App>, Id(id): Id<BankLineId>, sent: Submission) -> Result<Response, Fault> {
    match app.service.undo_line(&sent.member.caller, id).await {
        Ok(_) => Ok(done(&format!("/finance/bank?undone={id}"))),
        Err(error) => refuse(&app, &sent.member, format!("line-{id}"), (sent.values.clone(), error)).await,
    }
}

/// The pages of this module.
pub fn router() -> Router<App> {
    // What is taken is counted in `upload`.
    let upload = post(send).layer(DefaultBodyLimit::disable());
    Router::new()
        .route("/finance/bank", get(index).merge(upload))
        .route("/finance/bank/check", get(check))
        .route("/finance/bank/first-balance", post(record_first))
        .route("/finance/bank/lines/{id}/assign", post(assign))
        .route("/finance/bank/lines/{id}/undo", post(undo))
        .route("/finance/bank/lines/{id}/set-aside", post(set_aside))
}
