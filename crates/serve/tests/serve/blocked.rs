//! Pipes in the place of files, which would be waited for: they do not stop the service.

use super::mass;
use super::models::{other, prediction};
use planish_io::save_model;
use planish_serve::{Keys, ModelSource, Options, Service, Tls};
use planish_tensor::Exec;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

const NOT_REGULAR: &str = "it is not a regular file";

/// Puts a pipe into this place.
fn put_pipe(path: &Path) {
    let _ = std::fs::remove_file(path);
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// What the work gives, which must end.
fn ends<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || tell.send(work()));
    told.recv_timeout(Duration::from_secs(60)).expect("it ends")
}

fn open(path: &Path, options: Options) -> Result<Service, String> {
    let source = ModelSource { name: None, path: path.to_owned() };
    Service::open(Exec::best(), options, vec![source], Vec::new()).map_err(|e| e.to_string())
}

#[tokio::test]
async fn a_pipe_in_a_models_place_is_refused_and_a_good_file_is_served_after_it() {
    for map in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.safetensors");
        save_model(&mass(), &path).unwrap();
        let service = open(&path, Options { map, ..Options::default() }).unwrap();
        put_pipe(&path);
        let again = service.clone();
        let done = ends(move || again.reload());
        assert_eq!((done.failed.len(), done.failed[0].reason.as_str()), (1, NOT_REGULAR));
        assert_eq!(prediction(&service).await, 9.0);
        let (at, options) = (path.clone(), Options { map, ..Options::default() });
        let e = ends(move || open(&at, options).map(drop)).unwrap_err();
        assert_eq!(e, format!("{}: {NOT_REGULAR}", path.display()));
        std::fs::remove_file(&path).unwrap();
        save_model(&other(), &path).unwrap();
        assert_eq!(service.reload().loaded, ["m/1"]);
        assert_eq!(prediction(&service).await, 18.0);
    }
}

#[test]
fn a_pipe_in_the_place_of_keys_or_certificate_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (keys, model) = (folder.path().join("keys.txt"), folder.path().join("m.safetensors"));
    std::fs::write(&keys, format!("team predict sha256:{}\n", "0".repeat(64))).unwrap();
    save_model(&mass(), &model).unwrap();
    let options = Options { keys: Keys::open(&keys).unwrap(), ..Options::default() };
    let service = open(&model, options).unwrap();
    put_pipe(&keys);
    let failed = ends(move || service.reload().failed);
    assert_eq!((failed.len(), failed[0].to_string()), (1, format!("{}: {NOT_REGULAR}", keys.display())));
    let at = keys.clone();
    let e = ends(move || {
        (Keys::open(&at).unwrap_err().to_string(), Tls::open(&at, &at).unwrap_err().to_string())
    });
    assert!(e.0.ends_with(NOT_REGULAR) && e.1.ends_with(NOT_REGULAR), "{e:?}");
}
