#[derive(EventData)]
#[serde(rename_all = "camelCase")]
pub struct Item<T> {
    pub sku_number: String,
    #[serde(default, rename = "count", alias = "amount")]
    pub quantity: u32,
    #[event_data(opaque, example = "\"67e55044-10b1-426f-9247-bb680e5fe0c8\"")]
    pub id: Uuid,
    #[serde(flatten)]
    pub more: T,
    #[serde(skip)]
    pub remembered: Cell<u32>,
    pub parts: Vec<Item<T>>,
}

#[derive(EventData)]
#[serde(tag = "kind", content = "data", rename_all = "kebab-case")]
pub enum Means {
    Cash,
    CreditCard { number: String },
    Voucher(String, u64),
    Gift(Email),
}

#[derive(EventData)]
pub struct Email(String);
