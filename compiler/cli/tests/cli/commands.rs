//! What commands print when all is well.

use std::io::{self, Write};

use crate::support::{COMMANDS, Folder, rebirth, samples};
use rebirth_runtime::npy::read_npy;
use serde_json::Value;

fn sample(command: &[&str]) -> crate::support::Outcome {
    let folder = samples();
    rebirth(command.iter().map(|arg| arg.replace("{}", folder.to_str().unwrap())))
}

fn good(outcome: crate::support::Outcome) -> String {
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    outcome.out
}

fn json(outcome: crate::support::Outcome) -> Value {
    let out = good(outcome);
    assert_eq!(out.lines().count(), 1, "{out}");
    serde_json::from_str(&out).unwrap()
}

#[test]
fn check_counts_parameters_and_macs() {
    for (net, expected) in [
        ("googlenet", "googlenet: 6,998,552 parameters, 1,582,671,872 MACs\n"),
        ("mnist", "mnist: 421,642 parameters, 4,241,152 MACs\n"),
    ] {
        assert_eq!(good(sample(&["check", &format!("{{}}/{net}.net")])), expected);
    }
    let lite0 = good(sample(&["check", "{}/efficientnet_lite0.net"]));
    assert!(lite0.starts_with("efficientnet_lite0: 4,652,008 parameters (and 42,016 values of state), "), "{lite0}");
}

#[test]
fn check_takes_settings() {
    let folder = Folder::new();
    assert_eq!(good(folder.run(&["check", "{}/tiny.net"])), "tiny: 127 parameters, 6,924 MACs\n");
    assert_eq!(
        good(folder.run(&["check", "{}/tiny.net", "--set", "classes=10", "--set", "n=2"])),
        "tiny: 162 parameters, 13,904 MACs\n"
    );
    folder.fails(&["check", "{}/tiny.net", "--set", "clases=10"], "E0227", "`classes`");
}

#[test]
fn one_of_several_nets_is_chosen() {
    let folder = Folder::new();
    folder.write("both.net", format!("{}{}", crate::support::TINY, crate::support::PAIR));
    folder.fails(&["inspect", "{}/both.net"], "E0202", "--net");
    assert_eq!(good(folder.run(&["check", "{}/both.net", "--net", "pair"])), "pair: 0 parameters, 0 MACs\n");
    folder.fails(&["check", "{}/both.net", "--net", "triple"], "E0203", "`triple`");
}

#[test]
fn check_takes_all_nets_of_a_file() {
    let folder = Folder::new();
    folder.write("both.net", format!("{}{}", crate::support::TINY, crate::support::PAIR));
    let check = ["check", "{}/both.net"];
    assert_eq!(good(folder.run(&check)), "tiny: 127 parameters, 6,924 MACs\npair: 0 parameters, 0 MACs\n");
    let lines = good(folder.run(&[&check[..], &["--json"]].concat()));
    let objects: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let object =
        |net, parameters, macs| serde_json::json!({"net": net, "parameters": parameters, "state": 0, "macs": macs});
    assert_eq!(objects, [object("tiny", 127, 6924), object("pair", 0, 0)]);
}

#[test]
fn check_takes_files_to_import_from() {
    let folder = Folder::new();
    folder.write("blocks.net", "const c = 8\nfn half(v) = div(v, 2)\nblock b(x) { x |> conv(half(c), 3) }\n");
    let out = good(folder.run(&["check", "{}/blocks.net"]));
    assert!(out.ends_with("blocks.net: no net, 3 items to import\n"), "{out}");
    let json: Value = serde_json::from_str(&good(folder.run(&["check", "{}/blocks.net", "--json"]))).unwrap();
    assert_eq!(json["items"], 3);
    folder.write("bad.net", "block b(x) { x |> covn(8, 3) }\n");
    let outcome = folder.run(&["check", "{}/bad.net"]);
    assert!(outcome.code == 1 && outcome.err.contains("E0209"), "{}", outcome.err);
}

#[test]
fn check_proves_nets_for_all_sizes() {
    let folder = Folder::new();
    let net = "net m(x: f32[n, 4, h, w]) -> f32[n, 4, h, w] where h % 2 == 0 { x + conv(x, 4, 3, pad: 1) }\n";
    folder.write("open.net", net);
    let check = ["check", "{}/open.net"];
    let line = "m: 148 parameters, 7,225,344 MACs at h=224, w=224; shapes fit for all sizes with h % 2 == 0\n";
    assert_eq!(good(folder.run(&check)), line);
    let set = [&check[..], &["--set", "h=4", "--set", "w=4"]].concat();
    assert_eq!(good(folder.run(&set)), "m: 148 parameters, 2,304 MACs\n");
    let json: Value = serde_json::from_str(&good(folder.run(&[&check[..], &["--json"]].concat()))).unwrap();
    assert_eq!(json["sizes"], serde_json::json!({"h": 224, "w": 224}));
}

#[test]
fn check_shows_what_is_wrong_in_any_net_once() {
    let folder = Folder::new();
    let blocks = "block bad(x) { x |> dense(0) }\nconst size = 4\n";
    let net = |name: &str| format!("net {name}(x: f32[n, size]) -> f32[n, size] {{ x |> bad }}\n");
    folder.write(
        "nets.net",
        [blocks, &net("a"), crate::support::PAIR, &net("b"), "net c(x: f32[4]) -> f32[4] { y }\n"].concat(),
    );
    let outcome = folder.run(&["check", "{}/nets.net"]);
    assert_eq!((outcome.code, outcome.out.as_str()), (1, "pair: 0 parameters, 0 MACs\n"));
    assert_eq!(outcome.err.matches("E0302\n\n").count(), 1, "{}", outcome.err);
    assert!(outcome.err.contains("E0207") && outcome.err.contains("\n2 errors\n"), "{}", outcome.err);
}

#[test]
fn settings_may_be_of_one_net_among_several() {
    let folder = Folder::new();
    let nets = "const c = 4\n\
        net a(x: f32[n, h]) -> f32[n, c] { x |> dense(c) }\n\
        net b(x: f32[n, c]) -> f32[n, c] { x |> dense(c) }\n";
    folder.write("nets.net", nets);
    let check = |set: &[&str], expected: &str| {
        let sets = set.iter().flat_map(|set| ["--set", set]);
        assert_eq!(good(folder.run(&["check", "{}/nets.net"].into_iter().chain(sets).collect::<Vec<_>>())), expected);
    };
    check(&["h=2"], "a: 12 parameters, 8 MACs\nb: 20 parameters, 16 MACs\n");
    check(&["h=2", "c=1", "n=3"], "a: 3 parameters, 6 MACs\nb: 2 parameters, 3 MACs\n");
    let outcome = folder.run(&["check", "{}/nets.net", "--set", "h=2", "--set", "g=2"]);
    assert_eq!((outcome.code, outcome.out.as_str()), (1, ""));
    assert!(outcome.err.contains("E0227"), "{}", outcome.err);
}

#[test]
fn inspect_prints_a_table() {
    let folder = Folder::new();
    let out = good(folder.run(&["inspect", "{}/tiny.net"]));
    let lines: Vec<String> = out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(lines[0], "layer operator output parameters state MACs read written field stride");
    assert_eq!(lines[1], "stem conv [1, 4, 8, 8] 112 - 6,912 1,216 1,024 3x3 1x1");
    assert!(out.lines().all(|line| line == line.trim_end()), "{out}");
    assert!(out.ends_with("\ntiny: 127 parameters, 6,924 MACs\n"), "{out}");
}

#[test]
fn inspect_prints_json() {
    let net = json(sample(&["inspect", "{}/googlenet.net", "--json"]));
    assert_eq!(net["parameters"], 6_998_552);
    assert_eq!(net["macs"], 1_582_671_872);
    let layers = net["layers"].as_array().unwrap();
    let sum: u64 = layers.iter().map(|layer| layer["macs"].as_u64().unwrap()).sum();
    assert_eq!(sum, 1_582_671_872);
    assert_eq!(layers[0]["field"], serde_json::json!([7, 7]));
    assert_eq!(layers[0]["stride"], serde_json::json!([2, 2]));
    let last = layers.last().unwrap();
    assert_eq!((last["shape"].clone(), last["sees"].clone()), (serde_json::json!([1, 1000]), "everything".into()));
}

#[test]
fn inspect_shows_fractions_of_pixels() {
    let folder = Folder::new();
    folder.write("up.net", "net up(x: f32[n, 1, 4, 4]) -> f32[n, 1, 8, 4] { x |> resize((2, 1)) }");
    let out = good(folder.run(&["inspect", "{}/up.net"]));
    assert!(out.lines().any(|line| line.ends_with("1/2x1")), "{out}");
    let net = json(folder.run(&["inspect", "{}/up.net", "--json"]));
    assert_eq!(net["layers"][0]["field"], serde_json::json!([1, 1]));
    assert_eq!(net["layers"][0]["stride"], serde_json::json!([0.5, 1]));
}

#[test]
fn ir_prints_every_stage() {
    let folder = Folder::new();
    for (stage, expected) in
        [("ast", "net tiny"), ("graph", "conv"), ("loops", "for "), ("clif", "function "), ("asm", "ret")]
    {
        let out = good(folder.run(&["ir", "{}/tiny.net", "--stage", stage]));
        assert!(out.contains(expected), "{stage}: {out}");
        good(folder.run(&["ir", "{}/tiny.net", "--stage", stage, "-o", "{}/out"]));
        assert_eq!(std::fs::read_to_string(folder.path("out")).unwrap(), out, "{stage}");
    }
}

#[test]
fn the_syntax_tree_needs_no_names() {
    let folder = Folder::new();
    folder.write("bad.net", "net bad(x: f32[n, 4]) -> f32[n, 4] { x |> rleu }");
    assert!(good(folder.run(&["ir", "{}/bad.net", "--stage", "ast"])).contains("|> rleu"));
    folder.fails(&["ir", "{}/bad.net", "--stage", "graph", "-o", "{}/out"], "E0209", "rleu");
    assert!(!folder.path("out").exists());
}

#[test]
fn run_classifies_a_digit() {
    let run = ["run", "{}/mnist.net", "--image", "{}/images/digit-7.png"];
    let out = good(sample(&[&run[..], &["--top", "2"]].concat()));
    let lines: Vec<Vec<&str>> = out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines.len(), 2, "{out}");
    assert_eq!(&lines[0][1..], ["7", "7"], "{out}");

    let result = json(sample(&[&run[..], &["--json"]].concat()));
    let top = result["outputs"][0]["top"][0].as_array().unwrap();
    assert_eq!(top.len(), 5);
    assert_eq!((top[0]["class"].clone(), top[0]["label"].clone()), (7.into(), "7".into()));
}

#[test]
fn random_weights_are_said_and_have_no_labels() {
    let folder = Folder::new();
    folder.array("x.npy", &[2, 3, 8, 8], 1.0);
    let run = ["run", "{}/tiny.net", "--weights", "random:7", "--input", "{}/x.npy", "--output", "{}/y.npy"];
    let outcome = folder.run(&run);
    assert!(outcome.err.contains("random (seed 7)"), "{}", outcome.err);
    let out = good(outcome);
    assert!(out.starts_with("row 0\n") && out.contains("\nrow 1\n") && !out.contains("cat"), "{out}");
    let y = read_npy(&folder.path("y.npy")).unwrap();
    assert_eq!(y.shape(), [2, 3]);
    for row in y.data().chunks(3) {
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5, "{row:?}");
    }
    assert_eq!(folder.run(&[&run[..], &["-q"]].concat()).err, "");
}

#[test]
fn inputs_have_names() {
    let folder = Folder::new();
    folder.array("a.npy", &[3, 4], 2.0);
    folder.array("b.npy", &[3, 4], 5.0);
    let args = [
        "run",
        "{}/pair.net",
        "--weights",
        "random:1",
        "--output",
        "{}/y.npy",
        "--json",
        "--input",
        "b={}/b.npy",
        "--input",
        "a={}/a.npy",
    ];
    let result = json(folder.run(&args));
    assert_eq!(
        (result["outputs"][0]["max"].clone(), result["outputs"][0]["top"][2][0]["class"].clone()),
        (27.0.into(), 0.into())
    );
    let y = read_npy(&folder.path("y.npy")).unwrap();
    assert_eq!((y.shape(), y.data()), (&[3, 4][..], &[27.0; 12][..]));
}

#[test]
fn bench_prints_json() {
    let folder = Folder::new();
    let outcome = folder.run(&["bench", "{}/tiny.net", "--runs", "4", "--json", "--output", "{}/y.npy"]);
    assert!(outcome.err.contains("random (seed 1)"), "{}", outcome.err);
    let timing = json(outcome);
    assert_eq!(
        (timing["runs"].clone(), timing["net"].clone(), timing["weights"].clone()),
        (4.into(), "tiny".into(), "random:1".into())
    );
    for name in ["median_ms", "min_ms", "compile_ms", "arena_bytes", "weights_bytes"] {
        assert!(timing[name].as_f64().unwrap() > 0.0, "{name}: {timing}");
    }
    assert!(timing["min_ms"].as_f64() <= timing["median_ms"].as_f64());
    assert!(timing["cpu"].is_string());
    assert_eq!(read_npy(&folder.path("y.npy")).unwrap().shape(), [1, 3]);
    assert!(good(folder.run(&["bench", "{}/tiny.net", "--runs", "1"])).starts_with("tiny: median "));
}

#[test]
fn help_has_examples() {
    assert!(good(rebirth(["--version"])).starts_with("rebirth "));
    for command in COMMANDS {
        let help = good(rebirth([command, "--help"]));
        assert!(help.contains("EXAMPLES") && help.contains(&format!("rebirth {command} ")), "{help}");
    }
}

#[test]
fn colours_are_asked_for() {
    let folder = Folder::new();
    let escapes = |color: &str| folder.run(&["check", "{}/none.net", "--color", color]).err.contains('\x1b');
    assert!(escapes("always"));
    assert!(!escapes("never"));
    assert!(!escapes("auto"));
}

#[test]
fn warnings_go_to_the_second_stream() {
    let folder = Folder::new();
    folder.write("unused.net", "net unused(a: f32[n, 4], b: f32[n, 4]) -> f32[n, 4] { a |> relu }");
    let outcome = folder.run(&["check", "{}/unused.net"]);
    assert!(outcome.err.contains("E0248") && outcome.err.contains('⚠'), "{}", outcome.err);
    assert_eq!(good(outcome), "unused: 0 parameters, 0 MACs\n");
    assert_eq!(folder.run(&["-q", "check", "{}/unused.net"]).err, "");
}

/// A stream that fails.
struct Broken(io::ErrorKind);

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn results_that_nobody_reads() {
    let folder = Folder::new();
    let check = |kind, code, text: &str| {
        let args = ["rebirth".into(), "ir".into(), folder.path("tiny.net").into(), "--stage=loops".into()];
        let mut err = Vec::new();
        assert_eq!(rebirth_cli::run(args, &mut Broken(kind), &mut err), code);
        let err = String::from_utf8(err).unwrap();
        assert!(err.contains(text) && err.is_empty() == text.is_empty(), "{err}");
    };
    check(io::ErrorKind::BrokenPipe, 0, "");
    check(io::ErrorKind::StorageFull, 1, "E0941");
}
