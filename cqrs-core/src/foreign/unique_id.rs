use uuid::Uuid;

use super::{only_rendering, ordered};
use crate::key::KeyPart;
use crate::schema::data::form;

form! {
    Uuid: "uuid", r#""018f3c2e-7b4a-7c3d-9e1f-2a5b6c7d8e9f""#;
}

ordered! {
    Uuid: b"uuid";
}

/// Lower-case with hyphens, as serde writes it.
impl KeyPart for Uuid {
    fn render_part(&self, _width: usize, out: &mut String) {
        out.push_str(self.hyphenated().encode_lower(&mut Self::encode_buffer()));
    }

    fn parse_part(text: &str) -> Option<Self> {
        only_rendering(Self::try_parse(text).ok()?, text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{check_data, check_part, check_shape};
    use super::*;
    use crate::projection::check_order;

    proptest! {
        #[test]
        fn it_is_read_back_and_keeps_its_order(left: u128, right: u128, near in 0..0x1_0000_u128) {
            let [id, other, next] = [left, right, left ^ near].map(Uuid::from_u128);
            check_part(&id)?;
            check_data(&id)?;
            check_order(&id, &other)?;
            check_order(&id, &next)?;
        }
    }

    #[test]
    fn a_key_has_one_text_for_it() {
        let text = "018f3c2e-7b4a-7c3d-9e1f-2a5b6c7d8e9f";
        assert!(Uuid::parse_part(text).is_some());
        for other in
            [text.to_uppercase(), text.replace('-', ""), format!("{{{text}}}"), format!("urn:uuid:{text}")]
        {
            assert_eq!(Uuid::parse_part(&other), None);
        }
    }

    #[test]
    fn the_lock_names_it() {
        check_shape::<Uuid>("uuid");
    }
}
