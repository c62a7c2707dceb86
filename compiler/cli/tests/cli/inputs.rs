//! Bad files and options: what they say, and the exit code.

use crate::support::{Folder, rebirth};

#[test]
fn net_files() {
    let folder = Folder::new();
    folder.write("empty.net", "");
    folder.write("bytes.net", b"net \xff");
    folder.write("long.net", vec![b' '; 256 * 1024 + 1]);
    folder.write("syntax.net", "net x(");
    folder.write("name.net", "net x(a: f32[n, 4]) -> f32[n, 4] { a |> rleu }");
    for command in ["check", "inspect", "bench"] {
        let check = |file: &str, code, text| folder.fails(&[command, file], code, text);
        check("{}/none.net", "E0901", "the file `{}/none.net` does not exist");
        check("{}", "E0902", "is a directory, not a `.net` file");
        check("/dev/null", "E0903", "is a device or pipe");
        check("{}/long.net", "E0905", "more than 262144 bytes");
        check("{}/bytes.net", "E0103", "not UTF-8");
        check("{}/empty.net", "E0201", "the file has no net");
        check("{}/syntax.net", "E0106", "{}/syntax.net:1:");
        check("{}/name.net", "E0209", "did you mean `relu`?");
    }
}

#[test]
fn a_text_of_the_greatest_length_is_read() {
    let folder = Folder::new();
    let mut text = crate::support::TINY.to_owned();
    text.push_str(&" ".repeat(256 * 1024 - text.len()));
    folder.write("long.net", text);
    assert_eq!(folder.run(&["check", "{}/long.net"]).code, 0);
}

#[test]
fn several_errors_are_all_shown() {
    let folder = Folder::new();
    folder.write("two.net", "net x(a: f32[n, 4]) -> f32[n, 4] {\n    let b = one\n    let c = two\n    a\n}\n");
    let outcome = folder.run(&["check", "{}/two.net"]);
    assert_eq!(outcome.code, 1);
    assert!(outcome.err.contains("`one`") && outcome.err.contains("`two`"), "{}", outcome.err);
    assert!(outcome.err.contains("\n2 errors\n"), "{}", outcome.err);
}

#[test]
fn images() {
    let folder = Folder::new();
    folder.write("empty.png", "");
    folder.write("text.png", "not an image");
    folder.write("cut.png", &std::fs::read(crate::support::samples().join("images/digit-7.png")).unwrap()[..60]);
    let check = |image: &str, code, text| {
        folder.fails(&["run", "{}/tiny.net", "--weights", "random:1", "-q", "--image", image], code, text)
    };
    check("{}/none.png", "E0501", "the image `{}/none.png` does not exist");
    check("{}", "E0502", "a directory");
    check("{}/empty.png", "E0503", "is empty");
    check("{}/text.png", "E0521", "is not an image in a known format");
    check("{}/cut.png", "E0522", "is damaged");
    let two = ["run", "{}/tiny.net", "--image", "a.png", "--image", "b.png"];
    folder.fails(&two, "E0922", "2 images are given, but the net has 1 input");
    folder.fails(&["run", "{}/pair.net", "--image", "a.png"], "E0921", "`--input x.npy`");
}

#[test]
fn arrays() {
    let folder = Folder::new();
    folder.array("good.npy", &[1, 3, 8, 8], 1.0);
    folder.array("wide.npy", &[1, 3, 8, 9], 1.0);
    folder.array("flat.npy", &[8], 1.0);
    folder.array("two.npy", &[2, 4], 1.0);
    folder.array("three.npy", &[3, 4], 1.0);
    folder.write("text.npy", "no array");
    let mut doubles = std::fs::read(folder.path("good.npy")).unwrap();
    let at = doubles.windows(3).position(|bytes| bytes == b"<f4").unwrap();
    doubles[at + 2] = b'8';
    folder.write("doubles.npy", doubles);

    let check = |array: &str, code, text| {
        folder.fails(&["run", "{}/tiny.net", "--weights", "random:1", "-q", "--input", array], code, text)
    };
    check("{}/none.npy", "E0501", "does not exist");
    check("{}", "E0502", "a directory");
    check("{}/text.npy", "E0511", "not a valid .npy file");
    check("{}/doubles.npy", "E0512", "f32");
    check("{}/wide.npy", "E0232", "");
    check("{}/flat.npy", "E0232", "");
    check("y={}/good.npy", "E0233", "`y`");

    let pair = |inputs: &[&str], code, text| {
        let mut args = vec!["run", "{}/pair.net", "--weights", "random:1", "-q"];
        args.extend(inputs.iter().flat_map(|input| ["--input", input]));
        folder.fails(&args, code, text);
    };
    pair(&["{}/two.npy"], "E0233", "");
    pair(&["a={}/two.npy"], "E0801", "2 inputs (`a`, `b`)");
    pair(&["a={}/two.npy", "a={}/two.npy"], "E0233", "`a`");
    pair(&["a={}/two.npy", "b={}/three.npy"], "E0232", "");
}

#[test]
fn an_image_and_an_array_for_one_input() {
    let folder = Folder::new();
    folder.array("x.npy", &[1, 3, 8, 8], 1.0);
    let image = crate::support::samples().join("images/digit-7.png");
    let image = image.to_str().unwrap();
    let args = ["run", "{}/tiny.net", "--weights", "random:1", "-q", "--input", "{}/x.npy", "--image", image];
    folder.fails(&args, "E0804", "given twice");
}

#[test]
fn weights() {
    let folder = Folder::new();
    folder.array("x.npy", &[1, 3, 8, 8], 1.0);
    let run = ["run", "{}/tiny.net", "--input", "{}/x.npy"];
    folder.fails(&run, "E0911", "there is no weights file `{}/tiny.safetensors`");
    folder.fails(&run, "E0911", "--weights random:1");
    let with = |weights: &'static str| [&run[..], &["--weights", weights]].concat();
    folder.fails(&with("{}/none.safetensors"), "E0401", "does not exist");
    folder.fails(&with("{}"), "E0402", "a directory");
    folder.write("short.safetensors", "short");
    folder.fails(&with("{}/short.safetensors"), "E0405", "not a valid safetensors file");
    folder.fails(&with("{}/x.npy"), "E0406", "header");
}

#[test]
fn outputs() {
    let folder = Folder::new();
    folder.array("x.npy", &[2, 4], 1.0);
    let check = |outputs: &[&str], code, text| {
        let mut args =
            vec!["run", "{}/pair.net", "--weights", "random:1", "-q", "--input", "a={}/x.npy", "--input", "b={}/x.npy"];
        args.extend(outputs.iter().flat_map(|output| ["--output", output]));
        folder.fails(&args, code, text);
    };
    check(&["total={}/y.npy"], "E0931", "no output `total`");
    check(&["{}/y.npy", "{}/z.npy"], "E0933", "written twice");
    assert!(!folder.path("y.npy").exists());
    check(&["{}/none/y.npy"], "E0506", "cannot be written");
}

#[test]
fn labels() {
    let folder = Folder::new();
    folder.array("x.npy", &[1, 3, 8, 8], 1.0);
    folder.write("tiny.safetensors", "");
    folder.write("labels.txt", "cat\ndog\n");
    folder.fails(&["run", "{}/tiny.net", "--input", "{}/x.npy"], "E0532", "has 2 labels, but the output has 3 classes");
    std::fs::remove_file(folder.path("labels.txt")).unwrap();
    folder.fails(&["run", "{}/tiny.net", "--input", "{}/x.npy"], "E0501", "the labels file");
}

#[test]
fn usage() {
    for args in [
        &[][..],
        &["frobnicate"],
        &["check"],
        &["ir", "x.net"],
        &["ir", "x.net", "--stage", "tokens"],
        &["run", "x.net"],
        &["run", "x.net", "--image", "a.png", "--top", "0"],
        &["run", "x.net", "--image", "a.png", "--weights", "random:x"],
        &["run", "x.net", "--input", "x="],
        &["bench", "x.net", "--runs", "0"],
        &["check", "x.net", "--set", "n"],
        &["check", "x.net", "--cpu", "z80"],
        &["check", "x.net", "--color", "sometimes"],
        &["completions"],
        &["fmt"],
        &["explain", "E0112", "E0113"],
    ] {
        let outcome = rebirth(args.iter().copied());
        assert_eq!((outcome.code, outcome.out.as_str()), (2, ""), "{args:?}");
        assert!(!outcome.err.is_empty(), "{args:?}");
    }
    let outcome = rebirth(["run", "x.net"]);
    assert!(outcome.err.contains("--image <IMG>") && outcome.err.contains("--input"), "{}", outcome.err);
}

/// An ONNX model that can be imported.
fn onnx() -> String {
    crate::support::samples().join("../tests/cases/onnx/good.onnx").display().to_string()
}

#[test]
fn an_onnx_file_has_one_net() {
    let folder = Folder::new();
    let model = onnx();
    for command in ["check", "inspect", "bench"] {
        folder.fails(&[command, &model, "--net", "foo"], "E1020", "there is no net `foo` in it");
        folder.fails(&[command, &model, "--net", "foo"], "E1020", "this one is `good`");
    }
    folder.fails(&["import", &model, "--net", "foo", "-o", "-"], "E1020", "`foo`");
    assert_eq!(folder.run(&["check", &model, "--net", "good"]).code, 0);
}

#[test]
fn import_is_for_onnx() {
    let folder = Folder::new();
    folder.fails(&["import", "{}/tiny.net", "-o", "{}/m.net"], "E0971", "is a `.net` file, not an ONNX model");
    let help = folder.run(&["import", "--help"]).out;
    assert!(help.contains("The `.onnx` file") && !help.contains("The `.net` or `.onnx` file"), "{help}");
}

#[test]
fn a_failed_import_leaves_nothing() {
    let folder = Folder::new();
    let names = || {
        let mut names: Vec<_> =
            std::fs::read_dir(folder.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    std::fs::create_dir(folder.path("dir.net")).unwrap();
    std::fs::create_dir(folder.path("weights.safetensors")).unwrap();
    let before = names();
    for target in ["{}/dir.net", "{}/weights.net", "{}/missing/m.net"] {
        folder.fails(&["import", &onnx(), "--force", "-o", target], "E0506", "cannot be written");
        assert_eq!(names(), before, "{target}");
    }
}

#[test]
fn imports_do_not_replace_files() {
    let folder = Folder::new();
    let model = onnx();
    let import = ["import", &model, "-o", "{}/m.net"];
    folder.write("m.safetensors", "trained");
    folder.fails(&import, "E0942", "`{}/m.safetensors` is there already");
    assert!(!folder.path("m.net").exists());
    folder.write("m.net", "edited");
    folder.fails(&import, "E0942", "`{}/m.net` and `{}/m.safetensors` are there already");
    assert_eq!(std::fs::read(folder.path("m.net")).unwrap(), b"edited");
    assert_eq!(folder.run(&[&import[..], &["--force"]].concat()).code, 0);
    assert_eq!(folder.run(&["check", "{}/m.net"]).code, 0);
    // Now all is there, and printing replaces nothing.
    assert_eq!(folder.run(&[&import[..3], &["-"]].concat()).code, 0);
}
