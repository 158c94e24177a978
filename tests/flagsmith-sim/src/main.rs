//! The stand-in as a program: prints one JSON line with its addresses and its token, and serves until it is told to stop.
#![forbid(unsafe_code)]

use flagsmith_sim::Sim;
use std::process::ExitCode;
use tokio::io::AsyncReadExt;
use tokio::signal::unix::{SignalKind, signal};

const USAGE: &str = "flagsmith-sim [--port N] [--until-signal]

Serves a stand-in of Flagsmith's API on a loopback port and prints {\"url\", \"apiUrl\", \"token\"} as one line of JSON.
Stops on SIGTERM, SIGINT or the end of its input; with --until-signal, whatever its input does.";

#[derive(Default)]
struct Options {
    port: u16,
    until_signal: bool,
}

fn options(mut words: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options::default();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--port" => {
                let port = words.next().and_then(|port| port.parse().ok());
                options.port = port.ok_or("--port takes a port number")?;
            }
            "--until-signal" => options.until_signal = true,
            other => return Err(format!("unknown argument {other}\n\n{USAGE}")),
        }
    }
    Ok(options)
}

async fn end_of_input() {
    let mut input = tokio::io::stdin();
    let mut buffer = [0; 1024];
    while input.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
}

async fn run(options: Options) -> std::io::Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    let sim = Sim::builder().port(options.port).try_start().await?;
    println!("{}", serde_json::json!({ "url": sim.url(), "apiUrl": sim.api_url(), "token": sim.token() }));
    tokio::select! {
        _ = terminated.recv() => {}
        _ = interrupted.recv() => {}
        () = end_of_input(), if !options.until_signal => {}
    }
    Ok(())
}

fn main() -> ExitCode {
    let options = match options(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(2);
        }
    };
    let served = tokio::runtime::Runtime::new().and_then(|runtime| {
        let served = runtime.block_on(run(options));
        // A read of standard input cannot be cancelled: don't wait for it.
        runtime.shutdown_background();
        served
    });
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("flagsmith-sim: {error}");
            ExitCode::FAILURE
        }
    }
}
