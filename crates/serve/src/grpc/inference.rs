//! The methods of `inference.GRPCInferenceService`, each the same as its path of [`crate::v2`].

use super::generated::inference::grpc_inference_service_server::GrpcInferenceService;
use super::generated::inference::model_metadata_response::TensorMetadata;
use super::generated::inference::{
    InferStatistics, ModelInferRequest, ModelInferResponse, ModelMetadataRequest, ModelMetadataResponse,
    ModelReadyRequest, ModelReadyResponse, ModelStatistics, ModelStatisticsRequest, ModelStatisticsResponse,
    ServerLiveRequest, ServerLiveResponse, ServerMetadataRequest, ServerMetadataResponse, ServerReadyRequest,
    ServerReadyResponse, StatisticDuration,
};
use super::{status, tensors};
use crate::endpoint::{Which, number};
use crate::error::{ApiError, Reason};
use crate::served::Served;
use crate::service::Service;
use crate::v2::{self, Port};
use std::sync::Arc;
use tonic::{Request, Response, Status};

pub(super) struct Inference(pub(super) Service);

impl Inference {
    /// The version of a model; the newest if the text is empty.
    fn at(&self, model: &str, version: &str) -> Result<Arc<Served>, ApiError> {
        let which = if version.is_empty() { Which::Latest } else { number(version)? };
        self.0.find(model, &which)
    }

    fn metadata(&self, asked: &ModelMetadataRequest) -> Result<ModelMetadataResponse, ApiError> {
        let served = self.at(&asked.name, &asked.version)?;
        Ok(ModelMetadataResponse {
            name: served.name.clone(),
            versions: v2::versions(&self.0, &served)?,
            platform: v2::NAME.to_owned(),
            inputs: v2::inputs(&served).into_iter().map(tensor_metadata).collect(),
            outputs: v2::outputs(&served).into_iter().map(tensor_metadata).collect(),
        })
    }

    fn statistics(&self, asked: &ModelStatisticsRequest) -> Result<ModelStatisticsResponse, ApiError> {
        let served = self.at(&asked.name, &asked.version)?;
        let [rows, executions, queue, compute] = served.metrics.totals();
        let time = |ns| Some(StatisticDuration { count: executions, ns });
        let inference_stats = InferStatistics {
            success: time(queue + compute),
            queue: time(queue),
            compute_infer: time(compute),
        };
        Ok(ModelStatisticsResponse {
            model_stats: vec![ModelStatistics {
                name: served.name.clone(),
                version: served.version.to_string(),
                inference_count: rows,
                execution_count: executions,
                inference_stats: Some(inference_stats),
            }],
        })
    }

    async fn infer(&self, asked: ModelInferRequest) -> Result<ModelInferResponse, ApiError> {
        let served = self.at(&asked.model_name, &asked.model_version)?;
        let options = self.0.options();
        v2::check_count("inputs", asked.inputs.len(), &served, options)?;
        v2::check_count("outputs", asked.outputs.len(), &served, options)?;
        let predictions = v2::predict(&self.0, &served, &tensors::read(&asked, options)?)?.made().await?;
        tensors::write(&served, &asked, &predictions)
    }
}

fn tensor_metadata(port: Port<'_>) -> TensorMetadata {
    TensorMetadata { name: port.name.to_owned(), datatype: port.datatype.to_owned(), shape: port.shape }
}

fn answer<T>(result: Result<T, ApiError>) -> Result<Response<T>, Status> {
    result.map(Response::new).map_err(status)
}

#[tonic::async_trait]
impl GrpcInferenceService for Inference {
    async fn server_live(
        &self,
        _: Request<ServerLiveRequest>,
    ) -> Result<Response<ServerLiveResponse>, Status> {
        answer(Ok(ServerLiveResponse { live: true }))
    }

    async fn server_ready(
        &self,
        _: Request<ServerReadyRequest>,
    ) -> Result<Response<ServerReadyResponse>, Status> {
        answer(Ok(ServerReadyResponse { ready: self.0.is_ready() }))
    }

    async fn model_ready(
        &self,
        request: Request<ModelReadyRequest>,
    ) -> Result<Response<ModelReadyResponse>, Status> {
        let asked = request.get_ref();
        answer(match self.at(&asked.name, &asked.version) {
            Ok(_) => Ok(ModelReadyResponse { ready: true }),
            Err(e) if e.reason == Reason::NotReady => Ok(ModelReadyResponse { ready: false }),
            Err(e) => Err(e),
        })
    }

    async fn server_metadata(
        &self,
        _: Request<ServerMetadataRequest>,
    ) -> Result<Response<ServerMetadataResponse>, Status> {
        answer(Ok(ServerMetadataResponse {
            name: v2::NAME.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            extensions: vec!["statistics".to_owned()],
        }))
    }

    async fn model_metadata(
        &self,
        request: Request<ModelMetadataRequest>,
    ) -> Result<Response<ModelMetadataResponse>, Status> {
        answer(self.metadata(request.get_ref()))
    }

    async fn model_infer(
        &self,
        request: Request<ModelInferRequest>,
    ) -> Result<Response<ModelInferResponse>, Status> {
        answer(self.infer(request.into_inner()).await)
    }

    async fn model_statistics(
        &self,
        request: Request<ModelStatisticsRequest>,
    ) -> Result<Response<ModelStatisticsResponse>, Status> {
        answer(self.statistics(request.get_ref()))
    }
}
