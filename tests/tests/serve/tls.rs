//! The service with a certificate: it is asked over TLS, reads a new one at SIGHUP, and says what is wrong with its files.

use planish_tests::program::{run, succeed};
use planish_tests::server::Server;
use rcgen::{CertifiedKey, KeyPair};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

const MODEL: &str = "q/species.safetensors";
const FILES: [&str; 4] = ["--tls-cert", "cert.pem", "--tls-key", "key.pem"];

fn certificate() -> CertifiedKey<KeyPair> {
    rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap()
}

fn put(folder: &Path, pair: &CertifiedKey<KeyPair>) {
    std::fs::write(folder.join("cert.pem"), pair.cert.pem()).unwrap();
    let key = folder.join("key.pem");
    std::fs::write(&key, pair.signing_key.serialize_pem()).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
}

/// What the service answers to a client that trusts this certificate alone.
fn ask(address: &str, trusted: &CertifiedKey<KeyPair>) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.cert.der().clone()).unwrap();
    let config = Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth());
    let connection = ClientConnection::new(config, ServerName::try_from("localhost").unwrap()).unwrap();
    let socket = TcpStream::connect(address)?;
    socket.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut stream = StreamOwned::new(connection, socket);
    stream.write_all(
        b"GET /v2/models/species/ready HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[test]
fn a_certificate_is_served_and_the_next_one_at_sighup() {
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["quickstart", "--out", "q"]);
    let (old, new) = (certificate(), certificate());
    put(folder.path(), &old);
    let server = Server::start(folder.path(), &[&[MODEL][..], &FILES].concat());
    let answer = ask(server.address(), &old).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.ends_with(r#"{"name":"species","ready":true}"#),
        "{answer}"
    );
    assert!(ask(server.address(), &new).is_err(), "another certificate is not trusted");
    put(folder.path(), &new);
    server.hang_up();
    while ask(server.address(), &new).is_err() {
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn files_that_cannot_be_served_with_end_the_start() {
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["quickstart", "--out", "q"]);
    let (one, other) = (certificate(), certificate());
    let refused = |args: &[&str], part: &str| {
        let ran = run(folder.path(), &[&["serve", MODEL, "--addr", "127.0.0.1:0"], args].concat());
        assert!(ran.code == 1 && ran.err.contains(part), "{part}: {} {}", ran.code, ran.err);
    };
    refused(&FILES, "cert.pem");
    put(folder.path(), &one);
    refused(&FILES[..2], "--tls-cert needs the key of the certificate: give --tls-key");
    refused(&FILES[2..], "--tls-key needs the certificate of the key: give --tls-cert");
    refused(&["--tls-cert", "key.pem", "--tls-key", "key.pem"], "key.pem: there is no certificate in it");
    std::fs::write(folder.path().join("key.pem"), other.signing_key.serialize_pem()).unwrap();
    refused(&FILES, "key.pem: it is not the key of the certificate");
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_is_warned_of() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["quickstart", "--out", "q"]);
    put(folder.path(), &certificate());
    let settings = "models = [\"q/species.safetensors\"]\ntls-cert = \"cert.pem\"\ntls-key = \"key.pem\"\naddr = \"nowhere.invalid:1\"\n";
    std::fs::write(folder.path().join("service.toml"), settings).unwrap();
    for (mode, warned) in [(0o644, true), (0o600, false)] {
        let key = folder.path().join("key.pem");
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode)).unwrap();
        let ran = run(folder.path(), &["serve", "--config", "service.toml"]);
        assert!(ran.code == 1 && ran.err.contains("cannot listen on nowhere.invalid:1"), "{}", ran.err);
        assert_eq!(
            ran.err.contains("warning: key.pem: other users of this machine can read it"),
            warned,
            "{}",
            ran.err
        );
    }
    let ran = succeed(folder.path(), &["serve", "--config", "service.toml", "--print-config"]);
    assert!(
        ran.out.contains("tls-cert = \"cert.pem\"\n") && ran.out.contains("tls-key = \"key.pem\"\n"),
        "{}",
        ran.out
    );
}
