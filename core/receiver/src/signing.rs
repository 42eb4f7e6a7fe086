//! The key that signs receipts, and how one key follows another.
//!
//! Ed25519 (RFC 8032). The private halves are files of the store, the public ones and the chain of
//! successions are rows. A key is written and synced before a row names it, so that a row never lacks its key.

use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use satchel_kernel::ids::{BlobHash, Nonce};
use satchel_kernel::protocol::keys::{KeyChain, SigningKey, Succession};
use satchel_kernel::protocol::receipt::{Receipt, ReceiptKind};
use satchel_kernel::protocol::sealed::Sealed;

use crate::store::{Store, StoreError, keys};
use crate::{StartError, chance, clock, files};

struct Current {
    public: SigningKey,
    pair: Ed25519KeyPair,
}

/// Signs what the receiver promises.
pub(crate) struct Signer {
    server: String,
    dir: PathBuf,
    current: RwLock<Current>,
}

/// What a receipt is about.
pub(crate) struct Promise<'a> {
    pub(crate) account: &'a str,
    pub(crate) upload: &'a str,
    pub(crate) nonce: Nonce,
    pub(crate) hash: BlobHash,
    pub(crate) length: u64,
    pub(crate) time: i64,
}

impl Signer {
    pub(crate) fn open(dir: &Path, server: &str, store: &Store) -> Result<Self, StartError> {
        let newest = store.write_now(|tx| keys::newest(tx))?;
        let current = match newest {
            Some(public) => {
                let path = key_path(dir, &public.id);
                let bytes = std::fs::read(&path).map_err(|source| StartError::Files { path: path.clone(), source })?;
                let pair =
                    Ed25519KeyPair::from_pkcs8(&bytes).map_err(|e| StartError::Key { path, why: e.to_string() })?;
                Current { public, pair }
            }
            None => {
                let fresh = generate(dir)?;
                store.write_now(|tx| keys::add(tx, &fresh.public, None, clock::unix_now()))?;
                fresh
            }
        };
        Ok(Self { server: server.to_owned(), dir: dir.to_owned(), current: RwLock::new(current) })
    }

    /// The key in use.
    pub(crate) fn key(&self) -> SigningKey {
        self.current.read().unwrap_or_else(PoisonError::into_inner).public.clone()
    }

    /// Signs that a payload is here, whole and on disk.
    pub(crate) fn receipt(&self, promise: Promise<'_>) -> String {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        let Promise { account, upload, nonce, hash, length, time } = promise;
        let receipt = Receipt {
            kind: ReceiptKind::Final,
            key: current.public.id.clone(),
            server: self.server.clone(),
            account: account.to_owned(),
            upload: upload.to_owned(),
            nonce,
            hash,
            length,
            time,
        };
        seal(&current.pair, receipt.statement())
    }

    /// Makes a new key, signs with the old one that it follows, and uses it from now on.
    pub(crate) fn rotate(&self, store: &Store) -> Result<SigningKey, StartError> {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let fresh = generate(&self.dir)?;
        let time = clock::unix_now();
        let succession = Succession { old: current.public.id.clone(), new: fresh.public.clone(), time };
        let sealed = seal(&current.pair, succession.statement());
        store.write_now(|tx| keys::add(tx, &fresh.public, Some(&sealed), time))?;
        *current = fresh;
        Ok(current.public.clone())
    }
}

/// The chain that leads from older keys to the one in use.
pub(crate) async fn chain(store: &Store) -> Result<KeyChain, StoreError> {
    Ok(KeyChain { successions: store.read(keys::successions).await? })
}

fn seal(pair: &Ed25519KeyPair, statement: Vec<u8>) -> String {
    let signature = pair.sign(&statement).as_ref().try_into().expect("an Ed25519 signature has 64 bytes");
    Sealed { statement, signature }.to_string()
}

fn key_path(dir: &Path, id: &str) -> PathBuf {
    dir.join(format!("signing-{id}.pk8"))
}

fn generate(dir: &Path) -> Result<Current, StartError> {
    let id = chance::id()[..16].to_owned();
    let path = key_path(dir, &id);
    let bad = |e: aws_lc_rs::error::Unspecified| StartError::Key { path: path.clone(), why: e.to_string() };
    let pair = Ed25519KeyPair::generate().map_err(bad)?;
    let document = pair.to_pkcs8().map_err(bad)?;
    files::write_private(&path, document.as_ref())
        .map_err(|source| StartError::Files { path: path.clone(), source })?;
    let public = SigningKey { id, public: URL_SAFE_NO_PAD.encode(pair.public_key().as_ref()) };
    Ok(Current { public, pair })
}
