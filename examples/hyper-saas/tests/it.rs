//! The seed's session, against the real server over HTTP.

saas_contract::tests!(env!("CARGO_BIN_EXE_hyper-saas"));
