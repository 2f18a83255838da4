//! Database servers for one test: started, and gone when they are dropped.
