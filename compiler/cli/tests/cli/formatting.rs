//! `rebirth fmt`: which files it touches, what it says, and its exit codes. Styles are the formatter's business.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use crate::support::Folder;

/// A folder whose `tiny.net` and `pair.net` are formatted, with `untidy.net`, which is not, and what that should be.
fn folder() -> (Folder, String) {
    let folder = Folder::new();
    let outcome = folder.run(&["fmt", "{}"]);
    assert_eq!((outcome.code, outcome.out.as_str(), outcome.err.as_str()), (0, "", ""));
    let tidy = fs::read_to_string(folder.path("pair.net")).unwrap();
    folder.write("untidy.net", format!("{tidy} \n\n\n"));
    (folder, tidy)
}

#[test]
fn files_are_formatted_in_place() {
    let (folder, tidy) = folder();
    for argument in ["{}/untidy.net", "{}"] {
        folder.write("untidy.net", format!("{tidy} \n\n\n"));
        let outcome = folder.run(&["fmt", argument]);
        assert_eq!((outcome.code, outcome.out.as_str(), outcome.err.as_str()), (0, "", ""));
        assert_eq!(fs::read_to_string(folder.path("untidy.net")).unwrap(), tidy);
    }
    let mut names: Vec<_> = fs::read_dir(folder.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["labels.txt", "pair.net", "tiny.net", "untidy.net"]);
}

#[test]
fn a_file_that_is_fine_is_not_written() {
    let (folder, _) = folder();
    let written = || fs::metadata(folder.path("pair.net")).unwrap().modified().unwrap();
    let long_ago = std::time::SystemTime::UNIX_EPOCH;
    fs::File::options().write(true).open(folder.path("pair.net")).unwrap().set_modified(long_ago).unwrap();
    assert_eq!(folder.run(&["fmt", "{}"]).code, 0);
    assert_eq!(written(), long_ago);
}

#[cfg(unix)]
#[test]
fn permissions_and_links_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let (folder, tidy) = folder();
    let [file, link] = ["untidy.net", "link.net"].map(|name| folder.path(name));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&file, &link).unwrap();
    assert_eq!(folder.run(&["fmt", "{}/link.net"]).code, 0);
    assert!(link.is_symlink());
    assert_eq!(fs::read_to_string(&file).unwrap(), tidy);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn check_lists_files_and_writes_nothing() {
    let (folder, tidy) = folder();
    let name = folder.path("untidy.net").display().to_string();
    let outcome = folder.run(&["fmt", "--check", "{}"]);
    assert_eq!((outcome.code, outcome.out.as_str()), (1, format!("{name}\n").as_str()));
    let header = format!("--- {name}\n+++ {name} (formatted)\n@@ ");
    assert!(outcome.err.starts_with(&header) && outcome.err.contains("\n-"), "{}", outcome.err);
    assert!(!outcome.err.contains("explain"), "{}", outcome.err);
    assert_eq!(fs::read_to_string(folder.path("untidy.net")).unwrap(), format!("{tidy} \n\n\n"));
    for silent in ["-q", "--message-format=short", "--message-format=json"] {
        let outcome = folder.run(&["fmt", "--check", "{}", silent]);
        assert_eq!((outcome.code, outcome.out, outcome.err.as_str()), (1, format!("{name}\n"), ""), "{silent}");
    }
    let outcome = folder.run(&["fmt", "--check", "{}/pair.net", "{}/tiny.net"]);
    assert_eq!((outcome.code, outcome.out.as_str(), outcome.err.as_str()), (0, "", ""));
}

#[test]
fn errors_in_one_file_do_not_stop_the_others() {
    let (folder, tidy) = folder();
    folder.write("bad.net", "net bad(\n");
    folder.write("bytes.net", b"net \xff");
    let outcome = folder.run(&["fmt", "{}/none.net", "{}"]);
    assert_eq!((outcome.code, outcome.out.as_str()), (1, ""));
    for code in ["E0901", "E0106", "E0103"] {
        assert!(outcome.err.contains(code), "{code}: {}", outcome.err);
    }
    assert!(outcome.err.ends_with("for more about an error: rebirth explain E0901\n"), "{}", outcome.err);
    assert_eq!(fs::read_to_string(folder.path("untidy.net")).unwrap(), tidy);
    assert_eq!(fs::read_to_string(folder.path("bad.net")).unwrap(), "net bad(\n");
}

#[test]
fn bad_arguments() {
    let folder = Folder::new();
    fs::create_dir(folder.path("none")).unwrap();
    folder.fails(&["fmt", "{}/none"], "E0906", "there is no `.net` file in the directory `{}/none`");
    folder.fails(&["fmt", "/dev/null"], "E0903", "a device or pipe");
    folder.write("long.net", vec![b' '; 256 * 1024 + 1]);
    folder.fails(&["fmt", "{}/long.net"], "E0905", "more than 262144 bytes");
    assert_eq!(folder.run(&["fmt"]).code, 2);
}

/// What the program does with a text on its standard input: exit code, output and messages.
fn piped(args: &[&str], text: &[u8]) -> (i32, String, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_rebirth"));
    let pipe = program.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipe.spawn().unwrap();
    // A program that has read enough closes its end.
    let _ = child.stdin.take().unwrap().write_all(text);
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn standard_input_goes_to_standard_output() {
    let (_, tidy) = folder();
    let untidy = format!("{tidy}  \n\n");
    assert_eq!(piped(&["fmt", "-"], untidy.as_bytes()), (0, tidy.clone(), String::new()));
    assert_eq!(piped(&["fmt", "--check", "-q", "-"], untidy.as_bytes()), (1, "<stdin>\n".to_owned(), String::new()));
    assert_eq!(piped(&["fmt", "--check", "-"], tidy.as_bytes()), (0, String::new(), String::new()));
    let (code, out, err) = piped(&["fmt", "-", "--message-format=short"], b"net x(");
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.starts_with("<stdin>:1:6: error[E0106]: "), "{err}");
    let (code, out, err) = piped(&["fmt", "-"], &vec![b' '; 256 * 1024 + 1]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("E0905"), "{err}");
}
