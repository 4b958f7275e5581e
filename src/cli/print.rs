//! What the commands say on standard output: results, one line at a time. Logs and questions go to standard error.

use std::io::{self, Write};

/// Writes a line. A reader that went away (`| head`) is no fault of the command.
///
/// # Errors
/// When standard output cannot be written.
pub fn line(text: impl std::fmt::Display) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
