//! The app's window beside the servers: a practice build with its own data folder, keychain service and providers.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ownkey_app::Setup;
use ownkey_app::keychain::{Keychain, SystemKeychain};
use ownkey_protocol::vocabulary::Provider;
use ownkey_providers::endpoints::Endpoints;
use serde_json::json;

use crate::client::{HeadlessHost, open_when_free};
use crate::servers::{Servers, simulated};

/// Where one copy of the app keeps its things, and what it is told.
pub struct Place {
    /// The file that `OWNKEY_PRACTICE` names.
    pub practice: PathBuf,
    /// Its data folder.
    pub data_dir: PathBuf,
    /// Under which service its keychain entries go.
    keychain_service: String,
    endpoints: Endpoints,
}

impl Place {
    /// Writes the practice file for one copy of the app. `answer_dialogs` answers native dialogs, `invite` is opened in it.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn new(
        servers: &Servers,
        name: &str,
        answer_dialogs: Option<bool>,
        invite: Option<&str>,
    ) -> anyhow::Result<Self> {
        let folder = servers.folder.path().join("windows").join(name);
        std::fs::create_dir_all(&folder)?;
        let providers: serde_json::Map<String, serde_json::Value> = Provider::ALL
            .into_iter()
            .map(|p| (p.as_str().to_owned(), json!(servers.sims.origin(simulated(p)))))
            .collect();
        let data_dir = folder.join("data");
        let practice = folder.join("practice.json");
        let keychain_service = format!("ownkey-demo-{}-{name}", std::process::id());
        let told = json!({
            "data_dir": data_dir,
            "keychain_service": keychain_service,
            "providers": providers,
            "practice_keys": true,
            "answer_dialogs": answer_dialogs,
            "join_link": invite,
        });
        std::fs::write(&practice, serde_json::to_vec_pretty(&told)?)?;
        Ok(Self { practice, data_dir, keychain_service, endpoints: servers.endpoints()? })
    }

    /// From its next start on, the clock by which dates are reckoned is so many days ahead.
    ///
    /// # Errors
    /// When the practice file cannot be read or written.
    pub fn days_later(&self, days: u16) -> anyhow::Result<()> {
        let mut told: serde_json::Value = serde_json::from_slice(&std::fs::read(&self.practice)?)?;
        told["days_ahead"] = days.into();
        Ok(std::fs::write(&self.practice, serde_json::to_vec_pretty(&told)?)?)
    }

    /// After the app has ended: its own key vanishes from the keychain, as when somebody tidies up there.
    ///
    /// # Errors
    /// When the keychain cannot be used.
    pub fn lose_the_devices_key(&self) -> anyhow::Result<()> {
        let keychain = SystemKeychain::new(&self.keychain_service);
        keychain.forget("device").map_err(|fault| anyhow::anyhow!("{fault}"))
    }

    /// After the app has ended: takes what it kept out of the keychain.
    ///
    /// # Errors
    /// When the keychain cannot be used any more.
    pub async fn forget(&self) -> anyhow::Result<()> {
        let setup = Setup {
            data_dir: self.data_dir.clone(),
            endpoints: self.endpoints.clone(),
            name: String::new(),
            practice_keys: false,
        };
        let keychain = Arc::new(SystemKeychain::new(&self.keychain_service));
        let app = open_when_free(&HeadlessHost::default(), setup, keychain).await?;
        app.forget_keys().await.map_err(|fault| anyhow::anyhow!("{fault}"))
    }

    /// The variables that the app is started with.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, PathBuf)> {
        let below = |name: &str| self.data_dir.with_file_name(name);
        vec![
            ("OWNKEY_PRACTICE", self.practice.clone()),
            ("XDG_DATA_HOME", below("share")),
            ("XDG_CONFIG_HOME", below("config")),
            ("XDG_CACHE_HOME", below("cache")),
        ]
    }
}

/// The app's binary, as `xtask` built it.
///
/// # Errors
/// When it is not there.
pub fn binary() -> anyhow::Result<PathBuf> {
    let path = std::env::var_os("OWNKEY_APP").map(PathBuf::from);
    match path.filter(|p| Path::new(p).exists()) {
        Some(path) => Ok(path),
        None => anyhow::bail!("OWNKEY_APP does not name the app's binary: start this through `cargo xtask`"),
    }
}
