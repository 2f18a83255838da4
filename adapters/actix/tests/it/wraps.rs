//! Where the middleware can be put, and what becomes of errors on the way out.
