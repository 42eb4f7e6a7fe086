//! `satchel demo`.
use crate::CommandResult;
/// Demo.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct DemoArgs {}
pub(crate) async fn run(_args: DemoArgs) -> CommandResult { Ok(std::process::ExitCode::SUCCESS) }
