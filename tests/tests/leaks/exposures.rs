//! Every place that sees a secret: counted, listed, and with its reason.

use std::path::{Path, PathBuf};

use ownkey_tests::leak::exposures;

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !matches!(name.as_str(), "target" | "tests" | "benches" | "gen") {
            sources(&path, found);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            found.push(path);
        }
    }
}

#[test]
fn every_place_that_sees_a_secret_is_on_the_committed_list_and_says_why() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = Vec::new();
    for folder in ["crates", "src-tauri", "xtask"] {
        sources(&root.join(folder), &mut files);
    }
    let (mut list, mut bare) = (Vec::new(), Vec::new());
    for file in files {
        let (count, without) = exposures(&std::fs::read_to_string(&file).unwrap());
        let name = file.strip_prefix(root).unwrap().display().to_string();
        if count > 0 {
            list.push(format!("{name}:{count}"));
        }
        if !without.is_empty() {
            bare.push(format!("{name}:{without}"));
        }
    }
    list.sort();
    assert!(bare.is_empty(), "without `// EXPOSE: why`: {bare:?}");
    let committed = std::fs::read_to_string(root.join("tests/exposures.txt")).unwrap();
    let committed: Vec<&str> = committed.lines().filter(|l| !l.is_empty()).collect();
    assert_eq!(list, committed, "tests/exposures.txt lists every file with its number of call sites");
}
