//! What the gate may read of a response, whatever framework it goes out through.

/// The head of a handler's response, as the gate sees it.
///
/// Each adapter implements it once for its framework's response.
pub trait ResponseView {
    /// The status.
    fn status(&self) -> u16;

    /// The first value of the header `name`, which is given in lower case.
    fn header(&self, name: &str) -> Option<&[u8]>;
}
