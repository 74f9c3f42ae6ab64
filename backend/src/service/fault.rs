//! From a service's own error to the one form that every protocol can write.

use std::borrow::Cow;

use crate::wire::typed::{DecodeError, Reason};
pub use crate::wire::{Blame, Fault};
use crate::wire::{Members, ServiceId};

/// What the error enum of each service says about itself. Its `Display` is the message that the client reads.
pub trait ServiceError: std::error::Error + Send + Sync + 'static {
    /// The error shape's name in the service's model: `ResourceNotFoundException`.
    fn code(&self) -> &'static str;

    /// The code in query answers, which some shapes name otherwise: the shape without `Exception` unless said.
    fn query_code(&self) -> &'static str {
        let code = self.code();
        code.strip_suffix("Exception").unwrap_or(code)
    }

    /// HTTP status as the model has it.
    fn status(&self) -> u16 {
        400
    }

    /// Whose fault it is; follows from the status unless said.
    fn blame(&self) -> Blame {
        if self.status() >= 500 { Blame::Receiver } else { Blame::Sender }
    }

    /// What else the shape has beside the message, by the names of the model.
    fn members(&self) -> Members {
        Members::new()
    }

    /// Whole seconds after which trying again makes sense: throttling and a full disk.
    fn retry_after_secs(&self) -> Option<u64> {
        None
    }
}

/// The fault that says what `error` says.
pub(super) fn fault_of<E: ServiceError>(error: &E) -> Fault {
    Fault {
        code: Cow::Borrowed(error.code()),
        query_code: Cow::Borrowed(error.query_code()),
        status: error.status(),
        blame: error.blame(),
        message: error.to_string(),
        members: error.members(),
        retry_after_secs: error.retry_after_secs(),
    }
}

/// The fault for an input that does not fit its operation's shape, in the words of the service.
///
/// A member of another type than the protocol said is a malformed body; all else is the service's validation error.
pub fn input_fault(service: ServiceId, error: &DecodeError) -> Fault {
    if let Reason::WrongType { .. } = error.reason() {
        return Fault::malformed(error.to_string());
    }
    let (code, query_code) = match service {
        ServiceId::CloudWatch => return cloudwatch_input_fault(error),
        ServiceId::Logs => ("InvalidParameterException", "InvalidParameter"),
        ServiceId::XRay => ("InvalidRequestException", "InvalidRequest"),
        ServiceId::Schemas => ("BadRequestException", "BadRequest"),
        ServiceId::Events | ServiceId::Scheduler | ServiceId::Synthetics | ServiceId::CloudTrail | ServiceId::Sts => {
            ("ValidationException", "ValidationError")
        }
    };
    Fault::sender(code, query_code, error.validation_message())
}

/// `CloudWatch` has sentences of its own, with the member in query form: `MetricData.member.1.Unit`.
fn cloudwatch_input_fault(error: &DecodeError) -> Fault {
    let path = error.member_path();
    let message = match error.reason() {
        Reason::Missing => {
            let message = format!("The parameter {path} is required.");
            return Fault::sender("MissingRequiredParameterException", "MissingParameter", message);
        }

        Reason::WrongType { expected, .. } | Reason::Unreadable { expected, .. } => {
            format!("The parameter {path} must be {expected}.")
        }
        Reason::NotInEnum { allowed, .. } => {
            format!("The parameter {path} must be a value in the set [ {} ].", allowed.join(", "))
        }
        Reason::Refused(reason) => match reason.strip_prefix("Member ") {
            Some(constraint) => format!("The parameter {path} {constraint}."),
            None => format!("The parameter {path} is not valid: {reason}."),
        },
    };
    Fault::sender("InvalidParameterValueException", "InvalidParameterValue", message)
}
