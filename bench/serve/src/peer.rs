//! The peer: what axum does by itself with the same body and an answer of the same size.

use crate::Done;
use axum::http::header::CONTENT_TYPE;
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use std::hint::black_box;

#[derive(Deserialize)]
struct Request {
    inputs: Vec<Input>,
}

#[derive(Deserialize)]
struct Input {
    name: String,
    shape: Vec<usize>,
    datatype: String,
    data: Vec<f64>,
}

/// Answers every request by this text, after parsing its body.
pub(crate) fn run(answer: &str) -> Done<()> {
    let answer: &'static str = Box::leak(answer.to_owned().into_boxed_str());
    let handler = async move |Json(request): Json<Request>| {
        for input in &request.inputs {
            black_box((&input.name, &input.shape, &input.datatype, &input.data));
        }
        ([(CONTENT_TYPE, "application/json")], answer)
    };
    let app = Router::new().route("/v2/models/net/infer", post(handler));
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        eprintln!("serving on http://{}", listener.local_addr()?);
        axum::serve(listener, app).await?;
        Ok(())
    })
}
