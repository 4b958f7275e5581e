//! The bytes of a file as text in UTF-8, while they are read: which encoding it is, the byte order mark tells, else the
//! XML declaration, else it is UTF-8. Nothing is guessed: a byte that does not exist in the encoding is refused with its
//! line, and so is a character that XML does not allow.
//!
//! Read are UTF-8, UTF-16 in both orders and the encodings of one byte (ISO 8859, Windows). As browsers do, a file that
//! says ISO-8859-1 is read as Windows-1252, which has the same letters and the euro besides. A file in an encoding that
//! is not known is read as long as it is plain ASCII.

use super::{BankFault, BankFaultKind, Foreign, MAX_BYTES};
use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use std::io::{self, BufRead, Chain, Cursor, Read};

/// How much of a file is looked at to know what it is.
pub(super) const HEAD: usize = 2048;
/// How much is decoded at once, in bytes.
const CHUNK: usize = 32 * 1024;

/// A reader of UTF-8 over bytes in some encoding.
pub(super) struct Decoded<R> {
    source: Chain<Cursor<Vec<u8>>, R>,
    decoder: encoding_rs::Decoder,
    /// As the file names it.
    encoding: String,
    /// The encoding is not known: only ASCII is sure.
    ascii: bool,
    buffer: Vec<u8>,
    from: usize,
    to: usize,
    /// Lines decoded so far.
    lines: usize,
    /// Bytes read so far.
    bytes: u64,
    /// Bytes that may still be taken before [`Self::allow`] is called again: bounds one tag or text.
    allowance: usize,
    ended: bool,
}

impl<R: BufRead> Decoded<R> {
    /// Looks at the beginning of a file: refused is what is no XML.
    pub fn new(mut source: R) -> Result<Self, BankFault> {
        let mut head = Vec::new();
        (&mut source).take(HEAD as u64).read_to_end(&mut head).map_err(|_| unreadable())?;
        if let Some(what) = foreign(&head) {
            return Err(BankFault::new(1, what));
        }
        let (encoding, name) = match encoding(&head) {
            Told::Known(encoding) => (Some(encoding), encoding.name().to_owned()),
            Told::Unknown(name) => (None, name),
        };
        Ok(Self {
            source: Cursor::new(head).chain(source),
            decoder: encoding.unwrap_or(UTF_8).new_decoder_with_bom_removal(),
            encoding: name,
            ascii: encoding.is_none(),
            buffer: vec![0; CHUNK],
            from: 0,
            to: 0,
            lines: 0,
            bytes: 0,
            allowance: usize::MAX,
            ended: false,
        })
    }

    /// Allows to take so many bytes more.
    pub const fn allow(&mut self, bytes: usize) {
        self.allowance = bytes;
    }

    /// Decodes until there is something to take, or the end.
    fn refill(&mut self) -> io::Result<()> {
        (self.from, self.to) = (0, 0);
        while self.to == 0 && !self.ended {
            let input = self.source.fill_buf()?;
            let last = input.is_empty();
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(input, &mut self.buffer, last);
            self.source.consume(read);
            self.bytes += read as u64;
            self.to = written;
            let decoded = self.buffer.get(..written).unwrap_or_default();
            if self.bytes > MAX_BYTES {
                return Err(
                    self.fault(decoded, BankFaultKind::TooLarge { most: MAX_BYTES / 1024 / 1024, packed: false })
                );
            }
            if let Some(at) = forbidden(decoded) {
                let text = decoded.get(at..).map(String::from_utf8_lossy).unwrap_or_default();
                let character = text.chars().next().unwrap_or_default().escape_unicode().to_string();
                let before = decoded.get(..at).unwrap_or_default();
                return Err(self.fault(before, BankFaultKind::ForbiddenCharacter { character }));
            }
            if self.ascii
                && let Some(at) = decoded.iter().position(|byte| !byte.is_ascii())
            {
                let kind = BankFaultKind::UnknownEncoding { encoding: self.encoding.clone() };
                return Err(self.fault(decoded.get(..at).unwrap_or_default(), kind));
            }
            match result {
                DecoderResult::Malformed(..) => {
                    let kind = if self.ascii {
                        BankFaultKind::UnknownEncoding { encoding: self.encoding.clone() }
                    } else {
                        BankFaultKind::BrokenEncoding { encoding: self.encoding.clone() }
                    };
                    return Err(self.fault(decoded, kind));
                }
                DecoderResult::InputEmpty => self.ended = last,
                DecoderResult::OutputFull => {}
            }
            self.lines += newlines(self.buffer.get(..self.to).unwrap_or_default());
        }
        Ok(())
    }

    /// A fault after what was decoded before and this.
    fn fault(&self, decoded: &[u8], kind: BankFaultKind) -> io::Error {
        io::Error::other(BankFault::new(1 + self.lines + newlines(decoded), kind))
    }
}

impl<R: BufRead> Read for Decoded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(into)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Decoded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.from >= self.to {
            self.refill()?;
        }
        let there = self.buffer.get(self.from..self.to).unwrap_or_default();
        if self.allowance == 0 && !there.is_empty() {
            let passed = newlines(there);
            let kind = BankFaultKind::TooLong { most: super::MAX_TOKEN };
            return Err(io::Error::other(BankFault::new(1 + self.lines.saturating_sub(passed), kind)));
        }
        Ok(there.get(..self.allowance.min(there.len())).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.from += amount;
        self.allowance = self.allowance.saturating_sub(amount);
    }
}

/// The fault that a reader met, where it was one of ours.
pub(super) fn fault_of(error: &io::Error, line: usize) -> BankFault {
    let ours = error.get_ref().and_then(|inner| inner.downcast_ref::<BankFault>());
    ours.cloned().unwrap_or(BankFault::new(line, BankFaultKind::Unreadable))
}

fn unreadable() -> BankFault {
    BankFault::new(1, BankFaultKind::Unreadable)
}

pub(super) fn newlines(bytes: &[u8]) -> usize {
    bytes.iter().map(|byte| usize::from(*byte == b'\n')).sum()
}

/// Whether XML 1.0 allows a character.
pub(super) fn allowed(char: char) -> bool {
    matches!(char, '\t' | '\n' | '\r') || (char >= ' ' && !matches!(char, '\u{fffe}' | '\u{ffff}'))
}

/// Where in whole characters of UTF-8 the first stands that XML does not allow.
fn forbidden(text: &[u8]) -> Option<usize> {
    let control = |byte: u8| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
    // The last two of the first plane: EF BF BE and EF BF BF.
    let last = |at: usize| matches!(text.get(at..at + 3), Some([0xef, 0xbf, 0xbe | 0xbf]));
    text.iter().enumerate().position(|(at, byte)| control(*byte) || (*byte == 0xef && last(at)))
}

/// What a file says that it is written in.
enum Told {
    Known(&'static Encoding),
    Unknown(String),
}

/// The encoding of a file with this beginning.
fn encoding(head: &[u8]) -> Told {
    if let Some((encoding, _)) = Encoding::for_bom(head) {
        return Told::Known(encoding);
    }
    match head {
        [b'<', 0, _, 0, ..] => return Told::Known(UTF_16LE),
        [0, b'<', 0, _, ..] => return Told::Known(UTF_16BE),
        _ => {}
    }
    let Some(name) = declared(head) else { return Told::Known(UTF_8) };
    match Encoding::for_label(name.as_bytes()) {
        // Read byte by byte up to here, so it is no UTF-16, whatever it says: programs of Windows write that.
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE || encoding == UTF_8 => Told::Known(UTF_8),
        Some(encoding) if encoding.is_single_byte() => Told::Known(encoding),
        _ => Told::Unknown(name),
    }
}

/// The name in `<?xml … encoding="…"?>`.
fn declared(head: &[u8]) -> Option<String> {
    let text = head.trim_ascii_start().strip_prefix(b"<?xml")?;
    let end = text.windows(2).position(|two| two == b"?>")?;
    let text = std::str::from_utf8(text.get(..end)?).ok()?;
    let value = text.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let name = value.get(1..)?.split(quote).next()?.trim();
    Some(name.chars().take(40).collect())
}

/// What a file with this beginning is, when it is no XML.
pub(super) fn foreign(head: &[u8]) -> Option<BankFaultKind> {
    let not = |what| Some(BankFaultKind::NotXml(what));
    match head {
        [b'P', b'K', 3 | 5, ..] if contains(head, b"[Content_Types].xml") => return not(Foreign::Workbook),
        [b'P', b'K', 3 | 5, ..] | [0x1f, 0x8b, ..] => return not(Foreign::Packed),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => return not(Foreign::Workbook),
        _ => {}
    }
    let known = match encoding(head) {
        Told::Known(encoding) => encoding,
        Told::Unknown(_) => UTF_8,
    };
    let text = known.decode_with_bom_removal(head).0;
    let text = text.trim_start();
    let start: String = text.chars().take(14).collect::<String>().to_ascii_lowercase();
    let first = text.lines().next().unwrap_or_default();
    if text.is_empty() {
        return (head.len() < HEAD).then_some(BankFaultKind::Empty);
    }
    if start.starts_with("<!doctype html") || start.starts_with("<html") {
        return not(Foreign::WebPage);
    }
    if text.starts_with('<') {
        return None;
    }
    if start.starts_with("%pdf") {
        return not(Foreign::Pdf);
    }
    if start.starts_with("{1:f") || start.starts_with(":20:") || text.contains("\n:20:") || text.contains("\n:60F:") {
        return not(Foreign::Mt940);
    }
    if start.starts_with("0000") && first.len() > 100 && !first.contains([',', ';']) {
        return not(Foreign::Coda);
    }
    if first.contains([',', ';', '\t']) {
        return not(Foreign::Csv);
    }
    not(Foreign::Other)
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
