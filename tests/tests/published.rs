//! The samples against what others publish about them: parameters and multiply-accumulates; and that small ones of each kind compute what
//! the interpreter does.

#![allow(clippy::unwrap_used)] // Helpers of tests count as code otherwise.

use std::ffi::OsString;

use rebirth_compiler::graph::Graph;
use rebirth_compiler::graph::random::random_tensors;
use rebirth_compiler::inspect::inspect;
use rebirth_compiler::resolve::{SetValue, Settings};
use rebirth_tests::{compare, model, root, text};

/// Sample, constants and sizes that are set, parameters, millions of multiply-accumulates, and the source of both as
/// `samples/README.md` names it; that has the first row of each sample too. Running statistics are no parameters.
const PUBLISHED: &[(&str, &str, u64, f64, &str)] = &[
    ("alexnet", "", 61_100_840, 714.0, TORCHVISION),
    ("dcgan_generator", "", 18_885_760, 640.614, "by hand from figure 1"),
    (
        "deeplab_v3",
        "h=520 w=520",
        39_638_869,
        168_731.0,
        // 42,004,074 parameters and 178,722 M less 2,365,205 and 9,991 M.
        "torchvision, less the auxiliary classifier",
    ),
    ("densenet121", "", 7_978_856, 2_834.0, TORCHVISION),
    ("densenet121", "depth=161 growth=48", 28_681_000, 7_728.0, TORCHVISION),
    ("densenet121", "depth=169", 14_149_480, 3_360.0, TORCHVISION),
    ("densenet121", "depth=201", 20_013_928, 4_291.0, TORCHVISION),
    ("efficientnet_b0", "", 5_288_548, 386.0, TORCHVISION),
    ("efficientnet_b0", "depth=1.1 resolution=240", 7_794_184, 687.0, "torchvision: efficientnet_b1"),
    ("efficientnet_b0", "width=1.1 depth=1.2 resolution=288", 9_109_994, 1_088.0, "torchvision: efficientnet_b2"),
    ("efficientnet_b0", "width=1.2 depth=1.4 resolution=300", 12_233_232, 1_827.0, "torchvision: efficientnet_b3"),
    ("efficientnet_b0", "width=1.4 depth=1.8 resolution=380", 19_341_616, 4_394.0, "torchvision: efficientnet_b4"),
    ("efficientnet_b0", "width=1.6 depth=2.2 resolution=456", 30_389_784, 10_266.0, "torchvision: efficientnet_b5"),
    ("efficientnet_b0", "width=1.8 depth=2.6 resolution=528", 43_040_704, 19_068.0, "torchvision: efficientnet_b6"),
    ("efficientnet_b0", "width=2.0 depth=3.1 resolution=600", 66_347_960, 37_746.0, "torchvision: efficientnet_b7"),
    // 636,540 parameters and 627,200 multiply-accumulates less. The authors have 4.7 M and 407 M, and do not say what they count.
    ("efficientnet_lite0", "", 4_652_008, 385.0, "torchvision: efficientnet_b0, less squeeze-and-excitation"),
    // The paper's table 1 has 134 M parameters.
    ("fcn8s", "h=384 w=384", 134_489_759, 125_000.0, "DL_Models; convnet-burden"),
    // The table's rows sum to 1,502 M, but the first is 34 M where 7 * 7 * 3 * 64 * 112 * 112 makes 118 M.
    ("googlenet", "", 6_998_552, 1_586.0, "dlcookbook-dlbs; table 1, its first row corrected"),
    // 27,161,264 parameters less 3,326,696; the operations have none of it.
    ("inception_v3", "", 23_834_568, 5_713.0, "torchvision, less the auxiliary classifier"),
    // 60,000 trained parameters and ten fixed codes of 84. 340,908 connections less 7,880 of subsampling, 840 of the codes and 6,508 of
    // biases.
    ("lenet5", "", 60_840, 0.325_680, "section II B"),
    ("mnist", "", 421_642, 4.241, "by hand"),
    ("mobilenet_v1", "", 4_231_976, 569.0, "imgclsmob; table 6"),
    ("mobilenet_v1", "width=0.75", 2_585_560, 325.0, "imgclsmob; table 6"),
    ("mobilenet_v1", "width=0.5", 1_331_592, 149.0, "imgclsmob; table 6"),
    ("mobilenet_v1", "width=0.25", 470_072, 41.0, "imgclsmob; table 6"),
    ("mobilenet_v1", "resolution=192", 4_231_976, 418.0, "imgclsmob; table 7"),
    ("mobilenet_v1", "resolution=160", 4_231_976, 290.0, "imgclsmob; table 7"),
    ("mobilenet_v1", "resolution=128", 4_231_976, 186.0, "imgclsmob; table 7"),
    ("mobilenet_v2", "", 3_504_872, 301.0, TORCHVISION),
    // 6,156,712 less 47,936 running statistics. The paper's table has 6.9 M, but its table 2 makes 6.1 M.
    ("mobilenet_v2", "width=1.4", 6_108_776, 585.0, "Keras; table 4"),
    ("mobilenet_v3_small", "", 2_542_856, 57.0, TORCHVISION),
    ("nin", "", 966_986, 222.97, "imgclsmob"),
    ("resnet18", "", 11_689_512, 1_814.0, TORCHVISION),
    ("resnet18", "depth=34", 21_797_672, 3_664.0, TORCHVISION),
    ("resnet50", "", 25_557_032, 4_089.0, TORCHVISION),
    ("resnet50", "depth=101", 44_549_160, 7_801.0, TORCHVISION),
    ("resnet50", "depth=152", 60_192_808, 11_514.0, TORCHVISION),
    ("resnet50", "groups=32 base=4", 25_028_904, 4_230.0, "torchvision: resnext50_32x4d"),
    ("resnet50", "depth=101 groups=32 base=8", 88_791_336, 16_414.0, "torchvision: resnext101_32x8d"),
    ("resnet50", "base=128", 68_883_240, 11_398.0, "torchvision: wide_resnet50_2"),
    ("senet50", "", 28_088_024, 3_870.0, "imgclsmob; table 2"),
    ("senet50", "depth=101", 49_326_872, 7_600.0, "imgclsmob; table 2"),
    ("senet50", "depth=152", 66_821_848, 11_320.0, "imgclsmob; table 2"),
    ("shufflenet_v2", "", 2_278_604, 145.0, TORCHVISION),
    ("shufflenet_v2", "width=0.5", 1_366_792, 40.0, TORCHVISION),
    ("shufflenet_v2", "width=1.5", 3_503_624, 296.0, TORCHVISION),
    ("shufflenet_v2", "width=2.0", 7_393_996, 583.0, TORCHVISION),
    ("siamese", "", 38_951_745, 1_817.252, "Sunny et al. 2021, table I; MACs by hand"),
    ("squeezenet1_1", "", 1_235_496, 349.0, TORCHVISION),
    ("unet", "h=512 w=512", 31_030_658, 218_154.140, "DL_Models; MACs by hand"),
    ("vgg16", "", 138_357_544, 15_470.0, TORCHVISION),
    ("vgg16", "depth=11", 132_863_336, 7_609.0, TORCHVISION),
    ("vgg16", "depth=13", 133_047_848, 11_308.0, TORCHVISION),
    ("vgg16", "depth=19", 143_667_240, 19_632.0, TORCHVISION),
];

const TORCHVISION: &str = "torchvision";

/// A sample with what `sets` says, blanks between.
fn sample(name: &str, sets: &str) -> Graph {
    let value = |text: &str| match text.parse::<i64>() {
        Ok(value) => SetValue::Int(value),
        Err(_) => SetValue::Float(text.parse().unwrap_or_else(|e| panic!("{name}, {sets}: {e}"))),
    };
    let sets = sets.split_whitespace().filter_map(|set| set.split_once('='));
    let set = sets.map(|(constant, text)| (constant.to_string(), value(text))).collect();
    let settings = Settings { set, ..Settings::default() };
    model(&root().join(format!("samples/{name}.net")), &settings).graph
}

#[test]
fn costs_are_the_published_ones() {
    let mut wrong = Vec::new();
    for &(name, sets, parameters, millions, source) in PUBLISHED {
        let graph = sample(name, sets);
        let found = inspect(&graph);
        let rounding = if millions.fract() == 0.0 { 0.5 } else { 0.0 };
        let difference = (found.macs as f64 / 1e6 - millions).abs();
        if found.parameters != parameters || difference > 0.01 * millions + rounding {
            wrong.push(format!(
                "{name} {sets}: {} parameters, {} MACs; expected {parameters}, {millions} million ({source})",
                found.parameters, found.macs
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Digits in groups of three.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let groups: Vec<&[u8]> = digits.as_bytes().rchunks(3).rev().collect();
    String::from_utf8_lossy(&groups.join(&b',')).into_owned()
}

/// The names of all samples, in order.
fn samples() -> Vec<String> {
    let files = std::fs::read_dir(root().join("samples")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter_map(|name| Some(name.strip_suffix(".net")?.to_string())).collect();
    names.sort();
    names
}

/// The table in `samples/README.md` has a row for each sample, with its numbers, their source and what can be set.
#[test]
fn readme_lists_the_samples() {
    let readme = text("samples/README.md");
    let rows: Vec<&str> = readme.lines().filter(|line| line.starts_with("| [")).collect();
    let names = samples();
    for (name, row) in names.iter().zip(&rows) {
        let published = PUBLISHED.iter().find(|row| row.0 == name).unwrap_or_else(|| panic!("{name} is not published"));
        let &(_, sets, _, _, source) = published;
        let graph = sample(name, sets);
        let found = inspect(&graph);
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [link, _, parameters, macs, numbers, knobs] = cells[..] else { panic!("{row}") };
        let expected = [&format!("[{name}]({name}.net)"), &grouped(found.parameters), &grouped(found.macs), source];
        assert_eq!([link, parameters, macs, numbers], expected);
        let net = text(&format!("samples/{name}.net"));
        for knob in knobs.split(", ") {
            assert!(net.contains(&format!("\nconst {} = ", knob.trim_matches('`'))), "{name} has no {knob}");
        }
    }
    assert_eq!(rows.len(), names.len(), "one row a sample, in order: {names:?}");
}

/// Each sample passes `check` with the sizes that `samples/README.md` says for it, and those only; nothing else needs `--set`.
#[test]
fn check_takes_every_sample() {
    let readme = text("samples/README.md");
    let (_, needs) = readme.split_once("`rebirth check` takes each sample").unwrap();
    let needs = needs.split("\n\n").next().unwrap().replace('\n', " ");
    let check = |name: &str, sets: &[&str]| {
        let file = root().join(format!("samples/{name}.net"));
        let sets = sets.iter().flat_map(|set| ["--set".into(), OsString::from(set)]);
        let args =
            ["rebirth", "check", "--quiet"].map(OsString::from).into_iter().chain([file.into_os_string()]).chain(sets);
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let code = rebirth_cli::run(args, &mut out, &mut err);
        (code, String::from_utf8(err).unwrap())
    };
    let mut with_sizes = 0;
    for name in samples() {
        let said = needs.split_once(&format!("`{name}` with `")).map(|(_, rest)| rest.split('`').next().unwrap());
        let Some(said) = said else {
            let (code, err) = check(&name, &[]);
            assert_eq!(code, 0, "{name}: {err}");
            continue;
        };
        with_sizes += 1;
        assert_eq!(check(&name, &[]).0, 1, "{name} does without {said}");
        let sets: Vec<&str> = said.split_whitespace().filter(|word| *word != "--set").collect();
        let (code, err) = check(&name, &sets);
        assert_eq!(code, 0, "{name} {said}: {err}");
        let comment = text(&format!("samples/{name}.net")).replace("\n//", "");
        assert!(comment.contains(&format!("`{said}`")), "{name} does not say {said}");
    }
    assert_eq!(with_sizes, needs.matches("--set h=").count());
}

/// Compiled code gives what the interpreter does.
#[track_caller]
fn check(name: &str, sets: &str) {
    let graph = sample(name, sets);
    let (inputs, params) = random_tensors(&graph, 1);
    assert_eq!(compare(&graph, &inputs, &params, "native"), Ok(0), "{name} {sets}");
}

#[test]
fn alexnet() {
    check("alexnet", "resolution=63 hidden=5 classes=3");
}

#[test]
fn vgg() {
    check("vgg16", "width=2 hidden=5 classes=3 resolution=32");
    check("vgg16", "depth=11 width=3 hidden=4 classes=2 resolution=64");
}

#[test]
fn nin() {
    check("nin", "width=6");
}

#[test]
fn resnet() {
    check("resnet18", "width=4 classes=3 resolution=32");
    check("resnet18", "depth=34 width=2 classes=5 resolution=40 n=2");
    check("resnet50", "width=2 classes=3 resolution=32");
    check("resnet50", "width=4 groups=2 base=32 classes=3 resolution=33");
}

#[test]
fn densenet() {
    check("densenet121", "growth=2 classes=3 resolution=32");
}

#[test]
fn squeezenet() {
    check("squeezenet1_1", "base_e=8 incr_e=4 classes=3 resolution=32");
}

#[test]
fn inception() {
    check("inception_v3", "width=0.03 classes=3 resolution=75");
}

#[test]
fn mobilenet() {
    check("mobilenet_v1", "width=0.125 classes=3 resolution=32");
    check("mobilenet_v2", "width=0.125 classes=3 resolution=33 n=2");
    check("mobilenet_v3_small", "width=0.25 classes=3 resolution=32");
}

#[test]
fn efficientnet() {
    check("efficientnet_b0", "width=0.125 depth=0.5 classes=3 resolution=32");
}

#[test]
fn senet() {
    check("senet50", "width=3 reduction=4 classes=3 resolution=32");
}

#[test]
fn shufflenet() {
    check("shufflenet_v2", "width=0.5 classes=3 resolution=32");
}

#[test]
fn lenet() {
    check("lenet5", "n=2");
}

#[test]
fn fcn() {
    check("fcn8s", "width=1 hidden=3 classes=2 h=33 w=20");
}

#[test]
fn deeplab() {
    check("deeplab_v3", "backbone=2 width=3 classes=2 h=33 w=40");
    check("deeplab_v3", "backbone=2 width=3 classes=2 output_stride=16 h=64 w=33");
}

#[test]
fn dcgan() {
    check("dcgan_generator", "width=4 doublings=2 noise=5 n=2");
}
