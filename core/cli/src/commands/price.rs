//! `satchel price`: what sending would cost, told before a byte goes.

use std::process::ExitCode;

use satchel::Outbox;
use satchel::money::{Price, Selection, Share};
use serde_json::{Value, json};

use super::here::LinkHere;
use super::{OutboxArg, assets};
use crate::CommandResult;
use crate::output::{bytes, line, plural, say, shown};
use crate::{network, times};

/// Which assets, over which link.
#[derive(Debug, clap::Args)]
pub(crate) struct PriceArgs {
    #[command(flatten)]
    outbox: OutboxArg,
    #[command(flatten)]
    link: LinkHere,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    /// Ids, or the beginning of one, as `satchel status` shows them; all that waits when left out
    #[arg(value_name = "ASSET")]
    assets: Vec<String>,
}

pub(crate) async fn run(args: PriceArgs) -> CommandResult {
    let outbox = args.outbox.open_existing().await?;
    args.link.tell(&outbox, &args.outbox.outbox)?;
    let selection = match args.assets.as_slice() {
        [] => Selection::All,
        texts => Selection::These(assets::named(&outbox, texts).await?),
    };
    let price = outbox.price(selection).await?;
    if args.json {
        line(&object(&outbox, &price));
    } else {
        lines(&outbox, &price).iter().for_each(|line| say!("{line}"));
    }
    Ok(ExitCode::SUCCESS)
}

/// A price for a person, in a few lines.
pub(crate) fn lines(outbox: &Outbox, price: &Price) -> Vec<String> {
    if price.uploads == 0 {
        return vec!["nothing is to be sent: it costs nothing".into()];
    }
    let mut lines = vec![format!(
        "about {} over {}: {} with {} to send, the rest is what protocols and networks add",
        bytes(price.bytes),
        network::words(&outbox.link()),
        plural(price.uploads, "upload"),
        bytes(price.payload_bytes)
    )];
    lines.push(match (price.takes_ms, price.bytes_per_second) {
        (Some(ms), Some(rate)) => format!("it takes about {} at {} a second", times::how_long(ms), bytes(rate)),
        _ => "how long it takes nobody knows: nothing was measured on this link yet".into(),
    });
    lines.extend(price.budgets.iter().map(|share| share_words(share, price)));
    lines
}

fn share_words(share: &Share, price: &Price) -> String {
    let (name, left, of) = (shown(share.name.as_ref()), bytes(share.left), bytes(share.of));
    if share.never {
        return format!(
            "budget \"{name}\": the largest of it is more than the whole budget of {of}; it can never go by it"
        );
    }
    match share.percent(price) {
        None => format!("budget \"{name}\": nothing is left of {of}"),
        Some(percent @ 0..=100) => format!("budget \"{name}\": {percent}% of the {left} that are left"),
        Some(_) => format!("budget \"{name}\": more than the {left} that are left; the rest waits for a new one"),
    }
}

/// A price for machines.
pub(crate) fn object(outbox: &Outbox, price: &Price) -> Value {
    let shares = |share: &Share| {
        json!({
            "budget": share.name, "left": share.left, "of": share.of, "percent": share.percent(price), "never": share.never,
        })
    };
    json!({
        "uploads": price.uploads, "payload_bytes": price.payload_bytes, "bytes": price.bytes, "takes_ms": price.takes_ms,
        "bytes_per_second": price.bytes_per_second, "link": outbox.link(),
        "budgets": price.budgets.iter().map(shares).collect::<Vec<_>>(),
    })
}
