/// What serde sees of a value, in a form that can be written in only one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    /// Also a field that is left out: a field that a later release adds and that is not set changes nothing.
    None,
    /// It differs from its content when two values are compared, and is written as its content.
    Some(Box<Self>),
    Bool(bool),
    /// Of any width.
    Integer(String),
    /// By its bits, so that every value differs from every other.
    Float(u64),
    Text(String),
    Bytes(Vec<u8>),
    /// A list or a set.
    List(Vec<Self>),
    /// Of a known length, where each place has its own meaning.
    Tuple(Vec<Self>),
    /// A map or the fields of a struct.
    Map(Vec<(Self, Self)>),
}

/// How the elements of lists are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lists {
    Ordered,
    Sorted,
}

impl Node {
    pub(super) fn render(&self, lists: Lists) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(lists, &mut out);
        out
    }

    fn is_nothing(&self) -> bool {
        match self {
            Self::None => true,
            Self::Some(inner) => inner.is_nothing(),
            _ => false,
        }
    }

    /// The place of a NaN or an infinite number: `prices.2`.
    pub(super) fn place_of_no_number(&self) -> Option<String> {
        let within = |name: &str, inner: &Self| {
            let place = inner.place_of_no_number()?;
            Some(if place.is_empty() { name.to_owned() } else { format!("{name}.{place}") })
        };
        match self {
            Self::Float(bits) if !f64::from_bits(*bits).is_finite() => Some(String::new()),
            Self::Some(inner) => inner.place_of_no_number(),
            Self::List(nodes) | Self::Tuple(nodes) => {
                nodes.iter().enumerate().find_map(|(index, node)| within(&index.to_string(), node))
            }
            Self::Map(entries) => entries.iter().find_map(|(key, value)| match key {
                Self::Text(name) => within(name, value),
                _ => within("…", value),
            }),
            _ => None,
        }
    }

    fn write(&self, lists: Lists, out: &mut Vec<u8>) {
        match self {
            Self::None => out.push(b'n'),
            Self::Some(inner) => inner.write(lists, out),
            Self::Bool(value) => out.extend([b'b', u8::from(*value)]),
            Self::Integer(digits) => sized(b'i', digits.as_bytes(), out),
            Self::Float(bits) => {
                out.push(b'f');
                out.extend(bits.to_be_bytes());
            }
            Self::Text(text) => sized(b't', text.as_bytes(), out),
            Self::Bytes(bytes) => sized(b'x', bytes, out),
            Self::List(nodes) => {
                let mut parts: Vec<Vec<u8>> = nodes.iter().map(|node| node.render(lists)).collect();
                if lists == Lists::Sorted {
                    parts.sort_unstable();
                }
                sized(b'l', &parts.concat(), out);
            }
            Self::Tuple(nodes) => {
                let parts: Vec<Vec<u8>> = nodes.iter().map(|node| node.render(lists)).collect();
                sized(b'u', &parts.concat(), out);
            }
            Self::Map(entries) => {
                let set = entries.iter().filter(|(_, value)| !value.is_nothing());
                let mut parts: Vec<Vec<u8>> =
                    set.map(|(key, value)| [key.render(lists), value.render(lists)].concat()).collect();
                parts.sort_unstable();
                sized(b'm', &parts.concat(), out);
            }
        }
    }
}

/// With its length in front, so that two values cannot run into each other.
fn sized(kind: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(kind);
    out.extend((bytes.len() as u64).to_be_bytes());
    out.extend_from_slice(bytes);
}
