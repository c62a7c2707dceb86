//! Mapping files into memory.

use std::fs::File;
use std::io;

use memmap2::Mmap;

/// Maps a file for reading.
///
/// The bytes change if another process writes to the file: users read each once, and take any value as possible.
#[allow(unsafe_code)]
pub(crate) fn map(file: &File) -> io::Result<Mmap> {
    // SAFETY: the mapping is private to this process and read-only, so nothing here writes to it. If another process
    // writes to the file, the bytes seen change; all uses copy them as plain numbers, for which every bit pattern is
    // valid, and bounds are never read from the mapping twice. If another process truncates the file, touching a page
    // behind its end ends this process with SIGBUS, no memory of ours being read or written. Files written by this
    // crate are replaced by renaming, which leaves a mapping of the old file as it was.
    unsafe { Mmap::map(file) }
}

/// A file in memory, as it is on the disk.
#[derive(Debug)]
pub struct MappedFile(Mmap);

impl MappedFile {
    /// Maps an open file.
    pub(crate) fn new(file: &File) -> io::Result<MappedFile> {
        map(file).map(MappedFile)
    }
}

impl AsRef<[u8]> for MappedFile {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}
