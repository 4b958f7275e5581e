//! A bank line is divided on finance's page (BANK-6): rows, what is left, refusals at the field, and the way back (BANK-9).

use crate::bank::{Books, TERMS, camt053, euros, transfer};
use crate::common::{Fixture, day, on_both};
use crate::pages::{Answer, Site};
use axum::http::StatusCode;
use scraper::{Html, Selector};
use strippenkaart::domain::matching::LineState;
use strippenkaart::domain::{Act, BankLineId, Cents, Invoice, PaymentMethod, Receipt, Target, command::Receiving};
use strippenkaart::exchange::bank::write;
use strippenkaart::service::access::Caller;
use strippenkaart::store::users::StaffRole;

/// Two schools with an invoice of 135.00 each, one of them with another of 121.00, and finance at the page.
struct Scene {
    site: Site,
    finance: Caller,
    invoices: [Invoice; 3],
}

impl Scene {
    async fn new(fixture: Fixture) -> Self {
        let books = Books::new(fixture).await;
        let (one, _) = books.fixture.customer().await;
        let (other, _) = books.fixture.customer().await;
        let invoices = [
            books.invoice(one, "111.57").await,
            books.invoice(other, "111.57").await,
            books.invoice(other, "100.00").await,
        ];
        let Books { fixture, finance } = books;
        let site = Site::new(fixture);
        site.staff(StaffRole::Finance).await;
        Self { site, finance, invoices }
    }

    fn books(self) -> Books {
        Books { fixture: self.site.fixture, finance: self.finance }
    }

    /// A line that waits, of a board with a text.
    async fn line(&self, id: &str, amount: &str, said: &str) -> BankLineId {
        let told = write(&camt053(id, vec![transfer(amount, said, None, id)]));
        let service = &self.site.fixture.service;
        service.import_bank(&self.finance, id, told.into_bytes(), |_, _| {}).await.unwrap();
        let queue = service.bank_lines(&self.finance, LineState::Open, None, 100).await.unwrap();
        queue.iter().find(|row| row.line.amount == euros(amount)).unwrap().line.id
    }

    async fn open(&self) -> Vec<Cents> {
        let mut open = Vec::new();
        for invoice in &self.invoices {
            open.push(self.site.fixture.service.invoice(&self.finance, invoice.id).await.unwrap().invoice.open());
        }
        open
    }
}

/// What is typed, where something is said about it, and what.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str);

/// What stands in the fields `name-0`, `name-1` …
fn fields(page: &Answer, name: &str) -> Vec<String> {
    let html = Html::parse_document(&page.text);
    let found = Selector::parse(&format!("[name^={name}-]")).unwrap();
    let chosen = Selector::parse("option[selected]").unwrap();
    let value = |field: scraper::ElementRef<'_>| match field.value().name() {
        "select" => field.select(&chosen).next().map_or("", |option| option.attr("value").unwrap()).to_owned(),
        _ => field.attr("value").unwrap().to_owned(),
    };
    html.select(&found).map(value).collect()
}

on_both! {
    under TERMS;
    async fn bank_6_proposed_parts_are_filled_in_and_booked_with_a_way_back(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let numbers: Vec<&str> = scene.invoices.iter().map(Invoice::number).collect();
        let id = scene.line("s-1", "264.00", &format!("{} {}", numbers[0], numbers[1])).await;
        scene.site.staff(StaffRole::Agent).await;
        let path = format!("/finance/bank/lines/{id}/divide");
        let mut agent = scene.site.login("agent@provider.example").await;
        assert_eq!(agent.get(&path).await.status, StatusCode::FORBIDDEN);
        assert_eq!(agent.post(&path, &[("rows", "0"), ("act", "book")]).await.status, StatusCode::FORBIDDEN);

        let mut finance = scene.site.login("finance@provider.example").await;
        let queue = finance.get("/finance/bank").await;
        let offer = format!("Verdelen: {} + {}", numbers[0], numbers[1]);
        assert!(queue.texts("#queue a.button, [aria-labelledby=queue] a.button").contains(&offer), "{}", queue.text);
        let page = finance.get(&format!("{path}?proposal=0")).await;
        assert_eq!(page.texts("h1"), ["Verdelen: € 264,00"]);
        assert_eq!(fields(&page, "amount"), ["135,00", "135,00", "-6,00"]);
        let what = fields(&page, "what");
        assert_eq!(what, [format!("invoice {}", scene.invoices[0].id), format!("invoice {}", scene.invoices[1].id), "costs".to_owned()]);
        assert_eq!(page.texts("#left"), ["Alles is verdeeld."]);

        let rows = [
            ("rows", "3"), ("what-0", &*what[0]), ("amount-0", "135,00"), ("what-1", &*what[1]), ("amount-1", "135,00"),
            ("what-2", "costs"), ("amount-2", "-6,00"), ("act", "book"),
        ];
        let done = finance.post(&path, &rows).await;
        assert_eq!(done.location(), format!("/finance/bank?done={id}"), "{}", done.text);
        let page = finance.get(done.location()).await;
        assert_eq!(page.texts("#notice p"), ["€ 264,00 is geboekt."]);
        let said = page.texts("#notice li");
        assert_eq!(said.len(), 3, "{said:?}");
        assert!(said[0].starts_with(&format!("€ 135,00: factuur {}, ", numbers[0])), "in their order: {said:?}");
        assert_eq!(said[2], "€ −6,00: kosten");
        assert_eq!(page.texts("#notice button"), ["Ongedaan maken"]);
        assert_eq!(scene.open().await, [Cents::ZERO, Cents::ZERO, euros("121.00")]);
        // The page of a line that is booked says what was booked.
        assert_eq!(finance.get(&path).await.location(), format!("/finance/bank?done={id}"));

        let undone = finance.post(&format!("/finance/bank/lines/{id}/undo"), &[]).await;
        let page = finance.get(undone.location().split('#').next().unwrap()).await;
        assert_eq!((page.texts("#notice p"), page.texts("#notice li").len()), (vec!["Ongedaan gemaakt: de boeking van € 264,00, J. Jansen, 21-02-2026. De regel wacht weer.".to_owned()], 0));
        assert_eq!(scene.open().await, [euros("135.00"), euros("135.00"), euros("121.00")]);
        // And it is booked as something else, of which alone the page then tells.
        let again = [("rows", "2"), ("number-0", numbers[0]), ("number-1", numbers[1]), ("amount-1", "129"), ("act", "book")];
        let done = finance.post(&path, &again).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{:?}", done.texts("#division .error, #division .alert"));
        let said = finance.get(done.location()).await.texts("#notice li");
        assert_eq!(said.len(), 2, "{said:?}");
        strippenkaart::service::verify::verify(&scene.site.fixture.service.db, |_, _| {}).await.unwrap();
    }
}

on_both! {
    under TERMS;
    async fn bank_6_another_part_keeps_what_was_typed_and_says_what_is_left(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let id = scene.line("s-1", "256.00", "for our schools").await;
        let path = format!("/finance/bank/lines/{id}/divide");
        let mut finance = scene.site.login("finance@provider.example").await;
        let page = finance.get(&path).await;
        assert_eq!((fields(&page, "amount"), page.texts("#left")), (vec![String::new(); 2], vec!["Nog € 256,00 te verdelen.".to_owned()]));
        let likely = page.texts("#what-0 option");
        assert!(likely.iter().any(|choice| choice.starts_with("Factuur 2026-0003, ") && choice.ends_with(": € 121,00")), "{likely:?}");
        let number = scene.invoices[1].number();
        let typed = [("rows", "2"), ("number-0", number), ("amount-1", "twelve"), ("number-1", "2026-0001"), ("act", "row")];
        let page = finance.post(&path, &typed).await;
        assert_eq!(page.status, StatusCode::OK, "nothing was refused: nothing was to be booked yet");
        assert_eq!(fields(&page, "number"), [number, "2026-0001", ""]);
        assert_eq!(fields(&page, "amount"), ["135,00", "twelve", ""], "all that is open where nothing was typed");
        assert_eq!(page.texts("#left"), ["Nog € 121,00 te verdelen."]);
        assert_eq!(page.texts("#amount-1-error"), ["Vul een bedrag in, zoals 135,00 of -6,00."]);
        assert!(page.texts(".part .meta")[0].starts_with(&format!("Factuur {number}, ")), "{}", page.text);
        // In the other language, and more than there is.
        finance.lang = "en";
        let typed = [("rows", "1"), ("number-0", number), ("amount-0", "300"), ("act", "row")];
        let page = finance.post(&path, &typed).await;
        assert_eq!(page.texts("#left"), ["€44.00 too much is divided."]);
        // What a page that stays asks for is the sentence alone.
        let part = finance.part(&path, &typed[..3]).await;
        assert_eq!(part.text, "€44.00 too much is divided.");
    }
}

on_both! {
    under TERMS;
    async fn bank_6_a_refusal_is_said_at_its_part_and_nothing_typed_is_lost(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let id = scene.line("s-1", "256.00", "for our schools").await;
        let path = format!("/finance/bank/lines/{id}/divide");
        let mut finance = scene.site.login("finance@provider.example").await;
        let (a, c) = (scene.invoices[0].number(), scene.invoices[2].number());
        let cases: &[Case<'_>] = &[
            (&[("number-0", "2026-9999")], "#number-0-error", "Dit nummer kennen we niet. Typ het nummer van één verstuurde factuur of één incasso."),
            (&[("amount-1", "135")], "#what-1-error", "Kies waarvoor dit deel is, of typ een nummer."),
            (&[("what-0", "costs"), ("number-0", a)], "#number-0-error", "Kies bij Waarvoor “Typ een nummer”, of laat dit leeg."),
            (&[("what-0", "invoice x")], "#what-0-error", "Dit staat niet meer open. Kies iets anders."),
            (&[("what-1", "costs")], "#amount-1-error", "Vul een bedrag in, zoals 135,00 of -6,00."),
            (&[], "form .alert", "Vul ten minste één deel in."),
            (&[("number-0", a)], "form .alert", "De delen zijn samen niet € 256,00. Pas een bedrag aan of voeg een deel toe."),
            (&[("number-0", a), ("amount-0", "300")], "form .alert", "De delen zijn samen niet € 256,00. Pas een bedrag aan of voeg een deel toe."),
            // What the ledger refuses is said at the part that it refuses.
            (&[("number-0", a), ("number-1", c), ("amount-0", "100"), ("amount-1", "156,00")], "#amount-1-error", "€ 156,00 is meer dan de € 121,00 die nog openstaat op deze factuur."),
            (&[("number-0", a), ("amount-0", "-100"), ("number-1", c), ("amount-1", "356")], "#amount-0-error",
                "Van deze factuur is er niet precies één betaling van minstens dit bedrag; kijk op de factuur welke terugkwam."),
        ];
        for (typed, at, said) in cases {
            let mut sent = vec![("rows", "3"), ("act", "book")];
            sent.extend_from_slice(typed);
            let page = finance.post(&path, &sent).await;
            let conflict = typed.iter().any(|(_, value)| *value == "156,00");
            let status = if conflict { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
            assert_eq!((page.status, page.texts(at)), (status, vec![(*said).to_owned()]), "{typed:?} {:?}", page.texts("#division .error, #division .alert"));
            // In another language it is the same page, with what was typed.
            let next = crate::bank_uploads::attrs(&page, "input[name=next]", "value").remove(0);
            finance.lang = "en";
            let other = finance.get(&next).await;
            finance.lang = "nl";
            assert_eq!((other.texts("h1"), fields(&other, "number")), (vec!["Divide: €256.00".to_owned()], fields(&page, "number")));
            for (name, value) in *typed {
                let (name, row) = name.split_once('-').unwrap();
                let kept = fields(&page, name)[row.parse::<usize>().unwrap()].clone();
                assert!(kept == *value || name == "what" && *value == "invoice x", "{name}-{row}: {kept:?} for {value:?}");
            }
            assert_eq!(fields(&page, "what").len(), 3);
        }
        assert_eq!(scene.open().await, [euros("135.00"), euros("135.00"), euros("121.00")], "nothing is half booked");
    }
}

on_both! {
    under TERMS;
    async fn bank_6_below_zero_at_an_invoice_takes_its_payment_back(fixture: Fixture) {
        // A payout of 115.00: 121.00 of one, and 6.00 of another that was charged back.
        let scene = Scene::new(fixture).await;
        let (a, c) = (scene.invoices[0].clone(), scene.invoices[2].clone());
        let paid = Receiving {
            amount: euros("135.00"),
            paid_on: day("2026-02-20"),
            method: PaymentMethod::Bank,
            note: None,
            bank_line: None,
            invoices: vec![a.id],
            keep_surplus: false,
            costs: Cents::ZERO,
        };
        let reply = scene.site.fixture.submit(Target::Invoice(a.id), Act::RecordPayment(paid)).await;
        assert!(matches!(reply, Ok(Receipt::Payment(_))));
        let id = scene.line("s-1", "115.00", "payout").await;
        let mut finance = scene.site.login("finance@provider.example").await;
        let rows = [
            ("rows", "2"), ("number-0", c.number()), ("number-1", a.number()), ("amount-1", "−6,00"), ("act", "book"),
        ];
        let done = finance.post(&format!("/finance/bank/lines/{id}/divide"), &rows).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        let said = finance.get(done.location()).await.texts("#notice li");
        assert!(said.iter().any(|said| said.starts_with("€ −6,00: teruggeboekt, ")), "{said:?}");
        assert_eq!(scene.open().await, [euros("6.00"), euros("135.00"), Cents::ZERO]);
        let books = scene.books();
        strippenkaart::service::verify::verify(&books.fixture.service.db, |_, _| {}).await.unwrap();
    }
}
