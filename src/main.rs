//! The program `strippenkaart`; everything it does is in [`strippenkaart::cli`].

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    strippenkaart::cli::run().await
}
