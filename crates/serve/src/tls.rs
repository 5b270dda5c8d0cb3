//! TLS with one certificate, by rustls: versions 1.2 and 1.3, and by ALPN HTTP/2 or HTTP/1.1, so REST and gRPC share it.
//!
//! The files are read again with the models; a pair that cannot be used leaves the old one in place. A connection keeps what it began with.

use crate::error::ServeError;
use planish_io::read_settings;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

/// A certificate with its private key. Copies are the same.
#[derive(Clone, Debug)]
pub struct Tls {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<Pair>,
}

/// What was in the files.
#[derive(Clone, Debug)]
struct Pair {
    digest: [u8; 32],
    config: Arc<ServerConfig>,
}

impl Tls {
    /// Reads a chain of certificates, the server's own first, and its private key (PKCS #8, PKCS #1 or SEC 1), both as PEM.
    ///
    /// # Errors
    /// A file that cannot be read or has nothing of the kind in it, or a key that is not the certificate's.
    pub fn open(certificate: &Path, key: &Path) -> Result<Tls, ServeError> {
        let texts = read(certificate, key)?;
        let current = RwLock::new(pair(certificate, key, &texts)?);
        let (certificate, key) = (certificate.to_owned(), key.to_owned());
        Ok(Tls { inner: Arc::new(Inner { certificate, key, current }) })
    }

    /// What speaks with new connections.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        let current = self.inner.current.read().unwrap_or_else(PoisonError::into_inner);
        TlsAcceptor::from(current.config.clone())
    }

    /// Reads the files again; whether there was something new in them.
    pub(crate) fn reload(&self) -> Result<bool, ServeError> {
        let Inner { certificate, key, current } = &*self.inner;
        let texts = read(certificate, key)?;
        if current.read().unwrap_or_else(PoisonError::into_inner).digest == digest(&texts) {
            return Ok(false);
        }
        let new = pair(certificate, key, &texts)?;
        *current.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(true)
    }
}

fn read(certificate: &Path, key: &Path) -> Result<[String; 2], ServeError> {
    let read = |path: &Path| read_settings(path).map_err(|e| ServeError::Tls { what: e.to_string() });
    Ok([read(certificate)?, read(key)?])
}

fn digest(texts: &[String; 2]) -> [u8; 32] {
    let both = texts.iter().fold(Sha256::new(), |d, text| d.chain_update(Sha256::digest(text)));
    both.finalize().into()
}

fn pair(certificate: &Path, key: &Path, texts: &[String; 2]) -> Result<Pair, ServeError> {
    let fail = |path: &Path, what: String| ServeError::Tls { what: format!("{}: {what}", path.display()) };
    let chain = CertificateDer::pem_slice_iter(texts[0].as_bytes()).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|e| fail(certificate, format!("this is no PEM: {e}")))?;
    if chain.is_empty() {
        return Err(fail(certificate, "there is no certificate in it".to_owned()));
    }
    let private = PrivateKeyDer::from_pem_slice(texts[1].as_bytes()).map_err(|e| match e {
        pem::Error::NoItemsFound => {
            fail(key, "there is no private key in it that is not encrypted".to_owned())
        }
        e => fail(key, format!("this is no PEM: {e}")),
    })?;
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions();
    let config = builder.and_then(|b| b.with_no_client_auth().with_single_cert(chain, private));
    let mut config = config.map_err(|e| match e {
        rustls::Error::InconsistentKeys(_) => {
            fail(key, format!("it is not the key of the certificate in {}", certificate.display()))
        }
        e => fail(certificate, e.to_string()),
    })?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Pair { digest: digest(texts), config: Arc::new(config) })
}
