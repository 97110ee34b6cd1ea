//! Tests that the work of loading a file grows linearly with the size of the file.

use super::right;
use crate::work::assert_linear;

#[test]
fn rows_of_a_table_do_not_copy_the_table() {
    assert_linear("copies of nodes", 50, |count| {
        let rows: String = (0..count)
            .map(|row| format!("  - {{ case: c{row}, text: t{row} }}\n"))
            .collect();
        let head = "scenarios:\n- id: a/b\n  title: Row $case\n  clients: [alice]\n  each:\n";
        let steps = "  steps:\n  - { call: echo, args: [$text] }\n";
        assert_eq!(right(&format!("{head}{rows}{steps}")).len(), count);
    });
}
