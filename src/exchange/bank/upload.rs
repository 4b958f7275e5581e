//! What a person uploads, opened: an XML file, one that is packed (gzip), or a zip with one or more. Which it is, its
//! first bytes tell, never its name. What is packed is unpacked while it is read, as often as it is read: only the bytes
//! that were uploaded are held, and more than a few of them in a temporary file (`spool.rs`).
//!
//! Refused: more than [`MAX_BYTES`] when unpacked (all together), more than [`MAX_MEMBERS`] files in a zip, a zip within
//! a zip, one with a password, and what is no XML. Folders, and what macOS adds on its own, are passed over.

use super::{
    BankFault, BankFaultKind, Foreign,
    decode::{HEAD, foreign},
    spool::Bytes,
    tree::MAX_BYTES,
};
use crate::domain::{chain::hex, typed::is_unseen};
use flate2::{
    Compression, Crc,
    bufread::{DeflateDecoder, MultiGzDecoder},
    write::GzEncoder,
};
use sha2::{Digest as _, Sha256};
use std::{
    io::{self, BufRead, BufReader, Read, Write},
    ops::Range,
};
use zip::{
    CompressionMethod, ZipReadOptions,
    read::{Config, ZipFile},
    result::ZipError,
    unstable::read::ZipIterable,
};

/// The most files in a zip.
pub const MAX_MEMBERS: usize = 1000;
/// The most characters of a name of a file.
const MAX_NAME: usize = 100;
/// How much is unpacked at once, in bytes.
const CHUNK: usize = 64 * 1024;

/// What was uploaded.
#[derive(Clone, Debug)]
pub struct Upload {
    /// The files in it, in their order; at least one.
    pub members: Vec<Member>,
}

/// A file of the bank, as it was uploaded or within what was uploaded.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its name, by [`clean_name`].
    pub name: String,
    /// How many bytes it has, unpacked.
    pub size: u64,
    /// SHA-256 of those, in hexadecimal.
    pub digest: String,
    bytes: Bytes,
    range: Range<u64>,
    packing: Packing,
}

/// How bytes are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packing {
    Plain,
    Deflate,
    Gzip,
}

impl Upload {
    /// Opens what was uploaded under a name, and looks through it once.
    ///
    /// # Errors
    /// When it cannot be unpacked, is too large, or holds something else than XML.
    pub fn open(name: &str, bytes: impl Into<Bytes>) -> Result<Self, BankFault> {
        let bytes = bytes.into();
        let head = bytes.head(HEAD as u64).map_err(|_| fault(BankFaultKind::Unreadable))?;
        // A workbook is a zip too.
        let is_workbook = foreign(&head) == Some(BankFaultKind::NotXml(Foreign::Workbook));
        if matches!(head.as_slice(), [b'P', b'K', 3 | 5, ..]) && !is_workbook {
            return Self::zip(&bytes);
        }
        let gzip = matches!(head.as_slice(), [0x1f, 0x8b, ..]);
        let (name, packing) =
            if gzip { (name.strip_suffix(".gz").unwrap_or(name), Packing::Gzip) } else { (name, Packing::Plain) };
        let range = 0..bytes.size();
        let mut member = Member { name: clean_name(name), size: 0, digest: String::new(), bytes, range, packing };
        let seen = member.scan(MAX_BYTES)?;
        match foreign(&seen.head) {
            Some(what) => Err(fault(what)),
            None => Ok(Self { members: vec![member] }),
        }
    }

    fn zip(bytes: &Bytes) -> Result<Self, BankFault> {
        // Reads one entry of the list of files at a time, so a list of millions is not held.
        let archive = ZipIterable::try_new(bytes.part(0..bytes.size()), Config::default());
        let mut archive = archive.map_err(|error| broken(&error))?;
        if archive.len() > MAX_MEMBERS {
            return Err(fault(BankFaultKind::ArchiveTooMany { most: MAX_MEMBERS }));
        }
        for entry in archive.files().map_err(|error| broken(&error))? {
            if entry.map_err(|error| broken(&error))?.name_raw() == b"[Content_Types].xml" {
                return Err(fault(BankFaultKind::NotXml(Foreign::Workbook)));
            }
        }
        let (mut members, mut left) = (Vec::new(), MAX_BYTES);
        let mut files = archive.files_with_cloned_reader(ZipReadOptions::default()).map_err(|error| broken(&error))?;
        while let Some(file) = files.next() {
            let file = file.map_err(|error| broken(&error))?;
            if let Some(member) = Member::of(bytes, &file, left)? {
                left -= member.size;
                members.push(member);
            }
        }
        if members.is_empty() { Err(fault(BankFaultKind::ArchiveEmpty)) } else { Ok(Self { members }) }
    }

    /// Opens what [`Member::pack`] wrote.
    ///
    /// # Errors
    /// As [`open`](Self::open): when the bytes were damaged since.
    pub fn from_kept(name: &str, kept: impl Into<Bytes>) -> Result<Member, BankFault> {
        Self::open(name, kept)?.members.pop().ok_or_else(|| fault(BankFaultKind::ArchiveEmpty))
    }
}

/// What was seen of a member.
struct Seen {
    /// Its first bytes.
    head: Vec<u8>,
    crc: u32,
}

impl Member {
    /// A file of a zip, looked through; nothing for what is passed over. Refused is more than `most` bytes.
    fn of<R: Read>(bytes: &Bytes, file: &ZipFile<'_, R>, most: u64) -> Result<Option<Self>, BankFault> {
        let name = file.name().map_err(|error| broken(&error))?;
        if file.is_dir() || added(&name) {
            return Ok(None);
        }
        let shown = clean_name(&name);
        let fault = |kind| fault(kind).of(&shown);
        let packing = match file.compression() {
            CompressionMethod::Stored => Packing::Plain,
            CompressionMethod::Deflated => Packing::Deflate,
            _ => return Err(fault(BankFaultKind::ArchiveBroken)),
        };
        let place = || {
            let from = file.data_start()?;
            let to = from.checked_add(file.compressed_size())?;
            (to <= bytes.size()).then_some(from..to)
        };
        let range = place().ok_or_else(|| fault(BankFaultKind::ArchiveBroken))?;
        let (name, digest) = (shown.clone(), String::new());
        let mut member = Self { name, size: 0, digest, bytes: bytes.clone(), range, packing };
        let seen = member.scan(most).map_err(|error| error.of(&shown))?;
        if seen.crc != file.crc32() || member.size != file.size() {
            return Err(fault(BankFaultKind::ArchiveBroken));
        }
        match foreign(&seen.head) {
            Some(BankFaultKind::NotXml(what)) => {
                Err(BankFault::new(1, BankFaultKind::ArchiveMember { name: member.name, what }))
            }
            Some(other) => Err(fault(other)),
            None => Ok(Some(member)),
        }
    }

    /// A reader from its beginning, unpacking on the way. A new one each time.
    #[must_use]
    pub fn reader(&self) -> Box<dyn BufRead + Send> {
        let bytes = BufReader::with_capacity(CHUNK, self.bytes.part(self.range.clone()));
        match self.packing {
            Packing::Plain => Box::new(bytes),
            Packing::Deflate => Box::new(BufReader::with_capacity(CHUNK, DeflateDecoder::new(bytes))),
            Packing::Gzip => Box::new(BufReader::with_capacity(CHUNK, MultiGzDecoder::new(bytes))),
        }
    }

    /// Writes the file packed (gzip), to be kept: the same bytes for the same file, however it was uploaded.
    ///
    /// # Errors
    /// When it cannot be unpacked, which [`Upload::open`] has seen to, or what is packed cannot be written.
    pub fn pack(&self, into: impl Write) -> Result<(), BankFault> {
        let mut encoder = GzEncoder::new(into, Compression::default());
        let packed = io::copy(&mut self.reader(), &mut encoder).and_then(|_| encoder.finish()?.flush());
        packed.map_err(|_| fault(BankFaultKind::Unreadable))
    }

    /// Reads all of it once: size, digest, and whether it can be unpacked.
    fn scan(&mut self, most: u64) -> Result<Seen, BankFault> {
        let (mut digest, mut crc, mut head, mut size) = (Sha256::new(), Crc::new(), Vec::new(), 0_u64);
        {
            let mut reader = self.reader().take(most.saturating_add(1));
            loop {
                let chunk = reader.fill_buf().map_err(|_| fault(BankFaultKind::ArchiveBroken))?;
                let length = chunk.len();
                if length == 0 {
                    break;
                }
                digest.update(chunk);
                crc.update(chunk);
                head.extend(chunk.iter().take(HEAD.saturating_sub(head.len())));
                size += length as u64;
                reader.consume(length);
            }
        }
        if size > most {
            let packed = self.packing != Packing::Plain || self.range != (0..self.bytes.size());
            return Err(fault(BankFaultKind::TooLarge { most: MAX_BYTES / 1024 / 1024, packed }));
        }
        (self.size, self.digest) = (size, hex(&digest.finalize()));
        Ok(Seen { head, crc: crc.sum() })
    }
}

/// What macOS adds to a zip on its own.
fn added(name: &str) -> bool {
    name.starts_with("__MACOSX/") || name == ".DS_Store" || name.ends_with("/.DS_Store")
}

const fn fault(kind: BankFaultKind) -> BankFault {
    BankFault::new(1, kind)
}

fn broken(error: &ZipError) -> BankFault {
    match error {
        ZipError::UnsupportedArchive(why) if *why == ZipError::PASSWORD_REQUIRED => fault(BankFaultKind::ArchiveLocked),
        _ => fault(BankFaultKind::ArchiveBroken),
    }
}

/// A name of a file as it can be shown and kept: without folders, without characters that are not seen or that turn the
/// direction of writing, at most 100 characters of which the end is kept.
#[must_use]
pub fn clean_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let seen: Vec<char> = last.chars().filter(|char| !is_unseen(*char)).collect();
    let text: String = if seen.len() <= MAX_NAME {
        seen.iter().collect()
    } else {
        let (start, end) = (seen.iter().take(MAX_NAME - 21), seen.iter().skip(seen.len() - 20));
        start.chain(&['…']).chain(end).collect()
    };
    match text.trim() {
        "" => "bank.xml".to_owned(),
        text => text.to_owned(),
    }
}
