//! TLS: both protocols through it, handshakes that do not come, files that are wrong, and files that change.

use super::live::{Live, request};
use super::service;
use crate::generated::health::HealthCheckRequest;
use crate::generated::health::health_client::HealthClient;
use planish_serve::{Options, Tls};
use rcgen::{CertifiedKey, KeyPair};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tonic::transport::{Certificate, Channel, ClientTlsConfig};

fn certificate() -> CertifiedKey<KeyPair> {
    rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap()
}

/// Writes a certificate and a key into a folder.
fn put(folder: &Path, certificate: &str, key: &str) -> (PathBuf, PathBuf) {
    let paths = (folder.join("cert.pem"), folder.join("key.pem"));
    std::fs::write(&paths.0, certificate).unwrap();
    std::fs::write(&paths.1, key).unwrap();
    paths
}

fn put_pair(folder: &Path, pair: &CertifiedKey<KeyPair>) -> (PathBuf, PathBuf) {
    put(folder, &pair.cert.pem(), &pair.signing_key.serialize_pem())
}

/// An answer over TLS to a client that trusts this certificate alone, and the protocol that was agreed on.
async fn ask(
    server: &Live,
    trusted: &CertifiedKey<KeyPair>,
    alpn: &[&str],
) -> std::io::Result<(String, Option<Vec<u8>>)> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.cert.der().clone()).unwrap();
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|p| p.as_bytes().to_vec()).collect();
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, server.connect().await).await?;
    let agreed = stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
    if agreed.as_deref() == Some(b"h2") {
        return Ok((String::new(), agreed));
    }
    stream.write_all(&request("GET", "/v2/health/ready", "", b"")).await?;
    let mut text = String::new();
    stream.read_to_string(&mut text).await?;
    Ok((text, agreed))
}

async fn start(tls: Tls, options: Options) -> Live {
    Live::start(Options { tls: Some(tls), ..options }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn rest_and_grpc_share_a_certificate() {
    let (folder, pair) = (tempfile::tempdir().unwrap(), certificate());
    let (cert, key) = put_pair(folder.path(), &pair);
    let server = start(Tls::open(&cert, &key).unwrap(), Options::default()).await;
    for alpn in [&[][..], &["http/1.1"]] {
        let (text, _) = ask(&server, &pair, alpn).await.unwrap();
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && text.ends_with(r#"{"ready":true}"#), "{text}");
    }
    assert_eq!(ask(&server, &pair, &["http/1.1", "h2"]).await.unwrap().1.as_deref(), Some(&b"h2"[..]));
    assert!(ask(&server, &pair, &["spdy/1"]).await.is_err(), "no protocol in common");
    assert!(ask(&server, &certificate(), &[]).await.is_err(), "the client knows another certificate");
    let trusted = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(pair.cert.pem()))
        .domain_name("localhost");
    let channel =
        Channel::from_shared(format!("https://{}", server.addr)).unwrap().tls_config(trusted).unwrap();
    let mut health = HealthClient::new(channel.connect().await.unwrap());
    assert_eq!(health.check(HealthCheckRequest::default()).await.unwrap().get_ref().status, 1);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_does_not_come_is_not_waited_for() {
    let (folder, pair) = (tempfile::tempdir().unwrap(), certificate());
    let (cert, key) = put_pair(folder.path(), &pair);
    let options =
        Options { header_timeout: Duration::from_millis(100), connections: 2, ..Options::default() };
    let server = start(Tls::open(&cert, &key).unwrap(), options).await;
    let (mut silent, mut plain) = (server.connect().await, server.connect().await);
    plain.write_all(&request("GET", "/v2/health/ready", "", b"")).await.unwrap();
    for socket in [&mut silent, &mut plain] {
        let mut said = Vec::new();
        let end = tokio::time::timeout(Duration::from_secs(5), socket.read_to_end(&mut said)).await;
        assert!(end.is_ok() && !said.starts_with(b"HTTP"), "{said:?}");
    }
    // Their places are free again.
    while server.service.metrics_text().unwrap().contains("planish_connections 2") {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(ask(&server, &pair, &[]).await.is_ok());
    let text = server.service.metrics_text().unwrap();
    assert!(text.contains(r#"planish_refused_total{reason="tls"} 2"#), "{text}");
    server.stop().await;
}

#[test]
fn files_that_cannot_be_served_with_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (certificate(), certificate());
    let (cert, key) = (one.cert.pem(), one.signing_key.serialize_pem());
    let encrypted = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    for (cert, key, file, part) in [
        ("", &*key, "cert.pem", "there is no certificate in it"),
        (&*key, &*key, "cert.pem", "there is no certificate in it"),
        (&*cert, &*cert, "key.pem", "there is no private key in it"),
        (&*cert, &*encrypted, "key.pem", "that is not encrypted"),
        (&*cert, &*other.signing_key.serialize_pem(), "key.pem", "it is not the key of the certificate"),
        (&cert[..cert.len() - 9], &*key, "cert.pem", "this is no PEM"),
        (&*cert.replace("MII", "MIJ"), &*key, "cert.pem", ""),
    ] {
        let (cert, key) = put(folder.path(), cert, key);
        let e = Tls::open(&cert, &key).unwrap_err().to_string();
        assert!(e.contains(&format!("{file}: ")) && e.contains(part), "{part}: {e}");
    }
    let e = Tls::open(&folder.path().join("nothing.pem"), &folder.path().join("key.pem"))
        .unwrap_err()
        .to_string();
    assert!(e.contains("nothing.pem"), "{e}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_takes_the_old_ones_place_and_a_broken_one_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (certificate(), certificate());
    let (cert, key) = put_pair(folder.path(), &old);
    let tls = Some(Tls::open(&cert, &key).unwrap());
    let server = Live::start_with(service(Options { tls, ..Options::default() })).await;
    assert_eq!(server.service.reload(), Default::default(), "nothing changed");
    // Only half of the pair is there.
    std::fs::write(&cert, new.cert.pem()).unwrap();
    let failed = server.service.reload().failed;
    assert!(failed.len() == 1 && failed[0].to_string().contains("key.pem: it is not"), "{failed:?}");
    assert_eq!(failed[0].of, planish_serve::Subject::Certificate);
    assert!(ask(&server, &old, &[]).await.is_ok());
    put_pair(folder.path(), &new);
    assert_eq!(server.service.reload(), Default::default());
    assert!(ask(&server, &new, &[]).await.is_ok());
    assert!(ask(&server, &old, &[]).await.is_err());
    let text = server.service.metrics_text().unwrap();
    assert!(text.contains(r#"planish_reloads_total{result="failed"} 1"#), "{text}");
    server.stop().await;
}
