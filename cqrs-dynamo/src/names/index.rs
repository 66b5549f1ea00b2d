/// The global secondary index of a slot: `index1`.
pub(crate) fn index(slot: usize) -> String {
    format!("index{slot}")
}
