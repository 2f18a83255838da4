//! Where in a cluster a key is, and a tag that leads to the same place.

use std::sync::OnceLock;

/// How many slots a cluster has.
pub(crate) const SLOTS: u16 = 16_384;

/// The slot of a tag, or of a key without one.
///
/// CRC-16/XMODEM over it, as the specification of Redis Cluster has it.
pub(crate) fn of(tag: &str) -> u16 {
    let crc = tag.bytes().fold(0_u16, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(byte) << 8), |crc, _| {
            let shifted = crc << 1;
            if crc & 0x8000 == 0 {
                shifted
            } else {
                shifted ^ 0x1021
            }
        })
    });
    crc & (SLOTS - 1)
}

/// A short tag whose slot is this one.
///
/// # Complexity
/// O(1), but for the first of a process: that tries out numbers until each slot has one, some milliseconds.
pub(crate) fn tag(slot: u16) -> String {
    static TAGS: OnceLock<Vec<u32>> = OnceLock::new();
    let tags = TAGS.get_or_init(tags);
    let tag = tags.get(usize::from(slot)).copied().unwrap_or_default();
    tag.to_string()
}

fn tags() -> Vec<u32> {
    let mut tags = vec![None; usize::from(SLOTS)];
    let mut missing = SLOTS;
    for number in 0..u32::MAX {
        let slot = tags.get_mut(usize::from(of(&number.to_string())));
        if let Some(empty @ None) = slot {
            *empty = Some(number);
            missing = missing.saturating_sub(1);
        }
        if missing == 0 {
            break;
        }
    }
    tags.into_iter().map(Option::unwrap_or_default).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_that_redis_computes() {
        // From the specification, and from CLUSTER KEYSLOT.
        assert_eq!(of("123456789"), 0x31C3);
        assert_eq!(of("foo"), 12_182);
        assert_eq!(of("bar"), 5_061);
    }

    #[test]
    fn each_slot_has_a_tag_that_leads_there() {
        for slot in 0..SLOTS {
            assert_eq!(of(&tag(slot)), slot);
        }
    }
}
