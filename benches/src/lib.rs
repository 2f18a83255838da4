//! Benches only: see `benches/`, one question a file. This library is empty.
