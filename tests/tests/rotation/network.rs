//! The way to the agency, which can be cut.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

pub(crate) struct Network {
    /// Where the agency is reached.
    pub(crate) origin: String,
    agency: Arc<OnceLock<SocketAddr>>,
    up: watch::Sender<bool>,
}

impl Network {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let agency = Arc::new(OnceLock::new());
        let (up, is_up) = watch::channel(true);
        tokio::spawn(carry(listener, agency.clone(), is_up));
        Self { origin, agency, up }
    }

    pub(crate) fn leads_to(&self, agency: SocketAddr) {
        self.agency.set(agency).unwrap();
    }

    /// Nothing passes any more, and what was passing breaks off.
    pub(crate) fn cut(&self) {
        self.up.send_replace(false);
    }

    pub(crate) fn mend(&self) {
        self.up.send_replace(true);
    }
}

/// The network of the person's computer: its way to the agency and its way to the provider. Assistants call past it.
pub(crate) struct Line {
    pub(crate) to_agency: Network,
    pub(crate) to_provider: Network,
}

impl Line {
    pub(crate) async fn start() -> Self {
        Self { to_agency: Network::start().await, to_provider: Network::start().await }
    }
}

async fn carry(listener: TcpListener, agency: Arc<OnceLock<SocketAddr>>, is_up: watch::Receiver<bool>) {
    while let Ok((mut near, _)) = listener.accept().await {
        let (agency, mut is_up) = (agency.clone(), is_up.clone());
        tokio::spawn(async move {
            let Some(agency) = agency.get().filter(|_| *is_up.borrow()) else { return };
            let Ok(mut far) = TcpStream::connect(agency).await else { return };
            tokio::select! {
                _over = copy_bidirectional(&mut near, &mut far) => {}
                _cut = is_up.wait_for(|up| !up) => {}
            }
        });
    }
}
