//! The traveller's rules, as they cross: typed both ways, and as the document that files hold.

use satchel::kernel::policy::{self as kernel, Hours, PolicyFault};

use crate::states::{AssetKind, Rendition};
use crate::{LinkKind, SatchelError};

/// The traveller's rules. Of the rules the first that fits a thing decides about it; what none fits goes only over links that
/// are known to cost nothing.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Policy {
    /// The first that fits decides; at most 200.
    #[uniffi(default = [])]
    pub rules: Vec<Rule>,
    /// What goes first.
    pub order: Order,
    /// Uploads side by side, 1 to 8; on links that cost or are slow it is one, whatever stands here.
    #[uniffi(default = 2)]
    pub uploads_at_once: u8,
}

/// One rule: what it is for, and how that may go.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Rule {
    /// What it decides about.
    pub scope: Scope,
    /// Each is enough; none means never. At most 200.
    pub allow: Vec<Way>,
}

/// What a rule decides about: all that is named must fit, and an empty list fits everything.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Scope {
    /// Kinds of assets.
    #[uniffi(default = [])]
    pub kinds: Vec<AssetKind>,
    /// Renditions.
    #[uniffi(default = [])]
    pub renditions: Vec<Rendition>,
    /// Albums, as they were named when assets were added.
    #[uniffi(default = [])]
    pub albums: Vec<String>,
    /// Only what is urgent, or only what is not; both when left out.
    #[uniffi(default = None)]
    pub urgent: Option<bool>,
}

/// One way. All that it asks for must be true.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Way {
    /// Over which links.
    pub over: Over,
    /// Also on a foreign operator's network, and on mobile data of which nobody knows whether it is one.
    #[uniffi(default = false)]
    pub roaming: bool,
    /// Also where bytes cost and the person asked the system to save data.
    #[uniffi(default = false)]
    pub when_saving_data: bool,
    /// Only where a budget covers the link.
    #[uniffi(default = false)]
    pub within_budget: bool,
    /// Only what has at most so many bytes, 1 or more.
    #[uniffi(default = None)]
    pub up_to_bytes: Option<u64>,
    /// Only while the device is known to be charged.
    #[uniffi(default = false)]
    pub only_while_charging: bool,
    /// Only in these hours, local time, `HH:MM-HH:MM`; past midnight where the end is not after the start.
    #[uniffi(default = None)]
    pub hours: Option<String>,
}

/// Which links.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum Over {
    /// Those that are known to cost nothing.
    Free,
    /// Any, whatever it costs.
    Any,
    /// These kinds, whatever they cost.
    Kinds {
        /// 1 to 200, without `None`.
        kinds: Vec<LinkKind>,
    },
}

/// What goes first when nothing else tells two assets apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum Order {
    /// What was added last.
    Newest,
    /// What was added first.
    Oldest,
}

/// Reads a policy document (JSON, at most 256 KB). What is wrong with it is `Invalid`, with the field.
#[uniffi::export]
pub fn policy_from_json(text: String) -> Result<Policy, SatchelError> {
    Ok(kernel::Policy::from_json(&text)?.into())
}

/// As a document, with line breaks; `Invalid` with the field that is out of its range.
#[uniffi::export]
pub fn policy_to_json(policy: Policy) -> Result<String, SatchelError> {
    Ok(kernel::Policy::try_from(policy)?.to_json())
}

/// A ready-made policy by its name, however it is spelled in capitals and spaces; none where no such is there.
#[uniffi::export]
pub fn ready_policy(name: String) -> Option<Policy> {
    kernel::Policy::ready(&name).map(Into::into)
}

/// The names of all ready-made policies: never on mobile data; previews on it; everything, within a budget.
#[uniffi::export]
pub fn ready_policies() -> Vec<String> {
    kernel::READY.iter().map(|name| (*name).to_owned()).collect()
}

/// Everything over any link, whatever it costs, abroad too.
#[uniffi::export]
pub fn policy_over_any_link() -> Policy {
    kernel::Policy::over_any_link().into()
}

impl From<kernel::Policy> for Policy {
    fn from(kernel::Policy { version: _, rules, order, uploads_at_once }: kernel::Policy) -> Self {
        let order = match order {
            kernel::Order::Newest => Order::Newest,
            kernel::Order::Oldest => Order::Oldest,
        };
        Self { rules: rules.into_iter().map(Into::into).collect(), order, uploads_at_once }
    }
}

impl From<kernel::Rule> for Rule {
    fn from(kernel::Rule { scope, allow }: kernel::Rule) -> Self {
        let kernel::Scope { kinds, renditions, albums, urgent } = scope;
        let kinds = kinds.into_iter().map(Into::into).collect();
        let renditions = renditions.into_iter().map(Into::into).collect();
        Self { scope: Scope { kinds, renditions, albums, urgent }, allow: allow.into_iter().map(Into::into).collect() }
    }
}

impl From<kernel::Way> for Way {
    fn from(way: kernel::Way) -> Self {
        let kernel::Way { over, roaming, when_saving_data, within_budget, up_to_bytes, only_while_charging, hours } =
            way;
        let over = match over {
            kernel::Over::Free => Over::Free,
            kernel::Over::Any => Over::Any,
            kernel::Over::Kinds(kinds) => Over::Kinds { kinds: kinds.into_iter().map(Into::into).collect() },
        };
        let hours = hours.map(|hours| hours.to_string());
        Self { over, roaming, when_saving_data, within_budget, up_to_bytes, only_while_charging, hours }
    }
}

/// With its numbers and lists within their ranges.
impl TryFrom<Policy> for kernel::Policy {
    type Error = SatchelError;

    fn try_from(Policy { rules, order, uploads_at_once }: Policy) -> Result<Self, SatchelError> {
        let order = match order {
            Order::Newest => kernel::Order::Newest,
            Order::Oldest => kernel::Order::Oldest,
        };
        let rules = rules.into_iter().enumerate().map(|(n, rule)| ruled(n, rule)).collect::<Result<_, _>>()?;
        let policy = Self { order, uploads_at_once, ..Self::of_rules(rules) };
        Ok(policy.checked()?)
    }
}

fn ruled(number: usize, Rule { scope, allow }: Rule) -> Result<kernel::Rule, SatchelError> {
    let Scope { kinds, renditions, albums, urgent } = scope;
    let kinds = kinds.into_iter().map(Into::into).collect();
    let renditions = renditions.into_iter().map(Into::into).collect();
    let scope = kernel::Scope { kinds, renditions, albums, urgent };
    let way = |(at, way): (usize, Way)| {
        let Way { over, roaming, when_saving_data, within_budget, up_to_bytes, only_while_charging, hours } = way;
        let over = match over {
            Over::Free => kernel::Over::Free,
            Over::Any => kernel::Over::Any,
            Over::Kinds { kinds } => kernel::Over::Kinds(kinds.into_iter().map(Into::into).collect()),
        };
        let hours = hours.map(|text| text.parse::<Hours>()).transpose().map_err(|bad| PolicyFault::Field {
            field: format!("rules[{number}].allow[{at}].hours"),
            problem: bad.to_string(),
        })?;
        Ok(kernel::Way { over, roaming, when_saving_data, within_budget, up_to_bytes, only_while_charging, hours })
    };
    let allow = allow.into_iter().enumerate().map(way).collect::<Result<_, PolicyFault>>()?;
    Ok(kernel::Rule { scope, allow })
}

impl From<PolicyFault> for SatchelError {
    fn from(fault: PolicyFault) -> Self {
        let words = fault.to_string();
        let field = match fault {
            PolicyFault::Field { field, problem: _ } => field,
            PolicyFault::Newer(_) => "version".into(),
        };
        Self::Invalid { field: Some(field), words }
    }
}
