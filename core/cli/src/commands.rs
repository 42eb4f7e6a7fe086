//! One file for each command.

pub(crate) mod add;
pub(crate) mod change;
pub(crate) mod check;
pub(crate) mod pair;
pub(crate) mod status;
pub(crate) mod sync;
pub(crate) mod target;

use std::path::{Path, PathBuf};

use satchel::{Config, Outbox};

use crate::output::plural;

/// Where the outbox is.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct OutboxArg {
    /// The outbox's folder
    #[arg(long, value_name = "DIR", env = "SATCHEL_OUTBOX")]
    pub outbox: PathBuf,
}

impl OutboxArg {
    /// Opens the outbox, making it where it is missing, and says so when it had to be rebuilt.
    pub(crate) async fn open(&self) -> Result<Outbox, satchel::Error> {
        let outbox = Outbox::open(Config::new(&self.outbox)).await?;
        let (assets, damaged) = outbox.recovered();
        if assets > 0 {
            eprintln!(
                "satchel: the database was behind or damaged; {} came back from the journal",
                plural(assets, "asset")
            );
        }
        let retold = outbox.retold();
        if retold > 0 {
            eprintln!(
                "satchel: the journal was lost or damaged; it tells of {} again, from the database",
                plural(retold, "asset")
            );
        } else if damaged > 0 {
            eprintln!(
                "satchel: {} in the journal could not be read; add the folder again to be sure",
                plural(damaged, "place")
            );
        }
        if outbox.saved() > 0 {
            eprintln!(
                "satchel: {} in {} belong to nothing that is known any more; they are kept as *.saved: look at them, and \
                 add what is missing",
                plural(outbox.saved(), "file"),
                self.outbox.join("spool").display()
            );
        }
        Ok(outbox)
    }

    /// Opens an outbox that must be there.
    pub(crate) async fn open_existing(&self) -> Result<Outbox, Box<dyn std::error::Error + Send + Sync>> {
        if !is_outbox(&self.outbox) {
            return Err(format!(
                "there is no outbox in {}; `satchel add --outbox DIR PATH…` makes one",
                self.outbox.display()
            )
            .into());
        }
        Ok(self.open().await?)
    }
}

fn is_outbox(folder: &Path) -> bool {
    ["outbox.db", "journal"].iter().any(|file| folder.join(file).exists())
}
