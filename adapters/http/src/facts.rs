//! What a layer before the gate has read in a request's body.

use tollgate::Cost;

/// What a layer before the gate has read in a request's body; put it in the request's extensions.
///
/// The gate reads no body. Where the model, the tool or the cost stands in one, as in the JSON that LLM gateways get,
/// a layer before the gate reads it and leaves these facts. They must be what the handler goes by, too.
///
/// * A **model** or **tool** goes before the header's: no header talks its way around what the body says.
/// * Of the **cost**, the larger of what is said here, by the gate's
///   [estimator](crate::GateBuilder::estimate_with) and by [a header](crate::GateBuilder::tokens_from_header)
///   counts, each dimension on its own.
///
/// # Examples
/// ```
/// use tollgate::Cost;
/// use tollgate_http::Facts;
///
/// let facts = Facts::new().model("gpt-4").cost(Cost::tokens(1_200));
/// assert_eq!(facts.named_model(), Some("gpt-4"));
/// assert_eq!(facts.named_tool(), None);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use = "facts are for the request's extensions"]
pub struct Facts {
    model: Option<Box<str>>,
    tool: Option<Box<str>>,
    cost: Option<Cost>,
}

impl Facts {
    /// Nothing is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// The body names this model.
    pub fn model(mut self, name: impl Into<Box<str>>) -> Self {
        self.model = Some(name.into());
        self
    }

    /// The body names this tool.
    pub fn tool(mut self, name: impl Into<Box<str>>) -> Self {
        self.tool = Some(name.into());
        self
    }

    /// By its body, the request will cost about so much.
    pub fn cost(mut self, estimate: Cost) -> Self {
        self.cost = Some(estimate);
        self
    }

    /// The model that the body names.
    pub fn named_model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// The tool that the body names.
    pub fn named_tool(&self) -> Option<&str> {
        self.tool.as_deref()
    }

    /// What the request will cost by its body.
    pub fn estimated_cost(&self) -> Option<&Cost> {
        self.cost.as_ref()
    }
}
