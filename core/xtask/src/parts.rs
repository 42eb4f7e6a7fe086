//! What others wrote and the tests run against: servers, clients, a browser.
//!
//! A part is found on the system or set up in the cache; where neither can be, there is a reason that says what to do.
//! Tests learn where it is from environment variables.

mod browser;
pub(crate) mod disk;
mod go;
mod java;
mod namespaces;
mod node;
mod python;
mod rust;
mod swift;

use std::collections::BTreeMap;
use std::ffi::OsString;

use crate::cache::Cache;
use crate::workspace::Workspace;

/// Environment variables that tell tests where a part is.
pub(crate) type Places = Vec<(&'static str, OsString)>;

/// One part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// Node with @tus/server, tus-js-client and playwright-core.
    Node,
    /// Chromium or Chrome.
    Chromium,
    /// tusd's handler in a program of our own.
    Tusd,
    /// Python with tuspy.
    Tuspy,
    /// A Java program of our own on tus-java-client.
    TusJava,
    /// rustus.
    Rustus,
    /// A file system of 1 MB.
    SmallDisk,
    /// Network namespaces with a packet filter.
    Namespaces,
    /// A folder of real camera files, which only some have.
    Samples,
}

/// When a part's suites run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// In every run.
    Always,
    /// With `--all`, or when asked for by name.
    WithAll,
    /// Only when asked for by name.
    ByName,
    /// Where there is something to run it on; elsewhere it is no part of the tests.
    IfThere,
}

impl Part {
    pub(crate) const ALL: [Self; 9] = [
        Self::Node,
        Self::Chromium,
        Self::Tusd,
        Self::Tuspy,
        Self::TusJava,
        Self::Rustus,
        Self::SmallDisk,
        Self::Namespaces,
        Self::Samples,
    ];

    /// As tests name it in `#[ignore = "foreign: NAME"]`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Chromium => "chromium",
            Self::Tusd => "tusd",
            Self::Tuspy => "tuspy",
            Self::TusJava => "tus-java-client",
            Self::Rustus => "rustus",
            Self::SmallDisk => "small-disk",
            Self::Namespaces => "namespaces",
            Self::Samples => "samples",
        }
    }

    /// The part of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }

    /// When its suites run.
    pub(crate) const fn when(self) -> When {
        match self {
            Self::Node | Self::Chromium | Self::Tusd | Self::SmallDisk | Self::Namespaces => When::Always,
            Self::Tuspy | Self::TusJava => When::WithAll,
            Self::Rustus => When::ByName,
            Self::Samples => When::IfThere,
        }
    }

    fn set_up(self, workspace: &Workspace, cache: &Cache) -> Result<Places, String> {
        match self {
            Self::Node => node::set_up(workspace, cache),
            Self::Chromium => browser::find(),
            Self::Tusd => go::tusd(workspace, cache),
            Self::Tuspy => python::tuspy(workspace, cache),
            Self::TusJava => java::tus_java_client(workspace, cache),
            Self::Rustus => rust::rustus(cache),
            Self::SmallDisk => disk::find(cache),
            Self::Namespaces => namespaces::find(),
            // The tests read the variable themselves.
            Self::Samples => Ok(Places::new()),
        }
    }
}

/// The variable that names the folder of real camera files.
pub(crate) const SAMPLES: &str = "SATCHEL_SAMPLES";

/// Sets parts up, each at most once in a run.
pub(crate) struct Parts<'a> {
    workspace: &'a Workspace,
    cache: Cache,
    known: BTreeMap<Part, Result<Places, String>>,
}

impl<'a> Parts<'a> {
    pub(crate) fn new(workspace: &'a Workspace, cache: Cache) -> Self {
        Self { workspace, cache, known: BTreeMap::new() }
    }

    /// Where all of these are, or why one of them is not.
    pub(crate) fn places(&mut self, parts: &[Part]) -> Result<Places, String> {
        let mut places = Places::new();
        for &part in parts {
            let known = self.known.entry(part).or_insert_with(|| part.set_up(self.workspace, &self.cache));
            places.extend(known.clone()?);
        }
        Ok(places)
    }
}

pub(crate) use go::tool as go_tool;
pub(crate) use java::{Jvm, jvm, package as package_java};
pub(crate) use rust::tool as cargo_tool;
pub(crate) use swift::Swift;
