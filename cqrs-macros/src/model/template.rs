use syn::LitStr;

use super::key::{Key, KeyPart, Kind};
use crate::attr::did_you_mean;
use crate::diagnostics::Diagnostics;

/// One piece of a key template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Literal(String),
    Tenant,
    Field { name: String, index: usize, width: usize },
    Shard { count: u16 },
}

/// The templates of a key's two attributes.
pub(crate) struct Templates {
    pub(crate) pk: Vec<Piece>,
    pub(crate) sk: Vec<Piece>,
}

/// The rules for checking the templates.
pub(crate) struct Rules<'a> {
    pub(crate) entity: &'a str,
    pub(crate) key: &'a Key,
    pub(crate) shards: Option<u16>,
}

impl Rules<'_> {
    /// Reads the given templates, and makes the others.
    pub(crate) fn templates(
        &self,
        pk: Option<&LitStr>,
        sk: Option<&LitStr>,
        diagnostics: &mut Diagnostics,
    ) -> Templates {
        let read_pk = pk.map(|text| self.parse(text, "pk", diagnostics));
        let read_sk = sk.map(|text| self.parse(text, "sk", diagnostics));
        let valid = !matches!((&read_pk, &read_sk), (Some(None), _) | (_, Some(None)));
        let templates = Templates {
            pk: read_pk.flatten().unwrap_or_else(|| self.default_pk()),
            sk: read_sk.flatten().unwrap_or_else(|| self.default_sk()),
        };
        if let (true, Some(text)) = (valid, sk.or(pk)) {
            self.check_whole(&templates, pk, text, diagnostics);
        }
        templates
    }

    fn default_pk(&self) -> Vec<Piece> {
        let mut pieces = vec![Piece::Tenant, Piece::Literal(format!("#{}", self.entity))];
        if let Some(count) = self.shards {
            pieces.extend([Piece::Literal("#".to_owned()), Piece::Shard { count }]);
        }
        pieces
    }

    fn default_sk(&self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut literal = format!("{}#", self.entity);
        for (index, part) in self.key.parts.iter().enumerate() {
            pieces.push(Piece::Literal(std::mem::replace(&mut literal, "#".to_owned())));
            pieces.push(Piece::Field { name: part.name.clone(), index, width: 0 });
        }
        pieces
    }

    /// The pieces of one template; `None` if one of them is wrong, which is noted.
    fn parse(&self, text: &LitStr, attribute: &str, diagnostics: &mut Diagnostics) -> Option<Vec<Piece>> {
        let template = text.value();
        let mut pieces = Vec::new();
        let mut mistakes = Vec::new();
        let mut rest = template.as_str();
        while !rest.is_empty() {
            let literal_end = rest.find(['{', '}']).unwrap_or(rest.len());
            let (literal, after) = rest.split_at(literal_end);
            if !literal.is_empty() {
                mistakes.extend(check_literal(literal));
                pieces.push(Piece::Literal(literal.to_owned()));
            }
            let Some(after) = after.strip_prefix('{') else {
                if after.is_empty() {
                    break;
                }
                mistakes.push("`}` without a `{` before it".to_owned());
                break;
            };
            let Some((inside, after)) = after.split_once('}') else {
                mistakes.push("`{` is not closed: a placeholder is written `{field}`".to_owned());
                break;
            };
            match self.placeholder(inside, attribute) {
                Ok(piece) if pieces.iter().any(|earlier| same_place(earlier, &piece)) => {
                    mistakes.push(format!("`{{{inside}}}` is here twice; once is enough"));
                }
                Ok(piece) => pieces.push(piece),
                Err(mistake) => mistakes.push(mistake),
            }
            if !after.is_empty() && !after.starts_with('#') {
                mistakes.push(format!(
                    "`{{{inside}}}` must end at a `#` or at the end of the template: two keys could render alike"
                ));
            }
            rest = after;
        }
        if template.is_empty() {
            mistakes.push(format!("the template of `{attribute}` is empty"));
        } else if mistakes.is_empty() && attribute == "pk" && !pieces.contains(&Piece::Tenant) {
            mistakes.push("`{tenant}` is missing from `pk`: it keeps the data of tenants apart".to_owned());
        }
        let valid = mistakes.is_empty();
        for mistake in mistakes {
            diagnostics.at(text, mistake);
        }
        valid.then_some(pieces)
    }

    fn placeholder(&self, inside: &str, attribute: &str) -> Result<Piece, String> {
        let (name, width) = inside.split_once(':').unwrap_or((inside, ""));
        if name.is_empty() {
            return Err(format!("`{{}}` names no field; {}", self.known(attribute)));
        }
        if name == "tenant" && attribute == "pk" && width.is_empty() {
            return Ok(Piece::Tenant);
        }
        if name == "tenant" {
            return Err("`{tenant}` belongs in `pk`: once, and without a width".to_owned());
        }
        if name == "shard" && attribute == "pk" {
            let count = self.shards.ok_or("`{shard}` needs `shards = 16`, or another number of them")?;
            return Ok(Piece::Shard { count });
        }
        let parts = &self.key.parts;
        let Some((index, part)) = parts.iter().enumerate().find(|(_, part)| part.name == name) else {
            let names: Vec<String> = self.names(attribute).collect();
            let hint = did_you_mean(name, names.iter().map(String::as_str));
            return Err(format!("unknown placeholder `{{{name}}}`{hint} {}", self.known(attribute)));
        };
        Ok(Piece::Field { name: name.to_owned(), index, width: parse_width(part, width)? })
    }

    fn names(&self, attribute: &str) -> impl Iterator<Item = String> {
        let own = (attribute == "pk").then(|| "tenant".to_owned());
        own.into_iter().chain(self.key.parts.iter().map(|part| part.name.clone()))
    }

    fn known(&self, attribute: &str) -> String {
        let names: Vec<String> = self.names(attribute).map(|name| format!("`{{{name}}}`")).collect();
        format!("`{attribute}` takes {}", names.join(", "))
    }

    /// Checks what only both templates together can get wrong.
    fn check_whole(
        &self,
        templates: &Templates,
        pk: Option<&LitStr>,
        at: &LitStr,
        diagnostics: &mut Diagnostics,
    ) {
        let all = || templates.pk.iter().chain(&templates.sk);
        for (index, part) in self.key.parts.iter().enumerate() {
            let count =
                all().filter(|piece| matches!(piece, Piece::Field { index: at, .. } if *at == index)).count();
            let name = &part.name;
            if count == 0 {
                diagnostics.at(
                    at,
                    format!("`{{{name}}}` is missing: two keys that differ in it would render alike"),
                );
            } else if count > 1 {
                diagnostics.at(at, format!("`{{{name}}}` is in `pk` and in `sk`; once is enough"));
            }
        }
        if let (Some(pk), Some(_)) = (pk, self.shards)
            && !templates.pk.iter().any(|piece| matches!(piece, Piece::Shard { .. }))
        {
            diagnostics.at(pk, "`shards` is given and `{shard}` is missing from `pk`");
        }
        let named = |pieces: &[Piece]| {
            pieces.iter().any(|piece| matches!(piece, Piece::Literal(text) if text.split('#').any(|part| part == self.entity)))
        };
        if !named(&templates.pk) && !named(&templates.sk) {
            diagnostics.at(at, format!(
                "neither `pk` nor `sk` contains the entity `{}` between `#`: its streams could be another aggregate's",
                self.entity
            ));
        }
    }
}

fn same_place(left: &Piece, right: &Piece) -> bool {
    match (left, right) {
        (Piece::Field { index: left, .. }, Piece::Field { index: right, .. }) => left == right,
        (Piece::Literal(_), _) => false,
        _ => left == right,
    }
}

fn check_literal(literal: &str) -> Option<String> {
    let reserved =
        literal.chars().find(|character| matches!(character, '@' | '%') || character.is_control())?;
    Some(format!(
        "`{}` cannot be in a template: `@` comes before the version, and `%` starts an escape",
        reserved.escape_default()
    ))
}

fn parse_width(part: &KeyPart, width: &str) -> Result<usize, String> {
    if width.is_empty() {
        return Ok(0);
    }
    let name = &part.name;
    if part.kind != Kind::Integer {
        return Err(format!(
            "`{{{name}:{width}}}`: only integers are padded, and `{name}` is not an integer"
        ));
    }
    let digits = width.strip_prefix('0').and_then(|digits| digits.parse().ok());
    match digits {
        Some(digits @ 1..=39) => Ok(digits),
        _ => Err(format!("`{{{name}:{width}}}`: a width is written `{{{name}:06}}`, up to 39 digits")),
    }
}
