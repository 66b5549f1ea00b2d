use syn::{Attribute, Ident, ImplItemFn, Type};

use super::argument::{self, Passed, Receiver};
use super::fold::{Apply, text};
use super::item::plain_name;
use crate::attr::{Marks, cfgs};
use crate::diagnostics::Diagnostics;

/// One `#[command]` method.
pub(crate) struct Command {
    pub(crate) method: Ident,
    pub(crate) command: Type,
    /// Whether it borrows the command.
    pub(crate) borrows: bool,
    /// Whether it takes the `CommandContext`.
    pub(crate) context: bool,
    /// The returned `Result`.
    pub(crate) output: Option<Type>,
    /// The `Ok` type of the result, if it is written out.
    pub(crate) events: Option<Type>,
    pub(crate) cfgs: Vec<Attribute>,
    /// Whether the method can be called. A method with a wrong signature still counts as the one for its command.
    pub(crate) valid: bool,
}

impl Command {
    /// Reads a method; `None` if not even its command is known.
    pub(crate) fn read(method: &ImplItemFn, marks: &Marks, diagnostics: &mut Diagnostics) -> Option<Self> {
        let signature = &method.sig;
        let mut arguments = argument::types(signature);
        let first = arguments.next();
        let passed = first.map(Passed::of);
        let command = passed.as_ref().map(|passed| text(passed.ty()));
        let right = format!(
            "a `#[command]` method is `fn {}(&self, command: {}) -> Result<…, …>`",
            signature.ident,
            command.as_deref().unwrap_or("CreateOrder"),
        );
        let mut own = Diagnostics::default();
        if let Some(asyncness) = &signature.asyncness {
            own.at(asyncness, format!("decisions do not wait; {right}"));
        }
        argument::concrete(&signature.generics, "a `#[command]` method", &mut own);
        if Receiver::of(signature) != Receiver::Shared {
            match signature.receiver() {
                Some(receiver) => {
                    own.at(receiver, format!("a command decides, and `#[apply]` changes the state; {right}"));
                }
                None => own.at(&signature.ident, format!("`&self` is missing; {right}")),
            }
        }
        match passed {
            None => own.at(&signature.ident, format!("the command is missing; {right}")),
            Some(Passed::Exclusive(_)) => {
                own.at(first, format!("a command is decided on, not changed; {right}"));
            }
            Some(Passed::Shared(_) | Passed::Value(_)) => {}
        }
        let mut context = false;
        for argument in arguments {
            let is_context =
                matches!(Passed::of(argument), Passed::Shared(ty) if text(ty).ends_with("CommandContext"));
            if is_context && !context {
                context = true;
            } else {
                own.at(
                    argument,
                    "after the command, a method may take `context: &CommandContext` and nothing else: what a decision needs belongs in the command",
                );
            }
        }
        let output = argument::result(signature, &right, &mut own);
        marks.refuse_arguments(&mut own);
        let valid = own.is_empty();
        diagnostics.absorb(own);
        let passed = passed?;
        Some(Self {
            method: signature.ident.clone(),
            command: passed.ty().clone(),
            borrows: matches!(passed, Passed::Shared(_)),
            context,
            output: output.cloned(),
            events: output.and_then(argument::ok_type).cloned(),
            cfgs: cfgs(&method.attrs),
            valid,
        })
    }

    /// Notes an event that is returned without a `Result`: a path that cannot be an alias of one.
    pub(crate) fn check_output(&mut self, applies: &[Apply], diagnostics: &mut Diagnostics) {
        let Some(output) = &self.output else { return };
        let Some(name) = plain_name(output) else { return };
        if applies.iter().any(|apply| apply.name == name) {
            let (method, command) = (&self.method, text(&self.command));
            diagnostics.at(
                output,
                format!("a command that returns an event alone could never be rejected; a `#[command]` method is `fn {method}(&self, command: {command}) -> Result<{name}, …>`"),
            );
            self.valid = false;
            self.output = None;
        }
    }

    /// Notes commands that two methods take.
    pub(crate) fn check_unique(commands: &mut Vec<Self>, diagnostics: &mut Diagnostics) {
        let mut kept: Vec<Self> = Vec::new();
        for command in commands.drain(..) {
            let same = |earlier: &&Self| earlier.command == command.command && earlier.cfgs == command.cfgs;
            if let Some(first) = kept.iter().find(same) {
                let name = text(&command.command);
                diagnostics.at(
                    &command.command,
                    format!("`{name}` has two `#[command]` methods; one command has one"),
                );
                diagnostics.at(&first.command, format!("the first `#[command]` for `{name}` is here"));
            } else {
                kept.push(command);
            }
        }
        *commands = kept;
    }
}
