//! Large files of the bank (BANK-8): taken up to 200 MiB by page and API alike, refused beyond, and gone when whoever sends
//! one hangs up.

use crate::bank::{Books, OURS, TERMS, a_payment, transfer};
use crate::bank_rules::{of_day, whole, zip};
use crate::common::http::Site;
use crate::common::{Fixture, on_both};
use crate::pages;
use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use scraper::{Html, Selector};
use strippenkaart::domain::BankFileId;
use strippenkaart::domain::matching::LineState;
use strippenkaart::exchange::bank::write;
use strippenkaart::store::users::StaffRole;

const FILES: &str = "/api/v1/bank/files";
const MIB: usize = 1024 * 1024;

/// A file with a payment, made longer by so many MiB that do not pack well.
fn long(amount: &str, mib: usize) -> String {
    let mut draw = 7_u64;
    let letter = |_| {
        draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+ "[usize::try_from(draw >> 58).unwrap()],
        )
    };
    let noise: String = (0..MIB / 2).map(letter).collect();
    let padding = format!("<!--{noise}-->").repeat(2 * mib);
    a_payment(amount).replace("</GrpHdr>", &format!("</GrpHdr>{padding}"))
}

/// The values of an attribute of all that a selector finds.
pub fn attrs(page: &pages::Answer, selector: &str, name: &str) -> Vec<String> {
    let (page, found) = (Html::parse_document(&page.text), Selector::parse(selector).unwrap());
    page.select(&found).filter_map(|element| element.attr(name).map(str::to_owned)).collect()
}

/// The API, and a token of somebody of finance who has a password as well.
async fn site_of(fixture: Fixture, most: usize) -> (Site, String) {
    let pages = pages::Site::new(fixture);
    pages.staff(StaffRole::Finance).await;
    let token = pages.fixture.service.create_token("finance@provider.example", 90).await.unwrap();
    (Site::taking(pages.fixture, most as u64), token)
}

on_both! {
    under TERMS;
    async fn bank_8_a_file_of_more_than_16_mib_is_taken_by_the_page_and_the_api(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let (one, other) = (long("1.00", 17), long("2.00", 17));
        assert!(one.len() > 17 * MIB);
        let (site, token) = site_of(books.fixture, 200 * MIB).await;
        let import = site.raw("POST", &token, FILES, None, one.clone()).await.expect(201);
        assert_eq!(import["tally"]["queued"]["sum"], "1.00");
        let id: BankFileId = import["file"]["id"].as_str().unwrap().parse().unwrap();
        let (_, kept) = site.fixture.service.bank_file_bytes(&books.finance, id).await.unwrap();
        assert!(kept == one.into_bytes(), "what is kept is what came");

        // In parts, so that a file is never held whole.
        let books = Books { fixture: site.fixture, finance: books.finance };
        let parts = "SELECT CAST(COUNT(*) AS BIGINT), CAST(MAX(LENGTH(content)) AS BIGINT) FROM bank_contents";
        let (count, longest) = books.all::<(i64, i64)>(parts).await[0];
        assert!(count > 5 && longest <= 1024 * 1024, "{count} parts of at most {longest}");

        let site = pages::Site::new(books.fixture);
        let mut finance = site.login("finance@provider.example").await;
        let preview = finance.upload("/finance/bank", &[("file", Some("big.xml"), &other), ("act", None, "preview")]).await;
        assert_eq!((preview.status, preview.texts("h1")), (StatusCode::OK, vec!["Zo wordt het geboekt".to_owned()]));
        assert!(preview.texts("form .hint").iter().any(|hint| hint.contains("kies het nog eens")), "{:?}", preview.texts("form"));
        let booked = finance.upload("/finance/bank", &[("file", Some("big.xml"), &other), ("act", None, "book")]).await;
        assert_eq!(booked.texts("#notice"), ["big.xml: 0 geboekt, 1 uit te zoeken, 0 niet voor deze boeken, 0 al eerder ingelezen."]);
    }
}

on_both! {
    under TERMS;
    async fn bank_8_a_file_over_the_limit_is_refused_with_the_limit_and_what_to_do(fixture: Fixture) {
        let (site, token) = site_of(fixture, 2 * MIB).await;
        let most = "more than 2 MiB; download shorter periods and import them one after the other";
        // A little more is heard out, much more is cut off: both are answered.
        for mib in [3, 9] {
            let refused = site.raw("POST", &token, FILES, None, long("1.00", mib)).await.problem(413, "bank-file");
            assert!(refused["detail"].as_str().unwrap().ends_with(most), "{refused}");
        }
        site.raw("POST", &token, FILES, None, long("1.00", 1)).await.expect(201);
        assert_eq!(site.get(&token, FILES).await.expect(200)["items"].as_array().unwrap().len(), 1);
        // Other addresses take no more than they did.
        let elsewhere = site.raw("POST", &token, "/api/v1/bank/first-balances", None, " ".repeat(MIB)).await;
        elsewhere.problem(413, "too-large");

        let site = pages::Site::taking(site.fixture, 2 * MIB as u64);
        let mut finance = site.login("finance@provider.example").await;
        for (lang, expected) in [
            ("nl", "Dit bestand is geweigerd en er is niets geboekt: meer dan 2 MiB; download kortere perioden en lees ze na elkaar in"),
            ("en", "This file is refused, and nothing was booked: more than 2 MiB; download shorter periods and import them one after the other"),
        ] {
            finance.lang = lang;
            for mib in [3, 9] {
                let parts = [("file", Some("big.xml"), &*long("3.00", mib)), ("act", None, "book")];
                let refused = finance.upload("/finance/bank", &parts).await;
                assert_eq!((refused.status, refused.texts("#main .alert")), (StatusCode::PAYLOAD_TOO_LARGE, vec![expected.to_owned()]));
            }
        }
    }
}

on_both! {
    under TERMS;
    async fn bank_8_a_zip_is_named_counted_whole_and_refused_by_the_name_of_its_file(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let one = whole("2", "2026-03-03", "10.00", vec![transfer("1.00", "y", None, "")]);
        let other = whole("3", "2026-03-04", "11.00", vec![transfer("2.00", "z", None, "")]);
        let site = pages::Site::new(books.fixture);
        site.staff(StaffRole::Finance).await;
        let mut finance = site.login("finance@provider.example").await;
        let sent = |files: &[(&str, Vec<u8>)]| STANDARD.encode(zip(files));
        let packed = sent(&[("b.xml", other), ("a.xml", one.clone())]);
        let parts = [("name", None, "week.zip"), ("content", None, &*packed), ("act", None, "book")];
        let said = finance.upload("/finance/bank", &parts).await.texts("#notice p");
        let whole = "week.zip (2 bestanden): 0 geboekt, 2 uit te zoeken, 0 niet voor deze boeken, 0 al eerder ingelezen.";
        assert_eq!(said[0], whole);
        let broken = sent(&[("a.xml", one), ("c.xml", b"<Document></Dokument>".to_vec())]);
        for (lang, start) in [("nl", "Dit bestand is geweigerd en er is niets geboekt. c.xml, regel 1: "), ("en", "This file is refused, and nothing was booked. c.xml, line 1: ")] {
            finance.lang = lang;
            let parts = [("name", None, "week.zip"), ("content", None, &*broken), ("act", None, "preview")];
            let refused = finance.upload("/finance/bank", &parts).await;
            assert!(refused.texts("#main .alert")[0].starts_with(start), "{:?}", refused.texts("#main .alert"));
            assert!(!refused.texts("#main .alert")[0].contains("tag"), "no words of the parser");
        }
    }
}

on_both! {
    under TERMS;
    async fn bank_4_what_does_not_agree_is_to_be_done_and_says_since_when(fixture: Fixture) {
        let books = Books::new(fixture).await;
        for (id, on, opening) in [("1", "2026-03-02", "0.00"), ("2", "2026-03-04", "60.00"), ("3", "2026-03-05", "70.00")] {
            books.import(&of_day(id, on, opening, vec![transfer("10.00", "x", None, "")])).await;
        }
        let site = pages::Site::new(books.fixture);
        site.staff(StaffRole::Finance).await;
        let mut finance = site.login("finance@provider.example").await;
        let start = finance.get("/finance").await;
        let item = start.texts(".rows li").into_iter().find(|item| item.contains("Afschriften die niet aansluiten"));
        assert!(item.is_some_and(|item| item.starts_with('2')), "{:?}", start.texts(".rows li"));
        let page = finance.get("/finance/bank/check").await;
        let last = page.texts("tbody tr td:last-child");
        assert_eq!(last[0], "zoals op 4 maart 2026");
        assert!(last[1].ends_with("Lees het in"), "{last:?}");
        let sent = [("account", OURS), ("day", "2026-03-02"), ("amount", "abc")];
        let refused = finance.post("/finance/bank/first-balance", &sent).await;
        assert_eq!(refused.texts(".error"), ["Vul een bedrag in euro's in, zoals 968,00."]);
        assert_eq!(attrs(&refused, "input[name=next]", "value"), ["/finance/bank/check"], "the language is changed there");
    }
}

on_both! {
    under TERMS;
    async fn bank_9_lines_and_files_of_long_ago_can_be_reached(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let entries = (0..27).map(|at| transfer("1.00", &format!("x{at}"), None, "")).collect();
        books.import(&of_day("1", "2026-03-02", "0.00", entries)).await;
        for row in books.queue().await {
            books.fixture.service.set_line_aside(&books.finance, row.line.id, "gift").await.unwrap();
        }
        for at in 0..12 {
            let file = of_day(&format!("{}", at + 2), "2026-03-03", "27.00", vec![transfer("1.00", &format!("y{at}"), None, "")]);
            books.try_import(write(&file).as_bytes()).await.unwrap();
        }
        let site = pages::Site::new(books.fixture);
        site.staff(StaffRole::Finance).await;
        let mut finance = site.login("finance@provider.example").await;
        let page = finance.get("/finance/bank?state=set_aside").await;
        let rows = |page: &pages::Answer, part: &str| attrs(page, &format!("[aria-labelledby={part}] tbody tr[id]"), "id");
        let mut seen = rows(&page, "decided");
        let older = attrs(&page, "[aria-labelledby=decided] [rel=next]", "href");
        let page = finance.get(&older[0]).await;
        seen.extend(rows(&page, "decided"));
        seen.sort();
        seen.dedup();
        assert_eq!((seen.len(), rows(&page, "decided").len()), (27, 2));
        assert!(attrs(&page, "[aria-labelledby=decided] [rel=next]", "href").is_empty());
        let older = attrs(&page, "[aria-labelledby=files] [rel=next]", "href");
        assert_eq!(finance.get(&older[0]).await.texts("[aria-labelledby=files] tbody tr").len(), 1);
        let lines = site.fixture.service.latest_lines(&books.finance, LineState::SetAside, None, 30).await.unwrap();
        assert_eq!(lines.len(), 27);
    }
}

/// How many files this process has open that have no name any more.
#[cfg(target_os = "linux")]
fn nameless() -> usize {
    let open = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    open.filter(|fd| std::fs::read_link(fd.path()).is_ok_and(|to| to.to_string_lossy().ends_with(" (deleted)"))).count()
}

/// Waits until so many files without a name are open.
#[cfg(target_os = "linux")]
async fn until(expected: usize) {
    for _ in 0..400 {
        if nameless() == expected {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("{} files without a name are open, expected {expected}", nameless());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn bank_8_who_hangs_up_leaves_no_file_behind() {
    use tokio::io::AsyncWriteExt as _;
    let site = Site::new(Fixture::sqlite_with(TERMS).await);
    let token = site.staff(StaffRole::Finance).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(axum::serve(listener, site.router.clone()).into_future());
    let before = nameless();
    let mut client = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST {FILES} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n",
        8 * MIB
    );
    client.write_all(head.as_bytes()).await.unwrap();
    client.write_all(&vec![b' '; 4 * MIB]).await.unwrap();
    until(before + 1).await;
    drop(client);
    until(before).await;
    assert_eq!(site.get(&token, FILES).await.expect(200)["items"].as_array().unwrap().len(), 0);
    serving.abort();
}
