#[aggregate(entity = "ORDER")]
#[derive(Default)]
pub struct Order {
    open: bool,
}

#[aggregate(entity = "INVOICE", key(year: u16, number: u32), sk = "INVOICE#{year}#{number:06}", shards = 16)]
#[derive(Default)]
struct Invoice {}
