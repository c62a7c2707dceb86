//! Completions and manual pages: made from the same definitions as the help.

use std::process::Command;

use crate::support::{COMMANDS, Folder, rebirth};

fn good(args: &[&str]) -> String {
    let outcome = rebirth(args.iter().copied());
    assert_eq!((outcome.code, outcome.err.as_str()), (0, ""), "{args:?}");
    outcome.out
}

/// The long options that a help text lists.
fn options(help: &str) -> Vec<String> {
    let lines = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    let words = lines.flat_map(|line| line.split([' ', ',']).find(|word| word.starts_with("--")));
    words.map(str::to_owned).collect()
}

#[test]
fn the_list_of_commands_is_complete() {
    let help = good(&["--help"]);
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let listed: Vec<&str> = listed.filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(listed, [COMMANDS, &["help"]].concat());
}

#[test]
fn every_shell_completes_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = good(&["completions", shell]);
        for word in COMMANDS.iter().chain(&["message-format", "stage"]) {
            assert!(script.contains(word), "{shell} lacks {word}");
        }
    }
    assert_eq!(rebirth(["completions", "tcsh"]).code, 2);
}

#[test]
fn bash_reads_its_script() {
    let folder = Folder::new();
    folder.write("rebirth", good(&["completions", "bash"]));
    let script = folder.path("rebirth");
    let read = Command::new("bash").arg("-n").arg(&script).output().expect("this test needs bash");
    assert!(read.status.success() && read.stderr.is_empty(), "{read:?}");
    let complete =
        "source \"$1\"; COMP_WORDS=(rebirth che) COMP_CWORD=1; _rebirth rebirth che rebirth; echo \"${COMPREPLY[@]}\"";
    let completed = Command::new("bash").args(["-c", complete, "bash"]).arg(&script).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&completed.stdout), "check\n", "{completed:?}");
}

#[test]
fn pages_have_every_option() {
    let folder = Folder::new();
    let outcome = folder.run(&["man", "--output", "{}/share/man1"]);
    assert_eq!((outcome.code, outcome.out.as_str(), outcome.err.as_str()), (0, "", ""));
    let check = |name: &str, args: &[&str]| {
        let page = std::fs::read_to_string(folder.path("share/man1").join(format!("{name}.1"))).unwrap();
        for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES"] {
            assert_eq!(page.lines().filter(|line| *line == format!(".SH {section}")).count(), 1, "{name}: {section}");
        }
        assert!(
            page.contains(&format!(".TH {name} 1")) && page.contains(&format!("\n{} \\- ", name.replace('-', "\\-"))),
            "{page}"
        );
        let options = options(&good(&[args, &["--help"]].concat()));
        assert!(options.len() >= 6, "{options:?}");
        for option in options {
            assert!(page.contains(&format!("\\fB{}\\fR", option.replace('-', "\\-"))), "{name} lacks {option}");
        }
        page
    };
    for command in COMMANDS {
        let page = check(&format!("rebirth-{command}"), &[command]);
        assert!(page.contains("\\fBrebirth ") && page.contains(&format!("\nrebirth {command}")), "{page}");
    }
    let main = check("rebirth", &[]);
    for command in COMMANDS {
        assert!(main.contains(&format!("rebirth\\-{command}(1)")), "{command}");
    }
    assert_eq!(std::fs::read_dir(folder.path("share/man1")).unwrap().count(), COMMANDS.len() + 1);
    assert_eq!(good(&["man"]), main);
}

#[test]
fn pages_that_cannot_be_written() {
    let folder = Folder::new();
    folder.fails(&["man", "--output", "{}/tiny.net"], "E0506", "`{}/tiny.net` cannot be written");
    folder.fails(&["man", "--output", "{}/tiny.net/man1"], "E0506", "cannot be written");
}
