//! Large files of the bank (BANK-8): taken up to 200 MiB by page and API alike, refused beyond, and gone when whoever sends
//! one hangs up.

use crate::bank::{Books, TERMS, a_payment};
use crate::common::http::Site;
use crate::common::{Fixture, on_both};
use crate::pages;
use axum::http::StatusCode;
use strippenkaart::domain::BankFileId;
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
