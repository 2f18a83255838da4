//! Why a policy denied a request.

use super::path::InvalidPath;

/// What a policy does not allow. Names in it are cut after 100 characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyDenial {
    /// The model is not among those allowed.
    #[error("model {model:?} is not allowed")]
    Model {
        /// The model.
        model: String,
    },
    /// The route needs a model and the request names none.
    #[error("a model must be named")]
    ModelRequired,
    /// The tool is not among those allowed.
    #[error("tool {tool:?} is not allowed")]
    Tool {
        /// The tool.
        tool: String,
    },
    /// The route needs a tool and the request names none.
    #[error("a tool must be named")]
    ToolRequired,
    /// The method is not among those allowed.
    #[error("method {method:?} is not allowed")]
    Method {
        /// The method.
        method: String,
    },
    /// The path is not among those allowed, or is none.
    #[error("path {path:?} is not allowed{}", because(*invalid))]
    Path {
        /// The path as it came.
        path: String,
        /// Why it has no normal form, if it has none.
        invalid: Option<InvalidPath>,
    },
    /// The route needs a feature that is not on.
    #[error("feature {feature:?} is not enabled")]
    Feature {
        /// The feature.
        feature: String,
    },
}

impl PolicyDenial {
    /// What was denied, in one word for machines: `model`, `model_required`, `tool`,
    /// `tool_required`, `method`, `path` or `feature`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Model { .. } => "model",
            Self::ModelRequired => "model_required",
            Self::Tool { .. } => "tool",
            Self::ToolRequired => "tool_required",
            Self::Method { .. } => "method",
            Self::Path { .. } => "path",
            Self::Feature { .. } => "feature",
        }
    }
}

fn because(invalid: Option<InvalidPath>) -> String {
    invalid
        .map(|invalid| format!(": it {invalid}"))
        .unwrap_or_default()
}

/// As much of a text from outside as an error shows.
pub(super) fn excerpt(text: &str) -> String {
    text.chars().take(100).collect()
}
