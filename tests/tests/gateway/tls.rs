//! The whole way over HTTPS: join, connect and a call, with a certificate that a root of the test's own vouches for.

use std::sync::Arc;

use ownkey_agency::serve::Tls;
use ownkey_demo::client::{Headless, MemoryKeychain};
use ownkey_demo::servers::Servers;
use ownkey_protocol::code::Code;
use ownkey_protocol::vocabulary::Provider;
use ownkey_providers::http::tls;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use super::{ACCOUNT, World, payer};

/// A root (DER), and a certificate for loopback on it, as files.
fn certificate(folder: &std::path::Path) -> (Vec<u8>, Tls) {
    let mut root = CertificateParams::new(vec![]).unwrap();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = CertifiedIssuer::self_signed(root, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &root).unwrap();
    let tls = Tls { certificate: folder.join("chain.pem"), key: folder.join("key.pem") };
    std::fs::write(&tls.certificate, leaf.pem()).unwrap();
    std::fs::write(&tls.key, key.serialize_pem()).unwrap();
    (root.der().to_vec(), tls)
}

#[tokio::test(flavor = "multi_thread")]
async fn joining_connecting_and_calling_work_over_https_for_whoever_trusts_the_certificate_and_for_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let (root, certificate) = certificate(folder.path());
    let servers = Servers::start_with(&["Café Morgenrot"], Some(certificate)).await.unwrap();
    assert!(servers.origin.starts_with("https://") && servers.clients[0].invite.starts_with("https://"));
    let open = |name| Headless::open(&servers, name, Arc::new(MemoryKeychain::default())).unwrap();

    let stranger = open("stranger");
    let told = stranger.app.join_preview(servers.clients[0].invite.clone()).await.map(|_| ()).unwrap_err();
    assert_eq!(told.code, Code::AgencyUntrusted, "{told}");

    let client = open("client");
    client.host.trust(&root);
    client.join(&servers.clients[0].invite).await.unwrap();
    let key = client.connect(&servers, Provider::OpenAi, ACCOUNT).await.unwrap();
    let config = tls(&[root.into()]).unwrap();
    let http = reqwest::Client::builder().tls_backend_preconfigured(config).no_proxy().build().unwrap();
    let world = World { servers, client, http };
    let answer = world.asks(Provider::OpenAi).await;
    assert_eq!((answer.status().as_u16(), payer(&answer)), (200, "client"));
    assert_eq!(world.ledger(Provider::OpenAi).last().unwrap().key.as_ref(), Some(&key));
    world.servers.stop().await.unwrap();
}
