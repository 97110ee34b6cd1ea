//! YAML as a tree in which every key and value knows its place; the only user of the YAML crate.
