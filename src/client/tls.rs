//! The certificates that the client trusts.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject};

/// Whether the client verifies the certificates of servers.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Verification {
    /// The client verifies a certificate's chain, name and dates.
    #[default]
    Checked,
    /// The client accepts every certificate (`--insecure`).
    Insecure,
}

/// The certificates that the client trusts. All connections share the policy.
#[derive(Clone, Debug, Default)]
pub struct TlsPolicy {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    authorities: Vec<CertificateDer<'static>>,
    verification: Verification,
    // The first TLS connection builds the configuration, because reading the system's roots can take longer than a
    // whole run, and most targets speak plain HTTP.
    config: OnceLock<Result<Arc<ClientConfig>, rustls::Error>>,
}

/// The reason why a policy can't be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsPolicyError {
    /// The file of certificate authorities can't be read.
    #[error("can't read certificates from {}: {source}", .path.display())]
    Authorities {
        /// The path of the file of certificate authorities.
        path: PathBuf,
        /// The error of the operating system.
        #[source]
        source: io::Error,
    },
    /// The file holds no certificate in PEM form.
    #[error("{} holds no PEM certificate", .path.display())]
    NoAuthority {
        /// The path of the file that has to hold certificate authorities.
        path: PathBuf,
    },
}

impl TlsPolicy {
    /// Trusts the system's roots and the PEM certificates in `authorities`.
    ///
    /// # Errors
    ///
    /// Returns an error if the file can't be read or holds no certificate.
    pub fn new(
        authorities: Option<&Path>,
        verification: Verification,
    ) -> Result<Self, TlsPolicyError> {
        let authorities = match authorities {
            None => Vec::new(),
            Some(path) => read_authorities(path)?,
        };
        Ok(Self {
            inner: Arc::new(Inner {
                authorities,
                verification,
                config: OnceLock::new(),
            }),
        })
    }

    /// Returns true if the client accepts every certificate.
    pub fn is_insecure(&self) -> bool {
        self.inner.verification == Verification::Insecure
    }

    /// Returns the TLS configuration of this policy.
    pub(super) fn config(&self) -> Result<Arc<ClientConfig>, rustls::Error> {
        self.inner
            .config
            .get_or_init(|| self.inner.build().map(Arc::new))
            .clone()
    }
}

impl Inner {
    fn build(&self) -> Result<ClientConfig, rustls::Error> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?;
        let mut config = match self.verification {
            Verification::Checked => builder
                .with_root_certificates(self.roots())
                .with_no_client_auth(),
            Verification::Insecure => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(TrustAnything { provider }))
                .with_no_client_auth(),
        };
        // Offer HTTP/1.1 only, so that a server that also speaks HTTP/2 does not choose it.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            // The system has no root certificates, as in a minimal container. Use Mozilla's list instead.
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        roots.add_parsable_certificates(self.authorities.iter().cloned());
        roots
    }
}

fn read_authorities(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsPolicyError> {
    let pem = std::fs::read(path).map_err(|source| TlsPolicyError::Authorities {
        path: path.to_owned(),
        source,
    })?;
    let found: Vec<_> = CertificateDer::pem_slice_iter(&pem)
        .filter_map(Result::ok)
        .collect();
    if found.is_empty() {
        return Err(TlsPolicyError::NoAuthority {
            path: path.to_owned(),
        });
    }
    Ok(found)
}

/// Accepts every certificate (`--insecure`). Still verifies the signatures of the TLS handshake.
#[derive(Debug)]
struct TrustAnything {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for TrustAnything {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            cert,
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            cert,
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
