//! The server's binary: flags, log, signals.

use clap::Parser;
use std::process::ExitCode;
use strata_server::{Config, Server, listener};
use tokio::signal::unix::{SignalKind, signal};

/// Short statements are many small allocations.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let config = Config::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    if config.verify {
        return strata_server::verify::run(&config);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(config.workers.max(1))
        .thread_stack_size(listener::STACK_LEN)
        .enable_all()
        .build();
    let outcome = runtime.and_then(|runtime| runtime.block_on(serve(config)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(config: Config) -> std::io::Result<()> {
    let server = Server::bind(&config).await?;
    tracing::info!(
        "strata {} listens on {}, data in {}",
        env!("CARGO_PKG_VERSION"),
        server.local_addr()?,
        config.data_dir
    );
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    server
        .run(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        })
        .await
}
