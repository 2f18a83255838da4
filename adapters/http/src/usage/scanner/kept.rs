//! Bytes that come one by one, up to a bound.

/// Bytes up to a bound.
#[derive(Debug, Default)]
pub(super) struct Kept<const MOST: usize> {
    bytes: Vec<u8>,
    overflowed: bool,
}

impl<const MOST: usize> Kept<MOST> {
    pub(super) const fn new() -> Self {
        Self {
            bytes: Vec::new(),
            overflowed: false,
        }
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.overflowed = false;
    }

    pub(super) fn push(&mut self, byte: u8) {
        if self.bytes.len() < MOST {
            self.bytes.push(byte);
        } else {
            self.overflowed = true;
        }
    }

    /// All of them, if they were not more than the bound.
    pub(super) fn whole(&self) -> Option<&[u8]> {
        (!self.overflowed).then_some(&self.bytes)
    }

    #[cfg(test)]
    pub(super) fn heap(&self) -> usize {
        self.bytes.capacity()
    }
}
