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
    #[arg(long, conflicts_with_all = ["upstream", "config", "keys"])]
    pub(crate) demo: bool,

    /// The API to forward to, with its version: <https://api.openai.com/v1>
    #[arg(long, value_name = "URL", required_unless_present = "demo")]
    pub(crate) upstream: Option<String>,

    /// The key for the upstream
    #[arg(
        long,
        value_name = "KEY",
        env = "LLM_GATEWAY_UPSTREAM_KEY",
        hide_env_values = true
    )]
    pub(crate) upstream_key: Option<String>,

    /// The tenants with their limits and policies, JSON
    #[arg(long, value_name = "FILE", required_unless_present = "demo")]
    pub(crate) config: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) who: Who,

    /// Where to listen
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,

    /// Where to serve GET /metrics, for Prometheus; it names the tenants, so keep it from them
    #[arg(long, value_name = "ADDR")]
    pub(crate) metrics: Option<SocketAddr>,

    /// Lower `max_tokens` to what the tenant can still pay, instead of refusing the request
    #[arg(long)]
    pub(crate) clamp: bool,

    #[command(flatten)]
    pub(crate) bounds: Bounds,
}

/// How clients say who they are: by API keys, by tokens, or by both.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Who {
    /// Whose each API key is, JSON; of the keys only their SHA-256 is in it
    #[arg(long, value_name = "FILE", required_unless_present_any = ["demo", "jwks", "jwt_secret"])]
    pub(crate) keys: Option<PathBuf>,

    /// The public keys of the tokens that are accepted as well (JSON Web Key Set)
    #[arg(long, value_name = "FILE", conflicts_with = "jwt_secret")]
    pub(crate) jwks: Option<PathBuf>,

    /// The secret of the tokens that are accepted as well (HS256), of 32 bytes or more
    #[arg(
        long,
        value_name = "SECRET",
        env = "LLM_GATEWAY_JWT_SECRET",
        hide_env_values = true
    )]
    pub(crate) jwt_secret: Option<String>,

    /// The claim that names the tenant
    #[arg(long, value_name = "NAME", default_value = "tenant_id")]
    pub(crate) jwt_tenant: String,

    /// The issuer that tokens must have
    #[arg(long, value_name = "URL")]
    pub(crate) jwt_issuer: Option<String>,

    /// The audience that tokens must be for; without it, tokens for somebody in particular are refused
    #[arg(long, value_name = "NAME")]
    pub(crate) jwt_audience: Option<String>,
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
        let real = [
            "llm-gateway",
            "--upstream",
            "http://localhost/v1",
            "--config",
            "a",
            "--jwks",
            "b",
        ];
        assert!(Args::try_parse_from(real).is_ok());
        for refused in [
            vec!["llm-gateway"],
            vec!["llm-gateway", "--upstream", "http://localhost/v1"],
            vec!["llm-gateway", "--demo", "--keys", "keys.json"],
            vec![
                "llm-gateway",
                "--upstream",
                "http://localhost/v1",
                "--config",
                "a.json",
            ],
            vec!["llm-gateway", "--demo", "--idle-timeout", "0"],
        ] {
            assert!(Args::try_parse_from(&refused).is_err(), "{refused:?}");
        }
    }
}
