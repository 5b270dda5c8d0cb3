//! TLS with one certificate, by rustls: versions 1.2 and 1.3, and by ALPN HTTP/2 or HTTP/1.1, so REST and gRPC share it.
//!
//! The files are read again with the models; a pair that cannot be used leaves the old one in place. A connection keeps what it began with.

use crate::credentials::reread::{FileError, Reread};
use crate::error::ServeError;
use crate::failure::{Failure, Subject};
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

/// A certificate with its private key. Copies are the same.
#[derive(Clone, Debug)]
pub struct Tls {
    files: Arc<Reread<ServerConfig, 2>>,
}

/// The numbers of the files.
const CERTIFICATE: usize = 0;
const KEY: usize = 1;

impl Tls {
    /// Reads a chain of certificates, the server's own first, and its private key (PKCS #8, PKCS #1 or SEC 1), both as PEM.
    ///
    /// # Errors
    /// A file that cannot be read or has nothing of the kind in it, or a key that is not the certificate's.
    pub fn open(certificate: &Path, key: &Path) -> Result<Tls, ServeError> {
        let paths = [certificate.to_owned(), key.to_owned()];
        let files = Reread::open(Subject::Certificate, paths, config).map_err(ServeError::Unreadable)?;
        Ok(Tls { files: Arc::new(files) })
    }

    /// What speaks with new connections.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.files.current())
    }

    /// Reads the files again; whether there was something new in them.
    pub(crate) fn reload(&self) -> Result<bool, Failure> {
        self.files.reload()
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "other crates' errors, of which one has words of ours")]
fn config(texts: &[String; 2]) -> Result<ServerConfig, FileError> {
    let fail = |file, reason: String| FileError { file, line: None, reason };
    let chain = CertificateDer::pem_slice_iter(texts[CERTIFICATE].as_bytes()).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|e| fail(CERTIFICATE, format!("this is no PEM: {e}")))?;
    if chain.is_empty() {
        return Err(fail(CERTIFICATE, "there is no certificate in it".to_owned()));
    }
    let private = PrivateKeyDer::from_pem_slice(texts[KEY].as_bytes()).map_err(|e| match e {
        pem::Error::NoItemsFound => {
            fail(KEY, "there is no private key in it that is not encrypted".to_owned())
        }
        e => fail(KEY, format!("this is no PEM: {e}")),
    })?;
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions();
    let config = builder.and_then(|b| b.with_no_client_auth().with_single_cert(chain, private));
    let mut config = config.map_err(|e| match e {
        rustls::Error::InconsistentKeys(_) => fail(KEY, "it is not the key of the certificate".to_owned()),
        e => fail(CERTIFICATE, e.to_string()),
    })?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
