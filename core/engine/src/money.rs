//! What it costs: budgets, the price before sending, grants.

use std::time::Duration;

pub use satchel_kernel::ids::GrantId;
use satchel_kernel::link::LinkKind;
pub use satchel_kernel::money::budget::{Budget, BudgetView, Covers, Period};
pub use satchel_kernel::money::grant::GrantView;
use satchel_kernel::money::price;
pub use satchel_kernel::money::price::{Price, Share};

use crate::AssetId;
use crate::error::{Error, Result};
use crate::outbox::Outbox;
use crate::store::{self, grants, money};

/// Which assets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// All that are in the outbox.
    All,
    /// These.
    These(Vec<AssetId>),
}

/// A budget and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetState {
    /// What it is, and what it has left.
    pub view: BudgetView,
    /// Whether it counts now; a trip's does only between its beginning and its end.
    pub counts_now: bool,
}

/// The longest that a grant may hold.
pub const LONGEST_GRANT: Duration = Duration::from_secs(30 * 24 * 3600);

impl Outbox {
    /// Sets a budget, or changes the one of this name. What was spent today by one that covers the same stays spent.
    ///
    /// # Errors
    /// [`Error::Invalid`] for one without a name or bytes, or whose trip ends before it begins.
    pub async fn set_budget(&self, budget: Budget) -> Result<()> {
        let invalid = |words: &str| Err(Error::Invalid(words.into()));
        if budget.name.trim().is_empty() || budget.name.chars().count() > 60 {
            return invalid("a budget's name has 1 to 60 characters");
        }
        if budget.bytes == 0 || budget.bytes > 1 << 50 {
            return invalid("a budget has 1 byte to 1 PB; to send nothing over such links, say so in the policy");
        }
        if matches!(budget.period, Period::Trip { from_utc_ms, to_utc_ms } if from_utc_ms >= to_utc_ms) {
            return invalid("the trip ends before it begins");
        }
        let now = self.inner.config.clock.now();
        self.inner.keep(move |tx| money::set_budget(tx, &budget, &now)).await?;
        self.inner.look_at_settings().await
    }

    /// Forgets a budget.
    ///
    /// # Errors
    /// [`Error::Invalid`] when there is none of this name.
    pub async fn remove_budget(&self, name: &str) -> Result<()> {
        let name = name.to_owned();
        self.inner.keep(move |tx| money::remove_budget(tx, &name)).await?;
        self.inner.look_at_settings().await
    }

    /// The budgets, by name.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn budgets(&self) -> Result<Vec<BudgetState>> {
        let now = self.inner.config.clock.now();
        let found = self.inner.store.read(move |conn| money::budgets(conn, &now)).await?;
        Ok(found.into_iter().map(|(view, counts_now)| BudgetState { view, counts_now }).collect())
    }

    /// What sending these would cost over the link that there is, told before a byte goes. Of what is only to be read yet, its
    /// file's length counts.
    ///
    /// # Errors
    /// [`Error::NoSuchAsset`] for one that is not there.
    pub async fn price(&self, selection: Selection) -> Result<Price> {
        let (link, _) = self.inner.accounts.now();
        let now = self.inner.config.clock.now();
        let work = move |conn: &store::Connection| {
            let sum = match selection {
                Selection::All => store::weight(conn)?,
                Selection::These(assets) => store::weight_of(conn, &assets)?,
            };
            let (pace, budgets) = (money::pace(conn, &link)?, money::running_budgets(conn, &now)?);
            Ok(price::price(sum.uploads, sum.bytes, sum.largest, &link, pace, &budgets))
        };
        self.inner.store.read(work).await
    }

    /// Gives leave: these assets may go over the link that there is now, whatever the rules and budgets say, for at most so
    /// many bytes ([billed](satchel_kernel::money::billed) ones) and so long. Show the [price](Self::price) before.
    ///
    /// # Errors
    /// [`Error::Invalid`] when there is no link, nothing is named, or a number is out of range: 1 byte or more, 1 second to 30
    /// days. [`Error::NoSuchAsset`] for one that is not there.
    pub async fn grant(&self, assets: Vec<AssetId>, bytes: u64, lasts: Duration) -> Result<GrantId> {
        let (link, _) = self.inner.accounts.now();
        let invalid = |words: &str| Err(Error::Invalid(words.into()));
        if assets.is_empty() {
            return invalid("a grant is for certain photos or videos; name at least one");
        }
        if matches!(link.kind, LinkKind::None | LinkKind::Unknown) {
            return invalid("a grant is for a certain link, and there is none just now");
        }
        if bytes == 0 || lasts < Duration::from_secs(1) || lasts > LONGEST_GRANT {
            return invalid("a grant is for 1 byte or more, and for 1 second to 30 days");
        }
        let (now, for_ms) = (self.inner.config.clock.now(), u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX));
        let id = self.inner.store.write(move |tx| grants::give(tx, &assets, &link, bytes, for_ms, &now)).await?;
        self.inner.look_at_settings().await?;
        Ok(id)
    }

    /// Sends these now, over the link that there is: a grant of their price and a tenth more, for an hour. Returns the price
    /// that was granted.
    ///
    /// # Errors
    /// As [`Self::grant`].
    pub async fn send_now(&self, assets: Vec<AssetId>) -> Result<(GrantId, Price)> {
        let price = self.price(Selection::These(assets.clone())).await?;
        let most = price.bytes.saturating_add(price.bytes / 10).saturating_add(64 << 10);
        Ok((self.grant(assets, most, Duration::from_secs(3600)).await?, price))
    }

    /// The grants that hold.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn grants(&self) -> Result<Vec<GrantView>> {
        let now = self.inner.config.clock.now();
        self.inner.store.read(move |conn| grants::holding(conn, &now)).await
    }

    /// Ends a grant.
    ///
    /// # Errors
    /// [`Error::Invalid`] when there is none of this number.
    pub async fn end_grant(&self, grant: GrantId) -> Result<()> {
        self.inner.store.write(move |tx| grants::end(tx, grant)).await?;
        self.inner.look_at_settings().await
    }
}
