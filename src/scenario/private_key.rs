//! Private keys that sign JSON Web Tokens: RSA for RS256, P-256 for ES256 (RFC 7518 sections 3.3 and 3.4).

use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use p256::pkcs8::DecodePrivateKey as _;
use rsa::{
    pkcs1::DecodeRsaPrivateKey as _,
    pkcs1v15,
    pkcs8::{EncodePublicKey as _, LineEnding},
    sha2::Sha256,
    signature::{SignatureEncoding as _, Signer as _},
};

use crate::data::Data;

/// The start of the first line of a key in PEM.
const PEM: &str = "-----BEGIN ";

/// A private key that signs JSON Web Tokens.
#[derive(Clone)]
pub struct PrivateKey {
    pem: String,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    Es256(p256::ecdsa::SigningKey),
    Rs256(Box<pkcs1v15::SigningKey<Sha256>>),
}

impl PrivateKey {
    /// The names of the algorithms, for messages.
    pub const ALGORITHMS: [&'static str; 2] = ["ES256", "RS256"];

    /// Reads a key in PEM: PKCS#8, PKCS#1 (`RSA PRIVATE KEY`) or SEC1 (`EC PRIVATE KEY`). Returns `None` if the text is
    /// no such key, or if the key is encrypted.
    pub fn parse(pem: &str) -> Option<Self> {
        let start = pem.find(PEM)?;
        let text = pem[start..].trim_end();
        let rsa = || {
            rsa::RsaPrivateKey::from_pkcs8_pem(text)
                .ok()
                .or_else(|| rsa::RsaPrivateKey::from_pkcs1_pem(text).ok())
        };
        let curve = || {
            // Programs such as openssl write the parameters of the curve before a SEC1 key.
            let start = text.find("-----BEGIN EC PRIVATE KEY").unwrap_or_default();
            p256::SecretKey::from_pkcs8_pem(text)
                .ok()
                .or_else(|| p256::SecretKey::from_sec1_pem(&text[start..]).ok())
        };
        let kind = match rsa() {
            Some(key) => Kind::Rs256(Box::new(pkcs1v15::SigningKey::new(key))),
            None => Kind::Es256(curve()?.into()),
        };
        Some(Self {
            pem: pem.to_owned(),
            kind,
        })
    }

    /// Returns the name of the algorithm that the key signs with.
    pub fn algorithm(&self) -> &'static str {
        match self.kind {
            Kind::Es256(_) => "ES256",
            Kind::Rs256(_) => "RS256",
        }
    }

    /// Returns the key as it was read.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Returns the public key in PEM (SPKI). A server that takes this text for the secret of HS256 accepts forged
    /// tokens.
    pub fn public_pem(&self) -> String {
        let pem = match &self.kind {
            Kind::Es256(key) => {
                let key = p256::PublicKey::from(key.verifying_key());
                p256::pkcs8::EncodePublicKey::to_public_key_pem(&key, LineEnding::LF)
            }
            Kind::Rs256(key) => {
                let key: &rsa::RsaPrivateKey = key.as_ref().as_ref();
                key.to_public_key().to_public_key_pem(LineEnding::LF)
            }
        };
        pem.unwrap_or_else(|error| unreachable!("a public key can be written: {error}"))
    }

    /// Creates a token with exactly these claims. Equal claims give equal tokens.
    pub fn sign(&self, claims: &Data) -> String {
        let signed = self.unsigned(claims);
        format!("{signed}.{}", self.signature(&signed))
    }

    /// Creates a token with these claims and the signature of another token.
    pub fn forge(&self, claims: &Data) -> String {
        let other = self.unsigned(&Data::object([("sub", Data::from("somebody else"))]));
        format!("{}.{}", self.unsigned(claims), self.signature(&other))
    }

    /// Returns the header and the claims of a token, which the signature covers.
    fn unsigned(&self, claims: &Data) -> String {
        let header = format!(r#"{{"alg":"{}","typ":"JWT"}}"#, self.algorithm());
        format!(
            "{}.{}",
            BASE64_URL_SAFE_NO_PAD.encode(header),
            BASE64_URL_SAFE_NO_PAD.encode(claims.to_string()),
        )
    }

    fn signature(&self, text: &str) -> String {
        let bytes = match &self.kind {
            Kind::Es256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(text.as_bytes());
                signature.to_vec()
            }
            Kind::Rs256(key) => key.sign(text.as_bytes()).to_vec(),
        };
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }
}

/// Shows only the algorithm, so that no output shows the key.
impl fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PrivateKey({})", self.algorithm())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
    use p256::pkcs8::EncodePrivateKey as _;
    use rsa::{pkcs1::EncodeRsaPrivateKey as _, rand_core::OsRng};

    use super::*;

    /// Returns a new key of P-256 in PEM.
    pub(crate) fn curve_pem() -> String {
        let key = p256::SecretKey::random(&mut OsRng);
        key.to_pkcs8_pem(LineEnding::LF).unwrap().to_string()
    }

    fn verifies(token: &str, public: &[u8], algorithm: Algorithm) -> bool {
        let mut validation = Validation::new(algorithm);
        validation.required_spec_claims.clear();
        // jsonwebtoken takes the parts of a public key: the point, or the numbers of RSA.
        let key = match algorithm {
            Algorithm::ES256 => DecodingKey::from_ec_der(public),
            _ => DecodingKey::from_rsa_der(public),
        };
        decode::<serde_json::Value>(token, &key, &validation).is_ok()
    }

    fn claims() -> Data {
        Data::object([("sub", Data::from("u1"))])
    }

    #[test]
    fn a_key_of_p256_signs_es256() {
        let key = PrivateKey::parse(&curve_pem()).unwrap();
        let Kind::Es256(inner) = &key.kind else {
            panic!("{key:?}");
        };
        let point = inner.verifying_key().to_encoded_point(false);
        let is_right = |token: &str| verifies(token, point.as_bytes(), Algorithm::ES256);
        assert!(is_right(&key.sign(&claims())));
        assert!(!is_right(&key.forge(&claims())));
        assert_eq!(key.sign(&claims()), key.sign(&claims()));
    }

    #[test]
    fn a_key_of_rsa_signs_rs256_in_every_form() {
        let rsa = rsa::RsaPrivateKey::new(&mut OsRng, 1024).unwrap();
        let public = rsa::pkcs1::EncodeRsaPublicKey::to_pkcs1_der(&rsa.to_public_key()).unwrap();
        let forms = [
            rsa.to_pkcs8_pem(LineEnding::LF).unwrap(),
            rsa.to_pkcs1_pem(LineEnding::LF).unwrap(),
        ];
        for pem in forms {
            let key = PrivateKey::parse(&pem).unwrap();
            assert_eq!(key.algorithm(), "RS256");
            let is_right = |token: &str| verifies(token, public.as_bytes(), Algorithm::RS256);
            assert!(is_right(&key.sign(&claims())));
            assert!(!is_right(&key.forge(&claims())));
            assert!(key.public_pem().starts_with("-----BEGIN PUBLIC KEY-----\n"));
        }
    }

    #[test]
    fn other_texts_are_no_keys() {
        let key = PrivateKey::parse(&curve_pem()).unwrap();
        for text in [
            "",
            "secret",
            &key.public_pem(),
            "-----BEGIN PRIVATE KEY-----\nMA==\n-----END PRIVATE KEY-----",
        ] {
            assert!(PrivateKey::parse(text).is_none(), "{text}");
        }
        assert_eq!(format!("{key:?}"), "PrivateKey(ES256)");
    }
}
