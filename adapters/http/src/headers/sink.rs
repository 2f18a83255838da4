//! Where a report goes: an adapter's own headers.

use std::any::Any;
use std::sync::OnceLock;

/// Takes the headers of a [report](crate::Gate::report_to).
///
/// A closure is enough for most uses, see [`Gate::report`](crate::Gate::report). An adapter implements this to
/// keep its framework's form of the values that stay the same.
pub trait ReportSink {
    /// Takes a header: its name in lower case, and its value.
    fn put(&mut self, name: &'static str, value: &str);

    /// Takes a header whose value is the same until the tenant's plan is replaced.
    fn put_constant(&mut self, name: &'static str, value: &Constant) {
        self.put(name, value.as_str());
    }
}

/// The closure of [`Gate::report`](crate::Gate::report).
pub(crate) struct Closure<'p>(pub(crate) &'p mut dyn FnMut(&'static str, &str));

impl ReportSink for Closure<'_> {
    fn put(&mut self, name: &'static str, value: &str) {
        (self.0)(name, value);
    }
}

/// A header's value that many responses share, with an adapter's own form of it.
#[derive(Debug)]
pub struct Constant {
    text: Box<str>,
    native: OnceLock<Box<dyn Any + Send + Sync>>,
}

impl Constant {
    pub(crate) fn new(text: &str) -> Self {
        Self {
            text: text.into(),
            native: OnceLock::new(),
        }
    }

    /// The value.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What `convert` makes of the value, once; later calls get clones of that.
    ///
    /// There is one place: where adapters for two frameworks serve one plan, the second converts each time.
    pub fn native<T: Any + Clone + Send + Sync>(&self, convert: impl Fn(&str) -> T) -> T {
        let kept = self.native.get_or_init(|| Box::new(convert(&self.text)));
        match (**kept).downcast_ref::<T>() {
            Some(native) => native.clone(),
            None => convert(&self.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_value_is_converted_once_for_the_first_framework_and_each_time_for_others() {
        let (constant, converted) = (Constant::new("abc"), Cell::new(0));
        let bytes = |text: &str| {
            converted.set(converted.get() + 1);
            text.as_bytes().to_vec()
        };
        assert_eq!(constant.native(bytes), b"abc");
        assert_eq!(constant.native(bytes), b"abc");
        assert_eq!(converted.get(), 1);
        assert_eq!(constant.native(str::len), 3);
        assert_eq!(constant.native(bytes), b"abc");
    }
}
