//! The bytes of a file while it comes in and is read. A few are held in memory; more are in a temporary file, which has no
//! name and is gone with the last who holds it, also when the program is killed. So memory does not follow the file.

use super::{BankFault, BankFaultKind};
use std::{
    fmt,
    io::{self, Cursor, Read, Seek, SeekFrom, Write as _},
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};
use tempfile::SpooledTempFile;

/// How many bytes of a file are held in memory.
const IN_MEMORY: usize = 1024 * 1024;

/// A file that comes in.
#[derive(Debug)]
pub struct Incoming {
    file: SpooledTempFile,
    size: u64,
    most: u64,
}

impl Incoming {
    /// Nothing as yet, of a file of at most `most` bytes. The folder of the temporary file is that of the system (`TMPDIR`).
    #[must_use]
    pub fn new(most: u64) -> Self {
        Self { file: SpooledTempFile::new(IN_MEMORY), size: 0, most }
    }

    /// Takes in what comes next. What is too much is counted and not kept.
    ///
    /// # Errors
    /// When there is no room for it.
    pub fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.size = self.size.saturating_add(bytes.len() as u64);
        if self.size > self.most { Ok(()) } else { self.file.write_all(bytes) }
    }

    /// How many bytes came, kept or not.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// All of it.
    ///
    /// # Errors
    /// When it is more than it may be.
    pub fn whole(self) -> Result<Bytes, BankFault> {
        if self.size > self.most {
            return Err(BankFault::new(1, BankFaultKind::TooLarge { most: self.most / 1024 / 1024, packed: false }));
        }
        Ok(Bytes { size: self.size, source: Arc::new(Mutex::new(Box::new(self.file))) })
    }
}

/// Where bytes are.
trait Source: Read + Seek + Send {}
impl<T: Read + Seek + Send> Source for T {}

/// The bytes of a file. Clones share them.
#[derive(Clone)]
pub struct Bytes {
    size: u64,
    source: Arc<Mutex<Box<dyn Source>>>,
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bytes").field("size", &self.size).finish_non_exhaustive()
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self { size: bytes.len() as u64, source: Arc::new(Mutex::new(Box::new(Cursor::new(bytes)))) }
    }
}

impl Bytes {
    /// How many.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The first ones, at most `most`.
    ///
    /// # Errors
    /// When they cannot be read back.
    pub fn head(&self, most: u64) -> io::Result<Vec<u8>> {
        let mut head = Vec::new();
        self.part(0..self.size.min(most)).read_to_end(&mut head)?;
        Ok(head)
    }

    /// A reader of a part, from its beginning.
    pub(super) fn part(&self, range: Range<u64>) -> Part {
        Part { bytes: self.clone(), at: range.start, range }
    }
}

/// A reader of a part of a file, with a place of its own.
#[derive(Clone, Debug)]
pub(super) struct Part {
    bytes: Bytes,
    at: u64,
    range: Range<u64>,
}

impl Read for Part {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.range.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let length = into.len().min(left);
        let mut source = self.bytes.source.lock().unwrap_or_else(PoisonError::into_inner);
        source.seek(SeekFrom::Start(self.at))?;
        let read = source.read(into.get_mut(..length).unwrap_or_default())?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Part {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(at) => self.range.start.checked_add(at),
            SeekFrom::End(by) => self.range.end.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        let place = place.filter(|place| *place >= self.range.start);
        self.at = place.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at - self.range.start)
    }
}
