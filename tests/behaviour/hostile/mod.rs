//! Servers that do everything wrong, and what the clients say about it, in time.
