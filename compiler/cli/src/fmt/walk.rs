//! Which texts the arguments of `rebirth fmt` stand for.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::codes;
use crate::failure::Failure;

/// A text to format.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Text {
    Stdin,
    File(PathBuf),
}

/// The texts in the order of the arguments, those of a directory in the order of their names; each once. Links that are arguments are
/// followed, links in directories are not.
pub(super) fn texts(arguments: &[PathBuf]) -> Vec<Result<Text, Failure>> {
    let mut found = Vec::new();
    for path in arguments {
        let before = found.len();
        if path.as_os_str() == "-" {
            found.push(Ok(Text::Stdin));
        } else if path.is_dir() {
            directory(path, &mut found);
            if found.len() == before {
                let message = format!("there is no `.net` file in the directory `{}`", path.display());
                found.push(Err(Failure::new(codes::NO_SOURCES, message, "give a directory with networks, or a file")));
            }
        } else {
            found.push(Ok(Text::File(path.clone())));
        }
    }
    let mut seen = HashSet::new();
    found.retain(|text| text.as_ref().map_or(true, |text| seen.insert(text.clone())));
    found
}

fn directory(path: &Path, found: &mut Vec<Result<Text, Failure>>) {
    let entries = fs::read_dir(path).and_then(|entries| {
        let entries = entries.map(|entry| entry.and_then(|entry| Ok((entry.path(), entry.file_type()?))));
        entries.collect::<io::Result<Vec<_>>>()
    });
    let mut entries = match entries {
        Ok(entries) => entries,
        Err(error) => {
            let message = format!("the directory `{}` cannot be read: {error}", path.display());
            found.push(Err(Failure::new(codes::SOURCE_UNREADABLE, message, "check its permissions")));
            return;
        }
    };
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    for (path, kind) in entries {
        if path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".")) {
            continue;
        }
        if kind.is_dir() {
            directory(&path, found);
        } else if kind.is_file() && path.extension().is_some_and(|extension| extension == "net") {
            found.push(Ok(Text::File(path)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with these files, and what is found for some arguments; `.` is the folder.
    fn check(files: &[&str], arguments: &[&str], expected: &[&str]) {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let absolute = |name: &&str| if *name == "-" { PathBuf::from("-") } else { folder.path().join(name) };
        let found = texts(&arguments.iter().map(absolute).collect::<Vec<_>>());
        let names = found.into_iter().map(|text| match text {
            Ok(Text::Stdin) => "-".to_owned(),
            Ok(Text::File(path)) => path.strip_prefix(folder.path()).unwrap().to_str().unwrap().to_owned(),
            Err(Failure::Problem(problem)) => problem.code.to_owned(),
            Err(other) => panic!("{other:?}"),
        });
        assert_eq!(names.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn directories_are_walked_in_order() {
        let files = ["b.net", "a/c.net", "a.net", "a/d/e.net", "a/x.txt", "net", "c.NET"];
        check(&files, &["."], &["a/c.net", "a/d/e.net", "a.net", "b.net"]);
        check(&files, &["b.net", "a"], &["b.net", "a/c.net", "a/d/e.net"]);
        check(&files, &["a/d", "-", "a", "-"], &["a/d/e.net", "-", "a/c.net"]);
    }

    #[test]
    fn hidden_files_and_folders_are_passed_over() {
        check(&[".a.net", ".git/b.net", "c.net"], &["."], &["c.net"]);
        check(&[".a.net"], &[".a.net"], &[".a.net"]);
    }

    #[test]
    fn what_is_no_net_is_an_error_only_when_asked_for() {
        check(&["a/x.txt"], &["a", "b.net"], &["E0906", "b.net"]);
        check(&["a/x.txt"], &["a/x.txt"], &["a/x.txt"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_in_directories_are_not_followed() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let [outside, inside, link] = ["outside", "inside", "inside/link"].map(|name| folder.path().join(name));
        fs::create_dir_all(&outside).unwrap();
        fs::create_dir_all(&inside).unwrap();
        fs::write(outside.join("a.net"), "").unwrap();
        fs::write(inside.join("b.net"), "").unwrap();
        symlink(&outside, &link).unwrap();
        symlink(&inside, inside.join("round")).unwrap();
        symlink(outside.join("a.net"), inside.join("c.net")).unwrap();
        let files = |argument: PathBuf| texts(&[argument]).into_iter().map(Result::unwrap).collect::<Vec<_>>();
        assert_eq!(files(inside.clone()), [Text::File(inside.join("b.net"))]);
        assert_eq!(files(link.clone()), [Text::File(link.join("a.net"))]);
    }
}
