//! What a command is told of the network and the battery: by its arguments, or by `satchel link-state` before.

use std::path::Path;

use satchel::{Link, Outbox};

use crate::link_file;
use crate::network::{LINK_HELP, LinkArg, PowerArg};

/// Which network there is.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct LinkHere {
    #[arg(long, value_name = "LINK", help = LINK_HELP)]
    link: Option<LinkArg>,
}

/// How the device is fed.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct PowerHere {
    /// The battery, as in charging,battery=40,save; what is not said is unknown
    #[arg(long, value_name = "POWER")]
    power: Option<PowerArg>,
}

impl LinkHere {
    /// Tells the outbox. Where nobody said anything, a computer's network is one that costs nothing.
    ///
    /// # Errors
    /// When the file that `link-state` writes cannot be understood: it may have spoken of a network that costs.
    pub(crate) fn tell(&self, outbox: &Outbox, folder: &Path) -> Result<(), String> {
        let said = match &self.link {
            Some(LinkArg(link)) => Some(link.clone()),
            None => link_file::read(folder)
                .map_err(|why| format!("{why}; give --link, or say it anew with `satchel link-state`"))?,
        };
        outbox.set_link(said.unwrap_or_else(Link::wifi));
        Ok(())
    }
}

impl PowerHere {
    /// Tells the outbox.
    pub(crate) fn tell(&self, outbox: &Outbox) {
        outbox.set_power(self.power.map(|PowerArg(power)| power).unwrap_or_default());
    }
}
