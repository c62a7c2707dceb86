//! Files: opening with errors that say what is wrong, capped reading, writing that is never half done.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, FileKind};
pub use crate::mapping::MappedFile;

/// Opens a regular file that is not empty, and tells its size in bytes.
pub(crate) fn open(path: &Path, kind: FileKind) -> Result<(File, u64), Error> {
    let read = |source| Error::Read { kind, path: path.to_owned(), source };
    // Asked before opening: opening a pipe would wait for its writer.
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Error::NotFound { kind, path: path.to_owned() });
        }
        Err(error) => return Err(read(error)),
    };
    if !metadata.is_file() {
        let found = if metadata.is_dir() { "a directory" } else { "a device or pipe" };
        return Err(Error::NotAFile { kind, path: path.to_owned(), found });
    }
    let file = File::open(path).map_err(read)?;
    let len = file.metadata().map_err(read)?.len();
    if len == 0 {
        return Err(Error::EmptyFile { kind, path: path.to_owned() });
    }
    Ok((file, len))
}

/// Reads a whole file of at most `limit` bytes.
pub(crate) fn read_capped(path: &Path, kind: FileKind, limit: usize) -> Result<Vec<u8>, Error> {
    let (file, len) = open(path, kind)?;
    let too_large = || Error::FileTooLarge { kind, path: path.to_owned(), limit };
    let len = usize::try_from(len).ok().filter(|&len| len <= limit).ok_or_else(too_large)?;
    let mut bytes = crate::buffer::reserved(len, "a file")?;
    // The file may have grown since its size was asked; one byte more shows that.
    file.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(|source| Error::Read {
        kind,
        path: path.to_owned(),
        source,
    })?;
    if bytes.len() > limit {
        return Err(too_large());
    }
    Ok(bytes)
}

/// Maps a file of at most `limit` bytes. What another process writes to it shows; see `mapping`.
///
/// # Errors
/// It does not exist, is no file, is empty, too large, or cannot be read.
pub fn map_file(path: &Path, kind: FileKind, limit: usize) -> Result<MappedFile, Error> {
    let (file, len) = open(path, kind)?;
    if usize::try_from(len).map_or(true, |len| len > limit) {
        return Err(Error::FileTooLarge { kind, path: path.to_owned(), limit });
    }
    MappedFile::new(&file).map_err(|source| Error::Read { kind, path: path.to_owned(), source })
}

/// Writes a file so that at `path` there is always the old content or the whole new one: writes beside it, syncs,
/// renames. A link stays one: the file it leads to is written. A device or pipe is written through, as it cannot be replaced.
///
/// # Errors
/// E0506; the file beside is removed then and `path` is untouched.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut staged = Staged::new(path)?;
    staged.write(bytes)?;
    staged.commit()
}

/// A file that is written beside its place and takes it in the end, as [`write_atomically`] does it. Dropped before, it leaves nothing.
#[derive(Debug)]
pub struct Staged {
    file: File,
    /// As the caller gave it, for messages.
    path: PathBuf,
    /// Where the file lies for now, and what it replaces. A device or pipe is written as it is.
    places: Option<[PathBuf; 2]>,
}

impl Staged {
    /// Creates the file beside.
    ///
    /// # Errors
    /// E0506.
    pub fn new(path: &Path) -> Result<Staged, Error> {
        let write = |source| Error::Write { path: path.to_owned(), source };
        let target = match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_file() => path.canonicalize().map_err(write)?,
            Ok(metadata) if !metadata.is_dir() => {
                let file = OpenOptions::new().write(true).open(path).map_err(write)?;
                return Ok(Staged { file, path: path.to_owned(), places: None });
            }
            _ => path.to_owned(),
        };
        let beside = path_beside(&target).map_err(write)?;
        let file = OpenOptions::new().write(true).create_new(true).open(&beside).map_err(write)?;
        Ok(Staged { file, path: path.to_owned(), places: Some([beside, target]) })
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// E0506.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file.write_all(bytes).map_err(|source| Error::Write { path: self.path.clone(), source })
    }

    /// Syncs the file and puts it in its place.
    ///
    /// # Errors
    /// E0506; what was there before is still there.
    pub fn commit(mut self) -> Result<(), Error> {
        let Some([beside, target]) = &self.places else { return Ok(()) };
        let renamed = self.file.sync_all().and_then(|()| std::fs::rename(beside, target));
        let synced = renamed.and_then(|()| sync_folder(target));
        synced.map_err(|source| Error::Write { path: self.path.clone(), source })?;
        self.places = None;
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if let Some([beside, _]) = &self.places {
            // Nothing to say about a failure here: the first error is the one to report.
            let _ = std::fs::remove_file(beside);
        }
    }
}

/// Makes the renaming last beyond a power failure; folders can be synced on Unix only.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

/// A name in the same folder (renaming must not cross file systems) that no other writer uses.
fn path_beside(path: &Path) -> io::Result<PathBuf> {
    static WRITES: AtomicU64 = AtomicU64::new(0);
    if path.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let name = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
    let count = WRITES.fetch_add(1, Ordering::Relaxed);
    let mut beside = OsString::from(".");
    beside.push(name);
    beside.push(format!(".{}-{count}.part", std::process::id()));
    Ok(path.with_file_name(beside))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_is_written_and_replaced_and_nothing_stays_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.bin");
        for content in [b"old and longer".as_slice(), b"new"] {
            write_atomically(&path, content).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), content);
        }
        assert_eq!(names(folder.path()), ["a.bin"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_and_devices_are_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link, device] = ["file", "link", "device"].map(|name| folder.path().join(name));
        std::fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        std::os::unix::fs::symlink("/dev/null", &device).unwrap();
        for path in [&link, &device] {
            write_atomically(path, b"new").unwrap();
            assert!(path.is_symlink());
        }
        assert_eq!(std::fs::read(&file).unwrap(), b"new");
        assert_eq!(names(folder.path()).len(), 3);
    }

    #[test]
    fn what_is_not_committed_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.bin");
        std::fs::write(&path, "old").unwrap();
        let mut staged = Staged::new(&path).unwrap();
        staged.write(b"new").unwrap();
        assert_eq!(names(folder.path()).len(), 2);
        drop(staged);
        assert_eq!((names(folder.path()), std::fs::read(&path).unwrap()), (vec!["a.bin".to_owned()], b"old".to_vec()));
    }

    #[test]
    fn a_failed_write_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("d")).unwrap();
        for path in ["missing/a.bin", "d", "d/..", ""] {
            let error = write_atomically(&folder.path().join(path), b"x").unwrap_err();
            assert_eq!(error.code(), "E0506", "{path}: {error}");
        }
        assert_eq!(names(folder.path()), ["d"]);
    }

    #[test]
    fn the_cap_is_inclusive() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, [7; 10]).unwrap();
        assert_eq!(read_capped(&path, FileKind::Labels, 10).unwrap(), [7; 10]);
        assert_eq!(read_capped(&path, FileKind::Labels, 9).unwrap_err().code(), "E0505");
    }

    #[test]
    fn what_is_no_file_has_its_own_error() {
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("empty");
        std::fs::write(&empty, []).unwrap();
        for (kind, codes) in
            [(FileKind::Image, ["E0501", "E0502", "E0503"]), (FileKind::Weights, ["E0401", "E0402", "E0403"])]
        {
            let paths = [&folder.path().join("missing"), folder.path(), &empty];
            let found = paths.map(|path| open(path, kind).unwrap_err().code());
            assert_eq!(found, codes);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_refused_without_opening_it() {
        let error = read_capped(Path::new("/dev/zero"), FileKind::Array, 10).unwrap_err();
        assert_eq!(error.to_string(), "the array file `/dev/zero` is a device or pipe, not a file");
    }
}
