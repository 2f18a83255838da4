//! A cache that every tenant has for itself, embedded or in Redis.
