//! A bank line is divided (BANK-6): a row for each part, what it is for and how much, until nothing is left.

use super::bank::{BankTexts, signed, told};
use super::texts::texts;
use super::words::either;
use super::{Fault, Member, Page, Refused, Submission, Values, done, encode, show, show_with};
use crate::domain::matching::LineState;
use crate::domain::{BankLineId, Cents, TransactionKind, money};
use crate::service::bank::{BookedPart, Choice, Division, NotBooked, Part, PartOf};
use crate::web::App;
use crate::web::extract::{Id, Search};
use crate::web::text::{self, Lang};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use std::collections::BTreeMap;

/// The most rows of a form.
const MOST_ROWS: usize = 400;

texts! {
    /// The page on which a line is divided.
    pub struct DivisionTexts {
        title: "Verdelen", "Divide";
        lead: "Kies per deel waarvoor het is, of typ het nummer van de factuur of de incasso. Laat een bedrag leeg voor alles wat openstaat.", "Choose what each part is for, or type the number of the invoice or collection. Leave an amount empty for all that is open.";
        part: "Deel", "Part";
        what: "Waarvoor", "What for";
        by_number: "Typ een nummer", "Type a number";
        number: "Nummer", "Number";
        amount: "Bedrag", "Amount";
        amount_hint: "Zet een min voor een bedrag dat eraf gaat.", "Put a minus before an amount that is deducted.";
        another: "Nog een deel toevoegen", "Add another part";
        book: "Verdeling boeken", "Book the division";
        back: "Terug naar de bank", "Back to the bank";
        costs: "Kosten van bank of betaaldienst (gaan eraf)", "Costs of the bank or payment provider (deducted)";
        all_divided: "Alles is verdeeld.", "All of it is divided.";
        what_missing: "Kies waarvoor dit deel is, of typ een nummer.", "Choose what this part is for, or type a number.";
        choose_again: "Dit staat niet meer open. Kies iets anders.", "This is no longer open. Choose something else.";
        one_of_both: "Kies bij Waarvoor “Typ een nummer”, of laat dit leeg.", "Choose “Type a number” at What for, or leave this empty.";
        unknown: "Dit nummer kennen we niet. Typ het nummer van één verstuurde factuur of één incasso.", "We do not know this number. Type the number of one issued invoice or one collection.";
        no_amount: "Vul een bedrag in, zoals 135,00 of -6,00.", "Enter an amount such as 135.00 or -6.00.";
        nothing: "Vul ten minste één deel in.", "Fill in at least one part.";
    }
}

/// One part, as it is typed.
#[derive(Clone, Debug, Default)]
struct Row {
    /// The choice: what it is and its identity; empty for a number that is typed.
    what: String,
    number: String,
    amount: String,
    what_error: Option<String>,
    number_error: Option<String>,
    amount_error: Option<String>,
    /// What the number stands for.
    known: Option<Choice>,
    /// What was understood of it.
    part: Option<Part>,
    focus: bool,
}

impl Row {
    fn sent(values: &Values, at: usize) -> Self {
        let get = |name: &str| values.get(&format!("{name}-{at}")).trim().to_owned();
        Self { what: get("what"), number: get("number"), amount: get("amount"), ..Self::default() }
    }

    fn proposed(part: &Part, lang: Lang) -> Self {
        Self { what: code(part.of), amount: plain(part.amount, lang), part: Some(part.clone()), ..Self::default() }
    }

    const fn is_blank(&self) -> bool {
        self.what.is_empty() && self.number.is_empty() && self.amount.is_empty()
    }

    const fn is_wrong(&self) -> bool {
        self.what_error.is_some() || self.number_error.is_some() || self.amount_error.is_some()
    }

    /// Whether a keyboard is to be at a field: the first that is wrong, or the first of a new part.
    fn focuses_on(&self, field: &str) -> bool {
        let wrong = [("what", &self.what_error), ("number", &self.number_error), ("amount", &self.amount_error)];
        let first = wrong.iter().find(|(_, error)| error.is_some()).map_or("what", |(name, _)| *name);
        self.focus && field == first
    }

    /// Reads the amount; where none is typed it is all that is open, and is filled in.
    fn measure(&mut self, choice: &Choice, t: &DivisionTexts, lang: Lang) {
        if let (true, Some(open)) = (self.amount.is_empty(), choice.amount) {
            self.amount = plain(open, lang);
        }
        match money::typed(&self.amount) {
            Some(amount) if amount != Cents::ZERO => {
                // Costs are typed with or without their minus: only one of the two makes the sum.
                let costs = choice.of == PartOf::Costs;
                let amount = if costs && amount > Cents::ZERO { -amount } else { amount };
                self.part = Some(Part { of: choice.of, amount });
            }
            _ => self.amount_error = Some(t.no_amount.to_owned()),
        }
    }
}

/// The longest query in which typed values are carried, so that another language can be chosen.
const MOST_CARRIED: usize = 4_000;

#[derive(Template)]
#[template(path = "bank/divide.html")]
struct DivisionPage {
    page: Page,
    t: &'static DivisionTexts,
    b: &'static BankTexts,
    division: Division,
    rows: Vec<Row>,
    /// What is wrong with all of it.
    problem: Option<String>,
}

impl DivisionPage {
    fn new(member: &Member, division: Division) -> Self {
        let page = member.page().at(format!("/finance/bank/lines/{}/divide", division.line.id));
        let lang = member.lang();
        let (t, b) = (DivisionTexts::of(lang), BankTexts::of(lang));
        Self { page, t, b, division, rows: Vec::new(), problem: None }
    }

    /// The parts that are proposed, and room for one more.
    fn propose(mut self) -> Self {
        let lang = self.page.lang;
        self.rows = self.division.proposed.iter().map(|part| Row::proposed(part, lang)).collect();
        let least = if self.rows.is_empty() { 2 } else { self.rows.len() + usize::from(self.left() != Cents::ZERO) };
        self.rows.resize_with(least, Row::default);
        self
    }

    /// What was typed, with what it stands for and what is wrong with it.
    async fn read(app: &App, line: BankLineId, member: &Member, values: &Values) -> Result<Self, Fault> {
        let mut page = Self::new(member, app.service.division(&member.caller, line, 0).await?);
        let many = values.get("rows").parse().unwrap_or(0).min(MOST_ROWS);
        let mut carried = format!("?rows={many}");
        for at in 0..many {
            let row = Row::sent(values, at);
            for (name, typed) in [("what", &row.what), ("number", &row.number), ("amount", &row.amount)] {
                carried.extend((!typed.is_empty()).then(|| format!("&{name}-{at}={}", encode(typed))));
            }
            let row = page.understood(app, member, row).await?;
            page.rows.push(row);
        }
        if carried.len() <= MOST_CARRIED {
            page.page.path += &carried;
        }
        Ok(page)
    }

    /// What a row stands for, and what is wrong with it.
    async fn understood(&self, app: &App, member: &Member, mut row: Row) -> Result<Row, Fault> {
        let t = self.t;
        let choice = match (row.what.is_empty(), row.number.is_empty()) {
            _ if row.is_blank() => None,
            (true, true) => {
                row.what_error = Some(t.what_missing.to_owned());
                None
            }
            (false, false) => {
                row.number_error = Some(t.one_of_both.to_owned());
                None
            }
            (false, true) => {
                let found = self.choices().iter().find(|choice| code(choice.of) == row.what).cloned();
                row.what_error = found.is_none().then(|| t.choose_again.to_owned());
                found
            }
            (true, false) => {
                let line = &self.division.line;
                let found = app.service.part_numbered(&member.caller, line, &row.number).await?;
                row.number_error = found.is_none().then(|| t.unknown.to_owned());
                row.known.clone_from(&found);
                found
            }
        };
        if let Some(choice) = choice {
            row.measure(&choice, t, self.page.lang);
        }
        Ok(row)
    }

    fn choices(&self) -> &[Choice] {
        &self.division.choices
    }

    fn parts(&self) -> Vec<Part> {
        self.rows.iter().filter_map(|row| row.part.clone()).collect()
    }

    /// What of the line is not divided yet.
    fn left(&self) -> Cents {
        self.division.line.effect() - self.rows.iter().filter_map(|row| row.part.as_ref()).map(|part| part.amount).sum()
    }

    /// The same, in words.
    fn left_in_words(&self) -> String {
        let (lang, left) = (self.page.lang, self.left());
        if left == Cents::ZERO {
            return self.t.all_divided.to_owned();
        }
        let beyond = (left.0 < 0) != (self.division.line.effect().0 < 0);
        let amount = text::money(if beyond { left.max(-left) } else { left }, lang);
        if beyond {
            return either(lang, format!("{amount} te veel verdeeld."), format!("{amount} too much is divided."));
        }
        either(lang, format!("Nog {amount} te verdelen."), format!("{amount} left to divide."))
    }

    /// Whether it can be booked as far as can be seen here; what stands in the way is marked.
    fn is_right(&mut self) -> bool {
        if self.rows.iter().any(Row::is_wrong) {
            return false;
        }
        if self.parts().is_empty() {
            self.problem = Some(self.t.nothing.to_owned());
        } else if self.left() != Cents::ZERO {
            let all = self.signed();
            self.problem = Some(either(
                self.page.lang,
                format!("De delen zijn samen niet {all}. Pas een bedrag aan of voeg een deel toe."),
                format!("The parts do not add up to {all}. Change an amount or add another part."),
            ));
        }
        self.problem.is_none()
    }

    /// Room for one more part.
    fn add_row(&mut self) {
        if self.rows.len() < MOST_ROWS {
            self.rows.push(Row { focus: true, ..Row::default() });
        }
    }

    /// Says why it was not booked, at the part where it showed.
    fn refuse(&mut self, not_booked: NotBooked) -> Result<StatusCode, Fault> {
        let (status, refused) = Refused::with_status(not_booked.error, self.page.lang)?;
        let field = refused.fields.first();
        let said = field.map(|field| field.expected.clone()).or(refused.message).unwrap_or_default();
        let is_amount = field.is_some_and(|field| field.field.ends_with("amount"));
        let at = not_booked.part.and_then(|at| self.rows.iter_mut().filter(|row| row.part.is_some()).nth(at));
        match at {
            Some(row) if is_amount => row.amount_error = Some(said),
            Some(row) => row.what_error = Some(said),
            None => self.problem = Some(said),
        }
        Ok(status)
    }

    /// The page again, at the first part that is wrong.
    fn answer(mut self, status: StatusCode) -> Result<Response, Fault> {
        if let Some(row) = self.rows.iter_mut().find(|row| row.is_wrong()) {
            row.focus = true;
        }
        show_with(status, &self)
    }

    fn signed(&self) -> String {
        signed(&self.division.line, self.page.lang)
    }

    fn told(&self) -> String {
        told(&self.division.line)
    }

    fn day(&self) -> String {
        text::date_short(self.division.line.valued_on, self.page.lang)
    }

    fn offer(&self, choice: &Choice) -> String {
        offer(choice, self.t, self.page.lang)
    }

    #[expect(clippy::unused_self, reason = "a template calls methods")]
    fn code(&self, choice: &Choice) -> String {
        code(choice.of)
    }
}

/// Only what is left to divide, for a page that stays.
#[derive(Template)]
#[template(source = "{{ left }}", ext = "html")]
struct LeftPart {
    left: String,
}

/// A choice as a form sends it: what it is, and its identity.
fn code(of: PartOf) -> String {
    match of {
        PartOf::Invoice(id) => format!("invoice {id}"),
        PartOf::Credit(id) => format!("credit {id}"),
        PartOf::Collection(id) => format!("collection {id}"),
        PartOf::Payment(id) => format!("payment {id}"),
        PartOf::Repayment(id) => format!("repaid {id}"),
        PartOf::PayOut(id) => format!("payout {id}"),
        PartOf::Costs => "costs".to_owned(),
    }
}

/// A choice in words.
fn offer(choice: &Choice, t: &DivisionTexts, lang: Lang) -> String {
    let (about, name) = (&choice.about, &choice.customer_name);
    let amount = choice.amount.map(|amount| text::money(amount, lang));
    let said = match choice.of {
        PartOf::Invoice(_) => either(lang, format!("Factuur {about}, {name}"), format!("Invoice {about}, {name}")),
        PartOf::Credit(_) => either(lang, format!("Tegoed van {name}"), format!("Credit of {name}")),
        PartOf::Collection(_) => {
            either(lang, format!("Incasso {about}, {name}"), format!("Collection {about}, {name}"))
        }
        PartOf::Payment(_) => either(lang, format!("Betaling van {name} terug"), format!("Payment of {name} back")),
        PartOf::Repayment(_) => either(lang, format!("Terugbetaald aan {name}"), format!("Given back to {name}")),
        PartOf::PayOut(_) => {
            either(lang, format!("Uitbetaling van betaling, {name}"), format!("Payout of a payment, {name}"))
        }
        PartOf::Costs => return t.costs.to_owned(),
    };
    match amount {
        Some(amount) => format!("{said}: {amount}"),
        None => said,
    }
}

/// An amount as it is typed.
fn plain(amount: Cents, lang: Lang) -> String {
    let text = amount.to_string();
    if lang == Lang::Nl { text.replace('.', ",") } else { text }
}

/// What was booked for a line, one sentence a part.
#[must_use]
pub fn booked_in_words(part: &BookedPart, lang: Lang) -> String {
    let (name, numbers) = (&part.customer_name, part.invoices.join(", "));
    let what = if part.kind == TransactionKind::Costs {
        either(lang, "kosten", "costs").to_owned()
    } else if part.kind == TransactionKind::Payout {
        either(lang, format!("uitbetaling, {name}"), format!("payout, {name}"))
    } else if part.kind == TransactionKind::Repayment {
        either(lang, format!("terugbetaald aan {name}"), format!("given back to {name}"))
    } else if part.kind == TransactionKind::PaymentReversal {
        either(lang, format!("teruggeboekt, {name}"), format!("reversed, {name}"))
    } else if numbers.is_empty() {
        either(lang, format!("tegoed van {name}"), format!("credit of {name}"))
    } else {
        either(lang, format!("factuur {numbers}, {name}"), format!("invoice {numbers}, {name}"))
    };
    format!("{}: {what}", text::money(part.moved, lang))
}

/// The page of a line that waits; of one that is booked, what was booked.
async fn index(
    State(app): State<App>,
    Id(id): Id<BankLineId>,
    member: Member,
    Search(asked): Search<BTreeMap<String, String>>,
) -> Result<Response, Fault> {
    // Which of the proposed divisions is filled in, from 0.
    let proposal = asked.get("proposal").and_then(|nth| nth.parse().ok()).unwrap_or(0);
    let division = app.service.division(&member.caller, id, proposal).await?;
    if matches!(division.line.state, LineState::Booked | LineState::Again) {
        return Ok(done(&format!("/finance/bank?done={id}")));
    }
    if asked.contains_key("rows") {
        let values = asked.into_iter().fold(Values::default(), |values, (name, typed)| values.with(&name, typed));
        return show(&DivisionPage::read(&app, id, &member, &values).await?);
    }
    show(&DivisionPage::new(&member, division).propose())
}

/// Counts what is left, makes room for another part, or books.
async fn divide(State(app): State<App>, Id(id): Id<BankLineId>, sent: Submission) -> Result<Response, Fault> {
    let mut page = DivisionPage::read(&app, id, &sent.member, &sent.values).await?;
    if sent.member.visitor.part {
        return show(&LeftPart { left: page.left_in_words() });
    }
    if sent.values.get("act") != "book" {
        page.add_row();
        return show(&page);
    }
    if !page.is_right() {
        return page.answer(StatusCode::UNPROCESSABLE_ENTITY);
    }
    match app.service.divide_line(&sent.member.caller, id, page.parts()).await {
        Ok(_) => Ok(done(&format!("/finance/bank?done={id}"))),
        Err(not_booked) => page.refuse(not_booked).and_then(|status| page.answer(status)),
    }
}

/// The page of this module.
pub fn router() -> Router<App> {
    Router::new().route("/finance/bank/lines/{id}/divide", get(index).post(divide))
}
