//! Several files in one ZIP archive: the same files give the same bytes, whenever and wherever it is made.

use std::{
    collections::HashSet,
    io::{Cursor, Write},
};
use zip::{CompressionMethod, DateTime, System, ZipWriter, result::ZipError, write::SimpleFileOptions};

/// Why no archive was made.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// A name that could land outside the folder it is unpacked in, or that some system cannot write.
    #[error("`{0}` is not a safe file name: use relative names with `/` between folders")]
    Name(String),
    /// Two files that would land on each other, capitals aside.
    #[error("two files are named `{0}`")]
    Twice(String),
    /// The archive could not be written, such as for being too large.
    #[error("the archive could not be written")]
    Zip(#[from] ZipError),
    /// As above, for the bytes of a file.
    #[error("the archive could not be written")]
    Io(#[from] std::io::Error),
}

/// Packs files, a name and bytes each, in the order given. Names are relative, with `/` between folders; each file is
/// dated 1 January 1980, the first day that the format knows.
///
/// # Errors
/// A name that is not safe, two names that are the same, or more than the format holds.
pub fn archive(files: &[(String, Vec<u8>)]) -> Result<Vec<u8>, ArchiveError> {
    let mut archive = Archive::default();
    for (name, bytes) in files {
        archive.add(name, bytes)?;
    }
    archive.finish()
}

/// An archive that files are added to one by one, as [`archive`] packs them: only what is packed stays in memory.
pub struct Archive {
    zip: ZipWriter<Cursor<Vec<u8>>>,
    seen: HashSet<String>,
}

impl Default for Archive {
    fn default() -> Self {
        Self { zip: ZipWriter::new(Cursor::new(Vec::new())), seen: HashSet::new() }
    }
}

impl Archive {
    /// Adds a file.
    ///
    /// # Errors
    /// A name that is not safe or was added before, or more than the format holds.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), ArchiveError> {
        if !safe(name) {
            return Err(ArchiveError::Name(name.to_owned()));
        }
        if !self.seen.insert(name.to_lowercase()) {
            return Err(ArchiveError::Twice(name.to_owned()));
        }
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(6))
            .system(System::Unix)
            .unix_permissions(0o644)
            .last_modified_time(DateTime::DEFAULT);
        self.zip.start_file(name, options)?;
        self.zip.write_all(bytes)?;
        Ok(())
    }

    /// The bytes of the archive.
    ///
    /// # Errors
    /// When it holds more than the format does.
    pub fn finish(self) -> Result<Vec<u8>, ArchiveError> {
        Ok(self.zip.finish()?.into_inner())
    }
}

/// Whether a name stays inside its folder and can be written on every common system.
fn safe(name: &str) -> bool {
    !name.is_empty() && name.split('/').all(safe_part)
}

/// Whether one folder or file name is safe: no step up, no drive, no device, nothing that Windows cuts off.
fn safe_part(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let numbered = |prefix: &str| stem.strip_prefix(prefix).is_some_and(|n| n.chars().count() == 1);
    let device = matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL") || numbered("COM") || numbered("LPT");
    let forbidden = |each: char| each.is_control() || matches!(each, '\\' | ':' | '<' | '>' | '"' | '|' | '?' | '*');
    !part.is_empty() && !part.ends_with(['.', ' ']) && !part.contains(forbidden) && !device && part.len() <= 255
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn files() -> Vec<(String, Vec<u8>)> {
        vec![
            ("facturen/F2026-00042.pdf".to_owned(), vec![7; 4_000]),
            ("facturen/F2026-00042.xml".to_owned(), b"<Invoice/>".to_vec()),
            ("overzicht \u{eb}.csv".to_owned(), Vec::new()),
        ]
    }

    #[test]
    fn what_goes_in_comes_out_and_twice_gives_the_same_bytes() {
        let bytes = archive(&files()).unwrap();
        assert_eq!(bytes, archive(&files()).unwrap());
        assert!(bytes.len() < 1_000, "deflated");
        let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        assert_eq!(zip.len(), 3);
        for (index, (name, content)) in files().into_iter().enumerate() {
            let mut file = zip.by_index(index).unwrap();
            assert_eq!(file.name().unwrap(), name);
            assert_eq!(file.last_modified(), Some(DateTime::DEFAULT));
            let mut read = Vec::new();
            file.read_to_end(&mut read).unwrap();
            assert_eq!(read, content);
        }
    }

    #[test]
    fn names_stay_in_their_folder() {
        for name in [
            "",
            "/etc/passwd",
            "../x",
            "a/../x",
            "a//x",
            "a/",
            "./x",
            "..",
            "a\\x",
            "C:x",
            "C:/x",
            "x\0",
            "x\n",
            "x.",
            "x ",
            "con",
            "CON.txt",
            "a/nul.pdf",
            "COM1.xml",
            "prn",
            "aux.x",
            "lpt9",
            "a?b",
        ] {
            let refused = archive(&[(name.to_owned(), Vec::new())]);
            assert!(matches!(refused, Err(ArchiveError::Name(found)) if found == name), "{name:?}");
        }
        for name in ["a/b/c.pdf", "..x", "console.txt", "COM10.xml", ".htaccess"] {
            assert!(archive(&[(name.to_owned(), Vec::new())]).is_ok(), "{name:?}");
        }
        let twice = [("a.pdf".to_owned(), vec![1]), ("A.PDF".to_owned(), vec![2])];
        assert!(matches!(archive(&twice), Err(ArchiveError::Twice(_))));
        assert!(zip::ZipArchive::new(Cursor::new(archive(&[]).unwrap())).unwrap().is_empty());
    }
}
