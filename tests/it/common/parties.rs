//! Seller and buyer as the law asks for them (PAY-1a): the policies that tests work under have a real seller, and customers
//! have an address from the start. Who is told nothing of is what a test makes itself, by [`forget`].

use sqlx::AssertSqlSafe;
use strippenkaart::domain::{Billing, CustomerId};
use strippenkaart::store::{Db, Statements as _};

/// What a real seller says of itself; what a policy says already stays.
const SELLER: [(&str, &str); 5] = [
    ("street", "Voorbeeldkade 1"),
    ("postcode", "1234 AB"),
    ("city", "Voorbeeldstad"),
    ("vat_number", "NL123456789B01"),
    ("registration", "12345678"),
];

/// The text of a policy whose seller is real and complete.
pub fn real(text: &str) -> String {
    let (mut lines, mut told, mut inside) = (Vec::new(), Vec::new(), false);
    for line in text.lines() {
        if line.trim_start().starts_with('[') {
            inside = line.trim() == "[provider]";
        }
        let key = line.split('=').next().unwrap_or_default().trim();
        if inside && key == "example" {
            continue;
        }
        if inside {
            told.push(key.to_owned());
        }
        lines.push(line.to_owned());
    }
    if let Some(at) = lines.iter().position(|line| line.trim() == "[provider]") {
        let missing = SELLER.iter().filter(|(key, _)| !told.iter().any(|told| told == key));
        let missing: Vec<String> = missing.map(|(key, value)| format!("{key} = \"{value}\"")).collect();
        lines.splice(at + 1..=at, missing);
    }
    lines.join("\n") + "\n"
}

/// Where a customer of the tests lives.
pub fn address() -> Billing {
    let told = |text: &str| Some(text.to_owned());
    Billing {
        street: told("Schoolstraat 1"),
        postcode: told("1234 AC"),
        city: told("Voorbeeldstad"),
        ..Billing::default()
    }
}

/// From now on every new customer of this database has an address, whoever makes it.
pub async fn give_addresses(db: &Db) {
    let billing = serde_json::to_string(&address()).unwrap();
    match db {
        Db::Sqlite { writer, .. } => {
            let trigger = format!(
                "CREATE TRIGGER IF NOT EXISTS lives_somewhere AFTER INSERT ON customers WHEN NEW.billing IS NULL
                 BEGIN UPDATE customers SET billing = '{billing}' WHERE id = NEW.id; END"
            );
            sqlx::query(AssertSqlSafe(trigger)).execute(writer).await.unwrap();
        }
        Db::Postgres { writer, .. } => {
            let body = format!("BEGIN UPDATE customers SET billing = '{billing}' WHERE id = NEW.id; RETURN NULL; END");
            for sql in [
                format!("CREATE OR REPLACE FUNCTION lives_somewhere() RETURNS trigger LANGUAGE plpgsql AS $${body}$$"),
                "CREATE OR REPLACE TRIGGER lives_somewhere AFTER INSERT ON customers FOR EACH ROW
                 WHEN (NEW.billing IS NULL) EXECUTE FUNCTION lives_somewhere()"
                    .to_owned(),
            ] {
                sqlx::query(AssertSqlSafe(sql)).execute(writer).await.unwrap();
            }
        }
    }
}

/// Nothing is known any more of where a customer lives.
pub async fn forget(db: &Db, customer: CustomerId) {
    let mut tx = db.begin().await.unwrap();
    let sql = "UPDATE customers SET billing = NULL WHERE id = $1";
    assert_eq!(tx.query(sql).bind(customer).execute().await.unwrap(), 1);
    tx.commit().await.unwrap();
}
