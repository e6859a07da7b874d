//! The operator's commands, as README shows them: beside a running server, and without one.
#![allow(clippy::unwrap_used, reason = "a test says what it expected by failing")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ownkey-agency");

struct Server(Child);

impl Server {
    fn start(folder: &Path) -> Self {
        let child = Command::new(PROGRAM)
            .arg("--data")
            .arg(folder)
            .args(["serve", "--listen", "127.0.0.1:0", "--public-url", "http://127.0.0.1:4000"])
            .args(["--name", "Practice agency", "--contact", "help@agency.example"])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while !folder.join("operator.sock").exists() {
            assert!(begun.elapsed() < Duration::from_secs(20), "the server did not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self(child)
    }

    /// Starts it again on a folder in which the socket of the last time still lies.
    fn start_after(folder: &Path) -> Self {
        let _gone_already = std::fs::remove_file(folder.join("operator.sock"));
        Self::start(folder)
    }

    /// Asks the server to end, as systemd would; gives its exit code.
    fn stop(mut self) -> Option<i32> {
        Command::new("kill").arg(self.0.id().to_string()).status().unwrap();
        self.0.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended_already = self.0.kill();
    }
}

fn run(folder: &Path, words: &[&str]) -> Output {
    Command::new(PROGRAM).arg("--data").arg(folder).args(words).arg("--json").output().unwrap()
}

fn ask(folder: &Path, words: &[&str]) -> Value {
    let output = run(folder, words);
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_client_is_set_up_beside_a_running_server_and_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("agency");
    let server = Server::start(&data);
    let client = ask(&data, &["client", "add", "Café Morgenrot"])["client"].as_str().unwrap().to_owned();
    let invite = ask(&data, &["invite", &client, "Anna Keller"]);
    let link = invite["link"].as_str().unwrap();
    assert!(link.starts_with("http://127.0.0.1:4000/join#"), "{link}");
    assert_eq!(invite["words"].as_array().unwrap().len(), 6);
    let added = ask(&data, &["assistant", "add", &client, "Front desk", "--use", "chat", "--use", "voice"]);
    let token = ask(&data, &["assistant", "token", &client, added["assistant"].as_str().unwrap()]);
    assert!(token["token"].as_str().unwrap().starts_with("okg_"));
    ask(&data, &["fallback", &client, "chat", "platform"]);
    ask(&data, &["offer", &client, "chat"]);
    assert_eq!(server.stop(), Some(0), "asked to stop, the server ends well");

    let listed = ask(&data, &["client", "list"]);
    assert_eq!(listed[0]["name"], "Café Morgenrot");
    assert_eq!(ask(&data, &["rotations"]), serde_json::json!([]), "no key is being replaced");
    assert_eq!(ask(&data, &["assistant", "list", &client])[0]["uses"], serde_json::json!(["chat", "voice"]));
    assert_eq!(ask(&data, &["identity"])["words"], invite["words"]);
}

const PLATFORM_KEY: &str = "sk-proj-PlatformPracticeKey0123456789T3BlbkFJabcdefghijWXYZ";

/// As `platform-key … < key.txt` in a shell.
fn platform_key(folder: &Path) -> String {
    let file = folder.with_file_name("key.txt");
    std::fs::write(&file, format!("{PLATFORM_KEY}\n")).unwrap();
    let mut command = Command::new(PROGRAM);
    command.arg("--data").arg(folder).args(["platform-key", "openai", "--json"]);
    let output = command.stdin(std::fs::File::open(&file).unwrap()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

#[test]
fn a_platform_key_comes_in_by_standard_input_with_and_without_a_server_and_is_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("agency");
    let server = Server::start(&data);
    let shown = platform_key(&data);
    assert!(shown.contains("••••WXYZ") && shown.contains("\"version\":1"), "{shown}");
    server.stop();
    let again = platform_key(&data);
    assert!(again.contains("\"version\":2"), "{again}");
    assert!(!format!("{shown}{again}").contains("PlatformPractice"));
}

/// The commands of README's block for an agency that begin with the program, as words after `--data FOLDER`.
fn readme() -> Vec<Vec<String>> {
    let text = include_str!("../../../README.md");
    let start = "ownkey-agency --data /var/lib/ownkey ";
    let lines = text.lines().filter_map(|line| line.strip_prefix(start)).filter(|line| !line.starts_with("serve"));
    let words = |line: &str| {
        let line = line.split('#').next().unwrap_or(line).split('<').next().unwrap_or(line);
        let (mut words, mut quoted) = (Vec::new(), false);
        for part in line.trim().split('"') {
            if quoted {
                words.push(part.to_owned());
            } else {
                words.extend(part.split_whitespace().map(str::to_owned));
            }
            quoted = !quoted;
        }
        words
    };
    lines.map(words).collect()
}

#[test]
fn the_commands_of_readme_work_one_after_the_other_as_they_stand_there() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("agency");
    let server = Server::start(&data);
    let (mut client, mut assistant) = (String::new(), String::new());
    let commands = readme();
    assert_eq!(commands.len(), 10, "{commands:?}");
    for words in commands {
        if words[0] == "platform-key" {
            platform_key(&data);
            continue;
        }
        let fill = |word: &String| word.replace("cl_…", &client).replace("as_…", &assistant);
        let words: Vec<String> = words.iter().map(fill).collect();
        let told = ask(&data, &words.iter().map(String::as_str).collect::<Vec<_>>());
        client = told["client"].as_str().map_or(client, str::to_owned);
        assistant = told["assistant"].as_str().map_or(assistant, str::to_owned);
    }
    server.stop();
}

#[test]
fn wrong_words_get_a_sentence_and_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("agency");
    let before = run(&data, &["client", "list"]);
    assert!(!before.status.success());
    assert!(String::from_utf8_lossy(&before.stderr).contains("run `serve` once first"));
    let server = Server::start(&data);
    let nobody = run(&data, &["invite", "cl_01m85rwfrgeq9sgx9pr0000000", "Anna"]);
    assert!(!nobody.status.success());
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("there is no client"));
    assert_eq!(ask(&data, &["client", "list"]), serde_json::json!([]));
    server.stop();
}

/// Every file and folder below `folder` that others may use, with its mode.
fn open_to_others(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut all = vec![folder.to_owned()];
    while let Some(path) = all.pop() {
        let known = std::fs::symlink_metadata(&path).unwrap();
        let (mode, wanted) = (known.permissions().mode() & 0o777, if known.is_dir() { 0o700 } else { 0o600 });
        if mode != wanted {
            found.push(format!("{} {mode:o}", path.display()));
        }
        if known.is_dir() {
            all.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    found
}

#[test]
fn every_file_is_for_its_user_alone_also_of_a_folder_that_was_open_before() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("agency");
    let server = Server::start(&data);
    ask(&data, &["client", "add", "Café Morgenrot"]);
    assert_eq!(open_to_others(&data), Vec::<String>::new());
    for file in ["settings.json", "lock", "db/agency.sqlite", "db/agency.sqlite-wal", "operator.sock"] {
        assert!(data.join(file).exists(), "{file}");
    }
    assert!(std::fs::read_dir(data.join("checkpoints")).unwrap().count() >= 2);
    server.stop();

    let opened = Command::new("chmod").args(["-R", "a+rX"]).arg(&data).status().unwrap();
    assert!(opened.success());
    std::fs::set_permissions(data.join("keys/wrapping.key"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let server = Server::start_after(&data);
    assert_eq!(open_to_others(&data), Vec::<String>::new());
    server.stop();
}

#[test]
fn a_wrapping_key_that_others_can_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("agency");
    Server::start(&data).stop();
    let wrapping = data.join("keys/wrapping.key");
    std::fs::set_permissions(&wrapping, std::fs::Permissions::from_mode(0o644)).unwrap();
    let refused = run(&data, &["identity"]);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("can be read by others"));
}
