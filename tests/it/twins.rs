//! The two sets of migrations make the same tables.

use crate::common::Fixture;
use std::fs;
use strippenkaart::store::Db;

/// Table, column, how it is stored, whether it must be there.
type Column = (String, String, String, bool);

fn names(directory: &str) -> Vec<String> {
    let files = fs::read_dir(directory).unwrap();
    let mut names: Vec<String> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

async fn columns(db: &Db) -> Vec<Column> {
    let mut columns: Vec<Column> = match db {
        Db::Sqlite { reader, .. } => {
            let sql = "SELECT tables.name, columns.name, columns.type, columns.\"notnull\"
                       FROM sqlite_master AS tables JOIN pragma_table_info(tables.name) AS columns
                       WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
            sqlx::query_as(sql).fetch_all(reader).await.unwrap()
        }
        Db::Postgres { reader, .. } => {
            // Texts must compare byte by byte, as they do in SQLite and in Rust.
            let sql = "SELECT table_name::text, column_name::text,
                              CASE WHEN data_type = 'bigint' THEN 'INTEGER'
                                   WHEN data_type = 'text' AND collation_name = 'C' THEN 'TEXT'
                                   ELSE data_type || ' ' || COALESCE(collation_name, '') END,
                              is_nullable = 'NO'
                       FROM information_schema.columns WHERE table_schema = 'public'";
            sqlx::query_as(sql).fetch_all(reader).await.unwrap()
        }
    };
    columns.retain(|(table, ..)| table != "_sqlx_migrations");
    columns.sort();
    columns
}

#[test]
fn migrations_have_the_same_names() {
    assert_eq!(names("migrations/sqlite"), names("migrations/postgres"));
}

#[tokio::test]
#[cfg_attr(no_postgres, ignore = "initdb not found")]
async fn tables_have_the_same_columns_on_postgres() {
    let sqlite = columns(&Fixture::sqlite().await.service.db).await;
    let postgres = columns(&Fixture::postgres().await.service.db).await;
    assert!(sqlite.len() > 150, "{}", sqlite.len());
    let only = |these: &[Column], those: &[Column]| -> Vec<Column> {
        these.iter().filter(|column| !those.contains(column)).cloned().collect()
    };
    assert_eq!((only(&sqlite, &postgres), only(&postgres, &sqlite)), (vec![], vec![]), "sqlite only, postgres only");
}
