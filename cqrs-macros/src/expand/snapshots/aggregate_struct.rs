#[aggregate(entity = "ORDER")]
#[derive(Default)]
pub struct Order {
    open: bool,
}

#[aggregate(entity = "INVOICE", key(year: u16, number: u32), sk = "INVOICE#{year}#{number:06}", shards = 16)]
#[derive(Default)]
struct Invoice {}

#[aggregate(entity = "CART", snapshot_every = 100)]
#[derive(Default)]
pub struct Cart {
    count: u64,
}
