use super::{Program, Unreadable, join};
use crate::limits::FILES;
use crate::{Report, Source};

/// Loads `root.net` from files given as `(path, text)`; the first is the root.
fn load(files: &[(&str, &str)]) -> Result<Program, Report> {
    let root = Source::new(files[0].0, files[0].1);
    Program::load(root, &mut |path| match files.iter().find(|(name, _)| *name == path) {
        Some((name, text)) => Ok(Source::new(*name, *text)),
        None => Err(Unreadable { message: format!("no `{path}`"), help: String::new() }),
    })
}

/// The codes and messages of what is wrong, each with the file and text it points at.
fn errors(files: &[(&str, &str)]) -> Vec<String> {
    let report = load(files).expect_err("it has errors");
    let place = |label: &crate::Label| {
        let source = report.sources().get(label.span.file);
        format!("{}: {}", source.name(), source.slice(label.span))
    };
    report
        .diagnostics()
        .map(|d| {
            let places: Vec<String> = d.labels.iter().map(place).collect();
            format!("{} {} [{}]", d.code, d.message, places.join(", "))
        })
        .collect()
}

#[test]
fn files_are_read_once_and_in_order() {
    let program = load(&[
        ("root.net", r#"import "a/a.net" { x } import "b.net" { y as z } const c = 1"#),
        ("a/a.net", r#"import "../b.net" { y } import "c.net" { w } const x = y"#),
        ("b.net", "const y = 1"),
        ("a/c.net", "const w = 1"),
    ])
    .expect("a sound program");
    let names: Vec<&str> = program.sources().iter().map(Source::name).collect();
    assert_eq!(names, ["root.net", "a/a.net", "b.net", "a/c.net"]);
    let imports: Vec<Vec<usize>> =
        program.files().map(|(id, _)| program.imports(id).map(|(_, target)| target.index()).collect()).collect();
    assert_eq!(imports, [vec![1, 2], vec![2, 3], vec![], vec![]]);
    let (import, target) = program.imports(crate::source::FileId::ROOT).last().expect("two imports");
    assert_eq!((import.names[0].local().name.as_str(), target.index()), ("z", 2));
}

#[test]
fn spans_know_their_file() {
    let program = load(&[("root.net", r#"import "b.net" { y }"#), ("b.net", "const y = 1 + 2")]).expect("sound");
    for (id, file) in program.files() {
        for item in &file.items {
            assert_eq!(item.span().file, id);
        }
    }
    let y = program.file(program.imports(crate::source::FileId::ROOT).next().expect("one").1).items[0].span();
    assert_eq!(program.sources().slice(y), "const y = 1 + 2");
}

#[test]
fn errors_of_all_files_are_reported() {
    let found = errors(&[
        ("root.net", r#"import "b.net" { y } import "none.net" { y } const d = "#),
        ("b.net", "const y = 0x1\nblock b(x) { y = x  y }"),
    ]);
    assert_eq!(
        found,
        [
            "E0136 no `none.net` [root.net: \"none.net\"]",
            "E0108 expected an expression after `=` [root.net: ]",
            "E0123 `0x1` is not a number [b.net: 0x1]",
            "E0112 a binding begins with `let` [b.net: y]",
        ]
    );
}

#[test]
fn cycles() {
    assert_eq!(
        errors(&[("root.net", r#"import "root.net" { x }"#)]),
        [r#"E0137 files import each other: `root.net` imports `root.net` [root.net: "root.net"]"#]
    );
    assert_eq!(
        errors(&[
            ("root.net", r#"import "a.net" { x } import "c.net" { x }"#),
            ("a.net", r#"import "c.net" { x } import "b.net" { x }"#),
            ("b.net", r#"import "c.net" { x } import "a.net" { x }"#),
            ("c.net", "const x = 1"),
        ]),
        [r#"E0137 files import each other: `a.net` imports `b.net` imports `a.net` [b.net: "a.net", a.net: "b.net"]"#]
    );
    // The root file is not read again where another one imports it.
    let root_with_error =
        [("root.net", "import \"a.net\" { x }\nconst c = 1 +"), ("a.net", "import \"root.net\" { c }")];
    let found = errors(&root_with_error);
    assert_eq!(found.iter().filter(|error| error.contains("[root.net")).count(), 1, "{found:?}");
}

#[test]
fn paths() {
    for (folder, path, expected) in [
        ("", "a.net", Ok("a.net")),
        ("", "./a.net", Ok("a.net")),
        ("", "b/../a.net", Ok("a.net")),
        ("b/c", "../a.net", Ok("b/a.net")),
        ("b", "../c/a.net", Ok("c/a.net")),
        ("", "", Err("the path is empty")),
        ("", "../a.net", Err("this leaves the folder of the root file")),
        ("b", "../../a.net", Err("this leaves the folder of the root file")),
        ("", "/a.net", Err("an absolute path")),
        ("", "c:a.net", Err("an absolute path")),
        ("", "b\\a.net", Err("folders are separated by `/`")),
        ("", "b\0.net", Err("control characters are in no name of a file")),
        ("", "b\n.net", Err("control characters are in no name of a file")),
        ("", "b//a.net", Err("an empty name of a folder or file")),
        ("", "b/", Err("an empty name of a folder or file")),
        ("b", "..", Err("a folder, not a file")),
        ("", ".", Err("a folder, not a file")),
    ] {
        assert_eq!(join(folder, path).as_deref().map_err(|why| *why), expected, "{path:?} in {folder:?}");
    }
}

#[test]
fn as_many_files_as_the_limit() {
    let chain = |count: usize| -> Vec<(String, String)> {
        (0..count)
            .map(|i| {
                let import = if i + 1 < count { format!("import \"{}.net\" {{ x }} ", i + 1) } else { String::new() };
                (format!("{i}.net"), format!("{import} const x = 1"))
            })
            .collect()
    };
    let check = |count: usize| {
        let files = chain(count);
        let files: Vec<(&str, &str)> = files.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        load(&files)
            .map(|program| program.files().count())
            .map_err(|report| report.diagnostics().map(|d| d.code).collect::<Vec<_>>())
    };
    assert_eq!(check(FILES), Ok(FILES));
    assert_eq!(check(FILES + 1), Err(vec!["E0138"]));
}
