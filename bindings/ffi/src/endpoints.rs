//! The ways to a target, how they fare, and what stood in services' places.

use satchel::TargetId;
use satchel::blocks::BlockRecord as Record;
use satchel::endpoints as ways;
use satchel::kernel::health;

use crate::satchel::{Result, Satchel};
use crate::states::Block;
use crate::{SatchelError, Trouble};

/// The ways to a target, as they are set up.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Endpoints {
    /// Where the first endpoint, the one that the target was set up with, is reached when its name is not answered, or is
    /// answered wrongly: IP addresses. Its certificate must still be for the name.
    #[uniffi(default)]
    pub addresses: Vec<String>,
    /// Further endpoints, in the order in which they are tried.
    #[uniffi(default)]
    pub further: Vec<Endpoint>,
    /// All of them lead to the same uploads: one that was begun at an endpoint goes on at another. Else an upload stays where
    /// bytes of it were sent; a Satchel receiver is asked first, and gets it anew if it does not have it.
    #[uniffi(default = false)]
    pub shared_store: bool,
}

/// A further endpoint. It knows the same account, and takes the same token, as the first.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Endpoint {
    /// A receiver's address for a target that is a receiver; else where a tus server creates uploads.
    pub url: String,
    /// The certificate's key, as a pairing code holds it; without one the trusted roots vouch for it.
    #[uniffi(default = None)]
    pub pin: Option<String>,
    /// IP addresses, as of the first endpoint.
    #[uniffi(default)]
    pub addresses: Vec<String>,
}

/// A way to a target, and how it fares.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct EndpointState {
    /// As it was named.
    pub url: String,
    /// By its configured addresses; else by its name.
    pub by_address: bool,
    /// How it fares on the network that there is.
    pub health: Health,
    /// The same for a person, in English.
    pub words: String,
    /// What went wrong last; none while nothing is.
    pub trouble: Option<Trouble>,
    /// Since when it fares so, in milliseconds since 1970; none for one that was not tried.
    pub since_utc_ms: Option<i64>,
    /// When it is tried again, in milliseconds since 1970; none where it is not resting.
    pub next_utc_ms: Option<i64>,
    /// The target's traffic goes by it now.
    pub carries: bool,
}

/// How an endpoint fares on the network that there is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum Health {
    /// Not tried yet.
    Unknown,
    /// It answers.
    Open,
    /// It answers, and what is sent to it hardly gets through.
    Slow,
    /// It does not answer, or its server fails, and nothing says that somebody is in the way.
    Down,
    /// Somebody is in the way.
    Blocked {
        /// How.
        by: Block,
    },
    /// The network wants a person to sign in first.
    Captive,
}

/// Something that stood in a service's place, on one network. Seen again, it is the same record.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct BlockRecord {
    /// Its number in this outbox.
    pub id: i64,
    /// Of which target.
    pub target: i64,
    /// The address of the endpoint.
    pub endpoint: String,
    /// The network, as the host names it.
    pub network: Option<String>,
    /// How: `page`, `redirect`, `certificate`, `reset`, `name`, `silence`; or `captive`.
    pub kind: String,
    /// The reply's status, where one came.
    pub status: Option<u16>,
    /// The page's title.
    pub title: Option<String>,
    /// Where a redirect pointed.
    pub location: Option<String>,
    /// Length of what is kept of the page, in bytes; at most 65,536.
    pub page_bytes: u32,
    /// The page's media type, as it said.
    pub page_type: Option<String>,
    /// SHA-256 of a certificate that was not the server's, in hexadecimal.
    pub certificate: Option<String>,
    /// Who signed that certificate, as it says.
    pub issuer: Option<String>,
    /// The address that answered.
    pub address: Option<String>,
    /// When it was first seen, in milliseconds since 1970.
    pub first_utc_ms: i64,
    /// When it was last seen.
    pub last_utc_ms: i64,
    /// How often.
    pub times: u32,
}

#[uniffi::export]
impl Satchel {
    /// Sets up the ways to a target, in place of those that there were beside the first.
    pub async fn set_endpoints(&self, target: i64, endpoints: Endpoints) -> Result<()> {
        let (outbox, endpoints) = (self.open_outbox()?, endpoints.try_into()?);
        self.tracked(async move { outbox.set_endpoints(TargetId(target), endpoints).await }).await
    }

    /// The ways to a target, as they were set up.
    pub async fn endpoints_set(&self, target: i64) -> Result<Endpoints> {
        let outbox = self.open_outbox()?;
        self.tracked(async move { outbox.endpoints_set(TargetId(target)).await.map(Endpoints::from) }).await
    }

    /// The ways to a target, in the order in which they are tried, and how they fare. One with configured addresses is two: by
    /// its name, and by these.
    pub async fn endpoints(&self, target: i64) -> Result<Vec<EndpointState>> {
        let outbox = self.open_outbox()?;
        self.tracked(async move {
            let found = outbox.endpoints(TargetId(target)).await?;
            Ok::<_, satchel::Error>(found.into_iter().map(EndpointState::from).collect())
        })
        .await
    }

    /// Sets a neutral address for contrast, one that nobody has a reason to block: asked when a probe fails, it tells a block
    /// from a network that leads nowhere, and from a sign-in page. Over https whoever proves to be it will do; over http it must
    /// answer with an empty 204. None: no such question is asked.
    pub async fn set_neutral(&self, url: Option<String>) -> Result<()> {
        let (outbox, url) = (self.open_outbox()?, url.as_deref().map(address).transpose()?);
        self.tracked(async move { outbox.set_neutral(url).await }).await
    }

    /// The neutral address.
    pub fn neutral(&self) -> Result<Option<String>> {
        Ok(self.open_outbox()?.neutral().map(|url| url.to_string()))
    }

    /// What stood in services' places, the last seen first.
    pub async fn blocks(&self) -> Result<Vec<BlockRecord>> {
        let outbox = self.open_outbox()?;
        self.tracked(async move {
            Ok::<_, satchel::Error>(outbox.blocks().await?.into_iter().map(BlockRecord::from).collect())
        })
        .await
    }

    /// The page of a record, as it came: at most 64 KB. It is somebody else's, and may hold scripts. None where there is none, or
    /// it was too old to be kept.
    pub async fn block_page(&self, id: i64) -> Result<Option<Vec<u8>>> {
        let outbox = self.open_outbox()?;
        self.tracked(async move { outbox.block_page(id).await }).await
    }

    /// Writes all records with their pages into one JSON file, in place of what is there, and says how many there were. It names
    /// servers and networks, and no photo.
    pub async fn export_blocks(&self, path: String) -> Result<u64> {
        let outbox = self.open_outbox()?;
        self.tracked(async move { outbox.export_blocks(path.as_ref()).await.map(|count| count as u64) }).await
    }
}

fn address(text: &str) -> Result<url::Url> {
    text.parse().map_err(|_| {
        SatchelError::invalid(format!("{text} is no address of a server; it must begin with http:// or https://"))
    })
}

fn ips(texts: &[String]) -> Result<Vec<std::net::IpAddr>> {
    let ip = |text: &String| {
        text.parse()
            .map_err(|_| SatchelError::invalid(format!("{text} is no IP address, such as 203.0.113.7 or 2001:db8::7")))
    };
    texts.iter().map(ip).collect()
}

impl TryFrom<Endpoints> for ways::Endpoints {
    type Error = SatchelError;
    fn try_from(Endpoints { addresses, further, shared_store }: Endpoints) -> Result<Self> {
        let further = further.into_iter().map(TryInto::try_into).collect::<Result<_>>()?;
        Ok(Self { addresses: ips(&addresses)?, further, shared_store })
    }
}

impl TryFrom<Endpoint> for ways::Endpoint {
    type Error = SatchelError;
    fn try_from(Endpoint { url, pin, addresses }: Endpoint) -> Result<Self> {
        Ok(Self { url: address(&url)?, pin, addresses: ips(&addresses)? })
    }
}

impl From<ways::Endpoints> for Endpoints {
    fn from(ways::Endpoints { addresses, further, shared_store }: ways::Endpoints) -> Self {
        let texts = |ips: Vec<std::net::IpAddr>| ips.iter().map(ToString::to_string).collect();
        let further = further.into_iter().map(|ways::Endpoint { url, pin, addresses }| Endpoint {
            url: url.to_string(),
            pin,
            addresses: texts(addresses),
        });
        Self { addresses: texts(addresses), further: further.collect(), shared_store }
    }
}

impl From<ways::EndpointView> for EndpointState {
    fn from(view: ways::EndpointView) -> Self {
        let words = view.words();
        let ways::EndpointView { url, by_address, health, trouble, since_utc_ms, next_utc_ms, carries } = view;
        let since_utc_ms = (health != health::Health::Unknown).then_some(since_utc_ms);
        let (health, trouble) = (health.into(), trouble.map(Into::into));
        Self { url, by_address, health, words, trouble, since_utc_ms, next_utc_ms, carries }
    }
}

impl From<health::Health> for Health {
    fn from(value: health::Health) -> Self {
        use health::Health as H;
        match value {
            H::Unknown => Self::Unknown,
            H::Open => Self::Open,
            H::Slow => Self::Slow,
            H::Down => Self::Down,
            H::Blocked(by) => Self::Blocked { by: by.into() },
            H::Captive => Self::Captive,
        }
    }
}

impl From<Record> for BlockRecord {
    fn from(record: Record) -> Self {
        let Record {
            id,
            target,
            endpoint,
            network,
            kind,
            status,
            title,
            location,
            page_bytes,
            page_type,
            certificate,
            issuer,
            address,
            first_utc_ms,
            last_utc_ms,
            times,
        } = record;
        Self {
            id,
            target: target.0,
            endpoint,
            network,
            kind,
            status,
            title,
            location,
            page_bytes,
            page_type,
            certificate,
            issuer,
            address,
            first_utc_ms,
            last_utc_ms,
            times,
        }
    }
}
