//! One file for each command.

pub(crate) mod add;
pub(crate) mod assets;
pub(crate) mod blocks;
pub(crate) mod budget;
pub(crate) mod change;
pub(crate) mod check;
pub(crate) mod endpoint;
pub(crate) mod grant;
pub(crate) mod here;
pub(crate) mod ledger;
pub(crate) mod link_state;
pub(crate) mod marks;
pub(crate) mod pair;
pub(crate) mod policy;
pub(crate) mod price;
pub(crate) mod status;
pub(crate) mod sync;
pub(crate) mod target;
pub(crate) mod targets;
pub(crate) mod waits;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use satchel::{Config, Outbox, Previewer};

use crate::output::plural;
use crate::previewer::Ffmpeg;

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
        let previewer = Ffmpeg::find().map(|ffmpeg| Arc::new(ffmpeg) as Arc<dyn Previewer>);
        let outbox = Outbox::open(Config { previewer, ..Config::new(&self.outbox) }).await?;
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

/// Whether there is one in this folder.
pub(crate) fn is_outbox(folder: &Path) -> bool {
    ["outbox.db", "journal"].iter().any(|file| folder.join(file).exists())
}
