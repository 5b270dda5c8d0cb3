//! The methods of `inference.GRPCInferenceService`, each the same as its path of [`crate::protocols::v2`].

use super::generated::inference::grpc_inference_service_server::GrpcInferenceService;
use super::generated::inference::model_metadata_response::TensorMetadata;
use super::generated::inference::{
    InferStatistics, ModelInferRequest, ModelInferResponse, ModelMetadataRequest, ModelMetadataResponse,
    ModelReadyRequest, ModelReadyResponse, ModelStatistics, ModelStatisticsRequest, ModelStatisticsResponse,
    ServerLiveRequest, ServerLiveResponse, ServerMetadataRequest, ServerMetadataResponse, ServerReadyRequest,
    ServerReadyResponse, StatisticDuration,
};
use super::status::status;
use super::tensors;
use crate::error::{ApiError, Reason};
use crate::models::served::Served;
use crate::models::version::VersionSelector;
use crate::protocols::tensor::rows_of;
use crate::protocols::v2::ports::{self, Port};
use crate::service::Service;
use std::sync::Arc;
use tonic::{Request, Response, Status};

pub(super) struct Inference(pub(super) Service);

impl Inference {
    /// The version of a model; the newest if the text is empty.
    fn at(&self, model: &str, version: &str) -> Result<Arc<Served>, ApiError> {
        let version = match version {
            "" => VersionSelector::Latest,
            number => VersionSelector::number(number)?,
        };
        self.0.find(model, &version)
    }

    fn metadata(&self, request: &ModelMetadataRequest) -> Result<ModelMetadataResponse, ApiError> {
        let served = self.at(&request.name, &request.version)?;
        Ok(ModelMetadataResponse {
            name: served.name.clone(),
            versions: ports::versions(&self.0, &served)?,
            platform: ports::NAME.to_owned(),
            inputs: ports::inputs(&served).into_iter().map(tensor_metadata).collect(),
            outputs: ports::outputs(&served).into_iter().map(tensor_metadata).collect(),
        })
    }

    fn statistics(&self, request: &ModelStatisticsRequest) -> Result<ModelStatisticsResponse, ApiError> {
        let served = self.at(&request.name, &request.version)?;
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

    async fn infer(&self, request: ModelInferRequest) -> Result<ModelInferResponse, ApiError> {
        let served = self.at(&request.model_name, &request.model_version)?;
        let options = self.0.options();
        ports::check_count("inputs", request.inputs.len(), &served, options)?;
        ports::check_count("outputs", request.outputs.len(), &served, options)?;
        let predictions = rows_of(&served, &tensors::read(&request, options)?, options)?
            .predict(&self.0, &served)?
            .made()
            .await?;
        tensors::write(&served, &request, &predictions)
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
        let request = request.get_ref();
        answer(match self.at(&request.name, &request.version) {
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
            name: ports::NAME.to_owned(),
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
