//! What the gateway is told on its command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

/// An OpenAI-compatible reverse proxy with quotas: each tenant is charged what its requests really used.
///
/// Clients send `Authorization: Bearer KEY` to POST /v1/chat/completions, GET /v1/models and GET /v1/usage.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Args {
    /// Serve a built-in fake upstream to demo tenants, whose keys are printed: no account is needed
    #[arg(long, conflicts_with_all = ["upstream", "upstream_key", "config", "keys"])]
    pub(crate) demo: bool,

    /// The API to forward to, with its version: <https://api.openai.com/v1>
    #[arg(long, value_name = "URL", required_unless_present = "demo")]
    pub(crate) upstream: Option<String>,

    /// The key for the upstream
    #[arg(long, value_name = "KEY", env = "UPSTREAM_KEY", hide_env_values = true)]
    pub(crate) upstream_key: Option<String>,

    /// The tenants with their limits and policies, JSON
    #[arg(long, value_name = "FILE", required_unless_present = "demo")]
    pub(crate) config: Option<PathBuf>,

    /// Whose each API key is, JSON; of the keys only their SHA-256 is in it
    #[arg(long, value_name = "FILE", required_unless_present = "demo")]
    pub(crate) keys: Option<PathBuf>,

    /// Where to listen
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,

    /// Lower `max_tokens` to what the tenant can still pay, instead of refusing the request
    #[arg(long)]
    pub(crate) clamp: bool,

    #[command(flatten)]
    pub(crate) bounds: Bounds,
}

/// What requests may take at most.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Bounds {
    /// Tokens to reserve for an answer whose length the request does not bound
    #[arg(long, value_name = "TOKENS", default_value_t = 1024)]
    pub(crate) answer_tokens: u64,

    /// The largest body of a request
    #[arg(long, value_name = "BYTES", default_value_t = 4 << 20)]
    pub(crate) body_bytes: usize,

    /// How long a client may take to send its body
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub(crate) body_timeout: Duration,

    /// How long the upstream may take to begin its answer
    #[arg(long, value_name = "SECONDS", default_value = "120", value_parser = seconds)]
    pub(crate) answer_timeout: Duration,

    /// How long the upstream may be silent within its answer
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub(crate) idle_timeout: Duration,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: u32 = text.parse().map_err(|error| format!("{error}"))?;
    match seconds {
        0 => Err("must be more than 0".to_owned()),
        _ => Ok(Duration::from_secs(seconds.into())),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_flags_are_consistent_and_the_demo_needs_no_other() {
        Args::command().debug_assert();
        assert!(Args::try_parse_from(["llm-gateway", "--demo"]).is_ok());
        for refused in [
            vec!["llm-gateway"],
            vec!["llm-gateway", "--upstream", "http://localhost/v1"],
            vec!["llm-gateway", "--demo", "--keys", "keys.json"],
            vec!["llm-gateway", "--demo", "--idle-timeout", "0"],
        ] {
            assert!(Args::try_parse_from(&refused).is_err(), "{refused:?}");
        }
    }
}
