//! The official Python SDKs through the gateway: every work call that the project's task names, streamed and not, sync
//! and async, on the client's own account. What is asserted about answers stands in `tests/sdks/*.py`; who was billed is
//! read here, from the simulators' ledgers.
//!
//! `cargo xtask test real-sdks` installs the SDKs into `<target>/sdks`; `OWNKEY_SDKS` names another Python.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what it expected by failing")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ownkey_demo::client::{Headless, MemoryKeychain};
use ownkey_demo::servers::{PracticeClient, Servers, simulated};
use ownkey_protocol::token;
use ownkey_protocol::vocabulary::Provider;
use ownkey_provider_sim::LedgerRow;

/// Two clients that are both connected at one provider, with keys of their own.
struct World {
    servers: Servers,
    provider: Provider,
    keys: [String; 2],
    _open: Vec<Headless>,
}

impl World {
    async fn connected(provider: Provider) -> Self {
        let servers = Servers::start(&["Café Morgenrot", "Lindner & Partner"]).await.unwrap();
        let mut keys = Vec::new();
        let mut open = Vec::new();
        for client in &servers.clients {
            let headless = Headless::open(&servers, &client.name, Arc::new(MemoryKeychain::default())).unwrap();
            headless.join(&client.invite).await.unwrap();
            keys.push(headless.connect(&servers, provider, &client.name).await.unwrap());
            open.push(headless);
        }
        Self { servers, provider, keys: keys.try_into().unwrap(), _open: open }
    }

    fn first(&self) -> &PracticeClient {
        &self.servers.clients[0]
    }

    /// Runs one part of a provider's script as the first client's assistant; what the provider saw meanwhile.
    async fn run(&self, part: &str) -> Vec<LedgerRow> {
        let before = self.ledger().len();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("sdks/{}_calls.py", self.provider));
        let ran = tokio::process::Command::new(python())
            .args(["-I", "-c", "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); runpy.run_path(sys.argv.pop(0) if False else sys.argv[1], run_name='__main__')"])
            .arg(script.parent().unwrap())
            .arg(&script)
            .arg(part)
            .output()
            .await
            .unwrap();
        let (out, error) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        assert!(ran.status.success(), "{} {part}\n{out}\n{error}", self.provider);
        self.ledger().split_off(before)
    }

    fn ledger(&self) -> Vec<LedgerRow> {
        self.servers.sims.control().ledger(simulated(self.provider))
    }
}

/// The Python that has the SDKs.
fn python() -> PathBuf {
    if let Some(named) = std::env::var_os("OWNKEY_SDKS") {
        return named.into();
    }
    let test = std::env::current_exe().unwrap();
    let found = test.ancestors().map(|folder| folder.join("sdks/bin/python")).find(|python| python.exists());
    found.unwrap_or_else(|| panic!("the SDKs are not installed: run `cargo xtask setup`"))
}
