//! Errors of the service, and their JSON form `{"error": message}`.
//!
//! What is refused has a [`Reason`]: its HTTP status, its gRPC code, and the name under which it is counted. Messages tell the client what to
//! mend; nothing of the machine (paths, source lines) is in them, and what a client sent is quoted, shortened and escaped.

use crate::failure::Failure;
use hyper::StatusCode;
use tonic::Code;

/// Why the service cannot run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address cannot be listened on.
    #[error("cannot listen on {addr}: {reason}")]
    Bind {
        /// The address.
        addr: String,
        /// Why not.
        reason: String,
    },
    /// The system refused threads, signals or sockets.
    #[error("cannot serve: {0}")]
    System(std::io::Error),
    /// Two models with one name.
    #[error("two models are named {name:?}: name them, for example first={name}.safetensors")]
    SameName {
        /// The name.
        name: String,
    },
    /// A label of a version that is not there.
    #[error("the label {label:?} is for model {model:?} version {version}, which is not there")]
    Label {
        /// The label.
        label: String,
        /// The model.
        model: String,
        /// The version.
        version: u64,
    },
    /// Models that cannot be served: all that there are or, where none may be, some.
    #[error("{}", lines(.0))]
    Models(Vec<Failure>),
    /// An address that others can reach, without keys.
    #[error(
        "{addr} can be reached from other machines, and no key is asked for: give a file of keys (--keys), or say that everybody may ask (--allow-public)"
    )]
    Public {
        /// The address.
        addr: String,
    },
    /// Keys, a certificate or its private key that cannot be served with.
    #[error("{0}")]
    Unreadable(Failure),
    /// A key, of no file, that cannot be used.
    #[error("{place}: {what}")]
    Key {
        /// Where it is from, such as the name of a variable.
        place: String,
        /// What is wrong.
        what: String,
    },
}

/// A line each.
fn lines(failures: &[Failure]) -> String {
    failures.iter().map(Failure::to_string).collect::<Vec<_>>().join("\n")
}

impl From<std::io::Error> for ServeError {
    fn from(e: std::io::Error) -> Self {
        ServeError::System(e)
    }
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The request cannot be understood.
    BadRequest,
    /// No key, or one that nobody has.
    NoKey,
    /// The key's scopes do not cover this.
    Scope,
    /// A page of another site asks, or under a name that is not ours.
    Host,
    /// There is no such path, model or version.
    NotFound,
    /// The path does not take the method; it takes this one.
    Method(&'static str),
    /// A method of gRPC that is not offered.
    Unimplemented,
    /// The body came too slowly.
    SlowBody,
    /// A body without a length.
    NoLength,
    /// The body is too long, before or after decompression.
    TooLarge,
    /// The body has an encoding or type that is not read.
    Encoding,
    /// Too many requests at once.
    Busy,
    /// Clients do not take their answers, which fill the room that there is for them.
    Unsent,
    /// Too many requests from this key or address; seconds until the next is taken.
    Rate(u32),
    /// A flaw of the service.
    Internal,
    /// The service is stopping, or the model is there but cannot be served.
    NotReady,
    /// The answer took too long.
    Deadline,
}

impl Reason {
    /// The status of the answer.
    pub fn status(self) -> StatusCode {
        match self {
            Reason::BadRequest => StatusCode::BAD_REQUEST,
            Reason::NoKey => StatusCode::UNAUTHORIZED,
            Reason::Scope | Reason::Host => StatusCode::FORBIDDEN,
            Reason::NotFound => StatusCode::NOT_FOUND,
            Reason::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Reason::Unimplemented => StatusCode::NOT_IMPLEMENTED,
            Reason::SlowBody => StatusCode::REQUEST_TIMEOUT,
            Reason::NoLength => StatusCode::LENGTH_REQUIRED,
            Reason::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Reason::Encoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Reason::Busy | Reason::Unsent | Reason::Rate(_) => StatusCode::TOO_MANY_REQUESTS,
            Reason::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Reason::NotReady => StatusCode::SERVICE_UNAVAILABLE,
            Reason::Deadline => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    /// The code of the answer to a call over gRPC.
    pub(crate) fn code(self) -> Code {
        match self {
            Reason::BadRequest | Reason::NoLength => Code::InvalidArgument,
            Reason::NoKey => Code::Unauthenticated,
            Reason::Scope | Reason::Host => Code::PermissionDenied,
            Reason::NotFound => Code::NotFound,
            Reason::Method(_) | Reason::Unimplemented | Reason::Encoding => Code::Unimplemented,
            Reason::TooLarge | Reason::Busy | Reason::Unsent | Reason::Rate(_) => Code::ResourceExhausted,
            Reason::Internal => Code::Internal,
            Reason::NotReady => Code::Unavailable,
            Reason::SlowBody | Reason::Deadline => Code::DeadlineExceeded,
        }
    }

    /// In how many seconds the client may try again, if that helps.
    pub(crate) fn retry_after(self) -> Option<u32> {
        match self {
            Reason::Busy | Reason::Unsent | Reason::NotReady => Some(1),
            Reason::Rate(seconds) => Some(seconds),
            Reason::BadRequest | Reason::NoKey | Reason::Scope | Reason::Host | Reason::NotFound => None,
            Reason::Method(_) | Reason::Unimplemented | Reason::SlowBody | Reason::NoLength => None,
            Reason::TooLarge | Reason::Encoding | Reason::Internal | Reason::Deadline => None,
        }
    }

    /// The name that it is counted under.
    pub fn name(self) -> &'static str {
        match self {
            Reason::BadRequest => "bad_request",
            Reason::NoKey => "no_key",
            Reason::Scope => "scope",
            Reason::Host => "host",
            Reason::NotFound => "not_found",
            Reason::Method(_) => "method",
            Reason::Unimplemented => "unimplemented",
            Reason::SlowBody => "slow_body",
            Reason::NoLength => "no_length",
            Reason::TooLarge => "too_large",
            Reason::Encoding => "encoding",
            Reason::Busy => "busy",
            Reason::Unsent => "unsent",
            Reason::Rate(_) => "rate",
            Reason::Internal => "internal",
            Reason::NotReady => "not_ready",
            Reason::Deadline => "deadline",
        }
    }
}

/// An answer to a request that cannot be served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    pub(crate) reason: Reason,
    pub(crate) message: String,
}

impl ApiError {
    /// The answer for this reason.
    pub fn new(reason: Reason, message: impl Into<String>) -> ApiError {
        ApiError { reason, message: message.into() }
    }

    /// 400: the request is wrong.
    pub fn bad_request(message: impl Into<String>) -> ApiError {
        ApiError::new(Reason::BadRequest, message)
    }

    /// 400: a row whose prediction is not finite.
    pub(crate) fn overflow(row: usize) -> ApiError {
        let what = "its values are too large: the prediction is no finite number";
        ApiError::bad_request(format!("row {row}: {what}"))
    }

    /// 404: there is no such thing.
    pub fn not_found(message: impl Into<String>) -> ApiError {
        ApiError::new(Reason::NotFound, message)
    }
}

/// 400 for a body that cannot be read as JSON of the wanted form. The reader's message may quote all of a text that stands where
/// none should, so it is shortened; the place stays.
pub(crate) fn not_understood(e: &serde_json::Error) -> ApiError {
    const LONGEST: usize = 200;
    let message = e.to_string();
    let what = match message.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}… at line {} column {}", &message[..end], e.line(), e.column()),
        None => message,
    };
    ApiError::bad_request(format!("the body cannot be understood: {what}"))
}

/// What a client sent, short enough for a message and with control characters escaped.
pub(crate) fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}
