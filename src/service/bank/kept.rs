//! The bytes of files as they are kept: packed, in parts, so that only a part at a time is held.

use crate::domain::BankFileId;
use crate::exchange::bank::{Incoming, Member, Upload};
use crate::service::Result;
use crate::service::ledger::Failure;
use crate::store::{Statements, Tx, bank};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::io::{self, Write};
use tokio::sync::mpsc;

/// How many bytes of a file, packed, are kept in one row; thirds, so that parts of base 64 need no filling.
const PART: usize = 3 * 256 * 1024;
/// How many parts wait at most, between packing and storing.
const AHEAD: usize = 2;

/// Cuts what is written into parts.
struct Cutter {
    part: Vec<u8>,
    parts: mpsc::Sender<String>,
}

impl Cutter {
    fn hand_over(&mut self) -> io::Result<()> {
        let sent = self.parts.blocking_send(STANDARD.encode(&self.part));
        self.part.clear();
        // Who waits for it has gone: nothing is wanted any more.
        sent.map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl Write for Cutter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(PART - self.part.len());
        self.part.extend(bytes.iter().take(taken));
        if self.part.len() == PART {
            self.hand_over()?;
        }
        Ok(taken)
    }

    /// Ends the last part.
    fn flush(&mut self) -> io::Result<()> {
        if self.part.is_empty() { Ok(()) } else { self.hand_over() }
    }
}

/// Keeps the bytes of a file. The caller commits.
pub(super) async fn keep(tx: &mut Tx, file: BankFileId, member: &Member) -> Result<()> {
    let (parts, mut waiting) = mpsc::channel(AHEAD);
    let member = member.clone();
    let packing = tokio::task::spawn_blocking(move || member.pack(Cutter { part: Vec::new(), parts }));
    let mut nr = 0;
    while let Some(part) = waiting.recv().await {
        bank::keep_part(tx, (file, nr), part).await?;
        nr += 1;
    }
    Ok(packing.await.map_err(|_| Failure::Broken)??)
}

/// A file as it was kept, with its name; nothing for one of before bytes were kept.
pub(super) async fn kept(on: &mut impl Statements, file: BankFileId) -> Result<Option<(String, Member)>> {
    let Some(name) = bank::name_of(on, file).await? else { return Ok(None) };
    let mut packed = Incoming::new(u64::MAX);
    let mut nr = 0;
    while let Some(part) = bank::part(on, (file, nr)).await? {
        let bytes = STANDARD.decode(part).map_err(|_| Failure::Broken)?;
        packed.add(&bytes).map_err(|_| Failure::Unavailable)?;
        nr += 1;
    }
    if nr == 0 {
        return Ok(None);
    }
    let told = name.clone();
    let opening = tokio::task::spawn_blocking(move || Upload::from_kept(&told, packed.whole()?));
    Ok(Some((name, opening.await.map_err(|_| Failure::Broken)??)))
}
