//! What the host sees and what a person set: link, power, rules, marks, and what targets are not to learn.

use satchel::TargetId;

use crate::money::Redaction;
use crate::satchel::{Result, Satchel};
use crate::{Link, Mark, NetworkMark, Policy, Power};

#[uniffi::export]
impl Satchel {
    /// Tells what network there is. What is under way over another one is cut at once.
    pub fn set_link(&self, link: Link) -> Result<()> {
        self.open_outbox()?.set_link(link.into());
        Ok(())
    }

    /// The network, as a person's word about it makes it.
    pub fn link(&self) -> Result<Link> {
        Ok(self.open_outbox()?.link().into())
    }

    /// Tells how the device is fed.
    pub fn set_power(&self, power: Power) -> Result<()> {
        self.open_outbox()?.set_power(power.into());
        Ok(())
    }

    /// The rules.
    pub fn policy(&self) -> Result<Policy> {
        Ok(self.open_outbox()?.policy().into())
    }

    /// Changes the rules, at once and for as long as this outbox is open.
    pub fn set_policy(&self, policy: Policy) -> Result<()> {
        self.open_outbox()?.set_policy(policy.try_into()?);
        Ok(())
    }

    /// Changes the rules, and keeps them for when the outbox is opened without.
    pub async fn keep_policy(&self, policy: Policy) -> Result<()> {
        let (outbox, policy) = (self.open_outbox()?, policy.try_into()?);
        self.tracked(async move { outbox.keep_policy(policy).await }).await
    }

    /// Remembers a person's word about a network, by the id that the host gives it (1 to 256 bytes); none forgets it.
    pub async fn mark_network(&self, network: String, mark: Option<Mark>) -> Result<()> {
        let outbox = self.open_outbox()?;
        self.tracked(async move { outbox.mark_network(&network, mark.map(Into::into)).await }).await
    }

    /// What was said of networks, by their ids.
    pub async fn network_marks(&self) -> Result<Vec<NetworkMark>> {
        let outbox = self.open_outbox()?;
        self.tracked(async move {
            let marks = outbox.network_marks().await?;
            let told = |(network, mark): (String, satchel::Mark)| NetworkMark { network, mark: mark.into() };
            Ok::<_, satchel::Error>(marks.into_iter().map(told).collect())
        })
        .await
    }

    /// Says what a target is not to learn from files: for all that has not gone to it yet. What cannot be freed of it is
    /// parked for this target.
    pub async fn set_redaction(&self, target: i64, redact: Redaction) -> Result<()> {
        let outbox = self.open_outbox()?;
        self.tracked(async move { outbox.set_redaction(TargetId(target), redact.into()).await }).await
    }

    /// Says whether a tus server that is no receiver gets the press renditions besides originals. (A receiver takes all that
    /// there is.)
    pub async fn set_press(&self, target: i64, press: bool) -> Result<()> {
        let outbox = self.open_outbox()?;
        self.tracked(async move { outbox.set_press(TargetId(target), press).await }).await
    }
}
