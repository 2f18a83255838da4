//! What a model really used, read out of a response's body as it passes by.
//!
//! Bytes in, usage out: nothing is awaited, the body is not kept, and memory is bounded to a few KB
//! whatever the body is. [`reader`] puts the parts together: [`event_stream`] finds the data of
//! server-sent events, [`scanner`] finds the member `usage` in JSON without building a document, and
//! [`figures`] reads the numbers in it.

mod clamp;
mod event_stream;
mod figures;
mod format;
mod price;
mod reader;
mod scanner;
mod tokens;

pub use self::clamp::{Unaffordable, most_tokens};
pub use self::format::UsageFormat;
pub(crate) use self::price::Price;
pub(crate) use self::reader::UsageReader;
pub use self::tokens::TokenUsage;
