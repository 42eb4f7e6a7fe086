//! What crosses the boundary by value. Photo bytes do not: paths do.

use crate::{AssetKind, AssetState, Policy, Redaction, Rendition, Trouble, Wake};

macro_rules! record {
    ($($item:item)+) => { $(#[derive(Debug, Clone, PartialEq, uniffi::Record)] $item)+ };
}
macro_rules! choice {
    ($($item:item)+) => { $(#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)] $item)+ };
}

record! {
    /// How an outbox is opened.
    pub struct Config {
        /// The outbox's own folder; made if it is missing. Not one that the system may empty, and not one that is backed up
        /// to another device.
        pub folder: String,
        /// The traveller's rules; those that were kept (`keep_policy`) when left out, or else only links that cost nothing.
        #[uniffi(default = None)]
        pub policy: Option<Policy>,
        /// Certificates to trust beside the system's, in PEM.
        #[uniffi(default = [])]
        pub extra_roots: Vec<String>,
        /// How long a connection may take to be made, in milliseconds.
        #[uniffi(default = None)]
        pub connect_timeout_ms: Option<u64>,
    }

    /// What opening an outbox found.
    pub struct Opened {
        /// Assets that the journal brought back after the database was damaged or lost.
        pub recovered: u64,
        /// Places in the journal that could not be read.
        pub damaged: u64,
        /// Assets that the journal did not speak of any more, and does again.
        pub retold: u64,
        /// Copies in the spool whose records were all lost; they are kept there, as `*.saved`, for a person to look at.
        pub saved: u64,
    }

    /// A place, by coordinates, name or both.
    pub struct Place {
        /// Degrees north, −90 to 90 (WGS 84).
        #[uniffi(default = None)]
        pub latitude: Option<f64>,
        /// Degrees east, −180 to 180 (WGS 84).
        #[uniffi(default = None)]
        pub longitude: Option<f64>,
        /// As a person would say it.
        #[uniffi(default = None)]
        pub name: Option<String>,
    }

    /// What a person says about an asset.
    pub struct Post {
        /// Free text.
        pub caption: Option<String>,
        /// Tags without `#`.
        pub tags: Vec<String>,
        /// Where it was taken.
        pub place: Option<Place>,
        /// Who made it.
        pub author: Option<String>,
        /// When it was taken: local time, with zone offset where that is known (RFC 3339).
        pub time: Option<String>,
    }

    /// What is to be changed of a post; what is left out stays.
    #[derive(Default)]
    pub struct PostEdit {
        /// Free text; empty takes it away.
        #[uniffi(default = None)]
        pub caption: Option<String>,
        /// All tags.
        #[uniffi(default = None)]
        pub tags: Option<Vec<String>>,
        /// The place.
        #[uniffi(default = None)]
        pub place: Option<Place>,
        /// Who made it; empty takes it away.
        #[uniffi(default = None)]
        pub author: Option<String>,
        /// When it was taken, RFC 3339 with zone offset where that is known.
        #[uniffi(default = None)]
        pub time: Option<String>,
    }

    /// How something is added.
    pub struct AddOptions {
        /// What is said of it; for something that is there already, what changes.
        pub post: PostEdit,
        /// Before all that is not urgent.
        #[uniffi(default = false)]
        pub urgent: bool,
        /// The album that it comes from, as the app names it, at most 200 characters; rules may tell albums apart. What is
        /// there already stays in its own.
        #[uniffi(default = None)]
        pub album: Option<String>,
        /// Copy the bytes into the outbox, for sources that will not stay.
        #[uniffi(default = false)]
        pub copy: bool,
        /// The motion of a live photo, of which the file that is added is the still: both are one asset, which travels as one
        /// and shows as one post. For a photo that is there already, it joins it. Not for a folder.
        #[uniffi(default = None)]
        pub motion: Option<Motion>,
    }

    /// An item of the host's media library, to be added.
    pub struct LibraryItem {
        /// As `MediaLibrary.open_item` is to be given it; 1 to 1,024 bytes.
        pub id: String,
        /// The file's name, as the library calls it; without folders, 1 to 255 bytes.
        pub name: String,
    }

    /// What became of a file that was added.
    pub struct Added {
        /// The asset.
        pub id: String,
        /// Whether it is new.
        pub kind: AddKind,
    }

    /// What became of a folder.
    pub struct FolderReport {
        /// New assets.
        pub added: u64,
        /// Assets whose post or urgency changed.
        pub revised: u64,
        /// Assets of which nothing new was said.
        pub unchanged: u64,
        /// Files that are neither photo nor video.
        pub skipped: u64,
        /// Files that could not be taken.
        pub failed: u64,
        /// The first hundred of these.
        pub faults: Vec<FolderFault>,
    }

    /// A file that could not be taken.
    pub struct FolderFault {
        /// Which; not for logs.
        pub path: String,
        /// As in `SatchelError.Source`.
        pub code: String,
        /// For a person.
        pub words: String,
    }

    /// An asset as an app shows it.
    pub struct Asset {
        /// Which.
        pub id: String,
        /// Grows with each asset added: the key of the next page.
        pub seq: i64,
        /// What kind of thing.
        pub kind: AssetKind,
        /// Where it was added from; not for logs.
        pub source: Source,
        /// The file's name.
        pub name: String,
        /// BLAKE3 of its content, 64 hexadecimal digits, once it was read.
        pub hash: Option<String>,
        /// Length of the original in bytes, as far as known; of a pair, of both files.
        pub bytes: u64,
        /// Of a pair: the motion beside the still, of which the fields above speak.
        pub motion: Option<MotionView>,
        /// Made urgent.
        pub urgent: bool,
        /// When it was added, in milliseconds since 1970.
        pub added_utc_ms: i64,
        /// The latest post.
        pub post: Post,
        /// Its revision, from 1.
        pub revision: u32,
        /// The state over all targets: the one that is furthest from done.
        pub state: AssetState,
        /// Bytes handed to the network for its original, over all targets; twins share them.
        pub sent: u64,
        /// Bytes of its original that servers said they kept.
        pub acknowledged: u64,
        /// Each delivery.
        pub deliveries: Vec<Delivery>,
    }

    /// The motion of a pair.
    pub struct MotionView {
        /// Where it was added from; not for logs.
        pub source: Source,
        /// The file's name.
        pub name: String,
        /// BLAKE3 of its content, 64 hexadecimal digits, once it was read.
        pub hash: Option<String>,
        /// Its length in bytes.
        pub bytes: u64,
    }

    /// One delivery of an asset.
    pub struct Delivery {
        /// Where to.
        pub target: i64,
        /// What.
        pub rendition: Rendition,
        /// Where it stands.
        pub state: AssetState,
        /// Payload bytes.
        pub bytes: u64,
        /// Bytes handed to the network.
        pub sent: u64,
        /// Bytes that the server said it kept.
        pub acknowledged: u64,
        /// Whether a verified receipt is stored.
        pub receipt: bool,
        /// Whether it is the original without what it says of itself: a payload of its own, that receipt and length speak of.
        /// Whether the original may be deleted, the asset's own state says.
        pub redacted: bool,
    }

    /// How many there are of each. Twins share a delivery, so there may be fewer of these than assets.
    #[derive(Copy, Eq)]
    pub struct Counts {
        /// Parts that were accepted and not read yet.
        pub unread: u64,
        /// Parts that could not be read and need a person.
        pub unreadable: u64,
        /// Deliveries of photos and videos that wait, rest or are under way.
        pub open: u64,
        /// Their bytes.
        pub open_bytes: u64,
        /// Deliveries of photos and videos that need a person.
        pub parked: u64,
        /// Deliveries of photos and videos that are done.
        pub delivered: u64,
        /// Their bytes.
        pub delivered_bytes: u64,
        /// Posts that wait, rest or are under way.
        pub posts_open: u64,
        /// Posts that need a person.
        pub posts_parked: u64,
        /// Posts that are there.
        pub posts_delivered: u64,
    }

    /// A line of the ledger.
    pub struct LedgerRow {
        /// Local days since 1970.
        pub day: i64,
        /// The link's class: `unmetered`, `metered`, `roaming`, `unknown`.
        pub link: String,
        /// Which target.
        pub target: i64,
        /// Bytes handed to the network, with TLS and headers.
        pub sent: u64,
        /// Payload bytes that the server said it kept.
        pub acknowledged: u64,
        /// Payload bytes that were sent and not kept; below zero where bytes of one row were acknowledged in another.
        pub wasted: i64,
        /// Bytes taken from the network, likewise.
        pub received: u64,
    }

    /// A target, as an app shows it.
    pub struct Target {
        /// Its id in this outbox.
        pub id: i64,
        /// As it was named.
        pub url: String,
        /// A paired Satchel receiver: it signs receipts, tells what it has, and takes posts.
        pub receiver: bool,
        /// What it is not to learn from files.
        pub redact: Redaction,
        /// While it rests: when it is tried again, in milliseconds since 1970.
        pub rests_until_utc_ms: Option<i64>,
        /// While it rests: why.
        pub trouble: Option<Trouble>,
    }

    /// How long a run goes on, and for whom.
    pub struct RunOptions {
        /// Ends after this at the latest, in milliseconds. With a deadline the run goes on as long as anything is open;
        /// without one it ends when nothing is due within `linger_ms`.
        #[uniffi(default = None)]
        pub deadline_ms: Option<u64>,
        /// How long to wait for something that is due, in milliseconds.
        #[uniffi(default = 30000)]
        pub linger_ms: u64,
        /// Only these targets; all when left out.
        #[uniffi(default = None)]
        pub targets: Option<Vec<i64>>,
    }

    /// How a run ended.
    pub struct RunReport {
        /// What there is now.
        pub counts: Counts,
        /// When to run next, and what must be true then.
        pub wake: Wake,
        /// Ended by its deadline or by the caller.
        pub stopped: bool,
    }

    /// What a check found.
    #[derive(Copy, Eq)]
    pub struct CheckReport {
        /// The server confirmed them.
        pub confirmed: u64,
        /// The server says that it does not have them.
        pub missing: u64,
        /// The server could not be asked, or cannot tell.
        pub unknown: u64,
    }
}

choice! {
    /// What became of a file that was added.
    pub enum AddKind {
        /// It is new.
        Added,
        /// It was there already; its post or urgency changed.
        Revised,
        /// It was there already, and nothing new was said.
        Unchanged,
    }
}

/// Where the motion of a pair is.
#[derive(Debug, Clone, PartialEq, uniffi::Enum)]
pub enum Motion {
    /// A file.
    File {
        /// Which; not for logs.
        path: String,
    },
    /// An item of the host's media library.
    Item {
        /// Which.
        item: LibraryItem,
    },
    /// What the host wrote to a place that the outbox gave it.
    Staged {
        /// Which stage, by its id.
        stage: String,
        /// The file's name, as the camera or the library calls it; without folders, 1 to 255 bytes.
        name: String,
    },
}

/// Where an original lives.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum Source {
    /// A file.
    File {
        /// Absolute.
        path: String,
    },
    /// An item of the host's media library.
    Library {
        /// By its id there.
        id: String,
    },
}
