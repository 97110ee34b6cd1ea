//! The scenarios in `specs/` are embedded; a file that is added there must lead to a new build.

fn main() {
    println!("cargo::rerun-if-changed=specs");
}
