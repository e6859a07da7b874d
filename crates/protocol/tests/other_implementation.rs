//! Somebody else's HPKE opens what we seal: npm `@hpke` on the frozen copies of both suites.
//!
//! Needs Node 20 and, the first time, the npm registry.
#![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]

use std::path::{Path, PathBuf};
use std::process::Command;

use ownkey_protocol::encoding::from_base64;
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/hpke")
}

fn run(program: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(program).args(arguments).current_dir(folder()).output();
    let output = output.unwrap_or_else(|e| panic!("{program} does not start: {e}"));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
    output.stdout
}

/// The packages that the lock file names; npm writes this file when it is through.
fn installed() -> bool {
    folder().join("node_modules/.package-lock.json").exists()
}

#[test]
fn npm_hpke_opens_the_frozen_copies_of_both_suites() {
    if !installed() {
        run("npm", &["ci", "--no-audit", "--no-fund"]);
    }
    let opened: Value = serde_json::from_slice(&run("node", &["open.mjs"])).unwrap();
    let vectors: Value = serde_json::from_slice(&std::fs::read(folder().join("../sealed.json")).unwrap()).unwrap();
    let secret = vectors["secret"].as_str().unwrap().as_bytes();
    let mut plaintext = u16::try_from(secret.len()).unwrap().to_be_bytes().to_vec();
    plaintext.extend_from_slice(secret);
    plaintext.resize(512, 0);
    for suite in ["xwing-sha256-chacha20poly1305", "x25519-sha256-chacha20poly1305"] {
        assert_eq!(from_base64(opened[suite].as_str().unwrap()).unwrap(), plaintext, "{suite}");
    }
    assert_eq!(opened.as_object().unwrap().len(), 2);
}
