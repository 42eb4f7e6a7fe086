//! What it costs: budgets, the price before sending, grants.

use std::time::Duration;

use satchel::AssetId;
use satchel::money::{self, GrantId, Selection};

use crate::link::choice;
use crate::satchel::{Result, Satchel, asset_id};
use crate::{LinkClass, LinkKind, SatchelError};

/// So many bytes in a period over these links. Bytes are billed ones: of both directions, with headers, TLS and an allowance
/// for TCP/IP.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Budget {
    /// What the traveller calls it, 1 to 60 characters; one of each name.
    pub name: String,
    /// What it counts.
    pub covers: Covers,
    /// How many bytes, 1 to 2^50.
    pub bytes: u64,
    /// In which time.
    pub period: Period,
}

/// Which links a budget counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum Covers {
    /// A class. That of metered links counts those too of which nobody knows whether they cost.
    Class {
        /// Which.
        class: LinkClass,
    },
    /// A network.
    Network {
        /// Its id, as in `Link.network`.
        id: String,
    },
}

/// For how long a budget is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum Period {
    /// Each day anew, from local midnight on.
    Day,
    /// Once, from an instant until another. Before and after it, the budget neither allows nor forbids.
    Trip {
        /// In milliseconds since 1970.
        from_utc_ms: i64,
        /// The first millisecond after it.
        to_utc_ms: i64,
    },
}

/// A budget and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct BudgetState {
    /// What it is.
    pub budget: Budget,
    /// Billed bytes of this period that are neither spent nor reserved.
    pub left: u64,
    /// How long until there is a new one, in milliseconds; none where there will be none.
    pub refills_in_ms: Option<u64>,
    /// Whether it counts now; a trip's does only between its beginning and its end.
    pub counts_now: bool,
}

/// The price of sending some things over the link that there is.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Price {
    /// How many uploads.
    pub uploads: u64,
    /// Their bytes that are not at the server yet.
    pub payload_bytes: u64,
    /// Billed bytes.
    pub bytes: u64,
    /// How long it takes at the link's rate, in milliseconds; none where no rate is known.
    pub takes_ms: Option<u64>,
    /// The rate that was reckoned with, in bytes a second.
    pub bytes_per_second: Option<u64>,
    /// Each budget that covers the link.
    pub budgets: Vec<Share>,
}

/// What a price is of a budget.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Share {
    /// The budget's name.
    pub name: String,
    /// What it has left, in billed bytes.
    pub left: u64,
    /// What it has in all, in billed bytes.
    pub of: u64,
    /// The price in hundredths of what is left, rounded up; none where nothing is left.
    pub percent: Option<u64>,
    /// The largest single upload is more than the whole budget: it can never go by it.
    pub never: bool,
}

/// A grant that holds: one act of consent.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Grant {
    /// Names it when it is ended.
    pub id: i64,
    /// The kind of link that it was given for.
    pub kind: LinkKind,
    /// That link's network, where it was known.
    pub network: Option<String>,
    /// Billed bytes that are neither spent nor reserved.
    pub left: u64,
    /// How long it still holds, in milliseconds.
    pub ends_in_ms: u64,
}

/// A grant that was given for its price.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SentNow {
    /// The grant.
    pub grant: i64,
    /// What it was given for.
    pub price: Price,
}

choice! {
    /// What a target is not to learn from a file. Whatever a person said is said to it all the same.
    Redaction for satchel::Redaction {
        /// Nothing is kept from it: originals go as they are.
        None,
        /// Where it was taken: originals go without their metadata, and posts without the place that the file told.
        Location,
        /// As `Location`, and posts go without the time that the file told, too.
        All,
    }
}

#[uniffi::export]
impl Satchel {
    /// Sets a budget, or changes the one of this name. What was spent today by one that covers the same stays spent.
    pub async fn set_budget(&self, budget: Budget) -> Result<()> {
        let outbox = self.open_outbox()?;
        self.tracked(async move { outbox.set_budget(budget.into()).await }).await
    }

    /// Forgets a budget; `Invalid` when there is none of this name.
    pub async fn remove_budget(&self, name: String) -> Result<()> {
        let outbox = self.open_outbox()?;
        self.tracked(async move { outbox.remove_budget(&name).await }).await
    }

    /// The budgets, by name.
    pub async fn budgets(&self) -> Result<Vec<BudgetState>> {
        let outbox = self.open_outbox()?;
        self.tracked(async move {
            Ok::<_, satchel::Error>(outbox.budgets().await?.into_iter().map(BudgetState::from).collect())
        })
        .await
    }

    /// What sending these would cost over the link that there is, told before a byte goes; of all that is in the outbox when
    /// left out.
    pub async fn price(&self, assets: Option<Vec<String>>) -> Result<Price> {
        let outbox = self.open_outbox()?;
        let selection = match assets {
            Some(ids) => Selection::These(asset_ids(&ids)?),
            None => Selection::All,
        };
        self.tracked(async move { outbox.price(selection).await.map(Price::from) }).await
    }

    /// Gives leave: these assets may go over the link that there is now, whatever the rules and budgets say, for at most so
    /// many billed bytes (1 or more) and so many milliseconds (1 second to 30 days). Its number.
    pub async fn grant(&self, assets: Vec<String>, bytes: u64, lasts_ms: u64) -> Result<i64> {
        let (outbox, assets) = (self.open_outbox()?, asset_ids(&assets)?);
        self.tracked(async move {
            let GrantId(id) = outbox.grant(assets, bytes, Duration::from_millis(lasts_ms)).await?;
            Ok::<_, satchel::Error>(id)
        })
        .await
    }

    /// Sends these now, over the link that there is: a grant of their price and a tenth more, for an hour. They go with the
    /// next run, or the one under way.
    pub async fn send_now(&self, assets: Vec<String>) -> Result<SentNow> {
        let (outbox, assets) = (self.open_outbox()?, asset_ids(&assets)?);
        self.tracked(async move {
            let (GrantId(grant), price) = outbox.send_now(assets).await?;
            Ok::<_, satchel::Error>(SentNow { grant, price: price.into() })
        })
        .await
    }

    /// The grants that hold.
    pub async fn grants(&self) -> Result<Vec<Grant>> {
        let outbox = self.open_outbox()?;
        self.tracked(
            async move { Ok::<_, satchel::Error>(outbox.grants().await?.into_iter().map(Grant::from).collect()) },
        )
        .await
    }

    /// Ends a grant; `Invalid` when there is none of this number.
    pub async fn end_grant(&self, grant: i64) -> Result<()> {
        let outbox = self.open_outbox()?;
        self.tracked(async move { outbox.end_grant(GrantId(grant)).await }).await
    }
}

fn asset_ids(texts: &[String]) -> Result<Vec<AssetId>, SatchelError> {
    texts.iter().map(|text| asset_id(text)).collect()
}

impl From<Budget> for money::Budget {
    fn from(Budget { name, covers, bytes, period }: Budget) -> Self {
        let covers = match covers {
            Covers::Class { class } => money::Covers::Class(class.into()),
            Covers::Network { id } => money::Covers::Network(id),
        };
        let period = match period {
            Period::Day => money::Period::Day,
            Period::Trip { from_utc_ms, to_utc_ms } => money::Period::Trip { from_utc_ms, to_utc_ms },
        };
        Self { name, covers, bytes, period }
    }
}

impl From<money::Budget> for Budget {
    fn from(money::Budget { name, covers, bytes, period }: money::Budget) -> Self {
        let covers = match covers {
            money::Covers::Class(class) => Covers::Class { class: class.into() },
            money::Covers::Network(id) => Covers::Network { id },
        };
        let period = match period {
            money::Period::Day => Period::Day,
            money::Period::Trip { from_utc_ms, to_utc_ms } => Period::Trip { from_utc_ms, to_utc_ms },
        };
        Self { name, covers, bytes, period }
    }
}

impl From<money::BudgetState> for BudgetState {
    fn from(money::BudgetState { view, counts_now }: money::BudgetState) -> Self {
        let money::BudgetView { budget, left, refills_in_ms } = view;
        Self { budget: budget.into(), left, refills_in_ms, counts_now }
    }
}

impl From<money::Price> for Price {
    fn from(price: money::Price) -> Self {
        let share = |share: &money::Share| {
            let percent = share.percent(&price);
            let money::Share { name, left, of, never } = share.clone();
            Share { name, left, of, percent, never }
        };
        let shares = price.budgets.iter().map(share).collect();
        let money::Price { uploads, payload_bytes, bytes, takes_ms, bytes_per_second, budgets: _ } = price;
        Self { uploads, payload_bytes, bytes, takes_ms, bytes_per_second, budgets: shares }
    }
}

impl From<money::GrantView> for Grant {
    fn from(
        money::GrantView { id: GrantId(id), kind, network, left, ends_in_ms, roaming: _ }: money::GrantView,
    ) -> Self {
        Self { id, kind: kind.into(), network, left, ends_in_ms }
    }
}
