//! gRPC's health protocol: whether the service takes requests, asked once or watched. It answers for the whole (the empty name) and for
//! `inference.GRPCInferenceService`.

use super::generated::health::health_check_response::ServingStatus;
use super::generated::health::health_server::Health;
use super::generated::health::{HealthCheckRequest, HealthCheckResponse};
use super::status::status;
use crate::error::{ApiError, quoted};
use crate::service::Service;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio_stream::Stream;
use tokio_stream::wrappers::WatchStream;
use tonic::{Request, Response, Status};

/// The names that it answers for.
const NAMES: [&str; 2] = ["", "inference.GRPCInferenceService"];

pub(super) struct Serving(pub(super) Service);

fn answer(known: bool, ready: bool) -> HealthCheckResponse {
    let status = match (known, ready) {
        (false, _) => ServingStatus::ServiceUnknown,
        (true, true) => ServingStatus::Serving,
        (true, false) => ServingStatus::NotServing,
    };
    HealthCheckResponse { status: status.into() }
}

#[tonic::async_trait]
impl Health for Serving {
    type WatchStream = Watching;

    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        let name = request.get_ref().service.as_str();
        if !NAMES.contains(&name) {
            return Err(status(ApiError::not_found(format!("there is no service {}", quoted(name)))));
        }
        Ok(Response::new(answer(true, self.0.is_ready())))
    }

    async fn watch(&self, request: Request<HealthCheckRequest>) -> Result<Response<Watching>, Status> {
        let known = NAMES.contains(&request.get_ref().service.as_str());
        let ready = WatchStream::new(self.0.readiness());
        Ok(Response::new(Watching { ready, known, over: false }))
    }
}

/// What a watcher sees: the state now, and when the service stops that, and the end.
pub(super) struct Watching {
    ready: WatchStream<bool>,
    known: bool,
    over: bool,
}

impl Stream for Watching {
    type Item = Result<HealthCheckResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.over {
            return Poll::Ready(None);
        }
        let ready = ready!(Pin::new(&mut self.ready).poll_next(cx)).unwrap_or(false);
        self.over = !ready;
        Poll::Ready(Some(Ok(answer(self.known, ready))))
    }
}
