//! Names to addresses, as the system does it, with an error that can be told from others.

use std::io;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// The name has no address, as far as the network says.
#[derive(Debug, thiserror::Error)]
#[error("the name has no address")]
pub(super) struct NoAddress(#[source] Option<io::Error>);

/// The system's resolver.
#[derive(Debug)]
pub(super) struct System;

impl Resolve for System {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<_> = match tokio::net::lookup_host((name.as_str(), 0)).await {
                Ok(found) => found.collect(),
                Err(error) => return Err(NoAddress(Some(error)).into()),
            };
            if found.is_empty() {
                return Err(NoAddress(None).into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
