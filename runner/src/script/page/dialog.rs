//! Dialogs of the page: alert, confirm, prompt.

use rhai::{Array, Dynamic};

use crate::browser::DialogAnswer;
use crate::script::element::WAIT;
use crate::script::failure::HostError;
use crate::script::table::{Function, nothing};
use crate::script::wait::until;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "on_dialog",
        takes: "answer: text, text?: text",
        gives: "",
        about: "How dialogs are answered from now on: `accept` (a prompt with `text`), `dismiss`, or `ask`, the default: \
the dialog stays open, and every function but `accept_dialog`, `dismiss_dialog` and `dialog_text` fails until the \
script answers it.",
        fails: "",
        example: "page::on_dialog(\"accept\", \"Ada\");\nelement::click(\"#prompt\");\n\
page::wait_for_text(\"Hello, Ada\");\npage::on_dialog(\"ask\");",
        run: |call| {
            let text = call.text_if_given(1)?.unwrap_or_default();
            let answer = match call.text(0)?.as_str() {
                "accept" => Some(DialogAnswer::Accept(text)),
                "dismiss" => Some(DialogAnswer::Dismiss),
                "ask" => None,
                _ => return Err(call.wrong(0, "\"accept\", \"dismiss\" or \"ask\"")),
            };
            call.host.page(async |session| {
                session.answer_dialogs(answer);
                Ok(())
            })?;
            Ok(Dynamic::UNIT)
        },
    },
    Function {
        name: "dialogs",
        takes: "",
        gives: "a list of texts",
        about: "Texts of the dialogs so far, oldest first, at most 100.",
        fails: "",
        example: "page::on_dialog(\"dismiss\");\nelement::click(\"#alert\");\npage::wait_for_text(\"alerted\");\n\
assert::contains(page::dialogs(), \"Sold out\");\npage::on_dialog(\"ask\");",
        run: |call| {
            let texts = call.host.page(async |session| Ok(session.dialogs()))?;
            Ok(texts.into_iter().map(Dynamic::from).collect::<Array>().into())
        },
    },
    Function {
        name: "dialog_text",
        takes: "",
        gives: "the text, or `()` when none is open",
        about: "Text of the dialog that is open.",
        fails: "",
        example: "assert::equal(page::dialog_text(), ());",
        run: |call| {
            let text = call.host.page(async |session| Ok(session.dialog()))?;
            Ok(text.map_or(Dynamic::UNIT, Dynamic::from))
        },
    },
    Function {
        name: "accept_dialog",
        takes: "text?: text",
        gives: "the dialog's text",
        about: "Waits for a dialog and answers it with \"OK\", a prompt with `text`.",
        fails: "none opens within 10 s",
        example: "element::click(\"#alert\");\nassert::equal(page::accept_dialog(), \"Sold out\");",
        run: |call| {
            let shown = open_dialog(call.host)?;
            let deadline = call.host.bridge().deadline();
            match call.text_if_given(0)? {
                Some(text) => call.host.page(async |session| session.answer_prompt(&text, deadline).await)?,
                None => call.host.page(async |session| session.accept_dialog(deadline).await)?,
            }
            Ok(shown.into())
        },
    },
    Function {
        name: "dismiss_dialog",
        takes: "",
        gives: "",
        about: "Waits for a dialog and answers it with \"Cancel\".",
        fails: "none opens within 10 s",
        example: "element::click(\"#alert\");\npage::dismiss_dialog();",
        run: |call| {
            open_dialog(call.host)?;
            let deadline = call.host.bridge().deadline();
            call.host.page(async |session| session.dismiss_dialog(deadline).await).map(nothing)
        },
    },
];

fn open_dialog(host: &crate::script::host::Host) -> Result<String, HostError> {
    until(host, WAIT, || "a dialog is open".to_owned(), || host.page(async |session| Ok(session.dialog())))
}
